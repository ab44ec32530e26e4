//! Figures over runs. The databases count, each figure from one index, see `migration/m0011_speed`.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::money::Money;
use domain::report::{WAY, steps_reached};
use domain::task::{TaskKind, TaskState};
use sea_orm::{FromQueryResult, Statement, Value};
use strum::IntoEnumIterator;

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::stage_visit::BOUGHT_STAY;

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
struct StaysRow {
    stage: String,
    runs: i64,
}

#[derive(FromQueryResult)]
struct SecsRow {
    secs: i64,
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
    /// As a condition on the moment and the city of a run, with the values that `$1`, `$2`, … of the
    /// statement stand for. Every table that is counted has both, so that none is joined.
    fn sql(&self, started_at: &str) -> (String, Vec<Value>) {
        let Self { from, to, cities } = self;
        let mut values: Vec<Value> =
            vec![column::instant(*from).into(), column::instant(*to).into()];
        let mut sql = format!("{started_at} >= $1 AND {started_at} < $2");
        if !cities.is_empty() {
            let places: Vec<String> = cities
                .iter()
                .map(|city| {
                    values.push(city.as_str().into());
                    format!("${}", values.len())
                })
                .collect();
            sql.push_str(&format!(" AND city IN ({})", places.join(", ")));
        }
        (sql, values)
    }
}

impl Store {
    /// How many runs reached each step of [`WAY`]. One reading of an index, whatever their number.
    pub async fn report_funnel(&self, filter: &ReportFilter) -> Result<Funnel, StoreError> {
        let (condition, values) = filter.sql("started_at");
        let sql = format!(
            "SELECT steps, COUNT(*) AS runs, CAST(SUM(price) AS BIGINT) AS kopecks
             FROM buyout WHERE {condition} GROUP BY steps"
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
                table: "buyout",
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
        let mut stages = self.durations(filter).await?;
        stages.retain(|(stage, _)| *stage != BOUGHT_STAY);
        stages.sort_by_key(|(stage, _)| *stage);
        Ok(stages)
    }

    /// From start to end of the runs that ended with a purchase.
    pub async fn report_whole(&self, filter: &ReportFilter) -> Result<Durations, StoreError> {
        let (condition, values) = filter.sql("run_started_at");
        let sql = format!(
            "SELECT '{BOUGHT_STAY}' AS stage, COUNT(*) AS runs
             FROM stage_stay WHERE stage = '{BOUGHT_STAY}' AND {condition}"
        );
        let found: Vec<StaysRow> = self.rows(sql, values).await?;
        match found.into_iter().next() {
            Some(row) if row.runs > 0 => Ok(self.ranked(filter, row).await?.1),
            Some(_) | None => Ok(Durations::default()),
        }
    }

    async fn durations(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<(Stage, Durations)>, StoreError> {
        let (condition, values) = filter.sql("run_started_at");
        let sql = format!(
            "SELECT stage, COUNT(*) AS runs FROM stage_stay WHERE {condition} GROUP BY stage"
        );
        let counted: Vec<StaysRow> = self.rows(sql, values).await?;
        let mut stages = Vec::with_capacity(counted.len());
        for row in counted {
            stages.push(self.ranked(filter, row).await?);
        }
        Ok(stages)
    }

    /// Median and 90th percentile of the stays at a stage, by nearest rank: a value that occurred, the same
    /// on both databases. The index has them in order, so nothing is sorted.
    async fn ranked(
        &self,
        filter: &ReportFilter,
        row: StaysRow,
    ) -> Result<(Stage, Durations), StoreError> {
        let StaysRow { stage, runs } = row;
        let at = At {
            table: "stage_stay",
            key: &stage,
        };
        let parsed: Stage = at.parse("stage", &stage)?;
        let secs = async |percent: i64| {
            let (condition, mut values) = filter.sql("run_started_at");
            values.push(((runs * percent + 99) / 100 - 1).into());
            // The stage is one of ours: it parsed.
            let sql = format!(
                "SELECT secs FROM stage_stay WHERE stage = '{parsed}' AND {condition}
                 ORDER BY secs LIMIT 1 OFFSET ${}",
                values.len()
            );
            let found: Vec<SecsRow> = self.rows(sql, values).await?;
            // Runs may have gone on since they were counted: then the last answer stands at zero.
            at.number("secs", found.first().map_or(0, |row| row.secs))
        };
        let durations = Durations {
            runs: at.number("runs", runs)?,
            median_secs: secs(50).await?,
            p90_secs: secs(90).await?,
        };
        Ok((parsed, durations))
    }

    /// Why runs ended without a purchase.
    pub async fn report_refusals(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<Refusals>, StoreError> {
        let (condition, values) = filter.sql("run_started_at");
        // The reasons of a run are numbered from one.
        let sql = format!(
            "SELECT stage, CAST(SUM(CASE WHEN number = 1 THEN 1 ELSE 0 END) AS BIGINT) AS runs,
                    COUNT(*) AS reasons
             FROM refusal WHERE {condition} GROUP BY stage ORDER BY 2 DESC, 1"
        );
        let stages: Vec<RefusalRow> = self.rows(sql, values.clone()).await?;
        let sql = format!(
            "SELECT stage, reason, COUNT(*) AS count
             FROM refusal WHERE {condition}
             GROUP BY stage, reason ORDER BY 3 DESC, 2 LIMIT {REASONS_MAX}"
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
    /// back is nobody's merit or fault. A task that was asked before the city was known is of no city.
    pub async fn report_service_levels(
        &self,
        filter: &ReportFilter,
    ) -> Result<Vec<ServiceLevel>, StoreError> {
        let (condition, mut values) = filter.sql("run_started_at");
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
             FROM (SELECT kind,
                          CASE WHEN state = '{done}' AND closed_at <= due_at
                               THEN 1 ELSE 0 END AS in_time,
                          CASE WHEN state = '{expired}' OR state = '{done}' AND closed_at > due_at
                               THEN 1 ELSE 0 END AS late,
                          CASE WHEN state IN ('{open}', '{claimed}') AND due_at < ${now}
                               THEN 1 ELSE 0 END AS overdue
                   FROM task WHERE {condition}) AS judged
             GROUP BY kind HAVING SUM(in_time + late + overdue) > 0 ORDER BY kind"
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
pub(crate) fn steps_of(column: &str) -> String {
    let cases: Vec<String> = Stage::iter()
        .map(|stage| format!("WHEN '{stage}' THEN {}", steps_reached(stage)))
        .collect();
    format!("CASE {column} {} ELSE 0 END", cases.join(" "))
}
