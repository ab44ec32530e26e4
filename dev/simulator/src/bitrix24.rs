//! Written by its owner.

use axum::Router;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::core::Sim;

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {}

/// Its protocol, paths from the root.
pub fn router(_sim: Sim) -> Router {
    Router::new()
}

/// Name of the call for the ledger, faults and the log. `path` is percent-decoded, without query.
pub fn operation(_method: &Method, _path: &str, _body: &[u8]) -> &'static str {
    "unknown"
}

/// Its own way to say that something failed: content type and body.
pub fn error_body(_status: u16) -> (&'static str, String) {
    ("application/json; charset=utf-8", String::new())
}

/// What a person does there; mounted on the control port below the partner's name.
pub fn control(_sim: Sim) -> Router {
    Router::new()
}
