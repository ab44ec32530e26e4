//! The gateway as a whole: what it needs, what it serves, how it stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use domain::signed_link::KeyRing;
use http::{HeaderName, header};
use object_store::ObjectStore;
use platform::codec::Codec;
use platform::config::ConfigError;
use proto::kite::buyout::v1::buyout_service_server::BuyoutServiceServer;
use proto::kite::event::v1::event_service_server::EventServiceServer;
use proto::kite::inspection::v1::inspection_service_server::InspectionServiceServer;
use proto::kite::session::v1::session_service_server::SessionServiceServer;
use proto::kite::task::v1::task_service_server::TaskServiceServer;
use store::connect::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;

use crate::access::{Access, AccessLayer, Policies, Tokens};
use crate::buyout::Buyouts;
use crate::config::Config;
use crate::event::Events;
use crate::health::Health;
use crate::inspection::Inspections;
use crate::process::Processes;
use crate::session::Sessions;
use crate::task::Tasks;
use crate::{bitrix24, callbacks, codec, files, health, inbox, link, tls};

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) namespace: String,
    pub(crate) store: Store,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) processes: Processes,
    pub(crate) codec: Codec,
    pub(crate) links: KeyRing,
    pub(crate) tokens: Tokens,
    pub(crate) access: Access,
    /// Speaks to portals that install the app.
    pub(crate) portal_http: reqwest::Client,
    /// A message came in: the sweep need not wait.
    pub(crate) arrived: Arc<Notify>,
    pub(crate) stop: CancellationToken,
}

/// Sockets of a gateway; tests bind port 0 and read where it landed.
pub struct Listeners {
    pub api: TcpListener,
    pub metrics: TcpListener,
}

impl Listeners {
    pub fn bind(config: &Config) -> Result<Self, ConfigError> {
        let bind = |address: SocketAddr, key: &str| {
            TcpListener::bind(address).map_err(|error| ConfigError::value(key, format!("{address}: {error}")))
        };
        Ok(Self {
            api: bind(config.server.address, "server.address")?,
            metrics: bind(config.metrics.address, "metrics.address")?,
        })
    }
}

/// Serves until `stop` is cancelled; work in hand is finished first.
pub async fn run(config: Config, listeners: Listeners, stop: CancellationToken) -> anyhow::Result<()> {
    config.check()?;
    let (client, codec) = platform::temporal::connect(&config.temporal, &config.codec).await?;
    let store = Store::connect(&config.store).await?;
    store.migrate().await?;
    let objects = platform::objects::open(&config.objects)?;
    let tls = tls::server_config(&config.server.tls)?;
    let tokens = Tokens::new(&config.access, store.clone())?;
    let access = Access::new(Policies::load()?);
    let links = KeyRing::new(
        config.links.current.clone(),
        config.links.decode("links")?.into_iter().map(|(id, key)| (id, key.to_vec())),
    )?;
    let namespace = temporalio_client::NamespacedClient::namespace(&client);
    let app = App {
        namespace,
        store: store.clone(),
        objects: objects.clone(),
        processes: Processes::new(client.clone(), codec.clone()),
        codec,
        links,
        tokens: tokens.clone(),
        access: access.clone(),
        portal_http: portal_client(&config)?,
        arrived: Arc::new(Notify::new()),
        stop: stop.clone(),
        config: Arc::new(config),
    };
    let layer = AccessLayer::new(tokens, access, &app.config.limits);
    let (reporter, grpc) = grpc(&app, layer.clone()).await?;
    let health = Health::new(client, store, objects);
    let service = plain(&app, layer).merge(grpc);
    let grace = Duration::from_secs(app.config.server.grace_secs);
    let handle = axum_server::Handle::new();
    let metrics_handle = axum_server::Handle::new();
    let sweep = tokio::spawn(inbox::sweep(app.clone()));
    let watch = tokio::spawn(watch_readiness(health.clone(), reporter, stop.clone()));
    let stopping = tokio::spawn({
        let (handle, metrics_handle, stop) = (handle.clone(), metrics_handle.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            tracing::info!("stopping: no new calls, work in hand is finished");
            handle.graceful_shutdown(Some(grace));
            metrics_handle.graceful_shutdown(Some(Duration::from_secs(1)));
        }
    });
    let address = listeners.api.local_addr()?;
    tracing::info!(%address, tls = tls.is_some(), "the gateway serves");
    listeners.api.set_nonblocking(true)?;
    listeners.metrics.set_nonblocking(true)?;
    let metrics = axum_server::from_tcp(listeners.metrics)?
        .handle(metrics_handle)
        .serve(health::routes(health).into_make_service());
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let api = async {
        match tls {
            Some(tls) => {
                let tls = axum_server::tls_rustls::RustlsConfig::from_config(tls);
                axum_server::from_tcp_rustls(listeners.api, tls)?.handle(handle).serve(service).await
            }
            None => axum_server::from_tcp(listeners.api)?.handle(handle).serve(service).await,
        }
    };
    let (api, metrics) = tokio::join!(api, metrics);
    stop.cancel();
    let _ = tokio::join!(sweep, watch, stopping);
    api?;
    metrics?;
    Ok(())
}

