//! What people do in the bank: they sign, refuse, delete.

use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use super::order::{self, Order, Status};
use crate::core::Sim;
use crate::core::control::ControlError;

/// Routes of the control port.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route("/orders/{id}/sign", post(sign))
        .route("/orders/{id}/reject", post(reject))
        .route("/orders/{id}/delete", post(delete))
        .route(
            "/webhooks",
            get(webhooks).post(subscribe).delete(unsubscribe),
        )
        .route("/tokens/expire", post(expire))
        .route("/settings", post(settings))
        .with_state(sim)
}

async fn orders(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(state.orders.values().map(Order::json).collect())
}

#[derive(Default, Deserialize)]
struct Signature {
    /// The first of two signatures: the order still waits.
    #[serde(default)]
    partial: bool,
}

/// A human signs; the bank then executes the order.
async fn sign(
    Shared(sim): Shared<Sim>,
    Path(id): Path<Uuid>,
    asked: Option<Json<Signature>>,
) -> Result<Json<Value>, ControlError> {
    let partial = asked.is_some_and(|Json(asked)| asked.partial);
    let to = if partial {
        Status::PartSigned
    } else {
        Status::Signed
    };
    let order = moved(&sim, id, Status::is_draft, to, None)?;
    if !partial {
        order::execute(&sim, id);
    }
    Ok(order)
}

#[derive(Deserialize)]
struct Rejection {
    /// In the bank's words.
    reason: String,
    /// `REFUSEDBYBANK` unless given.
    status: Option<Status>,
}

/// The bank refuses an order that is not final yet.
async fn reject(
    Shared(sim): Shared<Sim>,
    Path(id): Path<Uuid>,
    Json(asked): Json<Rejection>,
) -> Result<Json<Value>, ControlError> {
    let Rejection { reason, status } = asked;
    let to = status.unwrap_or(Status::RefusedByBank);
    if !to.is_final() || to == Status::Implemented {
        return Err(ControlError::bad_request(
            "the status must be a final refusal",
        ));
    }
    moved(&sim, id, |status| !status.is_final(), to, Some(reason))
}

/// A person deletes the draft instead of signing it.
async fn delete(
    Shared(sim): Shared<Sim>,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, ControlError> {
    moved(&sim, id, Status::is_draft, Status::Deleted, None)
}

fn moved(
    sim: &Sim,
    id: Uuid,
    from: impl Fn(Status) -> bool,
    to: Status,
    comment: Option<String>,
) -> Result<Json<Value>, ControlError> {
    let known = sim
        .state::<State>()
        .orders
        .get(&id)
        .map(|order| order.status);
    match (order::advance(sim, id, from, to, comment), known) {
        (Some(order), _) => Ok(Json(order.json())),
        (None, None) => Err(ControlError::not_found(format!("no order {id}"))),
        (None, Some(status)) => Err(ControlError::conflict(format!(
            "the order is {}",
            json!(status)
        ))),
    }
}

#[derive(Deserialize)]
struct Subscription {
    url: String,
}

async fn webhooks(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().webhooks))
}

async fn subscribe(Shared(sim): Shared<Sim>, Json(asked): Json<Subscription>) -> Json<Value> {
    let mut state = sim.state::<State>();
    if !state.webhooks.contains(&asked.url) {
        state.webhooks.push(asked.url);
    }
    Json(json!({ "result": true }))
}

async fn unsubscribe(Shared(sim): Shared<Sim>) -> Json<Value> {
    sim.state::<State>().webhooks.clear();
    Json(json!({ "result": true }))
}

/// All issued access tokens end now.
async fn expire(Shared(sim): Shared<Sim>) -> Json<Value> {
    sim.state::<State>().tokens.clear();
    Json(json!({ "result": true }))
}

#[derive(Deserialize)]
struct Changed {
    /// Between signature and execution, milliseconds.
    execute_ms: u64,
}

async fn settings(Shared(sim): Shared<Sim>, Json(asked): Json<Changed>) -> Json<Value> {
    sim.state::<State>().execute_ms = asked.execute_ms;
    Json(json!({ "result": true }))
}
