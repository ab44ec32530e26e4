//! tasks.task.*: parameters in upper case, answers in camel case, numbers as strings.

use serde_json::{Value, json};

use super::answer::{Done, RestError, portal_time};
use super::events::{self, Actor};
use super::fields::date_time;
use super::filter::{fits, page, selected, sort};
use super::methods::Call;
use super::params::{list as items, number, text};
use super::people::{self, Employee};
use super::portal::{Kind, State, Task, TaskStatus};
use super::timeline::marker;
use crate::core::{Partner, Sim};

pub(super) fn add(call: &Call<'_>) -> Result<Done, RestError> {
    let fields = call
        .params
        .map("fields")
        .filter(|fields| !fields.is_empty());
    let fields = fields.ok_or_else(|| RestError::missing("fields"))?;
    let given = |name: &str| {
        fields
            .get(name)
            .and_then(text)
            .filter(|text| !text.is_empty())
    };
    let title = given("TITLE").ok_or_else(|| core_error("Не указано название задачи<br>"))?;
    let responsible = fields
        .get("RESPONSIBLE_ID")
        .and_then(number)
        .filter(|id| *id > 0);
    let responsible = responsible.ok_or_else(|| core_error("Не указан исполнитель<br>"))?;
    if people::find(responsible).is_none() {
        return Err(core_error(
            "Пользователь указанный в поле \"Исполнитель\" не найден<br>",
        ));
    }
    let crm: Vec<String> = fields
        .get("UF_CRM_TASK")
        .map(items)
        .unwrap_or_default()
        .iter()
        .filter_map(text)
        .collect();
    let now = call.sim.now();
    let description = given("DESCRIPTION").unwrap_or_default();
    let key = format!(
        "{}:{}",
        crm.join("+"),
        marker(&format!("{description}{title}"))
    );
    let mut state = call.sim.state::<State>();
    let id = state.next_id(Kind::Task);
    let task = Task {
        title,
        description,
        responsible,
        created_by: fields
            .get("CREATED_BY")
            .and_then(number)
            .unwrap_or(call.caller.user),
        deadline: given("DEADLINE").and_then(|text| date_time(&text)),
        crm,
        xml_id: given("XML_ID"),
        status: TaskStatus::Pending,
        created_at: now,
        changed_at: now,
        closed_by: None,
        changed_by: None,
    };
    let answer = json!({ "task": whole(id, &task) });
    let detail = json!({ "task": id, "responsible": task.responsible });
    state.tasks.insert(id, task);
    call.sim
        .ledger()
        .record_with(Partner::Bitrix24, call.method, &key, call.body, detail);
    events::happened(
        call.sim,
        &mut state,
        "ONTASKADD",
        id,
        Actor::App(call.caller.user),
    );
    Ok(Done::new(answer))
}

/// A task that is not there or out of sight is an empty list.
pub(super) fn get(call: &Call<'_>) -> Result<Done, RestError> {
    let id = task_id(call)?;
    let state = call.sim.state::<State>();
    let Some(task) = state.tasks.get(&id).filter(|task| sees(call, task)) else {
        return Ok(Done::new(json!([])));
    };
    let mut shown = whole(id, task);
    narrow(&mut shown, selected(&call.params).as_deref(), all_of(call));
    Ok(Done::new(json!({ "task": shown })))
}

pub(super) fn list(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let filter = call.params.map("filter").unwrap_or_default();
    let order = call.params.map("order").unwrap_or_default();
    // Looked at first, since all other fields are made to be compared.
    let of_crm = filter.get("UF_CRM_TASK").and_then(text);
    let value = |id: &u64, name: &str| state.tasks.get(id).and_then(|task| field(*id, task, name));
    let mut ids: Vec<u64> = state
        .tasks
        .iter()
        .filter(|(_, task)| {
            of_crm
                .as_ref()
                .is_none_or(|entity| task.crm.contains(entity))
        })
        .filter(|(id, task)| sees(call, task) && fits(&filter, &|name| value(id, name)))
        .map(|(id, _)| *id)
        .collect();
    sort(&mut ids, &order, &value);
    let (ids, mut done) = page(ids, &call.params);
    let only = selected(&call.params);
    let tasks: Vec<Value> = ids
        .iter()
        .filter_map(|id| {
            let mut shown = whole(*id, state.tasks.get(id)?);
            narrow(&mut shown, only.as_deref(), all_of(call));
            Some(shown)
        })
        .collect();
    done.result = json!({ "tasks": tasks });
    Ok(done)
}

