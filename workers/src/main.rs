//! kite-worker: runs processes and their effects until it is told to stop.

use std::net::TcpListener;

use platform::config::ConfigError;
use tokio_util::sync::CancellationToken;
use workers::config::{Config, DEFAULTS};

/// As in the gateway: small pieces by thousands, on all threads.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    match start() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kite-worker: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let file = platform::config::file_from_args();
    let config: Config = platform::config::load(DEFAULTS, file.as_deref())?;
    platform::logging::init(&config.log);
    config.check()?;
    platform::priority::give_way(config.limits.nice);
    tokio::runtime::Runtime::new()?.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let address = config.metrics.address;
    let metrics = TcpListener::bind(address)
        .map_err(|error| ConfigError::value("metrics.address", format!("{address}: {error}")))?;
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        platform::stop::signal().await;
        cancel.cancel();
    });
    workers::run(config, metrics, stop).await
}
