//! Figures over runs.

use chrono::Duration;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::Buyout;
use domain::money::Money;
use domain::task::{TaskKind, TaskState};

use super::support::{add, at, buyout, deal, on_both, person, run, save, task};
use crate::Store;
use crate::report::{Durations, Refusals, ReportFilter, ServiceLevel};

/// The run enters the stage after so many seconds.
async fn enter(store: &Store, run: &mut Buyout, stage: Stage, after_secs: i64) {
    run.version += 1;
    run.stage = stage;
    run.stage_since += Duration::seconds(after_secs);
    save(store, run, &[]).await;
}

async fn end(
    store: &Store,
    run: &mut Buyout,
    outcome: BuyoutOutcome,
    manual: bool,
    after_secs: i64,
) {
    let stage = outcome.stage(manual);
    run.outcome = Some(outcome);
    run.ended_at = Some(run.stage_since + Duration::seconds(after_secs));
    enter(store, run, stage, after_secs).await;
}

fn filter() -> ReportFilter {
    ReportFilter {
        from: at(0),
        to: at(1_000),
        cities: Vec::new(),
    }
}

fn in_city(city: &str) -> ReportFilter {
    ReportFilter {
        cities: vec![city.to_owned()],
        ..filter()
    }
}

fn reached(funnel: &[(Stage, u64)], stage: Stage) -> u64 {
    funnel
        .iter()
        .find(|(step, _)| *step == stage)
        .map_or(99, |(_, count)| *count)
}

#[tokio::test]
async fn a_funnel_counts_how_far_runs_came() {
    on_both(async |base| {
        let store = &base.store;
        let none = store.report_funnel(&filter()).await.unwrap();
        assert_eq!(
            (none.started, none.bought, none.paid),
            (0, 0, Money::from_kopecks(0))
        );

        // Bought; bought with work left; paid and not yet taken in; declined after an offer; just begun in
        // another city; begun before the period.
        for (deal_id, manual) in [(1, false), (2, true)] {
            let mut one = buyout(deal_id);
            let price = Money::from_rubles(500_000_000);
            one.agreed_price = Some(price);
            save(store, &one, &[]).await;
            enter(store, &mut one, Stage::Inspection, 10).await;
            end(store, &mut one, BuyoutOutcome::Done { price }, manual, 10).await;
        }
        let mut paid = buyout(3);
        paid.agreed_price = Some(Money::from_rubles(100));
        enter(store, &mut paid, Stage::Intake, 5).await;
        let mut declined = buyout(4);
        declined.agreed_price = Some(Money::from_rubles(7));
        enter(store, &mut declined, Stage::Bargaining, 5).await;
        let reason = "мало".to_owned();
        end(
            store,
            &mut declined,
            BuyoutOutcome::DeclinedByClient { reason },
            false,
            5,
        )
        .await;
        let mut far = buyout(5);
        far.deal = Some(deal(5, "Псков"));
        save(store, &far, &[]).await;
        let mut early = buyout(6);
        early.started_at = at(-1);
        save(store, &early, &[]).await;

        let funnel = store.report_funnel(&filter()).await.unwrap();
        assert_eq!(funnel.reached.len(), 13);
        assert_eq!((funnel.started, funnel.bought), (5, 2));
        assert_eq!(funnel.paid, Money::from_rubles(1_000_000_100));
        let at_stage = |stage| reached(&funnel.reached, stage);
        assert_eq!(
            [
                Stage::New,
                Stage::Dispatching,
                Stage::Offer,
                Stage::Documents,
                Stage::Intake,
                Stage::Done
            ]
            .map(at_stage),
            [5, 4, 4, 3, 3, 2]
        );
        let far = store.report_funnel(&in_city("Псков")).await.unwrap();
        assert_eq!(
            (far.started, reached(&far.reached, Stage::Dispatching)),
            (1, 0)
        );
        let nowhere = store.report_funnel(&in_city("Орёл")).await.unwrap();
        assert_eq!(nowhere.started, 0);
    })
    .await;
}