/// gRPC and gRPC-web, with reflection and health, behind the access layer.
async fn grpc(app: &App, layer: AccessLayer) -> anyhow::Result<(HealthReporter, Router)> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let app = app.clone();
    let router = Routes::new(health)
        .add_service(reflection)
        .add_service(SessionServiceServer::new(Sessions { app: app.clone() }))
        .add_service(TaskServiceServer::new(Tasks { app: app.clone() }))
        .add_service(BuyoutServiceServer::new(Buyouts { app: app.clone() }))
        .add_service(InspectionServiceServer::new(Inspections { app: app.clone() }))
        .add_service(EventServiceServer::new(Events { app }))
        .into_axum_router()
        .reset_fallback()
        .layer(CatchPanicLayer::custom(panicked))
        .layer(layer)
        .layer(tonic_web::GrpcWebLayer::new());
    Ok((reporter, router))
}

/// A panic in a handler is a defect of ours, told as a gRPC answer; the cause is in the log.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> http::Response<axum::body::Body> {
    let what = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = what.unwrap_or("unknown"), "a handler panicked");
    tonic::Status::internal("Внутренняя ошибка. Ничего не изменено, сообщите в сопровождение.").into_http()
}

/// The few plain routes.
fn plain(app: &App, layer: AccessLayer) -> Router {
    let limit = DefaultBodyLimit::max(app.config.server.body_bytes);
    let capped = bitrix24::routes().merge(callbacks::routes()).merge(link::routes()).layer(limit);
    // Uploads count their own bytes against the ticket.
    let uploads = files::routes().layer(DefaultBodyLimit::disable());
    let request_id = HeaderName::from_static("x-request-id");
    Router::new()
        .merge(capped)
        .merge(uploads)
        .with_state(app.clone())
        .merge(codec::routes(app.clone()))
        .layer(axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
            let layer = layer.clone();
            async move {
                if layer.admit_address(layer.address(&request)) {
                    next.run(request).await
                } else {
                    axum::response::IntoResponse::into_response((
                        http::StatusCode::TOO_MANY_REQUESTS,
                        [(header::RETRY_AFTER, "1")],
                        "too many requests",
                    ))
                }
            }
        }))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, header::COOKIE]))
}

/// A request in the log: no query, no token of a signed link, of an upload or of the codec.
fn span<B>(request: &http::Request<B>) -> tracing::Span {
    let path = request.uri().path();
    let secret = ["/l/", "/files/", "/codec/"].into_iter().find(|prefix| path.starts_with(prefix));
    let path = secret.unwrap_or(path);
    let id = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or_default();
    tracing::info_span!("http", method = %request.method(), path, request_id = id)
}

/// gRPC health says what readiness says.
async fn watch_readiness(health: Health, reporter: HealthReporter, stop: CancellationToken) {
    loop {
        let status = if health.readiness().await.is_ready() {
            tonic_health::ServingStatus::Serving
        } else {
            tonic_health::ServingStatus::NotServing
        };
        reporter.set_service_status("", status).await;
        tokio::select! {
            _ = stop.cancelled() => return,
            _ = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

fn portal_client(config: &Config) -> Result<reqwest::Client, ConfigError> {
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &config.bitrix24.ca_file {
        let pem = std::fs::read(path)
            .map_err(|error| ConfigError::value("bitrix24.ca_file", format!("{}: {error}", path.display())))?;
        let certificate = reqwest::Certificate::from_pem(&pem)
            .map_err(|error| ConfigError::value("bitrix24.ca_file", error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| ConfigError::value("bitrix24", error.to_string()))
}
