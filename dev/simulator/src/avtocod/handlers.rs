//! The calls, one function each.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, OriginalUri, Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use http::request::Parts;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::sources::{Board, Stage};
use super::{Made, Report, SilentSources, State, content, event, fail, stamp, token};
use crate::catalogue::Car;
use crate::core::{Callback, Partner, Sim};

/// How often a webhook is sent until it is answered with 2xx, and the pause between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

const QUERY_TYPES: [&str; 11] = [
    "AUTODETECT",
    "VIN",
    "GRZ",
    "STS",
    "PTS",
    "CHASSIS",
    "BODY",
    "DLN",
    "SEN",
    "PIN",
    "NONE",
];

/// A fault in the partner's own words.
#[derive(Debug)]
pub(super) struct Fault(StatusCode, Value);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

/// The caller's token is good.
pub(super) struct Authorized;

impl FromRequestParts<Sim> for Authorized {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Fault> {
        let shown = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("AR-REST "))
            .unwrap_or_default();
        let state = sim.state::<State>();
        let accepted = state.settings.credentials.as_ref();
        token::check(shown, sim.now(), accepted)
            .map(|()| Self)
            .map_err(|refused| {
                let data = json!({ "token": shown });
                let fault = event(sim.now(), "Security", refused.kind(), refused.name(), data);
                Fault(StatusCode::BAD_REQUEST, fault)
            })
    }
}

