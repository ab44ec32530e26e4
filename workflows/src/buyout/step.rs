//! How the process calls the world: options with names, and what happens when a partner says no.

use std::time::Duration;

use contracts::queues;
use domain::buyout::decision::Decision;
use domain::buyout::state::EventKind;
use domain::policy::Deadlines;
use domain::task::TaskKind;
use temporalio_workflow::common::error::IncomingError;
use temporalio_workflow::common::{ActivityDefinition, data_converters::TemporalDeserializable};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityExecutionError, ActivityOptions, LocalActivityOptions,
    RetryPolicy, WorkflowCancellationToken,
};

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk};

/// One attempt against a partner may take this long; 1C is slow by nature (its own limits apply inside).
const ATTEMPT: Duration = Duration::from_secs(200);

/// A write or a read of our own database, run inside the worker that runs the process.
pub(crate) fn record() -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(20))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(200))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(10))
                .build(),
        )
        .cancellation_token(WorkflowCancellationToken::new())
        .build()
}

/// A call that is tried again on outages until `patience` is over; `summary` is a Russian sentence
/// without personal data.
pub(crate) fn partner(queue: &str, patience: Duration, summary: &str) -> ActivityOptions {
    options(
        queue,
        patience,
        summary,
        Duration::from_secs(1),
        2.0,
        Duration::from_secs(60),
    )
}

/// Asks a partner for a state until there is one: a constant pause between questions.
pub(crate) fn poll(
    queue: &str,
    pause: Duration,
    patience: Duration,
    summary: &str,
) -> ActivityOptions {
    options(queue, patience, summary, pause, 1.0, pause)
}

fn options(
    queue: &str,
    patience: Duration,
    summary: &str,
    first: Duration,
    factor: f64,
    longest: Duration,
) -> ActivityOptions {
    ActivityOptions::with_close_timeouts(ActivityCloseTimeouts::ScheduleAndStartToClose {
        schedule_to_close: patience,
        start_to_close: ATTEMPT.min(patience),
    })
    .task_queue(queue.to_owned())
    .retry_policy(
        RetryPolicy::builder()
            .initial_interval(first)
            .backoff_coefficient(factor)
            .maximum_interval(longest)
            .build(),
    )
    .summary(summary.to_owned())
    // A cancel of the run is taken between steps; a call that began is brought to its end.
    .cancellation_token(WorkflowCancellationToken::new())
    .build()
}

/// Document rendering and other work of our own that is not a partner's.
pub(crate) fn own(summary: &str) -> ActivityOptions {
    partner(queues::KITE, Duration::from_secs(600), summary)
}

/// How long a partner that keeps failing is tried before a person is told. Before the deal is read there
/// is no policy: then an hour.
pub(crate) fn patience(ctx: &Ctx) -> Duration {
    of_policy(ctx, 3_600, |deadlines| deadlines.partner_secs)
}

/// How long something whose failure harms nobody is tried.
pub(crate) fn courtesy(ctx: &Ctx) -> Duration {
    of_policy(ctx, 300, |deadlines| deadlines.courtesy_secs)
}

/// Pause between two questions for a status.
pub(crate) fn pause(ctx: &Ctx) -> Duration {
    of_policy(ctx, 5, |deadlines| deadlines.poll_secs)
}

/// How long one question for a person's word elsewhere goes on.
pub(crate) fn question(ctx: &Ctx) -> Duration {
    of_policy(ctx, 86_400, |deadlines| deadlines.question_secs)
}

fn of_policy(ctx: &Ctx, unknown: u64, which: fn(&Deadlines) -> u64) -> Duration {
    secs(ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(unknown, |p| which(&p.deadlines))
    }))
}

/// A duration of the policy.
pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Why a step failed, in words for the person who decides.
pub(crate) struct Failure {
    /// The partner understood and said no: repeating the same does not help.
    pub(crate) rejected: bool,
    pub(crate) text: String,
}

pub(crate) fn failure(error: &ActivityExecutionError) -> Failure {
    if error.as_timeout().is_some() {
        return Failure {
            rejected: false,
            text: "партнёр не ответил за отведённое время".to_owned(),
        };
    }
    match error.reason() {
        Some(IncomingError::Application(application)) => Failure {
            rejected: application.type_name() == Some("Rejected"),
            text: error
                .reason()
                .map(|reason| reason.failure().message.clone())
                .unwrap_or_default(),
        },
        Some(other) => Failure {
            rejected: false,
            text: other.failure().message.clone(),
        },
        None => Failure {
            rejected: false,
            text: error.to_string(),
        },
    }
}

/// A step that must be done: when the partner refuses or stays away, a person is asked and either
/// has it tried again or says that it was done by hand (`None`).
pub(crate) async fn must<AD>(
    ctx: &Ctx,
    trouble: TaskKind,
    what: &str,
    activity: fn() -> AD,
    input: AD::Input,
    options: ActivityOptions,
) -> Result<Option<AD::Output>, Exit>
where
    AD: ActivityDefinition,
    AD::Input: Clone,
    AD::Output: TemporalDeserializable,
{
    loop {
        let error = match ctx
            .execute_activity(activity(), input.clone(), options.clone())
            .await
        {
            Ok(output) => return Ok(Some(output)),
            Err(error) => failure(&error),
        };
        desk::note(
            ctx,
            EventKind::Trouble,
            None,
            format!("{what}: {}", error.text),
        );
        let patience = ctx.state(|w| {
            w.buyout
                .policy
                .as_ref()
                .map_or(3_600, |p| p.deadlines.ops_secs)
        });
        let advice = if error.rejected {
            "Исправьте причину и повторите или сделайте шаг вручную и отметьте это."
        } else {
            "Проверьте связь с партнёром и повторите или сделайте шаг вручную и отметьте это."
        };
        let details = format!(
            "Шаг: {what}.\n\nПричина: {}.\n\n{advice}",
            error.text.trim_end_matches('.')
        );
        match ask::ask(ctx, Ask::new(trouble, details, patience)).await? {
            Decision::DoneByHand { .. } => return Ok(None),
            _ => desk::check_cancel(ctx)?,
        }
    }
}
