//! Mail: an SMTP server that keeps every letter, and a mailbox that shows it as its receiver would see it.
//! `mail/README.md` lists what is served.

mod control;
mod letter;
mod mailbox;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use axum::Router;
use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};

pub use self::control::control;
pub use self::server::smtp;
use crate::core::Sim;

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    letters: Vec<Kept>,
}

/// What a test may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The accepted pair; any is when absent.
    credentials: Option<Credentials>,
    /// Whether a letter is taken only from who authenticated.
    authentication_required: bool,
    /// Whether a letter is taken only over TLS.
    tls_required: bool,
    /// Largest letter, bytes.
    size_limit: usize,
    /// Addresses that do not exist: `RCPT TO` is refused with 550.
    unknown_addresses: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: String,
    password: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credentials: None,
            authentication_required: false,
            tls_required: false,
            size_limit: 25 * 1024 * 1024,
            unknown_addresses: Vec::new(),
        }
    }
}

/// A letter that was taken. Its source is a file of the simulator's folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    /// From 1.
    id: u64,
    from: String,
    to: Vec<String>,
    received_at: DateTime<Utc>,
    /// Digest of the source, by which it is found.
    sha256: String,
    size: usize,
    /// Whether it came over TLS, and by whom.
    tls: bool,
    user: Option<String>,
}

/// Mail speaks SMTP alone: there is nothing on HTTP.
pub fn router(_sim: Sim) -> Router {
    Router::new()
}

/// SMTP names its operations itself: `connect`, `authenticate`, `mail_from`, `rcpt_to`, `send_mail`.
pub fn operation(_method: &Method, _path: &str, _body: &[u8]) -> &'static str {
    "unknown"
}

/// Text of a reply with this code.
pub fn error_body(status: u16) -> (&'static str, String) {
    let text = match status {
        421 => "4.3.2 Service not available, closing transmission channel",
        450 => "4.2.1 Mailbox temporarily unavailable",
        451 => "4.3.0 Local error in processing, try again later",
        452 => "4.3.1 Insufficient system storage",
        535 => "5.7.8 Authentication credentials invalid",
        550 => "5.1.1 No such user here",
        552 => "5.3.4 Message too big",
        554 => "5.7.1 Message rejected as spam",
        400..500 => "4.0.0 Temporary failure",
        _ => "5.0.0 Transaction failed",
    };
    ("text/plain; charset=utf-8", text.to_owned())
}
