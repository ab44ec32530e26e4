//! What a test sets: patience, limits, package, credentials.

use axum::extract::State as Shared;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Settings, State};
use crate::core::Sim;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/settings", get(show).put(set))
        .route("/tokens/expire", post(expire))
        .with_state(sim)
}

async fn show(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!({ "settings": state.settings, "remain": state.remain() }))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> StatusCode {
    sim.state::<State>().settings = settings;
    StatusCode::NO_CONTENT
}

/// All tokens are revoked before their time.
async fn expire(Shared(sim): Shared<Sim>) -> StatusCode {
    sim.state::<State>().tokens.clear();
    StatusCode::NO_CONTENT
}
