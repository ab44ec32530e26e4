//! How quick lists, counts and reports are over 100 000 runs. Takes minutes and gigabytes, so it is asked for
//! by name: `cargo test -p store speed -- --ignored --nocapture`.
//!
//! The rows are made by the databases themselves as the version before this schema left them, so that the
//! migration is tried on them too. `KITE_SPEED_RUNS` makes fewer of them.

use std::time::{Duration, Instant};

use chrono::Utc;
use domain::buyout::stage::Stage;
use domain::staff::{PersonId, Role};
use domain::task::{TaskKind, TaskState};
use tempfile::TempDir;

use super::support::{buyout, open, run, sqlite_url, task};
use crate::report::ReportFilter;
use crate::testing::fill::{CITIES, Size, analyzed, filled};
use crate::testing::postgres;
use crate::{BuyoutFilter, BuyoutOrder, BuyoutSort, Page, Store, TaskFilter, TaskOrder};

const ROUNDS: usize = 25;
const LIST: Duration = Duration::from_millis(20);
const COUNT: Duration = Duration::from_millis(50);
const REPORT: Duration = Duration::from_millis(500);

/// What was measured, and how long it may take.
struct Measured {
    what: String,
    slowest: Duration,
    middle: Duration,
    goal: Duration,
}

async fn measure<T>(
    measured: &mut Vec<Measured>,
    goal: Duration,
    what: &str,
    call: impl AsyncFn() -> T,
) {
    call().await;
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        call().await;
        took.push(began.elapsed());
    }
    took.sort();
    measured.push(Measured {
        what: what.to_owned(),
        slowest: took[ROUNDS - 1],
        middle: took[ROUNDS / 2],
        goal,
    });
}

#[tokio::test]
#[ignore = "makes gigabytes of rows; run it when a query or an index changes"]
async fn lists_counts_and_reports_are_quick_over_many_runs() {
    let dir = TempDir::new().unwrap();
    let mut slow = Vec::new();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let store = open(&url).await;
        let began = Instant::now();
        filled(&store, &size(asked())).await;
        eprintln!("{url}: filled in {:?}", began.elapsed());
        let began = Instant::now();
        store.migrate().await.unwrap();
        eprintln!("migrated in {:?}", began.elapsed());
        analyzed(&store).await;
        for Measured {
            what,
            slowest,
            middle,
            goal,
        } in all(&store).await
        {
            eprintln!("{middle:>10.1?} {slowest:>10.1?}  of {goal:>6.0?}  {what}");
            if slowest > goal {
                slow.push(format!("{what}: {slowest:?} of {goal:?} on {url}"));
            }
        }
        store.close().await.unwrap();
    }
    assert!(slow.is_empty(), "slower than meant:\n{}", slow.join("\n"));
}

