//! What the bench starts: gateway and worker as they are shipped, and this program as what they are measured against.
//! Each is a process of its own, so that its processor time and memory are its own.

use std::net::TcpListener;
use std::path::Path;

use platform::config::load;
use tokio_util::sync::CancellationToken;

use crate::{forward, noop};

/// A program of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// As shipped.
    Gateway,
    /// As shipped.
    Worker,
    /// This program, as `--role` says.
    Own(Own),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Own {
    /// Our whole worker, and on its queue an activity that does nothing.
    Laden,
    /// The SDK alone with that activity.
    Bare,
    /// The least server through which a start can go.
    Forward,
}

impl Own {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Laden => "laden",
            Self::Bare => "bare",
            Self::Forward => "forward",
        }
    }
}

/// Runs until the process is ended.
pub(crate) async fn play(role: Own, file: &Path) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        platform::stop::signal().await;
        cancel.cancel();
    });
    match role {
        Own::Laden => {
            let config: workers::config::Config = load(workers::config::DEFAULTS, Some(file))?;
            platform::logging::init(&config.log);
            let metrics = TcpListener::bind(config.metrics.address)?;
            workers::run_with(config, metrics, stop, noop::register).await
        }
        Own::Bare => noop::serve(file, stop).await,
        Own::Forward => forward::serve(file, stop).await,
    }
}
