//! What people do beside deciding tasks, and what of it is done while the story goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contracts::bitrix24::Notify;
use contracts::messages::{ClientNotice, SendNotice};
use domain::buyout::action::{
    ActOnRun, RunAction, VisitMove, VisitProgress, VisitReport, VisitStatus,
};
use domain::buyout::signing::{AnswerSigning, SigningAnswer, SigningWord};
use domain::buyout::state::EventKind;
use domain::checks::CheckKind;
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{PersonId, PersonRef};
use domain::task::{TaskComment, TaskKind};
use futures_util::FutureExt;
use temporalio_workflow::{WaitConditionOptions, WorkflowCancellationToken, select};

use crate::buyout::check::{self, Source};
use crate::buyout::offer::send;
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, ask, desk, inspect, reach, step};

/// A person looks at their screen while the offer is being sent again, by each channel in turn.
const SOMEBODY_WAITS: Duration = Duration::from_secs(12);

/// What is to be told while the story goes on.
pub(crate) enum Errand {
    /// To the client: another time of the visit.
    VisitMoved(SendNotice),
    /// To staff, on the portal.
    Notify(Notify),
}

/// Takes a checked action.
pub(crate) async fn take(ctx: &Ctx, act: ActOnRun) -> Result<String, Refusal> {
    let person = PersonRef::from(&act.actor);
    let now = desk::now(ctx);
    Ok(match act.action {
        RunAction::RepeatChecks { kinds } => {
            ctx.state_mut(|w| w.accept_repeat(&kinds, person, now))
        }
        RunAction::ResendOffer => resend(ctx, person, now).await?,
        RunAction::ReportVisit { status } => {
            ctx.state_mut(|w| w.accept_visit_report(status, person, now))
        }
        RunAction::RescheduleVisit { at, reason } => {
            ctx.state_mut(|w| w.accept_visit_move(at, reason, person, now))
        }
    })
}

/// Carries out what actions left to be done, beside the story. Ends only when the record cannot be written.
pub(crate) async fn errands(ctx: &Ctx) -> Exit {
    let [autoteka, market, avtocod, fssp] = Source::ALL;
    let mut autoteka = Box::pin(check::repeat(ctx, autoteka)).fuse();
    let mut market = Box::pin(check::repeat(ctx, market)).fuse();
    let mut avtocod = Box::pin(check::repeat(ctx, avtocod)).fuse();
    let mut fssp = Box::pin(check::repeat(ctx, fssp)).fuse();
    let mut told = Box::pin(tell(ctx)).fuse();
    select! {
        exit = autoteka => exit,
        exit = market => exit,
        exit = avtocod => exit,
        exit = fssp => exit,
        exit = told => exit,
    }
}

/// Tells what waits to be told, one after another.
async fn tell(ctx: &Ctx) -> Exit {
    loop {
        let steady = WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        // The wait has no error of its own under a token that nobody cancels.
        let _ = ctx
            .wait_condition_with_options(|w| !w.desk.errands.is_empty(), steady)
            .await;
        match ctx.state_mut(|w| w.desk.errands.pop_front()) {
            Some(Errand::Notify(notice)) => ask::notify(ctx, notice).await,
            Some(Errand::VisitMoved(notice)) => {
                let what = "Сообщение о переносе осмотра";
                match reach::reach(ctx, what, notice).await {
                    Some(reached) => desk::note(
                        ctx,
                        EventKind::Message,
                        None,
                        format!("{what} отправлено: {}.", reached.channel.title_ru()),
                    ),
                    None => desk::note(
                        ctx,
                        EventKind::Message,
                        None,
                        format!("{what} отправить не удалось: позвоните клиенту."),
                    ),
                }
                if let Err(exit) = desk::save(ctx).await {
                    return exit;
                }
            }
            None => {}
        }
    }
}

/// The offer that stands goes out once more, while the person who wants it waits.
async fn resend(ctx: &Ctx, person: PersonRef, now: DateTime<Utc>) -> Result<String, Refusal> {
    let again = ctx.state_mut(|w| {
        // Counted before it goes: two people at once are two sendings.
        w.buyout.offer_resends.push(now);
        w.desk.offer_again += 1;
        w.desk.offer_again
    });
    let patience = step::courtesy(ctx).min(SOMEBODY_WAITS);
    let sent = send::send_again(ctx, again, patience).await;
    let Some(channel) = sent else {
        ctx.state_mut(|w| {
            if let Some(place) = w.buyout.offer_resends.iter().rposition(|at| *at == now) {
                w.buyout.offer_resends.remove(place);
            }
        });
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Ни мессенджер, ни почта не приняли предложение. Позвоните клиенту или повторите позже.",
        ));
    };
    let line = format!("Предложение отправлено ещё раз: {}.", channel.title_ru());
    desk::note(ctx, EventKind::Message, Some(person), line.clone());
    Ok(line)
}

impl BuyoutWorkflow {
    fn accept_repeat(
        &mut self,
        kinds: &BTreeSet<CheckKind>,
        person: PersonRef,
        now: DateTime<Utc>,
    ) -> String {
        let wanted = |source: &Source| {
            kinds.is_empty() || source.kinds().iter().any(|kind| kinds.contains(kind))
        };
        let sources: Vec<Source> = Source::ALL.into_iter().filter(wanted).collect();
        // Part of the key under which a paid report is ordered: this is another order.
        self.desk.waves += 1;
        for source in &sources {
            self.desk.repeats.insert(*source);
            self.buyout.checks_running.extend(source.kinds());
        }
        let mut titles: Vec<&str> = sources.iter().map(|source| source.title()).collect();
        titles.dedup();
        let line = format!("Спрашиваем ещё раз: {}.", titles.join(", "));
        self.note(EventKind::Check, Some(person), line.clone(), now);
        line
    }

