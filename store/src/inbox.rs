//! What arrived from outside: written down before it is answered, then given to its process.
//!
//! A message is unique by its source and event id. The same id again only counts; when its body
//! differs, the first one stays and the hash of the other is noted.

mod list;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use sha2::{Digest, Sha256};
use strum::{Display, EnumString};

pub use self::list::{InboxEntry, InboxFilter};
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::unmatched;

/// A message that was handed out is handed out again after this time, unless its fate was written:
/// whoever had it has died.
const LEASE: Duration = Duration::seconds(30);

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub source: String,
        pub event_id: String,
        pub body: Vec<u8>,
        pub body_sha256: String,
        pub headers: Json,
        pub state: String,
        pub attempts: i64,
        pub error: Option<String>,
        pub run: Option<String>,
        pub received_at: DateTimeUtc,
        pub due_at: DateTimeUtc,
        pub taken_at: Option<DateTimeUtc>,
        pub repeats: i64,
        pub other_sha256: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum InboxState {
    /// Waits for its process.
    New,
    /// Its process has it.
    Taken,
    /// It fits nowhere; see [`crate::unmatched`].
    Unmatched,
}

/// A message as it arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub id: i64,
    /// The gateway's name of the sender's channel.
    pub source: String,
    pub event_id: String,
    pub body: Vec<u8>,
    pub state: InboxState,
    /// Failed attempts to give it to its process.
    pub attempts: u32,
    /// The run that took it; `None` also when there was nothing to do.
    pub run: Option<String>,
    /// How often it came again.
    pub repeats: u32,
    /// SHA-256 in hex of the last repeat whose body was another one.
    pub other_sha256: Option<String>,
    pub received_at: DateTime<Utc>,
}

/// The body may hold tokens and personal data: it is not shown.
impl std::fmt::Debug for InboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxRow")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("event_id", &self.event_id)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What [`Store::receive`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    New,
    /// It is there already, with the same body.
    Repeat,
    /// The id is there with another body, which stays.
    Differs,
}

