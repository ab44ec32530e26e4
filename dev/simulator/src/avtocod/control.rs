//! What a test sets, and the reports that were made.

use axum::extract::State as Shared;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::handlers::is_complete;
use super::sources::Board;
use super::{Settings, State};
use crate::core::Sim;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/settings", get(show).put(set))
        .route("/reports", get(reports))
        .with_state(sim)
}

async fn show(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().settings))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> StatusCode {
    sim.state::<State>().settings = settings;
    StatusCode::NO_CONTENT
}

async fn reports(Shared(sim): Shared<Sim>) -> Json<Value> {
    let now = sim.now();
    let state = sim.state::<State>();
    let silent = state.settings.silent_sources;
    let reports: Vec<Value> = state
        .reports
        .iter()
        .map(|(uid, report)| {
            let car = report.car.as_deref().and_then(|id| sim.catalogue().car(id));
            let board = Board::of(report, car.as_ref(), silent, now);
            json!({
                "uid": uid,
                "report_type": report.report_type,
                "car": report.car,
                "asked_at": report.asked_at,
                "complete": is_complete(&board),
            })
        })
        .collect();
    Json(json!(reports))
}
