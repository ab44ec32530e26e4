//! Which runs a list shows.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbBackend};

use super::super::{found, row};
use crate::column;
use crate::error::StoreError;

/// Which runs; an empty list and `None` do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuyoutFilter {
    pub stages: Vec<Stage>,
    /// A run whose city is not known yet is in none of them.
    pub cities: Vec<String>,
    /// Parts of the deal's number, VIN, plate or car's title; each word must occur.
    pub text: Option<String>,
    /// `text` is looked for in the client's name and phone too, the phone however it is written.
    pub clients: bool,
    /// The inspection was given to this person.
    pub inspector: Option<PersonId>,
    /// The inspection was given to one of these, whoever else is asked for.
    pub given_to: Vec<PersonId>,
    /// VIN or frame number, whole.
    pub identifier: Option<String>,
    /// Running or ended.
    pub active: Option<bool>,
    /// Running and past its deadline.
    pub overdue: bool,
    /// Something went wrong and was not mended yet.
    pub troubled: bool,
    /// Begun at this moment or later.
    pub started_from: Option<DateTime<Utc>>,
    /// Begun before this moment.
    pub started_to: Option<DateTime<Utc>>,
    /// All but this one.
    pub except: Option<BuyoutId>,
}

/// How runs are looked up by what was typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LookUp {
    /// As the database thinks best.
    Free,
    /// Their ids before anything else (PostgreSQL). It does not know how many they are, and walks a list in its order until
    /// enough of them have come by: past every other run when they are few and old.
    First,
}

/// Runs that are few enough for [`LookUp::First`].
const FEW: u64 = 1_000;

impl LookUp {
    pub(super) async fn of(
        filter: &BuyoutFilter,
        db: &DatabaseConnection,
    ) -> Result<Self, StoreError> {
        let backend = db.get_database_backend();
        let BuyoutFilter {
            text: Some(text),
            clients,
            ..
        } = filter
        else {
            return Ok(Self::Free);
        };
        let Some(mut runs) =
            found(text, *clients, backend).filter(|_| backend == DbBackend::Postgres)
        else {
            return Ok(Self::Free);
        };
        let count = Query::select()
            .expr_as(Expr::cust("COUNT(*)"), "rows")
            .from_subquery(runs.limit(FEW + 1).take(), "found")
            .take();
        let found: i64 = match db.query_one(&count).await? {
            Some(row) => row.try_get("", "rows")?,
            None => 0,
        };
        Ok(if u64::try_from(found).is_ok_and(|found| found <= FEW) {
            Self::First
        } else {
            Self::Free
        })
    }
}

pub(super) fn condition(filter: &BuyoutFilter, backend: DbBackend, look_up: LookUp) -> Condition {
    let BuyoutFilter {
        stages,
        cities,
        text,
        clients,
        inspector,
        given_to,
        identifier,
        active,
        overdue,
        troubled,
        started_from,
        started_to,
        except,
    } = filter;
    let any = |column: row::Column, values: Vec<String>| {
        (!values.is_empty()).then(|| column.is_in(values))
    };
    let found = text
        .as_deref()
        .and_then(|text| found(text, *clients, backend));
    Condition::all()
        .add_option(any(
            row::Column::Stage,
            stages.iter().map(Stage::to_string).collect(),
        ))
        .add_option(any(row::Column::City, cities.clone()))
        .add_option(found.map(|runs| match look_up {
            LookUp::Free => row::Column::Id.in_subquery(runs),
            LookUp::First => {
                let ids = Expr::SubQuery(None, Box::new(runs.into()));
                Expr::cust_with_exprs("$1 = ANY(ARRAY $2)", [Expr::col(row::Column::Id), ids])
            }
        }))
        .add_option(
            inspector
                .as_ref()
                .map(|person| row::Column::Inspector.eq(&person.0)),
        )
        .add_option(any(
            row::Column::Inspector,
            given_to.iter().map(|person| person.0.clone()).collect(),
        ))
        .add_option(
            identifier
                .as_ref()
                .map(|identifier| row::Column::Identifier.eq(identifier)),
        )
        .add_option(active.map(|active| row::Column::Active.eq(active)))
        .add_option(overdue.then(|| {
            row::Column::Active
                .eq(true)
                .and(row::Column::DueAt.lt(column::now()))
        }))
        .add_option(troubled.then(|| row::Column::Trouble.is_not_null()))
        .add_option(started_from.map(|from| row::Column::StartedAt.gte(column::instant(from))))
        .add_option(started_to.map(|to| row::Column::StartedAt.lt(column::instant(to))))
        .add_option(except.as_ref().map(|run| row::Column::Id.ne(run.as_str())))
}