pub(super) async fn ping(Shared(sim): Shared<Sim>) -> Json<Value> {
    let now = sim.now().timestamp_millis();
    Json(json!({ "value": "pong", "in": now, "out": now, "delay": 0 }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Make {
    query_type: String,
    query: String,
    #[serde(default)]
    idempotence_key: Option<String>,
    #[serde(default)]
    options: Option<Options>,
}

#[derive(Default, Deserialize)]
struct Options {
    /// Sources are asked anew although the car has a report.
    #[serde(rename = "FORCE", default)]
    force: bool,
    #[serde(default)]
    webhook: Option<Webhook>,
}

#[derive(Default, Deserialize)]
struct Webhook {
    #[serde(default)]
    on_update: Option<String>,
    #[serde(default)]
    on_complete: Option<String>,
}

/// A car has one report of a type: its uid is made of both. A key that was used answers what it made.
pub(super) async fn make(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(report_type): Path<String>,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    let make: Make = serde_json::from_slice(&body).map_err(|_| unreadable(&sim, uri.path()))?;
    let domain = known_type(&sim, &report_type)?;
    let Make {
        query_type,
        query,
        idempotence_key,
        options,
    } = make;
    let Options { force, webhook } = options.unwrap_or_default();
    let query = query.trim().to_owned();
    check_query(&sim, &query_type, &query)?;
    let car = sim.catalogue().find(&query);
    let vehicle = car.as_ref().map_or(query.as_str(), |car| car.identifier());
    let kind = report_type.split('@').next().unwrap_or_default();
    let ordered = Order {
        uid: format!("{kind}_{vehicle}@{domain}"),
        process_request_uid: format!(
            "{kind}_{vehicle}_{}@{domain}",
            uuid::Uuid::new_v4().simple()
        ),
        report_type: report_type.clone(),
        query_type,
        query: query.clone(),
        key: idempotence_key,
        force,
    };
    let (made, is_new, asked) = order(&sim, ordered, car.as_ref(), &body);
    if asked {
        tell(&sim, &made, &webhook.unwrap_or_default(), car.as_ref());
    }
    Ok(Json(answer(&sim, &[made_json(&sim, &made, is_new)])))
}

struct Order {
    uid: String,
    process_request_uid: String,
    report_type: String,
    query_type: String,
    query: String,
    key: Option<String>,
    force: bool,
}

/// What was made, whether the car had no report before, and whether its sources are asked now.
fn order(sim: &Sim, order: Order, car: Option<&Car>, body: &[u8]) -> (Made, bool, bool) {
    let Order {
        uid,
        process_request_uid,
        report_type,
        query_type,
        query,
        key,
        force,
    } = order;
    let mut state = sim.state::<State>();
    if let Some(made) = key.as_ref().and_then(|key| state.keys.get(key)) {
        return (made.clone(), false, false);
    }
    let now = sim.now();
    let silent = state.settings.silent_sources;
    let former = state.reports.get(&uid).cloned();
    let is_new = former.is_none();
    let made = Made {
        uid: uid.clone(),
        process_request_uid,
    };
    if let Some(key) = &key {
        state.keys.insert(key.clone(), made.clone());
    }
    if former.is_some() && !force {
        return (made, false, false);
    }
    let report = Report {
        report_type,
        query_type,
        query,
        car: car.cloned().map(Box::new),
        asked_at: now,
        created_at: former.as_ref().map_or(now, |report| report.created_at),
        ready_after_ms: state.settings.ready_after_ms,
        former: former.map(|report| shown(sim, &uid, &report, silent)),
    };
    state.reports.insert(uid.clone(), report);
    sim.ledger().record_with(
        Partner::Avtocod,
        "make_report",
        key.as_deref().unwrap_or(&uid),
        body,
        json!({ "uid": uid, "car": car.map(|car| &car.id) }),
    );
    (made, is_new, true)
}

fn made_json(sim: &Sim, made: &Made, is_new: bool) -> Value {
    let wait = sim
        .state::<State>()
        .reports
        .get(&made.uid)
        .map_or(0, |report| report.ready_after_ms as i64);
    json!({
        "uid": made.uid,
        "isnew": is_new,
        "process_request_uid": made.process_request_uid,
        "suggest_get": stamp(sim.now() + TimeDelta::milliseconds(wait)),
    })
}

/// Body of the webhooks: nothing public describes it, see README. A report that a silent source keeps from
/// its end is never told complete.
fn tell(sim: &Sim, made: &Made, webhook: &Webhook, car: Option<&Car>) {
    let (ready_after_ms, silent) = {
        let settings = &sim.state::<State>().settings;
        (settings.ready_after_ms, settings.silent_sources)
    };
    let complete =
        silent == SilentSources::Error || car.is_none_or(|car| car.outcome.silent.is_empty());
    let ready_at = sim.now() + TimeDelta::milliseconds(ready_after_ms as i64);
    let send = |url: &str, operation: &str, after_ms: u64| {
        let body = json!({
            "event": operation,
            "uid": made.uid,
            "process_request_uid": made.process_request_uid,
            "stamp": stamp(ready_at),
        });
        let callback = Callback::json(url, &body)
            .delay(Duration::from_millis(after_ms))
            .attempts(ATTEMPTS, PAUSE);
        sim.callbacks().send(Partner::Avtocod, operation, callback);
    };
    if let Some(url) = &webhook.on_update {
        send(url, "on_update", ready_after_ms / 2);
    }
    if let Some(url) = webhook.on_complete.as_ref().filter(|_| complete) {
        // A little later than complete: who asks at once must find it so.
        send(url, "on_complete", ready_after_ms + 20);
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "_content", default)]
    content: Option<bool>,
    #[serde(rename = "_detailed", default)]
    detailed: Option<bool>,
}

/// A report that does not exist is an empty success.
pub(super) async fn get_report(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(uid): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Json<Value> {
    let (report, silent) = {
        let state = sim.state::<State>();
        (
            state.reports.get(&uid).cloned(),
            state.settings.silent_sources,
        )
    };
    let Some(report) = report else {
        return Json(answer(&sim, &[]));
    };
    let stale = sim.faults().is_stale(Partner::Avtocod, "get_report");
    let mut answered = match report.former.clone().filter(|_| stale) {
        Some(former) => former,
        None => shown(&sim, &uid, &report, silent),
    };
    if let Some(fields) = answered.as_object_mut() {
        if wanted.content == Some(false) {
            fields.remove("content");
        }
        if wanted.detailed != Some(true) {
            fields.remove("state");
        }
    }
    Json(answer(&sim, &[answered]))
}

pub(super) async fn refresh(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(uid): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    let made = {
        let now = sim.now();
        let mut state = sim.state::<State>();
        let ready_after_ms = state.settings.ready_after_ms;
        let silent = state.settings.silent_sources;
        let Some(report) = state.reports.get_mut(&uid) else {
            drop(state);
            return Err(no_object(&sim, "api.model.Report", &uid));
        };
        report.former = Some(shown(&sim, &uid, report, silent));
        if let Some(car) = &mut report.car {
            **car = sim
                .catalogue()
                .car(&car.id)
                .unwrap_or_else(|| (**car).clone());
        }
        report.asked_at = now;
        report.ready_after_ms = ready_after_ms;
        Made {
            process_request_uid: format!("{}_{uid}", uuid::Uuid::new_v4().simple()),
            uid: uid.clone(),
        }
    };
    sim.ledger()
        .record(Partner::Avtocod, "refresh_report", &uid, &body);
    Ok(Json(answer(&sim, &[made_json(&sim, &made, false)])))
}

pub(super) async fn no_such_call(Shared(sim): Shared<Sim>, OriginalUri(uri): OriginalUri) -> Fault {
    let body = json!({
        "timestamp": stamp(sim.now()),
        "status": 404,
        "error": "Not Found",
        "message": "No message available",
        "path": uri.path(),
    });
    Fault(StatusCode::NOT_FOUND, body)
}

fn answer(sim: &Sim, data: &[Value]) -> Value {
    json!({ "state": "ok", "size": data.len(), "stamp": stamp(sim.now()), "data": data })
}

/// The domain of a report type that exists.
fn known_type(sim: &Sim, report_type: &str) -> Result<String, Fault> {
    let known = match &sim.state::<State>().settings.report_types {
        Some(types) => types.iter().any(|known| known == report_type),
        None => true,
    };
    report_type
        .split_once('@')
        .filter(|_| known)
        .map(|(_, domain)| domain.to_owned())
        .ok_or_else(|| no_object(sim, "api.model.Report_Type", report_type))
}

/// An object that does not exist is the partner's 500.
fn no_object(sim: &Sim, kind: &str, uid: &str) -> Fault {
    let name = "Отсутствие объекта с заданным идентификатором";
    let data = json!({ "entity_type": kind, "entity_uid": uid });
    let fault = event(sim.now(), "Data", "DataSeekObjectError", name, data);
    Fault(StatusCode::INTERNAL_SERVER_ERROR, fail(fault))
}

fn check_query(sim: &Sim, query_type: &str, query: &str) -> Result<(), Fault> {
    let length = query.chars().count();
    let fits = match query_type {
        "VIN" => length == 17 && query.chars().all(|c| c.is_ascii_alphanumeric()),
        other => QUERY_TYPES.contains(&other) && (4..=25).contains(&length),
    };
    if fits {
        return Ok(());
    }
    let data = json!({ "queryType": query_type });
    let fault = event(
        sim.now(),
        "Validation",
        "ValidationQueryError",
        "Некорректный запрос",
        data,
    );
    Err(Fault(StatusCode::BAD_REQUEST, fail(fault)))
}

fn unreadable(sim: &Sim, path: &str) -> Fault {
    let body = json!({
        "timestamp": stamp(sim.now()),
        "status": 400,
        "error": "Bad Request",
        "exception": "org.springframework.http.converter.HttpMessageNotReadableException",
        "message": "Bad Request",
        "path": path,
    });
    Fault(StatusCode::BAD_REQUEST, body)
}

fn shown(sim: &Sim, uid: &str, report: &Report, silent: SilentSources) -> Value {
    let board = board(sim, report, silent);
    content::report(uid, report, &board, sim.now())
}

/// A source that is waited for may speak again; one that failed has failed for this report.
pub(super) fn board(sim: &Sim, report: &Report, silent: SilentSources) -> Board {
    let then = report.car.as_deref();
    let now = then.and_then(|car| sim.catalogue().car(&car.id));
    let car = match silent {
        SilentSources::Error => then,
        SilentSources::Progress => now.as_ref(),
    };
    let sources = car.map(|car| car.outcome.silent.as_slice());
    Board::of(report, (sources.unwrap_or_default(), silent), sim.now())
}

/// Whether all of a report's sources have ended.
pub(super) fn is_complete(board: &Board) -> bool {
    board.count(Stage::Progress) == 0
}
