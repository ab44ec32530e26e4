//! What a pack says of itself.

use chrono::{DateTime, Utc};
use domain::signing::{PublicKeys, Signed, Signers, Verdict};
use serde::{Deserialize, Serialize};

use crate::tape::{self, TapeError};

/// Entry of the manifest, the last but one.
pub const MANIFEST: &str = "manifest.json";
/// Entry of its signature, the last one.
pub const SIGNATURE: &str = "manifest.sig.json";
/// What the manifest calls itself, and the context of its signature.
pub const FORMAT: &str = "kite.evidence";
pub const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Id of the run.
    pub run: String,
    /// Number of the deal on the portal.
    pub deal: u64,
    /// `None` when the run ended before it captured a policy.
    pub legal_entity: Option<LegalEntity>,
    pub made_at: DateTime<Utc>,
    pub made_by: Person,
    /// Version of Kite that wrote it.
    pub software: String,
    /// Everything before the manifest, in the order of the archive.
    pub parts: Vec<Part>,
    /// What the register of files names and the object store did not give.
    pub missing: Vec<Missing>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalEntity {
    pub id: String,
    pub name: String,
    pub inn: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: String,
}

/// An entry of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub path: String,
    pub category: Category,
    /// Russian.
    pub title: String,
    pub content_type: String,
    pub size: u64,
    /// Of the bytes in the archive, hex.
    pub sha256: String,
    /// For a kept file: what was noted when it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Summary,
    State,
    Decision,
    Offer,
    Check,
    PartnerAnswer,
    PartnerCall,
    Photo,
    Scan,
    Document,
    Event,
    Audit,
}

/// A file as it was registered when it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    pub file: String,
    pub at: DateTime<Utc>,
    /// Id of whoever brought it; absent for what Kite made or fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of the stored bytes, hex.
    pub sha256: String,
    /// Of the bytes as they were uploaded, before they were drawn anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub file: String,
    pub title: String,
    pub sha256: String,
    /// English, of the object store.
    pub why: String,
}

/// The manifest's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub key: String,
    /// Base64; whoever trusts it must have it from elsewhere.
    pub public_key: String,
    pub signature: String,
}

impl Manifest {
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The end of the archive: manifest, signature, and what closes a tar.
    pub fn seal(&self, signers: &Signers) -> Result<Vec<u8>, SealError> {
        let manifest = self.write()?;
        let seal = Seal::sign(&manifest, signers).write()?;
        let mut bytes = tape::entry(MANIFEST, &manifest)?;
        bytes.extend(tape::entry(SIGNATURE, &seal)?);
        bytes.extend(tape::END);
        Ok(bytes)
    }
}

/// Why a manifest could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Tape(#[from] TapeError),
}

impl Seal {
    fn sign(manifest: &[u8], signers: &Signers) -> Self {
        let Signed { key, signature } = signers.sign(FORMAT, manifest);
        let public_key = signers
            .public()
            .iter()
            .find(|(id, _)| *id == key)
            .map(|(_, public)| public)
            .unwrap_or_default();
        Self {
            key,
            public_key,
            signature,
        }
    }

    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// What the signature is worth under these keys.
    pub fn verify(&self, manifest: &[u8], keys: &PublicKeys) -> Verdict {
        let signed = Signed {
            key: self.key.clone(),
            signature: self.signature.clone(),
        };
        keys.verify(FORMAT, manifest, &signed)
    }
}
