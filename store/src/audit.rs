//! Who did what beside the processes. Rows are added only; the database refuses to change one.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: DateTimeUtc,
        pub person: String,
        pub action: String,
        pub entity: String,
        pub detail: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    /// Id of the person, or the name of what acted without one.
    pub person: String,
    /// `<noun>.<verb>`.
    pub action: String,
    /// Id of what it was done to.
    pub entity: String,
    /// No personal data.
    pub detail: Value,
}

/// Adds a row within the transaction of what it tells of.
pub(crate) async fn add(tx: &DatabaseTransaction, entry: &AuditEntry) -> Result<(), StoreError> {
    let AuditEntry {
        at,
        person,
        action,
        entity,
        detail,
    } = entry;
    let row = row::ActiveModel {
        at: Set(column::instant(*at)),
        person: Set(column::text(person)),
        action: Set(column::text(action)),
        entity: Set(column::text(entity)),
        detail: Set(column::json("detail", detail)?),
        ..Default::default()
    };
    row::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

impl Store {
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let write = self.write().await?;
        add(&write.tx, entry).await?;
        write.commit().await
    }

    /// What was done to the entity, in order.
    pub async fn audit_of(&self, entity: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::Entity.eq(entity))
            .order_by_asc(row::Column::At)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }
}

fn entry(row: row::Model) -> AuditEntry {
    let row::Model {
        id: _,
        at,
        person,
        action,
        entity,
        detail,
    } = row;
    AuditEntry {
        at,
        person,
        action,
        entity,
        detail,
    }
}
