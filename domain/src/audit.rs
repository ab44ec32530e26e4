//! The audit chain: rows that name the hash of the row before them, and signed checkpoints over them.
//!
//! Everything here is pure, so that the very code which writes a chain checks a copy of it elsewhere.
//! There is a chain for each legal entity and one for what belongs to none.
//!
//! The hash of a row is SHA-256 over [`FORMAT`] and then its fields in this order, each as a length of
//! four bytes (big-endian) followed by its bytes in UTF-8: chain, sequence number (decimal), hash of the
//! row before (hex), instant (microseconds since 1970, decimal), person, action, entity, run (empty when
//! it concerns none), detail ([`canonical`] JSON). A change of this list is a new [`FORMAT`].

mod check;
mod mask;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::signing::{PublicKeys, Signed, Signers, Verdict};

pub use self::check::{ChainReport, Check, Problem};
pub use self::mask::plain;

/// Begins what is hashed of a row.
pub const FORMAT: &str = "kite.audit.v1";
/// Begins what is signed of a checkpoint.
pub const CHECKPOINT_FORMAT: &str = "kite.audit.checkpoint.v1";
/// The chain of what belongs to no legal entity: sign-ins, staff, lists, the engine.
pub const COMMON: &str = "common";
/// What the first row of a chain names as the hash before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Name of the chain of a legal entity, or of [`COMMON`] things.
pub fn chain_of(legal_entity: Option<&str>) -> String {
    match legal_entity {
        Some(id) => format!("legal/{id}"),
        None => COMMON.to_owned(),
    }
}

/// A row of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    pub chain: String,
    /// From 1 without gaps.
    pub seq: u64,
    /// Whole microseconds.
    pub at: DateTime<Utc>,
    /// Id of the person, or the name of what acted without one.
    pub person: String,
    /// `<noun>.<verb>`.
    pub action: String,
    /// Id of what it was done to.
    pub entity: String,
    /// The run that it concerns.
    #[serde(default)]
    pub run: Option<String>,
    pub detail: Value,
    /// Hash of the row before it, hex.
    pub prev: String,
    /// Of this row, hex.
    pub hash: String,
}

impl AuditRow {
    /// What [`AuditRow::hash`] has to be.
    pub fn digest(&self) -> String {
        let Self {
            chain,
            seq,
            at,
            person,
            action,
            entity,
            run,
            detail,
            prev,
            hash: _,
        } = self;
        let fields = [
            chain.as_str(),
            &seq.to_string(),
            prev,
            &at.timestamp_micros().to_string(),
            person,
            action,
            entity,
            run.as_deref().unwrap_or_default(),
            &canonical(detail),
        ];
        let mut hasher = Sha256::new();
        hasher.update(fields_of(FORMAT, &fields));
        hex(&hasher.finalize())
    }

    /// The row with its hash.
    pub fn sealed(self) -> Self {
        let hash = self.digest();
        Self { hash, ..self }
    }
}

/// A signed word that a chain had this hash at this number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub chain: String,
    pub seq: u64,
    pub hash: String,
    pub at: DateTime<Utc>,
    /// Id of the key that signed.
    pub key: String,
    /// Base64.
    pub signature: String,
}

impl Checkpoint {
    pub fn sign(head: &Head, at: DateTime<Utc>, signers: &Signers) -> Self {
        let Head { chain, seq, hash } = head;
        let unsigned = Self {
            chain: chain.clone(),
            seq: *seq,
            hash: hash.clone(),
            at,
            key: String::new(),
            signature: String::new(),
        };
        let Signed { key, signature } = signers.sign(CHECKPOINT_FORMAT, &unsigned.signed_bytes());
        Self {
            key,
            signature,
            ..unsigned
        }
    }

    pub fn verify(&self, trusted: &PublicKeys) -> Verdict {
        let signed = Signed {
            key: self.key.clone(),
            signature: self.signature.clone(),
        };
        trusted.verify(CHECKPOINT_FORMAT, &self.signed_bytes(), &signed)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let Self {
            chain,
            seq,
            hash,
            at,
            key: _,
            signature: _,
        } = self;
        fields_of(
            CHECKPOINT_FORMAT,
            &[
                chain.as_str(),
                &seq.to_string(),
                hash,
                &at.timestamp_micros().to_string(),
            ],
        )
    }
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub chain: String,
    /// 0 before the first row.
    pub seq: u64,
    pub hash: String,
}

/// A line of an exported trail, as JSON. Checkpoints and heads come before the rows, rows of a chain in
/// their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    Checkpoint(Checkpoint),
    Head(Head),
    Row(AuditRow),
}

impl Line {
    /// The line with its end. JSON escapes whatever would begin another line or a terminal's command.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{}\n", serde_json::to_string(self)?))
    }
}

/// JSON without spaces, the names of objects in the order of their bytes: equal values have one text,
/// whichever database gave them back.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(&mut text, value);
    text
}

fn write_canonical(text: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (number, (name, value)) in fields.into_iter().enumerate() {
                if number > 0 {
                    text.push(',');
                }
                write_string(text, name);
                text.push(':');
                write_canonical(text, value);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (number, value) in items.iter().enumerate() {
                if number > 0 {
                    text.push(',');
                }
                write_canonical(text, value);
            }
            text.push(']');
        }
        Value::String(string) => write_string(text, string),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// Most strings need no escape and are written as they are.
fn write_string(text: &mut String, string: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && !matches!(byte, b'"' | b'\\');
    if string.bytes().all(is_plain) {
        text.push('"');
        text.push_str(string);
        text.push('"');
    } else {
        text.push_str(&Value::String(string.to_owned()).to_string());
    }
}

fn fields_of(format: &str, fields: &[&str]) -> Vec<u8> {
    let mut bytes = format!("{format}\n").into_bytes();
    for field in fields {
        // A field of 4 GiB does not fit into memory that this would be read from.
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    bytes
}

/// Lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hex, by which an audit row names what it does not hold.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
