//! What a back-up holds: a sealed tar archive ([`crate::sealed`], [`crate::tape`]).
//!
//! Entries in their order: [`ABOUT`], [`KEYS`], files of configuration, the database, the audit trail, the list
//! of objects, the objects, Temporal's database when it was asked for, and [`DONE`], without which a back-up
//! was not finished.

use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::sealed::{self, SealError};
use crate::tape::{self, TapeError};

/// What the back-up is of.
pub const ABOUT: &str = "backup.json";
/// The keys in force, as a file of configuration.
pub const KEYS: &str = "keys.toml";
/// A copy of a SQLite database.
pub const SQLITE: &str = "database/kite.db";
/// A dump of a PostgreSQL database in its custom format.
pub const POSTGRES: &str = "database/kite.dump";
/// The audit as [`crate::trail`] reads it.
pub const AUDIT: &str = "audit.jsonl";
/// List of [`Object`]s; the objects follow under [`object`].
pub const OBJECTS: &str = "objects.json";
/// A copy of Temporal's SQLite database of a development stack.
pub const TEMPORAL: &str = "temporal/temporal.db";
/// Closes a whole back-up.
pub const DONE: &str = "done";
/// Folder of files of configuration.
pub const FILES: &str = "files/";
pub const VERSION: u32 = 1;
/// Longest entry that is read into memory: an upload and more.
pub const MOST: u64 = 256 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`VERSION`].
    pub version: u32,
    pub made_at: DateTime<Utc>,
    /// Version of Kite that wrote it.
    pub software: String,
    pub database: Database,
    /// Names of the files of configuration below [`FILES`].
    pub files: Vec<String>,
    /// Whether Temporal's database is there.
    pub temporal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    Sqlite,
    Postgres,
}

/// An object of the object store, in the order of its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub key: String,
    pub size: u64,
}

/// Name of the entry of an object by its place in the list, from 0.
pub fn object(number: usize) -> String {
    format!("objects/{number:08}")
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Tape(#[from] TapeError),
    #[error("the back-up is of version {0}, which this version does not read")]
    Version(u32),
    #[error("\"{0}\" is not in the back-up where it has to be")]
    Misplaced(String),
    #[error("\"{0}\" of the back-up does not read: {1}")]
    Json(String, serde_json::Error),
    #[error("the back-up was not finished; nothing of it was used")]
    Unfinished,
    #[error("{0}: {1}")]
    File(String, std::io::Error),
}

/// Gives one entry of a back-up to somebody who reads it as it comes, for instance [`AUDIT`]; `None` when it
/// is not there. Nothing is given that was not authenticated.
pub fn find(
    file: &Path,
    passphrase: &SecretString,
    name: &str,
) -> Result<Option<Vec<u8>>, BackupError> {
    let opened = std::fs::File::open(file)
        .map_err(|error| BackupError::File(file.display().to_string(), error))?;
    let sealed = sealed::Reader::new(std::io::BufReader::new(opened), passphrase)?;
    let mut reader = tape::Reader::new(sealed);
    while let Some(entry) = reader.entry()? {
        if entry.name == name {
            return Ok(Some(reader.bytes(&entry, u64::MAX)?));
        }
        skip(&mut reader, &entry)?;
    }
    Ok(None)
}

fn skip(reader: &mut tape::Reader<impl Read>, entry: &tape::Entry) -> Result<(), TapeError> {
    reader.content(entry, |_| Ok(()))
}
