//! Bitrix24 portals that installed the app, with their tokens.
//!
//! A refresh token can be used once, and two refreshes at a time lose the portal. So whoever wants
//! to refresh takes the portal's lease first: one holder over all processes, until it saves, lets go
//! or the lease runs out. Tokens carry a version, and a refresh replaces only the version it read.

pub mod ticket;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{AuditEntry, GATEWAY, Owner};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "portal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub member_id: String,
        pub version: i64,
        pub domain: String,
        pub client_endpoint: String,
        pub server_endpoint: String,
        pub access_token: String,
        pub refresh_token: String,
        pub application_token: String,
        pub expires_at: DateTimeUtc,
        pub lock_owner: Option<Uuid>,
        pub lock_until: Option<DateTimeUtc>,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("portal::Model")
                .field("member_id", &self.member_id)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A portal as its install or the last refresh described it.
#[derive(Clone, PartialEq, Eq)]
pub struct Portal {
    /// Stable key of the portal; its domain may change.
    pub member_id: String,
    pub domain: String,
    /// Base of REST calls, `https://…/rest/`.
    pub client_endpoint: String,
    /// Base of the authorisation server.
    pub server_endpoint: String,
    /// Sealed by whoever writes it, like the refresh token: the database holds no usable token.
    pub access_token: String,
    /// Good for one refresh; sealed.
    pub refresh_token: String,
    /// Of the access token.
    pub expires_at: DateTime<Utc>,
    /// By which calls of the portal are recognised.
    pub application_token: String,
}

/// Tokens are not shown.
impl std::fmt::Debug for Portal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal")
            .field("member_id", &self.member_id)
            .field("domain", &self.domain)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A portal with the version of its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedPortal {
    pub portal: Portal,
    /// Grows with every install and refresh.
    pub version: u64,
}

/// The longest time for which a token of a portal is believed to live; portals say an hour.
const LONGEST_TOKEN: TimeDelta = TimeDelta::days(30);

/// When a token ends of which the portal says that it lives so many seconds; whatever it says gives a moment.
pub fn expires_at(now: DateTime<Utc>, lifetime_secs: i64) -> DateTime<Utc> {
    let said = TimeDelta::try_seconds(lifetime_secs).unwrap_or(LONGEST_TOKEN);
    now + said.clamp(TimeDelta::zero(), LONGEST_TOKEN)
}

impl Store {
    pub async fn portal(&self, member_id: &str) -> Result<Option<Portal>, StoreError> {
        Ok(self
            .versioned_portal(member_id)
            .await?
            .map(|found| found.portal))
    }

    /// Every portal that has the app, by member id.
    pub async fn portals(&self) -> Result<Vec<Portal>, StoreError> {
        row::Entity::find()
            .order_by_asc(row::Column::MemberId)
            .all(&self.db)
            .await?
            .into_iter()
            .map(|row| Ok(versioned(row)?.portal))
            .collect()
    }

    pub async fn versioned_portal(
        &self,
        member_id: &str,
    ) -> Result<Option<VersionedPortal>, StoreError> {
        row::Entity::find_by_id(member_id)
            .one(&self.db)
            .await?
            .map(versioned)
            .transpose()
    }

