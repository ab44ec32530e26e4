//! A manager's side: deals, tasks, files.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State as Extracted};
use axum::response::Response;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::bitrix24::answer::portal_time;
use crate::bitrix24::deals;
use crate::bitrix24::directory::{CATEGORY, stage};
use crate::bitrix24::events::{self, Actor};
use crate::bitrix24::fields::Naming;
use crate::bitrix24::files;
use crate::bitrix24::params::{list as items, number};
use crate::bitrix24::people;
use crate::bitrix24::portal::{Contact, Execution, Fields, Kind, State};
use crate::bitrix24::robots;
use crate::bitrix24::tasks as portal_tasks;
use crate::core::Sim;
use crate::core::control::ControlError;

/// Мария Лебедева, менеджер выкупа.
const MANAGER: u64 = 16;

/// A new deal: a car of the catalogue and its owner, where nothing else is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDeal {
    /// Id in the catalogue.
    car: String,
    title: Option<String>,
    #[serde(default = "first_stage")]
    stage: String,
    #[serde(default = "manager")]
    responsible: u64,
    #[serde(default = "city")]
    city: String,
    #[serde(default = "address")]
    address: String,
    /// Three hours from now when absent.
    visit_at: Option<DateTime<Utc>>,
    #[serde(default = "agreed")]
    consent: bool,
    /// An earlier contact instead of a new one.
    contact_id: Option<u64>,
    #[serde(default)]
    contact: ContactChange,
    /// Any fields of the deal by their upper-case names.
    #[serde(default)]
    fields: Map<String, Value>,
}

/// What differs from the car's owner; an empty text takes the value away.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ContactChange {
    last_name: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    birthdate: Option<NaiveDate>,
    phone: Option<String>,
    email: Option<String>,
}

fn first_stage() -> String {
    "C9:NEW".to_owned()
}

fn manager() -> u64 {
    MANAGER
}

fn city() -> String {
    "Мурманск".to_owned()
}

fn address() -> String {
    "ул. Вымышленная, д. 1".to_owned()
}

fn agreed() -> bool {
    true
}

pub(super) async fn open(
    Extracted(sim): Extracted<Sim>,
    Json(deal): Json<NewDeal>,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let NewDeal {
        car,
        title,
        stage: at,
        responsible,
        city,
        address,
        visit_at,
        consent,
        contact_id,
        contact,
        fields,
    } = deal;
    let car = sim
        .catalogue()
        .car(&car)
        .ok_or_else(|| ControlError::not_found(format!("no car {car}")))?;
    stage(&at).ok_or_else(|| ControlError::bad_request(format!("no stage {at}")))?;
    people::find(responsible)
        .ok_or_else(|| ControlError::bad_request(format!("there is no employee {responsible}")))?;
    let mut state = sim.state::<State>();
    let contact_id = match contact_id {
        Some(id) if state.contacts.contains_key(&id) => id,
        Some(id) => return Err(ControlError::not_found(format!("no contact {id}"))),
        None => {
            let id = state.next_id(Kind::Contact);
            let owner = &car.owner;
            let text = |change: Option<String>, own: &str| {
                Some(change.unwrap_or_else(|| own.to_owned())).filter(|text| !text.is_empty())
            };
            let ContactChange {
                last_name,
                first_name,
                middle_name,
                birthdate,
                phone,
                email,
            } = contact;
            let person = Contact {
                last_name: last_name.unwrap_or_else(|| owner.surname.clone()),
                name: first_name.unwrap_or_else(|| owner.name.clone()),
                second_name: text(middle_name, &owner.patronymic),
                birthdate: birthdate.or(Some(owner.birthdate)),
                phone: text(phone, &format!("+{}", owner.phone.trim_start_matches('+'))),
                email: text(email, &owner.email),
                created_at: sim.now(),
            };
            state.contacts.insert(id, person);
            id
        }
    };
    let deal_id = state.next_id(Kind::Deal);
    let now = portal_time(sim.now());
    let visit = portal_time(visit_at.unwrap_or_else(|| sim.now() + Duration::hours(3)));
    let mut stored = Fields::new();
    let values = json!({
        "ID": deal_id,
        "TITLE": title.unwrap_or_else(|| car.title()),
        "TYPE_ID": "GOODS",
        "CATEGORY_ID": CATEGORY,
        "STAGE_ID": "C9:NEW",
        "STAGE_SEMANTIC_ID": "P",
        "CURRENCY_ID": "RUB",
        "OPPORTUNITY": 0.0,
        "IS_MANUAL_OPPORTUNITY": "N",
        "CONTACT_ID": contact_id,
        "CONTACT_IDS": [contact_id],
        "ASSIGNED_BY_ID": responsible,
        "CREATED_BY_ID": responsible,
        "MODIFY_BY_ID": responsible,
        "DATE_CREATE": now,
        "DATE_MODIFY": now,
        "MOVED_TIME": now,
        "OPENED": "Y",
        "CLOSED": "N",
        "SOURCE_ID": "WEB",
        "UF_CRM_KITE_VIN": car.identifier(),
        "UF_CRM_KITE_PLATE": car.plate,
        "UF_CRM_KITE_MAKE": car.make,
        "UF_CRM_KITE_MODEL": car.model,
        "UF_CRM_KITE_YEAR": car.year,
        "UF_CRM_KITE_MILEAGE": car.mileage_km,
        "UF_CRM_KITE_CITY": city,
        "UF_CRM_KITE_ADDRESS": address,
        "UF_CRM_KITE_VISIT_AT": visit,
        "UF_CRM_KITE_CONSENT": consent,
    });
    stored.extend(values.as_object().cloned().unwrap_or_default());
    state.deals.insert(deal_id, stored);
    events::happened(
        &sim,
        &mut state,
        "ONCRMDEALADD",
        deal_id,
        Actor::Person(responsible),
    );
    let mut wanted = given(&sim, &mut state, deal_id, &fields)?;
    wanted.insert("STAGE_ID", json!(at));
    changed(&sim, &mut state, deal_id, wanted, responsible)?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "deal_id": deal_id, "contact_id": contact_id })),
    ))
}

