//! Health, readiness and metrics on a port of their own.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use object_store::ObjectStore;
use platform::objects::ObjectsConfig;
use serde::Serialize;
use store::Store;
use temporalio_client::Client;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A part that does not answer within this is down.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer is reused for this long, so that probes do not load the parts.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Health {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    store: Store,
    objects: Arc<dyn ObjectStore>,
    place: ObjectsConfig,
    last: Mutex<Option<(Instant, Readiness)>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Readiness {
    ready: bool,
    temporal: &'static str,
    database: &'static str,
    objects: &'static str,
}

impl Readiness {
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }
}

impl Health {
    /// `place` is where `objects` was opened.
    pub(crate) fn new(
        client: Client,
        store: Store,
        objects: Arc<dyn ObjectStore>,
        place: ObjectsConfig,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                store,
                objects,
                place,
                last: Mutex::new(None),
            }),
        }
    }

    pub(crate) async fn readiness(&self) -> Readiness {
        let mut last = self.inner.last.lock().await;
        if let Some((at, readiness)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return readiness.clone();
        }
        let inner = &self.inner;
        let (temporal, database, objects) = tokio::join!(
            timeout(PATIENCE, platform::temporal::probe(&inner.client)),
            timeout(PATIENCE, inner.store.ping()),
            timeout(
                PATIENCE,
                platform::objects::probe(inner.objects.as_ref(), &inner.place)
            ),
        );
        let (temporal, database, objects) = (
            matches!(temporal, Ok(Ok(()))),
            matches!(database, Ok(Ok(()))),
            matches!(objects, Ok(Ok(()))),
        );
        let word = |up: bool| if up { "up" } else { "down" };
        let readiness = Readiness {
            ready: temporal && database && objects,
            temporal: word(temporal),
            database: word(database),
            objects: word(objects),
        };
        *last = Some((Instant::now(), readiness.clone()));
        readiness
    }
}

pub(crate) fn routes(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route(
            "/metrics",
            get(|| async { platform::metrics::recorder().render() }),
        )
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Readiness>) {
    let readiness = health.readiness().await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness))
}