    /// Writes a portal as an install gave it, over whatever is there; a refresh under way is void.
    pub async fn save_portal(&self, portal: &Portal) -> Result<(), StoreError> {
        let replaced = [
            row::Column::Domain,
            row::Column::ClientEndpoint,
            row::Column::ServerEndpoint,
            row::Column::AccessToken,
            row::Column::RefreshToken,
            row::Column::ApplicationToken,
            row::Column::ExpiresAt,
            row::Column::LockOwner,
            row::Column::LockUntil,
        ];
        let mut write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            version: Set(1),
            ..row(portal)
        })
        .on_conflict(
            OnConflict::column(row::Column::MemberId)
                .update_columns(replaced)
                .value(
                    row::Column::Version,
                    Expr::col((Alias::new("portal"), row::Column::Version)).add(1),
                )
                .to_owned(),
        )
        .exec_without_returning(&write.tx)
        .await?;
        let entry = AuditEntry {
            at: column::now(),
            person: GATEWAY.to_owned(),
            action: "portal.install".to_owned(),
            entity: portal.member_id.clone(),
            detail: json!({ "domain": portal.domain }),
        };
        write.record(entry, Owner::Nobody);
        write.commit().await
    }

    /// Takes the right to refresh the portal's tokens for `lease`, by the database's clock. `false`
    /// while another `owner` (random, one per attempt) has it or when the portal is not installed.
    ///
    /// Read the tokens only after this: the former holder may have replaced them.
    pub async fn lock_portal(
        &self,
        member_id: &str,
        owner: Uuid,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let lease = chrono::Duration::from_std(lease).map_err(|_| StoreError::Invalid {
            what: "lease: too long",
        })?;
        let write = self.write().await?;
        let now = self.clock(&write).await?;
        let taken = row::Entity::update_many()
            .col_expr(row::Column::LockOwner, Expr::val(owner))
            .col_expr(
                row::Column::LockUntil,
                Expr::val(column::instant(now + lease)),
            )
            .filter(row::Column::MemberId.eq(member_id))
            .filter(
                row::Column::LockOwner
                    .is_null()
                    .or(row::Column::LockOwner.eq(owner))
                    .or(row::Column::LockUntil.lte(now)),
            )
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(taken.rows_affected == 1)
    }

    /// Replaces the tokens of `version` and lets the lease go. `false`: nothing was written, since the
    /// tokens are of a later version or `owner` has lost the lease; read them again.
    pub async fn refresh_portal(
        &self,
        portal: &Portal,
        version: u64,
        owner: Uuid,
    ) -> Result<bool, StoreError> {
        let version = column::number("version", version)?;
        let write = self.write().await?;
        let saved = row::Entity::update_many()
            .set(row::ActiveModel {
                version: Set(version + 1),
                ..row(portal)
            })
            .filter(row::Column::MemberId.eq(&portal.member_id))
            .filter(row::Column::Version.eq(version))
            .filter(row::Column::LockOwner.eq(owner))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(saved.rows_affected == 1)
    }

    /// Lets the lease go without new tokens; tolerant of not having it.
    pub async fn unlock_portal(&self, member_id: &str, owner: Uuid) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::update_many()
            .set(row::ActiveModel {
                lock_owner: Set(None),
                lock_until: Set(None),
                ..Default::default()
            })
            .filter(row::Column::MemberId.eq(member_id))
            .filter(row::Column::LockOwner.eq(owner))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }
}

/// The row without its version and without a lease.
fn row(portal: &Portal) -> row::ActiveModel {
    let Portal {
        member_id,
        domain,
        client_endpoint,
        server_endpoint,
        access_token,
        refresh_token,
        expires_at,
        application_token,
    } = portal;
    row::ActiveModel {
        member_id: Set(member_id.clone()),
        domain: Set(domain.clone()),
        client_endpoint: Set(client_endpoint.clone()),
        server_endpoint: Set(server_endpoint.clone()),
        access_token: Set(access_token.clone()),
        refresh_token: Set(refresh_token.clone()),
        application_token: Set(application_token.clone()),
        expires_at: Set(column::instant(*expires_at)),
        lock_owner: Set(None),
        lock_until: Set(None),
        ..Default::default()
    }
}

fn versioned(row: row::Model) -> Result<VersionedPortal, StoreError> {
    let row::Model {
        member_id,
        version,
        domain,
        client_endpoint,
        server_endpoint,
        access_token,
        refresh_token,
        application_token,
        expires_at,
        lock_owner: _,
        lock_until: _,
    } = row;
    let version = At {
        table: "portal",
        key: &member_id,
    }
    .number("version", version)?;
    Ok(VersionedPortal {
        portal: Portal {
            member_id,
            domain,
            client_endpoint,
            server_endpoint,
            access_token,
            refresh_token,
            expires_at,
            application_token,
        },
        version,
    })
}
