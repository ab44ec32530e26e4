//! Letters as JSON for tests, the mailbox for people, settings.

use axum::extract::{Path, Query, State as Shared};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::letter::Letter;
use super::{Kept, Settings, State, mailbox};
use crate::core::Sim;
use crate::core::control::ControlError;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/", get(mailbox::list))
        .route("/messages", get(list).delete(empty))
        .route("/messages/{id}", get(one))
        .route("/settings", get(settings).post(set))
        .route("/{id}", get(mailbox::letter))
        .route("/{id}/html", get(mailbox::html))
        .route("/{id}/source", get(mailbox::source))
        .route("/{id}/attachments/{index}", get(mailbox::attachment))
        .with_state(sim)
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn list(Shared(sim): Shared<Sim>, Query(Filter { to }): Query<Filter>) -> Json<Value> {
    let kept = sim.state::<State>().letters.clone();
    let letters: Vec<Value> = kept
        .iter()
        .filter(|kept| {
            to.as_ref()
                .is_none_or(|to| kept.to.iter().any(|own| own.eq_ignore_ascii_case(to)))
        })
        .filter_map(|kept| Some(shown(kept, &opened(&sim, kept)?)))
        .collect();
    Json(json!(letters))
}

async fn one(Shared(sim): Shared<Sim>, Path(id): Path<u64>) -> Result<Json<Value>, ControlError> {
    let (kept, letter) = find(&sim, id)?;
    Ok(Json(shown(&kept, &letter)))
}

fn shown(kept: &Kept, letter: &Letter) -> Value {
    json!({
        "id": kept.id,
        "envelope": { "from": kept.from, "to": kept.to },
        "received_at": kept.received_at,
        "size": kept.size,
        "tls": kept.tls,
        "user": kept.user,
        "letter": letter,
    })
}

/// A letter by its number, taken apart.
pub(super) fn find(sim: &Sim, id: u64) -> Result<(Kept, Letter), ControlError> {
    let kept = sim
        .state::<State>()
        .letters
        .iter()
        .find(|kept| kept.id == id)
        .cloned();
    kept.and_then(|kept| {
        let letter = opened(sim, &kept)?;
        Some((kept, letter))
    })
    .ok_or_else(|| ControlError::not_found(format!("no letter {id}")))
}

pub(super) fn opened(sim: &Sim, kept: &Kept) -> Option<Letter> {
    sim.kept(&kept.sha256).map(|source| Letter::read(&source))
}

async fn empty(Shared(sim): Shared<Sim>) -> StatusCode {
    sim.state::<State>().letters.clear();
    StatusCode::NO_CONTENT
}

async fn settings(Shared(sim): Shared<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().settings))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}
