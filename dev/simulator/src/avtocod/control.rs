//! What a test sets, and the reports that were made.

use axum::extract::State as Shared;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::handlers::{board, is_complete};
use super::{Settings, State};
use crate::core::Sim;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/settings", get(show).post(set))
        .route("/reports", get(reports))
        .with_state(sim)
}

async fn show(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().settings))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}

async fn reports(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    let silent = state.settings.silent_sources;
    let reports: Vec<Value> = state
        .reports
        .iter()
        .map(|(uid, report)| {
            let board = board(&sim, report, silent);
            json!({
                "uid": uid,
                "report_type": report.report_type,
                "car": report.car.as_ref().map(|car| &car.id),
                "asked_at": report.asked_at,
                "complete": is_complete(&board),
            })
        })
        .collect();
    Json(json!(reports))
}
