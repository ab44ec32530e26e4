//! Task lists, and what is counted over them.

mod counts;

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::staff::{PersonId, Role};
use domain::task::{HumanTask, TaskKind, TaskState};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::{excluded_row, roles, row, task};
use crate::buyout;
use crate::buyout::row as buyout_row;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};
use crate::staff;

pub use self::counts::{InspectorLoad, TaskCounts};

/// Rows read at once where no page bounds them.
const BATCH: u64 = 1_000;
/// OPEN and CLAIMED.
const OPEN_STATES: usize = 2;

/// Which tasks; an empty list and `None` do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// One of these roles may take it: the task's first role, or one it escalated to.
    pub roles: Vec<Role>,
    /// A task without a city belongs to every city.
    pub cities: Vec<String>,
    /// Who is looking. With `mine`, only tasks that the person took or was given, or somebody whom the
    /// person stands in for. Without, also the queue: tasks that are given to nobody, fit `roles` and
    /// `cities` and do not exclude the person, and tasks of others in `cities` that escalated to one of
    /// `roles`. This is what [`HumanTask::permits`] lets a person work on, save the duties of the run.
    pub person: Option<PersonId>,
    pub mine: bool,
    /// Kinds that the person looks after in `cities`, whoever has them.
    pub oversees: Vec<TaskKind>,
    pub states: Vec<TaskState>,
    pub kind: Option<TaskKind>,
    pub buyout: Option<BuyoutId>,
    /// Open and past the deadline.
    pub overdue: bool,
    /// Parts of the deal's number, VIN, plate or car's title of the run; each word must occur.
    pub text: Option<String>,
    /// Of one of these cities alone; a task without a city is of none.
    pub in_cities: Vec<String>,
    /// Some step of the escalation was taken.
    pub escalated: bool,
}

/// By what a list is sorted; equal ones by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskOrder {
    /// The earliest deadline first.
    #[default]
    Deadline,
    /// Closed ones alone, the latest first.
    Closed,
}

impl TaskOrder {
    /// Mark of this order's cursors.
    fn mark(self) -> &'static str {
        match self {
            Self::Deadline => "due",
            Self::Closed => "closed",
        }
    }

    fn key(self, row: &Listed) -> Key {
        Key {
            at: match self {
                Self::Deadline => row.due_at,
                // The order keeps open tasks out.
                Self::Closed => row.closed_at.unwrap_or_default(),
            },
            id: row.id.clone(),
        }
    }

    /// What comes after the key. The first comparison alone bounds the walk over an index.
    fn after(self, Key { at, id }: Key) -> Condition {
        let (bound, beyond, next) = match self {
            Self::Deadline => (
                row::Column::DueAt.gte(at),
                row::Column::DueAt.gt(at),
                row::Column::Id.gt(id),
            ),
            Self::Closed => (
                row::Column::ClosedAt.lte(at),
                row::Column::ClosedAt.lt(at),
                row::Column::Id.lt(id),
            ),
        };
        Condition::all().add(bound).add(beyond.or(next))
    }

    fn condition(self, filter: &TaskFilter, backend: DbBackend) -> Condition {
        let closed = match self {
            Self::Deadline => None,
            Self::Closed => Some(row::Column::ClosedAt.is_not_null()),
        };
        condition(filter, backend).add_option(closed)
    }
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
    /// VIN or frame number.
    pub identifier: Option<String>,
    pub plate: Option<String>,
    /// IANA zone of the site; `None` before the policy is known.
    pub time_zone: Option<String>,
}

#[derive(FromQueryResult)]
struct Listed {
    id: String,
    run: String,
    due_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    data: serde_json::Value,
    deal_id: i64,
    stage: String,
    car: String,
    identifier: Option<String>,
    plate: Option<String>,
    time_zone: Option<String>,
}

impl Store {
    /// A page of tasks.
    pub async fn list_tasks(
        &self,
        filter: &TaskFilter,
        order: TaskOrder,
        page: &Page,
    ) -> Result<Paged<TaskRow>, StoreError> {
        let after = page.after(order.mark())?;
        let limit = page.limit();
        let rows = self.task_rows(filter, order, after, limit + 1).await?;
        let all = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(order.condition(filter, self.db.get_database_backend()));
        let (total, more_than_total) = self.count_most(all, page, rows.len()).await?;
        let (rows, next_cursor) = page::cut(rows, limit, order.mark(), |row| order.key(row));
        Ok(Paged {
            rows: rows.into_iter().map(listed).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total,
        })
    }

    /// The first `most` tasks, page after page: a row that changes meanwhile may move, none is lost.
    pub async fn all_tasks(
        &self,
        filter: &TaskFilter,
        order: TaskOrder,
        most: u64,
    ) -> Result<Vec<TaskRow>, StoreError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let wanted = Ord::min(most - all.len() as u64, BATCH);
            let rows = self.task_rows(filter, order, after.take(), wanted).await?;
            let whole = rows.len() as u64 == wanted;
            after = rows.last().map(|row| order.key(row));
            for row in rows {
                all.push(listed(row)?);
            }
            if !whole || all.len() as u64 >= most {
                return Ok(all);
            }
        }
    }

    async fn task_rows(
        &self,
        filter: &TaskFilter,
        order: TaskOrder,
        after: Option<Key>,
        limit: u64,
    ) -> Result<Vec<Listed>, StoreError> {
        let (column, direction) = match order {
            TaskOrder::Deadline => (row::Column::DueAt, Order::Asc),
            TaskOrder::Closed => (row::Column::ClosedAt, Order::Desc),
        };
        let fits = order.condition(filter, self.db.get_database_backend());
        Ok(row::Entity::find()
            .filter(row::Column::Id.in_subquery(page_of(fits, order, after, limit)))
            .select_only()
            .columns([
                row::Column::Id,
                row::Column::Run,
                row::Column::DueAt,
                row::Column::ClosedAt,
                row::Column::Data,
            ])
            .columns([
                buyout_row::Column::DealId,
                buyout_row::Column::Stage,
                buyout_row::Column::Car,
                buyout_row::Column::Identifier,
                buyout_row::Column::Plate,
                buyout_row::Column::TimeZone,
            ])
            .join(
                sea_orm::JoinType::InnerJoin,
                row::Entity::belongs_to(buyout_row::Entity)
                    .from(row::Column::Run)
                    .to(buyout_row::Column::Id)
                    .into(),
            )
            .order_by(column, direction.clone())
            .order_by(row::Column::Id, direction)
            .into_model::<Listed>()
            .all(&self.db)
            .await?)
    }
}

