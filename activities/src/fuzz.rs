//! What reads the bytes of partners, one function for each partner: any bytes are read or refused, without a
//! panic, and in time that grows with their length only.
//!
//! For tests and for `fuzz/`; no binary is built with it.

use domain::file::{FileKind, FileRef};

use crate::http::Answer;
use crate::{autoteka, avtocod, bank, bitrix24, fssp, messages, odata, yookassa};

/// Reads or refuses any bytes.
pub type Target = fn(&[u8]);

/// Names are permanent: corpora lie under them.
pub const TARGETS: [(&str, Target); 8] = [
    ("autoteka", |body| each(body, autoteka::fuzz::read)),
    ("avtocod", |body| each(body, avtocod::fuzz::read)),
    ("bank", |body| each(body, bank::fuzz::read)),
    ("bitrix24", |body| each(body, bitrix24::fuzz::read)),
    ("fssp", |body| each(body, fssp::fuzz::read)),
    ("messages", |body| each(body, messages::fuzz::read)),
    ("odata", |body| each(body, odata::fuzz::read)),
    ("yookassa", |body| each(body, yookassa::fuzz::read)),
];

/// A partner's own words come with any status.
fn each(body: &[u8], read: fn(&Answer)) {
    for status in [200, 400, 404, 500] {
        read(&Answer::given(status, "application/json", body));
    }
}

/// The evidence of an answer that nobody sent.
pub(crate) fn raw() -> FileRef {
    FileRef {
        id: String::new(),
        kind: FileKind::PartnerAnswer,
        content_type: "application/json".to_owned(),
        size: 0,
        sha256: String::new(),
        source_sha256: None,
        taken_at: None,
    }
}
