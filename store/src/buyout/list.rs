//! The list of runs, and what is counted over it.

mod filter;
mod sort;

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::staff::{PersonId, PersonRef};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use self::filter::{LookUp, condition};
use super::{NO_DEADLINE, row};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};

pub use self::filter::BuyoutFilter;
pub use self::sort::{BuyoutOrder, BuyoutSort};

/// Rows read at once where no page bounds them.
const BATCH: u64 = 1_000;

/// A run as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyoutRow {
    pub id: BuyoutId,
    pub deal_id: u64,
    pub stage: Stage,
    /// Empty before the deal is read.
    pub city: String,
    pub site: Option<String>,
    /// IANA zone of the site; `None` before the policy is known.
    pub time_zone: Option<String>,
    /// "Chery Tiggo 7 Pro, 2021"; empty before the deal is read.
    pub car: String,
    /// VIN or frame number.
    pub identifier: Option<String>,
    pub plate: Option<String>,
    pub inspector: Option<PersonRef>,
    pub waiting_for: Option<String>,
    /// Of the open task that is due first.
    pub deadline: Option<DateTime<Utc>>,
    /// What the client accepted, or else was offered.
    pub price: Option<Money>,
    /// How it ended, one Russian sentence.
    pub outcome: Option<String>,
    /// What went wrong last and was not mended yet, one Russian sentence.
    pub trouble: Option<String>,
    pub started_at: DateTime<Utc>,
    pub stage_since: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl BuyoutRow {
    /// Running and past its deadline.
    pub fn overdue(&self, now: DateTime<Utc>) -> bool {
        !self.stage.is_final() && self.deadline.is_some_and(|due| due < now)
    }
}

/// Runs at one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageCount {
    pub stage: Stage,
    pub count: u64,
    pub overdue: u64,
}

/// The columns that a list needs: all but the document itself.
#[derive(FromQueryResult)]
struct Listed {
    id: String,
    deal_id: i64,
    stage: String,
    city: Option<String>,
    site: Option<String>,
    time_zone: Option<String>,
    car: String,
    identifier: Option<String>,
    plate: Option<String>,
    inspector: Option<String>,
    inspector_name: Option<String>,
    waiting_for: Option<String>,
    due_at: DateTime<Utc>,
    price: Option<i64>,
    outcome: Option<String>,
    trouble: Option<String>,
    started_at: DateTime<Utc>,
    stage_since: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl Store {
    /// A page of runs.
    pub async fn list_buyouts(
        &self,
        filter: &BuyoutFilter,
        sort: BuyoutSort,
        page: &Page,
    ) -> Result<Paged<BuyoutRow>, StoreError> {
        let after = page.after(sort.mark())?;
        let limit = page.limit();
        let look_up = LookUp::of(filter, &self.db).await?;
        let rows = self.buyout_rows(filter, look_up, sort, after, limit + 1);
        let all = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(condition(filter, self.db.get_database_backend(), look_up));
        let (rows, (total, more_than_total)) = if filter.text.is_some() {
            // Each of them looks the words up: side by side that takes the time of one.
            tokio::try_join!(rows, self.count_most(all, page, usize::MAX))?
        } else {
            let rows = rows.await?;
            let counted = self.count_most(all, page, rows.len()).await?;
            (rows, counted)
        };
        let (rows, next_cursor) = page::cut(rows, limit, sort.mark(), |row| sort.key(row));
        Ok(Paged {
            rows: rows.into_iter().map(listed).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total,
        })
    }

    /// The first `most` runs, page after page: a row that changes meanwhile may move, none is lost.
    pub async fn all_buyouts(
        &self,
        filter: &BuyoutFilter,
        sort: BuyoutSort,
        most: u64,
    ) -> Result<Vec<BuyoutRow>, StoreError> {
        let look_up = LookUp::of(filter, &self.db).await?;
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let wanted = Ord::min(most - all.len() as u64, BATCH);
            let rows = self
                .buyout_rows(filter, look_up, sort, after.take(), wanted)
                .await?;
            let whole = rows.len() as u64 == wanted;
            after = rows.last().map(|row| sort.key(row));
            for row in rows {
                all.push(listed(row)?);
            }
            if !whole || all.len() as u64 >= most {
                return Ok(all);
            }
        }
    }

