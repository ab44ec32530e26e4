//! What ops note down of a run: beside the process, so that it can be written of one that takes nothing any
//! more. Rows are added only.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::audit::{AuditEntry, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "ops_note")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub run: String,
        pub at: DateTimeUtc,
        pub person: String,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpsNote {
    pub at: DateTime<Utc>,
    pub by: PersonId,
    pub text: String,
}

impl Store {
    /// Adds a note, with its audit row.
    pub async fn note_run(
        &self,
        run: &BuyoutId,
        by: &PersonId,
        text: &str,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            run: Set(run.0.clone()),
            at: Set(now),
            person: Set(by.0.clone()),
            text: Set(column::text(text)),
            ..Default::default()
        })
        .exec_without_returning(&write.tx)
        .await?;
        let entry = AuditEntry {
            at: now,
            person: by.0.clone(),
            action: "run.note".to_owned(),
            entity: run.0.clone(),
            detail: serde_json::json!({}),
        };
        write.record(entry, Owner::Run(run.clone()));
        let changed = NewChange {
            topic: Topic::Buyout,
            entity: run.0.clone(),
            run: Some(run.0.clone()),
            city: None,
        };
        change::append(&write.tx, vec![changed], now).await?;
        write.commit().await
    }

    /// The run's last notes, the latest first.
    pub async fn notes_of(&self, run: &BuyoutId, limit: u64) -> Result<Vec<OpsNote>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_desc(row::Column::Id)
            .limit(limit)
            .all(&self.db)
            .await?;
        let note = |row: row::Model| {
            let row::Model {
                id: _,
                run: _,
                at,
                person,
                text,
            } = row;
            OpsNote {
                at,
                by: PersonId(person),
                text,
            }
        };
        Ok(rows.into_iter().map(note).collect())
    }
}
