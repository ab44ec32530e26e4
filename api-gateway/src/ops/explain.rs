//! Why a run does not go on: the run's own word, the engine's, the partners' and the inbox's, joined.

use std::collections::BTreeMap;

use chrono::Utc;
use contracts::queues;
use domain::buyout::action::{self, ActOnRun, RunAction};
use domain::buyout::decision::Cancel;
use domain::buyout::explain::{self, Call, Engine, Held, Wait, WaitKind};
use domain::buyout::rules;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::{Buyout, EventKind, ProcessEvent};
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{Actor, PersonId, PersonRef, Role};
use proto::kite::ops::v1 as pb;
use store::hold::HoldRow;
use strum::IntoEnumIterator;
use tonic::Status;

use super::Operations;
use super::hold::{queue_of, words};
use crate::access::{Decision, Resource};
use crate::convert;
use crate::process::ProcessError;
use crate::process::engine::{PendingActivity, RunDescription};
use crate::status;

const OPS: &str = "kite.ops.v1.OpsService";
const BUYOUT: &str = "kite.buyout.v1.BuyoutService";
/// Lines and notes that are shown.
const LATEST: usize = 10;

impl Operations {
    pub(super) async fn explained(
        &self,
        actor: &Actor,
        id: &BuyoutId,
    ) -> Result<pb::ExplainResponse, Status> {
        let record = self.app.store.buyout(id).await.map_err(status::store)?;
        if let Some(record) = &record {
            self.app.access.see_buyout(actor, record)?;
        }
        let described = match self.app.processes.describe(id).await {
            Ok(described) => Some(described),
            Err(ProcessError::NotRunning) => None,
            Err(error) => return Err(status::process(error)),
        };
        if record.is_none() && described.is_none() {
            return Err(status::not_found("Дело"));
        }
        // A run that has saved nothing yet is what ops looks for, too.
        let told = self.app.processes.state(id).await;
        let told_by = if told.is_some() { "PROCESS" } else { "RECORD" };
        let buyout = told.or(record);
        let holds = self.in_force().await?;
        let holders = holds.iter().filter_map(|hold| hold.held_by.clone());
        let people = self.people(holders.collect()).await?;
        let engine = engine(described.as_ref());
        let held: Vec<Held> = holds.iter().map(|hold| self::held(hold, &people)).collect();
        let waits = explain::waits(buyout.as_ref(), &engine, &held);
        let now = Utc::now();
        let summary = explain::summary(buyout.as_ref(), &waits, now);
        let partners = self.partners(needed(&waits, &engine)).await?;
        let activities = described.map(|run| (run.status, run.activities));
        let (engine_status, activities) = activities.unwrap_or_default();
        let events = self.app.store.events(id, 0).await.map_err(status::store)?;
        let inbox = self.app.store.inbox_of(id).await.map_err(status::store)?;
        let unmatched = self.app.store.unmatched_of(id).await;
        let unmatched = unmatched.map_err(status::store)?;
        Ok(pb::ExplainResponse {
            buyout_id: id.0.clone(),
            deal_id: buyout.as_ref().map(|run| run.deal_id).unwrap_or_default(),
            stage: buyout
                .as_ref()
                .map(|run| run.stage.to_string())
                .unwrap_or_default(),
            stage_title: buyout
                .as_ref()
                .map(|run| run.stage.title_ru().to_owned())
                .unwrap_or_default(),
            stage_since: buyout
                .as_ref()
                .map(|run| convert::common::time(run.stage_since)),
            engine_status,
            summary,
            failures: failures(&activities, &events),
            actions: self.actions(actor, buyout.as_ref(), &engine, &waits, &holds),
            waits: waits
                .into_iter()
                .map(|wait| convert::ops::wait(wait, now))
                .collect(),
            activities: activities.into_iter().map(convert::ops::activity).collect(),
            partners,
            inbox: inbox.into_iter().map(convert::ops::message).collect(),
            unmatched: unmatched
                .into_iter()
                .map(|fact| convert::ops::unmatched(fact, None))
                .collect(),
            notes: self.notes(id).await?,
            temporal_url: self.temporal_url(id),
            told_by: told_by.to_owned(),
        })
    }

    pub(super) async fn note(
        &self,
        actor: &Actor,
        id: &BuyoutId,
        text: &str,
    ) -> Result<Vec<pb::Note>, Status> {
        let text = words("text", text, "Напишите, что выяснено или сделано.")?;
        match self.app.store.buyout(id).await.map_err(status::store)? {
            Some(record) => self.app.access.see_buyout(actor, &record)?,
            None => match self.app.processes.describe(id).await {
                Ok(_) => {}
                Err(ProcessError::NotRunning) => return Err(status::not_found("Дело")),
                Err(error) => return Err(status::process(error)),
            },
        }
        let noted = self.app.store.note_run(id, &actor.person, &text).await;
        noted.map_err(status::store)?;
        self.notes(id).await
    }

