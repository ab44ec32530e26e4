//! Robots of the application: registration, and the calls of their handlers.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Done, RestError};
use super::forms;
use super::methods::Call;
use super::params::{Params, flag, get_any_case, map, number, text};
use super::people;
use super::portal::{Execution, ExecutionState, Robot, State};
use crate::core::{Callback, Partner, Sim};

/// Where the administrator puts a new robot.
const FIRST_STAGE: &str = "C9:INSPECTION";
const TYPES: [&str; 10] = [
    "bool", "date", "datetime", "double", "file", "int", "select", "string", "text", "user",
];

pub(super) fn add(call: &Call<'_>) -> Result<Done, RestError> {
    if call.params.0.keys().all(|key| key == "auth") {
        return Err(invalid("Empty data!"));
    }
    let code = code(&call.params)?;
    let robot = read(&call.params.0, None)?;
    let mut state = call.sim.state::<State>();
    if state.robots.contains_key(&code) {
        let error = "ERROR_ACTIVITY_ALREADY_INSTALLED";
        return Err(RestError::refused(
            error,
            "Activity or Robot already installed!",
        ));
    }
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &code, call.body);
    state.robots.insert(code, robot);
    Ok(Done::new(json!(true)))
}

pub(super) fn update(call: &Call<'_>) -> Result<Done, RestError> {
    let code = code(&call.params)?;
    let fields = call
        .params
        .map("fields")
        .filter(|fields| !fields.is_empty());
    let fields = fields.ok_or_else(|| invalid("No fields to update"))?;
    let mut state = call.sim.state::<State>();
    let known = state.robots.get(&code).ok_or_else(unknown)?;
    let robot = read(&fields, Some(known))?;
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &code, call.body);
    state.robots.insert(code, robot);
    Ok(Done::new(json!(true)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Done, RestError> {
    let code = code(&call.params)?;
    let mut state = call.sim.state::<State>();
    state.robots.remove(&code).ok_or_else(unknown)?;
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &code, call.body);
    Ok(Done::new(json!(true)))
}

pub(super) fn list(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    Ok(Done::new(state.robots.keys().cloned().collect()))
}

fn code(params: &Params) -> Result<String, RestError> {
    let code = params.text("code").unwrap_or_default();
    if code.is_empty() {
        return Err(invalid("Empty activity code!"));
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !code.bytes().all(good) {
        return Err(invalid("Wrong activity code!"));
    }
    Ok(code)
}

/// Reads a robot; what is not given stays as it was.
fn read(given: &Map<String, Value>, known: Option<&Robot>) -> Result<Robot, RestError> {
    let handler = match (get_any_case(given, "HANDLER").and_then(text), known) {
        (Some(handler), _) => handler,
        (None, Some(known)) => known.handler.clone(),
        (None, None) => String::new(),
    };
    check_handler(&handler)?;
    let name = get_any_case(given, "NAME")
        .cloned()
        .or_else(|| known.map(|known| known.name.clone()));
    let name = name.filter(|name| text(name).is_none_or(|name| !name.is_empty()));
    let name = name.ok_or_else(|| invalid("Empty activity NAME!"))?;
    let properties = |key: &str, before: Option<&Map<String, Value>>| match get_any_case(given, key)
    {
        Some(given) => declared(given),
        None => Ok(before.cloned().unwrap_or_default()),
    };
    let auth_user = get_any_case(given, "AUTH_USER_ID")
        .and_then(number)
        .filter(|user| *user > 0);
    Ok(Robot {
        handler,
        auth_user: auth_user
            .or(known.map(|known| known.auth_user))
            .unwrap_or(people::ADMIN),
        // Sources differ on a robot that does not say; the documentation lets it wait.
        waits: match (get_any_case(given, "USE_SUBSCRIPTION"), known) {
            (Some(value), _) => flag(value),
            (None, Some(known)) => known.waits,
            (None, None) => true,
        },
        name,
        properties: properties("PROPERTIES", known.map(|known| &known.properties))?,
        return_properties: properties(
            "RETURN_PROPERTIES",
            known.map(|known| &known.return_properties),
        )?,
        stages: known.map_or_else(
            || vec![FIRST_STAGE.to_owned()],
            |known| known.stages.clone(),
        ),
        timeout_secs: known.map_or(0, |known| known.timeout_secs),
    })
}

/// The cloud refuses handlers on localhost; here they are the point.
fn check_handler(handler: &str) -> Result<(), RestError> {
    match url::Url::parse(handler) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Err(RestError::refused(
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported event handler protocol",
        )),
        Ok(url) if url.has_host() => Ok(()),
        Ok(_) | Err(_) => Err(RestError::refused(
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        )),
    }
}

fn declared(given: &Value) -> Result<Map<String, Value>, RestError> {
    let properties = map(given).ok_or_else(|| invalid("Wrong properties array!"))?;
    for (key, property) in &properties {
        let mut letters = key.bytes();
        let good = letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !good {
            return Err(invalid(&format!("Wrong property key ({key})!")));
        }
        let fields = map(property).unwrap_or_default();
        if get_any_case(&fields, "Name").is_none() {
            return Err(invalid(&format!("Empty property NAME ({key})!")));
        }
        let kind = get_any_case(&fields, "Type")
            .and_then(text)
            .unwrap_or_else(|| "string".to_owned());
        if !TYPES.contains(&kind.as_str()) {
            return Err(invalid("Wrong properties array!"));
        }
    }
    Ok(properties)
}

fn invalid(words: &str) -> RestError {
    RestError::refused("ERROR_ACTIVITY_VALIDATION_FAILURE", words)
}

fn unknown() -> RestError {
    RestError::refused("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
}

/// A deal came to a stage: the robots that stand there are started.
pub(super) fn stage_reached(sim: &Sim, state: &mut State, deal: u64, stage: &str) {
    let codes: Vec<String> = state
        .robots
        .iter()
        .filter(|(_, robot)| robot.stages.iter().any(|own| own == stage))
        .map(|(code, _)| code.clone())
        .collect();
    for code in codes {
        start(sim, state, &code, deal);
    }
}

/// Starts a robot on a deal: a workflow instance with one activity, and the POST through the queue.
/// `None` when there is no such robot.
pub(super) fn start(sim: &Sim, state: &mut State, code: &str, deal: u64) -> Option<Execution> {
    let robot = state.robots.get(code).cloned()?;
    let now = sim.now();
    let workflow_id = unique_id();
    let activity = format!(
        "A{}_{}_{}_{}",
        five_digits(),
        five_digits(),
        five_digits(),
        five_digits()
    );
    let random = &hex::encode(rand::random::<[u8; 16]>());
    let signed = format!("{workflow_id}|{activity}|{random}");
    let signature = hex::encode(Sha256::digest(format!(
        "{}:{signed}",
        state.app.application_token
    )));
    let mut run = Execution {
        event_token: format!("{signed}.{signature}"),
        workflow_id,
        code: code.to_owned(),
        deal,
        waits: robot.waits,
        timeout_secs: robot.timeout_secs,
        started_at: now,
        state: if robot.waits {
            ExecutionState::Waiting
        } else {
            ExecutionState::Over
        },
        answer: None,
        log: Vec::new(),
        form: Vec::new(),
        handler: robot.handler.clone(),
    };
    let tokens = state.issue(robot.auth_user);
    run.form = forms::robot(sim, state, &robot, &run, &tokens);
    state.executions.push(run.clone());
    post(sim, state, &run);
    Some(run)
}

/// Puts the robot's POST into the queue. It is never repeated by itself.
pub(super) fn post(sim: &Sim, state: &State, run: &Execution) {
    let delay = Duration::from_millis(state.behaviour.queue_delay_ms);
    let callback =
        Callback::form(&run.handler, &run.form).header("user-agent", "Bitrix24 Webhook Engine");
    sim.callbacks()
        .send(Partner::Bitrix24, "robot", callback.delay(delay));
}

/// "68e0f1c2a1b2c3.12345678"
fn unique_id() -> String {
    let random = rand::random::<[u8; 7]>();
    format!(
        "{}.{:08}",
        hex::encode(random),
        rand::random::<u32>() % 100_000_000
    )
}

fn five_digits() -> u32 {
    10_000 + rand::random::<u32>() % 90_000
}