pub(super) fn update(call: &Call<'_>) -> Result<Done, RestError> {
    let id = task_id(call)?;
    let fields = call
        .params
        .map("fields")
        .filter(|fields| !fields.is_empty());
    let fields = fields.ok_or_else(|| RestError::missing("fields"))?;
    let mut state = call.sim.state::<State>();
    let task = state
        .tasks
        .get_mut(&id)
        .filter(|task| sees(call, task))
        .ok_or_else(not_allowed)?;
    let given = |name: &str| fields.get(name).and_then(text);
    if let Some(title) = given("TITLE") {
        task.title = title;
    }
    if let Some(description) = given("DESCRIPTION") {
        task.description = description;
    }
    if let Some(deadline) = given("DEADLINE") {
        task.deadline = date_time(&deadline);
    }
    if let Some(responsible) = fields.get("RESPONSIBLE_ID").and_then(number) {
        if people::find(responsible).is_none() {
            return Err(core_error(
                "Пользователь указанный в поле \"Исполнитель\" не найден<br>",
            ));
        }
        task.responsible = responsible;
    }
    if fields.get("STATUS").and_then(number) == Some(5) {
        task.status = TaskStatus::Completed;
        task.closed_by = Some(call.caller.user);
    }
    task.changed_at = call.sim.now();
    task.changed_by = Some(call.caller.user);
    let answer = json!({ "task": whole(id, task) });
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &id.to_string(), call.body);
    events::happened(
        call.sim,
        &mut state,
        "ONTASKUPDATE",
        id,
        Actor::App(call.caller.user),
    );
    Ok(Done::new(answer))
}

pub(super) fn complete(call: &Call<'_>) -> Result<Done, RestError> {
    let id = task_id(call)?;
    let mut state = call.sim.state::<State>();
    let seen = state.tasks.get(&id).is_some_and(|task| sees(call, task));
    if !seen || !close(call.sim, &mut state, id, Actor::App(call.caller.user)) {
        return Err(not_allowed());
    }
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &id.to_string(), call.body);
    Ok(Done::new(
        json!({ "task": state.tasks.get(&id).map(|task| whole(id, task)) }),
    ))
}

/// Opens a completed task again.
pub(super) fn renew(call: &Call<'_>) -> Result<Done, RestError> {
    let id = task_id(call)?;
    let mut state = call.sim.state::<State>();
    let task = state
        .tasks
        .get_mut(&id)
        .filter(|task| sees(call, task) && task.status == TaskStatus::Completed)
        .ok_or_else(not_allowed)?;
    task.status = TaskStatus::Pending;
    task.closed_by = Some(0);
    task.changed_by = Some(call.caller.user);
    task.changed_at = call.sim.now();
    let answer = json!({ "task": whole(id, task) });
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &id.to_string(), call.body);
    events::happened(
        call.sim,
        &mut state,
        "ONTASKUPDATE",
        id,
        Actor::App(call.caller.user),
    );
    Ok(Done::new(answer))
}

/// Completes a task and tells of it; false when there is nothing to complete.
pub(super) fn close(sim: &Sim, state: &mut State, id: u64, actor: Actor) -> bool {
    let Some(task) = state
        .tasks
        .get_mut(&id)
        .filter(|task| task.status != TaskStatus::Completed)
    else {
        return false;
    };
    task.status = TaskStatus::Completed;
    task.closed_by = Some(actor.user());
    task.changed_by = Some(actor.user());
    task.changed_at = sim.now();
    events::happened(sim, state, "ONTASKUPDATE", id, actor);
    true
}

/// Its people and the administrator see a task.
fn sees(call: &Call<'_>, task: &Task) -> bool {
    let user = call.caller.user;
    people::find(user).is_some_and(Employee::is_admin)
        || [task.responsible, task.created_by].contains(&user)
}