    /// How many runs are at each stage, in the order of stages; stages without any are absent.
    pub async fn count_buyouts(
        &self,
        filter: &BuyoutFilter,
    ) -> Result<Vec<StageCount>, StoreError> {
        let late = CaseStatement::new()
            .case(
                Condition::all()
                    .add(row::Column::Active.eq(true))
                    .add(row::Column::DueAt.lt(column::now())),
                Expr::val(1_i32),
            )
            .finally(Expr::val(0_i32));
        // Were it the bare column, SQLite would walk all runs stage by stage and not the few with trouble.
        let stage = match filter.troubled {
            true => Expr::cust("buyout.stage || ''"),
            false => Expr::col((row::Entity, row::Column::Stage)),
        };
        let mut counts = row::Entity::find()
            .filter(condition(
                filter,
                self.db.get_database_backend(),
                LookUp::Free,
            ))
            .select_only()
            .column_as(stage.clone(), "stage")
            .column_as(Expr::cust("COUNT(*)"), "runs")
            .column_as(Expr::Case(Box::new(late)).sum(), "late")
            .group_by(stage)
            .into_tuple::<(String, i64, i64)>()
            .all(&self.db)
            .await?
            .into_iter()
            .map(|(stage, count, overdue)| {
                let at = At {
                    table: "buyout",
                    key: &stage,
                };
                Ok(StageCount {
                    stage: at.parse("stage", &stage)?,
                    count: at.number("count", count)?,
                    overdue: at.number("overdue", overdue)?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        counts.sort_by_key(|count| count.stage);
        Ok(counts)
    }

    async fn buyout_rows(
        &self,
        filter: &BuyoutFilter,
        look_up: LookUp,
        sort: BuyoutSort,
        after: Option<Key>,
        limit: u64,
    ) -> Result<Vec<Listed>, StoreError> {
        let direction = if sort.ascending {
            Order::Asc
        } else {
            Order::Desc
        };
        // A walk over an index finds the page; rows are read for those only that are shown.
        let ids = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(condition(filter, self.db.get_database_backend(), look_up))
            .apply_if(after, |query, key| query.filter(sort.after(key)))
            .order_by(sort.column(), direction.clone())
            .order_by(row::Column::Id, direction.clone())
            .limit(limit)
            .into_query();
        let rows = row::Entity::find().filter(row::Column::Id.in_subquery(ids));
        Ok(columns(rows)
            .order_by(sort.column(), direction.clone())
            .order_by(row::Column::Id, direction)
            .into_model::<Listed>()
            .all(&self.db)
            .await?)
    }
}

fn columns(query: Select<row::Entity>) -> Select<row::Entity> {
    query.select_only().columns([
        row::Column::Id,
        row::Column::DealId,
        row::Column::Stage,
        row::Column::City,
        row::Column::Site,
        row::Column::TimeZone,
        row::Column::Car,
        row::Column::Identifier,
        row::Column::Plate,
        row::Column::Inspector,
        row::Column::InspectorName,
        row::Column::WaitingFor,
        row::Column::DueAt,
        row::Column::Price,
        row::Column::Outcome,
        row::Column::Trouble,
        row::Column::StartedAt,
        row::Column::StageSince,
        row::Column::EndedAt,
    ])
}

/// The same out of the whole row.
pub(super) fn of_model(model: row::Model) -> Result<BuyoutRow, StoreError> {
    let row::Model {
        id,
        version: _,
        portal: _,
        deal_id,
        stage,
        active: _,
        city,
        site,
        car,
        identifier,
        plate,
        inspector,
        waiting_for,
        outcome,
        due_at,
        price,
        started_at,
        stage_since,
        ended_at,
        data: _,
        inspector_name,
        time_zone,
        trouble,
        make: _,
        model: _,
        mileage_km: _,
        appraised_at: _,
        appraised_price: _,
        forecast_price: _,
        recipient_hash: _,
        phone_hash: _,
        account_hash: _,
        steps: _,
        legal_entity: _,
    } = model;
    listed(Listed {
        id,
        deal_id,
        stage,
        city,
        site,
        time_zone,
        car,
        identifier,
        plate,
        inspector,
        inspector_name,
        waiting_for,
        due_at,
        price,
        outcome,
        trouble,
        started_at,
        stage_since,
        ended_at,
    })
}

fn listed(row: Listed) -> Result<BuyoutRow, StoreError> {
    let Listed {
        id,
        deal_id,
        stage,
        city,
        site,
        time_zone,
        car,
        identifier,
        plate,
        inspector,
        inspector_name,
        waiting_for,
        due_at,
        price,
        outcome,
        trouble,
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
        time_zone,
        car,
        identifier,
        plate,
        inspector: inspector.map(|person| PersonRef {
            person: PersonId(person),
            name: inspector_name.unwrap_or_default(),
        }),
        waiting_for,
        deadline: (due_at != NO_DEADLINE).then_some(due_at),
        price: price.map(Money::from_kopecks),
        outcome,
        trouble,
        started_at,
        stage_since,
        ended_at,
        id: BuyoutId(id),
    })
}
