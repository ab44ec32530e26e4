//! Human tasks as lists read them. The process owns them; its projection writes them.

mod list;
mod mirror;
mod roles;

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::task::{HumanTask, TaskId, TaskKind, TaskState};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, Iterable,
    QueryFilter, QuerySelect,
};
use std::collections::BTreeMap;

pub use self::list::{InspectorLoad, TaskCounts, TaskFilter, TaskOrder, TaskRow};
pub(crate) use self::roles::bits_of;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "task")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub run: String,
        /// Tells executions of the same run apart: each counts its tasks and their versions anew.
        pub run_started_at: DateTimeUtc,
        pub version: i64,
        pub kind: String,
        pub state: String,
        pub city: Option<String>,
        pub assignee: Option<String>,
        pub owner: Option<String>,
        pub due_at: DateTimeUtc,
        /// `None` of every open task, and of no other: indexes tell them apart by it.
        pub closed_at: Option<DateTimeUtc>,
        pub data: Json,
        /// Steps of the escalation that were taken.
        pub escalated: i64,
        /// Who may take it: the first role and those it escalated to, see [`super::roles`].
        pub roles: i64,
        /// Those of them that it escalated to.
        pub called_in: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// People who may not decide a task.
mod excluded_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_excluded")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub task: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes the tasks of a run that are new or newer than what is there, and answers these. `former`: the version
/// of the same execution that is there, as far as it is known; its tasks stand in the table.
///
/// The run's row is locked by the caller's transaction, so nobody else writes them meanwhile.
pub(crate) async fn save<'a>(
    tx: &DatabaseTransaction,
    former: Option<&Buyout>,
    buyout: &'a Buyout,
) -> Result<Vec<&'a HumanTask>, StoreError> {
    let known = match former {
        Some(former) => {
            let tasks = former.tasks.values();
            tasks
                .map(|task| (task.id.0.clone(), i64::from(task.version)))
                .collect()
        }
        None => known(tx, buyout).await?,
    };
    let changed: Vec<&HumanTask> = buyout
        .tasks
        .values()
        .filter(|task| {
            known
                .get(&task.id.0)
                .is_none_or(|version| *version < i64::from(task.version))
        })
        .collect();
    if changed.is_empty() {
        return Ok(changed);
    }
    let rows = changed
        .iter()
        .map(|task| row(buyout, task))
        .collect::<Result<Vec<_>, _>>()?;
    row::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::column(row::Column::Id)
                .update_columns(
                    row::Column::iter().filter(|column| !matches!(column, row::Column::Id)),
                )
                .action_and_where(
                    Expr::col((row::Entity, row::Column::Version))
                        .lt(Expr::col((Alias::new("excluded"), row::Column::Version))),
                )
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    let excluding: Vec<&HumanTask> = match former {
        Some(former) => {
            let excludes_others = |task: &&HumanTask| match former.tasks.get(&task.id) {
                Some(before) => before.excluded != task.excluded,
                None => !task.excluded.is_empty(),
            };
            changed.iter().copied().filter(excludes_others).collect()
        }
        None => changed.clone(),
    };
    if !excluding.is_empty() {
        save_excluded(tx, &excluding).await?;
    }
    Ok(changed)
}

/// Versions of the run's tasks by their ids, once those of its former executions are gone: they are nobody's any more.
async fn known(
    tx: &DatabaseTransaction,
    buyout: &Buyout,
) -> Result<BTreeMap<String, i64>, StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::Run.eq(buyout.id.as_str()))
        .filter(row::Column::RunStartedAt.lt(column::instant(buyout.started_at)))
        .exec(tx)
        .await?;
    Ok(row::Entity::find()
        .select_only()
        .columns([row::Column::Id, row::Column::Version])
        .filter(row::Column::Run.eq(buyout.id.as_str()))
        .into_tuple::<(String, i64)>()
        .all(tx)
        .await?
        .into_iter()
        .collect())
}

/// Replaces the exclusions of the tasks.
async fn save_excluded(tx: &DatabaseTransaction, tasks: &[&HumanTask]) -> Result<(), StoreError> {
    let ids = tasks.iter().map(|task| task.id.0.as_str());
    excluded_row::Entity::delete_many()
        .filter(excluded_row::Column::Task.is_in(ids))
        .exec(tx)
        .await?;
    let excluded = tasks.iter().flat_map(|task| {
        task.excluded
            .iter()
            .map(|person| excluded_row::ActiveModel {
                task: Set(task.id.0.clone()),
                person: Set(person.0.clone()),
            })
    });
    excluded_row::Entity::insert_many(excluded)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn row(buyout: &Buyout, task: &HumanTask) -> Result<row::ActiveModel, StoreError> {
    let called_in = task.escalation.iter().copied().take(task.escalated);
    Ok(row::ActiveModel {
        id: Set(task.id.0.clone()),
        run: Set(buyout.id.0.clone()),
        run_started_at: Set(column::instant(buyout.started_at)),
        version: Set(task.version.into()),
        kind: Set(task.kind.to_string()),
        state: Set(task.state.to_string()),
        city: Set(task.city.as_deref().map(column::text)),
        assignee: Set(task.assignee.as_ref().map(|p| p.person.0.clone())),
        owner: Set(task.owner.as_ref().map(|p| p.person.0.clone())),
        due_at: Set(column::instant(task.due_at)),
        // A record without the moment was closed by a version that did not note it.
        closed_at: Set(
            (!task.state.is_open()).then(|| column::instant(task.closed_at.unwrap_or(task.due_at)))
        ),
        data: Set(column::json("task", task)?),
        escalated: Set(escalated(task)),
        roles: Set(roles::bits(task.roles())),
        called_in: Set(roles::bits(called_in)),
    })
}

/// As the column holds it.
pub(crate) fn escalated(task: &HumanTask) -> i64 {
    i64::try_from(task.escalated).unwrap_or(i64::MAX)
}

/// Kinds that ask a person about a trouble.
const TROUBLES: [TaskKind; 3] = [
    TaskKind::AccountingTrouble,
    TaskKind::PartnerTrouble,
    TaskKind::UndoTrouble,
];

/// Whether a person decided about a trouble of the run since then.
pub(crate) async fn trouble_decided(
    db: &impl ConnectionTrait,
    run: &BuyoutId,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let decided = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Run.eq(run.as_str()))
        .filter(row::Column::Kind.is_in(TROUBLES.map(|kind| kind.to_string())))
        .filter(row::Column::State.eq(TaskState::Done.to_string()))
        .filter(row::Column::ClosedAt.gte(since))
        .into_tuple::<String>()
        .one(db)
        .await?;
    Ok(decided.is_some())
}

impl Store {
    pub async fn task(&self, id: &TaskId) -> Result<Option<HumanTask>, StoreError> {
        let row = row::Entity::find_by_id(id.0.as_str()).one(&self.db).await?;
        row.map(|row| task(&row.id, row.data)).transpose()
    }
}

fn task(id: &str, data: serde_json::Value) -> Result<HumanTask, StoreError> {
    At {
        table: "task",
        key: id,
    }
    .json("data", data)
}
