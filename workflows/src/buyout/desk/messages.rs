//! What arrives on the desk: decisions, actions, answers, facts. Each `accept_*` takes what was checked
//! before and says what became of it in a Russian sentence.

use chrono::{DateTime, Utc};
use contracts::records::Unmatched;
use domain::buyout::decision::{
    ActOnTask, AnswerOffer, Cancel, Decide, Decision, Fact, FactKind, PostMessage,
};
use domain::buyout::stage::Stage;
use domain::buyout::start::RobotCall;
use domain::buyout::state::{EventKind, RecordedAnswer};
use domain::buyout::tasks::{ClosedTask, Decided};
use domain::chat::ChatMessage;
use domain::dispatch::Assignment;
use domain::offer::{AnswerSource, ClientAnswer};
use domain::staff::PersonRef;
use domain::task::{TaskAction, TaskId, TaskKind, TaskState};

use crate::buyout::BuyoutWorkflow;

impl BuyoutWorkflow {
    /// Takes a checked decision: the task is done, the person holds its duty, the story reads it.
    pub(crate) fn accept_decision(&mut self, decide: Decide, now: DateTime<Utc>) -> String {
        let person = PersonRef::from(&decide.actor);
        let sentence = decide.decision.sentence();
        match self.buyout.decide(&decide, now) {
            Decided::Noted => {
                self.note(EventKind::Client, Some(person), sentence, now);
                return "Записано: клиент думает. Предложение действует, задача осталась у вас."
                    .to_owned();
            }
            Decided::Done(Some(closed)) => self.closed(closed, Some(person), &sentence, now),
            Decided::Done(None) => {}
        }
        self.desk.decided.insert(decide.task, decide.decision);
        "Решение принято.".to_owned()
    }

    pub(crate) fn accept_action(&mut self, act: ActOnTask, now: DateTime<Utc>) -> String {
        let person = PersonRef::from(&act.actor);
        let (text, message) = match &act.action {
            TaskAction::Claim => (
                format!("{} взял(а) задачу в работу", person.name),
                "Задача у вас.",
            ),
            TaskAction::Release => (
                format!("{} вернул(а) задачу в очередь", person.name),
                "Задача снова в очереди.",
            ),
            TaskAction::Delegate { to, standing: _ } => (
                format!("{} передал(а) задачу: {}", person.name, to.name),
                "Задача передана.",
            ),
            TaskAction::Comment { text } => (text.clone(), "Комментарий добавлен."),
        };
        if let Some(task) = self.buyout.tasks.get_mut(&act.task) {
            // A run that took a delegation before the standing was told keeps whom it had: its next
            // inspection was decided by that person.
            if let (
                TaskKind::Inspect,
                TaskAction::Delegate {
                    to,
                    standing: Some(_),
                },
            ) = (task.kind, &act.action)
            {
                self.buyout.assignment = Some(Assignment {
                    inspector: to.clone(),
                    by: Some(person.clone()),
                });
            }
            task.act(&act.actor, act.action, now);
            let line = format!("{}: {text}.", task.title);
            self.note(EventKind::TaskChanged, Some(person), line, now);
        }
        message.to_owned()
    }

    /// Takes the client's own answer; "I will think" leaves the offer open.
    pub(crate) fn accept_page_answer(&mut self, answer: AnswerOffer, now: DateTime<Utc>) -> String {
        self.buyout.answers.push(RecordedAnswer {
            round: answer.round,
            answer: answer.answer.clone(),
            source: AnswerSource::Page,
            by: None,
            at: now,
        });
        let decision = Decision::ClientAnswer {
            round: answer.round,
            answer: answer.answer.clone(),
        };
        let sentence = decision.sentence();
        self.note(EventKind::Client, None, sentence.clone(), now);
        let message = match answer.answer {
            ClientAnswer::Think => {
                return "Хорошо, предложение остаётся в силе до указанного срока.".to_owned();
            }
            ClientAnswer::Accept => {
                "Спасибо! Вы приняли предложение, менеджер свяжется с вами для оформления."
            }
            ClientAnswer::Counter { .. } => "Мы получили вашу цену и скоро ответим.",
            ClientAnswer::Decline { .. } => "Жаль. Мы записали ваш отказ.",
        };
        if let Some(task) = self
            .buyout
            .open_task(TaskKind::OfferToClient)
            .map(|task| task.id.clone())
        {
            self.close_task(&task, TaskState::Done, None, &sentence, now);
            self.desk.decided.insert(task, decision);
        }
        message.to_owned()
    }

    pub(crate) fn accept_cancel(&mut self, cancel: Cancel) -> String {
        if self.desk.cancel.is_none() {
            self.desk.cancel = Some(cancel);
        }
        "Отмена принята: сделанное отменяется по шагам.".to_owned()
    }

