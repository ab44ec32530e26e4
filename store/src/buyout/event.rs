//! What happened in a run, line by line; only added to.

use domain::buyout::start::BuyoutId;
use domain::buyout::state::{Buyout, ProcessEvent};
use domain::staff::{PersonId, PersonRef};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    TryInsertResult,
};
use std::collections::BTreeSet;

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "buyout_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        /// Tells executions of the same id apart: each counts its events from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_started_at: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub at: DateTimeUtc,
        pub kind: String,
        pub person: Option<String>,
        pub person_name: Option<String>,
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds the events that are not there yet and answers which these were.
///
/// The run's row is locked by the caller's transaction, so nobody else adds them meanwhile.
pub(super) async fn add(
    tx: &DatabaseTransaction,
    buyout: &Buyout,
    events: &[ProcessEvent],
) -> Result<Vec<ProcessEvent>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let rows = events
        .iter()
        .map(|event| row(buyout, event))
        .collect::<Result<Vec<_>, _>>()?;
    let inserted = row::Entity::insert_many(rows)
        .on_conflict_do_nothing()
        .exec_with_returning_keys(tx)
        .await?;
    let new: BTreeSet<i64> = match inserted {
        TryInsertResult::Inserted(keys) => keys.into_iter().map(|(_, _, seq)| seq).collect(),
        TryInsertResult::Empty | TryInsertResult::Conflicted => BTreeSet::new(),
    };
    Ok(events
        .iter()
        .filter(|event| i64::try_from(event.seq).is_ok_and(|seq| new.contains(&seq)))
        .cloned()
        .collect())
}

fn row(buyout: &Buyout, event: &ProcessEvent) -> Result<row::ActiveModel, StoreError> {
    let ProcessEvent {
        seq,
        at,
        kind,
        actor,
        text,
    } = event;
    Ok(row::ActiveModel {
        run: Set(buyout.id.0.clone()),
        run_started_at: Set(column::instant(buyout.started_at)),
        seq: Set(column::number("event seq", *seq)?),
        at: Set(column::instant(*at)),
        kind: Set(kind.to_string()),
        person: Set(actor.as_ref().map(|actor| actor.person.0.clone())),
        person_name: Set(actor.as_ref().map(|actor| column::text(&actor.name))),
        text: Set(column::text(text)),
    })
}

impl Store {
    /// Events of the run's present execution with numbers above `after_seq`, in order.
    pub async fn events(
        &self,
        id: &BuyoutId,
        after_seq: u64,
    ) -> Result<Vec<ProcessEvent>, StoreError> {
        use super::row as buyout;

        let present = Query::select()
            .column(buyout::Column::StartedAt)
            .from(buyout::Entity)
            .and_where(buyout::Column::Id.eq(id.as_str()))
            .take();
        row::Entity::find()
            .filter(row::Column::Run.eq(id.as_str()))
            .filter(row::Column::RunStartedAt.in_subquery(present))
            .filter(row::Column::Seq.gt(column::number("after_seq", after_seq)?))
            .order_by_asc(row::Column::Seq)
            .all(&self.db)
            .await?
            .into_iter()
            .map(event)
            .collect()
    }
}

fn event(row: row::Model) -> Result<ProcessEvent, StoreError> {
    let row::Model {
        run,
        run_started_at: _,
        seq,
        at,
        kind,
        person,
        person_name,
        text,
    } = row;
    let place = At {
        table: "buyout_event",
        key: &run,
    };
    Ok(ProcessEvent {
        seq: place.number("seq", seq)?,
        at,
        kind: place.parse("kind", &kind)?,
        actor: person.map(|person| PersonRef {
            person: PersonId(person),
            name: person_name.unwrap_or_default(),
        }),
        text,
    })
}
