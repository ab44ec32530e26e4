//! Effects in the order in which they happened. Append-only: a test asks it how often something was done.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::partner::Partner;

/// One effect: something that a partner did because it was asked to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    pub partner: Partner,
    pub operation: String,
    /// What identifies the effect at the partner: an idempotency key, an object's id.
    pub key: String,
    /// Hex digest of the request's body.
    pub body_sha256: String,
    pub at: DateTime<Utc>,
    /// A few facts of the effect, without personal data.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

/// What to look for; `None` fits everything.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    pub partner: Option<Partner>,
    pub operation: Option<String>,
    pub key: Option<String>,
}

impl Filter {
    fn fits(&self, entry: &Entry) -> bool {
        self.partner.is_none_or(|partner| partner == entry.partner)
            && self
                .operation
                .as_ref()
                .is_none_or(|operation| *operation == entry.operation)
            && self.key.as_ref().is_none_or(|key| *key == entry.key)
    }
}

/// The ledger. Each entry also goes to `ledger.jsonl` before the call is answered.
pub struct Ledger {
    path: PathBuf,
    book: Mutex<Book>,
}

struct Book {
    entries: Vec<Entry>,
    file: File,
}

impl Ledger {
    /// Reads what the folder already holds. A last line cut short by a kill is left out.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("ledger.jsonl");
        let text = if path.exists() {
            std::fs::read_to_string(&path)?
        } else {
            String::new()
        };
        let entries: Vec<Entry> = text
            .lines()
            .map_while(|line| serde_json::from_str(line).ok())
            .collect();
        let file = rewrite(&path, &entries)?;
        Ok(Self {
            path,
            book: Mutex::new(Book { entries, file }),
        })
    }

    /// Writes an effect down at the moment it happens. A repeat that is answered from an idempotency key
    /// is not an effect and is not recorded.
    pub fn record(&self, partner: Partner, operation: &str, key: &str, body: &[u8]) -> u64 {
        self.record_with(partner, operation, key, body, Value::Null)
    }

    /// As [`Ledger::record`], with a few facts that tests read; no personal data in them.
    pub fn record_with(
        &self,
        partner: Partner,
        operation: &str,
        key: &str,
        body: &[u8],
        detail: Value,
    ) -> u64 {
        let mut book = self.book();
        let seq = book.entries.len() as u64 + 1;
        let entry = Entry {
            seq,
            partner,
            operation: operation.to_owned(),
            key: key.to_owned(),
            body_sha256: hex::encode(Sha256::digest(body)),
            at: Utc::now(),
            detail,
        };
        let written = serde_json::to_string(&entry)
            .map_err(anyhow::Error::from)
            .and_then(|line| Ok(writeln!(book.file, "{line}")?));
        if let Err(error) = written {
            tracing::error!(%error, "the ledger's file was not written; the entry is kept in memory");
        }
        book.entries.push(entry);
        seq
    }

    pub fn entries(&self, filter: &Filter) -> Vec<Entry> {
        self.book()
            .entries
            .iter()
            .filter(|entry| filter.fits(entry))
            .cloned()
            .collect()
    }

    /// How many effects there were of an operation, whatever their key.
    pub fn count(&self, partner: Partner, operation: &str) -> usize {
        let filter = Filter {
            partner: Some(partner),
            operation: Some(operation.to_owned()),
            key: None,
        };
        self.entries(&filter).len()
    }

    /// Begins an empty ledger, for the next test.
    pub fn clear(&self) -> anyhow::Result<()> {
        let mut book = self.book();
        book.entries.clear();
        book.file = rewrite(&self.path, &[])?;
        Ok(())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rewrite(path: &Path, entries: &[Entry]) -> anyhow::Result<File> {
    let mut file = File::create(path)?;
    for entry in entries {
        writeln!(file, "{}", serde_json::to_string(entry)?)?;
    }
    Ok(file)
}
