//! Orders, filters and counts of the list of runs, and what is told of troubles.

use std::collections::BTreeSet;

use domain::buyout::stage::Stage;
use domain::buyout::state::{Buyout, EventKind, ProcessEvent};
use domain::staff::PersonId;
use domain::task::{TaskKind, TaskState};
use domain::vin::CarIdentifier;

use super::support::{
    Base, add, at, buyout, deal, event, given_to, on_both, open, policy, run, save, task,
};
use crate::{BuyoutFilter, BuyoutOrder, BuyoutRow, BuyoutSort, Page, StageCount, Store};

const ORDERS: [BuyoutOrder; 3] = [
    BuyoutOrder::Started,
    BuyoutOrder::Deadline,
    BuyoutOrder::StageSince,
];

/// Runs whose three orders differ, with equal instants in each, some ended and some without a deadline.
fn mixed(deal_id: u64) -> Buyout {
    let n = i64::try_from(deal_id).expect("a small number");
    let mut one = buyout(deal_id);
    one.started_at = at(n / 4);
    one.stage_since = at(100 - n / 3);
    one.stage = Stage::Offer;
    if n % 5 == 0 {
        one.stage = Stage::Done;
        one.ended_at = Some(at(200));
    } else if n % 2 == 0 {
        let mut offer = task(&run(deal_id), 1, TaskKind::OfferToClient);
        offer.due_at = at((n * 7) % 11);
        add(&mut one, offer);
    }
    one
}

fn key(sort: BuyoutSort, row: &BuyoutRow) -> (i64, String) {
    let at = match sort.order {
        BuyoutOrder::Started => row.started_at,
        BuyoutOrder::Deadline => row
            .deadline
            .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC),
        BuyoutOrder::StageSince => row.stage_since,
    };
    (at.timestamp_micros(), row.id.0.clone())
}

#[tokio::test]
async fn every_order_leads_through_all_runs_once_while_rows_change() {
    on_both(async |base| {
        let store = &base.store;
        for active in [None, Some(true)] {
            for order in ORDERS {
                for ascending in [false, true] {
                    for deal_id in 1..=30 {
                        let mut one = mixed(deal_id);
                        one.version = next_version(store, &one).await;
                        save(store, &one, &[]).await;
                    }
                    let sort = BuyoutSort { order, ascending };
                    walk(store, sort, active).await;
                }
            }
        }
    })
    .await;
}

async fn next_version(store: &Store, buyout: &Buyout) -> u64 {
    let there = store.buyout(&buyout.id).await.unwrap();
    there.map_or(1, |there| there.version + 1)
}

