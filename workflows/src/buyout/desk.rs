//! The run's desk: what arrived and was not yet used, and how the state reaches lists and the UI.

mod messages;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use contracts::records::{RecordActivities, Unmatched};
use contracts::search_attributes as sa;
use domain::buyout::decision::{Accepted, Cancel, Decision};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::projection::Projection;
use domain::buyout::rules;
use domain::buyout::stage::Stage;
use domain::buyout::state::{EventKind, ProcessEvent};
use domain::buyout::tasks::TakenEvents;
use domain::buyout::undo::UndoStack;
use domain::staff::PersonRef;
use domain::task::TaskId;
use futures_util::future::LocalBoxFuture;
use send_wrapper::SendWrapper;
use temporalio_workflow::common::search_attributes::Timestamp;
use temporalio_workflow::{SyncWorkflowContext, WorkflowContextView};

use crate::buyout::actions::Errand;
use crate::buyout::check::Source;
use crate::buyout::step;
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, UpdateError};

/// Calls to the portal that outlived their task; the number is of a mirror that is to be closed after them. The workflow's type must be `Send` for the gateway's typed
/// handles, while its futures never leave the worker's one workflow thread.
pub(crate) type LateMirror = SendWrapper<LocalBoxFuture<'static, Option<u64>>>;

/// How an offer went to the messenger: its message, which reminder it was, which sending a person asked for.
pub(crate) struct OfferMessage {
    pub(crate) id: String,
    pub(crate) reminder: u32,
    pub(crate) again: u32,
}

/// What is on the desk besides the state that screens see.
#[derive(Default)]
pub(crate) struct Desk {
    /// Whoever started the run by hand.
    pub(crate) started_by: Option<PersonRef>,
    /// Decisions accepted and not yet used by the story, by task.
    pub(crate) decided: BTreeMap<TaskId, Decision>,
    pub(crate) cancel: Option<Cancel>,
    /// Event ids already taken.
    taken: TakenEvents,
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
    /// By which the standing offer last went to the messenger.
    pub(crate) offer_message: Option<OfferMessage>,
    /// Sendings of the offer that people asked for, over all rounds.
    pub(crate) offer_again: u32,
    /// Messages of which the messenger said that it will not deliver them.
    pub(crate) undelivered: BTreeSet<String>,
    /// Sources that a person wants asked again, until they have answered.
    pub(crate) repeats: BTreeSet<Source>,
    /// What is to be told, in order, while the story goes on.
    pub(crate) errands: VecDeque<Errand>,
    /// A deadline of an open task was moved: its timer is another one now.
    pub(crate) due_moved: bool,
    /// Over all rounds; part of the idempotency key of a code.
    pub(crate) codes_total: u32,
    /// Undo of steps begun, last in first out.
    pub(crate) undo: UndoStack,
    /// Mirrored tasks of the portal that are to be closed.
    pub(crate) mirrors_to_close: Vec<u64>,
    /// Mirrored tasks that are being made or opened again though the original has ended.
    pub(crate) late_mirrors: Vec<LateMirror>,
    /// Mirrored tasks of which the portal said that they changed, not yet looked at.
    pub(crate) ticks: BTreeSet<u64>,
    /// How many calls wait for each partner that is held.
    pub(crate) held: BTreeMap<String, u32>,
    /// Tasks whose partner is held, and when to look again whether it still is.
    pub(crate) held_looks: BTreeMap<TaskId, DateTime<Utc>>,
    /// A task was closed and the record does not say so yet.
    pub(crate) closed_unsaved: bool,
    events: Vec<ProcessEvent>,
    /// A fact came whose line in the events is not saved yet.
    pub(crate) told: bool,
    /// Search attributes as last written, so that nothing is written twice.
    shown: Option<(Stage, String, Option<DateTime<Utc>>)>,
}

impl Desk {
    pub(crate) fn of_run_started_by(person: Option<PersonRef>) -> Self {
        Self {
            started_by: person,
            ..Self::default()
        }
    }
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
    if !ctx.state(|w| rules::may_cancel(&w.buyout)) {
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
        w.desk.told = false;
        w.desk.closed_unsaved = false;
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
}
