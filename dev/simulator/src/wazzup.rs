//! Wazzup24 v3: messengers. `wazzup/README.md` lists what is served.

mod control;
mod handlers;
mod statuses;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, patch, post};
use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::control::control;
use crate::core::Sim;

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    webhooks: Option<Webhooks>,
    messages: Vec<Message>,
}

/// What a test may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The accepted key; any is when absent.
    key: Option<String>,
    /// Key that webhooks carry as `Authorization: Bearer`, when there is one.
    crm_key: Option<String>,
    /// The accepted channel; any UUID is when absent.
    channel: Option<String>,
    /// Phones without this messenger: their messages end with the status `error`.
    unreachable: Vec<String>,
    /// Whether a message is delivered and read by itself after it was sent.
    reads: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key: None,
            crm_key: None,
            channel: None,
            unreachable: Vec::new(),
            reads: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhooks {
    webhooks_uri: String,
    #[serde(default)]
    subscriptions: Subscriptions,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Subscriptions {
    messages_and_statuses: bool,
    contacts_and_deals_creation: bool,
    channels_updates: bool,
    template_status: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Message {
    message_id: String,
    crm_message_id: Option<String>,
    channel_id: String,
    chat_type: String,
    /// A phone in digits.
    chat_id: String,
    text: Option<String>,
    content_uri: Option<String>,
    status: Status,
    sent_at: DateTime<Utc>,
    /// Written by the client, or by us.
    incoming: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Inbound,
    Sent,
    Delivered,
    Read,
    Error,
}

/// The channel of a simulator that was not told of another.
pub const CHANNEL: &str = "e0629e11-0f67-4567-92a9-2237e91ec1b9";

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/v3/message", post(handlers::send))
        .route("/v3/channels", get(handlers::channels))
        .route("/v3/templates/whatsapp", get(handlers::templates))
        .route(
            "/v3/webhooks",
            patch(handlers::set_webhooks).get(handlers::webhooks),
        )
        .fallback(async || handlers::Refusal::new(404, "NOT_FOUND", "Route not found"))
        .with_state(sim)
}

/// Name of the call for the ledger, faults and the log.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    match (method.as_str(), path) {
        ("POST", "/v3/message") => "send_message",
        ("GET", "/v3/channels") => "list_channels",
        ("GET", "/v3/templates/whatsapp") => "list_templates",
        ("PATCH", "/v3/webhooks") => "set_webhooks",
        ("GET", "/v3/webhooks") => "get_webhooks",
        _ => "unknown",
    }
}

/// `{"error":"…","description":"…"}`
pub fn error_body(status: u16) -> (&'static str, String) {
    let (error, description) = match status {
        400 => ("validationError", "Invalid data"),
        401 => ("UNAUTHORIZED", "Invalid API key"),
        403 => ("FORBIDDEN", "Access denied"),
        429 => ("TOO_MANY_REQUESTS", "Too many requests"),
        _ => ("SERVER_ERROR", "Internal server error"),
    };
    let body = json!({ "error": error, "description": description });
    ("application/json; charset=utf-8", body.to_string())
}
