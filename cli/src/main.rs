//! kite: what ops and administrators do without a browser. Every command is a call of the gateway's API, with
//! the rights of whoever signs in.

mod audit;
mod connect;
mod evidence;
mod keys;
mod ops;
mod print;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::connect::Connect;

/// Commands for those who keep Kite running.
///
/// Every command talks to the gateway and may do what the person who signs in may do. Say who you are in one of
/// two ways, neither of which puts a secret on the command line:
///
///   a token:    KITE_TOKEN=...  or  --token-file FILE
///   an account: --login NAME with KITE_PASSWORD=...  or  --password-file FILE
///
/// On the development stack:
///
///   KITE_PASSWORD=kite-dev kite --ca .kite/tls/ca.pem --login ops ops list
///
/// The exit status is 0 when the command was carried out, 1 when it was refused or failed (the reason is one
/// sentence on stderr), 2 when it was not understood.
#[derive(Parser)]
#[command(name = "kite", version, verbatim_doc_comment)]
struct Arguments {
    #[command(flatten)]
    connect: Connect,
    #[command(subcommand)]
    command: Command,
}

/// One variant and one file per noun.
#[derive(Subcommand)]
enum Command {
    /// Who did what: the trail, whether anybody changed it, and the keys that vouch for it.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Evidence packs of runs: fetch one, check one without a network.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Runs and partners: what is stuck and why, holds, retries, differences between systems.
    #[command(subcommand)]
    Ops(ops::Command),
}

fn main() -> ExitCode {
    let Arguments { connect, command } = Arguments::parse();
    // There is one provider in this program; a second call could only find it set.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kite: the asynchronous runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match command {
            Command::Audit(command) => audit::run(&connect, command).await,
            Command::Evidence(command) => evidence::run(&connect, command).await,
            Command::Ops(command) => ops::run(&connect, command).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kite: {error:#}");
            ExitCode::FAILURE
        }
    }
}
