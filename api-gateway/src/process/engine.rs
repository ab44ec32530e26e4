//! What the engine itself says of a run and of a queue, for ops.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use temporalio_client::{NamespacedClient, UntypedQuery, UntypedWorkflow, WorkflowQueryOptions};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::enums::v1::{
    PendingActivityState, TaskQueueType, WorkflowExecutionStatus,
};
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_common::protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_common::protos::temporal::api::workflow::v1::PendingActivityInfo;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, DescribeWorkflowExecutionRequest,
};
use tonic::{Code, Request};

use crate::process::{ProcessError, Processes};

/// A worker answers the query for details at once, or there is none.
const WORKER: Duration = Duration::from_secs(3);
/// A queue's figure is not worth waiting for.
const QUEUE: Duration = Duration::from_secs(2);
/// Every SDK answers it with what the process shows of itself.
const METADATA: &str = "__temporal_workflow_metadata";

/// A run as the engine has it.
pub(crate) struct RunDescription {
    /// RUNNING, COMPLETED, …
    pub(crate) status: String,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) history_events: u64,
    pub(crate) activities: Vec<PendingActivity>,
    /// What the process shows of itself; empty when no worker answered.
    pub(crate) details: String,
}

/// An activity under way.
pub(crate) struct PendingActivity {
    pub(crate) name: String,
    pub(crate) queue: String,
    /// SCHEDULED, STARTED, …
    pub(crate) state: String,
    pub(crate) attempt: u32,
    /// In plain words; empty before the first one.
    pub(crate) last_failure: String,
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
}

impl Processes {
    /// [`ProcessError::NotRunning`]: the engine does not know the run (any more).
    pub(crate) async fn describe(&self, id: &BuyoutId) -> Result<RunDescription, ProcessError> {
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.client.namespace(),
            execution: Some(WorkflowExecution {
                workflow_id: id.0.clone(),
                run_id: String::new(),
            }),
        };
        let mut service = self.client.connection().workflow_service();
        let described = service
            .describe_workflow_execution(Request::new(request))
            .await
            .map_err(|status| match status.code() {
                Code::NotFound => ProcessError::NotRunning,
                _ => ProcessError::Unavailable(status.message().to_owned()),
            })?
            .into_inner();
        let info = described.workflow_execution_info.unwrap_or_default();
        let status = WorkflowExecutionStatus::try_from(info.status)
            .unwrap_or_default()
            .as_str_name()
            .trim_start_matches("WORKFLOW_EXECUTION_STATUS_")
            .to_owned();
        Ok(RunDescription {
            status,
            started_at: info.start_time.and_then(|at| instant(at.seconds, at.nanos)),
            history_events: info.history_length.try_into().unwrap_or_default(),
            activities: described
                .pending_activities
                .into_iter()
                .map(|activity| self.pending(activity))
                .collect(),
            details: self.details(id).await,
        })
    }

    fn pending(&self, activity: PendingActivityInfo) -> PendingActivity {
        let queue = activity
            .activity_options
            .and_then(|options| options.task_queue)
            .map(|queue| queue.name);
        PendingActivity {
            name: activity
                .activity_type
                .map(|kind| kind.name)
                .unwrap_or_default(),
            queue: queue.unwrap_or_default(),
            state: PendingActivityState::try_from(activity.state)
                .unwrap_or_default()
                .as_str_name()
                .trim_start_matches("PENDING_ACTIVITY_STATE_")
                .to_owned(),
            attempt: activity.attempt.try_into().unwrap_or_default(),
            last_failure: activity
                .last_failure
                .map(|failure| self.words(&failure))
                .unwrap_or_default(),
            next_attempt_at: activity
                .next_attempt_schedule_time
                .and_then(|at| instant(at.seconds, at.nanos)),
        }
    }

    /// A failure as a person reads it.
    fn words(&self, failure: &Failure) -> String {
        match &failure.failure_info {
            Some(FailureInfo::TimeoutFailureInfo(_)) => "нет ответа за отведённое время".to_owned(),
            Some(FailureInfo::CanceledFailureInfo(_)) => "отменено".to_owned(),
            Some(FailureInfo::TerminatedFailureInfo(_)) => "прервано".to_owned(),
            Some(_) | None => self.message(failure),
        }
    }

    /// What the process shows of itself. Without a worker it is not to be had, which is no error.
    async fn details(&self, id: &BuyoutId) -> String {
        #[derive(Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Metadata {
            #[serde(default)]
            current_details: String,
        }
        let handle = self
            .client
            .get_workflow_handle::<UntypedWorkflow>(id.as_str());
        let nothing = RawValue::from_value(&(), &PayloadConverter::serde_json());
        let asked = handle.query(
            UntypedQuery::new(METADATA),
            nothing,
            WorkflowQueryOptions::default(),
        );
        match tokio::time::timeout(WORKER, asked).await {
            Ok(Ok(answer)) => {
                answer
                    .payloads
                    .first()
                    .and_then(|payload| serde_json::from_slice::<Metadata>(&payload.data).ok())
                    .unwrap_or_default()
                    .current_details
            }
            Ok(Err(error)) => {
                tracing::info!(%error, "a run did not tell its details");
                String::new()
            }
            Err(_) => String::new(),
        }
    }

    /// Activities that wait in a queue; `None` when the server does not say.
    pub(crate) async fn backlog(&self, queue: &str) -> Option<u32> {
        let request = DescribeTaskQueueRequest {
            namespace: self.client.namespace(),
            task_queue: Some(TaskQueue {
                name: queue.to_owned(),
                ..TaskQueue::default()
            }),
            task_queue_type: TaskQueueType::Activity as i32,
            report_stats: true,
            ..DescribeTaskQueueRequest::default()
        };
        let mut service = self.client.connection().workflow_service();
        let asked = service.describe_task_queue(Request::new(request));
        let stats = match tokio::time::timeout(QUEUE, asked).await {
            Ok(Ok(answer)) => answer.into_inner().stats?,
            Ok(Err(status)) => {
                tracing::info!(queue, error = status.message(), "a queue was not described");
                return None;
            }
            Err(_) => return None,
        };
        stats.approximate_backlog_count.try_into().ok()
    }
}

fn instant(seconds: i64, nanos: i32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, nanos.try_into().unwrap_or_default())
}
