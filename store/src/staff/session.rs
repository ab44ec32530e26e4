//! Sessions: who stays signed in beyond the life of an access token.
//!
//! A session is known by a key that only its owner's browser has; here lies its hash. Every refresh
//! replaces the key. The former one is still taken for a short grace, since two tabs may refresh at
//! once and an answer may be lost; later than that somebody has a copy, and the session ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::staff::PersonId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{AuditEntry, GATEWAY, Owner};
use crate::column;
use crate::connect::{Store, Write};
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub person: String,
        pub key_hash: String,
        pub former_hash: Option<String>,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub rotated_at: DateTimeUtc,
        pub used_at: DateTimeUtc,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("session::Model")
                .field("id", &self.id)
                .finish_non_exhaustive()
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A session that was refreshed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    pub person: PersonId,
    /// When the session ends, however often it is refreshed.
    pub expires_at: DateTime<Utc>,
}

impl Store {
    /// Begins a session whose key has that hash.
    pub async fn start_session(
        &self,
        person: &PersonId,
        key_hash: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            id: Set(Uuid::new_v4().to_string()),
            person: Set(person.0.clone()),
            key_hash: Set(key_hash.to_owned()),
            former_hash: Set(None),
            created_at: Set(now),
            expires_at: Set(column::instant(expires_at)),
            rotated_at: Set(now),
            used_at: Set(now),
        })
        .exec_without_returning(&write.tx)
        .await?;
        record(&mut write, &person.0, "session.start", person, json!({}));
        write.commit().await
    }

    /// Replaces the session's key by the one whose hash is `next_hash`, which the caller derives from
    /// the old key, so that both of two callers at once bring the same one. `None`: no such session, it
    /// has ended, or it ends now, since the key was replaced longer than `grace` ago.
    pub async fn refresh_session(
        &self,
        key_hash: &str,
        next_hash: &str,
        grace: Duration,
    ) -> Result<Option<Refreshed>, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let rotated = row::Entity::update_many()
            .set(row::ActiveModel {
                key_hash: Set(next_hash.to_owned()),
                former_hash: Set(Some(key_hash.to_owned())),
                rotated_at: Set(now),
                used_at: Set(now),
                ..Default::default()
            })
            .filter(row::Column::KeyHash.eq(key_hash))
            .filter(row::Column::ExpiresAt.gt(now))
            .exec(&write.tx)
            .await?
            .rows_affected;
        let found = if rotated == 1 {
            row::Entity::find()
                .filter(row::Column::KeyHash.eq(next_hash))
                .one(&write.tx)
                .await?
        } else {
            once_more(&mut write, key_hash, next_hash, grace, now).await?
        };
        write.commit().await?;
        Ok(found.map(refreshed))
    }

    /// Ends the session of the key, of its former key too; tolerant of there being none.
    pub async fn end_session(&self, key_hash: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let of_key = row::Column::KeyHash
            .eq(key_hash)
            .or(row::Column::FormerHash.eq(key_hash));
        let ended = row::Entity::find()
            .filter(of_key.clone())
            .all(&write.tx)
            .await?;
        row::Entity::delete_many()
            .filter(of_key)
            .exec(&write.tx)
            .await?;
        for session in ended {
            let person = PersonId(session.person);
            record(&mut write, &person.0, "session.end", &person, json!({}));
        }
        write.commit().await
    }

    /// Ends every session of the person.
    pub async fn end_sessions_of(&self, person: &PersonId) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        end_all(&write.tx, person).await?;
        let why = json!({ "reason": "the person may not sign in any more" });
        record(&mut write, GATEWAY, "session.end", person, why);
        write.commit().await
    }

    /// Deletes sessions that ended before the instant, and answers how many.
    pub async fn prune_sessions(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
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

/// Ends every session of the person as part of a transaction, whoever blocks them.
pub(crate) async fn end_all(
    db: &impl ConnectionTrait,
    person: &PersonId,
) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::Person.eq(&person.0))
        .exec(db)
        .await?;
    Ok(())
}

/// A key that was replaced: taken within the grace, and the end of the session after it.
async fn once_more(
    write: &mut Write,
    key_hash: &str,
    next_hash: &str,
    grace: Duration,
    now: DateTime<Utc>,
) -> Result<Option<row::Model>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::FormerHash.eq(key_hash))
        .filter(row::Column::ExpiresAt.gt(now))
        .one(&write.tx)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let age = (now - found.rotated_at).to_std().unwrap_or_default();
    if age > grace || found.key_hash != next_hash {
        row::Entity::delete_by_id(found.id.as_str())
            .exec(&write.tx)
            .await?;
        let person = PersonId(found.person);
        let why = json!({ "reason": "a key came that was replaced before" });
        record(write, GATEWAY, "session.end", &person, why);
        return Ok(None);
    }
    row::Entity::update_many()
        .set(row::ActiveModel {
            used_at: Set(now),
            ..Default::default()
        })
        .filter(row::Column::Id.eq(found.id.as_str()))
        .exec(&write.tx)
        .await?;
    Ok(Some(found))
}

fn record(write: &mut Write, by: &str, action: &str, person: &PersonId, detail: Value) {
    let entry = AuditEntry {
        at: column::now(),
        person: by.to_owned(),
        action: action.to_owned(),
        entity: person.0.clone(),
        detail,
    };
    write.record(entry, Owner::Nobody);
}

fn refreshed(row: row::Model) -> Refreshed {
    let row::Model {
        id: _,
        person,
        key_hash: _,
        former_hash: _,
        created_at: _,
        expires_at,
        rotated_at: _,
        used_at: _,
    } = row;
    Refreshed {
        person: PersonId(person),
        expires_at,
    }
}
