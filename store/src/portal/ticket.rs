//! Tickets by which somebody comes over from a portal: good once, for a minute. Only hashes lie here.

use chrono::{DateTime, Utc};
use domain::staff::PersonId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::audit::{AuditEntry, Owner};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "portal_ticket")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub person: String,
        pub portal: String,
        pub deal_id: i64,
        pub expires_at: DateTimeUtc,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("portal_ticket::Model")
                .field("portal", &self.portal)
                .field("deal_id", &self.deal_id)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who came from which portal, and the deal that they were looking at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalTicket {
    pub person: PersonId,
    /// `member_id`
    pub portal: String,
    pub deal_id: u64,
    pub expires_at: DateTime<Utc>,
}

impl Store {
    /// [`StoreError::Conflict`]: the hash was issued before.
    pub async fn issue_portal_ticket(
        &self,
        hash: &str,
        ticket: &PortalTicket,
    ) -> Result<(), StoreError> {
        let PortalTicket {
            person,
            portal,
            deal_id,
            expires_at,
        } = ticket;
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            hash: Set(hash.to_owned()),
            person: Set(person.0.clone()),
            portal: Set(portal.clone()),
            deal_id: Set(column::number("deal_id", *deal_id)?),
            expires_at: Set(column::instant(*expires_at)),
        })
        .exec_without_returning(&write.tx)
        .await?;
        write.commit().await
    }

    /// Uses the ticket up. `Some` for one caller only, who brings it in time.
    pub async fn redeem_portal_ticket(
        &self,
        hash: &str,
    ) -> Result<Option<PortalTicket>, StoreError> {
        let mut write = self.write().await?;
        let Some(found) = row::Entity::find_by_id(hash).one(&write.tx).await? else {
            return Ok(None);
        };
        let deleted = row::Entity::delete_by_id(hash).exec(&write.tx).await?;
        let now = column::now();
        let good = deleted.rows_affected > 0 && found.expires_at > now;
        if good {
            let entry = AuditEntry {
                at: now,
                person: found.person.clone(),
                action: "session.ticket".to_owned(),
                entity: found.person.clone(),
                detail: json!({ "portal": found.portal, "deal": found.deal_id }),
            };
            write.record(entry, Owner::Nobody);
        }
        write.commit().await?;
        if !good {
            return Ok(None);
        }
        ticket(found).map(Some)
    }

    /// Deletes tickets that ended before the instant, and answers how many.
    pub async fn prune_portal_tickets(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let write = self.write().await?;
        let deleted = row::Entity::delete_many()
            .filter(row::Column::ExpiresAt.lt(column::instant(before)))
            .exec(&write.tx)
            .await?
            .rows_affected;
        write.commit().await?;
        Ok(deleted)
    }
}

fn ticket(row: row::Model) -> Result<PortalTicket, StoreError> {
    let row::Model {
        hash: _,
        person,
        portal,
        deal_id,
        expires_at,
    } = row;
    let at = At {
        table: "portal_ticket",
        key: &portal,
    };
    let deal_id = at.number("deal_id", deal_id)?;
    Ok(PortalTicket {
        person: PersonId(person),
        portal,
        deal_id,
        expires_at,
    })
}
