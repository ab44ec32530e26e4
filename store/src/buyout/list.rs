//! The list of runs.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::staff::PersonId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{NO_DEADLINE, row};
use crate::column::At;
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};
use crate::search;

/// Mark of this list's cursors.
const LIST: &str = "started";

/// Which runs; an empty list and `None` do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuyoutFilter {
    pub stages: Vec<Stage>,
    /// A run whose city is not known yet is in none of them.
    pub cities: Vec<String>,
    /// Parts of the deal's number, VIN, plate, car's title, client's name or phone; each word must occur.
    pub text: Option<String>,
    /// The inspection was given to this person.
    pub inspector: Option<PersonId>,
    /// Running or ended.
    pub active: Option<bool>,
}

/// A run as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyoutRow {
    pub id: BuyoutId,
    pub deal_id: u64,
    pub stage: Stage,
    /// Empty before the deal is read.
    pub city: String,
    pub site: Option<String>,
    /// "Chery Tiggo 7 Pro, 2021"; empty before the deal is read.
    pub car: String,
    /// VIN or frame number.
    pub identifier: Option<String>,
    pub plate: Option<String>,
    pub inspector: Option<PersonId>,
    pub waiting_for: Option<String>,
    /// Of the open task that is due first.
    pub deadline: Option<DateTime<Utc>>,
    /// What the client accepted, or else was offered.
    pub price: Option<Money>,
    /// How it ended, one Russian sentence.
    pub outcome: Option<String>,
    pub started_at: DateTime<Utc>,
    pub stage_since: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The columns that a list needs: all but the document itself.
#[derive(FromQueryResult)]
struct Listed {
    id: String,
    deal_id: i64,
    stage: String,
    city: Option<String>,
    site: Option<String>,
    car: String,
    identifier: Option<String>,
    plate: Option<String>,
    inspector: Option<String>,
    waiting_for: Option<String>,
    due_at: DateTime<Utc>,
    price: Option<i64>,
    outcome: Option<String>,
    started_at: DateTime<Utc>,
    stage_since: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Runs by their start, the latest first.
    pub async fn list_buyouts(
        &self,
        filter: &BuyoutFilter,
        page: &Page,
    ) -> Result<Paged<BuyoutRow>, StoreError> {
        let matching = row::Entity::find().filter(condition(filter));
        let total = matching.clone().count(&self.db).await?;

        let mut query = matching.select_only().columns([
            row::Column::Id,
            row::Column::DealId,
            row::Column::Stage,
            row::Column::City,
            row::Column::Site,
            row::Column::Car,
            row::Column::Identifier,
            row::Column::Plate,
            row::Column::Inspector,
            row::Column::WaitingFor,
            row::Column::DueAt,
            row::Column::Price,
            row::Column::Outcome,
            row::Column::StartedAt,
            row::Column::StageSince,
            row::Column::EndedAt,
        ]);
        if let Some(Key { at, id }) = page.after(LIST)? {
            query = query.filter(
                row::Column::StartedAt
                    .lt(at)
                    .or(row::Column::StartedAt.eq(at).and(row::Column::Id.lt(id))),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_desc(row::Column::StartedAt)
            .order_by_desc(row::Column::Id)
            .limit(limit + 1)
            .into_model::<Listed>()
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.started_at,
            id: row.id.clone(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(listed).collect::<Result<_, _>>()?,
            next_cursor,
            total,
        })
    }
}

fn condition(filter: &BuyoutFilter) -> Condition {
    let BuyoutFilter {
        stages,
        cities,
        text,
        inspector,
        active,
    } = filter;
    let any = |column: row::Column, values: Vec<String>| {
        (!values.is_empty()).then(|| column.is_in(values))
    };
    let found = text
        .as_deref()
        .and_then(|text| search::contains(row::Column::Search, text));
    Condition::all()
        .add_option(any(
            row::Column::Stage,
            stages.iter().map(Stage::to_string).collect(),
        ))
        .add_option(any(row::Column::City, cities.clone()))
        .add_option(found)
        .add_option(
            inspector
                .as_ref()
                .map(|person| row::Column::Inspector.eq(&person.0)),
        )
        .add_option(active.map(|active| row::Column::Active.eq(active)))
}

fn listed(row: Listed) -> Result<BuyoutRow, StoreError> {
    let Listed {
        id,
        deal_id,
        stage,
        city,
        site,
        car,
        identifier,
        plate,
        inspector,
        waiting_for,
        due_at,
        price,
        outcome,
        started_at,
        stage_since,
        ended_at,
    } = row;
    let at = At {
        table: "buyout",
        key: &id,
    };
    Ok(BuyoutRow {
        deal_id: at.number("deal_id", deal_id)?,
        stage: at.parse("stage", &stage)?,
        city: city.unwrap_or_default(),
        site,
        car,
        identifier,
        plate,
        inspector: inspector.map(PersonId),
        waiting_for,
        deadline: (due_at != NO_DEADLINE).then_some(due_at),
        price: price.map(Money::from_kopecks),
        outcome,
        started_at,
        stage_since,
        ended_at,
        id: BuyoutId(id),
    })
}
