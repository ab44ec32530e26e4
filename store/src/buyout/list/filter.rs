//! Which runs a list shows.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::super::{found, row};
use crate::column;

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

pub(super) fn condition(filter: &BuyoutFilter, backend: DbBackend) -> Condition {
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
        .add_option(found.map(|runs| row::Column::Id.in_subquery(runs)))
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
