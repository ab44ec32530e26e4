//! The run's desk: what arrived and was not yet used, and how the state reaches lists and the UI.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use contracts::records::{RecordActivities, Unmatched};
use contracts::search_attributes as sa;
use domain::buyout::decision::{
    Accepted, ActOnTask, AnswerOffer, Cancel, Decide, Decision, Fact, FactKind, PostMessage,
};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::projection::Projection;
use domain::buyout::stage::Stage;
use domain::buyout::start::RobotCall;
use domain::buyout::state::{EventKind, ProcessEvent, RecordedAnswer};
use domain::chat::ChatMessage;
use domain::offer::{AnswerSource, ClientAnswer};
use domain::staff::PersonRef;
use domain::task::{TaskId, TaskKind, TaskState};
use futures_util::future::LocalBoxFuture;
use send_wrapper::SendWrapper;
use temporalio_workflow::common::search_attributes::Timestamp;
use temporalio_workflow::{SyncWorkflowContext, WorkflowContextView};

use crate::buyout::step;
use crate::buyout::undo::Undo;
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, UpdateError};

/// A call to the portal that outlived its task. The workflow's type must be `Send` for the gateway's typed
/// handles, while its futures never leave the worker's one workflow thread.
pub(crate) type LateMirror = SendWrapper<LocalBoxFuture<'static, Option<u64>>>;

/// What is on the desk besides the state that screens see.
#[derive(Default)]
pub(crate) struct Desk {
    /// Decisions accepted and not yet used by the story, by task.
    pub(crate) decided: BTreeMap<TaskId, Decision>,
    pub(crate) cancel: Option<Cancel>,
    /// Event ids already taken.
    seen: BTreeSet<String>,
    /// Reports that a partner called complete.
    pub(crate) reports_ready: BTreeSet<String>,
    /// Waves of checks begun; part of the idempotency key of paid requests.
    pub(crate) waves: u32,
    /// Grows with each hint that a payout or payment order changed.
    pub(crate) payment_hints: u32,
    /// Facts that fit nowhere, to be kept for ops.
    unmatched: Vec<Unmatched>,
    /// The SMS code that confirms an acceptance, of the present round.
    pub(crate) code: Option<String>,
    pub(crate) codes_sent: u32,
    /// Over all rounds; part of the idempotency key of a code.
    pub(crate) codes_total: u32,
    /// Undo of steps begun, last in first out.
    pub(crate) undo: Vec<Undo>,
    /// Mirrored tasks of the portal that are to be closed.
    pub(crate) mirrors_to_close: Vec<u64>,
    /// Mirrored tasks whose number is not known yet though the original has ended.
    pub(crate) late_mirrors: Vec<LateMirror>,
    events: Vec<ProcessEvent>,
    /// Search attributes as last written, so that nothing is written twice.
    shown: Option<(Stage, String, Option<DateTime<Utc>>)>,
}

pub(crate) fn now(ctx: &Ctx) -> DateTime<Utc> {
    ctx.workflow_time()
        .map(DateTime::<Utc>::from)
        .unwrap_or_default()
}

pub(crate) fn sync_now(ctx: &SyncWorkflowContext<BuyoutWorkflow>) -> DateTime<Utc> {
    ctx.workflow_time()
        .map(DateTime::<Utc>::from)
        .unwrap_or_default()
}

/// When the run began; a view has no other clock.
pub(crate) fn start_time(view: &WorkflowContextView) -> DateTime<Utc> {
    view.start_time()
        .map(DateTime::<Utc>::from)
        .unwrap_or_default()
}

/// Enters a stage, unless a cancel was accepted meanwhile: this is where the story notices it.
pub(crate) fn enter(ctx: &Ctx, stage: Stage) -> Result<(), Exit> {
    check_cancel(ctx)?;
    let at = now(ctx);
    ctx.state_mut(|w| {
        if w.buyout.stage != stage {
            w.buyout.stage = stage;
            w.buyout.stage_since = at;
            w.note(
                EventKind::Stage,
                None,
                format!("Этап: {}.", stage.title_ru()),
                at,
            );
        }
    });
    Ok(())
}

/// Ends the story when somebody cancelled and it is still legal.
pub(crate) fn check_cancel(ctx: &Ctx) -> Result<(), Exit> {
    if ctx.state(|w| w.stage().cancel_refused().is_some()) {
        return Ok(());
    }
    if let Some(cancel) = ctx.state(|w| w.desk.cancel.clone()) {
        return Err(Exit::Ended(BuyoutOutcome::Cancelled {
            reason: cancel.reason,
            by: Some((&cancel.actor).into()),
        }));
    }
    if ctx.cancellation_token().is_cancelled() {
        let reason = ctx.cancellation_token().reason().unwrap_or_default();
        return Err(Exit::Ended(BuyoutOutcome::Cancelled {
            reason: format!("отменено в Temporal. {reason}"),
            by: None,
        }));
    }
    Ok(())
}

