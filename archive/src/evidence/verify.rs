//! Checking a pack.

use std::io::{self, Read};

use domain::audit::{Line, hex};
use domain::signing::{PublicKeys, Verdict};
use sha2::{Digest, Sha256};

use super::manifest::{Category, FORMAT, MANIFEST, Manifest, Part, SIGNATURE, Seal, VERSION};
use crate::tape::{self, TapeError};

/// Longest manifest and signature, and longest audit part, that are read into memory.
const MOST: u64 = 64 * 1024 * 1024;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("the archive itself: {0}")]
    Archive(String),
    #[error("the manifest does not read: {0}")]
    Manifest(String),
    #[error("the manifest is of format \"{0}\", which is not known here")]
    Format(String),
    #[error("the signature does not read")]
    SealUnreadable,
    #[error("the signature is not of these bytes, or not by the key \"{0}\"")]
    BadSignature(String),
    #[error("the pack is signed with the key \"{0}\", which is not a trusted one")]
    UnknownKey(String),
    #[error("the public key in the pack is not the trusted key \"{0}\"")]
    OtherPublicKey(String),
    #[error("\"{0}\" is not what the manifest says")]
    Changed(String),
    #[error("\"{0}\" stands in the archive where the manifest has \"{1}\"")]
    Order(String, String),
    #[error("\"{0}\" is in the archive and not in the manifest")]
    Extra(String),
    #[error("\"{0}\" is in the manifest and not in the archive")]
    Absent(String),
    #[error("\"{0}\" was not the file that was registered: it was changed in the object store")]
    NotAsRegistered(String),
    #[error("file {0} was registered and could not be read when the pack was made")]
    Missing(String),
    #[error("row {seq} of chain {chain} in \"{path}\" does not fit its hash")]
    AuditRow {
        path: String,
        chain: String,
        seq: u64,
    },
}

/// What a check found. Flaws of the archive are of the pack; [`Report::complaints`] are what an honest pack
/// says of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// As far as it could be read.
    pub manifest: Option<Manifest>,
    /// With which key it says it was signed, and the public half that came with it.
    pub seal: Option<Seal>,
    /// Entries that were compared with the manifest.
    pub parts: usize,
    /// Somebody changed the pack, or it is not signed by whom one trusts.
    pub flaws: Vec<Flaw>,
    /// The pack is genuine and tells of files that were lost or changed before it was made.
    pub complaints: Vec<Flaw>,
}

impl Report {
    pub fn is_genuine(&self) -> bool {
        self.flaws.is_empty()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

struct Found {
    name: String,
    size: u64,
    sha256: String,
}

#[derive(Default)]
struct Contents {
    found: Vec<Found>,
    audit: Vec<(String, Vec<u8>)>,
    manifest: Option<Vec<u8>>,
    seal: Option<Vec<u8>>,
}

/// Reads the whole pack and compares it with itself and with the trusted keys.
///
/// Without trusted keys it is told as signed with an unknown key: whoever changes a pack can sign it
/// with a key of their own.
pub fn verify(pack: impl Read, trusted: &PublicKeys) -> Result<Report, VerifyError> {
    let mut report = Report {
        manifest: None,
        seal: None,
        parts: 0,
        flaws: Vec::new(),
        complaints: Vec::new(),
    };
    let contents = match read(pack) {
        Ok(contents) => contents,
        Err(TapeError::Io(error)) => return Err(error.into()),
        Err(error) => {
            report.flaws.push(Flaw::Archive(error.to_string()));
            return Ok(report);
        }
    };
    let Contents {
        found,
        audit,
        manifest,
        seal,
    } = contents;
    let (Some(manifest), Some(seal)) = (manifest, seal) else {
        report.flaws.push(Flaw::Absent(MANIFEST.to_owned()));
        return Ok(report);
    };
    signature(&manifest, &seal, trusted, &mut report);
    let manifest: Manifest = match serde_json::from_slice(&manifest) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.flaws.push(Flaw::Manifest(error.to_string()));
            return Ok(report);
        }
    };
    if (manifest.format.as_str(), manifest.version) != (FORMAT, VERSION) {
        let format = format!("{} {}", manifest.format, manifest.version);
        report.flaws.push(Flaw::Format(format));
        return Ok(report);
    }
    compare(&found, &manifest, &mut report);
    rows(&audit, &mut report);
    let missing = manifest.missing.iter();
    report
        .complaints
        .extend(missing.map(|missing| Flaw::Missing(missing.file.clone())));
    report.parts = found.len();
    report.manifest = Some(manifest);
    Ok(report)
}

