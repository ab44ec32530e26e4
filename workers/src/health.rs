//! Health, readiness and metrics on a port of their own.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use object_store::ObjectStore;
use platform::objects::ObjectsConfig;
use serde::Serialize;
use store::connect::Store;
use temporalio_client::Client;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A part that does not answer within this is down.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the worker stands on; known once it has connected.
pub(crate) struct Parts {
    pub(crate) client: Client,
    pub(crate) store: Store,
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// Where `objects` was opened.
    pub(crate) place: ObjectsConfig,
}

/// The worker lives while this answers; it is ready while it takes work and its parts answer.
#[derive(Clone, Default)]
pub(crate) struct Health {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    parts: OnceLock<Parts>,
    working: AtomicBool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Readiness {
    ready: bool,
    worker: &'static str,
    temporal: &'static str,
    database: &'static str,
    objects: &'static str,
}

impl Health {
    pub(crate) fn connected(&self, parts: Parts) {
        // Connected once a run; a second set would be of the same parts.
        let _ = self.inner.parts.set(parts);
    }

    pub(crate) fn working(&self, works: bool) {
        self.inner.working.store(works, Ordering::Relaxed);
    }

    async fn readiness(&self) -> Readiness {
        let working = self.inner.working.load(Ordering::Relaxed);
        let (temporal, database, objects) = match self.inner.parts.get() {
            None => (false, false, false),
            Some(Parts {
                client,
                store,
                objects,
                place,
            }) => {
                let (temporal, database, objects) = tokio::join!(
                    timeout(PATIENCE, platform::temporal::probe(client)),
                    timeout(PATIENCE, store.ping()),
                    timeout(PATIENCE, platform::objects::probe(objects.as_ref(), place)),
                );
                (
                    matches!(temporal, Ok(Ok(()))),
                    matches!(database, Ok(Ok(()))),
                    matches!(objects, Ok(Ok(()))),
                )
            }
        };
        let word = |up: bool| if up { "up" } else { "down" };
        Readiness {
            ready: working && temporal && database && objects,
            worker: word(working),
            temporal: word(temporal),
            database: word(database),
            objects: word(objects),
        }
    }
}

/// Serves until `stop` is cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    health: Health,
    stop: CancellationToken,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route(
            "/metrics",
            get(|| async { platform::metrics::recorder().render() }),
        )
        .with_state(health);
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_that_has_not_connected_lives_and_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Health::default(), stop.clone()));
        let ask = |path: &'static str| async move {
            let answer = reqwest::get(format!("http://{address}{path}"))
                .await
                .expect("an answer");
            (
                answer.status().as_u16(),
                answer.text().await.expect("a text"),
            )
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert_eq!(ask("/healthz").await, (200, "ok".to_owned()));
        let (status, text) = ask("/readyz").await;
        assert_eq!(status, 503);
        assert_eq!(
            text,
            r#"{"ready":false,"worker":"down","temporal":"down","database":"down","objects":"down"}"#
        );
        assert_eq!(ask("/metrics").await.0, 200);
        stop.cancel();
        serving.await.expect("no panic").expect("served");
    }
}