    fn accept_visit_report(
        &mut self,
        status: VisitStatus,
        person: PersonRef,
        now: DateTime<Utc>,
    ) -> String {
        let line = format!("{}: {}.", person.name, status.title_ru());
        self.note(EventKind::Visit, Some(person.clone()), line, now);
        self.buyout.visit.reported = Some(VisitReport {
            status,
            by: person,
            at: now,
        });
        match status {
            VisitStatus::OnTheWay => "Отмечено: вы выехали.".to_owned(),
            VisitStatus::OnSite => "Отмечено: вы на месте.".to_owned(),
        }
    }

    /// The visit is at another time: the inspector's task is due after it, client and inspector are told.
    fn accept_visit_move(
        &mut self,
        at: DateTime<Utc>,
        reason: String,
        person: PersonRef,
        now: DateTime<Utc>,
    ) -> String {
        let Some(deal) = &mut self.buyout.deal else {
            return "Сделка ещё не прочитана.".to_owned();
        };
        let from = deal.visit.at.replace(at);
        let VisitProgress { reported, moves } = &mut self.buyout.visit;
        // They set out for a visit that is not now.
        *reported = None;
        moves.push(VisitMove {
            from,
            to: at,
            reason: reason.clone(),
            by: person.clone(),
            at: now,
        });
        let number = moves.len() as u32;
        let local = match &self.buyout.policy {
            Some(policy) => policy.calendar.format_ru(at),
            None => at.format("%d.%m.%Y %H:%M UTC").to_string(),
        };
        let line = format!("Осмотр перенесён на {local}: {reason}");
        self.note(EventKind::Visit, Some(person), line.clone(), now);
        self.move_inspection(at, now);
        self.tell_of_move(number, local.clone());
        let to_inspector = self.notice_of(TaskKind::Inspect, "visit", line);
        self.desk.errands.extend(to_inspector.map(Errand::Notify));
        format!("Осмотр перенесён на {local}. Клиент получит сообщение.")
    }

    /// By the policy the inspector has as long after the visit as they had after the deal was given to them.
    fn move_inspection(&mut self, visit_at: DateTime<Utc>, now: DateTime<Utc>) {
        let details = inspect::details(&self.buyout);
        let policy = self.buyout.policy.as_ref();
        let time = policy.map_or(0, |p| p.deadlines.inspect_secs);
        let time = chrono::Duration::seconds(time as i64);
        let calendar = policy.map(|p| p.calendar.clone());
        let due_at = match &calendar {
            Some(calendar) => calendar.add_working(visit_at, time),
            None => visit_at + time,
        };
        let id = self
            .buyout
            .open_task(TaskKind::Inspect)
            .map(|task| task.id.clone());
        if let Some(task) = id.and_then(|id| self.buyout.tasks.get_mut(&id)) {
            task.details = details;
            task.move_due(due_at, now, calendar.as_ref());
            self.desk.due_moved = true;
        }
    }

    fn tell_of_move(&mut self, number: u32, at_local: String) {
        let Some(deal) = &self.buyout.deal else {
            return;
        };
        let notice = SendNotice {
            buyout: self.buyout.id.clone(),
            client_name: deal.client.first_name.clone(),
            car: deal.car.title(),
            notice: ClientNotice::VisitMoved {
                number,
                at_local,
                place: format!("{}, {}", deal.visit.city, deal.visit.address),
            },
        };
        self.desk.errands.push_back(Errand::VisitMoved(notice));
    }

    /// Takes the client's word on the papers: it stands on the manager's task, and they are told.
    pub(crate) fn accept_signing_answer(
        &mut self,
        answer: AnswerSigning,
        now: DateTime<Utc>,
    ) -> String {
        let AnswerSigning { contract, word } = answer;
        let line = word.sentence();
        let message = match &word {
            SigningWord::Ready => {
                "Спасибо! Мы передали менеджеру, что всё верно. Документы вы подпишете при встрече."
            }
            SigningWord::Remark { .. } => {
                "Спасибо! Менеджер увидит ваше замечание и свяжется с вами."
            }
        };
        self.buyout.signing_answers.push(SigningAnswer {
            contract,
            word,
            at: now,
        });
        self.note(EventKind::Client, None, line.clone(), now);
        let id = self
            .buyout
            .open_task(TaskKind::SignContract)
            .map(|task| task.id.clone());
        if let Some(task) = id.and_then(|id| self.buyout.tasks.get_mut(&id)) {
            task.version += 1;
            task.comments.push(TaskComment {
                author: PersonRef {
                    person: PersonId::new("client"),
                    name: "Клиент".to_owned(),
                },
                text: line.clone(),
                at: now,
            });
        }
        let notice = self.notice_of(TaskKind::SignContract, "client", line);
        self.desk.errands.extend(notice.map(Errand::Notify));
        message.to_owned()
    }

    /// A notice to whoever has the open task of that kind, or may take it.
    fn notice_of(&self, kind: TaskKind, tag: &str, text: String) -> Option<Notify> {
        let task = self.buyout.open_task(kind)?;
        let person = task.owner.as_ref().or(task.assignee.as_ref());
        Some(Notify {
            portal: self.buyout.portal.clone(),
            roles: task.roles().collect(),
            city: self.buyout.city().to_owned(),
            person: person.map(|person| person.person.clone()),
            tag: format!("kite:{}/{tag}", task.id),
            text: format!("Сделка {}: {text}", self.buyout.deal_id),
        })
    }
}
