//! Facts that fit nowhere: kept, shown to ops, settled by a person. Never dropped.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::audit::{AuditEntry, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column;
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};

/// Mark of this list's cursors.
const LIST: &str = "kept";
/// Facts of one run that are shown.
const OF_RUN: u64 = 20;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "unmatched")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub source: String,
        pub event_id: String,
        /// Empty when it belongs to no run, so that the key compares.
        pub run: String,
        pub reason: String,
        pub kept_at: DateTimeUtc,
        pub settled_at: Option<DateTimeUtc>,
        pub settled_by: Option<String>,
        pub note: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedRow {
    pub id: i64,
    /// Where it came from: an inbox's source, or `process` for what a run could not use.
    pub source: String,
    pub event_id: String,
    pub run: Option<BuyoutId>,
    /// English, for ops.
    pub reason: String,
    pub kept_at: DateTime<Utc>,
    pub settled: Option<Settled>,
}

/// What a person did about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub at: DateTime<Utc>,
    pub by: PersonId,
    pub note: String,
}

/// Keeps the fact once per source, run and event id; answers the change for the feed when it is new.
pub(crate) async fn keep(
    tx: &DatabaseTransaction,
    source: &str,
    event_id: &str,
    run: Option<&BuyoutId>,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<Option<NewChange>, StoreError> {
    let (source, event_id) = (column::text(source), column::text(event_id));
    let owner = run.map(|run| run.0.clone()).unwrap_or_default();
    let inserted = row::Entity::insert(row::ActiveModel {
        source: Set(source.clone()),
        event_id: Set(event_id.clone()),
        run: Set(owner.clone()),
        reason: Set(column::text(reason)),
        kept_at: Set(at),
        ..Default::default()
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    if inserted == 0 {
        return Ok(None);
    }
    let kept = row::Entity::find()
        .filter(row::Column::Source.eq(source))
        .filter(row::Column::Run.eq(owner))
        .filter(row::Column::EventId.eq(event_id))
        .one(tx)
        .await?;
    Ok(kept.map(|row| changed(row.id, run)))
}

fn changed(id: i64, run: Option<&BuyoutId>) -> NewChange {
    NewChange {
        topic: Topic::Unmatched,
        entity: id.to_string(),
        run: run.map(|run| run.0.clone()),
        city: None,
    }
}

impl Store {
    /// Keeps a fact that a run could not use, once per run and event id. `reason` is English, without
    /// personal data.
    pub async fn keep_unmatched(
        &self,
        run: &BuyoutId,
        event_id: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let change = keep(&write.tx, "process", event_id, Some(run), reason, now).await?;
        change::append(&write.tx, change.into_iter().collect(), now).await?;
        write.commit().await
    }

    /// Settled or unsettled facts, the longest kept first.
    pub async fn list_unmatched(
        &self,
        settled: bool,
        page: &Page,
    ) -> Result<Paged<UnmatchedRow>, StoreError> {
        let matching = row::Entity::find().filter(if settled {
            row::Column::SettledAt.is_not_null()
        } else {
            row::Column::SettledAt.is_null()
        });
        let total = matching.clone().count(&self.db).await?;
        let mut query = matching;
        if let Some(Key { at, id }) = page.after(LIST)? {
            let id: i64 = id
                .parse()
                .map_err(|_| StoreError::Invalid { what: "cursor" })?;
            query = query.filter(
                row::Column::KeptAt
                    .gt(at)
                    .or(row::Column::KeptAt.eq(at).and(row::Column::Id.gt(id))),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_asc(row::Column::KeptAt)
            .order_by_asc(row::Column::Id)
            .limit(limit + 1)
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.kept_at,
            id: row.id.to_string(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(unmatched).collect(),
            next_cursor,
            total,
            more_than_total: false,
        })
    }

    /// Facts of one run that wait for a person, the longest kept first.
    pub async fn unmatched_of(&self, run: &BuyoutId) -> Result<Vec<UnmatchedRow>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .filter(row::Column::SettledAt.is_null())
            .order_by_asc(row::Column::KeptAt)
            .order_by_asc(row::Column::Id)
            .limit(OF_RUN)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(unmatched).collect())
    }

    /// A person has dealt with it, which goes into the audit too.
    ///
    /// [`StoreError::Conflict`]: somebody settled it before.
    pub async fn settle_unmatched(
        &self,
        id: i64,
        by: &PersonId,
        note: &str,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let there = row::Entity::find_by_id(id)
            .one(&write.tx)
            .await?
            .ok_or_else(|| StoreError::NotFound {
                noun: "unmatched fact",
                key: id.to_string(),
            })?;
        let settled = row::Entity::update_many()
            .set(row::ActiveModel {
                settled_at: Set(Some(now)),
                settled_by: Set(Some(by.0.clone())),
                note: Set(Some(column::text(note))),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::SettledAt.is_null())
            .exec(&write.tx)
            .await?;
        if settled.rows_affected == 0 {
            return Err(StoreError::Conflict(format!(
                "unmatched fact {id} is settled already"
            )));
        }
        let entry = AuditEntry {
            at: now,
            person: by.0.clone(),
            action: "unmatched.settle".to_owned(),
            entity: format!("unmatched/{id}"),
            detail: serde_json::json!({ "source": there.source, "event_id": there.event_id }),
        };
        let run = run(there.run);
        write.record(entry, run.clone().map_or(Owner::Nobody, Owner::Run));
        change::append(&write.tx, vec![changed(id, run.as_ref())], now).await?;
        write.commit().await
    }
}

impl Store {
    /// A fact that fitted nowhere.
    pub async fn unmatched(&self, id: i64) -> Result<Option<UnmatchedRow>, StoreError> {
        let found = row::Entity::find_by_id(id).one(&self.db).await?;
        Ok(found.map(unmatched))
    }
}

fn run(column: String) -> Option<BuyoutId> {
    (!column.is_empty()).then_some(BuyoutId(column))
}

fn unmatched(row: row::Model) -> UnmatchedRow {
    let row::Model {
        id,
        source,
        event_id,
        run: owner,
        reason,
        kept_at,
        settled_at,
        settled_by,
        note,
    } = row;
    UnmatchedRow {
        id,
        source,
        event_id,
        run: run(owner),
        reason,
        kept_at,
        settled: settled_at.zip(settled_by).map(|(at, by)| Settled {
            at,
            by: PersonId(by),
            note: note.unwrap_or_default(),
        }),
    }
}
