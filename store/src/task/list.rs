//! Task lists, and what is counted over them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::staff::{PersonId, Role};
use domain::task::{HumanTask, TaskKind, TaskState};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{excluded_row, open_states, role_row, row, task};
use crate::buyout::row as buyout;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};
use crate::staff;

/// Mark of this list's cursors.
const LIST: &str = "due";

/// Which tasks; an empty list and `None` do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// One of these roles may take it: the task's first role, or one it escalated to.
    pub roles: Vec<Role>,
    /// A task without a city belongs to every city.
    pub cities: Vec<String>,
    /// Who is looking. With `mine`, only tasks that the person took or was given, or somebody whom the
    /// person stands in for. Without, also the queue: tasks that are given to nobody, fit `roles` and
    /// `cities` and do not exclude the person, and tasks of others that escalated to one of `roles`.
    /// This is what [`HumanTask::permits`] lets a person work on, save the duties of the run.
    pub person: Option<PersonId>,
    pub mine: bool,
    pub states: Vec<TaskState>,
    pub kind: Option<TaskKind>,
    pub buyout: Option<BuyoutId>,
    /// Open and past the deadline.
    pub overdue: bool,
}

/// A task with what its list shows of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    pub task: HumanTask,
    pub buyout: BuyoutId,
    pub deal_id: u64,
    pub stage: Stage,
    /// "Chery Tiggo 7 Pro, 2021"; empty before the deal is read.
    pub car: String,
    pub plate: Option<String>,
}

#[derive(FromQueryResult)]
struct Listed {
    id: String,
    run: String,
    due_at: DateTime<Utc>,
    data: serde_json::Value,
    deal_id: i64,
    stage: String,
    car: String,
    plate: Option<String>,
}

