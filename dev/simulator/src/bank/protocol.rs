//! The API at the socket.

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use bytes::Bytes;
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::check::{self, Wrong};
use super::order::{self, Order, Status};
use super::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, State, error_body, fault};
use crate::core::{Partner, Sim};

/// An access token lives so long, minutes.
const TOKEN_MINUTES: i64 = 60;

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    order::resume(&sim);
    Router::new()
        .route("/ic/sso/api/v2/oauth/token", post(token))
        .route("/fintech/api/v1/payments", post(create_order))
        .route("/fintech/api/v1/payments/{id}", get(get_order))
        .route("/fintech/api/v1/payments/{id}/state", get(order_state))
        .with_state(sim)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

fn refused(status: StatusCode) -> Response {
    let (kind, body) = error_body(status.as_u16());
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    refresh_token: String,
}

async fn token(Shared(sim): Shared<Sim>, Form(asked): Form<TokenRequest>) -> Response {
    let TokenRequest {
        grant_type,
        client_id,
        client_secret,
        refresh_token,
    } = asked;
    let error = |code: &str| answer(StatusCode::BAD_REQUEST, &json!({ "error": code }));
    if client_id != CLIENT_ID || client_secret != CLIENT_SECRET {
        return error("invalid_client");
    }
    if grant_type != "refresh_token" {
        return error("unsupported_grant_type");
    }
    if refresh_token != REFRESH_TOKEN {
        return error("invalid_grant");
    }
    let issued = format!("{}000000", Uuid::new_v4().simple());
    let until = sim.now() + TimeDelta::minutes(TOKEN_MINUTES);
    sim.state::<State>().tokens.insert(issued.clone(), until);
    let body = json!({
        "access_token": issued,
        "refresh_token": REFRESH_TOKEN,
        "token_type": "Bearer",
        "expires_in": TOKEN_MINUTES * 60,
        "scope": "openid PAY_DOC_RU",
    });
    answer(StatusCode::OK, &body)
}

/// The token comes with or without `Bearer`.
fn authorized(sim: &Sim, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let token = given.strip_prefix("Bearer ").unwrap_or(given);
    let good = token == ACCESS_TOKEN
        || sim
            .state::<State>()
            .tokens
            .get(token)
            .is_some_and(|until| *until > sim.now());
    if good {
        Ok(())
    } else {
        Err(Box::new(refused(StatusCode::UNAUTHORIZED)))
    }
}

async fn create_order(Shared(sim): Shared<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = authorized(&sim, &headers) {
        return *refusal;
    }
    let asked = match check::read(&body) {
        Ok(asked) => asked,
        Err(Wrong::Shape(field)) => {
            let mut fault = fault("DESERIALIZATION_FAULT", "Неверный формат запроса");
            fault["fieldNames"] = json!([field]);
            return answer(StatusCode::BAD_REQUEST, &fault);
        }
        Err(Wrong::Fields(wrong)) => {
            let mut fault = fault("VALIDATION_FAULT", "Ошибка валидации");
            fault["fieldNames"] = wrong.iter().map(|(name, _)| json!(name)).collect();
            fault["checks"] = wrong
                .iter()
                .map(|(name, why)| json!({ "level": "ERROR", "fields": [name], "message": format!("{name}: {why}") }))
                .collect();
            return answer(StatusCode::BAD_REQUEST, &fault);
        }
    };
    let id = asked.external_id;
    let order = {
        let mut state = sim.state::<State>();
        if state.orders.contains_key(&id) {
            let fault = fault(
                "WORKFLOW_FAULT",
                "Документ с указанным externalId уже существует",
            );
            return answer(StatusCode::BAD_REQUEST, &fault);
        }
        state.number += 1;
        let given = asked
            .fields
            .get("number")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let order = Order {
            external_id: id,
            number: given.unwrap_or_else(|| state.number.to_string()),
            amount: asked.amount,
            status: if asked.signed {
                Status::Signed
            } else {
                Status::Created
            },
            comment: None,
            fields: asked.fields,
            changed_at: sim.now(),
        };
        state.orders.insert(id, order.clone());
        order
    };
    let detail = json!({ "status": order.status, "kopecks": order.amount });
    sim.ledger().record_with(
        Partner::Bank,
        "create_order",
        &id.to_string(),
        &body,
        detail,
    );
    if asked.signed {
        order::execute(&sim, id);
    }
    answer(StatusCode::CREATED, &order.json())
}

fn found(sim: &Sim, headers: &HeaderMap, id: &str) -> Result<Order, Box<Response>> {
    authorized(sim, headers)?;
    let order = id
        .parse::<Uuid>()
        .ok()
        .and_then(|id| sim.state::<State>().orders.get(&id).cloned());
    order.ok_or_else(|| Box::new(refused(StatusCode::NOT_FOUND)))
}

async fn get_order(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match found(&sim, &headers, &id) {
        Ok(order) => answer(StatusCode::OK, &order.json()),
        Err(refusal) => *refusal,
    }
}

async fn order_state(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match found(&sim, &headers, &id) {
        Ok(mut order) => {
            if sim.faults().is_stale(Partner::Bank, "order_state") {
                order.status = Status::Created;
            }
            answer(StatusCode::OK, &order.state())
        }
        Err(refusal) => *refusal,
    }
}
