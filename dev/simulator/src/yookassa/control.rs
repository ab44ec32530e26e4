//! The shop's cabinet, and how payouts are to end.

use axum::extract::{Path, State as Shared};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::money::Kopecks;
use super::payout::{Outcome, REASONS, Status};
use super::{Script, State, settle};
use crate::core::Sim;
use crate::core::control::ControlError;

/// Routes of the control port.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/payouts", get(payouts))
        .route("/payouts/{id}/end", post(end))
        .route("/payouts/{id}/rewrite", post(rewrite))
        .route("/payouts/{id}", delete(forget))
        .route("/outcome", post(script).delete(unscript))
        .route(
            "/webhooks",
            get(webhooks).post(subscribe).delete(unsubscribe),
        )
        .route("/settings", post(settings))
        .with_state(sim)
}

async fn payouts(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    let shown = state.payouts.iter().map(|payout| {
        let mut shown = payout.json();
        shown["idempotence_key"] = json!(payout.key);
        shown
    });
    Json(Value::Array(shown.collect()))
}

#[derive(Deserialize)]
struct Ending {
    outcome: Outcome,
    #[serde(default)]
    reason: String,
}

/// Ends a payout that was told to stay pending.
async fn end(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    Json(asked): Json<Ending>,
) -> Result<Json<Value>, ControlError> {
    let Ending { outcome, reason } = asked;
    let status = match outcome {
        Outcome::Succeeded => Status::Succeeded,
        Outcome::Canceled => Status::Canceled,
        Outcome::Pending | Outcome::Processing => {
            return Err(ControlError::bad_request("succeeded or canceled"));
        }
    };
    let reason = checked(outcome, reason)?;
    settle::end(&sim, &id, status, &reason);
    let state = sim.state::<State>();
    state
        .payout(&id)
        .map(|payout| Json(payout.json()))
        .ok_or_else(|| ControlError::not_found(format!("no payout {id}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rewritten {
    status: Option<Status>,
    amount: Option<Kopecks>,
}

/// The partner's own record of an ended payout becomes another one, and nobody is told.
async fn rewrite(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    Json(asked): Json<Rewritten>,
) -> Result<Json<Value>, ControlError> {
    let Rewritten { status, amount } = asked;
    let mut state = sim.state::<State>();
    let payout = state.payouts.iter_mut().find(|payout| payout.id == id);
    let payout = payout.ok_or_else(|| ControlError::not_found(format!("no payout {id}")))?;
    payout.status = status.unwrap_or(payout.status);
    payout.amount = amount.unwrap_or(payout.amount);
    Ok(Json(payout.json()))
}

/// The partner knows nothing of the payout any more.
async fn forget(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    let before = state.payouts.len();
    state.payouts.retain(|payout| payout.id != id);
    if state.payouts.len() == before {
        return Err(ControlError::not_found(format!("no payout {id}")));
    }
    Ok(Json(json!({ "result": true })))
}

#[derive(Deserialize)]
struct Scripted {
    phone: Option<String>,
    /// For the next so many payouts, whatever their telephone.
    next: Option<u32>,
    outcome: Outcome,
    #[serde(default)]
    reason: String,
    /// How many payouts to the telephone; once unless said otherwise, 0 until lifted.
    times: Option<u32>,
}

async fn script(
    Shared(sim): Shared<Sim>,
    Json(asked): Json<Scripted>,
) -> Result<Json<Value>, ControlError> {
    let Scripted {
        phone,
        next,
        outcome,
        reason,
        times,
    } = asked;
    let reason = checked(outcome, reason)?;
    let phone = phone.map(|phone| phone.chars().filter(char::is_ascii_digit).collect());
    let left = match times.or(next).unwrap_or(1) {
        0 => None,
        count => Some(count),
    };
    sim.state::<State>().scripts.push(Script {
        phone,
        outcome,
        reason,
        left,
    });
    Ok(Json(json!({ "result": true })))
}

async fn unscript(Shared(sim): Shared<Sim>) -> Json<Value> {
    sim.state::<State>().scripts.clear();
    Json(json!({ "result": true }))
}

/// A cancellation has one of the documented reasons.
fn checked(outcome: Outcome, reason: String) -> Result<String, ControlError> {
    match outcome {
        Outcome::Canceled if reason.is_empty() => Ok("general_decline".to_owned()),
        Outcome::Canceled if !REASONS.contains(&reason.as_str()) => Err(ControlError::bad_request(
            format!("no such reason; there are: {}", REASONS.join(", ")),
        )),
        _ => Ok(reason),
    }
}

#[derive(Deserialize)]
struct Subscription {
    url: String,
}

async fn webhooks(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().webhooks))
}

/// Both events go to every address.
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

#[derive(Deserialize)]
struct Changed {
    /// How long a new payout stays pending, milliseconds.
    settle_ms: u64,
}

async fn settings(Shared(sim): Shared<Sim>, Json(asked): Json<Changed>) -> Json<Value> {
    sim.state::<State>().settle_ms = asked.settle_ms;
    Json(json!({ "result": true }))
}
