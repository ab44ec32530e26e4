//! The bank, after Sber API: payment orders that a person signs. Which parts are assumed: bank/README.md.

mod check;
mod control;
mod order;
mod protocol;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

#[cfg(test)]
mod tests;

pub use control::control;
pub use protocol::router;

use order::Order;

/// A token that is always good, for installations without OAuth.
pub const ACCESS_TOKEN: &str = "kite0dev0access0token00000000000000001";
/// Exchanged for access tokens; good as often as one likes.
pub const REFRESH_TOKEN: &str = "kite0dev0refresh0token0000000000000001";
pub const CLIENT_ID: &str = "99999";
pub const CLIENT_SECRET: &str = "kite-dev";

/// Between signature and execution, milliseconds.
const EXECUTE_MS: u64 = 300;

/// What the bank remembers.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    orders: BTreeMap<Uuid, Order>,
    /// Last document number given.
    number: u64,
    /// Issued access tokens and when they end.
    tokens: BTreeMap<String, DateTime<Utc>>,
    /// Receivers of final statuses.
    webhooks: Vec<String>,
    execute_ms: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            orders: BTreeMap::new(),
            number: 0,
            tokens: BTreeMap::new(),
            webhooks: Vec::new(),
            execute_ms: EXECUTE_MS,
        }
    }
}

/// Name of the call for the ledger, faults and the log. `path` is percent-decoded, without query.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    if path.ends_with("/oauth/token") {
        return "token";
    }
    match (
        method,
        path.trim_end_matches('/')
            .strip_prefix("/fintech/api/v1/payments"),
    ) {
        (&Method::POST, Some("")) => "create_order",
        (&Method::GET, Some(rest)) if rest.ends_with("/state") => "order_state",
        (&Method::GET, Some(_)) => "get_order",
        _ => "unknown",
    }
}

/// Its own way to say that something failed: content type and body.
pub fn error_body(status: u16) -> (&'static str, String) {
    let (cause, message) = match status {
        400 => ("DESERIALIZATION_FAULT", "Неверный формат запроса"),
        401 => ("UNAUTHORIZED", "accessToken not found or expired"),
        403 => (
            "ACTION_ACCESS_EXCEPTION",
            "Операция запрещена для данного токена",
        ),
        404 => ("DATA_NOT_FOUND_EXCEPTION", "Документ не найден"),
        429 => (
            "TOO_MANY_REQUESTS",
            "Превышено допустимое количество запросов",
        ),
        503 => (
            "UNAVAILABLE_RESOURCE_EXCEPTION",
            "Сервис временно недоступен",
        ),
        _ => ("UNKNOWN_EXCEPTION", "Внутренняя ошибка сервера"),
    };
    ("application/json", fault(cause, message).to_string())
}

fn fault(cause: &str, message: &str) -> Value {
    json!({ "cause": cause, "referenceId": Uuid::new_v4(), "message": message })
}
