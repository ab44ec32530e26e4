//! How many new buyouts may be on their way at once.
//!
//! A start costs the gateway nothing and the engine a run: whoever starts more of them than it carries makes all
//! runs slow, those too for which people wait. What is looked at is the time from a start to the run's first
//! record in the database. That is work of the engine and of a worker alone; no partner has a part in it. While
//! it is short, more may be on their way; when it is long, fewer.

mod window;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::buyout::start::BuyoutId;
use platform::config::ConfigError;
use rand::RngExt;
use serde::Deserialize;
use store::Store;
use tokio_util::sync::CancellationToken;

use self::window::Window;

/// How often the records of runs that are on their way are looked for.
const LOOK: Duration = Duration::from_millis(100);
/// The shortest and the longest time after which somebody is told to come again.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartsConfig {
    /// Runs on their way at once, at most.
    pub at_once: NonZeroU32,
    /// A new run that has its first record within this time was taken up in time.
    pub soon_ms: u64,
    /// A run that nobody takes up is no longer waited for after this time.
    pub forget_secs: u64,
}

impl StartsConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.soon_ms == 0 {
            return Err(ConfigError::value("starts.soon_ms", "must be at least 1"));
        }
        if self.forget_secs == 0 {
            return Err(ConfigError::value(
                "starts.forget_secs",
                "must be at least 1",
            ));
        }
        Ok(())
    }
}

/// Who wants to start a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum By {
    /// Somebody who waits for the answer.
    Call,
    /// A message that is kept until its turn comes.
    Inbox,
}

/// No place is free; one may be after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) wait: Duration,
}

/// Cheap to clone; all clones count together. Another gateway counts for itself.
#[derive(Clone)]
pub(crate) struct Starts {
    window: Arc<Mutex<Window>>,
}

impl Starts {
    pub(crate) fn new(config: &StartsConfig) -> Self {
        Self {
            window: Arc::new(Mutex::new(Window::new(config))),
        }
    }

    /// A place for one start, or how long to wait for one.
    pub(crate) fn enter(&self, by: By) -> Result<Place, Full> {
        let now = Instant::now();
        let mut window = self.locked();
        if window.enter(now) {
            return Ok(Place {
                starts: self.clone(),
                entered: now,
                kept: false,
            });
        }
        let (shortest, longest) = WAIT;
        // Not all of them at the same moment again.
        let spread = rand::rng().random_range(1.0..1.5);
        let wait = window.usual().mul_f64(spread).clamp(shortest, longest);
        drop(window);
        metrics::counter!("kite_starts_refused_total", "by" => by.to_string()).increment(1);
        Err(Full { wait })
    }

    fn locked(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for the first records of runs that are on their way.
    async fn look(&self, store: &Store) {
        let runs = self.locked().on_their_way();
        let taken = match runs.is_empty() {
            true => Vec::new(),
            false => store.recorded(&runs).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the records of new runs could not be read");
                Vec::new()
            }),
        };
        let now = Instant::now();
        let mut window = self.locked();
        for run in &taken {
            if let Some(took) = window.taken_up(run, now) {
                metrics::histogram!("kite_start_taken_up_seconds").record(took.as_secs_f64());
            }
        }
        window.forget(now);
        metrics::gauge!("kite_starts_on_their_way").set(window.used() as f64);
        metrics::gauge!("kite_starts_at_once").set(f64::from(window.limit()));
    }
}

/// One start. Dropped before [`Place::keep`], it began nothing and its place is free again.
pub(crate) struct Place {
    starts: Starts,
    entered: Instant,
    kept: bool,
}

impl Place {
    /// The run was started: its place is free when a worker has taken it up.
    pub(crate) fn keep(mut self, run: BuyoutId) {
        self.kept = true;
        self.starts.locked().keep(run, self.entered);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.kept {
            self.starts.locked().leave();
        }
    }
}

/// Runs until the gateway stops.
pub(crate) async fn watch(starts: Starts, store: Store, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK))
        .await
        .is_some()
    {
        starts.look(&store).await;
    }
}
