//! How many buyouts the engine has in hand before new ones have to wait.
//!
//! A start costs the gateway nothing and the engine a run: whoever starts more of them than it carries makes all
//! runs slow, those too for which people wait. So a run is begun while few enough move. What moves is seen in the feed
//! of changes, whoever wrote them. How many are few enough is seen in the time from a start to the run's first record:
//! that is work of the engine and of a worker alone, no partner has a part in it. While it is short, more may move;
//! when it is long, fewer.

mod window;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::buyout::start::BuyoutId;
use platform::config::ConfigError;
use rand::RngExt;
use serde::Deserialize;
use store::Store;
use store::change::Topic;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::window::Window;

/// How often it is looked at what became of runs.
const LOOK: Duration = Duration::from_millis(100);
/// Changes read in one piece.
const BATCH: u64 = 1_000;
/// The shortest and the longest time after which somebody is told to come again.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// The shortest one for a message: nobody waits for its answer, and each look at it is a write.
const MESSAGE_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartsConfig {
    /// Runs that move at once, new ones among them, at most.
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

/// Cheap to clone; all clones count together. Another gateway sees the same runs move and has a bound of its own.
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
        let (shortest, longest) = match by {
            By::Call => WAIT,
            By::Inbox => (MESSAGE_WAIT, WAIT.1),
        };
        // Not all of them at the same moment again.
        let spread = rand::rng().random_range(1.0..1.5);
        let wait = window.usual().max(shortest).mul_f64(spread).min(longest);
        drop(window);
        metrics::counter!("kite_starts_refused_total", "by" => by.to_string()).increment(1);
        Err(Full { wait })
    }

    /// Whether the run is known to move, or to be on its way.
    pub(crate) fn knows(&self, run: &BuyoutId) -> bool {
        self.locked().knows(run)
    }

    fn locked(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for the first records of runs that are on their way, and for runs that move.
    async fn look(&self, store: &Store, feed: &mut Feed) {
        feed.read(store).await;
        // A first record is told by the feed, unless it was there before its run was known to be on its way.
        feed.moved.extend(self.locked().newly_on_their_way());
        let known = match feed.moved.is_empty() {
            true => Vec::new(),
            false => {
                let runs: Vec<BuyoutId> = feed.moved.iter().cloned().collect();
                match store.recorded(&runs).await {
                    Ok(known) => {
                        feed.moved.clear();
                        known
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the records of runs could not be read");
                        Vec::new()
                    }
                }
            }
        };
        let now = Instant::now();
        let mut window = self.locked();
        for (run, ended) in known {
            if let Some(took) = window.taken_up(&run, now) {
                metrics::histogram!("kite_start_taken_up_seconds").record(took.as_secs_f64());
            }
            if ended {
                window.ended(&run);
            } else {
                window.moved(run, now);
            }
        }
        window.forget(now);
        metrics::gauge!("kite_starts_on_their_way").set(window.on_their_way() as f64);
        metrics::gauge!("kite_runs_moving").set(window.moving() as f64);
        metrics::gauge!("kite_starts_at_once").set(f64::from(window.limit()));
    }
}

/// Runs about which something was written.
struct Feed {
    /// The newest change, as everything in the gateway learns of it.
    newest: watch::Receiver<i64>,
    /// The last change that was read. What was written before the gateway started moves no more, or moves again.
    seq: i64,
    /// Runs whose records have not been looked at since something was written about them.
    moved: HashSet<BuyoutId>,
}

impl Feed {
    fn new(newest: watch::Receiver<i64>) -> Self {
        let seq = *newest.borrow();
        Self {
            newest,
            seq,
            moved: HashSet::new(),
        }
    }

    async fn read(&mut self, store: &Store) {
        let newest = *self.newest.borrow_and_update();
        let topics = [Topic::Buyout.to_string()];
        while self.seq < newest {
            let changes = match store.changes_after(self.seq, &topics, BATCH).await {
                Ok(changes) => changes,
                Err(error) => {
                    tracing::warn!(%error, "what moves could not be read");
                    break;
                }
            };
            // Changes of other topics lie between and after them.
            self.seq = match changes.last() {
                Some(last) if changes.len() as u64 == BATCH => last.seq,
                last => newest.max(last.map_or(0, |change| change.seq)),
            };
            let runs = changes.into_iter().filter_map(|change| change.run);
            self.moved.extend(runs);
        }
    }
}

/// One start. Dropped before [`Place::keep`], it began nothing and its place is free again.
pub(crate) struct Place {
    starts: Starts,
    entered: Instant,
    kept: bool,
}

impl Place {
    /// The run was started: it has its place until it stands still or ends.
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
pub(crate) async fn watch(
    starts: Starts,
    store: Store,
    newest: watch::Receiver<i64>,
    stop: CancellationToken,
) {
    let mut feed = Feed::new(newest);
    while stop
        .run_until_cancelled(tokio::time::sleep(LOOK))
        .await
        .is_some()
    {
        starts.look(&store, &mut feed).await;
    }
}
