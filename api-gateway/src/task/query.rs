//! Which tasks somebody asks for, and which of them concern them.

use domain::buyout::start::BuyoutId;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, Role};
use domain::task::{TaskKind, TaskState};
use proto::kite::task::v1 as pb;
use store::{TaskFilter, TaskOrder};
use tonic::Status;

use crate::access::Access;
use crate::status;

const OPEN: [TaskState; 2] = [TaskState::Open, TaskState::Claimed];

/// A kind by its name; nothing when it is not asked for.
pub(super) fn kind(name: &str) -> Result<Option<TaskKind>, FieldViolation> {
    if name.is_empty() {
        return Ok(None);
    }
    name.parse()
        .map(Some)
        .map_err(|_| FieldViolation::new("kind", format!("Неизвестный вид задачи «{name}».")))
}

/// The filter and the order of a request. The page is not looked at.
pub(super) fn read(
    access: &Access,
    actor: &Actor,
    request: &pb::ListTasksRequest,
) -> Result<(TaskFilter, TaskOrder), Status> {
    let pb::ListTasksRequest {
        page: _,
        mine,
        states,
        kind: kind_name,
        buyout_id,
        overdue,
        text,
        city,
        escalated,
        latest_first,
    } = request;
    let mut wrong = Vec::new();
    let mut known_states = Vec::new();
    for state in states {
        match state.parse::<TaskState>() {
            Ok(state) => known_states.push(state),
            Err(_) => wrong.push(FieldViolation::new(
                "states",
                format!("Неизвестное состояние «{state}»."),
            )),
        }
    }
    if known_states.is_empty() {
        known_states.extend(OPEN);
    }
    let kind = kind(kind_name).unwrap_or_else(|violation| {
        wrong.push(violation);
        None
    });
    if !wrong.is_empty() {
        return Err(status::refused(&Refusal::invalid(wrong)));
    }
    let closed = !known_states.iter().any(|state| state.is_open());
    let order = if *latest_first && closed {
        TaskOrder::Closed
    } else {
        TaskOrder::Deadline
    };
    if !city.is_empty() {
        // Refused when it is not theirs.
        access.cities(actor, city)?;
    }
    let filter = TaskFilter {
        roles: if access.sees_every_task(actor) {
            Vec::new()
        } else {
            actor.roles.clone()
        },
        cities: actor.cities.clone(),
        person: Some(actor.person.clone()),
        mine: *mine,
        // Whoever hands inspections over sees who has them, when they ask for inspections.
        oversees: if kind == Some(TaskKind::Inspect) && actor.has_role(Role::Dispatcher) {
            vec![TaskKind::Inspect]
        } else {
            Vec::new()
        },
        states: known_states,
        kind,
        buyout: (!buyout_id.is_empty()).then(|| BuyoutId(buyout_id.clone())),
        overdue: *overdue,
        text: (!text.trim().is_empty()).then(|| text.clone()),
        in_cities: (!city.is_empty())
            .then(|| city.clone())
            .into_iter()
            .collect(),
        escalated: *escalated,
    };
    Ok((filter, order))
}
