//! What people do in the treasury: they read requests and decide them.

use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ACCOUNTS, Account, REQUEST, Right, State, user_key};
use crate::core::control::ControlError;
use crate::core::{Partner, Sim};
use crate::odata::base::{flag, local, number, reference, text};
use crate::odata::schema::Kind;
use crate::odata::value::accept;
use crate::odata::{Configuration, Row};

/// Routes of the control port.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/users", get(users))
        .route("/requests", get(requests))
        .route("/requests/{key}", get(request))
        .route("/requests/{key}/decision", post(decide))
        .route("/requests/{key}/edit", post(edit))
        .route("/licences", post(licences))
        .with_state(sim)
}

async fn users() -> Json<Value> {
    let users: Vec<Value> = ACCOUNTS
        .iter()
        .map(|Account { login, name, right }| {
            json!({ "ref_key": user_key(login), "login": login, "name": name, "right": right })
        })
        .collect();
    Json(json!(users))
}

async fn requests(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!(
        state
            .base()
            .all(REQUEST)
            .map(|(_, row)| shown(row))
            .collect::<Vec<_>>()
    ))
}

/// A request as the list shows it; `object` is the whole of it under 1C's names.
fn shown(row: &Row) -> Value {
    json!({
        "ref_key": text(row, "Ref_Key"),
        "number": text(row, "Number"),
        "posted": flag(row, "Posted"),
        "deleted": flag(row, "DeletionMark"),
        "status": text(row, "Статус"),
        "decided_by": reference(row, "КтоРешил_Key"),
        "amount": number(row, "СуммаДокумента"),
        "purpose": text(row, "НазначениеПлатежа"),
        "object": row,
    })
}

async fn request(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
) -> Result<Json<Value>, ControlError> {
    let state = sim.state::<State>();
    Ok(Json(shown(&found(&state, key)?)))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Approve,
    Reject,
}

#[derive(Deserialize)]
struct Decide {
    decision: Word,
    /// Ref_Key, login or name.
    user: String,
    #[serde(default)]
    comment: String,
}

async fn decide(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
    Json(asked): Json<Decide>,
) -> Result<Json<Value>, ControlError> {
    let Decide {
        decision,
        user,
        comment,
    } = asked;
    let account = ACCOUNTS
        .iter()
        .find(|account| {
            account.login == user
                || account.name == user
                || user_key(account.login).to_string() == user.to_lowercase()
        })
        .ok_or_else(|| {
            ControlError::not_found(format!("В казначействе нет пользователя «{user}»."))
        })?;
    if account.right != Right::Approver {
        return Err(ControlError::conflict(format!(
            "У пользователя «{}» нет права согласовывать.",
            account.name
        )));
    }
    let mut state = sim.state::<State>();
    let row = found(&state, key)?;
    if flag(&row, "DeletionMark") {
        return Err(ControlError::conflict("Заявка помечена на удаление."));
    }
    if !flag(&row, "Posted") {
        return Err(ControlError::conflict(
            "Заявка не проведена: её ещё нет в маршруте согласования.",
        ));
    }
    if text(&row, "Статус") != "НеСогласована" {
        return Err(ControlError::conflict(format!(
            "Заявка уже решена: {}.",
            text(&row, "Статус")
        )));
    }
    let status = match decision {
        Word::Approve => "Согласована",
        Word::Reject => "Отклонена",
    };
    let by = user_key(account.login);
    let mut values = vec![
        ("Статус", json!(status)),
        ("КтоРешил_Key", json!(by)),
        ("Резолюция", json!(comment)),
    ];
    if status == "Согласована" {
        values.push(("ДатаПлатежа", json!(local(sim.now()))));
    }
    let row = state
        .base_mut()
        .set(REQUEST, key, &values)
        .ok_or_else(|| missing(key))?;
    sim.ledger().record_with(
        Partner::OnecTreasury,
        "decide_request",
        &key.to_string(),
        status.as_bytes(),
        json!({ "status": status, "user": by }),
    );
    Ok(Json(shown(&row)))
}

/// Somebody changes attributes of the request by hand, posted or not.
async fn edit(
    Shared(sim): Shared<Sim>,
    Path(key): Path<Uuid>,
    Json(asked): Json<Row>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    let mut row = found(&state, key)?;
    for (name, value) in &asked {
        let ty = State::schema()
            .entities
            .get(REQUEST)
            .and_then(|declared| declared.field(Kind::Document, name));
        let ty = ty.ok_or_else(|| ControlError::bad_request(format!("Нет поля {name}.")))?;
        let value = accept(State::schema(), name, &ty, value)
            .map_err(|fail| ControlError::bad_request(fail.text))?;
        row.insert(name.clone(), value);
    }
    let detail = State::detail(REQUEST, &row);
    state.base_mut().put(REQUEST, key, row);
    let fields: Vec<&str> = asked.keys().map(String::as_str).collect();
    sim.ledger().record_with(
        Partner::OnecTreasury,
        "edit_request",
        &key.to_string(),
        fields.join(",").as_bytes(),
        detail,
    );
    Ok(Json(shown(&found(&state, key)?)))
}

fn found(state: &State, key: Uuid) -> Result<Row, ControlError> {
    state
        .base()
        .get(REQUEST, key)
        .cloned()
        .ok_or_else(|| missing(key))
}

fn missing(key: Uuid) -> ControlError {
    ControlError::not_found(format!("Нет заявки {key}."))
}

#[derive(Deserialize)]
struct Licences {
    /// How many sessions may live at once.
    count: usize,
}

async fn licences(Shared(sim): Shared<Sim>, Json(asked): Json<Licences>) -> Json<Value> {
    sim.state::<State>().base_mut().licences = asked.count;
    Json(json!({ "result": true }))
}
