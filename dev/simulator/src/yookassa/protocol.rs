//! The API at the socket.

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{SecondsFormat, TimeDelta};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::check::{self, BANKS, Wrong};
use super::money::Kopecks;
use super::payout::{Outcome, Payout, Status};
use super::{GATEWAY_ID, PersonalData, SECRET, State, Used, error_body, settle};
use crate::core::{Partner, Sim};

const CONTENT_TYPE: &str = "application/json;charset=UTF-8";
const LONGEST_KEY: usize = 64;
/// A key is remembered so long, hours.
const KEY_HOURS: i64 = 24;
/// The largest sum of one payout by SBP.
const SBP_MAX: Kopecks = Kopecks(50_000_000);
/// A repeat of a request in work is asked to wait so long, milliseconds.
const PROCESSING_MS: u64 = 500;

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    settle::resume(&sim);
    Router::new()
        .route("/v3/payouts", post(create_payout))
        .route("/v3/payouts/{id}", get(get_payout))
        .route("/v3/personal_data", post(create_personal_data))
        .route("/v3/sbp_banks", get(list_banks))
        .fallback(|| async { plain_error(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { plain_error(StatusCode::METHOD_NOT_ALLOWED) })
        .with_state(sim)
}

fn ok(body: &Value) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, CONTENT_TYPE)],
        body.to_string(),
    )
        .into_response()
}

fn plain_error(status: StatusCode) -> Response {
    let (kind, body) = error_body(status.as_u16());
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn invalid(parameter: &str, description: &str) -> Response {
    let body = json!({
        "type": "error",
        "id": Uuid::new_v4(),
        "code": "invalid_request",
        "description": description,
        "parameter": parameter,
    });
    (
        StatusCode::BAD_REQUEST,
        [(header::CONTENT_TYPE, CONTENT_TYPE)],
        body.to_string(),
    )
        .into_response()
}

fn authorized(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let wanted = format!(
        "Basic {}",
        STANDARD.encode(format!("{GATEWAY_ID}:{SECRET}"))
    );
    match headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
    {
        Some(given) if given == wanted => Ok(()),
        _ => Err(Box::new(plain_error(StatusCode::UNAUTHORIZED))),
    }
}

/// A POST that may go on: its key and its body.
fn posted(headers: &HeaderMap, body: &Bytes) -> Result<(String, Value), Box<Response>> {
    authorized(headers)?;
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !json.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Box::new(plain_error(StatusCode::UNSUPPORTED_MEDIA_TYPE)));
    }
    let key = headers
        .get("Idempotence-Key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if key.is_empty() {
        return Err(Box::new(invalid(
            "Idempotence-Key",
            "Idempotence key is missing",
        )));
    }
    if key.len() > LONGEST_KEY {
        return Err(Box::new(invalid(
            "Idempotence-Key",
            "Idempotence key is too long",
        )));
    }
    match serde_json::from_slice(body) {
        Ok(value) => Ok((key.to_owned(), value)),
        Err(_) => Err(Box::new(invalid("", "The body is not valid JSON"))),
    }
}

fn digest(body: &Bytes) -> String {
    hex::encode(Sha256::digest(body))
}

/// What the key says: nothing, the first answer again, or a refusal.
enum Before {
    Nothing,
    Made(String),
    Refused(Box<Response>),
}

fn before(sim: &Sim, state: &mut State, operation: &str, key: &str, body: &Bytes) -> Before {
    let forgotten = sim.now() - TimeDelta::hours(KEY_HOURS);
    state.keys.retain(|_, used| used.at > forgotten);
    let Some(used) = state.keys.get(&format!("{operation}/{key}")) else {
        return Before::Nothing;
    };
    if used.body_sha256 != digest(body) {
        return Before::Refused(Box::new(invalid(
            "Idempotence-Key",
            "Idempotence key duplicated",
        )));
    }
    Before::Made(used.made.clone())
}

fn processing() -> Response {
    let body = json!({
        "type": "processing",
        "description": "Request accepted, but not processed yet. Please retry again with the same parameters",
        "retry_after": PROCESSING_MS,
    });
    (
        StatusCode::ACCEPTED,
        [(header::CONTENT_TYPE, CONTENT_TYPE)],
        body.to_string(),
    )
        .into_response()
}