/// Half of the runs that ended were bought.
#[tokio::test]
async fn rows_of_the_former_version_are_found_and_counted_after_the_migration() {
    let dir = TempDir::new().unwrap();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let store = open(&url).await;
        filled(&store, &size(1_200)).await;
        store.migrate().await.unwrap();
        let sort = BuyoutSort::default();
        let mut page = Page::default();
        for _ in 0..2 {
            let found = store
                .list_buyouts(&BuyoutFilter::default(), sort, &page)
                .await;
            let found = found.unwrap();
            assert_eq!((found.rows.len(), found.total), (50, 1_000), "{url}");
            assert!(found.more_than_total, "{url}");
            page.cursor = found.next_cursor;
        }
        let active = BuyoutFilter {
            active: Some(true),
            ..BuyoutFilter::default()
        };
        let found = store
            .list_buyouts(&active, sort, &Page::default())
            .await
            .unwrap();
        assert_eq!((found.total, found.more_than_total), (240, false), "{url}");

        let open = |roles: &[Role]| TaskFilter {
            roles: roles.to_vec(),
            person: Some(PersonId::new("nobody")),
            states: vec![TaskState::Open, TaskState::Claimed],
            ..TaskFilter::default()
        };
        for (roles, expected) in [
            (&[Role::Appraiser][..], 48),
            (&[Role::BuyoutHead][..], 24),
            (&[Role::Accountant][..], 0),
            // No role asked for: every task.
            (&[][..], 240),
        ] {
            let found = store
                .list_tasks(&open(roles), TaskOrder::Deadline, &Page::default())
                .await
                .unwrap();
            assert_eq!(found.total, expected, "{roles:?} on {url}");
            let counted: u64 = store
                .count_tasks(&open(roles))
                .await
                .unwrap()
                .values()
                .map(|of| of.all)
                .sum();
            assert_eq!(counted, expected, "{roles:?} on {url}");
        }

        let now = Utc::now();
        let all = ReportFilter {
            from: now - chrono::Duration::days(400),
            to: now,
            cities: Vec::new(),
        };
        let funnel = store.report_funnel(&all).await.unwrap();
        assert_eq!((funnel.started, funnel.bought), (1_200, 480), "{url}");
        let signing = funnel
            .reached
            .iter()
            .find(|(stage, _)| *stage == Stage::Signing);
        // All that ended, and of those that go on the two stages from there.
        let beyond = (961..=1_200).filter(|i| [4, 5].contains(&(i % 7))).count() as u64;
        assert_eq!(signing.unwrap().1, 960 + beyond, "{url}");
        assert_eq!(store.report_whole(&all).await.unwrap().runs, 480, "{url}");
        let stages = store.report_stages(&all).await.unwrap();
        assert_eq!(stages.len(), 8, "{url}");
        assert!(stages.iter().all(|(_, stays)| stays.runs == 960), "{url}");
        let refused: u64 = store
            .report_refusals(&all)
            .await
            .unwrap()
            .iter()
            .map(|way| way.runs)
            .sum();
        assert_eq!(refused, 480, "{url}");
        let city = ReportFilter {
            cities: vec![CITIES[1].to_owned()],
            ..all
        };
        assert_eq!(
            store.report_funnel(&city).await.unwrap().started,
            200,
            "{url}"
        );
        assert_eq!(
            store.report_whole(&city).await.unwrap().runs,
            0,
            "declined there, all of them"
        );
        let judged = store.report_service_levels(&city).await.unwrap();
        assert_eq!(judged.len(), 5, "{url}");
        store.close().await.unwrap();
    }
}

fn size(runs: u32) -> Size {
    Size::of(runs, buyout(1), task(&run(1), 1, TaskKind::Appraise))
}

fn asked() -> u32 {
    let runs = std::env::var("KITE_SPEED_RUNS").ok();
    runs.and_then(|runs| runs.parse().ok()).unwrap_or(100_000)
}

async fn all(store: &Store) -> Vec<Measured> {
    let mut measured = Vec::new();
    runs(store, &mut measured).await;
    tasks(store, &mut measured).await;
    reports(store, &mut measured).await;
    measured
}

async fn runs(store: &Store, measured: &mut Vec<Measured>) {
    let all = BuyoutFilter::default();
    let active = BuyoutFilter {
        active: Some(true),
        ..BuyoutFilter::default()
    };
    let city = BuyoutFilter {
        cities: vec![CITIES[3].to_owned()],
        ..active.clone()
    };
    let troubled = BuyoutFilter {
        troubled: true,
        ..BuyoutFilter::default()
    };
    let overdue = BuyoutFilter {
        overdue: true,
        ..BuyoutFilter::default()
    };
    let inspector = BuyoutFilter {
        given_to: vec![PersonId::new("u-7")],
        ..BuyoutFilter::default()
    };
    let stages = BuyoutFilter {
        stages: vec![Stage::Appraisal, Stage::Offer],
        ..BuyoutFilter::default()
    };
    let period = BuyoutFilter {
        started_from: Some(Utc::now() - chrono::Duration::days(90)),
        ..BuyoutFilter::default()
    };
    for (name, filter) in [
        ("all", &all),
        ("active", &active),
        ("active, a city", &city),
        ("troubled", &troubled),
        ("overdue", &overdue),
        ("an inspector's", &inspector),
        ("two stages", &stages),
        ("a quarter", &period),
    ] {
        for order in [BuyoutOrder::Started, BuyoutOrder::Deadline] {
            let sort = BuyoutSort {
                order,
                ascending: order == BuyoutOrder::Deadline,
            };
            let what = format!("runs: {name}, by {order}");
            measure(measured, LIST, &what, async || {
                store
                    .list_buyouts(filter, sort, &Page::default())
                    .await
                    .unwrap()
            })
            .await;
        }
        measure(
            measured,
            COUNT,
            &format!("runs counted: {name}"),
            async || store.count_buyouts(filter).await.unwrap(),
        )
        .await;
    }
    measure(measured, LIST, "cities", async || {
        store.cities().await.unwrap()
    })
    .await;
}

