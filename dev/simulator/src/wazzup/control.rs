//! What clients do with their messengers, and what a test sets.

use std::time::Duration;

use axum::extract::{Path, Query, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CHANNEL, Message, Settings, State, Status, Webhooks, statuses};
use crate::core::Sim;
use crate::core::control::ControlError;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/messages", get(list).post(write))
        .route("/messages/{id}/status", post(status))
        .route("/settings", get(settings).post(set))
        .route("/webhooks", get(webhooks).post(set_webhooks))
        .with_state(sim)
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
        .filter(|message| phone.as_ref().is_none_or(|phone| *phone == message.chat_id))
        .collect();
    Json(json!(messages))
}

#[derive(Deserialize)]
struct Incoming {
    phone: String,
    text: String,
}

/// A client writes to us.
async fn write(
    Shared(sim): Shared<Sim>,
    Json(Incoming { phone, text }): Json<Incoming>,
) -> Json<Value> {
    let message = {
        let mut state = sim.state::<State>();
        let message = Message {
            message_id: uuid::Uuid::new_v4().to_string(),
            crm_message_id: None,
            channel_id: state
                .settings
                .channel
                .clone()
                .unwrap_or_else(|| CHANNEL.to_owned()),
            chat_type: "whatsapp".to_owned(),
            chat_id: phone,
            text: Some(text),
            content_uri: None,
            status: Status::Inbound,
            sent_at: sim.now(),
            incoming: true,
        };
        state.messages.push(message.clone());
        message
    };
    statuses::tell_incoming(&sim, &message);
    Json(json!({ "message_id": message.message_id }))
}

#[derive(Deserialize)]
struct NewStatus {
    status: Status,
}

async fn status(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    Json(NewStatus { status }): Json<NewStatus>,
) -> Result<Json<Value>, ControlError> {
    let known = sim
        .state::<State>()
        .messages
        .iter()
        .any(|message| message.message_id == id);
    if !known {
        return Err(ControlError::not_found(format!("no message `{id}`")));
    }
    statuses::tell(&sim, &id, status, Duration::ZERO);
    Ok(Json(json!({ "message_id": id, "status": status })))
}

async fn settings(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().settings))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}

async fn webhooks(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().webhooks))
}

/// Sets the receiver as the account's page does, without the test request.
async fn set_webhooks(Shared(sim): Shared<Sim>, Json(webhooks): Json<Webhooks>) -> Json<Value> {
    sim.state::<State>().webhooks = Some(webhooks.clone());
    Json(json!(webhooks))
}