fn task_id(call: &Call<'_>) -> Result<u64, RestError> {
    let given = call.params.get("taskId").ok_or_else(|| {
        let words = "CTaskItem All parameters in the constructor must have real class type (internal error)";
        RestError::refused("100", words)
    })?;
    number(given)
        .filter(|id| *id > 0)
        .ok_or_else(|| RestError::refused("0", "wrong task id"))
}

fn core_error(words: &str) -> RestError {
    RestError::refused("ERROR_CORE", words)
}

fn not_allowed() -> RestError {
    RestError::refused("0", "Действие над задачей не разрешено")
}

pub(super) fn whole(id: u64, task: &Task) -> Value {
    let Task {
        title,
        description,
        responsible,
        created_by,
        deadline,
        crm,
        xml_id,
        status,
        created_at,
        changed_at,
        closed_by,
        changed_by,
    } = task;
    let (created, changed) = (portal_time(*created_at), portal_time(*changed_at));
    let closed = closed_by.filter(|user| *user > 0).map(|_| &changed);
    let done = *status == TaskStatus::Completed;
    json!({
        "id": id.to_string(),
        "parentId": null,
        "title": title,
        "description": description,
        "mark": null,
        "priority": "1",
        "stageId": "0",
        "createdBy": created_by.to_string(),
        "createdDate": created,
        "responsibleId": responsible.to_string(),
        "changedBy": changed_by.unwrap_or(*created_by).to_string(),
        "changedDate": changed,
        "closedBy": closed_by.map(|user| user.to_string()),
        "closedDate": closed,
        "deadline": deadline,
        "guid": null,
        "xmlId": xml_id,
        "descriptionInBbcode": "Y",
        "status": status.code().to_string(),
        "statusChangedDate": changed,
        "favorite": "N",
        "groupId": "0",
        "auditors": [],
        "accomplices": [],
        "group": [],
        "creator": person(*created_by),
        "responsible": person(*responsible),
        "ufCrmTask": crm,
        "action": { "complete": !done, "start": !done, "renew": done, "edit": true, "remove": true },
    })
}

fn person(id: u64) -> Value {
    let employee = people::find(id);
    json!({
        "id": id.to_string(),
        "name": employee.map(Employee::full_name),
        "link": format!("/company/personal/user/{id}/"),
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": employee.map(|employee| employee.position),
    })
}

/// A field by its upper-case name, for filters and order.
fn field(id: u64, task: &Task, name: &str) -> Option<Value> {
    match name {
        "REAL_STATUS" => Some(json!(task.status.code())),
        _ => whole(id, task).get(camel(name)).cloned(),
    }
}

fn all_of(call: &Call<'_>) -> bool {
    call.params
        .list("select")
        .iter()
        .filter_map(text)
        .any(|name| name == "UF_*" || name == "UF_CRM_TASK")
}

/// Keeps what was selected. Own fields come only when they are named.
fn narrow(shown: &mut Value, only: Option<&[String]>, own: bool) {
    let Some(map) = shown.as_object_mut() else {
        return;
    };
    if !own {
        map.remove("ufCrmTask");
    }
    if let Some(names) = only {
        let wanted: Vec<String> = names.iter().map(|name| camel(name)).collect();
        map.retain(|name, _| {
            name == "id" || (own && name == "ufCrmTask") || wanted.contains(name) || name == "group"
        });
    }
}

/// RESPONSIBLE_ID -> responsibleId
fn camel(upper: &str) -> String {
    let mut name = String::new();
    for (index, word) in upper.to_ascii_lowercase().split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => {
                name.push(first.to_ascii_uppercase());
                name.push_str(letters.as_str());
            }
            Some(_) | None => name.push_str(word),
        }
    }
    name
}

/// Tasks of a deal as a person sees them.
pub(super) fn of_deal(state: &State, deal: u64) -> Vec<Value> {
    let entity = format!("D_{deal}");
    let tasks = state
        .tasks
        .iter()
        .filter(|(_, task)| task.crm.contains(&entity));
    tasks.map(|(id, task)| whole(*id, task)).collect()
}
