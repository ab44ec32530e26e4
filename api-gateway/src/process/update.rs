//! What people say to a run, kept until the run has answered.
//!
//! An update that the engine has not written yet is lost with the engine, and with the worker that had it in hand: the
//! record may know what came of it already, and nobody would say it again. So it is kept before it is given, and given
//! again, under its own id, until the run has taken or refused it. Given twice it is one update.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use domain::buyout::action::ActOnRun;
use domain::buyout::decision::{Accepted, ActOnTask, AnswerOffer, Cancel, Decide, PostMessage};
use domain::buyout::signing::AnswerSigning;
use domain::buyout::start::BuyoutId;
use serde::{Deserialize, Serialize};
use store::kept_update::KeptUpdate;
use temporalio_client::WorkflowExecuteUpdateOptions;
use temporalio_client::errors::WorkflowUpdateError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workflows::buyout::BuyoutWorkflow;

use super::{ProcessError, Processes, turns};

/// Until an update without an answer is given again; longer than an answer takes, however busy everybody is.
const AGAIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(2);
const BATCH: u64 = 50;

/// Kept in this form: names and fields may be added, none may change.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Update {
    Decide(Decide),
    ActOnTask(ActOnTask),
    ActOnRun(ActOnRun),
    AnswerSigning(AnswerSigning),
    AnswerOffer(AnswerOffer),
    RequestCode(u32),
    Cancel(Cancel),
    PostMessage(PostMessage),
}

/// Accepted updates that are still on record. Nobody waits until they are forgotten, so that is done for many at once;
/// what a gateway had no time to forget is given again, and is the same update.
#[derive(Clone, Default)]
pub(super) struct Answered(Arc<Mutex<Vec<KeptUpdate>>>);

impl Answered {
    fn note(&self, update: KeptUpdate) {
        self.list().push(update);
    }

    fn take(&self) -> Vec<KeptUpdate> {
        std::mem::take(&mut *self.list())
    }

    fn list(&self) -> MutexGuard<'_, Vec<KeptUpdate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Processes {
    /// Gives the run an update; `once` is its id, the same id is the same update.
    ///
    /// # Errors
    ///
    /// `Unavailable`: it was not even kept. `Kept`: the run has not answered and is told again.
    pub(super) async fn update(
        &self,
        run: &BuyoutId,
        update: Update,
        once: Option<String>,
    ) -> Result<Accepted, ProcessError> {
        let id = once.filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
        let kept = KeptUpdate {
            run: run.clone(),
            body: self.sealed(&update)?,
            id,
        };
        self.store
            .keep_update(&kept, Utc::now() + AGAIN)
            .await
            .map_err(|error| ProcessError::Unavailable(error.to_string()))?;
        match self.give(run, &update, &kept.id).await {
            Err(ProcessError::Unavailable(cause)) => Err(ProcessError::Kept(cause)),
            Ok(accepted) => {
                self.answered.note(kept);
                Ok(accepted)
            }
            Err(refused) => {
                // Whoever asks again under the same id must not have that forgotten.
                self.forget(&[kept]).await;
                Err(refused)
            }
        }
    }

    /// Once those that came before have been answered.
    async fn give(
        &self,
        run: &BuyoutId,
        update: &Update,
        id: &str,
    ) -> Result<Accepted, ProcessError> {
        let _turn = self.turns.take(run.as_str()).await;
        let sent = turns::send_until_seen(|| self.send(run, update.clone(), id)).await;
        sent.map_err(|error| self.update_error(error))
    }

    async fn send(
        &self,
        run: &BuyoutId,
        update: Update,
        id: &str,
    ) -> Result<Accepted, WorkflowUpdateError> {
        let run = self.buyout(run);
        let options = WorkflowExecuteUpdateOptions::builder()
            .update_id(id.to_owned())
            .build();
        match update {
            Update::Decide(decide) => {
                run.execute_update(BuyoutWorkflow::decide, decide, options)
                    .await
            }
            Update::ActOnTask(act) => {
                run.execute_update(BuyoutWorkflow::act_on_task, act, options)
                    .await
            }
            Update::ActOnRun(act) => {
                run.execute_update(BuyoutWorkflow::act_on_run, act, options)
                    .await
            }
            Update::AnswerSigning(answer) => {
                run.execute_update(BuyoutWorkflow::answer_signing, answer, options)
                    .await
            }
            Update::AnswerOffer(answer) => {
                run.execute_update(BuyoutWorkflow::answer_offer, answer, options)
                    .await
            }
            Update::RequestCode(round) => {
                run.execute_update(BuyoutWorkflow::request_code, round, options)
                    .await
            }
            Update::Cancel(cancel) => {
                run.execute_update(BuyoutWorkflow::cancel, cancel, options)
                    .await
            }
            Update::PostMessage(message) => {
                run.execute_update(BuyoutWorkflow::post_message, message, options)
                    .await
            }
        }
    }

    async fn forget(&self, answered: &[KeptUpdate]) {
        if answered.is_empty() {
            return;
        }
        if let Err(error) = self.store.forget_updates(answered).await {
            tracing::warn!(%error, "updates that have their answers are still on record; they are given again");
        }
    }

    /// Gives again what has no answer.
    async fn give_again(&self) {
        let due = match self.store.due_updates(Utc::now(), BATCH).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the updates without an answer cannot be read");
                return;
            }
        };
        for kept in due {
            let KeptUpdate { run, id, body } = &kept;
            let answer = match self.opened(body) {
                Ok(update) => self.give(run, &update, id).await,
                Err(error) => Err(error),
            };
            metrics::counter!("kite_updates_given_again_total").increment(1);
            match answer {
                Err(ProcessError::Unavailable(cause)) => {
                    tracing::warn!(%run, %cause, "an update has no answer yet; it is given again later");
                    let due = Utc::now() + AGAIN;
                    if let Err(error) = self.store.put_off_update(run, id, due, &cause).await {
                        tracing::error!(%run, %error, "an update could not be put off");
                        return;
                    }
                }
                answered => {
                    let taken = answered.is_ok();
                    tracing::info!(%run, taken, "an update without an answer was given again");
                    self.forget(&[kept]).await;
                }
            }
        }
    }

    fn sealed(&self, update: &Update) -> Result<String, ProcessError> {
        let text = serde_json::to_string(update).map_err(unkept)?;
        self.codec.seal_text(&text).map_err(unkept)
    }

    fn opened(&self, body: &str) -> Result<Update, ProcessError> {
        let text = self.codec.open_text(body).map_err(unkept)?;
        // serde's message may quote what a person wrote.
        serde_json::from_str(&text)
            .map_err(|_| ProcessError::Unavailable("a kept update does not parse".to_owned()))
    }
}

fn unkept(error: impl std::fmt::Display) -> ProcessError {
    ProcessError::Unavailable(error.to_string())
}

/// Runs until the gateway stops.
pub(crate) async fn give_again(processes: Processes, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK))
        .await
        .is_some()
    {
        processes.forget(&processes.answered.take()).await;
        stop.run_until_cancelled(processes.give_again()).await;
    }
    processes.forget(&processes.answered.take()).await;
}
