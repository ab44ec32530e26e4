//! Portals that have the app, for calls that come often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::portal::Portal;
use store::{Store, StoreError};
use tokio::sync::Mutex;

/// How long the portals are believed to be the same.
const FRESH: Duration = Duration::from_secs(1);

/// Cheap to clone; all clones know the same.
#[derive(Clone)]
pub(crate) struct Portals {
    store: Store,
    seen: Arc<Mutex<Option<Seen>>>,
}

struct Seen {
    at: Instant,
    portals: Vec<String>,
}

impl Portals {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            seen: Arc::default(),
        }
    }

    /// Member ids of the portals, of those that are named so when `named` is not empty. That there is none is always
    /// what the database says now: the app may have been installed a moment ago.
    pub(crate) async fn named(&self, named: &str) -> Result<Vec<String>, StoreError> {
        let mut seen = self.seen.lock().await;
        if let Some(Seen { at, portals }) = &*seen
            && at.elapsed() < FRESH
        {
            let found = of_name(portals, named);
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let portals = self.store.portals().await?;
        let portals: Vec<String> = portals
            .into_iter()
            .map(|Portal { member_id, .. }| member_id)
            .collect();
        let found = of_name(&portals, named);
        *seen = Some(Seen {
            at: Instant::now(),
            portals,
        });
        Ok(found)
    }
}

fn of_name(portals: &[String], named: &str) -> Vec<String> {
    portals
        .iter()
        .filter(|portal| named.is_empty() || *portal == named)
        .cloned()
        .collect()
}
