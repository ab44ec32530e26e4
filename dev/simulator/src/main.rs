//! `kite-simulator`: all partners on one machine, until Ctrl-C.

use std::path::PathBuf;

use clap::Parser;
use simulator::{Partner, Ports, Settings};
use tracing_subscriber::EnvFilter;

/// The partners of Kite over their real protocols.
#[derive(Parser)]
#[command(name = "kite-simulator")]
struct Arguments {
    /// Certificates, ledger and state; kept between runs.
    #[arg(long, default_value = ".kite/simulator")]
    folder: PathBuf,
    /// The control port; each partner follows at a fixed distance. 0 takes any free ports.
    #[arg(long, default_value_t = 9400)]
    base_port: u16,
    /// Decides faults given in percent.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,simulator=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let Arguments {
        folder,
        base_port,
        seed,
    } = Arguments::parse();
    let ports = if base_port == 0 {
        Ports::default()
    } else {
        Ports::from_base(base_port)
    };
    let simulator = simulator::start(Settings {
        folder,
        ports,
        seed,
    })
    .await?;
    println!("control         {}", simulator.control());
    println!("mailbox         {}mail/", simulator.control());
    for partner in <Partner as strum::IntoEnumIterator>::iter() {
        println!("{:<15} {}", partner.to_string(), simulator.url(partner));
    }
    println!("bitrix24 (HTTP) {}", simulator.bitrix24_plain());
    println!("CA of bitrix24  {}", simulator.authority().display());
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
