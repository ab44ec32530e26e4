//! The handle that every handler is given.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use url::Url;

use super::callback::Callbacks;
use super::calls::Calls;
use super::faults::{Fault, Faults, Place};
use super::ledger::Ledger;
use super::partner::Partner;
use super::settings::Ports;
use super::state::{self, PartnerState, StateGuard, States};
use crate::catalogue::Catalogue;

/// The simulated world: cheap to clone, the state of all routers.
#[derive(Clone)]
pub struct Sim(Arc<World>);

struct World {
    folder: PathBuf,
    catalogue: Catalogue,
    states: States,
    changed: Notify,
    ledger: Ledger,
    calls: Calls,
    faults: Arc<Faults>,
    callbacks: Callbacks,
    http: reqwest::Client,
    /// The ports that were taken.
    ports: OnceLock<Ports>,
}

impl Sim {
    pub(super) fn open(folder: &Path, seed: u64) -> anyhow::Result<Self> {
        let (states, catalogue) = state::load(folder)?;
        let faults = Arc::new(Faults::new(seed));
        // Receivers on a developer's machine hold certificates of authorities of their own.
        let http = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("cannot make the HTTP client of the callbacks")?;
        Ok(Self(Arc::new(World {
            folder: folder.to_owned(),
            catalogue,
            states,
            changed: Notify::new(),
            ledger: Ledger::open(folder)?,
            calls: Calls::default(),
            callbacks: Callbacks::new(http.clone(), faults.clone()),
            faults,
            http,
            ports: OnceLock::new(),
        })))
    }

    /// Invented persons and cars.
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    pub fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// Counts a call over a protocol that is not HTTP and gives the faults that hit it.
    pub fn called(&self, partner: Partner, operation: &str) -> Vec<Fault> {
        self.0.calls.count(partner, operation);
        self.0.faults.at(Place::Request, partner, operation)
    }

    pub fn callbacks(&self) -> &Callbacks {
        &self.0.callbacks
    }

    /// For the rare request of a partner to the other side that is not a callback.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    pub fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// Locks a partner's memory, e.g. `sim.state::<bank::State>()`. Never hold it across an `await`.
    pub fn state<S: PartnerState>(&self) -> StateGuard<'_, S> {
        StateGuard::lock(&self.0.states, &self.0.changed)
    }

    /// Has everything saved soon. A change through [`Sim::state`] does it by itself; the catalogue calls it.
    pub fn persist(&self) {
        self.0.changed.notify_one();
    }

    /// Keeps a file's content in the folder; answers its SHA-256 in hex, by which [`Sim::kept`] finds it.
    pub fn keep(&self, content: &[u8]) -> std::io::Result<String> {
        let name = hex::encode(Sha256::digest(content));
        let folder = self.0.folder.join("files");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(&name), content)?;
        Ok(name)
    }

    /// Content kept earlier; `None` when there is none of this digest.
    pub fn kept(&self, sha256: &str) -> Option<Vec<u8>> {
        let known = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        known
            .then(|| std::fs::read(self.0.folder.join("files").join(sha256)).ok())
            .flatten()
    }

    /// Where the partner is reached; `smtp://…` for mail, `https://…` for the portal.
    pub fn url(&self, partner: Partner) -> Url {
        let scheme = match partner {
            Partner::Bitrix24 => "https",
            Partner::Mail => "smtp",
            _ => "http",
        };
        local(scheme, self.ports().of(partner))
    }

    /// The portal without TLS.
    pub fn bitrix24_plain(&self) -> Url {
        local("http", self.ports().bitrix24_plain)
    }

    pub fn control(&self) -> Url {
        local("http", self.ports().control)
    }

    pub(super) fn listening(&self, ports: Ports) {
        self.0.ports.get_or_init(|| ports);
    }

    pub(super) fn ports(&self) -> Ports {
        self.0.ports.get().copied().unwrap_or_default()
    }

    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    pub(super) fn save(&self) -> anyhow::Result<()> {
        state::save(&self.0.folder, &self.0.states, &self.0.catalogue)
    }
}

/// `localhost` where a certificate must fit the name, the address elsewhere.
fn local(scheme: &str, port: u16) -> Url {
    let host = if scheme == "https" {
        "localhost"
    } else {
        "127.0.0.1"
    };
    Url::parse(&format!("{scheme}://{host}:{port}/"))
        .unwrap_or_else(|error| unreachable!("{scheme} and a port make a URL: {error}"))
}
