//! The inbox as ops reads it, and how they have a message tried again.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::{InboxState, changed, row};
use crate::audit::{AuditEntry, Owner};
use crate::change;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};

/// Mark of this list's cursors.
const LIST: &str = "received";
/// Messages of one run that are shown.
const OF_RUN: u64 = 5;

/// Which messages; an empty list and `None` do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    pub states: Vec<InboxState>,
    pub source: Option<String>,
}

/// A message as lists show it: without its body, which may hold tokens and personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    pub id: i64,
    pub source: String,
    pub event_id: String,
    pub state: InboxState,
    /// Failed attempts to give it to its process.
    pub attempts: u32,
    /// Why the last attempt failed, or why it fits nowhere; English, without personal data.
    pub error: Option<String>,
    /// The run that took it.
    pub run: Option<String>,
    pub received_at: DateTime<Utc>,
    /// While it waits.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// How often it came again.
    pub repeats: u32,
}

#[derive(FromQueryResult)]
struct Listed {
    id: i64,
    source: String,
    event_id: String,
    state: String,
    attempts: i64,
    error: Option<String>,
    run: Option<String>,
    received_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    repeats: i64,
}

impl Store {
    /// Messages by the moment in which they came, the latest first.
    pub async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: &Page,
    ) -> Result<Paged<InboxEntry>, StoreError> {
        let InboxFilter { states, source } = filter;
        let states: Vec<String> = states.iter().map(InboxState::to_string).collect();
        let matching = row::Entity::find().filter(
            Condition::all()
                .add_option((!states.is_empty()).then(|| row::Column::State.is_in(states)))
                .add_option(source.as_ref().map(|source| row::Column::Source.eq(source))),
        );
        let total = matching.clone().count(&self.db).await?;
        let mut query = without_body(matching);
        if let Some(Key { at, id }) = page.after(LIST)? {
            let id: i64 = id
                .parse()
                .map_err(|_| StoreError::Invalid { what: "cursor" })?;
            query = query.filter(
                row::Column::ReceivedAt
                    .lt(at)
                    .or(row::Column::ReceivedAt.eq(at).and(row::Column::Id.lt(id))),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_desc(row::Column::ReceivedAt)
            .order_by_desc(row::Column::Id)
            .limit(limit + 1)
            .into_model::<Listed>()
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.received_at,
            id: row.id.to_string(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(entry).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total: false,
        })
    }

    /// What the run took, the latest first.
    pub async fn inbox_of(&self, run: &BuyoutId) -> Result<Vec<InboxEntry>, StoreError> {
        let rows = without_body(row::Entity::find())
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_desc(row::Column::ReceivedAt)
            .order_by_desc(row::Column::Id)
            .limit(OF_RUN)
            .into_model::<Listed>()
            .all(&self.db)
            .await?;
        rows.into_iter().map(entry).collect()
    }

    /// Makes a message due at once, whether it waits for its next attempt or fitted nowhere; `by` is
    /// written down with it. Answers the message as it is afterwards.
    ///
    /// [`StoreError::Conflict`]: its process has it.
    pub async fn retry_inbox(&self, id: i64, by: &str) -> Result<InboxEntry, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let found = row::Entity::find_by_id(id).one(&write.tx).await?;
        let found = found.ok_or_else(|| StoreError::NotFound {
            noun: "message of the inbox",
            key: id.to_string(),
        })?;
        let renewed = row::Entity::update_many()
            .col_expr(row::Column::DueAt, Expr::val(now))
            .col_expr(row::Column::State, Expr::val(InboxState::New.to_string()))
            .filter(row::Column::Id.eq(id))
            .filter(row::Column::State.ne(InboxState::Taken.to_string()))
            .exec(&write.tx)
            .await?;
        if renewed.rows_affected == 0 {
            return Err(StoreError::Conflict(format!(
                "message {id} of the inbox was taken"
            )));
        }
        let entry = AuditEntry {
            at: now,
            person: by.to_owned(),
            action: "inbox.retry".to_owned(),
            entity: format!("inbox/{id}"),
            detail: serde_json::json!({ "source": found.source, "state": found.state }),
        };
        let owner = found.run.map(BuyoutId).map_or(Owner::Nobody, Owner::Run);
        write.record(entry, owner);
        let after = without_body(row::Entity::find_by_id(id))
            .into_model::<Listed>()
            .one(&write.tx)
            .await?;
        change::append(&write.tx, vec![changed(id, None)], now).await?;
        write.commit().await?;
        after
            .map(self::entry)
            .transpose()?
            .ok_or_else(|| StoreError::NotFound {
                noun: "message of the inbox",
                key: id.to_string(),
            })
    }
}

fn without_body(query: Select<row::Entity>) -> Select<row::Entity> {
    query.select_only().columns([
        row::Column::Id,
        row::Column::Source,
        row::Column::EventId,
        row::Column::State,
        row::Column::Attempts,
        row::Column::Error,
        row::Column::Run,
        row::Column::ReceivedAt,
        row::Column::DueAt,
        row::Column::Repeats,
    ])
}

fn entry(row: Listed) -> Result<InboxEntry, StoreError> {
    let Listed {
        id,
        source,
        event_id,
        state,
        attempts,
        error,
        run,
        received_at,
        due_at,
        repeats,
    } = row;
    let at = At {
        table: "inbox",
        key: &event_id,
    };
    let state = at.parse("state", &state)?;
    Ok(InboxEntry {
        id,
        source,
        state,
        attempts: at.number("attempts", attempts)?,
        error,
        run,
        received_at,
        next_attempt_at: (state == InboxState::New).then_some(due_at),
        repeats: at.number("repeats", repeats)?,
        event_id,
    })
}
