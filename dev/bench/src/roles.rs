//! What the bench starts: gateway and worker as they are shipped, and this program as a worker with an activity that does
//! nothing. Each is a process of its own, so that its processor time and memory are its own.

use std::net::TcpListener;
use std::path::Path;

use platform::config::load;
use tokio_util::sync::CancellationToken;

use crate::noop;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    Gateway,
    Worker,
    /// Our whole worker, and on its queue an activity that does nothing.
    Laden,
    /// The SDK alone with that activity.
    Bare,
}

impl Role {
    /// The shipped program; `None`: this one, in the role.
    pub(crate) fn program(self) -> Option<&'static str> {
        match self {
            Self::Gateway => Some("kite-gateway"),
            Self::Worker => Some("kite-worker"),
            Self::Laden | Self::Bare => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Laden => "laden",
            Self::Bare => "bare",
        }
    }
}

/// Runs until the process is ended.
pub(crate) async fn play(role: Role, file: &Path) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        platform::stop::signal().await;
        cancel.cancel();
    });
    match role {
        Role::Laden => {
            let config: workers::config::Config = load(workers::config::DEFAULTS, Some(file))?;
            platform::logging::init(&config.log);
            let metrics = TcpListener::bind(config.metrics.address)?;
            workers::run_with(config, metrics, stop, noop::register).await
        }
        Role::Bare => noop::serve(file, stop).await,
        Role::Gateway | Role::Worker => anyhow::bail!("{role:?} is a program of its own"),
    }
}