async fn create_payout(Shared(sim): Shared<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    let (key, asked) = match posted(&headers, &body) {
        Ok(posted) => posted,
        Err(refusal) => return *refusal,
    };
    let (payout, in_work) = {
        let mut state = sim.state::<State>();
        match before(&sim, &mut state, "payouts", &key, &body) {
            Before::Made(id) => {
                let made = state.payout(&id).map(Payout::json);
                return made.map_or_else(|| plain_error(StatusCode::NOT_FOUND), |made| ok(&made));
            }
            Before::Refused(refusal) => return *refusal,
            Before::Nothing => {}
        }
        let asked = match check::read(&asked) {
            Ok(asked) => asked,
            Err(Wrong(parameter, description)) => return invalid(parameter, description),
        };
        if asked
            .personal_data
            .iter()
            .any(|id| !state.personal_data.iter().any(|known| known.id == *id))
        {
            return invalid("personal_data", "Personal data is not found");
        }
        let (outcome, reason) = match state.script(&asked.phone) {
            Some(script) => script,
            None if asked.amount > SBP_MAX => {
                (Outcome::Canceled, "one_time_limit_exceeded".to_owned())
            }
            None => (Outcome::Succeeded, String::new()),
        };
        let payout = Payout {
            id: format!("po-{}", Uuid::new_v4()),
            key: key.clone(),
            amount: asked.amount,
            phone: asked.phone,
            bank_id: asked.bank_id,
            description: asked.description,
            metadata: asked.metadata,
            status: Status::Pending,
            outcome,
            reason,
            created_at: sim.now(),
            ended_at: None,
        };
        let in_work = outcome == Outcome::Processing;
        let used = Used {
            body_sha256: digest(&body),
            at: sim.now(),
            made: payout.id.clone(),
        };
        state.keys.insert(format!("payouts/{key}"), used);
        state.payouts.push(payout.clone());
        (payout, in_work)
    };
    let detail = json!({ "id": payout.id, "amount": payout.amount });
    sim.ledger()
        .record_with(Partner::Yookassa, "create_payout", &key, &body, detail);
    settle::later(&sim, &payout.id);
    if in_work {
        processing()
    } else {
        ok(&payout.json())
    }
}

async fn get_payout(
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = authorized(&headers) {
        return *refusal;
    }
    let Some(mut payout) = sim.state::<State>().payout(&id).cloned() else {
        return plain_error(StatusCode::NOT_FOUND);
    };
    if sim.faults().is_stale(Partner::Yookassa, "get_payout") {
        payout.status = Status::Pending;
    }
    ok(&payout.json())
}

async fn create_personal_data(
    Shared(sim): Shared<Sim>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (key, asked) = match posted(&headers, &body) {
        Ok(posted) => posted,
        Err(refusal) => return *refusal,
    };
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("type") != "sbp_payout_recipient" {
        return invalid("type", "sbp_payout_recipient is expected");
    }
    for name in ["last_name", "first_name"] {
        if text(name).is_empty() {
            return invalid(name, "The field is required");
        }
    }
    let mut state = sim.state::<State>();
    let known = match before(&sim, &mut state, "personal_data", &key, &body) {
        Before::Made(id) => state
            .personal_data
            .iter()
            .find(|known| known.id == id)
            .cloned(),
        Before::Refused(refusal) => return *refusal,
        Before::Nothing => None,
    };
    let data = known.unwrap_or_else(|| {
        let data = PersonalData {
            id: format!("pd-{}", Uuid::new_v4()),
            created_at: sim.now(),
        };
        let used = Used {
            body_sha256: digest(&body),
            at: sim.now(),
            made: data.id.clone(),
        };
        state.keys.insert(format!("personal_data/{key}"), used);
        state.personal_data.push(data.clone());
        sim.ledger()
            .record(Partner::Yookassa, "create_personal_data", &key, &body);
        data
    });
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    ok(&json!({
        "id": data.id,
        "type": "sbp_payout_recipient",
        "status": "active",
        "created_at": time(data.created_at),
        "expires_at": time(data.created_at + TimeDelta::days(1)),
        "metadata": {},
    }))
}

async fn list_banks(headers: HeaderMap) -> Response {
    if let Err(refusal) = authorized(&headers) {
        return *refusal;
    }
    let items: Vec<Value> = BANKS
        .iter()
        .map(|(id, name, bic)| json!({ "bank_id": id, "name": name, "bic": bic }))
        .collect();
    ok(&json!({ "type": "list", "items": items }))
}
