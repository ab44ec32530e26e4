//! What every activity passes before it begins, the gate of its partner, and what it leaves behind: a span with the
//! run it works for, a metric of how it ended, and what it says of the partner. Meanwhile the engine hears that its
//! worker lives.

use std::time::Instant;

use activities::error::Said;
use chrono::Utc;
use store::crash_point::{self, Point};
use temporalio_client::Client;
use temporalio_common::ActivityError;
use temporalio_common::error::ApplicationErrorCategory;
use temporalio_sdk::interceptors::{
    ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next,
};
use tracing::Instrument;

use crate::alive;
use crate::hold::Gate;
use crate::partner_calls::Counter;

/// Wraps each activity of a queue.
pub(crate) struct Observed {
    pub(crate) counter: Counter,
    pub(crate) gate: Gate,
    /// By which the engine is told.
    pub(crate) client: Client,
}

impl ActivityInboundInterceptor for Observed {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let info = input.activity_info();
        // Run ids name portal and deal, nobody's person.
        let span = tracing::info_span!(
            "activity",
            workflow_id = info.workflow_id.as_deref().unwrap_or("-"),
            activity = %info.activity_type,
            attempt = info.attempt,
        );
        let activity = info.activity_type.clone();
        let task = info.clone();
        let (counter, gate) = (self.counter.clone(), self.gate.clone());
        let client = self.client.clone();
        Box::pin(
            async move {
                match gate.pass(input.activity_info()).await {
                    Ok(false) => {}
                    Ok(true) => tracing::info!("the call tries whether the partner is back"),
                    Err(held) => {
                        tracing::debug!("the call waits, its partner is held");
                        metrics::counter!("kite_activities_total", "activity" => activity, "outcome" => "held")
                            .increment(1);
                        return Err(held.into());
                    }
                }
                let began = Instant::now();
                let work = alive::while_told(client, task.clone(), next.run(input));
                let run = task.workflow_id.as_deref().unwrap_or_default();
                let ended = crash_point::within(run, &activity, async {
                    crash_point::reached(Point::Before, "");
                    let ended = work.await;
                    if ended.is_ok() {
                        crash_point::reached(Point::Done, "");
                    }
                    ended
                })
                .await;
                let said = Said::of(ended.as_ref().map(drop));
                let held = gate.note(&said, &task);
                counter.note(said, Utc::now());
                let outcome = ended.as_ref().map_or_else(outcome, |_| "done");
                metrics::histogram!("kite_activity_seconds", "activity" => activity.clone())
                    .record(began.elapsed().as_secs_f64());
                metrics::counter!("kite_activities_total", "activity" => activity, "outcome" => outcome)
                    .increment(1);
                match (&ended, outcome) {
                    (Err(error), "failed") => {
                        tracing::warn!(failure = class(error), "an attempt failed");
                    }
                    _ => tracing::debug!(outcome, "an attempt ended"),
                }
                match held {
                    Some(held) => Err(held.into()),
                    None => ended,
                }
            }
            .instrument(span),
        )
    }
}

/// How an attempt that did not succeed ended: still waiting for the partner is no failure.
fn outcome(error: &ActivityError) -> &'static str {
    match error {
        ActivityError::Application(failure)
            if failure.category() == ApplicationErrorCategory::Benign =>
        {
            "pending"
        }
        ActivityError::WillCompleteAsync => "later",
        ActivityError::Cancelled { .. } => "cancelled",
        _ => "failed",
    }
}

/// The failure's class, see `activities::error::PartnerError`. Its text may quote a partner, who may quote
/// a person, so it stays out of the log.
fn class(error: &ActivityError) -> &str {
    match error {
        ActivityError::Application(failure) => failure.type_name().unwrap_or("unclassified"),
        _ => "unclassified",
    }
}
