//! Авткод B2B: ГИБДД, pledges, ЭПТС, taxi and more in one report made of sources. `avtocod/README.md`
//! lists what is served.

mod content;
mod control;
mod handlers;
mod registries;
mod sources;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::control::control;
use crate::catalogue::Car;
use crate::core::Sim;

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    /// By uid; a car has one report of a type.
    reports: BTreeMap<String, Report>,
    /// Idempotence key and the order that it made.
    keys: BTreeMap<String, Made>,
}

/// What a test may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// How long all sources that answer take; each has its own part of it.
    ready_after_ms: u64,
    /// What becomes of a source that is silent for the car.
    silent_sources: SilentSources,
    /// The accepted pair; any user and password are when absent.
    credentials: Option<Credentials>,
    /// Report types that exist; any is when absent.
    report_types: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SilentSources {
    /// Ends as `ERROR` together with the report.
    Error,
    /// Stays `PROGRESS`, and the report is never complete.
    Progress,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// With the domain.
    user: String,
    password: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ready_after_ms: 400,
            silent_sources: SilentSources::Error,
            credentials: None,
            report_types: None,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Report {
    report_type: String,
    query_type: String,
    query: String,
    /// The car as it was when its sources were asked; `None` when nobody knows it.
    car: Option<Box<Car>>,
    /// When its sources were asked, last.
    asked_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    ready_after_ms: u64,
    /// Data of the round before, for a stale answer.
    former: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Made {
    uid: String,
    process_request_uid: String,
}

/// Paths begin with it.
const ROOT: &str = "/b2b/api/v1";

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    let calls = Router::new()
        .route("/dev/ping", get(handlers::ping))
        .route("/user/reports/{type}/_make", post(handlers::make))
        .route("/user/reports/{uid}/_refresh", post(handlers::refresh))
        .route("/user/reports/{uid}", get(handlers::get_report));
    Router::new()
        .nest(ROOT, calls)
        .fallback(handlers::no_such_call)
        .with_state(sim)
}

/// Name of the call for the ledger, faults and the log.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    let call = path.strip_prefix(ROOT).unwrap_or(path);
    match method.as_str() {
        "GET" if call == "/dev/ping" => "ping",
        "POST" if call.ends_with("/_make") => "make_report",
        "POST" if call.ends_with("/_refresh") => "refresh_report",
        "GET" if call.starts_with("/user/reports/") => "get_report",
        _ => "unknown",
    }
}

/// The bare event of a security fault, the envelope of all others; a 4xx besides is the framework's own.
pub fn error_body(status: u16) -> (&'static str, String) {
    let now = Utc::now();
    let body = match status {
        401 | 403 => event(
            now,
            "Security",
            "SecurityAuthTokenRejected",
            "Токен авторизации не принят",
            json!({}),
        ),
        400..500 => json!({
            "timestamp": stamp(now),
            "status": status,
            "error": "Bad Request",
            "message": "Bad Request",
        }),
        _ => fail(event(
            now,
            "Global",
            "GenericSystemError",
            "Общая ошибка системы",
            json!({ "error_type": "org.springframework.dao.DataAccessResourceFailureException" }),
        )),
    };
    ("application/json;charset=UTF-8", body.to_string())
}

/// A fault's description: `type` tells what it is.
fn event(at: DateTime<Utc>, class: &str, kind: &str, name: &str, data: Value) -> Value {
    json!({
        "uid": "",
        "stamp": stamp(at),
        "cls": class,
        "type": kind,
        "name": name,
        "message": name,
        "data": data,
        "events": [],
    })
}

fn fail(event: Value) -> Value {
    json!({ "state": "fail", "stamp": event["stamp"], "event": event })
}

/// "2019-07-07T19:24:00.163Z"
fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
