//! What went wrong last in a run, as its events tell it.
//!
//! A trouble stands from its line until a later line tells of work done (a check, a message, a document, a
//! payment, a posting, an undo) or of the next stage or the end, and until a person decides the task that
//! asks about such a trouble after it. A retry that fails is a new line, so the trouble is there again.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::{EventKind, ProcessEvent};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{event, row};
use crate::column;
use crate::error::StoreError;
use crate::task;

/// Lines after which an earlier trouble is behind the run.
const MENDED: [EventKind; 8] = [
    EventKind::Stage,
    EventKind::Check,
    EventKind::Message,
    EventKind::Document,
    EventKind::Payment,
    EventKind::Accounting,
    EventKind::Undo,
    EventKind::Ended,
];

/// Whether these events leave a run without a trouble as it is.
pub(super) fn is_silent(added: &[ProcessEvent]) -> bool {
    added.iter().all(|event| event.kind != EventKind::Trouble)
}

/// Reads the events that are there, whichever save brought them, and writes what they tell.
pub(crate) async fn settle(
    db: &impl ConnectionTrait,
    run: &BuyoutId,
    run_started_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let started_at = column::instant(run_started_at);
    let telling = MENDED.into_iter().chain([EventKind::Trouble]);
    let last = event::row::Entity::find()
        .select_only()
        .columns([
            event::row::Column::Kind,
            event::row::Column::Text,
            event::row::Column::At,
        ])
        .filter(event::row::Column::Run.eq(run.as_str()))
        .filter(event::row::Column::RunStartedAt.eq(started_at))
        .filter(event::row::Column::Kind.is_in(telling.map(|kind| kind.to_string())))
        .order_by_desc(event::row::Column::Seq)
        .limit(1)
        .into_tuple::<(String, String, DateTime<Utc>)>()
        .one(db)
        .await?;
    let trouble = match last {
        Some((kind, text, at)) if kind == EventKind::Trouble.to_string() => {
            (!task::trouble_decided(db, run, at).await?).then_some(text)
        }
        Some(_) | None => None,
    };
    let column = row::Column::Trouble;
    let differs = match &trouble {
        Some(text) => Condition::any().add(column.is_null()).add(column.ne(text)),
        None => Condition::all().add(column.is_not_null()),
    };
    row::Entity::update_many()
        .col_expr(column, Expr::val(trouble))
        .filter(row::Column::Id.eq(run.as_str()))
        .filter(Expr::col(row::Column::StartedAt).eq(started_at))
        .filter(differs)
        .exec(db)
        .await?;
    Ok(())
}
