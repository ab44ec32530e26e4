//! What people do on the portal: the administrator installs and sets up, a manager opens and moves deals.

mod app;
mod deals;

use axum::Router;
use axum::routing::{get, post};

use crate::core::Sim;

/// Mounted on the control port below `/bitrix24`.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/app", get(app::app))
        .route("/install", post(app::install))
        .route("/uninstall", post(app::uninstall))
        .route("/tokens", post(app::tokens))
        .route("/tokens/expire", post(app::expire_tokens))
        .route("/behaviour", get(app::behaviour).post(app::behave))
        .route("/operating", post(app::operating))
        .route("/robots", get(app::robots))
        .route("/robots/{code}", post(app::place_robot))
        .route("/placements", get(app::placements))
        .route("/events", get(app::events))
        .route("/users", get(app::users))
        .route("/notices", get(app::notices))
        .route("/deals", get(deals::list).post(deals::open))
        .route("/deals/{id}", get(deals::show))
        .route("/deals/{id}/fields", post(deals::edit))
        .route("/deals/{id}/stage", post(deals::move_to))
        .route("/deals/{id}/robot", post(deals::robot_again))
        .route("/tasks", get(deals::tasks))
        .route("/tasks/{id}/complete", post(deals::complete))
        .route("/files/{id}", get(deals::file))
        .with_state(sim)
}
