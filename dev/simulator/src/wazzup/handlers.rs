//! The calls, one function each.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State as Shared};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CHANNEL, Message, State, Status, Webhooks, statuses};
use crate::core::{Partner, Sim};

/// Longest text of a WhatsApp message, characters.
const LONGEST_TEXT: usize = 10_000;
/// Longest address of a webhook.
const LONGEST_URI: usize = 200;

/// The partner's own refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, error: &'static str, description: &'static str) -> Self {
        Self {
            status,
            error,
            description,
        }
    }

    fn invalid(description: &'static str) -> Self {
        Self::new(400, "validationError", description)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = json!({ "error": self.error, "description": self.description });
        (status, Json(body)).into_response()
    }
}

/// The caller showed the key.
pub(super) struct Authorized;

impl FromRequestParts<Sim> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Refusal> {
        let refused = || Refusal::new(401, "UNAUTHORIZED", "Invalid API key");
        let shown = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .filter(|key| !key.is_empty())
            .ok_or_else(refused)?;
        match &sim.state::<State>().settings.key {
            Some(key) if key != shown => Err(refused()),
            _ => Ok(Self),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing {
    channel_id: String,
    chat_type: String,
    #[serde(default)]
    chat_id: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    content_uri: Option<String>,
    #[serde(default)]
    crm_message_id: Option<String>,
}

/// Not idempotent by itself: a `crmMessageId` that was used is refused.
pub(super) async fn send(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let outgoing: Outgoing =
        serde_json::from_slice(&body).map_err(|_| Refusal::invalid("Invalid request body"))?;
    let message = checked(&sim, outgoing)?;
    let answer = json!({ "messageId": message.message_id, "chatId": message.chat_id });
    let key = message
        .crm_message_id
        .clone()
        .unwrap_or_else(|| message.message_id.clone());
    {
        let mut state = sim.state::<State>();
        let used = |old: &Message| {
            old.crm_message_id.is_some() && old.crm_message_id == message.crm_message_id
        };
        if state.messages.iter().any(used) {
            return Err(Refusal::new(
                400,
                "repeatedCrmMessageId",
                "You have already sent message with the same crmMessageId",
            ));
        }
        sim.ledger().record_with(
            Partner::Wazzup,
            "send_message",
            &key,
            &body,
            json!({ "chat_type": message.chat_type }),
        );
        state.messages.push(message.clone());
    }
    statuses::follow(&sim, &message);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn checked(sim: &Sim, outgoing: Outgoing) -> Result<Message, Refusal> {
    let Outgoing {
        channel_id,
        chat_type,
        chat_id,
        phone,
        text,
        content_uri,
        crm_message_id,
    } = outgoing;
    let known = match &sim.state::<State>().settings.channel {
        Some(own) => *own == channel_id,
        None => uuid::Uuid::parse_str(&channel_id).is_ok(),
    };
    if !known {
        return Err(Refusal::new(
            400,
            "CHANNEL_NOT_FOUND",
            "Channel not found or does not belong to the account",
        ));
    }
    if !matches!(
        chat_type.as_str(),
        "whatsapp" | "viber" | "telegram" | "instagram" | "whatsgroup" | "wapi"
    ) {
        return Err(Refusal::invalid("Unknown chatType"));
    }
    // Telegram alone takes a phone in place of the chat.
    let chat = match chat_type.as_str() {
        "telegram" => chat_id.or(phone),
        _ => chat_id,
    };
    let chat = chat.filter(|chat| !chat.is_empty());
    let chat_id = chat.ok_or_else(|| Refusal::invalid("chatId is required"))?;
    if matches!(chat_type.as_str(), "whatsapp" | "viber")
        && !chat_id.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(Refusal::new(
            400,
            "BAD_CONTACT",
            "chatId must hold digits only",
        ));
    }
    match (&text, &content_uri) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid("text and contentUri exclude each other"));
        }
        (None, None) => return Err(Refusal::invalid("text or contentUri is required")),
        (Some(text), None) if text.is_empty() || text.chars().count() > LONGEST_TEXT => {
            return Err(Refusal::new(
                400,
                "MESSAGE_TEXT_TOO_LONG",
                "Text is empty or too long",
            ));
        }
        _ => {}
    }
    Ok(Message {
        message_id: uuid::Uuid::new_v4().to_string(),
        crm_message_id: crm_message_id.filter(|id| !id.is_empty()),
        channel_id,
        chat_type,
        chat_id,
        text,
        content_uri,
        status: Status::Sent,
        sent_at: sim.now(),
        incoming: false,
    })
}

pub(super) async fn channels(_: Authorized, Shared(sim): Shared<Sim>) -> Json<Value> {
    let own = sim.state::<State>().settings.channel.clone();
    Json(json!([{
        "channelId": own.unwrap_or_else(|| CHANNEL.to_owned()),
        "transport": "whatsapp",
        "plainId": "79000000000",
        "state": "active",
    }]))
}

pub(super) async fn templates(_: Authorized) -> Json<Value> {
    Json(json!([]))
}

/// On connection the receiver must answer a test with 200.
pub(super) async fn set_webhooks(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let webhooks: Webhooks =
        serde_json::from_slice(&body).map_err(|_| Refusal::invalid("Invalid request body"))?;
    if webhooks.webhooks_uri.len() > LONGEST_URI || url::Url::parse(&webhooks.webhooks_uri).is_err()
    {
        return Err(Refusal::new(
            400,
            "URI_NOT_VALID",
            "webhooksUri is not an address",
        ));
    }
    let mut request = sim
        .http()
        .post(&webhooks.webhooks_uri)
        .timeout(statuses::ANSWER_WAIT)
        .json(&json!({ "test": true }));
    if let Some(key) = &sim.state::<State>().settings.crm_key {
        request = request.bearer_auth(key);
    }
    let answered = request.send().await;
    if !answered.is_ok_and(|answer| answer.status() == StatusCode::OK) {
        return Err(Refusal::new(
            400,
            "TEST_POST_NOT_PASSED",
            "URI did not answer the test request with 200",
        ));
    }
    sim.state::<State>().webhooks = Some(webhooks);
    Ok(Json(json!({ "ok": true })))
}

pub(super) async fn webhooks(_: Authorized, Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!(state.webhooks.clone().unwrap_or(Webhooks {
        webhooks_uri: String::new(),
        subscriptions: Default::default(),
    })))
}