fn given(
    sim: &Sim,
    state: &mut State,
    id: u64,
    fields: &Map<String, Value>,
) -> Result<BTreeMap<&'static str, Value>, ControlError> {
    deals::read(sim, state, id, fields, Naming::Deal)
        .map_err(|error| ControlError::bad_request(error.description))
}

fn changed(
    sim: &Sim,
    state: &mut State,
    id: u64,
    wanted: BTreeMap<&'static str, Value>,
    user: u64,
) -> Result<Vec<&'static str>, ControlError> {
    let changed = deals::apply(sim, state, id, wanted, Actor::Person(user));
    changed.map_err(|error| ControlError::bad_request(error.description))
}

pub(super) async fn list(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    let row = |id: &u64| json!({ "deal_id": id, "stage": deals::stage(&state, *id) });
    Json(state.deals.keys().map(row).collect())
}

/// The deal's card as a person sees it.
pub(super) async fn show(
    Extracted(sim): Extracted<Sim>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    state.settle(sim.now());
    let deal = state.deals.get(&id).ok_or_else(|| no_deal(id))?;
    let attached = deal.get("UF_CRM_KITE_FILES").map(items).unwrap_or_default();
    let attached: Vec<Value> = attached
        .iter()
        .filter_map(number)
        .map(|file| files::described(&state, file))
        .collect();
    let comments = state
        .comments
        .iter()
        .filter(|(_, comment)| comment.deal == id)
        .map(|(number, comment)| {
            let files: Vec<Value> = comment
                .files
                .iter()
                .map(|file| files::described(&state, *file))
                .collect();
            json!({ "id": number, "author": comment.author, "text": comment.text, "files": files,
                "at": portal_time(comment.created_at) })
        });
    let robots = state
        .executions
        .iter()
        .filter(|run| run.deal == id)
        .map(run_shown);
    Ok(Json(json!({
        "deal_id": id,
        "contact_id": deal.get("CONTACT_ID"),
        "stage": deals::stage(&state, id),
        "fields": deals::shown(&sim, &state, id, Naming::ItemOriginal, None),
        "comments": comments.collect::<Vec<_>>(),
        "tasks": portal_tasks::of_deal(&state, id),
        "files": attached,
        "robots": robots.collect::<Vec<_>>(),
    })))
}