    async fn notes(&self, id: &BuyoutId) -> Result<Vec<pb::Note>, Status> {
        let notes = self.app.store.notes_of(id, LATEST as u64).await;
        let notes = notes.map_err(status::store)?;
        let authors = notes.iter().map(|note| note.by.clone()).collect();
        let people = self.people(authors).await?;
        Ok(notes
            .into_iter()
            .map(|note| convert::ops::note(note, &people))
            .collect())
    }

    /// What people may do about it, the caller's own first.
    fn actions(
        &self,
        actor: &Actor,
        buyout: Option<&Buyout>,
        engine: &Engine,
        waits: &[Wait],
        holds: &[HoldRow],
    ) -> Vec<pb::AllowedAction> {
        let running = matches!(engine, Engine::Running { .. });
        let mut actions = Vec::new();
        if let Some(buyout) = buyout.filter(|_| running) {
            actions.extend(self.of_tasks(actor, buyout));
            actions.extend(self.of_run(actor, buyout));
        }
        let ops = |code: &str, method: &str, title: String, partner: &str| {
            let allowed = |person: &Actor| self.allows(person, &format!("{OPS}/{method}"));
            pb::AllowedAction {
                partner: partner.to_owned(),
                ..self.action(actor, code, &format!("{OPS}/{method}"), title, allowed)
            }
        };
        let failing = |wait: &&Wait| wait.kind == WaitKind::Partner && !wait.roles.is_empty();
        if running && waits.iter().any(|wait| failing(&wait)) {
            let title = "Повторить вызовы партнёров сейчас".to_owned();
            actions.push(ops("RETRY", "RetryBatch", title, ""));
        }
        let named: std::collections::BTreeSet<&str> = waits
            .iter()
            .filter_map(|wait| wait.partner.as_deref())
            .collect();
        for partner in named.into_iter().filter(|_| running) {
            let title = queue_of(partner).map(queues::title_ru).unwrap_or_default();
            actions.push(if holds.iter().any(|hold| hold.partner == partner) {
                ops(
                    "RESUME",
                    "ResumePartner",
                    format!("Возобновить: {title}"),
                    partner,
                )
            } else {
                ops(
                    "HOLD",
                    "HoldPartner",
                    format!("Остановить: {title}"),
                    partner,
                )
            });
        }
        let title = "Записать, что выяснено".to_owned();
        actions.push(ops("NOTE", "NoteRun", title, ""));
        actions.sort_by_key(|action| !action.mine);
        actions
    }

    /// Tasks that people decide in Kite.
    fn of_tasks(&self, actor: &Actor, buyout: &Buyout) -> Vec<pb::AllowedAction> {
        let method = "kite.task.v1.TaskService/DecideTask";
        buyout
            .open_tasks()
            .filter(|task| !task.kind.decided_outside())
            .map(|task| {
                let allowed = |person: &Actor| {
                    self.allows(person, method)?;
                    task.permits(person, &buyout.duties)
                };
                let title = format!("Решить задачу «{}»", task.title);
                let roles = task.roles().map(|role| role.to_string()).collect();
                pb::AllowedAction {
                    task_id: task.id.0.clone(),
                    roles,
                    ..self.action(actor, "DECIDE_TASK", method, title, allowed)
                }
            })
            .collect()
    }

    /// What the process takes beside decisions, by its own rules.
    fn of_run(&self, actor: &Actor, buyout: &Buyout) -> Vec<pb::AllowedAction> {
        let now = Utc::now();
        let act = |code: &str, method: &str, title: &str, act: RunAction| {
            let allowed = |person: &Actor| {
                self.allows(person, method)?;
                let act = ActOnRun {
                    actor: person.clone(),
                    action: act.clone(),
                };
                action::check(buyout, &act, Some(now))
            };
            self.action(actor, code, method, title.to_owned(), allowed)
        };
        let kinds = std::collections::BTreeSet::new();
        let repeat = RunAction::RepeatChecks { kinds };
        let mut actions = vec![
            act(
                "REPEAT_CHECKS",
                &format!("{BUYOUT}/RepeatChecks"),
                "Переспросить источники проверок",
                repeat,
            ),
            act(
                "RESEND_OFFER",
                &format!("{BUYOUT}/ResendOffer"),
                "Отправить предложение ещё раз",
                RunAction::ResendOffer,
            ),
        ];
        let method = format!("{BUYOUT}/CancelBuyout");
        let allowed = |person: &Actor| {
            self.allows(person, &method)?;
            let cancel = Cancel {
                actor: person.clone(),
                reason: "причина".to_owned(),
            };
            rules::check_cancel(buyout, &cancel)
        };
        let title = "Отменить дело".to_owned();
        actions.push(self.action(actor, "CANCEL", &method, title, allowed));
        actions
    }

