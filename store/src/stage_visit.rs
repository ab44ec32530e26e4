//! When runs were at which stage: the facts that reports count, and what reports read of them at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::state::Buyout;
use domain::report::{BOUGHT, refusal_reasons, steps_reached};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    TryInsertResult,
};

use crate::buyout::{self, city};
use crate::column::{self, At};
use crate::error::StoreError;

/// Under which stage the whole way to a purchase stands among the stays: nobody stays where a run ends.
pub(crate) const BOUGHT_STAY: Stage = Stage::Done;

/// Reasons are typed by people; a report groups them by their beginnings.
const REASON_MAX_CHARS: usize = 200;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "stage_visit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        /// Tells executions of the same run apart.
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_started_at: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entered_at: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub stage: String,
        /// Of the run, tells stages apart that were entered at one instant.
        pub version: i64,
        /// `None` while the run stays there.
        pub left_at: Option<DateTimeUtc>,
        pub stayed_secs: Option<i64>,
        /// From the run's start to entering.
        pub since_start_secs: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod refusal_row {
    use sea_orm::entity::prelude::*;

    /// Why a run ended without a purchase, one row a reason.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refusal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_started_at: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub stage: String,
        pub reason: String,
        pub city: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod stay_row {
    use sea_orm::entity::prelude::*;

    /// All visits of a run to one stage together, for runs as they are now: a former execution has none.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "stage_stay")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_started_at: DateTimeUtc,
        #[sea_orm(primary_key, auto_increment = false)]
        pub stage: String,
        /// As it was known at the last change of the stage.
        pub city: Option<String>,
        pub secs: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that the run is at its stage. May be repeated, and versions may come in any order. `present` is
/// the newest version of the run that is known, whichever execution of it; `steps`: what stands in its row, as far as
/// that is known.
pub(crate) async fn add(
    tx: &DatabaseTransaction,
    buyout: &Buyout,
    present: &Buyout,
    steps: Option<i64>,
) -> Result<(), StoreError> {
    let run_started_at = column::instant(buyout.started_at);
    let entered_at = column::instant(buyout.stage_since);
    let visit = row::ActiveModel {
        run: Set(buyout.id.0.clone()),
        run_started_at: Set(run_started_at),
        entered_at: Set(entered_at),
        stage: Set(buyout.stage.to_string()),
        version: Set(column::number("version", buyout.version)?),
        left_at: Set(None),
        stayed_secs: Set(None),
        since_start_secs: Set((entered_at - run_started_at).num_seconds()),
    };
    let inserted = row::Entity::insert(visit)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(());
    }
    // The stage before it ended when it began.
    let mut visits = row::Entity::find()
        .filter(row::Column::Run.eq(buyout.id.as_str()))
        .filter(row::Column::RunStartedAt.eq(run_started_at))
        .order_by_asc(row::Column::EnteredAt)
        .order_by_asc(row::Column::Version)
        .all(tx)
        .await?;
    let left: Vec<DateTime<Utc>> = visits.iter().skip(1).map(|next| next.entered_at).collect();
    for (visit, left_at) in visits.iter_mut().zip(left) {
        if visit.left_at == Some(left_at) {
            continue;
        }
        visit.left_at = Some(left_at);
        visit.stayed_secs = Some((left_at - visit.entered_at).num_seconds());
        row::Entity::update(row::ActiveModel {
            run: Set(visit.run.clone()),
            run_started_at: Set(visit.run_started_at),
            entered_at: Set(visit.entered_at),
            stage: Set(visit.stage.clone()),
            left_at: Set(visit.left_at),
            stayed_secs: Set(visit.stayed_secs),
            ..Default::default()
        })
        .exec(tx)
        .await?;
    }
    // Reports count runs as they are now.
    if column::instant(present.started_at) != run_started_at {
        return Ok(());
    }
    let city = city(present).map(column::text);
    save_stays(tx, &visits, run_started_at, city.clone()).await?;
    save_steps(tx, &visits, present, steps).await?;
    add_refusal(tx, buyout, city).await
}

/// Brings what reports read of the run up to date; with its first visit what they read of its former executions goes.
async fn save_stays(
    tx: &DatabaseTransaction,
    visits: &[row::Model],
    run_started_at: DateTime<Utc>,
    city: Option<String>,
) -> Result<(), StoreError> {
    let Some(run) = visits.first().map(|visit| visit.run.clone()) else {
        return Ok(());
    };
    let mut stays: BTreeMap<Stage, i64> = BTreeMap::new();
    for visit in visits {
        let at = At {
            table: "stage_visit",
            key: &visit.run,
        };
        let stage: Stage = at.parse("stage", &visit.stage)?;
        if BOUGHT.contains(&stage) {
            stays.insert(BOUGHT_STAY, visit.since_start_secs);
        } else if let Some(secs) = visit.stayed_secs {
            *stays.entry(stage).or_default() += secs;
        }
    }
    if visits.len() == 1 {
        stay_row::Entity::delete_many()
            .filter(stay_row::Column::Run.eq(&run))
            .filter(stay_row::Column::RunStartedAt.lt(run_started_at))
            .exec(tx)
            .await?;
        refusal_row::Entity::delete_many()
            .filter(refusal_row::Column::Run.eq(&run))
            .filter(refusal_row::Column::RunStartedAt.lt(run_started_at))
            .exec(tx)
            .await?;
    }
    if stays.is_empty() {
        return Ok(());
    }
    let rows = stays
        .into_iter()
        .map(|(stage, secs)| stay_row::ActiveModel {
            run: Set(run.clone()),
            run_started_at: Set(run_started_at),
            stage: Set(stage.to_string()),
            city: Set(city.clone()),
            secs: Set(secs),
        });
    let of_the_stage = OnConflict::columns([
        stay_row::Column::Run,
        stay_row::Column::RunStartedAt,
        stay_row::Column::Stage,
    ])
    .update_columns([stay_row::Column::City, stay_row::Column::Secs])
    .to_owned();
    stay_row::Entity::insert_many(rows)
        .on_conflict(of_the_stage)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// How far the run came: where it is counts beside where it was, since runs older than the visits have none.
async fn save_steps(
    tx: &DatabaseTransaction,
    visits: &[row::Model],
    present: &Buyout,
    there: Option<i64>,
) -> Result<(), StoreError> {
    let was = visits
        .iter()
        .filter_map(|visit| visit.stage.parse::<Stage>().ok());
    let steps = was
        .chain([present.stage])
        .map(steps_reached)
        .max()
        .unwrap_or_default();
    let steps = column::number("steps", steps as u64)?;
    if there == Some(steps) {
        return Ok(());
    }
    buyout::row::Entity::update_many()
        .col_expr(buyout::row::Column::Steps, Expr::val(steps))
        .filter(buyout::row::Column::Id.eq(present.id.as_str()))
        .filter(Expr::col(buyout::row::Column::Steps).ne(steps))
        .exec(tx)
        .await?;
    Ok(())
}

async fn add_refusal(
    tx: &DatabaseTransaction,
    buyout: &Buyout,
    city: Option<String>,
) -> Result<(), StoreError> {
    let Some(outcome) = buyout.outcome.as_ref().filter(|_| buyout.stage.is_final()) else {
        return Ok(());
    };
    // What was left to people does not hide how it ended.
    let stage = outcome.stage(false).to_string();
    let rows = refusal_reasons(outcome)
        .into_iter()
        .zip(1..)
        .map(|(reason, number)| refusal_row::ActiveModel {
            run: Set(buyout.id.0.clone()),
            run_started_at: Set(column::instant(buyout.started_at)),
            number: Set(number),
            stage: Set(stage.clone()),
            reason: Set(line(&reason)),
            city: Set(city.clone()),
        });
    refusal_row::Entity::insert_many(rows)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// One line without a full stop, so that the same reason groups however it was typed.
fn line(reason: &str) -> String {
    let words: Vec<&str> = reason.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(REASON_MAX_CHARS).collect();
    let line = line.trim_end_matches('.').trim_end();
    if line.is_empty() {
        "без причины".to_owned()
    } else {
        column::text(line)
    }
}