impl Store {
    /// Writes a message down. Once this is answered, it may be acknowledged to the sender.
    ///
    /// `headers` is a JSON object; secrets among them are the caller's to leave out.
    pub async fn receive(
        &self,
        source: &str,
        event_id: &str,
        body: &[u8],
        headers: &str,
    ) -> Result<Received, StoreError> {
        let sha256 = hex(&Sha256::digest(body));
        let headers: serde_json::Value =
            serde_json::from_str(headers).map_err(|_| StoreError::Invalid { what: "headers" })?;
        let (source, event_id) = (column::text(source), column::text(event_id));
        let now = column::now();
        let write = self.write().await?;
        let inserted = row::Entity::insert(row::ActiveModel {
            source: Set(source.clone()),
            event_id: Set(event_id.clone()),
            body: Set(body.to_vec()),
            body_sha256: Set(sha256.clone()),
            headers: Set(column::json("headers", &headers)?),
            state: Set(InboxState::New.to_string()),
            attempts: Set(0),
            received_at: Set(now),
            due_at: Set(now),
            repeats: Set(0),
            ..Default::default()
        })
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&write.tx)
        .await?;
        if inserted == 1 {
            let id = row::Entity::find()
                .select_only()
                .column(row::Column::Id)
                .filter(row::Column::Source.eq(&source))
                .filter(row::Column::EventId.eq(&event_id))
                .into_tuple::<i64>()
                .one(&write.tx)
                .await?;
            let changes = id.map(|id| changed(id, None)).into_iter().collect();
            change::append(&write.tx, changes, now).await?;
            write.commit().await?;
            return Ok(Received::New);
        }
        let same = || {
            row::Entity::update_many()
                .filter(row::Column::Source.eq(&source))
                .filter(row::Column::EventId.eq(&event_id))
        };
        same()
            .col_expr(row::Column::Repeats, Expr::col(row::Column::Repeats).add(1))
            .exec(&write.tx)
            .await?;
        let differs = same()
            .col_expr(row::Column::OtherSha256, Expr::val(sha256.as_str()))
            .filter(row::Column::BodySha256.ne(&sha256))
            .exec(&write.tx)
            .await?
            .rows_affected
            > 0;
        write.commit().await?;
        Ok(if differs {
            Received::Differs
        } else {
            Received::Repeat
        })
    }

    /// Hands out messages that wait, the longest due first, at most `limit`. Each goes to one caller:
    /// it is handed out again only when its fate was not written in half a minute.
    pub async fn due(&self, limit: u64) -> Result<Vec<InboxRow>, StoreError> {
        let now = column::now();
        // Mostly there is nothing: then nothing is locked.
        if waiting(now).limit(1).one(&self.db).await?.is_none() {
            return Ok(Vec::new());
        }
        let write = self.write().await?;
        let rows = waiting(now)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&write.tx)
            .await?;
        row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::val(now + LEASE))
            .filter(row::Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        rows.into_iter().map(inbox_row).collect()
    }

    /// The run has it; `None`: it was understood and there is nothing to do.
    pub async fn mark_taken(&self, id: i64, run: Option<&str>) -> Result<(), StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let marked = row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(InboxState::Taken.to_string()),
                run: Set(run.map(str::to_owned)),
                taken_at: Set(Some(now)),
                error: Set(None),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::State.eq(InboxState::New.to_string()))
            .exec(&write.tx)
            .await?;
        let changes = (marked.rows_affected > 0).then(|| changed(id, run));
        change::append(&write.tx, changes.into_iter().collect(), now).await?;
        write.commit().await
    }

    /// It fits nowhere: kept for ops with the reason (English, no personal data).
    pub async fn mark_unmatched(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let marked = row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(InboxState::Unmatched.to_string()),
                error: Set(Some(column::text(reason))),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::State.eq(InboxState::New.to_string()))
            .exec_with_returning(&write.tx)
            .await?;
        let mut changes = Vec::new();
        for row in marked {
            changes.push(changed(row.id, None));
            let kept = unmatched::keep(&write.tx, &row.source, &row.event_id, None, reason, now);
            changes.extend(kept.await?);
        }
        change::append(&write.tx, changes, now).await?;
        write.commit().await
    }

    /// It was not taken: tried again at the instant. `error` is English, without personal data.
    pub async fn mark_failed(
        &self,
        id: i64,
        error: &str,
        again_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        let marked = row::Entity::update_many()
            .col_expr(
                row::Column::Attempts,
                Expr::col(row::Column::Attempts).add(1),
            )
            .col_expr(row::Column::Error, Expr::val(column::text(error)))
            .col_expr(row::Column::DueAt, Expr::val(column::instant(again_at)))
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::State.eq(InboxState::New.to_string()))
            .exec(&write.tx)
            .await?;
        let changes = (marked.rows_affected > 0).then(|| changed(id, None));
        change::append(&write.tx, changes.into_iter().collect(), column::now()).await?;
        write.commit().await
    }

    /// Its turn comes at the instant; nothing failed, so no attempt is counted.
    pub async fn put_off(&self, id: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::val(column::instant(until)))
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::State.eq(InboxState::New.to_string()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Removes messages that were taken before the instant and concerned no run; answers how many.
    pub async fn prune_inbox(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let write = self.write().await?;
        let removed = row::Entity::delete_many()
            .filter(row::Column::State.eq(InboxState::Taken.to_string()))
            .filter(row::Column::Run.is_null())
            .filter(row::Column::TakenAt.lt(column::instant(before)))
            .exec(&write.tx)
            .await?
            .rows_affected;
        write.commit().await?;
        Ok(removed)
    }

    /// What came for the run, in the order in which it came.
    pub async fn received_for(&self, run: &str) -> Result<Vec<InboxRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Run.eq(run))
            .order_by_asc(row::Column::ReceivedAt)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?
            .into_iter()
            .map(inbox_row)
            .collect()
    }

    /// The message with that id of that source.
    pub async fn received(
        &self,
        source: &str,
        event_id: &str,
    ) -> Result<Option<InboxRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Source.eq(source))
            .filter(row::Column::EventId.eq(event_id))
            .one(&self.db)
            .await?
            .map(inbox_row)
            .transpose()
    }
}

fn changed(id: i64, run: Option<&str>) -> NewChange {
    NewChange {
        topic: Topic::Inbox,
        entity: id.to_string(),
        run: run.map(str::to_owned),
        city: None,
    }
}

fn waiting(now: DateTime<Utc>) -> Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::State.eq(InboxState::New.to_string()))
        .filter(row::Column::DueAt.lte(now))
        .order_by_asc(row::Column::DueAt)
        .order_by_asc(row::Column::Id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn inbox_row(row: row::Model) -> Result<InboxRow, StoreError> {
    let row::Model {
        id,
        source,
        event_id,
        body,
        body_sha256: _,
        headers: _,
        state,
        attempts,
        error: _,
        run,
        received_at,
        due_at: _,
        taken_at: _,
        repeats,
        other_sha256,
    } = row;
    let at = At {
        table: "inbox",
        key: &event_id,
    };
    Ok(InboxRow {
        id,
        source,
        body,
        state: at.parse("state", &state)?,
        attempts: at.number("attempts", attempts)?,
        run,
        repeats: at.number("repeats", repeats)?,
        other_sha256,
        received_at,
        event_id,
    })
}
