//! Gateway and worker as processes of their own, which can be killed: the binary of the tests runs itself again,
//! at a test of `it/programs.rs` that is the program.

use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;

use stack::settings::{Program, Programs};
use tokio_util::sync::CancellationToken;

/// Both programs; `environment` is the worker's alone.
pub fn programs(environment: Vec<(String, String)>) -> anyhow::Result<Programs> {
    let path = std::env::current_exe()?;
    let at = |test: &str, environment| Program {
        path: path.clone(),
        arguments: ["--ignored", "--exact", test, "--nocapture"]
            .map(str::to_owned)
            .to_vec(),
        environment,
    };
    Ok(Programs {
        gateway: at("programs::gateway", Vec::new()),
        worker: at("programs::worker", environment),
    })
}

/// The worker's program.
pub fn worker() -> anyhow::Result<()> {
    let Some(file) = begun() else { return Ok(()) };
    let config: workers::config::Config =
        platform::config::load(workers::config::DEFAULTS, Some(&file))?;
    platform::logging::init(&config.log);
    runtime()?.block_on(async move {
        let metrics = TcpListener::bind(config.metrics.address)?;
        workers::run(config, metrics, CancellationToken::new()).await
    })
}

/// The gateway's program.
pub fn gateway() -> anyhow::Result<()> {
    let Some(file) = begun() else { return Ok(()) };
    let config: api_gateway::config::Config =
        platform::config::load(api_gateway::config::DEFAULTS, Some(&file))?;
    platform::logging::init(&config.log);
    runtime()?.block_on(async move {
        let listeners = api_gateway::server::Listeners::bind(&config)?;
        api_gateway::server::run(config, listeners, CancellationToken::new()).await
    })
}

/// The program's file; `None` when somebody runs all that is ignored.
fn begun() -> Option<PathBuf> {
    let file = std::env::var_os("KITE_CONFIG")?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The pipe of whoever started this ends with them, however they end.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Some(PathBuf::from(file))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}
