//! A stack for one row: Temporal, gateway and worker as processes of their own, the partners in this one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;
use simulator::Simulator;
use stack::configuration;
use stack::people::{Door, Person};
use stack::portal::Control;
use stack::seed;
use stack::settings::{GatewayOptions, Keys, Ports, Settings};
use stack::stack::door;
use stack::temporal::{self, Temporal};
use store::{Store, StoreConfig};
use tempfile::TempDir;
use temporalio_client::Client;

use crate::process::{Process, free_port};
use crate::roles::{Own, Role};

/// Calls that no limit counts: the limits have tests of their own.
const UNLIMITED: u32 = 1_000_000;
/// As shipped in the gateway's `config.default.toml`; stacks of development are more patient.
const AT_ONCE: u32 = 32;
const SOON_MS: u64 = 1_000;
/// How long the portal may take to have the app.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// How a row's stack differs from the usual one.
pub(crate) struct Options {
    /// The database; `None`: a SQLite file.
    pub(crate) store_url: Option<String>,
    /// Whether a worker runs. Without one nobody takes up what is started: the gateway bounds nothing, and waits for
    /// a start as briefly as it does where a worker keeps up.
    pub(crate) worker: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store_url: None,
            worker: true,
        }
    }
}

pub(crate) struct World {
    pub(crate) control: Control,
    pub(crate) door: Door,
    pub(crate) store: Store,
    /// With the codec.
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) gateway: Process,
    pub(crate) worker: Option<Process>,
    pub(crate) folder: TempDir,
    simulator: Simulator,
    temporal: Temporal,
    metrics: u16,
}

