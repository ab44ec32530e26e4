//! Callbacks of partners. Their URLs carry our secret, since none of them signs; the body is kept and
//! taken later, and even then it is only a hint to ask the partner.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::access::bearer;
use crate::bitrix24::accept;
use crate::inbox::{self, Source};
use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/callbacks/{partner}", post(callback))
}

async fn callback(
    State(app): State<App>,
    Path(partner): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let source = match partner.as_str() {
        "yookassa" => Source::Yookassa,
        "bank" => Source::Bank,
        "avtocod" => Source::Avtocod,
        "wazzup" => Source::Wazzup,
        _ => return (StatusCode::NOT_FOUND, "no such partner").into_response(),
    };
    let expected = app.config.callbacks.secret.expose_secret();
    if !knows(expected, &headers, &query) {
        tracing::warn!(%source, "a callback with a wrong secret was refused");
        return (StatusCode::FORBIDDEN, "refused").into_response();
    }
    // Wazzup asks whether the address lives before it sends anything.
    if source == Source::Wazzup && is_test(&body) {
        return (StatusCode::OK, "ok").into_response();
    }
    accept(&app, source, &inbox::digest(&body), &body).await
}

/// Whether the caller has our secret: in the query for those who only take an address, as a bearer for those
/// who take a key (Wazzup).
fn knows(expected: &str, headers: &HeaderMap, query: &BTreeMap<String, String>) -> bool {
    let secret = bearer(headers)
        .or(query.get("key").map(String::as_str))
        .unwrap_or_default();
    bool::from(expected.as_bytes().ct_eq(secret.as_bytes()))
}

pub(crate) fn is_test(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|value| value.get("test") == Some(&serde_json::Value::Bool(true)))
}

#[cfg(test)]
mod tests;
