//! A run that is behind its own record. What a step writes into the database is seen at once; when its worker dies
//! before the engine knows of the step, the run does it anew some seconds later. A person who acts on a task in
//! between is asked to wait, not told that the task does not exist.

use std::time::Duration;

use domain::refusal::RefusalCode;
use domain::task::TaskId;
use tokio::time::Instant;

use crate::process::ProcessError;
use crate::server::App;

/// The engine gives a step to another worker after ten seconds.
const CATCHES_UP: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(300);

/// Asks the run about a task that somebody saw at a version, again until the run knows what the record does.
///
/// # Errors
///
/// `Behind` when it takes longer than a person waits; else what the run answers.
pub(crate) async fn once_caught_up<T, Asked>(
    app: &App,
    task: &TaskId,
    seen: u32,
    ask: impl Fn() -> Asked,
) -> Result<T, ProcessError>
where
    Asked: Future<Output = Result<T, ProcessError>>,
{
    let until = Instant::now() + CATCHES_UP;
    loop {
        let answer = ask().await;
        let unknown = match &answer {
            Err(ProcessError::Refused(refusal)) if refusal.code == RefusalCode::NotFound => true,
            Err(ProcessError::Refused(refusal)) if refusal.code == RefusalCode::StaleVersion => {
                false
            }
            _ => return answer,
        };
        // A record that cannot be read says nothing.
        let recorded = app.store.task(task).await.ok().flatten();
        let is_behind = recorded.is_some_and(|recorded| unknown || recorded.version == seen);
        if !is_behind {
            return answer;
        }
        if Instant::now() >= until {
            return Err(ProcessError::Behind);
        }
        tokio::time::sleep(LOOK).await;
    }
}
