//! kite-bench: how fast Kite is, as ratios to what it stands on, both sides in one run. docs/performance.md says
//! what each row means.

#![allow(
    unreachable_pub,
    reason = "the SDK's macros derive public markers of activities"
)]

mod empty;
mod figures;
mod forward;
mod noop;
mod office;
mod process;
mod roles;
mod rows;
mod shape;
mod table;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::roles::Own;
use crate::table::Table;

/// As gateway and worker have it; both sides of each comparison.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures Kite against its goals; the exit status says whether they are met.
#[derive(Parser)]
#[command(name = "kite-bench", version)]
struct Arguments {
    /// Rows to measure; all of them when none is named.
    rows: Vec<String>,
    /// Fewer repetitions: a look, not a measurement.
    #[arg(long)]
    quick: bool,
    /// What this process is for another one of the bench.
    #[arg(long, hide = true)]
    role: Option<Own>,
    #[arg(long, hide = true)]
    config: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments {
        rows,
        quick,
        role,
        config,
    } = Arguments::parse();
    // A second provider is only possible in tests; the first one stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kite-bench: the asynchronous runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(role) = role {
        return match runtime.block_on(roles::play(role, &config.unwrap_or_default())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("kite-bench {role:?}: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let mut table = Table::new(quick);
    let measured = runtime.block_on(rows::measure(&rows, quick, &mut table));
    if let Err(error) = table.finish() {
        eprintln!("kite-bench: the table could not be kept: {error:#}");
        return ExitCode::FAILURE;
    }
    match measured {
        Ok(()) if table.is_met() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kite-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
