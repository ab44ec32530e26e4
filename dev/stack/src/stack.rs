//! Bringing the stack up and down: simulated partners in this process, gateway and worker in it or beside it,
//! Temporal beside it.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;
use simulator::{Partner, Simulator};
use store::connect::{Store, StoreConfig};
use temporalio_client::Client;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use url::Url;

use crate::configuration;
use crate::parts::{self, Gateway, Listening, Process, Worker, start_gateway, start_worker};
use crate::people::{Door, Person};
use crate::portal::Control;
use crate::seed;
use crate::settings::{Programs, Settings};

/// How long the parts may take to come up.
const READY: Duration = Duration::from_secs(60);
/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(50);

/// Everything running. [`Stack::stop`] ends it in order; dropping it ends the worker's thread unawaited.
pub struct Stack {
    pub settings: Settings,
    /// The simulated partners' control port.
    pub control: Control,
    pub door: Door,
    pub store: Store,
    /// For looking at histories; with the codec.
    pub temporal: Client,
    /// Address of the gateway's health and metrics.
    pub gateway_metrics: SocketAddr,
    pub worker_metrics: SocketAddr,
    simulator: Simulator,
    /// Where the gateway answers calls.
    api: SocketAddr,
    // Behind locks, so that either can be replaced while somebody plays.
    gateway: Mutex<Option<Gateway>>,
    worker: Mutex<Option<Worker>>,
}

impl Stack {
    /// Starts every part and waits until all are ready and the portal has the app with its robot.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        // A second provider is only possible in tests; the first one stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        std::fs::create_dir_all(&settings.folder)
            .with_context(|| format!("{} cannot be made", settings.folder.display()))?;
        let simulator = simulator::start(simulator::Settings {
            folder: settings.folder.join("simulator"),
            ports: settings.simulator_ports,
            seed: settings.seed,
        })
        .await
        .context("the simulated partners did not start")?;
        let control = Control::new(simulator.control())?;

        let store = Store::connect(&StoreConfig {
            url: settings.store_url.clone(),
            max_connections: 8,
        })
        .await?;
        store.migrate().await?;
        seed::plant(&store, &control, &settings.policy).await?;

