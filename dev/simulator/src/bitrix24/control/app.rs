//! The administrator's side: the application, its tokens, robots and limits.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State as Extracted};
use chrono::Utc;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bitrix24::answer::portal_time;
use crate::bitrix24::forms::{self, Form};
use crate::bitrix24::oauth::{Pair, endpoints};
use crate::bitrix24::people::{self, ADMIN, EMPLOYEES};
use crate::bitrix24::portal::{Behaviour, State};
use crate::bitrix24::{CLIENT_ID, CLIENT_SECRET, MEMBER_ID, WEBHOOK_SECRET, methods};
use crate::core::control::ControlError;
use crate::core::{Callback, Partner, Sim};

/// The application's handler asks the portal back before it answers.
const INSTALL_WAIT: Duration = Duration::from_secs(30);

pub(super) async fn app(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(described(&sim, &state))
}

fn described(sim: &Sim, state: &State) -> Value {
    let (domain, client_endpoint, server_endpoint) = endpoints(sim, state);
    json!({
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "member_id": MEMBER_ID,
        "domain": domain,
        "client_endpoint": client_endpoint,
        "server_endpoint": server_endpoint,
        "webhook": format!("{client_endpoint}{ADMIN}/{WEBHOOK_SECRET}/"),
        "installed": state.app.installed,
        "application_token": state.app.application_token,
        "scope": state.app.scope,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    handler: String,
    /// Gives the application plain HTTP addresses.
    #[serde(default)]
    plain: bool,
    /// Narrows the permissions of the application.
    scope: Option<Vec<String>>,
}

/// The administrator installs the local application: its handler is posted the install form. Repeated, it
/// gives new tokens and keeps robots and events.
pub(super) async fn install(
    Extracted(sim): Extracted<Sim>,
    Json(install): Json<Install>,
) -> Result<Json<Value>, ControlError> {
    let Install {
        handler,
        plain,
        scope,
    } = install;
    let (form, mut answer) = {
        let mut state = sim.state::<State>();
        if state.app.application_token.is_empty() {
            state.app.application_token = hex::encode(rand::random::<[u8; 16]>());
        }
        state.app.installed = true;
        state.app.handler = handler.clone();
        state.app.plain = plain;
        if let Some(scope) = scope {
            state.app.scope = scope;
        }
        let tokens = state.issue(ADMIN);
        (
            forms::install(&sim, &state, &tokens),
            described(&sim, &state),
        )
    };
    let status = deliver(&sim, &handler, &form).await?;
    answer["status"] = json!(status.as_u16());
    if status.is_success() {
        return Ok(Json(answer));
    }
    let words = format!("the application's handler answered {status} to the install form");
    Err(ControlError(StatusCode::BAD_GATEWAY, words))
}

/// The administrator deletes the application: its robots, events and tokens go with it.
pub(super) async fn uninstall(Extracted(sim): Extracted<Sim>) -> StatusCode {
    let mut state = sim.state::<State>();
    let form = forms::uninstall(&sim, &state);
    let handler = state.app.handler.clone();
    state.app.installed = false;
    state.app.version += 1;
    state.app.application_token.clear();
    state.robots.clear();
    state.handlers.clear();
    state.placements.clear();
    state.access.clear();
    state.refresh.clear();
    if !handler.is_empty() {
        sim.callbacks()
            .send(Partner::Bitrix24, "event", Callback::form(handler, &form));
    }
    StatusCode::NO_CONTENT
}

async fn deliver(sim: &Sim, handler: &str, form: &Form) -> Result<StatusCode, ControlError> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = sim.http().post(handler).timeout(INSTALL_WAIT).body(body);
    let sent = request
        .header("content-type", "application/x-www-form-urlencoded")
        .send()
        .await;
    sent.map(|answer| answer.status()).map_err(|error| {
        ControlError(
            StatusCode::BAD_GATEWAY,
            format!("the application's handler did not answer: {error}"),
        )
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForUser {
    user: Option<u64>,
}

/// A token pair of an employee, for clients that are tried by hand.
pub(super) async fn tokens(
    Extracted(sim): Extracted<Sim>,
    Json(wanted): Json<ForUser>,
) -> Result<Json<Value>, ControlError> {
    let user = wanted.user.unwrap_or(ADMIN);
    if people::find(user).is_none() {
        return Err(ControlError::not_found(format!(
            "there is no employee {user}"
        )));
    }
    let mut state = sim.state::<State>();
    if !state.app.installed {
        return Err(ControlError::conflict("install the application first"));
    }
    let Pair {
        access_token,
        refresh_token,
        expires_in,
        expires,
        user,
    } = state.issue(user);
    let mut answer = described(&sim, &state);
    answer["access_token"] = json!(access_token);
    answer["refresh_token"] = json!(refresh_token);
    answer["expires_in"] = json!(expires_in);
    answer["expires"] = json!(expires);
    answer["user_id"] = json!(user);
    Ok(Json(answer))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expire {
    /// Refresh tokens too: only a new installation helps.
    #[serde(default)]
    refresh: bool,
}

pub(super) async fn expire_tokens(
    Extracted(sim): Extracted<Sim>,
    expire: Option<Json<Expire>>,
) -> StatusCode {
    let Expire { refresh } = expire.map(|Json(expire)| expire).unwrap_or_default();
    let mut state = sim.state::<State>();
    let now = Utc::now();
    for access in state.access.values_mut() {
        access.expires_at = access.expires_at.min(now);
    }
    if refresh {
        state
            .refresh
            .values_mut()
            .for_each(|token| token.used = true);
    }
    StatusCode::NO_CONTENT
}

pub(super) async fn behaviour(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().behaviour))
}

/// Changes what is named and keeps the rest.
pub(super) async fn behave(
    Extracted(sim): Extracted<Sim>,
    Json(change): Json<serde_json::Map<String, Value>>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    let mut all = json!(state.behaviour);
    for (name, value) in change {
        all[name] = value;
    }
    let behaviour: Behaviour = serde_json::from_value(all.clone())
        .map_err(|error| ControlError::bad_request(format!("not a behaviour: {error}")))?;
    state.behaviour = behaviour;
    Ok(Json(all))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operating {
    method: String,
    seconds: f64,
}

/// Says that a method has worked so long just now.
pub(super) async fn operating(
    Extracted(sim): Extracted<Sim>,
    Json(operating): Json<Operating>,
) -> Result<Json<Value>, ControlError> {
    let Operating { method, seconds } = operating;
    let known = methods::find(&method)
        .ok_or_else(|| ControlError::not_found(format!("no method {method}")))?;
    let (operating, reset_at) = sim.state::<State>().worked(known.name, seconds, sim.now());
    Ok(Json(
        json!({ "operating": operating, "operating_reset_at": reset_at }),
    ))
}

pub(super) async fn robots(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().robots))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RobotPlace {
    stages: Option<Vec<String>>,
    timeout_secs: Option<u64>,
}

/// Where the robot stands in the funnel and how long it waits: set up by people, not by the application.
pub(super) async fn place_robot(
    Extracted(sim): Extracted<Sim>,
    Path(code): Path<String>,
    Json(place): Json<RobotPlace>,
) -> Result<Json<Value>, ControlError> {
    let mut state = sim.state::<State>();
    let robot = state.robots.get_mut(&code);
    let robot = robot
        .ok_or_else(|| ControlError::not_found(format!("the application has no robot {code}")))?;
    let RobotPlace {
        stages,
        timeout_secs,
    } = place;
    robot.stages = stages.unwrap_or_else(|| robot.stages.clone());
    robot.timeout_secs = timeout_secs.unwrap_or(robot.timeout_secs);
    Ok(Json(json!(robot)))
}

pub(super) async fn placements(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    Json(json!(sim.state::<State>().placements))
}

pub(super) async fn events(Extracted(sim): Extracted<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!({ "handlers": state.handlers, "offline": state.offline }))
}

pub(super) async fn users() -> Json<Value> {
    let shown = EMPLOYEES
        .iter()
        .map(|employee| json!({ "id": employee.id, "name": employee.full_name(), "position": employee.position }));
    Json(shown.collect())
}

#[derive(Deserialize)]
pub(super) struct OfUser {
    user: Option<u64>,
}

pub(super) async fn notices(
    Extracted(sim): Extracted<Sim>,
    Query(of): Query<OfUser>,
) -> Json<Value> {
    let state = sim.state::<State>();
    let shown = state
        .notices
        .iter()
        .filter(|(_, notice)| of.user.is_none_or(|user| user == notice.user))
        .map(|(id, notice)| {
            json!({ "id": id, "user": notice.user, "message": notice.message, "tag": notice.tag,
                    "at": portal_time(notice.at) })
        });
    Json(shown.collect())
}