/// Adds a line to what happened; written with the next save.
pub(crate) fn note(ctx: &Ctx, kind: EventKind, actor: Option<PersonRef>, text: impl Into<String>) {
    let at = now(ctx);
    ctx.state_mut(|w| w.note(kind, actor, text.into(), at));
}

/// Writes the projection and shows the run's wait in Temporal.
pub(crate) async fn save(ctx: &Ctx) -> Result<(), Exit> {
    present(ctx);
    let (projection, unmatched) = ctx.state_mut(|w| {
        w.buyout.version += 1;
        let events = std::mem::take(&mut w.desk.events);
        (
            Projection {
                buyout: w.buyout.clone(),
                events,
            },
            std::mem::take(&mut w.desk.unmatched),
        )
    });
    ctx.execute_local_activity(RecordActivities::save_buyout, projection, step::record())
        .await?;
    for fact in unmatched {
        ctx.execute_local_activity(RecordActivities::keep_unmatched, fact, step::record())
            .await?;
    }
    Ok(())
}

/// Saves and answers an update.
pub(crate) async fn answer(ctx: &Ctx, message: String) -> Result<Accepted, UpdateError> {
    match save(ctx).await {
        Ok(()) => Ok(ctx.state(|w| Accepted {
            stage: w.buyout.stage,
            version: w.buyout.version,
            message,
        })),
        Err(_) => Err(
            "the change was accepted, but its record could not be written; read the run again"
                .into(),
        ),
    }
}

/// Stage, who is awaited and until when: search attributes (no names) and details in Russian.
fn present(ctx: &Ctx) {
    let (stage, waiting_role, deadline, details) = ctx.state(|w| {
        let buyout = &w.buyout;
        let task = buyout.waiting_task();
        let role = match task {
            Some(task) => format!("{}: {}", task.kind.title_ru(), task.role.title_ru()),
            None => buyout.waiting_for().unwrap_or_default(),
        };
        (buyout.stage, role, task.map(|t| t.due_at), details(w))
    });
    ctx.set_current_details(details);
    let shown = (stage, waiting_role, deadline);
    if ctx.state(|w| w.desk.shown.as_ref() == Some(&shown)) {
        return;
    }
    let (stage, role, deadline) = &shown;
    ctx.upsert_search_attributes([
        sa::STAGE.value_set(stage.to_string()),
        // Empty while nobody is awaited: the server refuses the way in which the SDK unsets.
        sa::WAITING_FOR.value_set(role.clone()),
        sa::DEADLINE.value_set(Timestamp::from(std::time::SystemTime::from(
            deadline.unwrap_or_else(sa::no_deadline),
        ))),
    ]);
    ctx.state_mut(|w| w.desk.shown = Some(shown));
}

fn details(workflow: &BuyoutWorkflow) -> String {
    let buyout = &workflow.buyout;
    let mut text = format!("**{}**", buyout.stage.title_ru());
    if let Some(deal) = &buyout.deal {
        text.push_str(&format!(
            "\n\n{} · {} · сделка {}",
            deal.car.title(),
            deal.visit.city,
            buyout.deal_id
        ));
    }
    if let Some(waiting) = buyout.waiting_for() {
        text.push_str(&format!("\n\nЖдём: {waiting}"));
    }
    if let (Some(task), Some(policy)) = (buyout.waiting_task(), &buyout.policy) {
        text.push_str(&format!(
            "\n\nСрок: {}",
            policy.calendar.format_ru(task.due_at)
        ));
    }
    if let Some(price) = buyout.agreed_price {
        text.push_str(&format!("\n\nЦена: {price}"));
    }
    if let Some(outcome) = &buyout.outcome {
        text.push_str(&format!("\n\n{}", outcome.sentence()));
    }
    for manual in &buyout.manual {
        text.push_str(&format!("\n\n⚠ {manual}"));
    }
    text
}

impl BuyoutWorkflow {
    pub(crate) fn note(
        &mut self,
        kind: EventKind,
        actor: Option<PersonRef>,
        text: String,
        at: DateTime<Utc>,
    ) {
        let seq = self.buyout.next_event;
        self.buyout.next_event += 1;
        self.desk.events.push(ProcessEvent {
            seq,
            at,
            kind,
            actor,
            text,
        });
    }

