//! How many tasks there are, and how much each inspector has to do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::staff::PersonId;
use domain::task::TaskKind;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::super::row;
use super::{TaskFilter, condition, kind, late, own};
use crate::buyout::row as buyout_row;
use crate::column::At;
use crate::connect::Store;
use crate::error::StoreError;

/// Tasks of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    pub all: u64,
    /// Taken by or given to the person who looks.
    pub mine: u64,
    /// Open and past the deadline.
    pub overdue: u64,
    pub escalated: u64,
}

/// One open inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectorLoad {
    /// Whoever took it, or else was given it.
    pub person: PersonId,
    pub due_at: DateTime<Utc>,
    /// IANA zone of the site; `None` before the policy is known.
    pub time_zone: Option<String>,
}

impl Store {
    /// How many tasks of each kind match; kinds without any are absent. `mine` wants the filter's person.
    pub async fn count_tasks(
        &self,
        filter: &TaskFilter,
    ) -> Result<BTreeMap<TaskKind, TaskCounts>, StoreError> {
        let mine = filter
            .person
            .as_ref()
            .map_or_else(|| Condition::any().add(Expr::val(1).eq(0)), own);
        let late = Condition::all().add(late());
        let escalated = Condition::all().add(row::Column::Escalated.gt(0));
        row::Entity::find()
            .filter(condition(filter, self.db.get_database_backend()))
            .select_only()
            .column_as(kind(), "kind")
            .column_as(Expr::cust("COUNT(*)"), "tasks")
            .column_as(count_if(mine), "mine")
            .column_as(count_if(late), "late")
            .column_as(count_if(escalated), "escalated")
            .group_by(kind())
            .into_tuple::<(String, i64, i64, i64, i64)>()
            .all(&self.db)
            .await?
            .into_iter()
            .map(|(kind, all, mine, overdue, escalated)| {
                let at = At {
                    table: "task",
                    key: &kind,
                };
                let counts = TaskCounts {
                    all: at.number("count", all)?,
                    mine: at.number("count", mine)?,
                    overdue: at.number("count", overdue)?,
                    escalated: at.number("count", escalated)?,
                };
                Ok((at.parse("kind", &kind)?, counts))
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
            .filter(somebodys_open_inspection())
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

    /// Every open inspection that somebody has.
    pub async fn open_inspections(&self) -> Result<Vec<InspectorLoad>, StoreError> {
        let rows = row::Entity::find()
            .filter(somebodys_open_inspection())
            .select_only()
            .columns([
                row::Column::Owner,
                row::Column::Assignee,
                row::Column::DueAt,
            ])
            .column(buyout_row::Column::TimeZone)
            .join(
                sea_orm::JoinType::InnerJoin,
                row::Entity::belongs_to(buyout_row::Entity)
                    .from(row::Column::Run)
                    .to(buyout_row::Column::Id)
                    .into(),
            )
            .into_tuple::<(
                Option<String>,
                Option<String>,
                DateTime<Utc>,
                Option<String>,
            )>()
            .all(&self.db)
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(owner, assignee, due_at, time_zone)| {
                Some(InspectorLoad {
                    person: PersonId(owner.or(assignee)?),
                    due_at,
                    time_zone,
                })
            })
            .collect())
    }
}

fn somebodys_open_inspection() -> Condition {
    Condition::all()
        .add(row::Column::Kind.eq(TaskKind::Inspect.to_string()))
        .add(row::Column::ClosedAt.is_null())
        .add(
            row::Column::Owner
                .is_not_null()
                .or(row::Column::Assignee.is_not_null()),
        )
}

/// Small numbers, so that PostgreSQL sums them to what it counts to.
fn count_if(condition: Condition) -> Expr {
    let case = CaseStatement::new()
        .case(condition, Expr::val(1_i32))
        .finally(Expr::val(0_i32));
    Expr::Case(Box::new(case)).sum()
}
