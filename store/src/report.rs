//! Figures over runs. The databases count; nothing here grows with the number of runs.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::money::Money;
use domain::report::{BOUGHT, beyond, paid};
use domain::task::{TaskKind, TaskState};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
    Statement, Value,
};

use crate::buyout::row as buyout;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::stage_visit::row as visit;

/// Reasons are typed by people: beyond so many different ones they are one number.
const REASONS_MAX: i64 = 200;
const OTHER_REASONS: &str = "другие причины";

/// Runs that started in the period, in one of the cities; no cities do not restrict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFilter {
    pub from: DateTime<Utc>,
    /// Not in the period any more.
    pub to: DateTime<Utc>,
    pub cities: Vec<String>,
}

/// How far runs came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// In the order that was asked for.
    pub reached: Vec<(Stage, u64)>,
    pub started: u64,
    pub bought: u64,
    /// To clients.
    pub paid: Money,
}

/// How long runs stayed: the middle one of them, and the one that nine of ten do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Durations {
    pub runs: u64,
    pub median_secs: u64,
    pub p90_secs: u64,
}

/// Runs that ended without a purchase in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    pub stage: Stage,
    pub runs: u64,
    /// The most frequent first. A run may have several.
    pub reasons: Vec<(String, u64)>,
}

/// Tasks of one kind against their deadlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLevel {
    pub kind: TaskKind,
    pub in_time: u64,
    pub late: u64,
    /// Open past the deadline.
    pub overdue: u64,
}

#[derive(FromQueryResult)]
struct DurationsRow {
    stage: String,
    runs: i64,
    median: i64,
    p90: i64,
}

#[derive(FromQueryResult)]
struct ReasonRow {
    stage: String,
    reason: String,
    count: i64,
}

#[derive(FromQueryResult)]
struct RefusalRow {
    stage: String,
    runs: i64,
    reasons: i64,
}

#[derive(FromQueryResult)]
struct LevelRow {
    kind: String,
    in_time: i64,
    late: i64,
    overdue: i64,
}

impl ReportFilter {
    fn condition(&self) -> Condition {
        let Self { from, to, cities } = self;
        Condition::all()
            .add(buyout::Column::StartedAt.gte(column::instant(*from)))
            .add(buyout::Column::StartedAt.lt(column::instant(*to)))
            .add_option((!cities.is_empty()).then(|| buyout::Column::City.is_in(cities)))
    }

    /// The same over `b`, with the values that `$1`, `$2`, … of the statement stand for.
    fn sql(&self) -> (String, Vec<Value>) {
        let Self { from, to, cities } = self;
        let mut values: Vec<Value> =
            vec![column::instant(*from).into(), column::instant(*to).into()];
        let mut sql = "b.started_at >= $1 AND b.started_at < $2".to_owned();
        if !cities.is_empty() {
            let places: Vec<String> = cities
                .iter()
                .map(|city| {
                    values.push(city.as_str().into());
                    format!("${}", values.len())
                })
                .collect();
            sql.push_str(&format!(" AND b.city IN ({})", places.join(", ")));
        }
        (sql, values)
    }
}

impl Store {
    /// How many runs reached each of the steps.
    pub async fn report_funnel(
        &self,
        filter: &ReportFilter,
        steps: &[Stage],
    ) -> Result<Funnel, StoreError> {
        let runs = || buyout::Entity::find().filter(filter.condition());
        let mut reached = Vec::with_capacity(steps.len());
        for step in steps {
            let count = runs()
                .filter(came_to(&beyond(*step)))
                .count(&self.db)
                .await?;
            reached.push((*step, count));
        }
        let bought = BOUGHT.iter().map(Stage::to_string);
        // Sums of big integers are decimals to PostgreSQL.
        let sum = Expr::col(buyout::Column::Price).sum().cast_as("bigint");
        let kopecks = runs()
            .filter(came_to(&paid()))
            .select_only()
            .column_as(sum, "kopecks")
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?
            .flatten();
        Ok(Funnel {
            reached,
            started: runs().count(&self.db).await?,
            bought: runs()
                .filter(buyout::Column::Stage.is_in(bought))
                .count(&self.db)
                .await?,
            paid: Money::from_kopecks(kopecks.unwrap_or_default()),
        })
    }