    pub(crate) fn accept_message(&mut self, message: PostMessage, at: DateTime<Utc>) -> u32 {
        let number = self.buyout.chat.len() as u32 + 1;
        let author = PersonRef::from(&message.actor);
        self.note(
            EventKind::Chat,
            Some(author.clone()),
            message.text.clone(),
            at,
        );
        self.buyout.chat.push(ChatMessage {
            number,
            author,
            text: message.text,
            at,
        });
        number
    }

    /// Closes a task whoever closed it; its mirror on the portal is closed with the next wave.
    pub(crate) fn close_task(
        &mut self,
        id: &TaskId,
        state: TaskState,
        by: Option<PersonRef>,
        result: &str,
        now: DateTime<Utc>,
    ) {
        if let Some(closed) = self.buyout.close_task(id, state, by.clone(), result, now) {
            self.closed(closed, by, result, now);
        }
    }

    fn closed(
        &mut self,
        closed: ClosedTask,
        by: Option<PersonRef>,
        result: &str,
        now: DateTime<Utc>,
    ) {
        let ClosedTask { title, mirror } = closed;
        self.desk.mirrors_to_close.extend(mirror);
        self.desk.closed_unsaved = true;
        if let Some(mirror) = mirror {
            self.desk.ticks.remove(&mirror);
        }
        self.note(EventKind::TaskClosed, by, format!("{title}: {result}"), now);
    }

    pub(crate) fn accept_fact(&mut self, fact: Fact, now: DateTime<Utc>) {
        if !self.desk.taken.take(&fact.event_id) {
            return;
        }
        if self.buyout.stage.is_final() {
            if let FactKind::Bitrix24TaskChanged { .. } = fact.fact {
                // Nothing is open any more, and the mirrors are being closed.
                return;
            }
            self.keep_unmatched(&fact.event_id, "the run has ended", now);
            return;
        }
        match fact.fact {
            FactKind::ReportReady { uid } => {
                self.desk.reports_ready.insert(uid);
            }
            FactKind::PayoutChanged { payout } => self.payment_hint(&fact.event_id, &payout, now),
            FactKind::BankOrderChanged { external_id } => {
                self.payment_hint(&fact.event_id, &external_id, now)
            }
            FactKind::MessageStatus { message, status } => {
                // The messenger's word for a message that it took and cannot deliver.
                let (kind, line) = if status == "error" {
                    self.desk.undelivered.insert(message);
                    let line = "Мессенджер не смог доставить сообщение клиенту.".to_owned();
                    (EventKind::Trouble, line)
                } else {
                    (EventKind::Message, format!("Сообщение клиенту: {status}."))
                };
                self.note(kind, None, line, now);
            }
            // The run may learn its number later than the portal tells of it.
            FactKind::Bitrix24TaskChanged { task } => {
                self.desk.ticks.insert(task);
            }
            FactKind::OfferOpened { round } => {
                if let Some(offer) = self
                    .buyout
                    .offer
                    .as_mut()
                    .filter(|o| o.round == round && o.opened_at.is_none())
                {
                    offer.opened_at = Some(now);
                    self.note(
                        EventKind::Client,
                        None,
                        "Клиент открыл предложение.".to_owned(),
                        now,
                    );
                }
            }
            FactKind::RobotCalled { robot } => self.join_robot(robot, now),
        }
        self.desk.told = !self.desk.events.is_empty();
    }

    /// The callback is a hint only: the state is read from the partner, never believed from a body.
    fn payment_hint(&mut self, event_id: &str, partner_id: &str, now: DateTime<Utc>) {
        let known = self
            .buyout
            .payments
            .iter()
            .any(|p| p.partner_id.as_deref() == Some(partner_id));
        if known || matches!(self.buyout.stage, Stage::Paying | Stage::PaymentUnknown) {
            self.desk.payment_hints += 1;
        } else {
            self.keep_unmatched(event_id, "no payment of this run has that id", now);
        }
    }

    /// Another robot waits for the same deal: it gets the same answer at the end.
    fn join_robot(&mut self, robot: RobotCall, now: DateTime<Utc>) {
        if !self
            .buyout
            .robots
            .iter()
            .any(|known| known.event_token == robot.event_token)
        {
            self.buyout.robots.push(robot);
            self.note(
                EventKind::Started,
                None,
                "Робот Битрикс24 вызван ещё раз: ответим и ему.".to_owned(),
                now,
            );
        }
    }

    fn keep_unmatched(&mut self, event_id: &str, reason: &str, now: DateTime<Utc>) {
        self.desk.unmatched.push(Unmatched {
            buyout: self.buyout.id.clone(),
            event_id: event_id.to_owned(),
            reason: reason.to_owned(),
        });
        self.note(
            EventKind::Unmatched,
            None,
            format!("Пришло событие, которое некуда отнести: {event_id}."),
            now,
        );
    }
}
