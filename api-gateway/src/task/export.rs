//! The list of tasks as a workbook.

use chrono::{DateTime, Utc};
use domain::staff::Actor;
use domain::task::{HumanTask, TaskState};
use proto::kite::task::v1 as pb;
use serde_json::json;
use store::TaskRow;
use tonic::Status;

use super::{Tasks, query};
use crate::export::{self, Cell, Column, MOST_ROWS, Table};
use crate::status;

impl Tasks {
    pub(super) async fn workbook(
        &self,
        actor: &Actor,
        request: &pb::ListTasksRequest,
    ) -> Result<Vec<Result<pb::ExportTasksResponse, Status>>, Status> {
        let (filter, order) = query::read(&self.app.access, actor, request)?;
        let found = self
            .app
            .store
            .all_tasks(&filter, order, MOST_ROWS as u64 + 1)
            .await
            .map_err(status::store)?;
        let (rows, cut) = export::cut(found);
        let refusals = self.app.access.sees_refusals(actor);
        let at = Utc::now();
        let table = Table {
            title: "Задачи",
            columns: COLUMNS
                .into_iter()
                .map(|(title, width)| Column { title, width })
                .collect(),
            rows: rows.iter().map(|row| cells(row, refusals, at)).collect(),
            cut,
            by: actor.name.clone(),
            at,
        };
        export::record(&self.app.store, actor, "tasks", told(request), &table).await?;
        let bytes = export::file(table).await?;
        let name = format!("Задачи {}.xlsx", at.format("%Y-%m-%d"));
        Ok(export::parts(name, &bytes, |file_name, chunk| {
            pb::ExportTasksResponse { file_name, chunk }
        }))
    }
}

const COLUMNS: [(&str, f64); 20] = [
    ("Задача", 34.0),
    ("Состояние", 12.0),
    ("Срок", 17.0),
    ("Просрочена", 12.0),
    ("Ступеней эскалации", 12.0),
    ("Роль", 22.0),
    ("Поручена", 24.0),
    ("Взял в работу", 24.0),
    ("Город", 18.0),
    ("Автомобиль", 32.0),
    ("VIN или номер кузова", 21.0),
    ("Госномер", 12.0),
    ("Сделка", 10.0),
    ("Этап сделки", 24.0),
    ("Создана", 17.0),
    ("Закрыта", 17.0),
    ("Кто закрыл", 24.0),
    ("Решение", 50.0),
    ("Часовой пояс", 18.0),
    ("Номер задачи", 34.0),
];

fn cells(row: &TaskRow, refusals: bool, now: DateTime<Utc>) -> Vec<Cell> {
    let TaskRow {
        task,
        buyout: _,
        deal_id,
        stage,
        car,
        identifier,
        plate,
        time_zone,
    } = row;
    let HumanTask {
        id,
        number: _,
        kind: _,
        title,
        details: _,
        version: _,
        state,
        role,
        city,
        assignee,
        owner,
        excluded: _,
        created_at,
        due_at,
        escalation: _,
        escalated,
        reminders: _,
        comments: _,
        closed_by,
        closed_at,
        result,
        bitrix24_task: _,
        waits_for: _,
        due_unheld: _,
    } = task;
    let zone = export::zone(time_zone.as_deref());
    let text = |value: &Option<String>| Cell::Text(value.clone().unwrap_or_default());
    let name = |person: &Option<domain::staff::PersonRef>| {
        Cell::Text(
            person
                .as_ref()
                .map(|person| person.name.clone())
                .unwrap_or_default(),
        )
    };
    let overdue = state.is_open() && *due_at < now;
    let stage_title = if refusals {
        stage.title_ru()
    } else {
        stage.told_beside_the_client().1
    };
    vec![
        Cell::Text(title.clone()),
        Cell::Text(state_ru(*state).to_owned()),
        Cell::Moment(Some(*due_at), zone),
        Cell::Text(if overdue { "да" } else { "" }.to_owned()),
        Cell::Number(*escalated as u64),
        Cell::Text(role.title_ru().to_owned()),
        name(assignee),
        name(owner),
        text(city),
        Cell::Text(car.clone()),
        text(identifier),
        text(plate),
        Cell::Number(*deal_id),
        Cell::Text(stage_title.to_owned()),
        Cell::Moment(Some(*created_at), zone),
        Cell::Moment(*closed_at, zone),
        name(closed_by),
        text(result),
        Cell::Text(zone.name().to_owned()),
        Cell::Text(id.0.clone()),
    ]
}

fn state_ru(state: TaskState) -> &'static str {
    match state {
        TaskState::Open => "открыта",
        TaskState::Claimed => "в работе",
        TaskState::Done => "решена",
        TaskState::Cancelled => "отменена",
        TaskState::Expired => "истекла",
    }
}

/// The filter for the record.
fn told(request: &pb::ListTasksRequest) -> serde_json::Value {
    let pb::ListTasksRequest {
        page: _,
        mine,
        states,
        kind,
        buyout_id,
        overdue,
        text,
        city,
        escalated,
        latest_first,
    } = request;
    json!({
        "mine": mine,
        "states": states,
        "kind": kind,
        "buyout": buyout_id,
        "overdue": overdue,
        "by_text": !text.trim().is_empty(),
        "city": city,
        "escalated": escalated,
        "latest_first": latest_first,
    })
}
