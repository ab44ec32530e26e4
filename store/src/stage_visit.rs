//! When runs were at which stage: the facts that reports count.

use domain::buyout::state::Buyout;
use domain::report::refusal_reasons;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    TryInsertResult,
};

use crate::column;
use crate::error::StoreError;

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
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that the run is at its stage. May be repeated, and versions may come in any order.
pub(crate) async fn add(tx: &DatabaseTransaction, buyout: &Buyout) -> Result<(), StoreError> {
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
    add_refusal(tx, buyout).await?;
    // The stage before it ended when it began.
    let visits = row::Entity::find()
        .filter(row::Column::Run.eq(buyout.id.as_str()))
        .filter(row::Column::RunStartedAt.eq(run_started_at))
        .order_by_asc(row::Column::EnteredAt)
        .order_by_asc(row::Column::Version)
        .all(tx)
        .await?;
    for pair in visits.windows(2) {
        let [visit, next] = pair else { continue };
        if visit.left_at == Some(next.entered_at) {
            continue;
        }
        row::Entity::update(row::ActiveModel {
            run: Set(visit.run.clone()),
            run_started_at: Set(visit.run_started_at),
            entered_at: Set(visit.entered_at),
            stage: Set(visit.stage.clone()),
            left_at: Set(Some(next.entered_at)),
            stayed_secs: Set(Some((next.entered_at - visit.entered_at).num_seconds())),
            ..Default::default()
        })
        .exec(tx)
        .await?;
    }
    Ok(())
}

async fn add_refusal(tx: &DatabaseTransaction, buyout: &Buyout) -> Result<(), StoreError> {
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
