//! Form bodies that the portal's queue server posts.

use super::MEMBER_ID;
use super::oauth::{Pair, endpoints};
use super::portal::{Execution, Robot, State};
use crate::core::Sim;
use serde_json::{Map, Value};

use super::params::{flag, list, text};

pub(super) type Form = Vec<(String, String)>;

pub(super) fn pair(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

/// `auth[…]` with the tokens of an employee.
pub(super) fn auth(sim: &Sim, state: &State, tokens: &Pair) -> Form {
    let Pair {
        access_token,
        refresh_token,
        expires_in,
        expires,
        user,
    } = tokens;
    let mut form = vec![
        pair("auth[access_token]", access_token),
        pair("auth[expires]", expires.to_string()),
        pair("auth[expires_in]", expires_in.to_string()),
        pair("auth[scope]", state.scope()),
    ];
    form.extend(portal(sim, state));
    form.push(pair("auth[user_id]", user.to_string()));
    form.push(pair("auth[refresh_token]", refresh_token));
    form.push(pair(
        "auth[application_token]",
        &state.app.application_token,
    ));
    form
}

/// `auth[…]` without tokens: what automation caused, and what tells of the application's end.
pub(super) fn tokenless(sim: &Sim, state: &State) -> Form {
    let mut form = portal(sim, state);
    form.push(pair(
        "auth[application_token]",
        &state.app.application_token,
    ));
    form
}

fn portal(sim: &Sim, state: &State) -> Form {
    let (domain, client_endpoint, server_endpoint) = endpoints(sim, state);
    vec![
        pair("auth[domain]", domain),
        pair("auth[server_endpoint]", server_endpoint),
        pair("auth[status]", "L"),
        pair("auth[client_endpoint]", client_endpoint),
        pair("auth[member_id]", MEMBER_ID),
    ]
}

/// `event=ONAPPINSTALL&data[…]&ts&auth[…]`
pub(super) fn install(sim: &Sim, state: &State, tokens: &Pair) -> Form {
    let mut form = vec![
        pair("event", "ONAPPINSTALL"),
        pair("data[VERSION]", state.app.version.to_string()),
        pair("data[ACTIVE]", "Y"),
        pair("data[INSTALLED]", "Y"),
        pair("data[LANGUAGE_ID]", "ru"),
        pair("ts", sim.now().timestamp().to_string()),
    ];
    form.extend(auth(sim, state, tokens));
    form
}

pub(super) fn uninstall(sim: &Sim, state: &State) -> Form {
    let mut form = vec![
        pair("event", "ONAPPUNINSTALL"),
        pair("data[LANGUAGE_ID]", "ru"),
        pair("data[CLEAN]", "1"),
        pair("ts", sim.now().timestamp().to_string()),
    ];
    form.extend(tokenless(sim, state));
    form
}

/// An event of the CRM or of tasks; `tokens` are missing when automation caused it.
pub(super) fn event(
    sim: &Sim,
    state: &State,
    name: &str,
    handler: u64,
    data: Form,
    tokens: Option<&Pair>,
) -> Form {
    let mut form = vec![
        pair("event", name),
        pair("event_handler_id", handler.to_string()),
    ];
    form.extend(data);
    form.push(pair("ts", sim.now().timestamp().to_string()));
    match tokens {
        Some(tokens) => {
            let all = auth(sim, state, tokens);
            form.extend(
                all.into_iter()
                    .filter(|(name, _)| name != "auth[refresh_token]"),
            );
        }
        None => form.extend(tokenless(sim, state)),
    }
    form
}

/// What a robot's handler receives.
pub(super) fn robot(
    sim: &Sim,
    state: &State,
    robot: &Robot,
    run: &Execution,
    tokens: &Pair,
) -> Form {
    let mut form = vec![
        pair("workflow_id", &run.workflow_id),
        pair("code", &run.code),
        pair("document_id[0]", "crm"),
        pair("document_id[1]", "CCrmDocumentDeal"),
        pair("document_id[2]", format!("DEAL_{}", run.deal)),
        pair("document_type[0]", "crm"),
        pair("document_type[1]", "CCrmDocumentDeal"),
        pair("document_type[2]", "DEAL"),
        pair("event_token", &run.event_token),
    ];
    form.extend(properties(&robot.properties));
    form.push(pair("use_subscription", if run.waits { "Y" } else { "N" }));
    form.push(pair("timeout_duration", run.timeout_secs.to_string()));
    form.push(pair("ts", sim.now().timestamp().to_string()));
    form.extend(auth(sim, state, tokens));
    let activity = run.event_token.split('|').nth(1).unwrap_or_default();
    form.push(pair("auth[WORKFLOW_ID]", &run.workflow_id));
    form.push(pair("auth[ACTIVITY_NAME]", activity));
    form.push(pair("auth[CODE]", &run.code));
    form
}

/// Declared properties with their defaults; a robot without any sends none at all.
fn properties(declared: &Map<String, Value>) -> Form {
    let mut form = Form::new();
    for (key, property) in declared {
        let default = property.get("Default").cloned().unwrap_or_default();
        let user = property.get("Type").and_then(text).as_deref() == Some("user");
        let written = |value: &Value| {
            let value = text(value).unwrap_or_default();
            if user && value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
                format!("user_{value}")
            } else {
                value
            }
        };
        if property.get("Multiple").is_some_and(flag) {
            for (index, value) in list(&default).iter().enumerate() {
                form.push(pair(format!("properties[{key}][{index}]"), written(value)));
            }
        } else {
            form.push(pair(format!("properties[{key}]"), written(&default)));
        }
    }
    form
}
