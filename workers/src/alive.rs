//! An attempt is its worker's for as long as the engine hears of it. While an activity runs the engine is told so
//! every third of the time after which it would give the attempt up; a worker that dies is silent, and the call is
//! made anew elsewhere.
//!
//! A worker that lives and is not heard, or is told that the attempt is no longer its own, lets go of it: two
//! attempts of one call at once could each find nothing at the partner and each make it.

use std::future::Future;
use std::time::Duration;

use temporalio_client::errors::AsyncActivityError;
use temporalio_client::{ActivityIdentifier, Client, RpcOptions};
use temporalio_common::ActivityError;
use temporalio_sdk::activities::ActivityInfo;
use tokio::time::Instant;

/// Does the work of an attempt and tells the engine meanwhile.
pub(crate) async fn while_told<T>(
    client: Client,
    info: ActivityInfo,
    work: impl Future<Output = Result<T, ActivityError>>,
) -> Result<T, ActivityError> {
    let silence = info.heartbeat_timeout.filter(|silence| !silence.is_zero());
    let Some(silence) = silence.filter(|_| !info.is_local) else {
        return work.await;
    };
    let tell = move || {
        let token = ActivityIdentifier::from_task_token(info.task_token.clone().into());
        let handle = client.get_async_activity_handle(token);
        async move {
            match handle.heartbeat(None::<()>, RpcOptions::default()).await {
                Ok(_) => Heard::Yes,
                Err(AsyncActivityError::NotFound(_)) => Heard::NotOurs,
                Err(_) => Heard::No,
            }
        }
    };
    tokio::select! {
        ended = work => ended,
        () = lost(silence, tell) => {
            tracing::warn!("the attempt is no longer this worker's; it is left where it stands");
            Err(anyhow::anyhow!("the engine was not heard of for too long").into())
        }
    }
}

/// How the engine took what it was told.
enum Heard {
    Yes,
    /// It did not answer.
    No,
    /// It has given the attempt up.
    NotOurs,
}

/// Ends when the attempt is lost.
async fn lost<F>(silence: Duration, tell: impl Fn() -> F)
where
    F: Future<Output = Heard>,
{
    let pause = silence / 3;
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(pause).await;
        let asked = Instant::now();
        // Whoever does not answer by then has not heard.
        let heard = tokio::time::timeout(pause, tell()).await;
        match heard {
            Ok(Heard::Yes) => last = asked,
            Ok(Heard::NotOurs) => return,
            Ok(Heard::No) | Err(_) if last.elapsed() >= silence => return,
            Ok(Heard::No) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
