//! Versions of policies as administrators see and add them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::policy::BuyoutPolicy;
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{PersonId, PersonRef};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{changed, city_key, digest, row};
use crate::audit::{AuditEntry, Owner};
use crate::change;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::{ChangeError, StoreError};

/// Audit rows of the default policy are found under this name.
pub(super) const DEFAULT: &str = "default";

/// A version with who wrote it and why.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyVersion {
    /// As it is spelled; `None`: the default.
    pub city: Option<String>,
    pub policy: BuyoutPolicy,
    pub created_at: DateTime<Utc>,
    /// `None`: the installation.
    pub created_by: Option<PersonRef>,
    pub comment: String,
}

/// A version to be added on top of the one that its author saw; the policy's own number does not count.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPolicy {
    pub city: Option<String>,
    pub policy: BuyoutPolicy,
    /// What the author saw; for a city without a policy it does not matter.
    pub seen: u32,
    pub by: PersonRef,
    pub comment: String,
}

impl Store {
    /// The newest version of the default and of each city, by city.
    pub async fn policies(&self) -> Result<Vec<PolicyVersion>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::City)
            .order_by_asc(row::Column::Version)
            .all(&self.db)
            .await?;
        // The last of each city is its newest.
        let newest: BTreeMap<String, row::Model> = rows
            .into_iter()
            .map(|row| (row.city.clone(), row))
            .collect();
        newest.into_values().map(read).collect()
    }

    /// Versions of one city, or of the default, the newest first.
    pub async fn policy_versions(
        &self,
        city: Option<&str>,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        row::Entity::find()
            .filter(row::Column::City.eq(city.map(city_key).unwrap_or_default()))
            .order_by_desc(row::Column::Version)
            .all(&self.db)
            .await?
            .into_iter()
            .map(read)
            .collect()
    }

    /// Adds a version, unless somebody else added one that the author did not see.
    pub async fn add_policy(&self, new: &NewPolicy) -> Result<PolicyVersion, ChangeError> {
        let NewPolicy {
            city,
            policy,
            seen,
            by,
            comment,
        } = new;
        let city = city.as_deref().map(str::trim);
        let key = city.map(city_key).unwrap_or_default();
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        let newest = row::Entity::find()
            .filter(row::Column::City.eq(&key))
            .order_by_desc(row::Column::Version)
            .one(&write.tx)
            .await?
            .map(read)
            .transpose()?;
        let version = match &newest {
            None => 1,
            Some(newest) if newest.policy.version == *seen => seen + 1,
            Some(newest) => return Err(stale(newest).into()),
        };
        // The spelling of whoever named the city first.
        let city = newest
            .and_then(|newest| newest.city)
            .or(city.map(str::to_owned));
        let now = column::now();
        let added = PolicyVersion {
            city,
            policy: BuyoutPolicy {
                version,
                ..policy.clone()
            },
            created_at: now,
            created_by: Some(by.clone()),
            comment: column::text(comment),
        };
        row::Entity::insert(row::ActiveModel {
            city: Set(key),
            version: Set(version.into()),
            data: Set(column::json("policy", &added.policy)?),
            created_at: Set(now),
            name: Set(added.city.as_deref().map(column::text)),
            created_by: Set(Some(by.person.0.clone())),
            created_by_name: Set(Some(column::text(&by.name))),
            comment: Set(added.comment.clone()),
        })
        .exec_without_returning(&write.tx)
        .await?;
        let entry = AuditEntry {
            at: now,
            person: by.person.0.clone(),
            action: "policy.put".to_owned(),
            entity: added.city.clone().unwrap_or_else(|| DEFAULT.to_owned()),
            detail: json!({ "version": version, "policy_sha256": digest(&added.policy)? }),
        };
        let owner = Owner::LegalEntity(added.policy.legal_entity.id.clone());
        write.record(entry, owner);
        change::append(&write.tx, vec![changed(added.city.as_deref())], now).await?;
        write.commit().await?;
        Ok(added)
    }
}

fn stale(newest: &PolicyVersion) -> Refusal {
    let who = newest
        .created_by
        .as_ref()
        .map_or("установка системы", |by| by.name.as_str());
    let when = newest.policy.calendar.format_ru(newest.created_at);
    Refusal::new(
        RefusalCode::StaleVersion,
        format!(
            "Правила уже изменены: {who}, {when}, версия {}. Ваши изменения не записаны: сравните и повторите.",
            newest.policy.version
        ),
    )
}

fn read(row: row::Model) -> Result<PolicyVersion, StoreError> {
    let row::Model {
        city: key,
        version: _,
        data,
        created_at,
        name,
        created_by,
        created_by_name,
        comment,
    } = row;
    let policy: BuyoutPolicy = At {
        table: "policy",
        key: &key,
    }
    .json("data", data)?;
    let city = match (key.is_empty(), name) {
        (true, _) => None,
        (false, Some(name)) => Some(name),
        // A row without a name: the site says how its city is spelled.
        (false, None) if city_key(&policy.site.city) == key => Some(policy.site.city.clone()),
        (false, None) => Some(key),
    };
    Ok(PolicyVersion {
        city,
        policy,
        created_at,
        created_by: created_by.map(|person| PersonRef {
            person: PersonId(person),
            name: created_by_name.unwrap_or_default(),
        }),
        comment,
    })
}
