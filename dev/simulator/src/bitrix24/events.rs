//! Events: subscriptions, delivery without repeats, the offline queue.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Done, RestError, portal_time};
use super::filter::{fits, page, sort};
use super::forms::{self, Form, pair};
use super::methods::Call;
use super::params::text;
use super::people::{self, Employee};
use super::portal::{EventHandler, Kind, OfflineEvent, State};
use crate::core::{Callback, Partner, Sim};

const NAMES: [&str; 10] = [
    "ONAPPINSTALL",
    "ONAPPTEST",
    "ONAPPUNINSTALL",
    "ONCRMDEALADD",
    "ONCRMDEALDELETE",
    "ONCRMDEALUPDATE",
    "ONOFFLINEEVENT",
    "ONTASKADD",
    "ONTASKDELETE",
    "ONTASKUPDATE",
];

/// Who caused a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    /// The application, in the name of an employee.
    App(u64),
    Person(u64),
}

impl Actor {
    pub(super) fn user(self) -> u64 {
        match self {
            Actor::App(user) | Actor::Person(user) => user,
        }
    }
}

/// Tells everybody who listens.
pub(super) fn happened(sim: &Sim, state: &mut State, event: &str, id: u64, actor: Actor) {
    let delay = Duration::from_millis(state.behaviour.queue_delay_ms);
    for handler in state.handlers.clone() {
        if handler.event != event {
            continue;
        }
        if handler.offline {
            note(sim, state, &handler, id);
            continue;
        }
        let user = if handler.auth_type == 0 {
            actor.user()
        } else {
            handler.auth_type
        };
        let tokens = state.issue(user);
        let form = forms::event(
            sim,
            state,
            event,
            handler.id,
            data(event, id),
            Some(&tokens),
        );
        sim.callbacks().send(
            Partner::Bitrix24,
            "event",
            Callback::form(&handler.handler, &form).delay(delay),
        );
    }
}

/// One row per thing and event: a second change of the same thing makes no second row.
fn note(sim: &Sim, state: &mut State, handler: &EventHandler, id: u64) {
    let data = json!({ "FIELDS": { "ID": id.to_string() } });
    let waiting = state.offline.iter().any(|event| {
        event.process_id.is_none()
            && event.event == handler.event
            && event.auth_connector == handler.auth_connector
            && event.data == data
    });
    if waiting {
        return;
    }
    let event = OfflineEvent {
        id: state.next_id(Kind::Offline),
        at: sim.now(),
        event: handler.event.clone(),
        data,
        message_id: hex::encode(rand::random::<[u8; 16]>()),
        process_id: None,
        error: false,
        auth_connector: handler.auth_connector.clone(),
    };
    state.offline.push(event);
}

fn data(event: &str, id: u64) -> Form {
    if event.starts_with("ONTASK") {
        let before = if event == "ONTASKADD" {
            "undefined".to_owned()
        } else {
            id.to_string()
        };
        return vec![
            pair(
                if event == "ONTASKADD" {
                    "data[FIELDS_BEFORE]"
                } else {
                    "data[FIELDS_BEFORE][ID]"
                },
                before,
            ),
            pair("data[FIELDS_AFTER][ID]", id.to_string()),
            pair(
                "data[IS_ACCESSIBLE_BEFORE]",
                if event == "ONTASKADD" {
                    "N"
                } else {
                    "undefined"
                },
            ),
            pair("data[IS_ACCESSIBLE_AFTER]", "undefined"),
        ];
    }
    vec![pair("data[FIELDS][ID]", id.to_string())]
}

