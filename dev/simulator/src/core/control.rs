//! The control port: what tests and people do to the partners.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::calls::Calls;
use super::faults::Rule;
use super::ledger::{Entry, Filter};
use super::partner::Partner;
use super::sim::Sim;
use crate::catalogue;

/// A control request that could not be done: status and a sentence, as `{"error": …}`.
#[derive(Debug)]
pub struct ControlError(pub StatusCode, pub String);

impl ControlError {
    pub fn not_found(what: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, what.into())
    }

    pub fn bad_request(why: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, why.into())
    }

    pub fn conflict(why: impl Into<String>) -> Self {
        Self(StatusCode::CONFLICT, why.into())
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(super) fn router(sim: &Sim) -> Router {
    let core = Router::new()
        .route("/health", get(health))
        .route("/ledger", get(ledger))
        .route("/calls", get(calls))
        .route("/callbacks", get(callbacks))
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route("/reset", post(reset))
        .with_state(sim.clone())
        .nest("/catalogue", catalogue::control(sim.clone()));
    Partner::iter().fold(core, |router, partner| {
        router.nest(
            &format!("/{partner}"),
            (partner.protocol().control)(sim.clone()),
        )
    })
}

#[derive(Deserialize)]
struct OfPartner {
    partner: Option<Partner>,
}

async fn health(State(sim): State<Sim>) -> Json<Value> {
    let partners: serde_json::Map<String, Value> = Partner::iter()
        .map(|partner| (partner.to_string(), json!(sim.url(partner))))
        .collect();
    Json(json!({ "status": "ok", "partners": partners, "bitrix24_plain": sim.bitrix24_plain() }))
}

async fn ledger(State(sim): State<Sim>, Query(filter): Query<Filter>) -> Json<Vec<Entry>> {
    Json(sim.ledger().entries(&filter))
}

async fn calls(State(sim): State<Sim>, Query(of): Query<OfPartner>) -> Json<Value> {
    let calls: &Calls = sim.calls();
    Json(json!(calls.of(of.partner)))
}

async fn callbacks(State(sim): State<Sim>, Query(of): Query<OfPartner>) -> Json<Value> {
    Json(json!(sim.callbacks().deliveries(of.partner)))
}

async fn list_faults(State(sim): State<Sim>) -> Json<Value> {
    Json(json!(sim.faults().list()))
}

async fn add_fault(
    State(sim): State<Sim>,
    Json(rule): Json<Value>,
) -> Result<Response, ControlError> {
    let rule: Rule = serde_json::from_value(rule).map_err(|error| {
        ControlError::bad_request(format!("not a fault, see dev/simulator/README.md: {error}"))
    })?;
    let id = sim.faults().add(rule);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn clear_faults(State(sim): State<Sim>) -> StatusCode {
    sim.faults().clear();
    StatusCode::NO_CONTENT
}

/// Empties the ledger and lifts all faults; the partners keep what they have.
async fn reset(State(sim): State<Sim>) -> Result<StatusCode, ControlError> {
    sim.faults().clear();
    sim.ledger().clear().map_err(|error| {
        ControlError(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("ledger: {error}"),
        )
    })?;
    Ok(StatusCode::NO_CONTENT)
}
