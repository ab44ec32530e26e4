//! Gateway and worker as parts of a stack: inside of this process, or each as a process of its own that can be
//! killed.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::settings::Program;

/// A process of ours. Dropping it kills it; so does the end of this process, whose pipe it listens to.
pub(crate) struct Process(Child);

impl Process {
    /// Starts the program with its file.
    pub(crate) fn start(program: &Program, config: &Path) -> anyhow::Result<Self> {
        let Program {
            path,
            arguments,
            environment,
        } = program;
        let child = Command::new(path)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("KITE_CONFIG", config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} could not be started", path.display()))?;
        Ok(Self(child))
    }

    /// How it ended, when it has.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Kills it where it stands.
    async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.0.kill().await?)
    }
}

pub(crate) enum Gateway {
    Inside {
        stop: CancellationToken,
        task: tokio::task::JoinHandle<anyhow::Result<()>>,
    },
    Outside(Process),
}

impl Gateway {
    pub(crate) fn has_ended(&mut self) -> bool {
        match self {
            Self::Inside { task, .. } => task.is_finished(),
            Self::Outside(process) => process.ended().is_some(),
        }
    }

    /// Work in hand first; a process of its own is killed.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Inside { stop, task } => {
                stop.cancel();
                task.await.context("the gateway panicked; see its log")?
            }
            Self::Outside(process) => process.kill().await,
        }
    }
}

pub(crate) enum Worker {
    Inside {
        stop: CancellationToken,
        thread: std::thread::JoinHandle<anyhow::Result<()>>,
    },
    Outside(Process),
}

impl Worker {
    pub(crate) fn has_ended(&mut self) -> bool {
        match self {
            Self::Inside { thread, .. } => thread.is_finished(),
            Self::Outside(process) => process.ended().is_some(),
        }
    }

    /// Work in hand first; a process of its own is killed.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Inside { stop, thread } => {
                stop.cancel();
                tokio::task::spawn_blocking(move || thread.join())
                    .await?
                    .map_err(|_| anyhow::anyhow!("the worker panicked; see its log"))?
            }
            Self::Outside(process) => process.kill().await,
        }
    }
}

/// Where the gateway landed.
#[derive(Clone, Copy)]
pub(crate) struct Listening {
    pub(crate) api: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

/// `former` is where a gateway was before; without it the file says where.
pub(crate) async fn start_gateway(
    file: &Path,
    former: Option<Listening>,
) -> anyhow::Result<(Gateway, Listening)> {
    let mut config: api_gateway::config::Config =
        platform::config::load(api_gateway::config::DEFAULTS, Some(file))?;
    if let Some(Listening { api, metrics }) = former {
        config.server.address = api;
        config.metrics.address = metrics;
    }
    platform::logging::init(&config.log);
    let listeners = api_gateway::server::Listeners::bind(&config)?;
    let listening = Listening {
        api: listeners.api.local_addr()?,
        metrics: listeners.metrics.local_addr()?,
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let stop = stop.clone();
        async move {
            let ended = api_gateway::server::run(config, listeners, stop).await;
            if let Err(error) = &ended {
                tracing::error!(error = format!("{error:#}"), "the gateway ended");
            }
            ended
        }
    });
    Ok((Gateway::Inside { stop, task }, listening))
}

/// Where a gateway of its own process will be: its file has to say so.
pub(crate) fn places(file: &Path) -> anyhow::Result<Listening> {
    let config: api_gateway::config::Config =
        platform::config::load(api_gateway::config::DEFAULTS, Some(file))?;
    Ok(Listening {
        api: config.server.address,
        metrics: config.metrics.address,
    })
}

/// A worker needs a thread of its own: workflow code is not `Send`.
pub(crate) fn start_worker(file: PathBuf, socket: TcpListener) -> Worker {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let ended = runtime.block_on(async move {
            let config: workers::config::Config =
                platform::config::load(workers::config::DEFAULTS, Some(&file))?;
            workers::run(config, socket, cancel).await
        });
        if let Err(error) = &ended {
            tracing::error!(error = format!("{error:#}"), "the worker ended");
        }
        ended
    });
    Worker::Inside { stop, thread }
}
