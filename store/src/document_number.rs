//! Numbers of documents: one sequence per legal entity, kind and year, without gaps.
//!
//! The counter's row is locked until the number is written, so a number that was taken and then lost
//! does not exist.

use domain::document::DocumentKind;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_counter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub legal_entity: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_number")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub legal_entity: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub year: i32,
        pub number: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentNumber {
    pub year: i32,
    /// From 1 within the year.
    pub number: u64,
}

impl Store {
    /// The next number of the legal entity's documents of that kind in the year. A key that has a
    /// number gets the same one again, also when the year has changed since.
    pub async fn next_number(
        &self,
        legal_entity: &str,
        kind: DocumentKind,
        year: i32,
        key: &str,
    ) -> Result<DocumentNumber, StoreError> {
        let id = (
            column::text(legal_entity),
            kind.to_string(),
            column::text(key),
        );
        let write = self.write().await?;
        if let Some(given) = given(&write.tx, &id).await? {
            return Ok(given);
        }
        let (legal_entity, kind, key) = id.clone();
        let counter = counter::Entity::insert(counter::ActiveModel {
            legal_entity: Set(legal_entity.clone()),
            kind: Set(kind.clone()),
            year: Set(year),
            last: Set(1),
        })
        .on_conflict(
            OnConflict::columns([
                counter::Column::LegalEntity,
                counter::Column::Kind,
                counter::Column::Year,
            ])
            .value(
                counter::Column::Last,
                Expr::col((Alias::new("document_counter"), counter::Column::Last)).add(1),
            )
            .to_owned(),
        )
        .exec_with_returning(&write.tx)
        .await?;
        // Whoever held the counter before us may have served this very key; our step is then undone.
        if let Some(given) = given(&write.tx, &id).await? {
            return Ok(given);
        }
        let number = row::Entity::insert(row::ActiveModel {
            legal_entity: Set(legal_entity),
            kind: Set(kind),
            key: Set(key),
            year: Set(year),
            number: Set(counter.last),
        })
        .exec_with_returning(&write.tx)
        .await?;
        let number = document_number(number)?;
        write.commit().await?;
        Ok(number)
    }
}

async fn given(
    tx: &DatabaseTransaction,
    id: &(String, String, String),
) -> Result<Option<DocumentNumber>, StoreError> {
    row::Entity::find_by_id(id.clone())
        .one(tx)
        .await?
        .map(document_number)
        .transpose()
}

fn document_number(row: row::Model) -> Result<DocumentNumber, StoreError> {
    let row::Model {
        legal_entity: _,
        kind: _,
        key,
        year,
        number,
    } = row;
    let number = At {
        table: "document_number",
        key: &key,
    }
    .number("number", number)?;
    Ok(DocumentNumber { year, number })
}
