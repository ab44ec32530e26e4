//! Talking to processes: typed starts, updates and signals, and what their refusals mean.

pub(crate) mod engine;
pub(crate) mod schedule;
mod turns;
pub(crate) mod update;

use contracts::yookassa::{BANKS_WORKFLOW_ID, RefreshBanks};
use domain::buyout::action::ActOnRun;
use domain::buyout::decision::{
    Accepted, ActOnTask, AnswerOffer, Cancel, Decide, Fact, PostMessage,
};
use domain::buyout::signing::AnswerSigning;
use domain::buyout::start::{BuyoutId, BuyoutStart};
use domain::refusal::Refusal;
use platform::codec::Codec;
use store::Store;
use temporalio_client::errors::{
    WorkflowInteractionError, WorkflowStartError, WorkflowUpdateError,
};
use temporalio_client::{
    Client, WorkflowHandle, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowSignalOptions,
    WorkflowStartOptions,
};
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::search_attributes::SearchAttributes;
use workflows::buyout::BuyoutWorkflow;
use workflows::payout_banks::PayoutBanksWorkflow;
use workflows::robot_answer::RobotAnswerWorkflow;

use self::turns::Turns;
use self::update::{Answered, Update};

/// Why a process did not take something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("the process has ended")]
    NotRunning,
    #[error("{0}")]
    Unavailable(String),
    /// It has not answered; what it was told is on record and is told again until it does.
    #[error("kept, to be given again: {0}")]
    Kept(String),
    /// It does again what its record knows already.
    #[error("the process is behind its record")]
    Behind,
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
    store: Store,
    turns: Turns,
    answered: Answered,
}

impl Processes {
    pub(crate) fn new(client: Client, codec: Codec, store: Store) -> Self {
        Self {
            client,
            codec,
            store,
            turns: Turns::default(),
            answered: Answered::default(),
        }
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

    /// Has the banks read that take payouts; joins a reading under way.
    pub(crate) async fn refresh_banks(&self, refresh: RefreshBanks) -> Result<(), ProcessError> {
        let options = WorkflowStartOptions::new(contracts::queues::KITE, BANKS_WORKFLOW_ID)
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
            .static_summary("Список банков СБП".to_owned())
            .build();
        match self
            .client
            .start_workflow(PayoutBanksWorkflow::run, refresh, options)
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
        self.update(id, Update::Decide(decide), request_id).await
    }

    pub(crate) async fn act(
        &self,
        id: &BuyoutId,
        act: ActOnTask,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::ActOnTask(act), None).await
    }

    /// What a person does to the run beside its tasks; once per request.
    pub(crate) async fn act_on_run(
        &self,
        id: &BuyoutId,
        act: ActOnRun,
        request_id: String,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::ActOnRun(act), Some(request_id))
            .await
    }

    /// The client's word on the papers; `key` makes the same form sent twice one answer.
    pub(crate) async fn answer_signing(
        &self,
        id: &BuyoutId,
        answer: AnswerSigning,
        key: String,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::AnswerSigning(answer), Some(key))
            .await
    }

    /// The link's id is the update's id: a replayed link gets the first answer again.
    pub(crate) async fn answer_offer(
        &self,
        id: &BuyoutId,
        answer: AnswerOffer,
        link_id: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::AnswerOffer(answer), link_id).await
    }

    pub(crate) async fn request_code(
        &self,
        id: &BuyoutId,
        round: u32,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::RequestCode(round), None).await
    }

    pub(crate) async fn cancel(
        &self,
        id: &BuyoutId,
        cancel: Cancel,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::Cancel(cancel), None).await
    }

    pub(crate) async fn post_message(
        &self,
        id: &BuyoutId,
        message: PostMessage,
        request_id: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        self.update(id, Update::PostMessage(message), request_id)
            .await
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