async fn walk(store: &Store, sort: BuyoutSort, active: Option<bool>) {
    let filter = BuyoutFilter {
        active,
        ..BuyoutFilter::default()
    };
    let expected = if active.is_some() { 24 } else { 30 };
    let (mut seen, mut page) = (Vec::new(), Page::new(7, String::new()));
    loop {
        let found = store.list_buyouts(&filter, sort, &page).await.unwrap();
        assert_eq!(found.total, expected, "{sort:?}");
        // Rows that were seen change, in what they are not sorted by.
        for row in &found.rows {
            let mut changed = store.buyout(&row.id).await.unwrap().unwrap();
            changed.version += 1;
            changed.manual = vec!["что-то".to_owned()];
            save(store, &changed, &[]).await;
        }
        seen.extend(found.rows);
        page.cursor = found.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    let keys: Vec<_> = seen.iter().map(|row| key(sort, row)).collect();
    assert_eq!(keys.len() as u64, expected, "{sort:?}");
    assert_eq!(
        keys.iter().collect::<BTreeSet<_>>().len(),
        keys.len(),
        "{sort:?}"
    );
    let sorted = if sort.ascending {
        keys.is_sorted()
    } else {
        keys.is_sorted_by(|one, next| one > next)
    };
    assert!(sorted, "{sort:?}: {keys:?}");
    let all = store.all_buyouts(&filter, sort, 10).await.unwrap();
    let first: Vec<_> = all.iter().map(|row| key(sort, row)).collect();
    assert_eq!(first, keys[..10], "{sort:?}");

    // A cursor belongs to its order and direction.
    let other = BuyoutSort {
        ascending: !sort.ascending,
        ..sort
    };
    let cursor = store
        .list_buyouts(&filter, sort, &Page::new(1, String::new()))
        .await
        .unwrap()
        .next_cursor;
    let page = Page { size: 1, cursor };
    assert!(store.list_buyouts(&filter, other, &page).await.is_err());
}

async fn ids(store: &Store, filter: &BuyoutFilter) -> Vec<u64> {
    let page = store
        .list_buyouts(filter, BuyoutSort::default(), &Page::default())
        .await
        .unwrap();
    // Counts by stage are counts of the same list.
    let counts = store.count_buyouts(filter).await.unwrap();
    let (count, overdue) = counts.iter().fold((0, 0), |(all, late), one: &StageCount| {
        (all + one.count, late + one.overdue)
    });
    let now = chrono::Utc::now();
    assert_eq!(count, page.total, "{filter:?}");
    assert_eq!(
        overdue,
        page.rows.iter().filter(|row| row.overdue(now)).count() as u64,
        "{filter:?}"
    );
    page.rows.iter().map(|row| row.deal_id).collect()
}

async fn filled(base: &Base) {
    for deal_id in 1..=6 {
        let mut one = buyout(deal_id);
        match deal_id {
            1 => one.policy = Some(policy(1, "Мурманск, пр. Вымышленный")),
            2 => add(&mut one, task(&run(2), 1, TaskKind::Appraise)),
            3 => {
                let mut later = task(&run(3), 1, TaskKind::Appraise);
                later.due_at = chrono::Utc::now() + chrono::Duration::hours(1);
                add(&mut one, later);
                one.assignment = given_to("u-3");
            }
            4 => {
                // What is left to people after the end has a deadline, and the run is not late by it.
                one.stage = Stage::DoneNeedsManual;
                add(&mut one, task(&run(4), 1, TaskKind::UndoTrouble));
            }
            5 => one.assignment = given_to("u-5"),
            _ => {}
        }
        save(&base.store, &one, &[]).await;
    }
}

#[tokio::test]
async fn filters_and_counts_agree() {
    on_both(async |base| {
        filled(base).await;
        let store = &base.store;
        let none = BuyoutFilter::default;
        let given = |people: &[&str]| people.iter().map(|id| PersonId::new(*id)).collect();
        let text = |text: &str, clients| BuyoutFilter {
            text: Some(text.to_owned()),
            clients,
            ..none()
        };
        let cases: Vec<(BuyoutFilter, Vec<u64>)> = vec![
            (none(), vec![6, 5, 4, 3, 2, 1]),
            (
                BuyoutFilter {
                    overdue: true,
                    ..none()
                },
                vec![2],
            ),
            (
                BuyoutFilter {
                    given_to: given(&["u-3", "u-5"]),
                    ..none()
                },
                vec![5, 3],
            ),
            (
                BuyoutFilter {
                    given_to: given(&["u-3"]),
                    inspector: Some(PersonId::new("u-5")),
                    ..none()
                },
                vec![],
            ),
            (
                BuyoutFilter {
                    started_from: Some(at(2)),
                    started_to: Some(at(4)),
                    ..none()
                },
                vec![3, 2],
            ),
            (
                BuyoutFilter {
                    except: Some(run(5)),
                    started_from: Some(at(4)),
                    ..none()
                },
                vec![6, 4],
            ),
            // The client is found by those who may see clients: the phone of them all is +7 900 000-00-01.
            (text("семенов", true), vec![6, 5, 4, 3, 2, 1]),
            (text("семенов", false), vec![]),
            (text("8 (900) 000-00-01", true), vec![6, 5, 4, 3, 2, 1]),
            (text("+7 900 000 00 01 а004вс", true), vec![3]),
            (text("8 (900) 000-00-01", false), vec![]),
            (text("79000000001", false), vec![]),
            (text("xta 210990 y0000005", false), vec![5]),
        ];
        for (filter, expected) in cases {
            assert_eq!(ids(store, &filter).await, expected, "{filter:?}");
        }

        let (row, whole) = store.buyout_with_row(&run(3)).await.unwrap().unwrap();
        assert_eq!(whole.deal_id, 3);
        assert_eq!(row.inspector, given_to("u-3").map(|given| given.inspector));
        assert_eq!(row.time_zone, None);
        let (row, _) = store.buyout_with_row(&run(1)).await.unwrap().unwrap();
        assert_eq!(row.time_zone.as_deref(), Some("Europe/Moscow"));
        assert!(store.buyout_with_row(&run(99)).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_run_is_found_by_its_present_words_and_by_nothing_that_reads_like_a_query() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(7);
        one.deal = Some(deal(7, "Псков"));
        save(store, &one, &[]).await;
        let find = |text: &str| BuyoutFilter {
            text: Some(text.to_owned()),
            ..BuyoutFilter::default()
        };
        let found = async |text: &str| ids(store, &find(text)).await;
        let whole = one.deal.as_ref().unwrap().car.identifier.clone();
        let whole = whole.as_str();
        // A part of any length, at either end and in the middle.
        for part in [whole, &whole[..9], &whole[9..], &whole[3..6], &whole[4..6]] {
            assert_eq!(found(part).await, [7], "{part}");
        }
        // A car that was mended in the deal is found by its number, no longer by the former one.
        let other = "XW8ZZZ61ZJG012345";
        one.deal.as_mut().unwrap().car.identifier = CarIdentifier::parse(other).unwrap();
        one.version += 1;
        save(store, &one, &[]).await;
        assert_eq!(found(other).await, [7]);
        assert_eq!(found(&whole[9..]).await, Vec::<u64>::new());
        for typed in [
            "\"",
            "\"\"\"",
            "xw8*",
            "NEAR(xw8)",
            "xw8 OR",
            "words:xw8",
            "^xw8",
            "-xw8",
            "(xw8",
            "%w8",
            "xw_z",
        ] {
            assert_eq!(found(typed).await, Vec::<u64>::new(), "{typed}");
        }
        // So it stands in a copy, too, whose rows were numbered before.
        if store.is_sqlite() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("copy.db");
            store.copy_to(&file).await.unwrap();
            let copy = open(&format!("sqlite://{}", file.display())).await;
            assert_eq!(ids(&copy, &find(&other[9..])).await, [7]);
            copy.close().await.unwrap();
        }
    })
    .await;
}

fn line(seq: u64, kind: EventKind, text: &str) -> ProcessEvent {
    ProcessEvent {
        kind,
        at: at(1_000 + i64::try_from(seq).expect("a small number")),
        ..event(seq, text)
    }
}

async fn trouble(store: &Store) -> Option<String> {
    let (row, _) = store.buyout_with_row(&run(1)).await.unwrap().unwrap();
    let filter = BuyoutFilter {
        troubled: true,
        ..BuyoutFilter::default()
    };
    assert_eq!(
        ids(store, &filter).await.is_empty(),
        row.trouble.is_none(),
        "{row:?}"
    );
    row.trouble
}

#[tokio::test]
async fn a_trouble_stands_until_work_goes_on_or_a_person_decides() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(1);
        save(store, &one, &[line(1, EventKind::Stage, "Этап: Проверки.")]).await;
        assert_eq!(trouble(store).await, None);

        let mut next = async |events: &[ProcessEvent], change: &dyn Fn(&mut Buyout)| {
            one.version += 1;
            change(&mut one);
            save(store, &one, events).await;
            trouble(store).await
        };
        let same = |_: &mut Buyout| {};
        let failed = "Автотека: не отвечает";
        assert_eq!(
            next(&[line(2, EventKind::Trouble, failed)], &same)
                .await
                .as_deref(),
            Some(failed)
        );
        // Reminders and talk mend nothing.
        assert_eq!(
            next(
                &[
                    line(3, EventKind::Reminder, "половина срока"),
                    line(4, EventKind::Chat, "ждём")
                ],
                &same
            )
            .await
            .as_deref(),
            Some(failed)
        );
        assert_eq!(
            next(&[line(5, EventKind::Check, "История: чисто")], &same).await,
            None
        );

        // A person decides the task about it: settled, until the retry fails.
        let asks = |one: &mut Buyout| {
            let mut asked = task(&run(1), 1, TaskKind::PartnerTrouble);
            asked.version = 1;
            add(one, asked);
        };
        assert!(
            next(&[line(6, EventKind::Trouble, failed)], &asks)
                .await
                .is_some()
        );
        let decided = |one: &mut Buyout| {
            for asked in one.tasks.values_mut() {
                asked.version = 2;
                asked.state = TaskState::Done;
                asked.closed_at = Some(at(1_010));
            }
        };
        assert_eq!(
            next(&[line(7, EventKind::TaskClosed, "Повторить.")], &decided).await,
            None
        );
        let again = ProcessEvent {
            at: at(1_020),
            ..line(8, EventKind::Trouble, "Автотека: снова не отвечает")
        };
        assert_eq!(
            next(&[again], &same).await.as_deref(),
            Some("Автотека: снова не отвечает")
        );
        assert_eq!(
            next(&[line(9, EventKind::Stage, "Этап: Оценка.")], &same).await,
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_trouble_that_comes_late_is_judged_by_its_place() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(1);
        one.version = 3;
        save(store, &one, &[line(3, EventKind::Stage, "Этап: Оценка.")]).await;
        // An older save brings an older line: it is behind the run already.
        one.version = 2;
        save(store, &one, &[line(2, EventKind::Trouble, "не отвечает")]).await;
        assert_eq!(trouble(store).await, None);
        // And a newer line counts even if its row comes late.
        save(store, &one, &[line(4, EventKind::Trouble, "1С не приняла")]).await;
        assert_eq!(trouble(store).await.as_deref(), Some("1С не приняла"));
        // Started anew, the run has no troubles yet.
        let mut anew = buyout(1);
        anew.started_at = at(5_000);
        save(store, &anew, &[]).await;
        assert_eq!(trouble(store).await, None);
    })
    .await;
}
