//! Starting and stopping the whole.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use strum::IntoEnumIterator;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::authority::Authority;
use super::control;
use super::partner::Partner;
use super::serve::{Site, accept};
use super::settings::{Ports, Settings};
use super::sim::Sim;
use crate::mail;

/// Changes of the state are gathered so long before they are written, and so many times as long as the last writing took:
/// a world that has grown large would be written all the time.
const DEBOUNCE: Duration = Duration::from_millis(200);
const SELDOM: u32 = 20;

/// The running partners. Dropping it leaves them running until the runtime ends; [`Simulator::stop`] saves.
pub struct Simulator {
    sim: Sim,
    authority: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Starts all partners. Fails with a sentence when a port is taken or the folder cannot be written.
pub async fn start(settings: Settings) -> anyhow::Result<Simulator> {
    let Settings {
        folder,
        ports,
        seed,
    } = settings;
    // A second installation in one process is refused and of no consequence.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = Authority::kept_in(&folder)?;
    let sim = Sim::open(&folder, seed)?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());

    let control = bind(ports.control).await?;
    let plain = bind(ports.bitrix24_plain).await?;
    let mut taken = Ports {
        control: port(&control)?,
        bitrix24_plain: port(&plain)?,
        ..ports
    };
    let mut listeners = Vec::new();
    for partner in Partner::iter() {
        let listener = bind(ports.of(partner)).await?;
        *taken.slot(partner) = port(&listener)?;
        listeners.push((partner, listener));
    }
    sim.listening(taken);

    let tls = TlsAcceptor::from(authority.server()?);
    tasks.spawn(accept(
        plain,
        None,
        Site::of(&sim, Partner::Bitrix24),
        stop.clone(),
    ));
    for (partner, listener) in listeners {
        if partner == Partner::Mail {
            tasks.spawn(mail::smtp(sim.clone(), listener, tls.clone(), stop.clone()));
            continue;
        }
        let tls = (partner == Partner::Bitrix24).then(|| tls.clone());
        tasks.spawn(accept(listener, tls, Site::of(&sim, partner), stop.clone()));
    }
    tasks.spawn(accept(
        control,
        None,
        Site::control(&sim, control::router(&sim)),
        stop.clone(),
    ));
    tasks.spawn(keep(sim.clone(), stop.clone()));
    Ok(Simulator {
        sim,
        authority: authority.path(),
        stop,
        tasks,
    })
}

impl Simulator {
    /// Where tests and people steer the partners.
    pub fn control(&self) -> Url {
        self.sim.control()
    }

    /// Where the partner is reached: HTTPS for the portal, HTTP for the others, SMTP for mail.
    pub fn url(&self, partner: Partner) -> Url {
        self.sim.url(partner)
    }

    /// The portal over plain HTTP.
    pub fn bitrix24_plain(&self) -> Url {
        self.sim.bitrix24_plain()
    }

    pub fn smtp(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.sim.ports().smtp))
    }

    /// CA of the portal's HTTPS port, PEM.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The same world from inside, for tests in this process.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Ends all connections and saves the state.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.sim.callbacks().close().await;
        save(&self.sim);
    }
}

async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| {
            format!("port {port} of 127.0.0.1 cannot be taken; is another simulator running?")
        })
}

fn port(listener: &TcpListener) -> anyhow::Result<u16> {
    Ok(listener.local_addr()?.port())
}

/// Saves soon after each change.
async fn keep(sim: Sim, stop: CancellationToken) {
    let mut took = Duration::ZERO;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sim.changed() => {}
        }
        let gathered = tokio::time::sleep(DEBOUNCE.max(took * SELDOM));
        if stop.run_until_cancelled(gathered).await.is_none() {
            return;
        }
        let began = Instant::now();
        save(&sim);
        took = began.elapsed();
    }
}

fn save(sim: &Sim) {
    if let Err(error) = sim.save() {
        tracing::error!(%error, "the state was not saved; it is kept in memory");
    }
}
