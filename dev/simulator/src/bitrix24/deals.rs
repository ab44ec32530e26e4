//! Deals: crm.deal.* and crm.item.* with entityTypeId 2.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::answer::{Done, RestError, portal_time};
use super::directory;
use super::events::{self, Actor};
use super::fields::{FIELDS, Field, Kind, Naming, named};
use super::files;
use super::filter::{fits, id, original_names, page, selected, sort};
use super::methods::Call;
use super::params::{list, number, text};
use super::portal::{Fields, State};
use super::robots;
use crate::core::{Partner, Sim};

/// entityTypeId of deals.
const DEAL: u64 = 2;

pub(super) fn item_get(call: &Call<'_>) -> Result<Done, RestError> {
    of_deals(call)?;
    let state = call.sim.state::<State>();
    let id = id(&call.params)
        .filter(|id| state.deals.contains_key(id))
        .ok_or_else(no_item)?;
    Ok(Done::new(
        json!({ "item": shown(call.sim, &state, id, naming(call), None) }),
    ))
}

pub(super) fn item_list(call: &Call<'_>) -> Result<Done, RestError> {
    of_deals(call)?;
    let (items, mut done) = listed(call, naming(call));
    done.result = json!({ "items": items });
    Ok(done)
}

pub(super) fn item_update(call: &Call<'_>) -> Result<Done, RestError> {
    of_deals(call)?;
    let naming = naming(call);
    let mut state = call.sim.state::<State>();
    let id = id(&call.params)
        .filter(|id| state.deals.contains_key(id))
        .ok_or_else(no_item)?;
    let given = call
        .params
        .map("fields")
        .ok_or_else(|| RestError::missing("fields"))?;
    change(call, &mut state, id, &given, naming)?;
    Ok(Done::new(
        json!({ "item": shown(call.sim, &state, id, naming, None) }),
    ))
}

pub(super) fn item_fields(call: &Call<'_>) -> Result<Done, RestError> {
    of_deals(call)?;
    Ok(Done::new(json!({ "fields": descriptions(naming(call)) })))
}

pub(super) fn deal_get(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let id =
        id(&call.params).ok_or_else(|| RestError::refused("", "ID is not defined or invalid."))?;
    if !state.deals.contains_key(&id) {
        return Err(RestError::refused("", "Not found"));
    }
    Ok(Done::new(shown(call.sim, &state, id, Naming::Deal, None)))
}

pub(super) fn deal_list(call: &Call<'_>) -> Result<Done, RestError> {
    let (rows, mut done) = listed(call, Naming::Deal);
    done.result = Value::Array(rows);
    Ok(done)
}

pub(super) fn deal_update(call: &Call<'_>) -> Result<Done, RestError> {
    let mut state = call.sim.state::<State>();
    let id =
        id(&call.params).ok_or_else(|| RestError::refused("", "ID is not defined or invalid."))?;
    if !state.deals.contains_key(&id) {
        return Err(RestError::refused("", "Not found"));
    }
    let given = call.params.map("fields");
    let given = given.ok_or_else(|| RestError::refused("", "Parameter 'fields' must be array."))?;
    change(call, &mut state, id, &given, Naming::Deal)?;
    Ok(Done::new(Value::Bool(true)))
}

pub(super) fn deal_fields(_call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(descriptions(Naming::Deal)))
}

/// Applies what a client gave; an update that changes nothing is not saved and starts nothing.
fn change(
    call: &Call<'_>,
    state: &mut State,
    id: u64,
    given: &Map<String, Value>,
    naming: Naming,
) -> Result<(), RestError> {
    let wanted = read(call.sim, state, id, given, naming)?;
    let changed = apply(call.sim, state, id, wanted, Actor::App(call.caller.user))?;
    if !changed.is_empty() {
        let detail = json!({ "fields": changed, "stage": stage(state, id) });
        call.sim.ledger().record_with(
            Partner::Bitrix24,
            call.method,
            &id.to_string(),
            call.body,
            detail,
        );
    }
    Ok(())
}

/// Reads given fields into stored values.
pub(super) fn read(
    sim: &Sim,
    state: &mut State,
    id: u64,
    given: &Map<String, Value>,
    naming: Naming,
) -> Result<BTreeMap<&'static str, Value>, RestError> {
    let mut wanted = BTreeMap::new();
    for (field, value) in named(given, naming) {
        let Field { upper, kind, .. } = field;
        let stored = if *kind == Kind::Files {
            if !value.is_array()
                && !value.is_object()
                && text(&value).is_some_and(|text| !text.is_empty())
            {
                let words = "Expected iterable value for multiple field, but got string instead";
                return Err(RestError::refused("100", words));
            }
            let old: Vec<u64> = state
                .deals
                .get(&id)
                .and_then(|deal| deal.get(*upper))
                .map(list)
                .unwrap_or_default()
                .iter()
                .filter_map(number)
                .collect();
            json!(files::take(sim, state, &value, &old)?)
        } else {
            field.read(&value)?
        };
        wanted.insert(*upper, stored);
    }
    Ok(wanted)
}

