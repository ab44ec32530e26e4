//! SMS gateway. The provider is not chosen: `sms/README.md` has the assumed contract, the same that
//! Kite's messages adapter is written against.

#[cfg(test)]
mod tests;

use axum::body::Bytes;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::core::{Partner, Sim};

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    messages: Vec<Message>,
}

/// What a test may change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The accepted key; any is when absent.
    key: Option<String>,
    /// Messages that the account can still pay for; `None` is without end.
    balance: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Message {
    id: String,
    from: String,
    /// Digits with the country code.
    to: String,
    text: String,
    sent_at: DateTime<Utc>,
}

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/v1/messages", post(send))
        .fallback(async || refusal(404, "not_found", "Нет такого метода"))
        .with_state(sim)
}

/// Name of the call for the ledger, faults and the log.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    match (method.as_str(), path) {
        ("POST", "/v1/messages") => "send_message",
        _ => "unknown",
    }
}

/// `{"error":{"code":"…","message":"…"}}`
pub fn error_body(status: u16) -> (&'static str, String) {
    let (code, message) = match status {
        400 | 422 => ("invalid_number", "Неверный номер"),
        401 => ("unauthorized", "Неверный ключ"),
        402 => ("no_money", "Недостаточно средств"),
        403 => ("forbidden", "Нет доступа"),
        429 => ("too_many_requests", "Слишком много запросов"),
        _ => ("unavailable", "Сервис временно недоступен"),
    };
    let body = json!({ "error": { "code": code, "message": message } });
    ("application/json; charset=utf-8", body.to_string())
}

/// What a person does there; mounted on the control port under `/sms`.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/messages", get(list))
        .route("/settings", get(settings).post(set))
        .with_state(sim)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    from: String,
    to: String,
    text: String,
}

async fn send(Shared(sim): Shared<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    let mut state = sim.state::<State>();
    if !authorized(&headers, state.settings.key.as_deref()) {
        return refusal(401, "unauthorized", "Неверный ключ");
    }
    let Ok(Order { id, from, to, text }) = serde_json::from_slice(&body) else {
        return refusal(400, "invalid_request", "Запрос не разобран");
    };
    if id.is_empty() || text.is_empty() {
        return refusal(400, "invalid_request", "Нет id или текста");
    }
    let digits = to.bytes().all(|b| b.is_ascii_digit());
    if !digits || !(10..=15).contains(&to.len()) {
        return refusal(422, "invalid_number", "Неверный номер");
    }
    let accepted = json!({ "id": id, "status": "accepted" });
    if state.messages.iter().any(|message| message.id == id) {
        return (StatusCode::OK, Json(accepted)).into_response();
    }
    match &mut state.settings.balance {
        Some(0) => return refusal(402, "no_money", "Недостаточно средств"),
        Some(left) => *left -= 1,
        None => {}
    }
    sim.ledger()
        .record(Partner::Sms, "send_message", &id, &body);
    state.messages.push(Message {
        id,
        from,
        to,
        text,
        sent_at: sim.now(),
    });
    (StatusCode::CREATED, Json(accepted)).into_response()
}

fn authorized(headers: &HeaderMap, key: Option<&str>) -> bool {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (shown, key) {
        (None | Some(""), _) => false,
        (Some(_), None) => true,
        (Some(shown), Some(key)) => shown == key,
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "error": { "code": code, "message": message } });
    (status, Json(body)).into_response()
}

#[derive(Deserialize)]
struct ByPhone {
    phone: Option<String>,
}

async fn list(Shared(sim): Shared<Sim>, Query(ByPhone { phone }): Query<ByPhone>) -> Json<Value> {
    let state = sim.state::<State>();
    let messages: Vec<&Message> = state
        .messages
        .iter()
        .filter(|message| phone.as_ref().is_none_or(|phone| *phone == message.to))
        .collect();
    Json(json!(messages))
}

async fn settings(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().settings))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}
