//! Автотека, partner API v1: history reports, specifications, valuation. `autoteka/README.md` lists
//! what is served.

mod access;
mod control;
mod handlers;
mod report;
mod restrictions;
mod specification;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};

pub use self::control::control;
use self::handlers as h;
use crate::catalogue::Car;
use crate::core::Sim;

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    /// Token and when it ends.
    tokens: BTreeMap<String, DateTime<Utc>>,
    previews: BTreeMap<u64, Lookup>,
    reports: BTreeMap<u64, Lookup>,
    specifications: BTreeMap<u64, Lookup>,
    /// Reports taken from the package.
    debited: u64,
    last_id: u64,
    /// The running minute and the calls in it that the limit counts.
    minute: (i64, u32),
}

/// What a test may change; see README.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// How often a new report, preview or specification is still `processing` when asked for.
    processing_answers: u32,
    /// Limited calls a minute.
    rate_per_minute: u32,
    /// Reports in the package at its start.
    package: u64,
    /// The accepted pair; any pair is when absent.
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    client_id: String,
    client_secret: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            processing_answers: 1,
            rate_per_minute: 600,
            package: 5000,
            credentials: None,
        }
    }
}

/// Something that was ordered and takes its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Lookup {
    /// As it was asked for.
    vehicle: String,
    /// The car as it was then; `None` when nobody knows it.
    car: Option<Box<Car>>,
    created_at: DateTime<Utc>,
    /// Answers that are still to be `processing`.
    waits: u32,
}

impl State {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn remain(&self) -> u64 {
        self.settings.package.saturating_sub(self.debited)
    }
}

/// Its protocol, paths from the root. The document marks calls that also end with a slash.
pub fn router(sim: Sim) -> Router {
    let calls = [
        ("/token", post(access::token)),
        ("/autoteka/v1/previews", post(h::preview)),
        (
            "/autoteka/v1/request-preview-by-regnumber",
            post(h::preview_by_plate),
        ),
        ("/autoteka/v1/previews/{id}", get(h::get_preview)),
        ("/autoteka/v1/reports", post(h::buy_by_preview)),
        (
            "/autoteka/v1/reports-by-vehicle-id",
            post(h::buy_by_vehicle),
        ),
        ("/autoteka/v1/sync/create-by-vin", post(h::sync_by_vin)),
        (
            "/autoteka/v1/sync/create-by-regnumber",
            post(h::sync_by_plate),
        ),
        ("/autoteka/v1/reports/list", get(h::list)),
        ("/autoteka/v1/reports/{id}", get(h::get_report)),
        ("/autoteka/v1/packages/active_package", get(h::package)),
        (
            "/autoteka/v1/specifications/by-vehicle-id",
            post(h::order_specification),
        ),
        (
            "/autoteka/v1/specifications/by-plate-number",
            post(h::order_specification_by_plate),
        ),
        (
            "/autoteka/v1/specifications/specification/{id}",
            get(h::get_specification),
        ),
        ("/autoteka/v1/catalogs/resolve", post(h::resolve)),
        ("/autoteka/v1/valuation/by-specification", post(h::valuate)),
    ];
    calls
        .into_iter()
        .fold(Router::new(), |router, (path, call)| {
            router
                .route(path, call.clone())
                .route(&format!("{path}/"), call)
        })
        .fallback(h::no_such_call)
        .with_state(sim)
}

/// Name of the call for the ledger, faults and the log.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    let path = path.trim_end_matches('/');
    let call = path.strip_prefix("/autoteka/v1/").unwrap_or(path);
    match (method.as_str(), call) {
        ("POST", "/token") => "token",
        ("POST", "previews" | "request-preview-by-regnumber") => "create_preview",
        (
            "POST",
            "reports" | "reports-by-vehicle-id" | "sync/create-by-vin" | "sync/create-by-regnumber",
        ) => "buy_report",
        ("GET", "reports/list") => "list_reports",
        ("GET", "packages/active_package") => "get_package",
        ("POST", "specifications/by-vehicle-id" | "specifications/by-plate-number") => {
            "order_specification"
        }
        ("POST", "catalogs/resolve") => "resolve_catalogue",
        ("POST", "valuation/by-specification") => "valuate",
        ("GET", other) if other.starts_with("previews/") => "get_preview",
        ("GET", other) if other.starts_with("reports/") => "get_report",
        ("GET", other) if other.starts_with("specifications/specification/") => "get_specification",
        _ => "unknown",
    }
}

/// `{"error":{"code":404,"message":"Not found"}}`; 429 goes without a message.
pub fn error_body(status: u16) -> (&'static str, String) {
    let error = match status {
        429 => serde_json::json!({ "code": 429 }),
        _ => serde_json::json!({ "code": status, "message": message(status) }),
    };
    let body = serde_json::json!({ "error": error });
    ("application/json; charset=utf-8", body.to_string())
}

fn message(status: u16) -> &'static str {
    match status {
        400 => "Validation error",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not found",
        _ => "Service is temporary unavailable",
    }
}