fn run_shown(run: &Execution) -> Value {
    json!({
        "code": run.code,
        "event_token": run.event_token,
        "workflow_id": run.workflow_id,
        "waits": run.state == crate::bitrix24::portal::ExecutionState::Waiting,
        "state": run.state,
        "answer": run.answer,
        "log": run.log,
        "started_at": portal_time(run.started_at),
    })
}

pub(super) async fn edit(
    Extracted(sim): Extracted<Sim>,
    Path(id): Path<u64>,
    Json(fields): Json<Map<String, Value>>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    if !state.deals.contains_key(&id) {
        return Err(no_deal(id));
    }
    let wanted = given(&sim, &mut state, id, &fields)?;
    let names = changed(&sim, &mut state, id, wanted, MANAGER)?;
    Ok(Json(json!({ "changed": names })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    stage: String,
    #[serde(default = "manager")]
    user: u64,
}

pub(super) async fn move_to(
    Extracted(sim): Extracted<Sim>,
    Path(id): Path<u64>,
    Json(Move { stage, user }): Json<Move>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    if !state.deals.contains_key(&id) {
        return Err(no_deal(id));
    }
    let before = state.executions.len();
    changed(
        &sim,
        &mut state,
        id,
        BTreeMap::from([("STAGE_ID", json!(stage))]),
        user,
    )?;
    let started: Vec<Value> = state.executions[before..].iter().map(run_shown).collect();
    Ok(Json(json!({ "stage": stage, "robots": started })))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Again {
    /// A new start of this robot instead of a repeat of the last call.
    start: Option<String>,
}

/// The queue delivers the last robot call once more, byte for byte; or a robot is started anew.
pub(super) async fn robot_again(
    Extracted(sim): Extracted<Sim>,
    Path(id): Path<u64>,
    again: Option<Json<Again>>,
) -> Result<Json<Value>, ControlError> {
    let Again { start } = again.map(|Json(again)| again).unwrap_or_default();
    let mut state = sim.state::<State>();
    if !state.deals.contains_key(&id) {
        return Err(no_deal(id));
    }
    if let Some(code) = start {
        let run = robots::start(&sim, &mut state, &code, id);
        let run = run.ok_or_else(|| {
            ControlError::not_found(format!("the application has no robot {code}"))
        })?;
        return Ok(Json(run_shown(&run)));
    }
    let run = state.executions.iter().rev().find(|run| run.deal == id);
    let run = run
        .ok_or_else(|| ControlError::conflict(format!("no robot was ever called on deal {id}")))?;
    robots::post(&sim, &state, run);
    Ok(Json(run_shown(run)))
}

pub(super) async fn tasks(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(
        state
            .tasks
            .iter()
            .map(|(id, task)| portal_tasks::whole(*id, task))
            .collect(),
    )
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct By {
    user: Option<u64>,
}

/// An employee closes a task in the portal.
pub(super) async fn complete(
    Extracted(sim): Extracted<Sim>,
    Path(id): Path<u64>,
    by: Option<Json<By>>,
) -> Result<Json<Value>, ControlError> {
    let By { user } = by.map(|Json(by)| by).unwrap_or_default();
    let mut state = sim.state::<State>();
    let task = state
        .tasks
        .get(&id)
        .ok_or_else(|| ControlError::not_found(format!("no task {id}")))?;
    let user = user.unwrap_or(task.responsible);
    if people::find(user).is_none() {
        return Err(ControlError::not_found(format!("no employee {user}")));
    }
    if !portal_tasks::close(&sim, &mut state, id, Actor::Person(user)) {
        return Err(ControlError::conflict(format!(
            "task {id} is already completed"
        )));
    }
    let closed = state
        .tasks
        .get(&id)
        .map(|task| portal_tasks::whole(id, task));
    Ok(Json(json!(closed)))
}

pub(super) async fn file(Extracted(sim): Extracted<Sim>, Path(id): Path<u64>) -> Response {
    files::content(&sim, &sim.state::<State>(), id)
}

fn no_deal(id: u64) -> ControlError {
    ControlError::not_found(format!("no deal {id}"))
}
