//! A page of 50 among 100 000 buyouts, as the staff UI asks for it: through the gateway, with token, role, masks and
//! the record of what was looked for. On both databases.

use std::time::Instant;

use anyhow::Context;
use domain::buyout::start::BuyoutStart;
use domain::buyout::state::Buyout;
use domain::staff::Role;
use domain::task::TaskKind;
use proto::kite::buyout::v1::ListBuyoutsRequest;
use proto::kite::common::v1::PageRequest;
use store::testing::fill::{CITIES, Size, analyzed, filled};
use store::testing::postgres;
use store::{Store, StoreConfig};
use tempfile::TempDir;

use crate::figures::{median, millis, quantile};
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "lists";
const GOAL: f64 = 20.0;

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let runs = if quick { 5_000 } else { 100_000 };
    let folder = TempDir::with_prefix("kite-bench-lists")?;
    let file = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("kite.db").display()
    );
    on(table, "SQLite", file, runs, quick).await?;
    let url = tokio::task::spawn_blocking(postgres)
        .await?
        .database()
        .await;
    on(table, "PostgreSQL", url, runs, quick).await
}

async fn on(
    table: &mut Table,
    database: &str,
    url: String,
    runs: u32,
    quick: bool,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let store = Store::connect(&StoreConfig {
        url: url.clone(),
        max_connections: 4,
    })
    .await?;
    let (run, task) = documents()?;
    filled(&store, &Size::of(runs, run, task)).await;
    store.migrate().await?;
    analyzed(&store).await;
    store.close().await?;
    let took = began.elapsed();
    println!("{database}: {runs} runs in {:.0} s", took.as_secs_f64());
    let world = World::start(Options {
        store_url: Some(url),
        worker: false,
    })
    .await?;
    let head = world.sign_in("head").await?;
    let mut worst: Option<(f64, f64, &str)> = None;
    for (name, request) in requests() {
        let mut all = Vec::new();
        for number in 0..if quick { 20 } else { 150 } {
            let began = Instant::now();
            let answer = head.buyouts().list_buyouts(request.clone()).await?;
            // The first one reads what no cache has.
            if number > 0 {
                all.push(began.elapsed());
            }
            let found = answer.into_inner().buyouts.len();
            anyhow::ensure!(found == 50, "{name} on {database}: {found} rows");
        }
        let all = millis(&all);
        let (p50, p99) = (median(&all), quantile(&all, 0.99));
        println!("{database}, {name}: p50 {p50:.1} ms, p99 {p99:.1} ms");
        if worst.is_none_or(|(_, worst, _)| p99 > worst) {
            worst = Some((p50, p99, name));
        }
    }
    world.stop().await?;
    let (p50, p99, name) = worst.context("no request was measured")?;
    table.add(Line {
        row: ROW,
        what: format!("50 of {runs} on {database}, p99 of the slowest filter ({name})"),
        ours: format!("{p99:.1} ms (p50 {p50:.1})"),
        reference: String::new(),
        ratio: String::new(),
        goal: format!("<= {GOAL} ms"),
        met: Some(p99 <= GOAL),
    });
    Ok(())
}

/// What screens ask for.
fn requests() -> Vec<(&'static str, ListBuyoutsRequest)> {
    let of = || ListBuyoutsRequest {
        page: Some(PageRequest {
            size: 50,
            cursor: String::new(),
        }),
        ..ListBuyoutsRequest::default()
    };
    let due = || ListBuyoutsRequest {
        active: Some(true),
        order: "DEADLINE".to_owned(),
        ascending: true,
        ..of()
    };
    vec![
        ("all, newest first", of()),
        ("open, by deadline", due()),
        (
            "open of a city, by deadline",
            ListBuyoutsRequest {
                city: CITIES[3].to_owned(),
                ..due()
            },
        ),
        (
            "open and overdue, by deadline",
            ListBuyoutsRequest {
                overdue: true,
                ..due()
            },
        ),
        (
            "beginning of a VIN",
            ListBuyoutsRequest {
                text: "XTA210990Y1004".to_owned(),
                ..of()
            },
        ),
        (
            "ended, newest first",
            ListBuyoutsRequest {
                active: Some(false),
                ..of()
            },
        ),
        (
            "two stages",
            ListBuyoutsRequest {
                stages: vec!["APPRAISAL".to_owned(), "OFFER".to_owned()],
                ..of()
            },
        ),
        (
            "in trouble",
            ListBuyoutsRequest {
                troubled: true,
                ..of()
            },
        ),
    ]
}

/// The document of every run and of every task.
fn documents() -> anyhow::Result<(Buyout, domain::task::HumanTask)> {
    let start = BuyoutStart {
        portal: "portal".to_owned(),
        deal_id: 1,
        robot: None,
        started_by: None,
    };
    let now = chrono::Utc::now();
    let mut run = Buyout::new(&start, now);
    run.policy = Some(stack::seed::policy());
    let id = run.put_task(
        domain::buyout::tasks::NewTask {
            kind: TaskKind::Appraise,
            details: "Оценить автомобиль.".to_owned(),
            due_secs: 1_800,
            wall_clock: false,
            assignee: None,
            waits_for: None,
        },
        now,
    );
    let id = id.id.clone();
    let task = run.tasks.remove(&id).context("no task")?;
    anyhow::ensure!(task.role == Role::Appraiser, "the task is {}'s", task.role);
    Ok((run, task))
}
