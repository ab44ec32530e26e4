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

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use store::StoreConfig;

    use super::*;

    fn portal(member_id: &str) -> Portal {
        Portal {
            member_id: member_id.to_owned(),
            domain: format!("{member_id}.example"),
            client_endpoint: format!("https://{member_id}.example/rest/"),
            server_endpoint: "https://oauth.example/rest/".to_owned(),
            access_token: "access".to_owned(),
            refresh_token: "refresh".to_owned(),
            application_token: "application".to_owned(),
            expires_at: Utc::now(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_there_is_believed_for_a_moment_and_what_is_missing_never() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::connect(&StoreConfig {
            url: format!("sqlite://{}?mode=rwc", dir.path().join("kite.db").display()),
            max_connections: 2,
        })
        .await
        .expect("a database");
        store.migrate().await.expect("a schema");
        let portals = Portals::new(store.clone());
        let named = async |name: &str| portals.named(name).await.expect("portals");

        assert_eq!(named("").await, [""; 0]);
        store.save_portal(&portal("first")).await.expect("saved");
        assert_eq!(named("").await, ["first"], "installed a moment ago");
        assert_eq!(named("second").await, [""; 0]);
        store.save_portal(&portal("second")).await.expect("saved");
        assert_eq!(named("second").await, ["second"], "a name nobody had");
        let seen_at = async |at: Instant| {
            if let Some(seen) = portals.seen.lock().await.as_mut() {
                seen.at = at;
            }
        };
        store.save_portal(&portal("third")).await.expect("saved");
        // However long the database took for that.
        seen_at(Instant::now() + FRESH * 60).await;
        assert_eq!(named("").await, ["first", "second"], "still believed");
        seen_at(Instant::now().checked_sub(FRESH).expect("a second ago")).await;
        assert_eq!(named("").await, ["first", "second", "third"]);
    }
}
