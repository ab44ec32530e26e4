//! How the process calls the world: options with names, and what happens when a partner says no.

use std::future::Future;
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
use crate::hold;

/// One attempt against a partner may take this long; 1C is slow by nature (its own limits apply inside).
const ATTEMPT: Duration = Duration::from_secs(200);

/// A worker that is silent for so long has died with its attempts; where there is no policy yet, or none at all.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);

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
pub(crate) fn partner(
    ctx: &Ctx,
    queue: &str,
    patience: Duration,
    summary: &str,
) -> ActivityOptions {
    options(queue, patience, summary, heartbeat(ctx), FALLING_BACK)
}

/// The same for a process without a policy.
pub(crate) fn partner_without_policy(
    queue: &str,
    patience: Duration,
    summary: &str,
) -> ActivityOptions {
    options(queue, patience, summary, HEARTBEAT, FALLING_BACK)
}

/// Asks a partner for a state until there is one: a constant pause between questions.
pub(crate) fn poll(
    ctx: &Ctx,
    queue: &str,
    pause: Duration,
    patience: Duration,
    summary: &str,
) -> ActivityOptions {
    let pauses = Pauses {
        first: pause,
        factor: 1.0,
        longest: pause,
    };
    options(queue, patience, summary, heartbeat(ctx), pauses)
}

/// Pauses between attempts.
struct Pauses {
    first: Duration,
    factor: f64,
    longest: Duration,
}

const FALLING_BACK: Pauses = Pauses {
    first: Duration::from_secs(1),
    factor: 2.0,
    longest: Duration::from_secs(60),
};

fn options(
    queue: &str,
    patience: Duration,
    summary: &str,
    heartbeat: Duration,
    pauses: Pauses,
) -> ActivityOptions {
    let Pauses {
        first,
        factor,
        longest,
    } = pauses;
    ActivityOptions::with_close_timeouts(ActivityCloseTimeouts::ScheduleAndStartToClose {
        schedule_to_close: patience,
        start_to_close: ATTEMPT.min(patience),
    })
    .task_queue(queue.to_owned())
    .heartbeat_timeout(heartbeat)
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
pub(crate) fn own(ctx: &Ctx, summary: &str) -> ActivityOptions {
    partner(ctx, queues::KITE, Duration::from_secs(600), summary)
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

/// After how long a silence of its worker an attempt is made anew.
fn heartbeat(ctx: &Ctx) -> Duration {
    of_policy(ctx, HEARTBEAT.as_secs(), |deadlines| {
        deadlines.heartbeat_secs
    })
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

/// A call that waits as long as its partner is held, and is made anew then; the run shows whom it waits for.
/// The first one is scheduled at once, not when it is awaited.
pub(crate) fn call<AD>(
    ctx: &Ctx,
    activity: fn() -> AD,
    input: AD::Input,
    options: ActivityOptions,
) -> impl Future<Output = Result<AD::Output, ActivityExecutionError>>
where
    AD: ActivityDefinition,
    AD::Input: Clone,
    AD::Output: TemporalDeserializable,
{
    let first = ctx.execute_activity(activity(), input.clone(), options.clone());
    async move {
        let mut ended = first.await;
        if !ended.as_ref().is_err_and(hold::is_held) {
            return ended;
        }
        let queue = options.task_queue.clone().unwrap_or_default();
        begin_wait(ctx, &queue).await;
        while ended.as_ref().is_err_and(hold::is_held) {
            let token = options.cancellation_token.clone();
            ended = match hold::await_release(ctx, &queue, token).await {
                Ok(()) => {
                    ctx.execute_activity(activity(), input.clone(), options.clone())
                        .await
                }
                Err(error) => Err(error),
            };
        }
        end_wait(ctx, &queue).await;
        ended
    }
}

/// Screens show for whom the run waits; several calls that wait for one partner are one wait.
async fn begin_wait(ctx: &Ctx, queue: &str) {
    let title = queues::title_ru(queue);
    let partner = queues::partner(queue).unwrap_or_default().to_owned();
    let first = ctx.state_mut(|w| {
        let waiting = w.desk.held.entry(partner.clone()).or_default();
        *waiting += 1;
        *waiting == 1
    });
    if first {
        ctx.state_mut(|w| w.buyout.held.insert(partner, title.to_owned()));
        let line = format!("{title}: партнёр остановлен, шаг ждёт и продолжится сам.");
        desk::note(ctx, EventKind::Hold, None, line);
        shown(ctx).await;
    }
}

async fn end_wait(ctx: &Ctx, queue: &str) {
    let title = queues::title_ru(queue);
    let partner = queues::partner(queue).unwrap_or_default().to_owned();
    let last = ctx.state_mut(|w| {
        let waiting = w.desk.held.entry(partner.clone()).or_default();
        *waiting = waiting.saturating_sub(1);
        *waiting == 0
    });
    if last {
        ctx.state_mut(|w| w.buyout.held.remove(&partner));
        let line = format!("{title}: партнёр снова работает, продолжаем.");
        desk::note(ctx, EventKind::Hold, None, line);
        shown(ctx).await;
    }
}

/// The wait stands whether or not its record is written now; the next save has it.
async fn shown(ctx: &Ctx) {
    if desk::save(ctx).await.is_err() {
        ctx.state_mut(|w| w.desk.told = true);
    }
}

/// A line on a call whose failure harms nobody: no trouble while its partner is merely held.
pub(crate) fn note_failed(ctx: &Ctx, error: &ActivityExecutionError, what: &str) {
    let kind = if hold::is_held(error) {
        EventKind::Hold
    } else {
        EventKind::Trouble
    };
    desk::note(ctx, kind, None, format!("{what}: {}", failure(error).text));
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
        let error = match call(ctx, activity, input.clone(), options.clone()).await {
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
        let queue = options.task_queue.as_deref().unwrap_or_default();
        let ask = Ask::new(trouble, details, patience).waiting_for(queue);
        match ask::ask(ctx, ask).await? {
            Decision::DoneByHand { .. } => return Ok(None),
            _ => desk::check_cancel(ctx)?,
        }
    }
}
