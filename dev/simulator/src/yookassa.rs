//! YooKassa, payouts v3: to a person by SBP, with webhooks. Which parts are assumed: yookassa/README.md.

mod check;
mod control;
mod money;
mod payout;
mod protocol;
mod settle;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[cfg(test)]
mod tests;

pub use control::control;
pub use protocol::router;

use payout::{Outcome, Payout};

/// Id of the payout gateway and its secret.
pub const GATEWAY_ID: &str = "500100";
pub const SECRET: &str = "test_kite-dev";

/// A payout stays pending so long unless told otherwise, milliseconds.
const SETTLE_MS: u64 = 500;

/// What the partner remembers.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    /// In the order in which they were made.
    payouts: Vec<Payout>,
    /// Used keys, by operation and key.
    keys: BTreeMap<String, Used>,
    personal_data: Vec<PersonalData>,
    scripts: Vec<Script>,
    /// Addresses set in the shop's cabinet.
    webhooks: Vec<String>,
    settle_ms: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            payouts: Vec::new(),
            keys: BTreeMap::new(),
            personal_data: Vec::new(),
            scripts: Vec::new(),
            webhooks: Vec::new(),
            settle_ms: SETTLE_MS,
        }
    }
}

/// What a key was used for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    body_sha256: String,
    at: DateTime<Utc>,
    /// Id of what was made.
    made: String,
}

/// Name of a recipient, kept for the receiving bank's comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct PersonalData {
    id: String,
    created_at: DateTime<Utc>,
}

/// How the next payouts end.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Script {
    /// Only payouts to this telephone.
    phone: Option<String>,
    outcome: Outcome,
    /// Reason of a cancellation.
    reason: String,
    /// For how many payouts still; `None` until lifted.
    left: Option<u32>,
}

impl State {
    fn payout(&self, id: &str) -> Option<&Payout> {
        self.payouts.iter().find(|payout| payout.id == id)
    }

    /// The script for a payout to this telephone; one that is used up goes away.
    fn script(&mut self, phone: &str) -> Option<(Outcome, String)> {
        let at = self
            .scripts
            .iter()
            .position(|script| script.phone.as_deref().is_none_or(|only| only == phone))?;
        let script = self.scripts.get_mut(at)?;
        let told = (script.outcome, script.reason.clone());
        if let Some(left) = &mut script.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.scripts.remove(at);
            }
        }
        Some(told)
    }
}

/// Name of the call for the ledger, faults and the log. `path` is percent-decoded, without query.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    let path = path.trim_end_matches('/');
    match (method, path.strip_prefix("/v3/").unwrap_or_default()) {
        (&Method::POST, "payouts") => "create_payout",
        (&Method::POST, "personal_data") => "create_personal_data",
        (&Method::GET, "sbp_banks") => "list_sbp_banks",
        (&Method::GET, path) if path.starts_with("payouts/") => "get_payout",
        _ => "unknown",
    }
}

/// Its own way to say that something failed: content type and body.
pub fn error_body(status: u16) -> (&'static str, String) {
    let (code, description) = match status {
        401 => (
            "invalid_credentials",
            "Authentication by given credentials failed",
        ),
        403 => (
            "forbidden",
            "You do not have enough rights to perform this operation",
        ),
        404 => ("not_found", "Resource is not found"),
        429 => ("too_many_requests", "Too many requests"),
        500..=599 => (
            "internal_server_error",
            "Internal error, the result of the request is unknown",
        ),
        _ => ("invalid_request", "The request is invalid"),
    };
    let body = json!({ "type": "error", "id": uuid::Uuid::new_v4(), "code": code, "description": description });
    ("application/json;charset=UTF-8", body.to_string())
}