    /// How long runs stayed at each stage that they left, all their visits together, by the way's order.
    pub async fn report_stages(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<(Stage, Durations)>, StoreError> {
        let (condition, values) = filter.sql();
        let stays = format!(
            "SELECT v.stage AS stage, CAST(SUM(v.stayed_secs) AS BIGINT) AS secs
             FROM stage_visit v
             JOIN buyout b ON b.id = v.run AND b.started_at = v.run_started_at
             WHERE v.stayed_secs IS NOT NULL AND {condition}
             GROUP BY v.stage, v.run"
        );
        let mut stages = self.durations(&stays, values).await?;
        stages.sort_by_key(|(stage, _)| *stage);
        Ok(stages)
    }

    /// From start to end of the runs that ended with a purchase.
    pub async fn report_whole(&self, filter: &ReportFilter) -> Result<Durations, StoreError> {
        let (condition, values) = filter.sql();
        let bought: Vec<String> = BOUGHT.iter().map(|stage| format!("'{stage}'")).collect();
        let whole = format!(
            "SELECT '{}' AS stage, v.since_start_secs AS secs
             FROM stage_visit v
             JOIN buyout b ON b.id = v.run AND b.started_at = v.run_started_at
             WHERE v.stage IN ({}) AND {condition}",
            Stage::Done,
            bought.join(", ")
        );
        let found = self.durations(&whole, values).await?;
        Ok(found.first().map(|(_, whole)| *whole).unwrap_or_default())
    }

    /// Median and 90th percentile of `secs` for each `stage` of a query, by nearest rank: a value that
    /// occurred, the same on both databases.
    async fn durations(
        &self,
        query: &str,
        values: Vec<Value>,
    ) -> Result<Vec<(Stage, Durations)>, StoreError> {
        let sql = format!(
            "SELECT stage, runs,
                    MAX(CASE WHEN place = (runs * 50 + 99) / 100 THEN secs END) AS median,
                    MAX(CASE WHEN place = (runs * 90 + 99) / 100 THEN secs END) AS p90
             FROM (SELECT stage, secs,
                          ROW_NUMBER() OVER (PARTITION BY stage ORDER BY secs) AS place,
                          COUNT(*) OVER (PARTITION BY stage) AS runs
                   FROM ({query}) AS stays) AS ranked
             GROUP BY stage, runs"
        );
        let rows: Vec<DurationsRow> = self.rows(sql, values).await?;
        rows.into_iter()
            .map(|row| {
                let DurationsRow {
                    stage,
                    runs,
                    median,
                    p90,
                } = row;
                let at = At {
                    table: "stage_visit",
                    key: &stage,
                };
                let durations = Durations {
                    runs: at.number("runs", runs)?,
                    median_secs: at.number("stayed_secs", median)?,
                    p90_secs: at.number("stayed_secs", p90)?,
                };
                Ok((at.parse("stage", &stage)?, durations))
            })
            .collect()
    }

    /// Why runs ended without a purchase.
    pub async fn report_refusals(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<Refusals>, StoreError> {
        let (condition, values) = filter.sql();
        let from = format!(
            "FROM refusal r
             JOIN buyout b ON b.id = r.run AND b.started_at = r.run_started_at
             WHERE {condition}"
        );
        let sql = format!(
            "SELECT r.stage AS stage, COUNT(DISTINCT r.run) AS runs, COUNT(*) AS reasons
             {from} GROUP BY r.stage ORDER BY 2 DESC, 1"
        );
        let stages: Vec<RefusalRow> = self.rows(sql, values.clone()).await?;
        let sql = format!(
            "SELECT r.stage AS stage, r.reason AS reason, COUNT(*) AS count
             {from} GROUP BY r.stage, r.reason ORDER BY 3 DESC, 2 LIMIT {REASONS_MAX}"
        );
        let reasons: Vec<ReasonRow> = self.rows(sql, values).await?;
        stages
            .into_iter()
            .map(|row| {
                let RefusalRow {
                    stage,
                    runs,
                    reasons: all,
                } = row;
                let at = At {
                    table: "refusal",
                    key: &stage,
                };
                let mut named = Vec::new();
                let mut rest: u64 = at.number("reasons", all)?;
                for reason in reasons.iter().filter(|reason| reason.stage == stage) {
                    let count: u64 = at.number("count", reason.count)?;
                    rest = rest.saturating_sub(count);
                    named.push((reason.reason.clone(), count));
                }
                if rest > 0 {
                    named.push((OTHER_REASONS.to_owned(), rest));
                }
                Ok(Refusals {
                    stage: at.parse("stage", &stage)?,
                    runs: at.number("runs", runs)?,
                    reasons: named,
                })
            })
            .collect()
    }

    /// Tasks that people closed, and those still open past their deadline, by kind. What the process took
    /// back is nobody's merit or fault.
    pub async fn report_service_levels(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<ServiceLevel>, StoreError> {
        let (condition, mut values) = filter.sql();
        values.push(column::now().into());
        let now = values.len();
        let [done, expired, open, claimed] = [
            TaskState::Done,
            TaskState::Expired,
            TaskState::Open,
            TaskState::Claimed,
        ];
        let sql = format!(
            "SELECT kind, SUM(in_time) AS in_time, SUM(late) AS late, SUM(overdue) AS overdue
             FROM (SELECT t.kind AS kind,
                          CASE WHEN t.state = '{done}' AND t.closed_at <= t.due_at
                               THEN 1 ELSE 0 END AS in_time,
                          CASE WHEN t.state = '{expired}'
                                    OR t.state = '{done}' AND t.closed_at > t.due_at
                               THEN 1 ELSE 0 END AS late,
                          CASE WHEN t.state IN ('{open}', '{claimed}') AND t.due_at < ${now}
                               THEN 1 ELSE 0 END AS overdue
                   FROM task t
                   JOIN buyout b ON b.id = t.run AND b.started_at = t.run_started_at
                   WHERE {condition}) AS judged
             WHERE in_time + late + overdue > 0
             GROUP BY kind ORDER BY kind"
        );
        let rows: Vec<LevelRow> = self.rows(sql, values).await?;
        rows.into_iter()
            .map(|row| {
                let LevelRow {
                    kind,
                    in_time,
                    late,
                    overdue,
                } = row;
                let at = At {
                    table: "task",
                    key: &kind,
                };
                Ok(ServiceLevel {
                    in_time: at.number("in_time", in_time)?,
                    late: at.number("late", late)?,
                    overdue: at.number("overdue", overdue)?,
                    kind: at.parse("kind", &kind)?,
                })
            })
            .collect()
    }

    async fn rows<T: FromQueryResult>(
        &self,
        sql: String,
        values: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        Ok(T::find_by_statement(statement).all(&self.db).await?)
    }
}

/// The run is at one of the stages or was there.
fn came_to(stages: &[Stage]) -> Condition {
    let stages: Vec<String> = stages.iter().map(Stage::to_string).collect();
    let was = Query::select()
        .expr(Expr::val(1))
        .from(visit::Entity)
        .and_where(
            Expr::col((visit::Entity, visit::Column::Run))
                .equals((buyout::Entity, buyout::Column::Id)),
        )
        .and_where(
            Expr::col((visit::Entity, visit::Column::RunStartedAt))
                .equals((buyout::Entity, buyout::Column::StartedAt)),
        )
        .and_where(Expr::col((visit::Entity, visit::Column::Stage)).is_in(stages.iter()))
        .take();
    Condition::any()
        .add(buyout::Column::Stage.is_in(stages))
        .add(Expr::exists(was))
}
