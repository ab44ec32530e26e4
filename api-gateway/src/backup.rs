//! Back-up and restore of an installation's whole state: database, objects, keys, files of configuration.
//! Both run on the server's machine with the gateway's configuration, beside a gateway that goes on.

mod postgres;
mod restore;
mod write;

use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use archive::backup::BackupError;
use archive::sealed::SealError;
use archive::tape::TapeError;
use domain::signing::PublicKeys;
use secrecy::{ExposeSecret, SecretString};
use store::{Store, StoreConfig, StoreError};

use crate::config::Config;

pub use self::restore::{Restored, restore};
pub use self::write::{Written, backup};

/// What a back-up is made of beside what the configuration names.
#[derive(Debug, Clone)]
pub struct Backup {
    pub out: PathBuf,
    pub passphrase: SecretString,
    /// Files of configuration: the gateway's own, the worker's.
    pub files: Vec<PathBuf>,
    /// Temporal's SQLite database of a development stack.
    pub temporal: Option<PathBuf>,
}

/// Where a back-up goes. Database and object store are those of the configuration and have to be empty.
#[derive(Debug, Clone)]
pub struct Restore {
    pub file: PathBuf,
    pub passphrase: SecretString,
    /// A folder that is not there yet: for keys, files of configuration and Temporal's database.
    pub into: PathBuf,
}

/// What went wrong, for whoever ran the command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Refused(String),
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("the back-up: {0}")]
    Backup(#[from] BackupError),
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    #[error("the object store: {0}")]
    Objects(#[from] object_store::Error),
    #[error(transparent)]
    Config(#[from] platform::config::ConfigError),
    #[error("{0}: {1}")]
    Program(&'static str, String),
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::Backup(error.into())
    }
}

impl From<TapeError> for Failure {
    fn from(error: TapeError) -> Self {
        Self::Backup(error.into())
    }
}

fn at(file: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let file = file.to_owned();
    |error| Failure::File(file, error)
}

/// The keys in force, as a file that the gateway reads: they may have come from the environment.
fn keys(config: &Config) -> String {
    let mut text = String::from(
        "# Keys of a Kite installation. Whoever has them reads every process and signs for the company.\n",
    );
    for (name, ring) in [
        ("codec", &config.codec),
        ("links", &config.links),
        ("signing", &config.signing),
    ] {
        let current = quoted(&ring.current);
        text.push_str(&format!("\n[{name}]\ncurrent = {current}\n[{name}.keys]\n"));
        for (id, key) in &ring.keys {
            let line = format!("{} = {}\n", quoted(id), quoted(key.expose_secret()));
            text.push_str(&line);
        }
    }
    for (name, secret) in [
        ("access", &config.access.secret),
        ("callbacks", &config.callbacks.secret),
    ] {
        let secret = quoted(secret.expose_secret());
        text.push_str(&format!("\n[{name}]\nsecret = {secret}\n"));
    }
    text
}

/// A basic string of TOML, which escapes as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A file that its owner alone reads, and that was not there before.
fn private(file: &Path) -> Result<std::fs::File, Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file).map_err(at(file))
}

fn keep(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    private(file)?.write_all(bytes).map_err(at(file))
}

fn open(file: &Path) -> Result<BufReader<std::fs::File>, Failure> {
    std::fs::File::open(file)
        .map(BufReader::new)
        .map_err(at(file))
}

async fn connect(config: &Config) -> Result<Store, Failure> {
    let config = StoreConfig {
        max_connections: 2,
        ..config.store.clone()
    };
    Ok(Store::connect(&config).await?)
}

/// What the audit of the database is worth under the keys; an error says what is wrong with it.
async fn check_audit(store: &Store, trusted: &PublicKeys) -> Result<u64, Failure> {
    let text = audit_text(store).await?;
    let report = archive::trail::check(text.as_slice(), trusted, &[])
        .map_err(|error| Failure::Refused(format!("the audit does not read: {error}")))?;
    let mut problems = Vec::new();
    for chain in &report.chains {
        for problem in &chain.problems {
            problems.push(format!("{}: {problem}", chain.chain));
        }
    }
    match problems.is_empty() {
        true => Ok(report.chains.iter().map(|chain| chain.rows).sum()),
        false => Err(Failure::Refused(format!(
            "the audit was changed by hand: {}",
            problems.join("; ")
        ))),
    }
}

async fn audit_text(store: &Store) -> Result<Vec<u8>, Failure> {
    let mut trail = crate::audit::Trail::new(store.clone());
    let mut text = Vec::new();
    while let Some(piece) = trail.next().await? {
        text.extend(piece);
    }
    Ok(text)
}