#[tokio::test]
async fn stays_are_summed_by_run_and_ranked() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.report_stages(&filter()).await.unwrap(), []);
        assert_eq!(
            store.report_whole(&filter()).await.unwrap(),
            Durations::default()
        );
        // Inspections of 10, 20, … 100 seconds, the last in two visits; new for one second each.
        for number in 1..=10 {
            let mut one = buyout(number);
            save(store, &one, &[]).await;
            enter(store, &mut one, Stage::Inspection, 1).await;
            // A repeat and a version that comes late change nothing.
            save(store, &one, &[]).await;
            let secs = i64::try_from(number).unwrap() * 10;
            if number == 10 {
                enter(store, &mut one, Stage::Checking, 60).await;
                enter(store, &mut one, Stage::Inspection, 5).await;
                enter(store, &mut one, Stage::Checking, secs - 60).await;
            } else {
                enter(store, &mut one, Stage::Checking, secs).await;
            }
            if number % 2 == 0 {
                let price = Money::from_rubles(1);
                end(
                    store,
                    &mut one,
                    BuyoutOutcome::Done { price },
                    number == 2,
                    1_000,
                )
                .await;
            }
        }
        let stages = store.report_stages(&filter()).await.unwrap();
        assert_eq!(
            stages,
            [
                (
                    Stage::New,
                    Durations {
                        runs: 10,
                        median_secs: 1,
                        p90_secs: 1
                    }
                ),
                (
                    Stage::Inspection,
                    Durations {
                        runs: 10,
                        median_secs: 50,
                        p90_secs: 90
                    }
                ),
                // Five that ended, one of them with an earlier visit of five seconds.
                (
                    Stage::Checking,
                    Durations {
                        runs: 5,
                        median_secs: 1_000,
                        p90_secs: 1_005
                    }
                ),
            ]
        );
        assert_eq!(
            store.report_whole(&filter()).await.unwrap(),
            Durations {
                runs: 5,
                median_secs: 1_061,
                p90_secs: 1_106
            }
        );
        assert_eq!(store.report_stages(&in_city("Псков")).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn versions_in_any_order_give_the_same_stays() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(1);
        let first = one.clone();
        one.version = 2;
        one.stage = Stage::Dispatching;
        let second = one.clone();
        one.version = 3;
        one.stage = Stage::Inspection;
        one.stage_since += Duration::seconds(7);
        let third = one.clone();
        one.version = 4;
        one.stage = Stage::Checking;
        one.stage_since += Duration::seconds(30);
        for version in [&third, &one, &second, &first] {
            save(store, version, &[]).await;
        }
        let one_run = |secs| Durations {
            runs: 1,
            median_secs: secs,
            p90_secs: secs,
        };
        assert_eq!(
            store.report_stages(&filter()).await.unwrap(),
            [
                (Stage::New, one_run(0)),
                (Stage::Dispatching, one_run(7)),
                (Stage::Inspection, one_run(30)),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn refusals_are_grouped_by_way_and_reason() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.report_refusals(&filter()).await.unwrap(), []);
        let declined = |reason: &str| BuyoutOutcome::DeclinedByClient {
            reason: reason.to_owned(),
        };
        let legal = |reasons: &[&str]| BuyoutOutcome::RefusedLegal {
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        };
        let cancelled = BuyoutOutcome::Cancelled {
            reason: " ".to_owned(),
            by: Some(person("u-1")),
        };
        let outcomes = [
            declined("Мало."),
            declined("Мало"),
            declined("Продал  другим"),
            legal(&["залог", "арест"]),
            legal(&["залог"]),
            cancelled,
            BuyoutOutcome::NoShow,
            BuyoutOutcome::Done {
                price: Money::from_rubles(1),
            },
        ];
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let mut one = buyout(number as u64 + 1);
            // What was left to people does not hide the way.
            end(store, &mut one, outcome, number == 1, 5).await;
            save(store, &one, &[]).await;
        }
        let way = |stage, runs, reasons: &[(&str, u64)]| Refusals {
            stage,
            runs,
            reasons: reasons
                .iter()
                .map(|(text, count)| ((*text).to_owned(), *count))
                .collect(),
        };
        assert_eq!(
            store.report_refusals(&filter()).await.unwrap(),
            [
                way(
                    Stage::DeclinedByClient,
                    3,
                    &[("Мало", 2), ("Продал другим", 1)]
                ),
                way(Stage::RefusedLegal, 2, &[("залог", 2), ("арест", 1)]),
                way(Stage::Cancelled, 1, &[("без причины", 1)]),
                way(Stage::NoShow, 1, &[("Клиент не приехал на осмотр", 1)]),
            ]
        );
        assert_eq!(store.report_refusals(&in_city("Псков")).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn tasks_are_judged_by_their_deadlines() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.report_service_levels(&filter()).await.unwrap(), []);
        let mut one = buyout(1);
        // Due 1, 2, … minutes after the instant of the tests; those still open, as seen today.
        let future = chrono::Utc::now() + Duration::days(1);
        for (number, kind, state, closed_after) in [
            (1, TaskKind::Appraise, TaskState::Done, Some(60)),
            (2, TaskKind::Appraise, TaskState::Done, Some(121)),
            (3, TaskKind::Appraise, TaskState::Expired, Some(1)),
            (4, TaskKind::Appraise, TaskState::Cancelled, Some(1)),
            (5, TaskKind::Inspect, TaskState::Done, Some(3)),
            (6, TaskKind::Inspect, TaskState::Claimed, None),
            (7, TaskKind::Inspect, TaskState::Open, None),
            (8, TaskKind::Bargain, TaskState::Open, None),
        ] {
            let mut asked = task(&run(1), number, kind);
            asked.state = state;
            asked.closed_at = closed_after.map(at);
            if number == 6 {
                asked.due_at = chrono::Utc::now() - Duration::days(1);
            } else if closed_after.is_none() {
                asked.due_at = future;
            }
            add(&mut one, asked);
        }
        save(store, &one, &[]).await;
        assert_eq!(
            store.report_service_levels(&filter()).await.unwrap(),
            [
                ServiceLevel {
                    kind: TaskKind::Appraise,
                    in_time: 1,
                    late: 2,
                    overdue: 0
                },
                ServiceLevel {
                    kind: TaskKind::Inspect,
                    in_time: 1,
                    late: 0,
                    overdue: 1
                },
            ]
        );
        let elsewhere = store
            .report_service_levels(&in_city("Псков"))
            .await
            .unwrap();
        assert_eq!(elsewhere, []);
    })
    .await;
}