    /// Takes a checked decision: the task is done, the person holds its duty, the story reads it.
    pub(crate) fn accept_decision(&mut self, decide: Decide, now: DateTime<Utc>) -> String {
        let person = PersonRef::from(&decide.actor);
        let sentence = decide.decision.sentence();
        if let Decision::ClientAnswer { round, answer } = &decide.decision {
            self.record_answer(
                *round,
                answer.clone(),
                AnswerSource::Call,
                Some(person.clone()),
                now,
            );
            if *answer == ClientAnswer::Think {
                self.note(EventKind::Client, Some(person), sentence, now);
                return "Записано: клиент думает. Предложение действует, задача осталась у вас."
                    .to_owned();
            }
        }
        self.close_task(
            &decide.task,
            TaskState::Done,
            Some(person.clone()),
            &sentence,
            now,
        );
        if let Some(duty) = self
            .buyout
            .tasks
            .get(&decide.task)
            .and_then(|task| task.kind.duty())
        {
            self.buyout.duties.take(duty, person);
        }
        self.desk.decided.insert(decide.task, decide.decision);
        "Решение принято.".to_owned()
    }

    pub(crate) fn accept_action(&mut self, act: ActOnTask, now: DateTime<Utc>) -> String {
        let person = PersonRef::from(&act.actor);
        let (text, message) = match &act.action {
            domain::task::TaskAction::Claim => (
                format!("{} взял(а) задачу в работу", person.name),
                "Задача у вас.",
            ),
            domain::task::TaskAction::Release => (
                format!("{} вернул(а) задачу в очередь", person.name),
                "Задача снова в очереди.",
            ),
            domain::task::TaskAction::Delegate { to } => (
                format!("{} передал(а) задачу: {}", person.name, to.name),
                "Задача передана.",
            ),
            domain::task::TaskAction::Comment { text } => (text.clone(), "Комментарий добавлен."),
        };
        if let Some(task) = self.buyout.tasks.get_mut(&act.task) {
            task.act(&act.actor, act.action, now);
            let line = format!("{}: {text}.", task.title);
            self.note(EventKind::TaskChanged, Some(person), line, now);
        }
        message.to_owned()
    }

    /// Takes the client's own answer; "I will think" leaves the offer open.
    pub(crate) fn accept_page_answer(&mut self, answer: AnswerOffer, now: DateTime<Utc>) -> String {
        self.record_answer(
            answer.round,
            answer.answer.clone(),
            AnswerSource::Page,
            None,
            now,
        );
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

    fn record_answer(
        &mut self,
        round: u32,
        answer: ClientAnswer,
        source: AnswerSource,
        by: Option<PersonRef>,
        at: DateTime<Utc>,
    ) {
        self.buyout.answers.push(RecordedAnswer {
            round,
            answer,
            source,
            by,
            at,
        });
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
        let Some(task) = self.buyout.tasks.get_mut(id) else {
            return;
        };
        if !task.state.is_open() {
            return;
        }
        task.close(state, by.clone(), result, now);
        let mirror = task.bitrix24_task;
        let text = format!("{}: {result}", task.title);
        self.desk.mirrors_to_close.extend(mirror);
        self.note(EventKind::TaskClosed, by, text, now);
    }

    pub(crate) fn accept_fact(&mut self, fact: Fact, now: DateTime<Utc>) {
        if !self.desk.seen.insert(fact.event_id.clone()) {
            return;
        }
        if self.buyout.stage.is_final() {
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
            FactKind::MessageStatus { status, .. } => {
                self.note(
                    EventKind::Message,
                    None,
                    format!("Сообщение клиенту: {status}."),
                    now,
                );
            }
            FactKind::Bitrix24TaskClosed { task } => self.portal_closed_task(task, now),
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

    /// A mirrored task closed on the portal carries no decision, so ours stays open and says so.
    fn portal_closed_task(&mut self, mirror: u64, now: DateTime<Utc>) {
        let title = self
            .buyout
            .open_tasks()
            .find(|task| task.bitrix24_task == Some(mirror))
            .map(|task| task.title.clone());
        match title {
            Some(title) => self.note(
                EventKind::TaskChanged,
                None,
                format!(
                    "{title}: задача закрыта в Битрикс24 без решения, здесь она остаётся открытой."
                ),
                now,
            ),
            None => self.note(
                EventKind::TaskChanged,
                None,
                "Закрыта задача в Битрикс24, которая уже решена.".to_owned(),
                now,
            ),
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
