//! Policies by city. A running process keeps the one it captured.

mod version;

use domain::audit::{canonical, sha256};
use domain::policy::BuyoutPolicy;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TryInsertResult,
};
use serde_json::json;

use crate::audit::{AuditEntry, INSTALLATION, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::search;

pub use self::version::{NewPolicy, PolicyVersion};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "policy")]
    pub struct Model {
        /// Folded; empty for the default.
        #[sea_orm(primary_key, auto_increment = false)]
        pub city: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub data: Json,
        pub created_at: DateTimeUtc,
        /// The city as it is spelled; null for the default and for rows older than the column.
        pub name: Option<String>,
        pub created_by: Option<String>,
        pub created_by_name: Option<String>,
        pub comment: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// The newest policy of the city, or else the newest default. Case and ё/е do not matter.
    pub async fn policy_for(&self, city: &str) -> Result<Option<BuyoutPolicy>, StoreError> {
        let city = city_key(city);
        let found = row::Entity::find()
            .filter(row::Column::City.is_in([city.as_str(), ""]))
            // The default has the empty name, so a city's own policy comes first.
            .order_by_desc(row::Column::City)
            .order_by_desc(row::Column::Version)
            .one(&self.db)
            .await?;
        found
            .map(|row| {
                At {
                    table: "policy",
                    key: &row.city,
                }
                .json("data", row.data)
            })
            .transpose()
    }

    /// Adds a version of a city's policy, or of the default. A version is written once.
    ///
    /// [`StoreError::Conflict`]: the version exists with other content.
    pub async fn put_policy(
        &self,
        city: Option<&str>,
        policy: &BuyoutPolicy,
    ) -> Result<(), StoreError> {
        let key = city.map(city_key).unwrap_or_default();
        let version = i64::from(policy.version);
        let data = column::json("policy", policy)?;
        let now = column::now();
        let mut write = self.write().await?;
        let inserted = row::Entity::insert(row::ActiveModel {
            city: Set(key.clone()),
            version: Set(version),
            data: Set(data.clone()),
            created_at: Set(now),
            name: Set(city.map(|city| column::text(city.trim()))),
            created_by: Set(None),
            created_by_name: Set(None),
            comment: Set(String::new()),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(&write.tx)
        .await?;
        if matches!(inserted, TryInsertResult::Inserted(1)) {
            let entry = AuditEntry {
                at: now,
                person: INSTALLATION.to_owned(),
                action: "policy.put".to_owned(),
                entity: city.map_or(version::DEFAULT, str::trim).to_owned(),
                detail: json!({ "version": version, "policy_sha256": digest(policy)? }),
            };
            write.record(entry, Owner::LegalEntity(policy.legal_entity.id.clone()));
            change::append(&write.tx, vec![changed(city)], now).await?;
            return write.commit().await;
        }
        let there = row::Entity::find_by_id((key, version))
            .one(&write.tx)
            .await?;
        if there.is_some_and(|row| row.data == data) {
            Ok(())
        } else {
            Err(StoreError::Conflict(format!(
                "policy version {version} exists with other content"
            )))
        }
    }
}

fn changed(city: Option<&str>) -> NewChange {
    NewChange {
        topic: Topic::Policy,
        entity: city.unwrap_or_default().to_owned(),
        run: None,
        city: city.map(str::to_owned),
    }
}

/// By which the audit names what a policy said.
fn digest(policy: &BuyoutPolicy) -> Result<String, StoreError> {
    let json = column::json("policy", policy)?;
    Ok(sha256(canonical(&json).as_bytes()))
}

fn city_key(city: &str) -> String {
    search::fold(city.trim())
}
