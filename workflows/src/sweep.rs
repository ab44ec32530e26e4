//! Looks at every portal for what nobody told: kept events, calls that never came, robots without an answer.

use std::time::Duration;

use contracts::bitrix24::Bitrix24Activities;
use contracts::queues;
use contracts::sweep::{SweepActivities, SweepPortal, SweepPortals, Swept};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, LocalActivityOptions, RetryPolicy, WorkflowContext,
    WorkflowContextView, WorkflowResult, join_all,
};

use crate::buyout::step::HEARTBEAT;

/// One attempt at a portal, and how long one that fails is tried: the next sweep comes anyway.
const ATTEMPT: Duration = Duration::from_secs(120);
const PATIENCE: Duration = Duration::from_secs(240);

#[workflow]
pub struct SweepPortalsWorkflow {
    input: SweepPortals,
}

#[workflow_methods]
impl SweepPortalsWorkflow {
    #[init]
    pub fn new(_view: &WorkflowContextView, input: SweepPortals) -> Self {
        Self { input }
    }

    #[run(name = "sweep_portals")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Swept> {
        let portals = ctx
            .execute_local_activity(SweepActivities::portals, (), record())
            .await?;
        let grace_secs = ctx.state(|w| w.input.grace_secs);
        let sweeps = portals.into_iter().map(|portal| {
            let query = SweepPortal { portal, grace_secs };
            ctx.execute_activity(Bitrix24Activities::sweep_portal, query, options())
        });
        let mut sum = Swept::default();
        for swept in join_all(sweeps).await {
            match swept {
                Ok(Swept {
                    events,
                    lost,
                    unanswered,
                    silent,
                }) => {
                    sum.events += events;
                    sum.lost += lost;
                    sum.unanswered += unanswered;
                    sum.silent += silent;
                }
                // Away or held: the next sweep looks again.
                Err(_) => sum.silent += 1,
            }
        }
        Ok(sum)
    }
}

fn options() -> ActivityOptions {
    ActivityOptions::with_close_timeouts(ActivityCloseTimeouts::ScheduleAndStartToClose {
        schedule_to_close: PATIENCE,
        start_to_close: ATTEMPT,
    })
    .task_queue(queues::BITRIX24.to_owned())
    .heartbeat_timeout(HEARTBEAT)
    .summary("обход портала".to_owned())
    .build()
}

/// A read or a write of our own database.
pub(crate) fn record() -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(60))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(200))
                .maximum_interval(Duration::from_secs(10))
                .build(),
        )
        .build()
}
