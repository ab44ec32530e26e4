//! What a person does to the catalogue, on the control port under `/catalogue`.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::{Car, Kind, Source};
use crate::core::Sim;
use crate::core::control::ControlError;

pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/fresh", post(fresh))
        .route("/{id}", get(one))
        .route("/{id}/lift_ban", post(lift_ban))
        .route("/{id}/turn", post(turn))
        .route("/{id}/silence", post(silence))
        .route("/{id}/register", post(register))
        .with_state(sim)
}

async fn list(State(sim): State<Sim>) -> Json<Vec<Car>> {
    Json(sim.catalogue().cars())
}

async fn one(State(sim): State<Sim>, Path(id): Path<String>) -> Result<Json<Car>, ControlError> {
    answer(sim.catalogue().car(&id), &id)
}

#[derive(Deserialize)]
struct Fresh {
    kind: Kind,
    /// Number from 1; the next unused one when absent.
    #[serde(default)]
    n: Option<u32>,
}

async fn fresh(
    State(sim): State<Sim>,
    Json(Fresh { kind, n }): Json<Fresh>,
) -> Result<Json<Car>, ControlError> {
    let car = match n {
        Some(0) => return Err(ControlError::bad_request("n counts from 1")),
        Some(n) => sim.catalogue().fresh(kind, n),
        None => sim.catalogue().next(kind),
    };
    sim.persist();
    Ok(Json(car))
}

async fn lift_ban(
    State(sim): State<Sim>,
    Path(id): Path<String>,
) -> Result<Json<Car>, ControlError> {
    let car = sim.catalogue().lift_ban(&id);
    sim.persist();
    answer(car, &id)
}

#[derive(Deserialize)]
struct Turn {
    kind: Kind,
}

async fn turn(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(Turn { kind }): Json<Turn>,
) -> Result<Json<Car>, ControlError> {
    let car = sim.catalogue().turn(&id, kind);
    sim.persist();
    answer(car, &id)
}

#[derive(Deserialize)]
struct Silence {
    /// Sources that do not answer for the car; an empty list lets all of them speak.
    sources: Vec<Source>,
}

async fn silence(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(Silence { sources }): Json<Silence>,
) -> Result<Json<Car>, ControlError> {
    let car = sim.catalogue().silence(&id, sources);
    sim.persist();
    answer(car, &id)
}

#[derive(Deserialize)]
struct Register {
    /// The number that the registries answer with; the car's own again when absent.
    number: Option<String>,
}

async fn register(
    State(sim): State<Sim>,
    Path(id): Path<String>,
    Json(Register { number }): Json<Register>,
) -> Result<Json<Car>, ControlError> {
    let car = sim
        .catalogue()
        .change(&id, |car| car.outcome.registered_as = number);
    sim.persist();
    answer(car, &id)
}

fn answer(car: Option<Car>, id: &str) -> Result<Json<Car>, ControlError> {
    car.map(Json)
        .ok_or_else(|| ControlError::not_found(format!("the catalogue has no car `{id}`")))
}
