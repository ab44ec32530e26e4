//! Running workflow instances and the answers that robots wait for.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Done, RestError, portal_time};
use super::filter::{fits, page, selected, sort};
use super::methods::Call;
use super::portal::{Execution, ExecutionState, LateAnswers, State};
use crate::core::Partner;

impl State {
    /// Lets the automation go on where nobody answered in time.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        for run in &mut self.executions {
            let deadline = run.started_at + Duration::seconds(run.timeout_secs as i64);
            if run.state == ExecutionState::Waiting && run.timeout_secs > 0 && deadline <= now {
                run.state = ExecutionState::TimedOut;
            }
        }
    }
}

/// `bizproc.event.send`: gives a waiting robot its answer, once.
pub(super) fn send(call: &Call<'_>) -> Result<Done, RestError> {
    let token = call
        .params
        .text("event_token")
        .ok_or_else(|| RestError::missing("EVENT_TOKEN"))?;
    let values = call.params.map("return_values").unwrap_or_default();
    let message = call.params.text("log_message");
    let mut state = call.sim.state::<State>();
    state.settle(call.sim.now());
    let late = state.behaviour.late_answers;
    let code = state
        .executions
        .iter()
        .find(|run| run.event_token == token)
        .map(|run| run.code.clone());
    let code = code.ok_or_else(denied)?;
    let declared = state
        .robots
        .get(&code)
        .map(|robot| robot.return_properties.clone())
        .unwrap_or_default();
    let run = state
        .executions
        .iter_mut()
        .find(|run| run.event_token == token)
        .ok_or_else(denied)?;
    if run.state != ExecutionState::Waiting {
        return match late {
            LateAnswers::Refuse => Err(denied()),
            LateAnswers::Ignore => Ok(Done::new(json!(true))),
        };
    }
    run.state = ExecutionState::Answered;
    run.answer = Some(whitelisted(&values, &declared));
    run.log.extend(message);
    let detail = json!({ "deal": run.deal, "code": code });
    call.sim
        .ledger()
        .record_with(Partner::Bitrix24, call.method, &token, call.body, detail);
    Ok(Done::new(json!(true)))
}

/// Declared names in any case; everything else is silently dropped.
fn whitelisted(given: &Map<String, Value>, declared: &Map<String, Value>) -> Map<String, Value> {
    declared
        .keys()
        .filter_map(|name| {
            let (_, value) = given
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some((name.clone(), value.clone()))
        })
        .collect()
}

/// `bizproc.activity.log`: a line of progress, without closing.
pub(super) fn log(call: &Call<'_>) -> Result<Done, RestError> {
    let token = call
        .params
        .text("event_token")
        .ok_or_else(|| RestError::missing("EVENT_TOKEN"))?;
    let message = call.params.text("log_message").unwrap_or_default();
    let mut state = call.sim.state::<State>();
    state.settle(call.sim.now());
    let run = state
        .executions
        .iter_mut()
        .find(|run| run.event_token == token);
    let run = run
        .filter(|run| run.state == ExecutionState::Waiting)
        .ok_or_else(denied)?;
    run.log.push(message);
    Ok(Done::new(json!(true)))
}

pub(super) fn instances(call: &Call<'_>) -> Result<Done, RestError> {
    let mut state = call.sim.state::<State>();
    state.settle(call.sim.now());
    let filter = call.params.map("filter").unwrap_or_default();
    let mut rows: Vec<Value> = state
        .executions
        .iter()
        .filter(|run| run.state == ExecutionState::Waiting)
        .map(row)
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    sort(
        &mut rows,
        &call.params.map("order").unwrap_or_default(),
        &|row, name| row.get(name).cloned(),
    );
    let (mut rows, mut done) = page(rows, &call.params);
    if let Some(names) = selected(&call.params) {
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|name, _| names.contains(name));
        }
    }
    done.result = Value::Array(rows);
    Ok(done)
}

/// `bizproc.workflow.terminate`: stops an instance; its robot no longer waits.
pub(super) fn terminate(call: &Call<'_>) -> Result<Done, RestError> {
    let id = call.params.text("id").ok_or_else(|| {
        RestError::refused("ERROR_WRONG_WORKFLOW_ID", "Empty workflow instance ID")
    })?;
    let mut state = call.sim.state::<State>();
    let run = state
        .executions
        .iter_mut()
        .find(|run| run.workflow_id == id && run.state == ExecutionState::Waiting);
    let run = run.ok_or_else(|| {
        RestError::refused("ERROR_WRONG_WORKFLOW_ID", "Workflow instance not found")
    })?;
    run.state = ExecutionState::Over;
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &id, call.body);
    Ok(Done::new(json!(true)))
}

fn row(run: &Execution) -> Value {
    let at = portal_time(run.started_at);
    json!({
        "ID": run.workflow_id,
        "MODIFIED": at,
        "OWNED_UNTIL": null,
        "MODULE_ID": "crm",
        "ENTITY": "CCrmDocumentDeal",
        "DOCUMENT_ID": format!("DEAL_{}", run.deal),
        "STARTED": at,
        "STARTED_BY": "0",
        "TEMPLATE_ID": "9",
    })
}

fn denied() -> RestError {
    RestError::access_denied("Access denied!")
}
