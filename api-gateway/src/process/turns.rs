//! Updates of one run go to the engine one after another. The engine takes ten of a run at a time; the eleventh
//! throws away what it has not written yet of the others (server 1.32), the worker then refuses some of them by a
//! state that never was: of twenty people who claim a task at once, one may be told the name of somebody who did not
//! get it. Runs do not wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use temporalio_client::errors::WorkflowUpdateError;
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::protos::temporal::api::failure::v1::failure::FailureInfo;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// How often an update is sent that nobody looked at, and the pause between.
const MOST_SENDS: u32 = 20;
const NEXT_SEND: Duration = Duration::from_millis(100);
/// Runs that are kept before those without an update are forgotten.
const KEPT: usize = 1024;

/// Whose turn it is, by run.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Weak<Turn<()>>>>>);

impl Turns {
    /// Waits until every update of the run that came before has its answer, or its caller has gone.
    pub(super) async fn take(&self, run: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if runs.len() >= KEPT {
                runs.retain(|_, turn| turn.strong_count() > 0);
            }
            match runs.get(run).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::new(Turn::new(()));
                    runs.insert(run.to_owned(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}

/// A worker may hand a task back without an update that came with it (another gateway sends, too); the server then
/// says that nobody looked at it, so nothing came of it and it is sent again.
pub(super) async fn send_until_seen<T, Sent>(
    send: impl Fn() -> Sent,
) -> Result<T, WorkflowUpdateError>
where
    Sent: Future<Output = Result<T, WorkflowUpdateError>>,
{
    for _ in 1..MOST_SENDS {
        match send().await {
            Err(WorkflowUpdateError::Failed(failure)) if is_unprocessed(&failure) => {
                tracing::debug!("an update was not looked at; sent again");
                tokio::time::sleep(NEXT_SEND).await;
            }
            ended => return ended,
        }
    }
    send().await
}

fn is_unprocessed(failure: &Failure) -> bool {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            failure.source == "Server" && info.r#type == "UnprocessedUpdate"
        }
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_run_takes_one_at_a_time_and_keeps_no_other_waiting() {
        let turns = Turns::default();
        let first = turns.take("one").await;
        let mut second = Box::pin(turns.take("one"));
        assert!(second.as_mut().now_or_never().is_none());
        let _other = turns.take("two").await;
        drop(first);
        let _second = second.await;
    }

    #[tokio::test]
    async fn runs_without_updates_are_forgotten() {
        let turns = Turns::default();
        let held = turns.take("held").await;
        for number in 0..2 * KEPT {
            let _turn = turns.take(&number.to_string()).await;
        }
        let kept = turns.0.lock().expect("nobody panics with it").len();
        assert!(kept <= KEPT, "{kept}");
        assert!(turns.take("held").now_or_never().is_none());
        drop(held);
    }
}
