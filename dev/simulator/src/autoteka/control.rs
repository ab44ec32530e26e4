//! What a test sets: patience, limits, package, credentials.

use axum::extract::State as Shared;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Settings, State};
use crate::core::Sim;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/settings", get(show).post(set))
        .route("/tokens/expire", post(expire))
        .with_state(sim)
}

async fn show(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!({ "settings": state.settings, "remain": state.remain() }))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}

/// All tokens are revoked before their time.
async fn expire(Shared(sim): Shared<Sim>) -> Json<Value> {
    sim.state::<State>().tokens.clear();
    Json(json!({}))
}