/// Saves what differs, then events and robots follow. Answers the names of changed fields.
pub(super) fn apply(
    sim: &Sim,
    state: &mut State,
    id: u64,
    wanted: BTreeMap<&'static str, Value>,
    actor: Actor,
) -> Result<Vec<&'static str>, RestError> {
    let Some(deal) = state.deals.get_mut(&id) else {
        return Err(no_item());
    };
    let differs =
        |(upper, value): &(&'static str, Value)| deal.get(*upper).unwrap_or(&Value::Null) != value;
    let changes: Vec<(&'static str, Value)> = wanted.into_iter().filter(differs).collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let moved = changes
        .iter()
        .find(|(upper, _)| *upper == "STAGE_ID")
        .map(|(_, stage)| stage.clone());
    let semantics = match &moved {
        None => None,
        Some(stage) => {
            let stage = stage.as_str().and_then(directory::stage);
            Some(stage.ok_or_else(|| {
                RestError::refused(
                    "CRM_FIELD_ERROR_VALUE_NOT_VALID",
                    "Неверное значение поля \"Стадия сделки\"",
                )
            })?)
        }
    };
    let names = changes.iter().map(|(upper, _)| *upper).collect();
    deal.extend(
        changes
            .into_iter()
            .map(|(upper, value)| (upper.to_owned(), value)),
    );
    let now = json!(portal_time(Utc::now()));
    if let Some(stage) = semantics {
        deal.insert(
            "STAGE_SEMANTIC_ID".to_owned(),
            json!(stage.semantics.unwrap_or("P")),
        );
        deal.insert(
            "CLOSED".to_owned(),
            json!(if stage.semantics.is_some() { "Y" } else { "N" }),
        );
        deal.insert("MOVED_TIME".to_owned(), now.clone());
        deal.insert("MOVED_BY_ID".to_owned(), json!(actor.user()));
    }
    deal.insert("DATE_MODIFY".to_owned(), now);
    deal.insert("MODIFY_BY_ID".to_owned(), json!(actor.user()));
    events::happened(sim, state, "ONCRMDEALUPDATE", id, actor);
    if let Some(stage) = moved.as_ref().and_then(Value::as_str) {
        robots::stage_reached(sim, state, id, stage);
    }
    Ok(names)
}

pub(super) fn stage(state: &State, id: u64) -> Option<String> {
    state
        .deals
        .get(&id)
        .and_then(|deal| deal.get("STAGE_ID"))
        .and_then(text)
}

/// A deal in one of the spellings.
pub(super) fn shown(
    sim: &Sim,
    state: &State,
    id: u64,
    naming: Naming,
    only: Option<&[String]>,
) -> Value {
    let empty = Fields::new();
    let deal = state.deals.get(&id).unwrap_or(&empty);
    let mut answer = Map::new();
    for field in FIELDS
        .iter()
        .filter(|field| naming != Naming::Deal || field.kind != Kind::Contacts)
    {
        let name = field.name(naming);
        if only
            .is_none_or(|only| field.upper == "ID" || only.contains(&name) || wildcard(field, only))
        {
            let value = deal.get(field.upper).unwrap_or(&Value::Null);
            answer.insert(
                name,
                field.show(value, naming, |file| files::link(sim, state, file, naming)),
            );
        }
    }
    Value::Object(answer)
}

/// `UF_*` of crm.deal.list.
fn wildcard(field: &Field, only: &[String]) -> bool {
    field.camel.is_none() && only.iter().any(|name| name == "UF_*")
}

fn listed(call: &Call<'_>, naming: Naming) -> (Vec<Value>, Done) {
    let state = call.sim.state::<State>();
    let filter = call.params.map("filter").unwrap_or_default();
    let order = call.params.map("order").unwrap_or_default();
    let value = |id: &u64, name: &str| {
        let field = FIELDS.iter().find(|field| field.name(naming) == name)?;
        Some(
            field.filtered(
                state
                    .deals
                    .get(id)?
                    .get(field.upper)
                    .unwrap_or(&Value::Null),
            ),
        )
    };
    let mut ids: Vec<u64> = state
        .deals
        .keys()
        .copied()
        .filter(|id| fits(&filter, &|name| value(id, name)))
        .collect();
    sort(&mut ids, &order, &value);
    let only = selected(&call.params);
    let (ids, done) = page(ids, &call.params);
    (
        ids.into_iter()
            .map(|id| shown(call.sim, &state, id, naming, only.as_deref()))
            .collect(),
        done,
    )
}

fn descriptions(naming: Naming) -> Value {
    let described = |field: &Field| {
        let kind = match field.kind {
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Text => "string",
            Kind::Char => "char",
            Kind::Boolean => "boolean",
            Kind::DateTime => "datetime",
            Kind::Status => "crm_status",
            Kind::Contacts => "crm_contact",
            Kind::Files => "file",
        };
        let multiple = matches!(field.kind, Kind::Files | Kind::Contacts);
        json!({
            "type": kind,
            "isRequired": false,
            "isReadOnly": field.read_only,
            "isImmutable": false,
            "isMultiple": multiple,
            "isDynamic": field.camel.is_none(),
            "title": field.title,
            "upperName": field.upper,
        })
    };
    Value::Object(
        FIELDS
            .iter()
            .map(|field| (field.name(naming), described(field)))
            .collect(),
    )
}

fn naming(call: &Call<'_>) -> Naming {
    if original_names(&call.params) {
        Naming::ItemOriginal
    } else {
        Naming::Item
    }
}

fn of_deals(call: &Call<'_>) -> Result<(), RestError> {
    match call.params.number("entityTypeId") {
        Some(DEAL) => Ok(()),
        Some(_) => Err(RestError::refused("NOT_FOUND", "Смарт-процесс не найден")),
        None => Err(RestError::missing("entityTypeId")),
    }
}

fn no_item() -> RestError {
    RestError::refused("NOT_FOUND", "Элемент не найден")
}
