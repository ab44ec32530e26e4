//! Tokens, and how a call is refused.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, RawQuery, State as Shared};
use axum::response::{IntoResponse, Response};
use chrono::Duration;
use http::request::Parts;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{State, error_body};
use crate::core::Sim;

/// Life of a token.
const TOKEN_SECS: i64 = 3600;
/// An answer of the error table.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (content_type, body) = error_body(self.0);
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// The caller showed a token that is in force.
pub(super) struct Authorized;

impl FromRequestParts<Sim> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Refusal> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .ok_or(Refusal(401))?;
        let state = sim.state::<State>();
        let ends = state.tokens.get(token).ok_or(Refusal(401))?;
        if *ends > sim.now() {
            Ok(Self)
        } else {
            Err(Refusal(401))
        }
    }
}

#[derive(Deserialize)]
struct Grant {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

/// The document has the fields in the query, its example in a form: both are taken.
pub(super) async fn token(
    Shared(sim): Shared<Sim>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let form = String::from_utf8_lossy(&body);
    let fields = format!("{}&{form}", query.unwrap_or_default());
    let fields: serde_json::Map<String, Value> = url::form_urlencoded::parse(fields.as_bytes())
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect();
    let grant: Grant = serde_json::from_value(Value::Object(fields)).map_err(|_| Refusal(400))?;
    if grant.grant_type != "client_credentials" {
        return Err(Refusal(400));
    }
    let mut state = sim.state::<State>();
    let accepted = match &state.settings.credentials {
        Some(pair) => {
            pair.client_id == grant.client_id && pair.client_secret == grant.client_secret
        }
        None => !grant.client_id.is_empty() && !grant.client_secret.is_empty(),
    };
    if !accepted {
        return Err(Refusal(401));
    }
    let token = uuid::Uuid::new_v4().simple().to_string();
    let now = sim.now();
    state.tokens.retain(|_, ends| *ends > now);
    state
        .tokens
        .insert(token.clone(), now + Duration::seconds(TOKEN_SECS));
    Ok(Json(
        json!({ "access_token": token, "expires_in": TOKEN_SECS, "token_type": "Bearer" }),
    ))
}