impl World {
    pub(crate) async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { store_url, worker } = options;
        let folder = TempDir::with_prefix("kite-bench")?;
        let temporal = start_temporal(folder.path()).await?;
        let simulator = simulator::start(simulator::Settings::in_folder(
            folder.path().join("simulator"),
        ))
        .await
        .context("the simulated partners did not start")?;
        let control = Control::new(simulator.control())?;
        quicken(&control).await?;
        let file = folder.path().join("kite.db");
        let url = store_url.unwrap_or_else(|| format!("sqlite://{}?mode=rwc", file.display()));
        let settings = settings(folder.path(), &temporal.address, url, worker)?;
        let store = Store::connect(&StoreConfig {
            url: settings.store_url.clone(),
            max_connections: 8,
        })
        .await?;
        store.migrate().await?;
        seed::plant(&store, &control, &settings.policy).await?;
        let files = configuration::write(&settings, &simulator)?;
        let mut gateway = Process::start(Role::Gateway, &files.gateway, &[])?;
        let metrics = settings.ports.gateway_metrics;
        gateway
            .ready(&format!("http://127.0.0.1:{metrics}/readyz"))
            .await?;
        let api = ([127, 0, 0, 1], settings.ports.gateway).into();
        let door = door(&settings, api).await?;
        let worker = match worker {
            true => Some(
                start_worker(Role::Worker, &files.worker, settings.ports.worker_metrics).await?,
            ),
            false => None,
        };
        let config: api_gateway::config::Config =
            platform::config::load(api_gateway::config::DEFAULTS, Some(&files.gateway))?;
        let (client, _) = platform::temporal::connect(&config.temporal, &config.codec).await?;
        let world = Self {
            control,
            door,
            store,
            client,
            address: temporal.address.clone(),
            gateway,
            worker,
            folder,
            simulator,
            temporal,
            metrics,
        };
        world.subscribe(&settings.keys.callbacks).await?;
        world.install().await?;
        Ok(world)
    }

    /// Our whole worker with an activity that does nothing beside it.
    pub(crate) async fn laden(&self) -> anyhow::Result<Process> {
        let file = self.folder.path().join("worker.toml");
        let metrics = metrics_of(&file)?;
        start_worker(Role::Own(Own::Laden), &file, metrics).await
    }

    pub(crate) async fn sign_in(&self, login: &str) -> anyhow::Result<Person> {
        Person::sign_in(&self.door, login, seed::PASSWORD).await
    }

    /// A figure of the gateway's metrics; 0 when it was never counted.
    pub(crate) async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics);
        let text = reqwest::get(url).await?.text().await?;
        let values = text
            .lines()
            .filter(|line| line.split([' ', '{']).next() == Some(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(values.sum())
    }

    /// Where partners that are told in their cabinets call back.
    async fn subscribe(&self, secret: &str) -> anyhow::Result<()> {
        for partner in ["yookassa", "bank"] {
            let url = self
                .door
                .url
                .join(&format!("callbacks/{partner}?key={secret}"))?;
            self.control
                .post(&format!("{partner}/webhooks"), json!({ "url": url }))
                .await?;
        }
        Ok(())
    }

    /// The portal's administrator installs the app; a worker then registers robot, events and tab.
    async fn install(&self) -> anyhow::Result<()> {
        let handler = self.door.url.join("bitrix24/install")?;
        self.control
            .post("bitrix24/install", json!({ "handler": handler }))
            .await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let tabs = self.control.get("bitrix24/placements").await?;
            let registered = tabs.as_array().is_some_and(|tabs| !tabs.is_empty());
            if !self.store.portals().await?.is_empty() && (registered || self.worker.is_none()) {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                bail!("the app was not installed within {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Self {
            gateway,
            worker,
            simulator,
            temporal,
            store,
            folder,
            ..
        } = self;
        gateway.stop().await;
        if let Some(worker) = worker {
            worker.stop().await;
        }
        simulator.stop().await;
        store.close().await?;
        temporal.stop().await;
        Ok(folder.close()?)
    }
}

/// Temporal as development and tests start it, with its data in the folder.
pub(crate) async fn start_temporal(folder: &Path) -> anyhow::Result<Temporal> {
    Temporal::start(temporal::Options {
        folder: &folder.join("temporal"),
        port: free_port()?,
        ui_port: free_port()?,
        namespace: "default",
        codec_endpoint: "http://127.0.0.1:1",
        durable: true,
    })
    .await
}

/// Partners that answer at once, and a portal without a limit. Авткод calls back a moment later: before its answer has
/// been read nobody would know whom the callback concerns.
async fn quicken(control: &Control) -> anyhow::Result<()> {
    let bucket = json!({ "per_second": 1_000, "burst": 25_000 });
    control.post("bitrix24/behaviour", bucket).await?;
    for (partner, changes) in [
        (
            "autoteka",
            json!({ "processing_answers": 0, "rate_per_minute": 1_000_000, "package": 1_000_000 }),
        ),
        ("avtocod", json!({ "ready_after_ms": 10 })),
    ] {
        let path = format!("{partner}/settings");
        let shown = control.get(&path).await?;
        let mut settings = if shown["settings"].is_object() {
            shown["settings"].clone()
        } else {
            shown
        };
        if let (Some(settings), Some(changes)) = (settings.as_object_mut(), changes.as_object()) {
            settings.extend(changes.clone());
        }
        control.post(&path, settings).await?;
    }
    control
        .post("yookassa/settings", json!({ "settle_ms": 0 }))
        .await?;
    control
        .post("bank/settings", json!({ "execute_ms": 0 }))
        .await?;
    Ok(())
}

/// The worker calls partners as fast as they answer: their limits are not what is measured. Its other settings are
/// those that are shipped, but that one inspector takes every car and sweeps wait until somebody asks for one.
async fn start_worker(role: Role, file: &Path, metrics: u16) -> anyhow::Result<Process> {
    let mut environment = vec![("KITE_RECORDS__INSPECTOR_CAPACITY", "1000000".to_owned())];
    for name in [
        "KITE_PARTNERS__BITRIX24__RATE_PER_MINUTE",
        "KITE_PARTNERS__AUTOTEKA__RATE_PER_MINUTE",
        "KITE_PARTNERS__AVTOCOD__RATE_PER_MINUTE",
        "KITE_PARTNERS__FSSP__RATE_PER_MINUTE",
        "KITE_PARTNERS__YOOKASSA__RATE_PER_MINUTE",
        "KITE_PARTNERS__BANK__RATE_PER_MINUTE",
        "KITE_PARTNERS__WAZZUP__RATE_PER_MINUTE",
        "KITE_PARTNERS__SMS__RATE_PER_MINUTE",
    ] {
        environment.push((name, "60000".to_owned()));
    }
    let mut worker = Process::start(role, file, &environment)?;
    worker
        .ready(&format!("http://127.0.0.1:{metrics}/readyz"))
        .await?;
    Ok(worker)
}

/// The worker's own port, as its file says.
fn metrics_of(file: &Path) -> anyhow::Result<u16> {
    let config: workers::config::Config =
        platform::config::load(workers::config::DEFAULTS, Some(file))?;
    Ok(config.metrics.address.port())
}

fn settings(
    folder: &Path,
    temporal: &str,
    store_url: String,
    worker: bool,
) -> anyhow::Result<Settings> {
    let mut policy = seed::policy();
    policy.deadlines.poll_secs = 1;
    let usual = GatewayOptions::default();
    let gateway = match worker {
        true => GatewayOptions {
            starts_at_once: AT_ONCE,
            starts_soon_ms: SOON_MS,
            ..usual
        },
        false => GatewayOptions {
            starts_at_once: UNLIMITED,
            starts_soon_ms: 60_000,
            starts_forget_secs: 1,
            ..usual
        },
    };
    Ok(Settings {
        folder: PathBuf::from(folder),
        keys: Keys::random(),
        ports: Ports {
            gateway: free_port()?,
            gateway_metrics: free_port()?,
            worker_metrics: free_port()?,
            sdk_metrics: None,
        },
        simulator_ports: simulator::Ports::default(),
        portal_per_minute: 60_000,
        partners_per_minute: None,
        seed: 1,
        temporal_address: temporal.to_owned(),
        namespace: "default".to_owned(),
        store_url,
        ui_origin: "http://127.0.0.1:1".to_owned(),
        log_filter: "warn".to_owned(),
        gateway: GatewayOptions {
            per_second: UNLIMITED,
            burst: UNLIMITED,
            ..gateway
        },
        worker: "[sweep]\nportals_every_secs = 0\nreconcile_at = \"\"\n".to_owned(),
        policy,
        programs: None,
    })
}
