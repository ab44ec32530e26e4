//! What this program is when another one of the bench starts it: the gateway, the worker, or a worker with nothing
//! of ours in it. Each is a process of its own, so that its processor time and memory are its own.

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
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Laden => "laden",
            Self::Bare => "bare",
        }
    }
}

/// What a program does before it has threads.
pub(crate) fn prepare(role: Role, file: Option<&Path>) -> anyhow::Result<()> {
    if role == Role::Worker {
        let config: workers::config::Config = load(workers::config::DEFAULTS, file)?;
        platform::priority::give_way(config.limits.nice);
    }
    Ok(())
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
        Role::Gateway => {
            let config: api_gateway::config::Config =
                load(api_gateway::config::DEFAULTS, Some(file))?;
            platform::logging::init(&config.log);
            let listeners = api_gateway::server::Listeners::bind(&config)?;
            api_gateway::server::run(config, listeners, stop).await
        }
        Role::Worker | Role::Laden => {
            let config: workers::config::Config = load(workers::config::DEFAULTS, Some(file))?;
            platform::logging::init(&config.log);
            let metrics = TcpListener::bind(config.metrics.address)?;
            workers::run_with(config, metrics, stop, |options| match role {
                Role::Laden => noop::register(options),
                _ => Ok(()),
            })
            .await
        }
        Role::Bare => noop::serve(file, stop).await,
    }
}
