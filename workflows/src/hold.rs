//! Calls of partners that may be held. The gate in the worker lets a call wait by itself for a short while;
//! in a longer hold it hands the call back, and the process waits for the release and calls anew, with all
//! of its patience.

use std::future::Future;
use std::time::Duration;

use contracts::hold::{HELD, HoldActivities};
use contracts::queues;
use temporalio_workflow::common::error::IncomingError;
use temporalio_workflow::common::{ActivityDefinition, data_converters::TemporalDeserializable};
use temporalio_workflow::{
    ActivityExecutionError, ActivityOptions, RetryPolicy, WorkflowCancellationToken,
    WorkflowContext,
};

/// One question to our own database.
const QUESTION: Duration = Duration::from_secs(20);

/// Whether the call was handed back because its partner is held; the partner was not called.
pub(crate) fn is_held(error: &ActivityExecutionError) -> bool {
    match error.reason() {
        Some(IncomingError::Application(application)) => application.type_name() == Some(HELD),
        Some(_) | None => false,
    }
}

/// Waits until nobody holds the partner of the queue. The wait has no end of its own: whoever holds the
/// partner sees that it is held.
pub(crate) async fn await_release<W>(
    ctx: &WorkflowContext<W>,
    queue: &str,
    token: Option<WorkflowCancellationToken>,
) -> Result<(), ActivityExecutionError> {
    let Some(partner) = queues::partner(queue) else {
        return Ok(());
    };
    let mut options = ActivityOptions::with_start_to_close_timeout(QUESTION)
        .task_queue(queues::KITE.to_owned())
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_secs(2))
                .backoff_coefficient(1.5)
                // After a long outage too a run goes on within half a minute, its next calls included.
                .maximum_interval(Duration::from_secs(10))
                .build(),
        )
        .summary(format!("партнёр остановлен: {}", queues::title_ru(queue)))
        .build();
    options.cancellation_token = token;
    ctx.execute_activity(HoldActivities::await_release, partner.to_owned(), options)
        .await
}

/// A call that is made anew whenever a hold handed it back. The first one is scheduled at once, not when it
/// is awaited.
pub(crate) fn call<W, AD>(
    ctx: &WorkflowContext<W>,
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
        while let Err(error) = &ended {
            if !is_held(error) {
                break;
            }
            let queue = options.task_queue.clone().unwrap_or_default();
            await_release(ctx, &queue, options.cancellation_token.clone()).await?;
            ended = ctx
                .execute_activity(activity(), input.clone(), options.clone())
                .await;
        }
        ended
    }
}
