//! What people do in 1С:Альфа-Авто.

use axum::extract::{Path, State as Shared};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CAR, COUNTERPARTY, RECEIPT, Refusal, State};
use crate::core::Sim;
use crate::core::control::ControlError;
use crate::odata::path::Action;
use crate::odata::write;
use crate::odata::{Configuration, Row};

/// Routes of the control port.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/objects", get(objects))
        .route(
            "/refuse_posting",
            post(refuse_posting).delete(accept_posting),
        )
        .route("/receipts/{key}/post", post(post_by_hand))
        .route("/receipts/{key}/fields", post(change_by_hand))
        .route("/receipts/{key}", delete(remove_by_hand))
        .route("/licences", post(licences))
        .with_state(sim)
}

/// Everything that was written, by kind.
async fn objects(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    let all = |entity: &str| {
        state
            .base()
            .all(entity)
            .map(|(_, row)| row.clone())
            .collect::<Vec<Row>>()
    };
    Json(json!({ "counterparties": all(COUNTERPARTY), "cars": all(CAR), "receipts": all(RECEIPT) }))
}

#[derive(Deserialize)]
struct Refuse {
    text: String,
    /// Only receipts of this car.
    vin: Option<String>,
    /// Once unless said otherwise; 0 until lifted.
    times: Option<u32>,
}

async fn refuse_posting(Shared(sim): Shared<Sim>, Json(asked): Json<Refuse>) -> Json<Value> {
    let Refuse { text, vin, times } = asked;
    let left = match times {
        None => Some(1),
        Some(0) => None,
        Some(times) => Some(times),
    };
    sim.state::<State>()
        .refusals
        .push(Refusal { text, vin, left });
    Json(json!({ "result": true }))
}

async fn accept_posting(Shared(sim): Shared<Sim>) -> Json<Value> {
    sim.state::<State>().refusals.clear();
    Json(json!({ "result": true }))
}

/// An accountant posts the receipt.
async fn post_by_hand(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
) -> Result<Json<Value>, ControlError> {
    write::act::<State>(&sim, RECEIPT, key, Action::Post)
        .map(|()| Json(json!({ "result": true })))
        .map_err(|fail| match fail.status {
            StatusCode::NOT_FOUND => ControlError::not_found(fail.text),
            _ => ControlError::conflict(fail.text),
        })
}

/// An accountant changes attributes of the receipt, posted or not.
async fn change_by_hand(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
    Json(fields): Json<Row>,
) -> Result<Json<Value>, ControlError> {
    let values: Vec<(&str, Value)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let changed = sim
        .state::<State>()
        .base_mut()
        .set(RECEIPT, key, &values)
        .ok_or_else(|| ControlError::not_found(format!("no receipt {key}")))?;
    Ok(Json(json!(changed)))
}

/// An administrator deletes the receipt for good.
async fn remove_by_hand(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
) -> Result<Json<Value>, ControlError> {
    if sim.state::<State>().base_mut().remove(RECEIPT, key) {
        return Ok(Json(json!({ "result": true })));
    }
    Err(ControlError::not_found(format!("no receipt {key}")))
}

#[derive(Deserialize)]
struct Licences {
    /// How many sessions may live at once.
    count: usize,
}

async fn licences(Shared(sim): Shared<Sim>, Json(asked): Json<Licences>) -> Json<Value> {
    sim.state::<State>().base_mut().licences = asked.count;
    Json(json!({ "result": true }))
}
