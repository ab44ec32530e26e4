//! Schedules of sweeps: when each ran, runs next, and what it came to.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use temporalio_client::schedules::{ScheduleError, ScheduleOverlapPolicy, TriggerScheduleOptions};
use temporalio_client::{RpcOptions, UntypedWorkflow, WorkflowGetResultOptions};
use tonic::Code;

use crate::process::{ProcessError, Processes};

/// A result is there, or its run still goes on.
const RESULT: Duration = Duration::from_secs(2);

/// A schedule as the engine has it.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    pub(crate) runs: u64,
    pub(crate) last_started_at: Option<DateTime<Utc>>,
    pub(crate) next_at: Option<DateTime<Utc>>,
    pub(crate) running: bool,
    pub(crate) paused: bool,
    /// JSON of the last run's result; empty while it goes on, or when it failed.
    pub(crate) last_result: String,
}

impl Processes {
    /// `None`: there is no such schedule yet.
    pub(crate) async fn schedule(&self, id: &str) -> Result<Option<Schedule>, ProcessError> {
        let handle = self.client.get_schedule_handle(id);
        let described = match handle.describe(RpcOptions::default()).await {
            Ok(described) => described,
            Err(ScheduleError::Rpc(status)) if status.code() == Code::NotFound => return Ok(None),
            Err(error) => return Err(ProcessError::Unavailable(error.to_string())),
        };
        let last = described.recent_actions().into_iter().last();
        let running = !described.running_actions().is_empty();
        let last_result = match &last {
            Some(last) if !running => self.result(&last.workflow_id).await,
            Some(_) | None => String::new(),
        };
        let moment = |at: SystemTime| DateTime::<Utc>::from(at);
        Ok(Some(Schedule {
            runs: described.action_count().try_into().unwrap_or_default(),
            last_started_at: last.and_then(|last| last.actual_time).map(moment),
            next_at: described
                .future_action_times()
                .into_iter()
                .next()
                .map(moment),
            running,
            paused: described.paused(),
            last_result,
        }))
    }

    /// Begins it now; `false`: there is no such schedule yet.
    pub(crate) async fn trigger(&self, id: &str) -> Result<bool, ProcessError> {
        let handle = self.client.get_schedule_handle(id);
        let triggered = handle
            .trigger(
                ScheduleOverlapPolicy::Skip,
                TriggerScheduleOptions::default(),
            )
            .await;
        match triggered {
            Ok(()) => Ok(true),
            Err(ScheduleError::Rpc(status)) if status.code() == Code::NotFound => Ok(false),
            Err(error) => Err(ProcessError::Unavailable(error.to_string())),
        }
    }

    async fn result(&self, workflow_id: &str) -> String {
        let handle = self
            .client
            .get_workflow_handle::<UntypedWorkflow>(workflow_id);
        let asked = handle.get_result(WorkflowGetResultOptions::default());
        match tokio::time::timeout(RESULT, asked).await {
            Ok(Ok(result)) => result
                .payloads
                .first()
                .map(|payload| String::from_utf8_lossy(&payload.data).into_owned())
                .unwrap_or_default(),
            Ok(Err(error)) => {
                tracing::info!(%error, workflow_id, "a sweep did not end well");
                String::new()
            }
            Err(_) => String::new(),
        }
    }
}