async fn tasks(store: &Store, measured: &mut Vec<Measured>) {
    let of = |person: &str, roles: &[Role], cities: &[&str]| TaskFilter {
        roles: roles.to_vec(),
        cities: cities.iter().map(|city| (*city).to_owned()).collect(),
        person: Some(PersonId::new(person)),
        states: vec![TaskState::Open, TaskState::Claimed],
        ..TaskFilter::default()
    };
    let appraiser = of("u-5", &[Role::Appraiser], &CITIES[..2]);
    let head = of("u-head", &[], &[]);
    let accountant = of("u-acc", &[Role::Accountant], &[]);
    let mine = TaskFilter {
        mine: true,
        ..appraiser.clone()
    };
    let late = TaskFilter {
        overdue: true,
        kind: Some(TaskKind::Appraise),
        ..head.clone()
    };
    for (name, filter) in [
        ("an appraiser's", &appraiser),
        ("the head's", &head),
        ("an accountant's", &accountant),
        ("mine", &mine),
        ("late appraisals", &late),
    ] {
        measure(measured, LIST, &format!("open tasks: {name}"), async || {
            store
                .list_tasks(filter, TaskOrder::Deadline, &Page::default())
                .await
                .unwrap()
        })
        .await;
        measure(
            measured,
            COUNT,
            &format!("open tasks counted: {name}"),
            async || store.count_tasks(filter).await.unwrap(),
        )
        .await;
        let closed = TaskFilter {
            states: vec![TaskState::Done, TaskState::Cancelled, TaskState::Expired],
            overdue: false,
            ..filter.clone()
        };
        measure(
            measured,
            LIST,
            &format!("closed tasks: {name}"),
            async || {
                store
                    .list_tasks(&closed, TaskOrder::Closed, &Page::default())
                    .await
                    .unwrap()
            },
        )
        .await;
    }
}

async fn reports(store: &Store, measured: &mut Vec<Measured>) {
    let now = Utc::now();
    let year = ReportFilter {
        from: now - chrono::Duration::days(366),
        to: now,
        cities: Vec::new(),
    };
    let month_of_a_city = ReportFilter {
        from: now - chrono::Duration::days(30),
        to: now,
        cities: vec![CITIES[1].to_owned()],
    };
    for (name, filter) in [("a year", &year), ("a month of a city", &month_of_a_city)] {
        measure(measured, REPORT, &format!("funnel of {name}"), async || {
            store.report_funnel(filter).await.unwrap()
        })
        .await;
        measure(measured, REPORT, &format!("stages of {name}"), async || {
            (
                store.report_stages(filter).await.unwrap(),
                store.report_whole(filter).await.unwrap(),
            )
        })
        .await;
        measure(
            measured,
            REPORT,
            &format!("refusals of {name}"),
            async || store.report_refusals(filter).await.unwrap(),
        )
        .await;
        measure(
            measured,
            REPORT,
            &format!("service levels of {name}"),
            async || store.report_service_levels(filter).await.unwrap(),
        )
        .await;
    }
}
