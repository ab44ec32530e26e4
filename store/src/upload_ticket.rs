//! Permissions to upload one file each.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::file::FileKind;
use domain::staff::PersonId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::file::{self, FileRow};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "upload_ticket")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub run: String,
        pub person: String,
        pub kind: String,
        pub max_bytes: i64,
        pub expires_at: DateTimeUtc,
        pub consumed_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who may upload what, for which run, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Random, so that it cannot be guessed; good for its person only.
    pub id: String,
    pub run: BuyoutId,
    pub person: PersonId,
    pub kind: FileKind,
    pub max_bytes: u64,
    pub expires_at: DateTime<Utc>,
}

impl Store {
    /// [`StoreError::Conflict`]: the id was issued before.
    pub async fn issue_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let Ticket {
            id,
            run,
            person,
            kind,
            max_bytes,
            expires_at,
        } = ticket;
        let row = row::ActiveModel {
            id: Set(id.clone()),
            run: Set(run.0.clone()),
            person: Set(person.0.clone()),
            kind: Set(kind.to_string()),
            max_bytes: Set(column::number("max_bytes", *max_bytes)?),
            expires_at: Set(column::instant(*expires_at)),
            consumed_at: Set(None),
        };
        let write = self.write().await?;
        row::Entity::insert(row)
            .exec_without_returning(&write.tx)
            .await?;
        write.commit().await
    }

    /// A ticket that was not used yet; expired ones too.
    pub async fn ticket(&self, id: &str) -> Result<Option<Ticket>, StoreError> {
        row::Entity::find_by_id(id)
            .filter(row::Column::ConsumedAt.is_null())
            .one(&self.db)
            .await?
            .map(ticket)
            .transpose()
    }

    /// Uses the ticket up for the file that it brought, both or neither. `true` for one caller only,
    /// who brings it in time; a file that cannot be registered leaves the ticket as it was.
    ///
    /// [`StoreError::Conflict`]: the file's id is there for other bytes or another run.
    pub async fn finish_upload(&self, id: &str, file: &FileRow) -> Result<bool, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let consumed = row::Entity::update_many()
            .set(row::ActiveModel {
                consumed_at: Set(Some(now)),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::ConsumedAt.is_null())
            .filter(row::Column::ExpiresAt.gt(now))
            .exec(&write.tx)
            .await?;
        if consumed.rows_affected == 0 {
            return Ok(false);
        }
        file::add(&mut write, file).await?;
        write.commit().await?;
        Ok(true)
    }
}

fn ticket(row: row::Model) -> Result<Ticket, StoreError> {
    let row::Model {
        id,
        run,
        person,
        kind,
        max_bytes,
        expires_at,
        consumed_at: _,
    } = row;
    // The id is a secret until it is used: errors do not quote it.
    let at = At {
        table: "upload_ticket",
        key: &run,
    };
    let (kind, max_bytes) = (at.parse("kind", &kind)?, at.number("max_bytes", max_bytes)?);
    Ok(Ticket {
        id,
        run: BuyoutId(run),
        person: PersonId(person),
        kind,
        max_bytes,
        expires_at,
    })
}