        let files = configuration::write(&settings, &simulator)?;
        let (gateway, listening, worker, worker_metrics) = match &settings.programs {
            None => {
                let (gateway, listening) = start_gateway(&files.gateway, None).await?;
                let socket =
                    std::net::TcpListener::bind(("127.0.0.1", settings.ports.worker_metrics))
                        .context("the worker's metrics port")?;
                let metrics = socket.local_addr()?;
                let worker = start_worker(files.worker.clone(), socket);
                (gateway, listening, worker, metrics)
            }
            Some(Programs { gateway, worker }) => (
                Gateway::Outside(Process::start(gateway, &files.gateway)?),
                parts::places(&files.gateway)?,
                Worker::Outside(Process::start(worker, &files.worker)?),
                SocketAddr::from(([127, 0, 0, 1], settings.ports.worker_metrics)),
            ),
        };
        let door = door(&settings, listening.api).await?;
        let (temporal, _) = {
            let config: api_gateway::config::Config =
                platform::config::load(api_gateway::config::DEFAULTS, Some(&files.gateway))?;
            platform::temporal::connect(&config.temporal, &config.codec).await?
        };
        let stack = Self {
            settings,
            control,
            door,
            store,
            temporal,
            gateway_metrics: listening.metrics,
            worker_metrics,
            simulator,
            api: listening.api,
            gateway: Mutex::new(Some(gateway)),
            worker: Mutex::new(Some(worker)),
        };
        stack.wait_ready().await?;
        stack.subscribe().await?;
        stack.install().await?;
        Ok(stack)
    }

    /// Where a partner of the simulator listens.
    pub fn partner(&self, partner: Partner) -> Url {
        self.simulator.url(partner)
    }

    /// Somebody of the development accounts.
    pub async fn sign_in(&self, login: &str) -> anyhow::Result<Person> {
        Person::sign_in(&self.door, login, seed::PASSWORD).await
    }

    async fn wait_ready(&self) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().build()?;
        for (name, address) in [
            ("gateway", self.gateway_metrics),
            ("worker", self.worker_metrics),
        ] {
            let url = format!("http://{address}/readyz");
            let deadline = tokio::time::Instant::now() + READY;
            loop {
                let last = match http.get(&url).send().await {
                    Ok(answer) if answer.status().is_success() => break,
                    Ok(answer) => answer.text().await.unwrap_or_default(),
                    Err(error) => error.to_string(),
                };
                if self.gateway_has_ended() {
                    bail!("the gateway ended while it was starting; see its log");
                }
                if self.worker_has_ended() {
                    bail!("the worker ended while it was starting; see its log");
                }
                if tokio::time::Instant::now() >= deadline {
                    bail!("the {name} is not ready after {READY:?}: {last}");
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// Where partners that are told in their cabinets call back.
    async fn subscribe(&self) -> anyhow::Result<()> {
        let per_second = self.settings.portal_per_minute.div_ceil(60);
        // The portal lets a burst of as much through as it leaks in 25 seconds.
        let bucket = json!({ "per_second": per_second, "burst": per_second * 25 });
        self.control.post("bitrix24/behaviour", bucket).await?;
        let secret = &self.settings.keys.callbacks;
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

    /// The portal's administrator installs the app; the worker then registers the robot, the events and the tab.
    async fn install(&self) -> anyhow::Result<()> {
        let handler = self.door.url.join("bitrix24/install")?;
        self.control
            .post("bitrix24/install", json!({ "handler": handler }))
            .await?;
        let deadline = tokio::time::Instant::now() + READY;
        loop {
            let robots = self.control.get("bitrix24/robots").await?;
            let events = self.control.get("bitrix24/events").await?;
            let tabs = self.control.get("bitrix24/placements").await?;
            let some = |list: &serde_json::Value| list.as_array().is_some_and(|l| !l.is_empty());
            if robots.as_object().is_some_and(|robots| !robots.is_empty())
                && some(&events["handlers"])
                && some(&tabs)
            {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                bail!(
                    "the worker registered no robot, event or tab on the portal within {READY:?}; see its log"
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the worker as a deploy would; what it was doing goes on with the next one. A worker that is a process
    /// of its own is killed.
    pub async fn stop_worker(&self) -> anyhow::Result<()> {
        let worker = locked(&self.worker).take();
        match worker {
            Some(worker) => worker.end().await,
            None => Ok(()),
        }
    }

    /// Starts a worker after [`Stack::stop_worker`], or after it died.
    pub async fn start_worker(&self) -> anyhow::Result<()> {
        self.begin_worker()?;
        self.wait_ready().await
    }

    /// The same without waiting until it works.
    pub fn begin_worker(&self) -> anyhow::Result<()> {
        let file = self.settings.folder.join("worker.toml");
        let worker = match &self.settings.programs {
            None => start_worker(file, std::net::TcpListener::bind(self.worker_metrics)?),
            Some(Programs { worker, .. }) => Worker::Outside(Process::start(worker, &file)?),
        };
        *locked(&self.worker) = Some(worker);
        Ok(())
    }

    /// Whether the worker ended without being told to.
    pub fn worker_has_ended(&self) -> bool {
        locked(&self.worker).as_mut().is_some_and(Worker::has_ended)
    }

    /// Ends the gateway as a deploy would; nobody answers until [`Stack::start_gateway`]. A gateway that is a
    /// process of its own is killed.
    pub async fn stop_gateway(&self) -> anyhow::Result<()> {
        let gateway = locked(&self.gateway).take();
        match gateway {
            Some(gateway) => gateway.end().await,
            None => Ok(()),
        }
    }

    /// Starts a gateway where the former one was.
    pub async fn start_gateway(&self) -> anyhow::Result<()> {
        self.begin_gateway().await?;
        self.wait_ready().await
    }

    /// The same without waiting until it works.
    pub async fn begin_gateway(&self) -> anyhow::Result<()> {
        let file = self.settings.folder.join("gateway.toml");
        let gateway = match &self.settings.programs {
            None => {
                let former = Listening {
                    api: self.api,
                    metrics: self.gateway_metrics,
                };
                start_gateway(&file, Some(former)).await?.0
            }
            Some(Programs { gateway, .. }) => Gateway::Outside(Process::start(gateway, &file)?),
        };
        *locked(&self.gateway) = Some(gateway);
        Ok(())
    }

    /// Whether the gateway ended without being told to.
    pub fn gateway_has_ended(&self) -> bool {
        locked(&self.gateway)
            .as_mut()
            .is_some_and(Gateway::has_ended)
    }

    /// Ends everything, work in hand first.
    pub async fn stop(self) -> anyhow::Result<()> {
        let gateway = self.stop_gateway().await;
        let worker = self.stop_worker().await;
        self.simulator.stop().await;
        self.store.close().await?;
        gateway?;
        worker
    }
}

/// A panic of somebody else is no reason not to stop.
fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A channel and an HTTP client that trust the gateway's development authority.
pub async fn door(settings: &Settings, address: SocketAddr) -> anyhow::Result<Door> {
    let authority = settings.folder.join("tls/ca.pem");
    let deadline = tokio::time::Instant::now() + READY;
    let pem = loop {
        match std::fs::read(&authority) {
            Ok(pem) => break pem,
            Err(error) if tokio::time::Instant::now() >= deadline => {
                return Err(error).with_context(|| format!("{}", authority.display()));
            }
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    };
    let url: Url = format!("https://localhost:{}/", address.port()).parse()?;
    let channel: Channel = Endpoint::from_shared(url.to_string())?
        .tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&pem)))?
        .connect_lazy();
    let http = reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(&pem)?])
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok(Door {
        channel,
        http,
        url,
        patience: Duration::ZERO,
    })
}
