//! kite-gateway: serves the API until it is told to stop.

use api_gateway::config::{Config, DEFAULTS};
use api_gateway::server::{Listeners, run};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    // A second provider is only possible in tests; the first one stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match serve().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kite-gateway: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let file = platform::config::file_from_args();
    let config: Config = platform::config::load(DEFAULTS, file.as_deref())?;
    platform::logging::init(&config.log);
    config.check()?;
    let listeners = Listeners::bind(&config)?;
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        platform::stop::signal().await;
        cancel.cancel();
    });
    run(config, listeners, stop).await
}