    fn action(
        &self,
        actor: &Actor,
        code: &str,
        method: &str,
        title: String,
        allowed: impl Fn(&Actor) -> Result<(), Refusal>,
    ) -> pb::AllowedAction {
        let mine = allowed(actor);
        let roles = Role::iter()
            // Whoever is refused for the state of the run may do it in another state.
            .filter(|role| {
                !matches!(&allowed(&holder(*role)), Err(refusal) if refusal.code == RefusalCode::WrongPerson)
            })
            .map(|role| role.to_string())
            .collect();
        pb::AllowedAction {
            code: code.to_owned(),
            method: method.to_owned(),
            title,
            roles,
            mine: mine.is_ok(),
            refusal: mine
                .err()
                .map(|refusal| refusal.sentence)
                .unwrap_or_default(),
            task_id: String::new(),
            partner: String::new(),
        }
    }

    fn allows(&self, person: &Actor, method: &str) -> Result<(), Refusal> {
        let policies = self.app.access.policies();
        match policies.decide(person, method, &Resource::anywhere()) {
            Decision::Allow => Ok(()),
            Decision::Deny => Err(Refusal::new(
                RefusalCode::WrongPerson,
                "Вашей роли это не разрешено.",
            )),
        }
    }
}

/// Somebody with that role and no other.
fn holder(role: Role) -> Actor {
    Actor {
        person: PersonId::new(""),
        name: String::new(),
        roles: vec![role],
        cities: Vec::new(),
        substitutes_for: Vec::new(),
    }
}

fn engine(described: Option<&RunDescription>) -> Engine {
    let Some(run) = described else {
        return Engine::Unknown;
    };
    if run.status != "RUNNING" {
        return Engine::Closed(run.status.clone());
    }
    let call = |activity: &PendingActivity| Call {
        partner: queues::partner(&activity.queue).map(|code| {
            let title = queues::title_ru(&activity.queue);
            (code.to_owned(), title.to_owned())
        }),
        attempt: activity.attempt,
        last_failure: activity.last_failure.clone(),
        next_attempt_at: activity.next_attempt_at,
    };
    Engine::Running {
        calls: run.activities.iter().map(call).collect(),
        step_attempts: run.step_attempts,
    }
}

fn held(hold: &HoldRow, people: &BTreeMap<PersonId, PersonRef>) -> Held {
    let title = queue_of(&hold.partner).map(queues::title_ru);
    Held {
        partner: hold.partner.clone(),
        title: title.unwrap_or_default().to_owned(),
        cause: hold.cause,
        reason: hold.reason.clone(),
        since: hold.since,
        by: hold.held_by.as_ref().and_then(|id| people.get(id)).cloned(),
    }
}

/// Queues of the partners whom the run calls or waits for.
fn needed(waits: &[Wait], engine: &Engine) -> Vec<&'static str> {
    let called = match engine {
        Engine::Running { calls, .. } => calls.as_slice(),
        Engine::Closed(_) | Engine::Unknown => &[],
    };
    let codes: std::collections::BTreeSet<&str> = waits
        .iter()
        .filter_map(|wait| wait.partner.as_deref())
        .chain(
            called
                .iter()
                .filter_map(|call| call.partner.as_ref())
                .map(|(code, _)| code.as_str()),
        )
        .collect();
    codes.into_iter().filter_map(queue_of).collect()
}

/// Calls that are tried again, then the lines of the run that tell of troubles, the latest first.
fn failures(activities: &[PendingActivity], events: &[ProcessEvent]) -> Vec<pb::Failure> {
    let calls = activities
        .iter()
        .filter(|activity| explain::is_failure(&activity.last_failure))
        .map(|activity| pb::Failure {
            at: None,
            text: activity.last_failure.clone(),
            activity: activity.name.clone(),
        });
    let lines = events
        .iter()
        .rev()
        .filter(|event| matches!(event.kind, EventKind::Trouble | EventKind::Unmatched))
        .map(|event| pb::Failure {
            at: Some(convert::common::time(event.at)),
            text: event.text.clone(),
            activity: String::new(),
        });
    calls.chain(lines).take(LATEST).collect()
}
