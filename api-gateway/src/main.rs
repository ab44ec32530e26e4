//! kite-gateway: serves the API until it is told to stop; backs the installation up and restores it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use api_gateway::backup::{self, Backup, Restore};
use api_gateway::config::{Config, DEFAULTS};
use api_gateway::server::{Listeners, run};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

/// Requests come and go on all threads by thousands of small pieces: the C library's allocator takes a sixth of the
/// processor's time for that and gives little back. How this one is set stands in `.cargo/config.toml`.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Holds a passphrase where a file would be inconvenient.
const PASSPHRASE: &str = "KITE_BACKUP_PASSPHRASE";

/// The gateway of Kite. Without a command it serves until it is told to stop.
#[derive(Parser)]
#[command(name = "kite-gateway", version)]
struct Arguments {
    /// File of settings over the documented defaults; KITE_CONFIG names one, too.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Writes database, objects and keys into one file that only the passphrase opens. The gateway may go on.
    Backup {
        /// The file; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
        /// Another file of configuration to take along, for instance the worker's; may be repeated. The file
        /// of --config goes along by itself.
        #[arg(long, value_name = "FILE")]
        include: Vec<PathBuf>,
        /// Temporal's SQLite database of a development stack.
        #[arg(long, value_name = "FILE")]
        temporal_database: Option<PathBuf>,
    },
    /// Brings a back-up into the empty database and object store that the configuration names, and checks it.
    Restore {
        /// The back-up.
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
        /// Folder for keys, files of configuration and Temporal's database; it must not be there yet.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
    },
}

#[derive(Args)]
struct Passphrase {
    /// File with the passphrase; KITE_BACKUP_PASSPHRASE holds one directly.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    fn read(&self) -> anyhow::Result<SecretString> {
        let text = match &self.passphrase_file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("--passphrase-file {}", file.display()))?,
            None => std::env::var(PASSPHRASE)
                .ok()
                .with_context(|| format!("give --passphrase-file or set {PASSPHRASE}"))?,
        };
        let text = text.trim();
        anyhow::ensure!(
            text.chars().count() >= 12,
            "the passphrase is shorter than 12 characters; nothing was done"
        );
        Ok(SecretString::from(text))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    // A second provider is only possible in tests; the first one stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match act(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kite-gateway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn act(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { config, command } = arguments;
    let file = config.or_else(|| std::env::var_os("KITE_CONFIG").map(PathBuf::from));
    let config: Config = platform::config::load(DEFAULTS, file.as_deref())?;
    platform::logging::init(&config.log);
    match command {
        None => serve(config).await,
        Some(Command::Backup {
            out,
            passphrase,
            include,
            temporal_database,
        }) => {
            config.check()?;
            let wanted = Backup {
                out,
                passphrase: passphrase.read()?,
                files: file.into_iter().chain(include).collect(),
                temporal: temporal_database,
            };
            let written = backup::backup(&config, &wanted).await?;
            println!(
                "{}: {} objects, {} bytes",
                wanted.out.display(),
                written.objects,
                written.bytes
            );
            Ok(())
        }
        Some(Command::Restore {
            file,
            passphrase,
            into,
        }) => {
            let wanted = Restore {
                file,
                passphrase: passphrase.read()?,
                into,
            };
            let restored = backup::restore(&config, &wanted).await?;
            println!(
                "restored what was backed up at {} by version {}: {} objects",
                restored.made_at, restored.software, restored.objects
            );
            println!(
                "checked: {} rows of the audit, {} files",
                restored.audit_rows, restored.files
            );
            println!("keys: {}", restored.keys.display());
            for file in restored.configuration.iter().chain(&restored.temporal) {
                println!("file: {}", file.display());
            }
            Ok(())
        }
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
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
