//! The gateway as a whole: what it needs, what it serves, how it stops.

use std::net::{SocketAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use domain::signed_link::KeyRing;
use domain::signing::Signers;
use object_store::ObjectStore;
use platform::codec::Codec;
use platform::config::ConfigError;
use store::connect::Store;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use crate::access::{Access, Attempts, Limiter, Origins, Policies, Reads, Tokens};
use crate::config::Config;
use crate::health::Health;
use crate::link::Answers;
use crate::portals::Portals;
use crate::process::{Processes, update};
use crate::starts::{self, Starts};
use crate::{audit, event, health, housekeeping, inbox, routes, tls};

/// A connection over which nothing comes is asked this often whether somebody is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What every handler may use; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) namespace: String,
    pub(crate) store: Store,
    pub(crate) portals: Portals,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) processes: Processes,
    pub(crate) codec: Codec,
    pub(crate) links: KeyRing,
    pub(crate) tokens: Tokens,
    pub(crate) access: Access,
    pub(crate) limiter: Limiter,
    /// New buyouts that are on their way.
    pub(crate) starts: Starts,
    pub(crate) reads: Reads,
    /// For checkpoints of the audit and evidence packs.
    pub(crate) signers: Signers,
    pub(crate) attempts: Attempts,
    /// Of our own pages.
    pub(crate) origins: Origins,
    pub(crate) answers: Answers,
    /// Speaks to portals that install the app.
    pub(crate) portal_http: reqwest::Client,
    /// A message came in: the sweep need not wait.
    pub(crate) arrived: Arc<Notify>,
    /// Number of the newest change; whoever waits for it is woken.
    pub(crate) newest_change: watch::Receiver<i64>,
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
            TcpListener::bind(address)
                .map_err(|error| ConfigError::value(key, format!("{address}: {error}")))
        };
        Ok(Self {
            api: bind(config.server.address, "server.address")?,
            metrics: bind(config.metrics.address, "metrics.address")?,
        })
    }
}

/// Serves until `stop` is cancelled; work in hand is finished first.
pub async fn run(
    config: Config,
    listeners: Listeners,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    config.check()?;
    let (client, codec) = platform::temporal::connect(&config.temporal, &config.codec).await?;
    let store = Store::connect(&config.store).await?;
    store.migrate().await?;
    let objects = platform::objects::open(&config.objects)?;
    let tls = tls::server_config(&config.server.tls)?;
    let links = KeyRing::new(
        config.links.current.clone(),
        config
            .links
            .decode("links")?
            .into_iter()
            .map(|(id, key)| (id, key.to_vec())),
    )?;
    let signers = audit::signers(&config.signing)?;
    audit::print_keys(&signers);
    let (changed, newest_change) = watch::channel(store.last_change().await?);
    let namespace = temporalio_client::NamespacedClient::namespace(&client);
    let app = App {
        namespace,
        store: store.clone(),
        portals: Portals::new(store.clone()),
        objects: objects.clone(),
        processes: Processes::new(client.clone(), codec.clone(), store.clone()),
        codec,
        links,
        tokens: Tokens::new(&config.access, store.clone())?,
        access: Access::new(Policies::load()?),
        limiter: Limiter::new(&config.limits),
        starts: Starts::new(&config.starts),
        reads: Reads::new(store.clone()),
        signers: signers.clone(),
        attempts: Attempts::default(),
        origins: Origins::of(&config.server.public_url),
        answers: Answers::new(),
        portal_http: portal_client(&config)?,
        arrived: Arc::new(Notify::new()),
        newest_change,
        stop: stop.clone(),
        config: Arc::new(config),
    };
    let (reporter, service) = routes::routes(&app)?;
    let health = Health::new(client, store.clone(), objects, app.config.objects.clone());
    let grace = Duration::from_secs(app.config.server.grace_secs);
    let handle = axum_server::Handle::new();
    let metrics_handle = axum_server::Handle::new();
    let sweep = tokio::spawn(inbox::sweep(app.clone()));
    let housekeeping = tokio::spawn(housekeeping::keep(app.clone()));
    let changes = tokio::spawn(event::watch(store.clone(), changed, stop.clone()));
    let taken_up = tokio::spawn(starts::watch(
        app.starts.clone(),
        store.clone(),
        app.newest_change.clone(),
        stop.clone(),
    ));
    let again = tokio::spawn(update::give_again(app.processes.clone(), stop.clone()));
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
    // An answer of several writes would wait for the acknowledgement of the first: 40 ms.
    let at_once = NoDelayAcceptor::new();
    let api = async {
        match tls {
            Some(tls) => {
                let tls = RustlsConfig::from_config(tls);
                let tls = RustlsAcceptor::new(tls).acceptor(at_once);
                let mut server = axum_server::from_tcp(listeners.api)?
                    .acceptor(tls)
                    .handle(handle);
                keep_alive(server.http_builder());
                server.serve(service).await
            }
            None => {
                let mut server = axum_server::from_tcp(listeners.api)?
                    .acceptor(at_once)
                    .handle(handle);
                keep_alive(server.http_builder());
                server.serve(service).await
            }
        }
    };
    // When one port fails the other one must not keep the program alive.
    let ended = async |serving: Pin<&mut (dyn Future<Output = std::io::Result<()>> + Send)>| {
        let ended = serving.await;
        stop.cancel();
        ended
    };
    let (api, metrics) = (pin!(api), pin!(metrics));
    let (api, metrics) = tokio::join!(ended(api), ended(metrics));
    let _ = tokio::join!(
        sweep,
        housekeeping,
        changes,
        taken_up,
        again,
        watch,
        stopping
    );
    // What was put on record since the last round is signed, too.
    audit::sign(&store, &signers).await;
    api?;
    metrics?;
    store.close().await?;
    Ok(())
}

/// A peer that vanished without a word is noticed, and its streams end.
fn keep_alive(
    builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>,
) {
    builder
        .http2()
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
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
            _ = stop.cancelled() => {
                reporter.set_service_status("", tonic_health::ServingStatus::NotServing).await;
                return;
            }
            _ = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

fn portal_client(config: &Config) -> Result<reqwest::Client, ConfigError> {
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &config.bitrix24.ca_file {
        let pem = std::fs::read(path).map_err(|error| {
            ConfigError::value("bitrix24.ca_file", format!("{}: {error}", path.display()))
        })?;
        let certificate = reqwest::Certificate::from_pem(&pem)
            .map_err(|error| ConfigError::value("bitrix24.ca_file", error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build()
        .map_err(|error| ConfigError::value("bitrix24", error.to_string()))
}
