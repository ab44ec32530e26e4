//! Banks that payouts by SBP may go to, as the payout partner listed them last.

use chrono::{DateTime, Duration, Utc};
use domain::payment::SbpBank;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bank")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub read_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows written by one statement.
const BATCH: usize = 200;

/// The list as it was read; never an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banks {
    /// By name.
    pub banks: Vec<SbpBank>,
    pub read_at: DateTime<Utc>,
}

impl Banks {
    /// Read so long ago that a bank may be missing or gone.
    pub fn is_older_than(&self, age: Duration, now: DateTime<Utc>) -> bool {
        now - self.read_at > age
    }
}

impl Store {
    /// `None` before the list was read for the first time.
    pub async fn banks(&self) -> Result<Option<Banks>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::Name)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?;
        // They are written together.
        let Some(read_at) = rows.first().map(|row| row.read_at) else {
            return Ok(None);
        };
        let banks = rows
            .into_iter()
            .map(|row| {
                let row::Model {
                    id,
                    name,
                    read_at: _,
                } = row;
                SbpBank { id, name }
            })
            .collect();
        Ok(Some(Banks { banks, read_at }))
    }

    /// Replaces the list. An empty one, or one that is older than what is there, changes nothing.
    pub async fn save_banks(
        &self,
        banks: &[SbpBank],
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if banks.is_empty() {
            return Ok(());
        }
        let read_at = column::instant(read_at);
        let write = self.write().await?;
        let there = row::Entity::find().one(&write.tx).await?;
        if there.is_some_and(|row| row.read_at > read_at) {
            return Ok(());
        }
        row::Entity::delete_many().exec(&write.tx).await?;
        for some in banks.chunks(BATCH) {
            let rows = some.iter().map(|bank| row::ActiveModel {
                id: Set(column::text(&bank.id)),
                name: Set(column::text(&bank.name)),
                read_at: Set(read_at),
            });
            row::Entity::insert_many(rows)
                .on_conflict_do_nothing()
                .exec_without_returning(&write.tx)
                .await?;
        }
        write.commit().await
    }
}
