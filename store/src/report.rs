//! Figures over runs. The databases count; nothing here grows with the number of runs.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::money::Money;
use domain::report::{BOUGHT, WAY, steps_reached};
use domain::task::{TaskKind, TaskState};
use sea_orm::{FromQueryResult, Statement, Value};
use strum::IntoEnumIterator;

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

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
    /// For each step of [`WAY`].
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
struct WayRow {
    steps: i64,
    runs: i64,
    kopecks: Option<i64>,
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
    /// As a condition on `b`, with the values that `$1`, `$2`, … of the statement stand for.
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
    /// How many runs reached each step of [`WAY`]. One reading of the runs, whatever their number.
    pub async fn report_funnel(&self, filter: &ReportFilter) -> Result<Funnel, StoreError> {
        let (condition, values) = filter.sql();
        // Where the run is counts beside where it was: runs older than the visits have none.
        let sql = format!(
            "SELECT CAST(steps AS BIGINT) AS steps, COUNT(*) AS runs, CAST(SUM(price) AS BIGINT) AS kopecks
             FROM (SELECT price, CASE WHEN was > now_at THEN was ELSE now_at END AS steps
                   FROM (SELECT b.price AS price, {} AS now_at,
                                COALESCE((SELECT MAX({}) FROM stage_visit v
                                          WHERE v.run = b.id AND v.run_started_at = b.started_at),
                                         0) AS was
                         FROM buyout b WHERE {condition}) AS places) AS ways
             GROUP BY steps",
            steps_of("b.stage"),
            steps_of("v.stage"),
        );
        let rows: Vec<WayRow> = self.rows(sql, values).await?;
        let mut funnel = Funnel {
            reached: WAY.map(|step| (step, 0)).to_vec(),
            started: 0,
            bought: 0,
            paid: Money::from_kopecks(0),
        };
        let mut kopecks = 0;
        for row in rows {
            let at = At {
                table: "stage_visit",
                key: "steps",
            };
            let steps: usize = at.number("steps", row.steps)?;
            let runs: u64 = at.number("runs", row.runs)?;
            funnel.started += runs;
            for (_, reached) in funnel.reached.iter_mut().take(steps) {
                *reached += runs;
            }
            if steps == steps_reached(Stage::Done) {
                funnel.bought += runs;
            }
            if steps >= steps_reached(Stage::PaymentConfirm) {
                kopecks += row.kopecks.unwrap_or_default();
            }
        }
        funnel.paid = Money::from_kopecks(kopecks);
        Ok(funnel)
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

/// How many steps of the way a stage stands for, in SQL.
fn steps_of(column: &str) -> String {
    let cases: Vec<String> = Stage::iter()
        .map(|stage| format!("WHEN '{stage}' THEN {}", steps_reached(stage)))
        .collect();
    format!("CASE {column} {} ELSE 0 END", cases.join(" "))
}
