//! What people said to runs and what no run has answered yet, so that it is given again when whoever gave it dies.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::change;
use crate::column;
use crate::connect::Store;
use crate::error::StoreError;
use crate::unmatched;

/// With a pause of twenty seconds: ten minutes. Whoever was away for a moment is back by then.
pub(crate) const TOLD_AFTER: i32 = 30;
/// Updates that one statement forgets.
const BATCH: usize = 100;
/// Where such a fact comes from, as lists show it.
const SOURCE: &str = "update";

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "kept_update")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub body: String,
        pub due_at: DateTimeUtc,
        /// How often it was given again in vain.
        pub tries: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An update of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptUpdate {
    pub run: BuyoutId,
    /// Its id at the engine, unique within the run.
    pub id: String,
    /// As the gateway reads it; sealed, since people write of people.
    pub body: String,
}

impl Store {
    /// Keeps an update that is about to be given to its run, and is given again from `due` on. Of an update that is
    /// kept already only the time changes.
    pub async fn keep_update(
        &self,
        update: &KeptUpdate,
        due: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let KeptUpdate { run, id, body } = update;
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            run: Set(run.0.clone()),
            id: Set(id.clone()),
            body: Set(body.clone()),
            due_at: Set(column::instant(due)),
            tries: Set(0),
        })
        .on_conflict(
            OnConflict::columns([row::Column::Run, row::Column::Id])
                .update_column(row::Column::DueAt)
                .to_owned(),
        )
        .exec_without_returning(&write.tx)
        .await?;
        write.commit().await
    }

    /// The runs have answered, or there is nobody to answer.
    pub async fn forget_updates(&self, answered: &[KeptUpdate]) -> Result<(), StoreError> {
        let write = self.write().await?;
        for some in answered.chunks(BATCH) {
            let one = |update: &KeptUpdate| {
                Condition::all()
                    .add(row::Column::Run.eq(update.run.as_str()))
                    .add(row::Column::Id.eq(&update.id))
            };
            row::Entity::delete_many()
                .filter(some.iter().map(one).fold(Condition::any(), Condition::add))
                .exec(&write.tx)
                .await?;
        }
        write.commit().await
    }

    /// Nobody answered again, because of `cause` (English, without personal data). Of one that was given
    /// [`TOLD_AFTER`] times in vain people are told, once; it is given again all the same.
    pub async fn put_off_update(
        &self,
        run: &BuyoutId,
        id: &str,
        due: DateTime<Utc>,
        cause: &str,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let put_off = row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::value(column::instant(due)))
            .col_expr(row::Column::Tries, Expr::col(row::Column::Tries).add(1))
            .filter(row::Column::Run.eq(run.as_str()))
            .filter(row::Column::Id.eq(id))
            .exec_with_returning(&write.tx)
            .await?;
        if put_off.iter().any(|row| row.tries == TOLD_AFTER) {
            let reason = format!(
                "what somebody said to the run was given {TOLD_AFTER} times and has no answer ({cause}); \
                 it is kept and given again"
            );
            let told = unmatched::keep(&write.tx, SOURCE, id, Some(run), &reason, now).await?;
            change::append(&write.tx, told.into_iter().collect(), now).await?;
        }
        write.commit().await
    }

    /// Updates that are due, the oldest first.
    pub async fn due_updates(
        &self,
        now: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<KeptUpdate>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::DueAt.lte(column::instant(now)))
            .order_by_asc(row::Column::DueAt)
            .limit(limit)
            .all(&self.db)
            .await?;
        let kept = |row: row::Model| {
            let row::Model {
                run,
                id,
                body,
                due_at: _,
                tries: _,
            } = row;
            KeptUpdate {
                run: BuyoutId(run),
                id,
                body,
            }
        };
        Ok(rows.into_iter().map(kept).collect())
    }
}