fn read(pack: impl Read) -> Result<Contents, TapeError> {
    let mut reader = tape::Reader::new(pack);
    let mut contents = Contents::default();
    while let Some(entry) = reader.entry()? {
        match entry.name.as_str() {
            // Their place is part of the format: the manifest after all that it names, then its signature.
            MANIFEST if contents.manifest.is_none() => {
                contents.manifest = Some(reader.bytes(&entry, MOST)?);
                continue;
            }
            SIGNATURE if contents.manifest.is_some() && contents.seal.is_none() => {
                contents.seal = Some(reader.bytes(&entry, MOST)?);
                continue;
            }
            _ => {}
        }
        let keep = entry.name.ends_with(".jsonl") && entry.size <= MOST;
        let (mut hasher, mut kept) = (Sha256::new(), Vec::new());
        reader.content(&entry, |piece| {
            hasher.update(piece);
            if keep {
                kept.extend_from_slice(piece);
            }
            Ok::<(), TapeError>(())
        })?;
        if contents.manifest.is_some() {
            // It stands behind the manifest, which therefore says nothing of it.
            return Err(TapeError::Name(entry.name));
        }
        if keep {
            contents.audit.push((entry.name.clone(), kept));
        }
        contents.found.push(Found {
            name: entry.name,
            size: entry.size,
            sha256: hex(&hasher.finalize()),
        });
    }
    Ok(contents)
}

fn signature(manifest: &[u8], seal: &[u8], trusted: &PublicKeys, report: &mut Report) {
    let parsed: Option<Seal> = serde_json::from_slice(seal).ok();
    // Another spelling of the same signature is a changed byte, too.
    let Some(parsed) = parsed.filter(|parsed| parsed.write().is_ok_and(|bytes| bytes == seal))
    else {
        report.flaws.push(Flaw::SealUnreadable);
        return;
    };
    let key = parsed.key.clone();
    let mut own = PublicKeys::default();
    if own.add(&key, &parsed.public_key).is_err() || parsed.verify(manifest, &own) != Verdict::Good
    {
        report.flaws.push(Flaw::BadSignature(key.clone()));
    }
    match parsed.verify(manifest, trusted) {
        Verdict::Good => {}
        Verdict::UnknownKey => report.flaws.push(Flaw::UnknownKey(key.clone())),
        Verdict::Bad => {
            let other = trusted
                .iter()
                .any(|(id, public)| id == key && public != parsed.public_key);
            report.flaws.push(if other {
                Flaw::OtherPublicKey(key)
            } else {
                Flaw::BadSignature(key)
            });
        }
    }
    report.seal = Some(parsed);
}

fn compare(found: &[Found], manifest: &Manifest, report: &mut Report) {
    for (at, part) in manifest.parts.iter().enumerate() {
        let Part {
            path,
            category: _,
            title: _,
            content_type: _,
            size,
            sha256,
            registered,
        } = part;
        let Some(there) = found.get(at) else {
            report.flaws.push(Flaw::Absent(path.clone()));
            continue;
        };
        if there.name != *path {
            let flaw = Flaw::Order(there.name.clone(), path.clone());
            report.flaws.push(flaw);
            continue;
        }
        if (there.size, &there.sha256) != (*size, sha256) {
            report.flaws.push(Flaw::Changed(path.clone()));
        }
        if registered
            .as_ref()
            .is_some_and(|noted| noted.sha256 != *sha256)
        {
            report.complaints.push(Flaw::NotAsRegistered(path.clone()));
        }
    }
    for extra in found.iter().skip(manifest.parts.len()) {
        report.flaws.push(Flaw::Extra(extra.name.clone()));
    }
    let summary = manifest.parts.first().map(|part| part.category);
    if summary != Some(Category::Summary) {
        report.flaws.push(Flaw::Absent("summary.txt".to_owned()));
    }
}

/// Rows of the audit are a choice out of their chains: each is compared with its own hash.
fn rows(audit: &[(String, Vec<u8>)], report: &mut Report) {
    for (path, bytes) in audit {
        for line in bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()) {
            match serde_json::from_slice::<Line>(line) {
                Ok(Line::Row(row)) if row.hash != row.digest() => {
                    report.complaints.push(Flaw::AuditRow {
                        path: path.clone(),
                        chain: row.chain,
                        seq: row.seq,
                    });
                }
                Ok(Line::Row(_) | Line::Checkpoint(_) | Line::Head(_)) => {}
                Err(error) => {
                    let flaw = Flaw::Manifest(format!("{path}: {error}"));
                    report.flaws.push(flaw);
                }
            }
        }
    }
}
