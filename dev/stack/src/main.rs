//! kite-dev: the whole stack on one machine.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use stack::demo;

/// Brings Kite up on this machine, with simulated partners.
#[derive(Parser)]
#[command(name = "kite-dev", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring everything up and play buyouts, each step printed.
    Demo {
        /// Stop after the play; the exit status says whether the buyout ended DONE.
        #[arg(long)]
        once: bool,
    },
    /// Bring everything up and stay up until Ctrl-C.
    Up,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kite-dev: the asynchronous runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = match command {
        Command::Demo { once } => runtime.block_on(demo::demo(once)),
        Command::Up => runtime.block_on(demo::up()).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kite-dev: {error:#}");
            ExitCode::FAILURE
        }
    }
}