pub(super) fn bind(call: &Call<'_>) -> Result<Done, RestError> {
    let event = call
        .params
        .text("event")
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !NAMES.contains(&event.as_str()) {
        return Err(RestError::refused(
            "ERROR_EVENT_NOT_FOUND",
            "Event not found",
        ));
    }
    let offline = call.params.text("event_type").as_deref() == Some("offline");
    let handler = call.params.text("handler").unwrap_or_default();
    let auth_type = call.params.number("auth_type").unwrap_or_default();
    let admin = people::find(call.caller.user).is_some_and(Employee::is_admin);
    if offline && !admin {
        let words = "Access denied! Offline events binding requires administrator access rights";
        return Err(RestError::access_denied(words));
    }
    if auth_type != 0 && auth_type != call.caller.user && !admin {
        let words =
            "Access denied! Event binding with AUTH_TYPE requires administrator access rights";
        return Err(RestError::access_denied(words));
    }
    if !offline && url::Url::parse(&handler).is_err() {
        return Err(RestError::refused(
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ));
    }
    let auth_connector = call
        .params
        .text("auth_connector")
        .filter(|key| !key.is_empty());
    let mut state = call.sim.state::<State>();
    let bound = state.handlers.iter().any(|known| {
        known.event == event
            && known.offline == offline
            && known.handler == handler
            && known.auth_type == auth_type
            && known.auth_connector == auth_connector
    });
    if bound {
        return Err(RestError::refused(
            "",
            "Unable to set event handler: Handler already binded",
        ));
    }
    let id = state.next_id(Kind::Handler);
    let handler = if offline { String::new() } else { handler };
    let key = format!("{event}:{}", if offline { "offline" } else { "online" });
    state.handlers.push(EventHandler {
        id,
        event,
        handler,
        auth_type,
        offline,
        auth_connector,
    });
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &key, call.body);
    Ok(Done::new(json!(true)))
}

pub(super) fn unbind(call: &Call<'_>) -> Result<Done, RestError> {
    let event = call
        .params
        .text("event")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let handler = call.params.text("handler");
    let auth_type = call.params.number("auth_type");
    let offline = call.params.text("event_type").as_deref() == Some("offline");
    let mut state = call.sim.state::<State>();
    let before = state.handlers.len();
    state.handlers.retain(|known| {
        known.event != event
            || known.offline != offline
            || handler
                .as_ref()
                .is_some_and(|handler| *handler != known.handler && !offline)
            || auth_type.is_some_and(|auth_type| auth_type != known.auth_type)
    });
    let count = before - state.handlers.len();
    if count > 0 {
        call.sim
            .ledger()
            .record(Partner::Bitrix24, call.method, &event, call.body);
    }
    Ok(Done::new(json!({ "count": count })))
}

pub(super) fn get(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let shown = |handler: &EventHandler| {
        let mut row = json!({
            "event": handler.event,
            "handler": handler.handler,
            "auth_type": handler.auth_type.to_string(),
            "offline": u8::from(handler.offline),
        });
        if let Some(connector) = &handler.auth_connector {
            row["connector_id"] = json!(connector);
        }
        row
    };
    Ok(Done::new(state.handlers.iter().map(shown).collect()))
}

pub(super) fn names(_call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(json!(NAMES)))
}

/// Has the handlers of ONAPPTEST called with the parameters given.
pub(super) fn test(call: &Call<'_>) -> Result<Done, RestError> {
    let mut state = call.sim.state::<State>();
    let handlers: Vec<EventHandler> = state
        .handlers
        .iter()
        .filter(|handler| handler.event == "ONAPPTEST")
        .cloned()
        .collect();
    for handler in handlers {
        let tokens = state.issue(call.caller.user);
        let data = vec![pair("data[QUERY]", "1")];
        let form = forms::event(
            call.sim,
            &state,
            "ONAPPTEST",
            handler.id,
            data,
            Some(&tokens),
        );
        call.sim.callbacks().send(
            Partner::Bitrix24,
            "event",
            Callback::form(&handler.handler, &form),
        );
    }
    Ok(Done::new(json!(true)))
}

