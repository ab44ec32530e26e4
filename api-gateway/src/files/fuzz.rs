use domain::file::{FileKind, FileRef};

use super::image::redraw;
use super::sniff::{Sniffed, sniff};

/// A file as somebody uploads it: sniffed, and drawn anew when it is an image. Answers what would be stored.
pub(crate) fn intake(bytes: &[u8]) -> Option<Vec<u8>> {
    match sniff(bytes)? {
        Sniffed::Jpeg | Sniffed::Png | Sniffed::Webp => redraw(bytes).ok().map(|drawn| drawn.whole),
        Sniffed::Pdf => Some(bytes.to_vec()),
    }
}

/// A file that somebody names in a decision.
pub(crate) fn file(id: &str) -> FileRef {
    FileRef {
        id: id.to_owned(),
        kind: FileKind::Photo,
        content_type: "image/jpeg".to_owned(),
        size: 0,
        sha256: String::new(),
        source_sha256: None,
        taken_at: None,
    }
}