/// Ids of the rows of a page, found by a walk over an index alone: rows are read for those only that are shown.
fn page_of(fits: Condition, order: TaskOrder, after: Option<Key>, limit: u64) -> SelectStatement {
    let (column, direction) = match order {
        TaskOrder::Deadline => (row::Column::DueAt, Order::Asc),
        TaskOrder::Closed => (row::Column::ClosedAt, Order::Desc),
    };
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(fits)
        .apply_if(after, |query, key| query.filter(order.after(key)))
        .order_by(column, direction.clone())
        .order_by(row::Column::Id, direction)
        .limit(limit)
        .into_query()
}

fn condition(filter: &TaskFilter, backend: DbBackend) -> Condition {
    let TaskFilter {
        roles: asked,
        cities,
        person,
        mine,
        oversees,
        states,
        kind: of_kind,
        buyout,
        overdue,
        text,
        in_cities,
        escalated,
    } = filter;
    let by_role = has_role(row::Column::Roles, asked);
    let by_city = || {
        (!cities.is_empty()).then(|| {
            row::Column::City
                .is_in(cities)
                .or(row::Column::City.is_null())
        })
    };
    let who = match person {
        None => Condition::all().add_option(by_role).add_option(by_city()),
        Some(person) if *mine => own(person),
        Some(person) => {
            let queue = Condition::all()
                .add(row::Column::Assignee.is_null())
                .add_option(by_role)
                .add_option(by_city())
                .add(excludes(person).not());
            let called_in = Condition::all()
                .add(row::Column::Assignee.is_not_null())
                .add_option(by_city())
                .add_option(has_role(row::Column::CalledIn, asked));
            let overseen = (!oversees.is_empty()).then(|| {
                Condition::all()
                    .add(row::Column::Kind.is_in(oversees.iter().map(TaskKind::to_string)))
                    .add_option(by_city())
            });
            own(person).add(queue).add(called_in).add_option(overseen)
        }
    };
    let open = states.iter().filter(|state| state.is_open()).count();
    let mixed = open > 0 && open < states.len();
    // Open and closed tasks lie in an index each; both open states together need no look at the state.
    let lies = (!states.is_empty() && !mixed).then(|| match open {
        0 => row::Column::ClosedAt.is_not_null(),
        _ => row::Column::ClosedAt.is_null(),
    });
    let every_open = open == OPEN_STATES && !mixed;
    let named: Vec<String> = states.iter().map(TaskState::to_string).collect();
    let found = text
        .as_deref()
        .and_then(|text| buyout::found(text, false, backend))
        .map(|runs| row::Column::Run.in_subquery(runs));
    Condition::all()
        .add(who)
        .add_option(lies)
        .add_option((!named.is_empty() && !every_open).then(|| row::Column::State.is_in(named)))
        .add_option(of_kind.map(|asked| kind().eq(asked.to_string())))
        .add_option(buyout.as_ref().map(|run| row::Column::Run.eq(run.as_str())))
        .add_option(overdue.then(late))
        .add_option(found)
        .add_option((!in_cities.is_empty()).then(|| row::Column::City.is_in(in_cities)))
        .add_option(escalated.then(|| row::Column::Escalated.gt(0)))
}

/// The kind as it is asked for and grouped by. Were it the bare column, SQLite would rather read every task
/// of the kind, by the index of the reports, than walk the one that has the tasks of the list in their order.
fn kind() -> Expr {
    Expr::cust("task.kind || ''")
}

/// Open and past the deadline.
fn late() -> Expr {
    row::Column::ClosedAt
        .is_null()
        .and(row::Column::DueAt.lt(column::now()))
}

/// One of the roles is among those of the column; nothing when none is asked for.
fn has_role(column: row::Column, asked: &[Role]) -> Option<Expr> {
    (!asked.is_empty()).then(|| {
        Expr::col((row::Entity, column))
            .bit_and(roles::bits(asked.iter().copied()))
            .ne(0_i64)
    })
}

/// The person may not decide it.
fn excludes(person: &PersonId) -> Expr {
    let found = Query::select()
        .expr(Expr::val(1))
        .from(excluded_row::Entity)
        .and_where(
            Expr::col((excluded_row::Entity, excluded_row::Column::Task))
                .equals((row::Entity, row::Column::Id)),
        )
        .and_where(excluded_row::Column::Person.eq(&person.0))
        .take();
    Expr::exists(found)
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
        closed_at: _,
        data,
        deal_id,
        stage,
        car,
        identifier,
        plate,
        time_zone,
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
        identifier,
        plate,
        time_zone,
        buyout: BuyoutId(run),
    })
}
