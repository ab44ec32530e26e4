//! Files that people bring and that Kite makes; the bytes lie in the object store.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::place::GeoPoint;

/// A stored file. `sha256` is of the stored bytes; `source_sha256` of the bytes as uploaded, by which
/// a photo used before is found even though every image is re-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    pub id: String,
    pub kind: FileKind,
    pub content_type: String,
    pub size: u64,
    pub sha256: String,
    #[serde(default)]
    pub source_sha256: Option<String>,
    /// Where a photo was taken, when its camera said so; the stored image does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<GeoPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FileKind {
    /// Photo of an inspection.
    Photo,
    /// Scan of a document that the client or inspector hands in.
    Scan,
    /// PDF that Kite made.
    Document,
    /// A partner's raw answer, kept as evidence.
    PartnerAnswer,
}