pub(super) fn offline_get(call: &Call<'_>) -> Result<Done, RestError> {
    let params = &call.params;
    let clear = params.number("clear") != Some(0);
    let limit = params.number("limit").unwrap_or(50).min(50) as usize;
    let (process, connector) = (params.text("process_id"), params.text("auth_connector"));
    let errors = params.flag("error");
    let filter = params.map("filter").unwrap_or_default();
    let mut state = call.sim.state::<State>();
    let taken: Vec<u64> = state
        .offline
        .iter()
        .filter(|event| match &process {
            Some(process) => event.process_id.as_ref() == Some(process),
            None => event.process_id.is_none(),
        })
        .filter(|event| event.error == errors && event.auth_connector == connector)
        .filter(|event| fits(&filter, &|name| row(event).get(name).cloned()))
        .map(|event| event.id)
        .take(limit)
        .collect();
    let rows: Vec<Value> = state
        .offline
        .iter()
        .filter(|event| taken.contains(&event.id))
        .map(row)
        .collect();
    let mut process_id = Value::Null;
    if clear {
        state.offline.retain(|event| !taken.contains(&event.id));
    } else {
        let process = process.unwrap_or_else(|| hex::encode(rand::random::<[u8; 16]>()));
        for event in state
            .offline
            .iter_mut()
            .filter(|event| taken.contains(&event.id))
        {
            event.process_id = Some(process.clone());
        }
        process_id = json!(process);
    }
    Ok(Done::new(
        json!({ "process_id": process_id, "events": rows }),
    ))
}

pub(super) fn offline_list(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let filter = call.params.map("filter").unwrap_or_default();
    let whole = |event: &OfflineEvent| {
        let mut row = row(event);
        row["PROCESS_ID"] = json!(event.process_id.clone().unwrap_or_default());
        row["ERROR"] = json!(u8::from(event.error).to_string());
        row["CONNECTOR_ID"] = json!(event.auth_connector.clone().unwrap_or_default());
        row
    };
    let mut rows: Vec<Value> = state
        .offline
        .iter()
        .map(whole)
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    sort(
        &mut rows,
        &call.params.map("order").unwrap_or_default(),
        &|row, name| row.get(name).cloned(),
    );
    let (rows, mut done) = page(rows, &call.params);
    done.result = Value::Array(rows);
    Ok(done)
}

pub(super) fn offline_clear(call: &Call<'_>) -> Result<Done, RestError> {
    let named = named(call)?;
    call.sim
        .state::<State>()
        .offline
        .retain(|event| !named(event));
    Ok(Done::new(json!(true)))
}

pub(super) fn offline_error(call: &Call<'_>) -> Result<Done, RestError> {
    let named = named(call)?;
    for event in call
        .sim
        .state::<State>()
        .offline
        .iter_mut()
        .filter(|event| named(event))
    {
        event.error = true;
    }
    Ok(Done::new(json!(true)))
}

/// Rows of a process, all of them or by `id` or `message_id`.
fn named(call: &Call<'_>) -> Result<impl Fn(&OfflineEvent) -> bool + use<>, RestError> {
    let process = call
        .params
        .text("process_id")
        .ok_or_else(|| RestError::missing("process_id"))?;
    let texts = |name: &str| {
        call.params
            .list(name)
            .iter()
            .filter_map(text)
            .collect::<Vec<String>>()
    };
    let (ids, messages) = (texts("id"), texts("message_id"));
    Ok(move |event: &OfflineEvent| {
        event.process_id.as_ref() == Some(&process)
            && (ids.is_empty() || ids.contains(&event.id.to_string()))
            && (messages.is_empty() || messages.contains(&event.message_id))
    })
}

fn row(event: &OfflineEvent) -> Value {
    json!({
        "ID": event.id.to_string(),
        "TIMESTAMP_X": portal_time(event.at),
        "EVENT_NAME": event.event,
        "EVENT_DATA": event.data,
        "EVENT_ADDITIONAL": false,
        "MESSAGE_ID": event.message_id,
    })
}
