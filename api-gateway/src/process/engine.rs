//! What the engine itself says of a run and of a queue, for ops.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use futures::StreamExt;
use temporalio_client::{
    NamespacedClient, UntypedQuery, UntypedWorkflow, WorkflowListOptions, WorkflowQueryOptions,
};
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
    DescribeTaskQueueRequest, DescribeWorkflowExecutionRequest, ResetActivityRequest,
    reset_activity_request,
};
use tonic::{Code, Request};
use workflows::buyout::BuyoutWorkflow;

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
    /// Attempts of the program's present step; 0: none is due.
    pub(crate) step_attempts: u32,
    /// What the process shows of itself; empty when no worker answered.
    pub(crate) details: String,
}

/// An activity under way.
pub(crate) struct PendingActivity {
    /// Unique among those of its run.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) queue: String,
    /// SCHEDULED, STARTED, …
    pub(crate) state: String,
    pub(crate) attempt: u32,
    /// In plain words; empty before the first one.
    pub(crate) last_failure: String,
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
}

/// Why a call was not tried again at once.
pub(crate) enum ResetError {
    /// It has ended, or its run has.
    Gone,
    Unavailable(String),
}

impl Processes {
    /// [`ProcessError::NotRunning`]: the engine does not know the run (any more).
    pub(crate) async fn describe(&self, id: &BuyoutId) -> Result<RunDescription, ProcessError> {
        let mut described = self.describe_only(id).await?;
        described.details = self.details(id).await;
        Ok(described)
    }

    /// What the engine knows by itself: no worker is asked for details.
    pub(crate) async fn describe_only(
        &self,
        id: &BuyoutId,
    ) -> Result<RunDescription, ProcessError> {
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
            step_attempts: described
                .pending_workflow_task
                .map(|step| step.attempt.try_into().unwrap_or_default())
                .unwrap_or_default(),
            details: String::new(),
        })
    }

    fn pending(&self, activity: PendingActivityInfo) -> PendingActivity {
        let queue = activity
            .activity_options
            .and_then(|options| options.task_queue)
            .map(|queue| queue.name);
        PendingActivity {
            id: activity.activity_id,
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

    /// Everything that the run knows, by its own word; `None` when it does not answer.
    pub(crate) async fn state(&self, id: &BuyoutId) -> Option<Buyout> {
        let handle = self.buyout(id);
        let asked = handle.query(BuyoutWorkflow::state, (), WorkflowQueryOptions::default());
        match tokio::time::timeout(WORKER, asked).await {
            Ok(Ok(buyout)) => Some(buyout),
            Ok(Err(error)) => {
                tracing::info!(run = %id, %error, "a run did not tell its state");
                None
            }
            Err(_) => None,
        }
    }

    /// Buyouts that run, of all of them or at these stages as the engine knows them, in no particular order.
    ///
    /// The one place that asks the engine and not our tables: what is looked for are the engine's own calls, and
    /// a run that cannot read its deal has saved nothing yet.
    pub(crate) async fn running(&self, stages: &[Stage]) -> Result<Vec<BuyoutId>, ProcessError> {
        let mut query = format!(
            "WorkflowType='{}' AND ExecutionStatus='Running'",
            contracts::buyout::WORKFLOW
        );
        if !stages.is_empty() {
            let names: Vec<String> = stages.iter().map(|stage| format!("'{stage}'")).collect();
            query.push_str(&format!(
                " AND {} IN ({})",
                contracts::search_attributes::STAGE.name(),
                names.join(", ")
            ));
        }
        let mut listed = self
            .client
            .list_workflows(query, WorkflowListOptions::default());
        let mut runs = Vec::new();
        while let Some(run) = listed.next().await {
            let run = run.map_err(|error| ProcessError::Unavailable(error.to_string()))?;
            runs.push(BuyoutId(run.id().to_owned()));
        }
        Ok(runs)
    }

    /// Has a call that waits for its next attempt tried at once, with all of its patience again.
    pub(crate) async fn reset(&self, run: &BuyoutId, activity: &str) -> Result<(), ResetError> {
        let request = ResetActivityRequest {
            namespace: self.client.namespace(),
            execution: Some(WorkflowExecution {
                workflow_id: run.0.clone(),
                run_id: String::new(),
            }),
            identity: "kite-gateway".to_owned(),
            activity: Some(reset_activity_request::Activity::Id(activity.to_owned())),
            ..ResetActivityRequest::default()
        };
        let mut service = self.client.connection().workflow_service();
        match service.reset_activity(Request::new(request)).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == Code::NotFound => Err(ResetError::Gone),
            Err(status) => Err(ResetError::Unavailable(status.message().to_owned())),
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
