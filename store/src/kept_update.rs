//! What people said to runs and what no run has answered yet, so that it is given again when whoever gave it dies.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

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

    /// The run has answered, or there is nobody to answer.
    pub async fn forget_update(&self, run: &BuyoutId, id: &str) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::delete_by_id((run.0.clone(), id.to_owned()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Nobody answered again.
    pub async fn put_off_update(
        &self,
        run: &BuyoutId,
        id: &str,
        due: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::value(column::instant(due)))
            .filter(row::Column::Run.eq(run.as_str()))
            .filter(row::Column::Id.eq(id))
            .exec(&write.tx)
            .await?;
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
