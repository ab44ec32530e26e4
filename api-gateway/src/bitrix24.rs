//! Inbound routes of the Bitrix24 app: install, robots, events, the tab in the deal.
//!
//! The portal does not sign. A call is believed when its `application_token` is the one stored for its
//! `member_id`; an install is believed when the portal itself confirms the access token.

mod ask;
pub(crate) mod form;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod install;
mod placement;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use subtle::ConstantTimeEq;

use crate::bitrix24::form::Form;
use crate::inbox::{self, Source};
use crate::server::App;

/// Robots that we register on a portal.
const ROBOTS: [&str; 1] = ["kite_buyout"];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/bitrix24/install", post(install::install))
        .route("/bitrix24/robots/{code}", post(robot))
        .route("/bitrix24/events", post(event))
        .route("/bitrix24/placement", post(placement::placement))
}

/// Whether the call comes from a portal that installed us.
async fn recognised(app: &App, form: &Form) -> Result<(), StatusCode> {
    let (Some(member), Some(token)) = (
        form.get("auth[member_id]"),
        form.get("auth[application_token]"),
    ) else {
        return Err(StatusCode::FORBIDDEN);
    };
    let portal = app.store.portal(member).await.map_err(|error| {
        tracing::error!(%error, "a call of the portal was put off: the store does not answer");
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    // The comparison takes the same time for an unknown portal.
    let stored = portal.map(|p| p.application_token).unwrap_or_default();
    let same = bool::from(stored.as_bytes().ct_eq(token.as_bytes())) && !stored.is_empty();
    if same {
        Ok(())
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

async fn robot(State(app): State<App>, Path(code): Path<String>, body: Bytes) -> Response {
    let form = Form::parse(&body);
    if !ROBOTS.contains(&code.as_str()) {
        return (StatusCode::NOT_FOUND, "no such robot").into_response();
    }
    let Some(token) = form.get("event_token") else {
        return (StatusCode::BAD_REQUEST, "event_token is missing").into_response();
    };
    if let Err(status) = recognised(&app, &form).await {
        tracing::warn!(robot = %code, %status, "a robot call was refused");
        metrics::counter!("kite_robot_calls_refused_total").increment(1);
        return (status, "refused").into_response();
    }
    // One execution of a robot has one token; the portal may deliver it twice.
    let event_id = inbox::digest(token.as_bytes());
    accept(
        &app,
        Source::Bitrix24Robot,
        &event_id,
        &form.without_tokens(),
    )
    .await
}

async fn event(State(app): State<App>, body: Bytes) -> Response {
    let form = Form::parse(&body);
    if let Err(status) = recognised(&app, &form).await {
        tracing::warn!(%status, "an event was refused");
        return (status, "refused").into_response();
    }
    accept(
        &app,
        Source::Bitrix24Event,
        &inbox::digest(&body),
        &form.without_tokens(),
    )
    .await
}

/// Written down first, answered at once, taken afterwards.
pub(crate) async fn accept(app: &App, source: Source, event_id: &str, body: &[u8]) -> Response {
    match app
        .store
        .receive(&source.to_string(), event_id, body, "{}")
        .await
    {
        Ok(_) => {
            app.arrived.notify_one();
            (StatusCode::OK, "ok").into_response()
        }
        Err(error) => {
            tracing::error!(%source, %error, "a message could not be written down");
            (StatusCode::SERVICE_UNAVAILABLE, "try again").into_response()
        }
    }
}
