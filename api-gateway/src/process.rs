//! Talking to processes: typed starts, updates and signals, and what their refusals mean.

pub(crate) mod engine;

use domain::buyout::action::ActOnRun;
use domain::buyout::decision::{
    Accepted, ActOnTask, AnswerOffer, Cancel, Decide, Fact, PostMessage,
};
use domain::buyout::signing::AnswerSigning;
use domain::buyout::start::{BuyoutId, BuyoutStart};
use domain::refusal::Refusal;
use platform::codec::Codec;
use temporalio_client::errors::{
    WorkflowInteractionError, WorkflowStartError, WorkflowUpdateError,
};
use temporalio_client::{
    Client, WorkflowExecuteUpdateOptions, WorkflowHandle, WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy, WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::search_attributes::SearchAttributes;
use workflows::buyout::BuyoutWorkflow;
use workflows::robot_answer::RobotAnswerWorkflow;

/// Why a process did not take something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("the process has ended")]
    NotRunning,
    #[error("{0}")]
    Unavailable(String),
}

/// How a start went.
pub(crate) enum Started {
    New,
    /// The process was already there: running or ended.
    Already,
}

#[derive(Clone)]
pub(crate) struct Processes {
    client: Client,
    codec: Codec,
}

impl Processes {
    pub(crate) fn new(client: Client, codec: Codec) -> Self {
        Self { client, codec }
    }

    fn buyout(&self, id: &BuyoutId) -> WorkflowHandle<Client, BuyoutWorkflow> {
        self.client
            .get_workflow_handle::<BuyoutWorkflow>(id.as_str())
    }

    /// Starts the buyout of a deal, once for ever: a money process is never run a second time.
    pub(crate) async fn start_buyout(&self, start: BuyoutStart) -> Result<Started, ProcessError> {
        let id = start.id();
        let options = WorkflowStartOptions::new(contracts::queues::KITE, id.as_str())
            .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
            .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
            .static_summary(format!("Выкуп, сделка {}", start.deal_id))
            .search_attributes(SearchAttributes::new([
                contracts::search_attributes::STAGE.value_set("NEW".to_owned()),
                contracts::search_attributes::DEAL.value_set(start.deal_id.to_string()),
            ]))
            .build();
        match self
            .client
            .start_workflow(BuyoutWorkflow::run, start, options)
            .await
        {
            Ok(_) => Ok(Started::New),
            Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(Started::Already),
            Err(error) => Err(ProcessError::Unavailable(error.to_string())),
        }
    }

    /// Answers a robot whose process has ended; once per token.
    pub(crate) async fn answer_robot(
        &self,
        key: &str,
        answer: contracts::bitrix24::AnswerRobot,
    ) -> Result<(), ProcessError> {
        let options =
            WorkflowStartOptions::new(contracts::queues::KITE, format!("robot-answer:{key}"))
                .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
                .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
                .build();
        match self
            .client
            .start_workflow(RobotAnswerWorkflow::run, answer, options)
            .await
        {
            Ok(_) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
            Err(error) => Err(ProcessError::Unavailable(error.to_string())),
        }
    }

    pub(crate) async fn decide(
        &self,
        id: &BuyoutId,
        decide: Decide,
        request_id: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::decide, decide, options(request_id))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    pub(crate) async fn act(
        &self,
        id: &BuyoutId,
        act: ActOnTask,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::act_on_task, act, options(None))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    /// What a person does to the run beside its tasks; once per request.
    pub(crate) async fn act_on_run(
        &self,
        id: &BuyoutId,
        act: ActOnRun,
        request_id: String,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::act_on_run, act, options(Some(request_id)))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    /// The client's word on the papers; `key` makes the same form sent twice one answer.
    pub(crate) async fn answer_signing(
        &self,
        id: &BuyoutId,
        answer: AnswerSigning,
        key: String,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::answer_signing, answer, options(Some(key)))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    /// The link's id is the update's id: a replayed link gets the first answer again.
    pub(crate) async fn answer_offer(
        &self,
        id: &BuyoutId,
        answer: AnswerOffer,
        link_id: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::answer_offer, answer, options(link_id))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    pub(crate) async fn request_code(
        &self,
        id: &BuyoutId,
        round: u32,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::request_code, round, options(None))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    pub(crate) async fn cancel(
        &self,
        id: &BuyoutId,
        cancel: Cancel,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::cancel, cancel, options(None))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    pub(crate) async fn post_message(
        &self,
        id: &BuyoutId,
        message: PostMessage,
        request_id: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        let updated = self
            .buyout(id)
            .execute_update(BuyoutWorkflow::post_message, message, options(request_id))
            .await;
        updated.map_err(|error| self.update_error(error))
    }

    /// Tells the process a fact; [`ProcessError::NotRunning`] when nobody is there to hear it.
    pub(crate) async fn tell(&self, id: &BuyoutId, fact: Fact) -> Result<(), ProcessError> {
        match self
            .buyout(id)
            .signal(BuyoutWorkflow::fact, fact, WorkflowSignalOptions::default())
            .await
        {
            Ok(()) => Ok(()),
            Err(WorkflowInteractionError::NotFound(_)) => Err(ProcessError::NotRunning),
            Err(error) => Err(ProcessError::Unavailable(error.to_string())),
        }
    }

    fn update_error(&self, error: WorkflowUpdateError) -> ProcessError {
        match error {
            WorkflowUpdateError::NotFound(_) => ProcessError::NotRunning,
            WorkflowUpdateError::Failed(failure) => {
                let message = self.message(&failure);
                match Refusal::from_wire(&message) {
                    Some(refusal) => ProcessError::Refused(refusal),
                    None => ProcessError::Unavailable(message),
                }
            }
            other => ProcessError::Unavailable(other.to_string()),
        }
    }

    /// The failure's text, which is encrypted in transit.
    fn message(&self, failure: &Failure) -> String {
        #[derive(serde::Deserialize)]
        struct Attributes {
            message: String,
        }
        let opened = failure
            .encoded_attributes
            .as_ref()
            .and_then(|payload| self.codec.decrypt(payload).ok())
            .and_then(|payload| serde_json::from_slice::<Attributes>(&payload.data).ok());
        let message = opened.map_or_else(|| failure.message.clone(), |a| a.message);
        match &failure.cause {
            Some(cause) if Refusal::from_wire(&message).is_none() => {
                format!("{message}: {}", self.message(cause))
            }
            Some(_) | None => message,
        }
    }
}

fn options(id: Option<String>) -> WorkflowExecuteUpdateOptions {
    match id.filter(|id| !id.is_empty()) {
        Some(id) => WorkflowExecuteUpdateOptions::builder()
            .update_id(id)
            .build(),
        None => WorkflowExecuteUpdateOptions::builder().build(),
    }
}
