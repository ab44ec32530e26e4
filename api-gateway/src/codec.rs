//! Codec server for Temporal UI: opens payloads for people who may, one audit row per decode.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use store::AuditEntry;
use subtle::ConstantTimeEq;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::access::{Action, NotAdmitted, TokenError, bearer, caller};
use crate::server::App;

/// Payloads of one request: a page of history in the UI.
#[derive(Debug, Serialize, Deserialize)]
struct Payloads {
    payloads: Vec<WirePayload>,
}

/// Protobuf JSON: bytes are base64.
#[derive(Debug, Serialize, Deserialize)]
struct WirePayload {
    #[serde(default)]
    metadata: HashMap<String, String>,
    #[serde(default)]
    data: String,
}

impl WirePayload {
    fn read(&self) -> Option<Payload> {
        let metadata = self
            .metadata
            .iter()
            .map(|(key, value)| Some((key.clone(), STANDARD.decode(value).ok()?)))
            .collect::<Option<_>>()?;
        Some(Payload {
            metadata,
            data: STANDARD.decode(&self.data).ok()?,
            ..Default::default()
        })
    }

    fn write(payload: &Payload) -> Self {
        Self {
            metadata: payload
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), STANDARD.encode(value)))
                .collect(),
            data: STANDARD.encode(&payload.data),
        }
    }
}

/// Who decoded with the development token, in the audit.
const DEVELOPMENT: &str = "development";

type Refused = (StatusCode, &'static str);

pub(crate) fn routes(app: App) -> Router {
    let origin = HeaderValue::from_str(&app.config.codec_server.ui_origin)
        .unwrap_or_else(|_| HeaderValue::from_static("null"));
    let cors = CorsLayer::new()
        // Another origin is told nothing, not even which one is right.
        .allow_origin(AllowOrigin::list([origin]))
        .allow_methods([Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            HeaderName::from_static("x-namespace"),
        ])
        .allow_credentials(true);
    Router::new()
        .route("/codec/decode", post(decode))
        .route("/codec/encode", post(encode))
        // Temporal UI without a sign-in of its own sends no token: in development it is given in the address.
        .route("/codec/{token}/decode", post(decode_with))
        .route("/codec/{token}/encode", post(encode_with))
        .layer(cors)
        .with_state(app)
}

/// Who asks: a person with the right, or the development token. The name goes into the audit.
async fn admit(app: &App, headers: &HeaderMap) -> Result<String, Refused> {
    if bearer(headers).is_some_and(|token| is_development(app, token)) {
        return Ok(DEVELOPMENT.to_owned());
    }
    let actor =
        caller(&app.tokens, &app.limiter, headers)
            .await
            .map_err(|reason| match reason {
                NotAdmitted::NoToken => (StatusCode::UNAUTHORIZED, "a bearer token is needed"),
                NotAdmitted::Token(TokenError::Unavailable) => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the token cannot be checked now",
                ),
                NotAdmitted::Token(
                    TokenError::Invalid | TokenError::Expired | TokenError::Unknown,
                ) => (StatusCode::UNAUTHORIZED, "the token is not valid"),
                NotAdmitted::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too many requests"),
            })?;
    if !app.access.allowed(&actor, Action::DecodePayloads) {
        return Err((StatusCode::FORBIDDEN, "this role may not read payloads"));
    }
    Ok(actor.person.0)
}

fn is_development(app: &App, token: &str) -> bool {
    app.config
        .codec_server
        .development_token
        .as_ref()
        .is_some_and(|known| bool::from(known.expose_secret().as_bytes().ct_eq(token.as_bytes())))
}

fn same_namespace(app: &App, headers: &HeaderMap) -> Result<(), Refused> {
    match headers
        .get("x-namespace")
        .and_then(|value| value.to_str().ok())
    {
        Some(asked) if asked != app.namespace => {
            Err((StatusCode::BAD_REQUEST, "another namespace"))
        }
        Some(_) | None => Ok(()),
    }
}

async fn decode(
    State(app): State<App>,
    headers: HeaderMap,
    Json(asked): Json<Payloads>,
) -> Result<Json<Payloads>, Refused> {
    let person = admit(&app, &headers).await?;
    open(&app, &headers, asked, person).await
}

async fn decode_with(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Payloads>,
) -> Result<Json<Payloads>, Refused> {
    if !is_development(&app, &token) {
        return Err((StatusCode::UNAUTHORIZED, "the token is not valid"));
    }
    open(&app, &headers, asked, DEVELOPMENT.to_owned()).await
}

async fn open(
    app: &App,
    headers: &HeaderMap,
    asked: Payloads,
    person: String,
) -> Result<Json<Payloads>, Refused> {
    same_namespace(app, headers)?;
    let entry = AuditEntry {
        at: Utc::now(),
        person,
        action: "codec.decode".to_owned(),
        entity: app.namespace.clone(),
        detail: serde_json::json!({ "payloads": asked.payloads.len() }),
    };
    // Nothing is shown that is not written down first.
    app.store.audit(&entry).await.map_err(|error| {
        tracing::error!(%error, "a decode was refused, since its audit row could not be written");
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the audit cannot be written",
        )
    })?;
    each(asked, |payload| app.codec.decrypt(payload))
}

async fn encode(
    State(app): State<App>,
    headers: HeaderMap,
    Json(asked): Json<Payloads>,
) -> Result<Json<Payloads>, Refused> {
    admit(&app, &headers).await?;
    same_namespace(&app, &headers)?;
    each(asked, |payload| app.codec.encrypt(payload))
}

async fn encode_with(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Payloads>,
) -> Result<Json<Payloads>, Refused> {
    if !is_development(&app, &token) {
        return Err((StatusCode::UNAUTHORIZED, "the token is not valid"));
    }
    same_namespace(&app, &headers)?;
    each(asked, |payload| app.codec.encrypt(payload))
}

fn each(
    asked: Payloads,
    turn: impl Fn(&Payload) -> Result<Payload, platform::codec::CodecError>,
) -> Result<Json<Payloads>, Refused> {
    let payloads = asked
        .payloads
        .iter()
        .map(|wire| {
            let payload = wire
                .read()
                .ok_or((StatusCode::BAD_REQUEST, "a payload is not base64"))?;
            let turned =
                turn(&payload).map_err(|_| (StatusCode::BAD_REQUEST, "a payload does not open"))?;
            Ok(WirePayload::write(&turned))
        })
        .collect::<Result<_, Refused>>()?;
    Ok(Json(Payloads { payloads }))
}

/// A request of the codec as if these bytes were it, see [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(crate) fn fuzz(body: &[u8]) {
    if let Ok(asked) = serde_json::from_slice::<Payloads>(body) {
        let _ = each(asked, |payload| Ok(payload.clone()));
    }
}
