//! How calls to partners went, as the workers count them. Several add to one row: figures grow by
//! increments in the database, so that none is lost.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use domain::partner::{PartnerCalls, PartnerFailure};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

/// Calls are summed over this time, and forgotten after twice as much.
const WINDOW: Duration = Duration::hours(1);

mod health {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner_health")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub partner: String,
        pub last_success_at: Option<DateTimeUtc>,
        pub last_failure_at: Option<DateTimeUtc>,
        pub failure_class: Option<String>,
        pub failure: Option<String>,
        pub failures_in_a_row: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod minute {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner_minute")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub minute: DateTimeUtc,
        pub calls: i64,
        pub failures: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Calls of one partner that one worker counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerTally {
    pub partner: String,
    pub minutes: Vec<Minute>,
    /// The last success among these calls.
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_failure: Option<PartnerFailure>,
    /// After the last success among these calls, or all of them when there was none.
    pub failures_in_a_row: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning.
    pub at: DateTime<Utc>,
    /// Failures among them.
    pub calls: u32,
    pub failures: u32,
}

impl Store {
    /// Adds what a worker counted; all of it or nothing.
    pub async fn add_partner_calls(&self, tallies: &[PartnerTally]) -> Result<(), StoreError> {
        let write = self.write().await?;
        // In one order, so that two workers never wait for one another.
        let ordered: BTreeMap<&str, &PartnerTally> = tallies
            .iter()
            .map(|tally| (tally.partner.as_str(), tally))
            .collect();
        for tally in ordered.into_values() {
            add(&write.tx, tally).await?;
        }
        minute::Entity::delete_many()
            .filter(minute::Column::Minute.lt(column::now() - WINDOW * 2))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Every partner that was ever called, by its code, with the calls of the hour before `now`.
    pub async fn partner_calls(
        &self,
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<String, PartnerCalls>, StoreError> {
        let mut partners = health::Entity::find()
            .all(&self.db)
            .await?
            .into_iter()
            .map(read)
            .collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        let minutes = minute::Entity::find()
            .filter(minute::Column::Minute.gt(column::instant(now - WINDOW)))
            .order_by_asc(minute::Column::Minute)
            .all(&self.db)
            .await?;
        for row in minutes {
            let at = At {
                table: "partner_minute",
                key: &row.partner,
            };
            let (calls, failures): (u32, u32) = (
                at.number("calls", row.calls)?,
                at.number("failures", row.failures)?,
            );
            if let Some(partner) = partners.get_mut(&row.partner) {
                partner.calls_last_hour += calls;
                partner.failures_last_hour += failures;
            }
        }
        Ok(partners)
    }
}

async fn add(tx: &DatabaseTransaction, tally: &PartnerTally) -> Result<(), StoreError> {
    let PartnerTally {
        partner,
        minutes,
        last_success_at,
        last_failure,
        failures_in_a_row,
    } = tally;
    health::Entity::insert(health::ActiveModel {
        partner: Set(partner.clone()),
        failures_in_a_row: Set(0),
        ..Default::default()
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    let of_partner =
        || health::Entity::update_many().filter(health::Column::Partner.eq(partner.as_str()));
    let in_a_row = match last_success_at {
        Some(_) => Expr::val(i64::from(*failures_in_a_row)),
        None => Expr::col(health::Column::FailuresInARow).add(i64::from(*failures_in_a_row)),
    };
    of_partner()
        .col_expr(health::Column::FailuresInARow, in_a_row)
        .exec(tx)
        .await?;
    if let Some(at) = last_success_at.map(column::instant) {
        let column = health::Column::LastSuccessAt;
        of_partner()
            .col_expr(column, Expr::val(at))
            .filter(column.is_null().or(column.lt(at)))
            .exec(tx)
            .await?;
    }
    if let Some(PartnerFailure { at, class, text }) = last_failure {
        let at = column::instant(*at);
        let column = health::Column::LastFailureAt;
        of_partner()
            .col_expr(column, Expr::val(at))
            .col_expr(health::Column::FailureClass, Expr::val(class.to_string()))
            .col_expr(health::Column::Failure, Expr::val(column::text(text)))
            .filter(column.is_null().or(column.lt(at)))
            .exec(tx)
            .await?;
    }
    for Minute {
        at,
        calls,
        failures,
    } in minutes
    {
        let at = column::instant(*at);
        minute::Entity::insert(minute::ActiveModel {
            partner: Set(partner.clone()),
            minute: Set(at),
            calls: Set(0),
            failures: Set(0),
        })
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
        let more = |column: minute::Column, by: u32| Expr::col(column).add(i64::from(by));
        minute::Entity::update_many()
            .col_expr(minute::Column::Calls, more(minute::Column::Calls, *calls))
            .col_expr(
                minute::Column::Failures,
                more(minute::Column::Failures, *failures),
            )
            .filter(minute::Column::Partner.eq(partner.as_str()))
            .filter(minute::Column::Minute.eq(at))
            .exec(tx)
            .await?;
    }
    Ok(())
}

fn read(row: health::Model) -> Result<(String, PartnerCalls), StoreError> {
    let health::Model {
        partner,
        last_success_at,
        last_failure_at,
        failure_class,
        failure,
        failures_in_a_row,
    } = row;
    let at = At {
        table: "partner_health",
        key: &partner,
    };
    let last_failure = match (last_failure_at, failure_class) {
        (Some(failed_at), Some(class)) => Some(PartnerFailure {
            at: failed_at,
            class: at.parse("failure_class", &class)?,
            text: failure.unwrap_or_default(),
        }),
        _ => None,
    };
    let calls = PartnerCalls {
        last_success_at,
        last_failure,
        failures_in_a_row: at.number("failures_in_a_row", failures_in_a_row)?,
        calls_last_hour: 0,
        failures_last_hour: 0,
    };
    Ok((partner, calls))
}
