//! Looking again until something is so: the one way in which tests wait for what happens beside them.

use std::time::Duration;

use anyhow::bail;
use tokio::time::Instant;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Looks until there is an answer, and gives it; fails, naming `what`, when `patience` is over.
pub async fn until<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("not within {patience:?}: {what}");
        }
        tokio::time::sleep(LOOK).await;
    }
}