impl Store {
    /// Tasks by deadline, the earliest first.
    pub async fn list_tasks(
        &self,
        filter: &TaskFilter,
        page: &Page,
    ) -> Result<Paged<TaskRow>, StoreError> {
        let matching = row::Entity::find().filter(condition(filter));
        let total = matching.clone().count(&self.db).await?;

        let mut query = matching
            .select_only()
            .columns([
                row::Column::Id,
                row::Column::Run,
                row::Column::DueAt,
                row::Column::Data,
            ])
            .columns([
                buyout::Column::DealId,
                buyout::Column::Stage,
                buyout::Column::Car,
                buyout::Column::Plate,
            ])
            .join(
                sea_orm::JoinType::InnerJoin,
                row::Entity::belongs_to(buyout::Entity)
                    .from(row::Column::Run)
                    .to(buyout::Column::Id)
                    .into(),
            );
        if let Some(Key { at, id }) = page.after(LIST)? {
            query = query.filter(
                row::Column::DueAt
                    .gt(at)
                    .or(row::Column::DueAt.eq(at).and(row::Column::Id.gt(id))),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_asc(row::Column::DueAt)
            .order_by_asc(row::Column::Id)
            .limit(limit + 1)
            .into_model::<Listed>()
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.due_at,
            id: row.id.clone(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(listed).collect::<Result<_, _>>()?,
            next_cursor,
            total,
        })
    }

    /// How many tasks of each kind match; kinds without any are absent.
    pub async fn task_counts(
        &self,
        filter: &TaskFilter,
    ) -> Result<BTreeMap<TaskKind, u64>, StoreError> {
        row::Entity::find()
            .filter(condition(filter))
            .select_only()
            .column(row::Column::Kind)
            .column_as(row::Column::Id.count(), "tasks")
            .group_by(row::Column::Kind)
            .into_tuple::<(String, i64)>()
            .all(&self.db)
            .await?
            .into_iter()
            .map(|(kind, count)| {
                let at = At {
                    table: "task",
                    key: &kind,
                };
                Ok((at.parse("kind", &kind)?, at.number("count", count)?))
            })
            .collect()
    }

    /// Open inspections of everybody who has any: whoever took one, or else was given it.
    pub async fn open_inspections_by_person(&self) -> Result<BTreeMap<PersonId, u32>, StoreError> {
        let person = Func::coalesce([
            Expr::col(row::Column::Owner),
            Expr::col(row::Column::Assignee),
        ]);
        row::Entity::find()
            .filter(row::Column::Kind.eq(TaskKind::Inspect.to_string()))
            .filter(row::Column::State.is_in(open_states()))
            .filter(
                row::Column::Owner
                    .is_not_null()
                    .or(row::Column::Assignee.is_not_null()),
            )
            .select_only()
            .column_as(SimpleExpr::from(person.clone()), "person")
            .column_as(row::Column::Id.count(), "tasks")
            .group_by(SimpleExpr::from(person))
            .into_tuple::<(String, i64)>()
            .all(&self.db)
            .await?
            .into_iter()
            .map(|(person, count)| {
                let count = At {
                    table: "task",
                    key: &person,
                }
                .number("count", count)?;
                Ok((PersonId(person), count))
            })
            .collect()
    }
}

fn condition(filter: &TaskFilter) -> Condition {
    let TaskFilter {
        roles,
        cities,
        person,
        mine,
        states,
        kind,
        buyout,
        overdue,
    } = filter;
    let by_role =
        (!roles.is_empty()).then(|| row::Column::Id.in_subquery(tasks_of_roles(roles, None)));
    let by_city = (!cities.is_empty()).then(|| {
        row::Column::City
            .is_in(cities)
            .or(row::Column::City.is_null())
    });
    let who = match person {
        None => Condition::all().add_option(by_role).add_option(by_city),
        Some(person) if *mine => own(person),
        Some(person) => {
            let excluded = Query::select()
                .column(excluded_row::Column::Task)
                .from(excluded_row::Entity)
                .and_where(excluded_row::Column::Person.eq(&person.0))
                .take();
            let queue = Condition::all()
                .add(row::Column::Assignee.is_null())
                .add_option(by_role)
                .add_option(by_city)
                .add(row::Column::Id.not_in_subquery(excluded));
            let escalated = Condition::all()
                .add(row::Column::Assignee.is_not_null())
                .add_option(
                    (!roles.is_empty())
                        .then(|| row::Column::Id.in_subquery(tasks_of_roles(roles, Some(true)))),
                );
            own(person).add(queue).add(escalated)
        }
    };
    let states: Vec<String> = states.iter().map(TaskState::to_string).collect();
    Condition::all()
        .add(who)
        .add_option((!states.is_empty()).then(|| row::Column::State.is_in(states)))
        .add_option(kind.map(|kind| row::Column::Kind.eq(kind.to_string())))
        .add_option(buyout.as_ref().map(|run| row::Column::Run.eq(run.as_str())))
        .add_option(overdue.then(|| {
            row::Column::DueAt
                .lt(column::now())
                .and(row::Column::State.is_in(open_states()))
        }))
}

fn tasks_of_roles(roles: &[Role], escalated: Option<bool>) -> SelectStatement {
    Query::select()
        .column(role_row::Column::Task)
        .from(role_row::Entity)
        .and_where(role_row::Column::Role.is_in(roles.iter().map(Role::to_string)))
        .and_where_option(escalated.map(|escalated| role_row::Column::Escalated.eq(escalated)))
        .take()
}

/// Taken by or given to the person or somebody whom the person stands in for.
fn own(person: &PersonId) -> Condition {
    let people = staff::represented(person);
    Condition::any()
        .add(row::Column::Owner.in_subquery(people.clone()))
        .add(row::Column::Assignee.in_subquery(people.clone()))
        .add(row::Column::Owner.eq(&person.0))
        .add(row::Column::Assignee.eq(&person.0))
}

fn listed(row: Listed) -> Result<TaskRow, StoreError> {
    let Listed {
        id,
        run,
        due_at: _,
        data,
        deal_id,
        stage,
        car,
        plate,
    } = row;
    let at = At {
        table: "buyout",
        key: &run,
    };
    Ok(TaskRow {
        task: task(&id, data)?,
        deal_id: at.number("deal_id", deal_id)?,
        stage: at.parse("stage", &stage)?,
        car,
        plate,
        buyout: BuyoutId(run),
    })
}
