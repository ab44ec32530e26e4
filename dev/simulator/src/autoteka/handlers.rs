//! The calls, one function each.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::access::{Authorized, Refusal};
use super::{Lookup, State, report, specification};
use crate::catalogue::Car;
use crate::core::{Partner, Sim};

/// A synchronous order of the same car is not charged again for so long.
const SYNC_REPEAT: Duration = Duration::hours(1);

type Answer = Result<Response, Refusal>;

#[derive(Deserialize)]
struct ByVin {
    vin: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByPlate {
    #[serde(alias = "plateNumber")]
    reg_number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByVehicle {
    vehicle_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByPreview {
    preview_id: u64,
}

pub(super) async fn preview(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let rate = limited(&sim)?;
    let ByVin { vin } = read(&body)?;
    new_preview(&sim, vin, rate)
}

pub(super) async fn preview_by_plate(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    body: Bytes,
) -> Answer {
    let rate = limited(&sim)?;
    let ByPlate { reg_number } = read(&body)?;
    new_preview(&sim, reg_number, rate)
}

fn new_preview(sim: &Sim, vehicle: String, rate: Rate) -> Answer {
    let lookup = ordered(sim, vehicle)?;
    let mut state = sim.state::<State>();
    let id = state.id();
    state.previews.insert(id, lookup);
    let body = json!({ "result": { "preview": { "previewId": id } } });
    Ok(rate.on(ok(&body)))
}

pub(super) async fn get_preview(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
) -> Answer {
    let id = number(&id)?;
    let (lookup, ready) = polled(&sim, |state| state.previews.get_mut(&id))?;
    let preview = match lookup.car {
        _ if !ready => json!({ "previewId": id, "status": "processing" }),
        None => json!({ "previewId": id, "status": "notFound" }),
        Some(car) => json!({
            "previewId": id,
            "status": "success",
            "vin": car.identifier(),
            "regNumber": car.plate,
            "data": {
                "brand": car.make.to_uppercase(),
                "model": car.model,
                "year": car.year,
                "sellByProSeller": false,
            },
        }),
    };
    Ok(ok(&json!({ "result": { "preview": preview } })))
}

pub(super) async fn buy_by_preview(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let ByPreview { preview_id } = read(&body)?;
    let preview = sim.state::<State>().previews.get(&preview_id).cloned();
    let id = bought(&sim, &preview.ok_or(Refusal(404))?.vehicle, &body)?;
    Ok(ok(&bought_answer(id)))
}

pub(super) async fn buy_by_vehicle(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let rate = limited(&sim)?;
    let ByVehicle { vehicle_id } = read(&body)?;
    let id = bought(&sim, &vehicle_id, &body)?;
    Ok(rate.on(ok(&bought_answer(id))))
}

fn bought_answer(id: u64) -> Value {
    json!({ "result": { "report": { "reportId": id, "status": "processing" } } })
}

/// Takes a report from the package. A car that nobody knows costs nothing.
fn bought(sim: &Sim, vehicle: &str, body: &[u8]) -> Result<u64, Refusal> {
    let lookup = ordered(sim, vehicle.to_owned())?;
    let number = known(&lookup)?.identifier().to_owned();
    let mut state = sim.state::<State>();
    if state.remain() == 0 {
        return Err(Refusal(403));
    }
    state.debited += 1;
    let id = state.id();
    state.reports.insert(id, lookup);
    sim.ledger().record_with(
        Partner::Autoteka,
        "buy_report",
        &number,
        body,
        json!({ "report_id": id }),
    );
    Ok(id)
}

pub(super) async fn sync_by_vin(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let ByVin { vin } = read(&body)?;
    sync(&sim, &vin, &body)
}

pub(super) async fn sync_by_plate(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let ByPlate { reg_number } = read(&body)?;
    sync(&sim, &reg_number, &body)
}

fn sync(sim: &Sim, vehicle: &str, body: &[u8]) -> Answer {
    let now = sim.now();
    let Some(car) = sim.catalogue().find(vehicle) else {
        let nothing = json!({ "reportId": 0, "status": "notFound" });
        return Ok(ok(&json!({ "result": { "report": nothing } })));
    };
    let paid = sim
        .state::<State>()
        .reports
        .iter()
        .rev()
        .find(|(_, r)| {
            r.car.as_ref().is_some_and(|own| own.id == car.id) && now - r.created_at < SYNC_REPEAT
        })
        .map(|(id, report)| (*id, report.created_at));
    let (id, at) = match paid {
        Some(paid) => paid,
        None => (bought(sim, vehicle, body)?, now),
    };
    Ok(ok(&report::ready(id, &car, at)))
}

/// "2020-09-30 16:51:32.187629" in Moscow's time, without saying so.
fn stamp(at: DateTime<Utc>) -> String {
    let moscow = at + Duration::hours(3);
    moscow.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    vin: Option<String>,
    limit: Option<usize>,
    /// The last report of the page before; older ones follow.
    last_report_id: Option<u64>,
}

/// Newest first.
pub(super) async fn list(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    page: Result<Query<Page>, QueryRejection>,
) -> Answer {
    let Query(page) = page.map_err(|_| Refusal(400))?;
    let limit = page.limit.unwrap_or(20);
    if !(1..=500).contains(&limit) {
        return Err(Refusal(400));
    }
    let wanted = page.vin.map(|vin| plain(&vin));
    let state = sim.state::<State>();
    let bought: Vec<Value> = state
        .reports
        .iter()
        .rev()
        .filter(|(id, _)| page.last_report_id.is_none_or(|last| **id < last))
        .map(|(id, report)| {
            let own = report.car.as_ref().map(|car| car.identifier());
            let vin = own.unwrap_or(&report.vehicle).to_owned();
            (id, vin, report.created_at)
        })
        .filter(|(_, vin, _)| wanted.as_ref().is_none_or(|wanted| *wanted == plain(vin)))
        .take(limit)
        .map(|(id, vin, at)| json!({ "reportId": id, "vin": vin, "createdAt": stamp(at) }))
        .collect();
    Ok(ok(&json!({ "result": bought })))
}

/// Spellings of a frame number differ in hyphens.
fn plain(number: &str) -> String {
    number.replace('-', "").to_uppercase()
}

pub(super) async fn get_report(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
) -> Answer {
    let id = number(&id)?;
    let (lookup, ready) = polled(&sim, |state| state.reports.get_mut(&id))?;
    let stale = sim.faults().is_stale(Partner::Autoteka, "get_report");
    if !ready || stale {
        return Ok(ok(&bought_answer(id)));
    }
    let mut car = known(&lookup)?.clone();
    // Sources that did not answer then do so once they can.
    if let Some(now) = sim.catalogue().car(&car.id) {
        car.outcome.silent = now.outcome.silent;
    }
    Ok(ok(&report::ready(id, &car, sim.now())))
}

pub(super) async fn package(_: Authorized, Shared(sim): Shared<Sim>) -> Answer {
    let state = sim.state::<State>();
    if state.settings.package == 0 {
        return Err(Refusal(403));
    }
    let package = json!({
        "createdTime": "2026-01-01 00:00:00.000000",
        "expireTime": "2027-12-31 23:59:59",
        "reportsCnt": state.settings.package,
        "reportsCntRemain": state.remain(),
    });
    Ok(ok(&json!({ "result": { "package": package } })))
}

pub(super) async fn order_specification(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    body: Bytes,
) -> Answer {
    let rate = limited(&sim)?;
    let ByVehicle { vehicle_id } = read(&body)?;
    new_specification(&sim, vehicle_id, rate)
}

pub(super) async fn order_specification_by_plate(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    body: Bytes,
) -> Answer {
    let rate = limited(&sim)?;
    let ByPlate { reg_number } = read(&body)?;
    new_specification(&sim, reg_number, rate)
}

fn new_specification(sim: &Sim, vehicle: String, rate: Rate) -> Answer {
    let lookup = ordered(sim, vehicle)?;
    let mut state = sim.state::<State>();
    let id = state.id();
    state.specifications.insert(id, lookup);
    let body = json!({ "result": { "specification": { "specificationId": id } } });
    Ok(rate.on(ok(&body)))
}

pub(super) async fn get_specification(
    _: Authorized,
    Shared(sim): Shared<Sim>,
    Path(id): Path<String>,
) -> Answer {
    let id = number(&id)?;
    let (lookup, ready) = polled(&sim, |state| state.specifications.get_mut(&id))?;
    let specification = match &lookup.car {
        _ if !ready => {
            json!({ "specificationId": id, "status": "processing", "vehicleId": null, "plateNumber": null })
        }
        None => {
            json!({ "specificationId": id, "status": "notFound", "vehicleId": lookup.vehicle, "plateNumber": null })
        }
        Some(car) => specification::of(id, car),
    };
    Ok(ok(&json!({ "result": { "specification": specification } })))
}

pub(super) async fn resolve(_: Authorized, body: Bytes) -> Answer {
    let chosen: specification::Chosen = read(&body)?;
    let fields = specification::open_fields(&chosen).ok_or(Refusal(400))?;
    Ok(ok(&json!({ "result": { "fields": fields } })))
}

pub(super) async fn valuate(_: Authorized, Shared(sim): Shared<Sim>, body: Bytes) -> Answer {
    let rate = limited(&sim)?;
    let query: specification::Valuation = read(&body)?;
    let result = specification::valued(sim.catalogue(), &query);
    Ok(rate.on(ok(&json!({ "result": result }))))
}

pub(super) async fn no_such_call() -> Refusal {
    Refusal(404)
}

fn ordered(sim: &Sim, vehicle: String) -> Result<Lookup, Refusal> {
    let vehicle = vehicle.trim().to_owned();
    if vehicle.is_empty() {
        return Err(Refusal(400));
    }
    Ok(Lookup {
        car: sim.catalogue().find(&vehicle).map(Box::new),
        vehicle,
        created_at: sim.now(),
        waits: sim.state::<State>().settings.processing_answers,
    })
}

fn known(lookup: &Lookup) -> Result<&Car, Refusal> {
    lookup.car.as_deref().ok_or(Refusal(404))
}

/// Counts a question for something ordered; whether it is ready.
fn polled(
    sim: &Sim,
    find: impl FnOnce(&mut State) -> Option<&mut Lookup>,
) -> Result<(Lookup, bool), Refusal> {
    let mut state = sim.state::<State>();
    let lookup = find(&mut state).ok_or(Refusal(404))?;
    let ready = lookup.waits == 0;
    lookup.waits = lookup.waits.saturating_sub(1);
    Ok((lookup.clone(), ready))
}

/// What is left of the minute's calls.
struct Rate {
    limit: u32,
    remaining: u32,
}

impl Rate {
    fn on(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert("X-RateLimit-Limit", HeaderValue::from(self.limit));
        headers.insert("X-RateLimit-Remaining", HeaderValue::from(self.remaining));
        response
    }
}

fn limited(sim: &Sim) -> Result<Rate, Refusal> {
    let minute = sim.now().timestamp() / 60;
    let mut state = sim.state::<State>();
    if state.minute.0 != minute {
        state.minute = (minute, 0);
    }
    let limit = state.settings.rate_per_minute;
    if state.minute.1 >= limit {
        return Err(Refusal(429));
    }
    state.minute.1 += 1;
    Ok(Rate {
        limit,
        remaining: limit - state.minute.1,
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal(400))
}

fn number(id: &str) -> Result<u64, Refusal> {
    id.parse().map_err(|_| Refusal(400))
}

fn ok(body: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body.to_string(),
    )
        .into_response()
}
