//! Projections and the list of runs.

use domain::buyout::stage::Stage;
use domain::staff::PersonId;
use domain::task::TaskKind;

use super::support::{
    Base, PORTAL, add, at, buyout, deal, event, given_to, on_both, run, save, task,
};
use crate::{BuyoutFilter, BuyoutSort, Page, Store, StoreError, TaskOrder};

#[tokio::test]
async fn a_projection_is_replaced_by_a_newer_one_only() {
    on_both(async |base| {
        let store = &base.store;
        let mut first = buyout(1);
        first.deal = None;
        add(&mut first, task(&run(1), 1, TaskKind::Inspect));
        let wanted = [run(2), run(1), run(3)];
        assert_eq!(store.recorded(&wanted).await.unwrap(), []);
        save(store, &first, &[event(1, "начато"), event(2, "с нулём \0")]).await;
        assert_eq!(store.recorded(&wanted).await.unwrap(), [(run(1), false)]);
        assert_eq!(store.recorded(&[]).await.unwrap(), []);

        let mut third = buyout(1);
        third.version = 3;
        third.stage = Stage::Appraisal;
        add(&mut third, task(&run(1), 1, TaskKind::Inspect));
        third.tasks.values_mut().for_each(|task| task.version = 2);
        save(store, &third, &[event(4, "четвёртое")]).await;
        let after_third = store.last_change().await.unwrap();

        // The second one comes late: its row and tasks are old, its event is not.
        let mut second = first.clone();
        second.version = 2;
        save(store, &second, &[event(2, "другое"), event(3, "третье")]).await;
        assert_eq!(
            store.buyout(&third.id).await.unwrap().as_ref(),
            Some(&third)
        );
        let texts: Vec<String> = store
            .events(&third.id, 1)
            .await
            .unwrap()
            .into_iter()
            .map(|event| event.text)
            .collect();
        assert_eq!(texts, ["с нулём \u{fffd}", "третье", "четвёртое"]);
        assert_eq!(
            store.last_change().await.unwrap(),
            after_third + 1,
            "one change: the new event"
        );

        // A repeat changes nothing, so nobody is told.
        save(store, &third, &[event(4, "четвёртое")]).await;
        assert_eq!(store.last_change().await.unwrap(), after_third + 1);
        assert_eq!(
            store
                .task(&third.tasks.keys().next().unwrap().clone())
                .await
                .unwrap()
                .unwrap()
                .version,
            2
        );

        assert_eq!(store.buyout(&run(2)).await.unwrap(), None);
        let mut ended = buyout(2);
        ended.ended_at = Some(at(200));
        save(store, &ended, &[]).await;
        let mut known = store.recorded(&wanted).await.unwrap();
        known.sort_by_key(|(_, ended)| *ended);
        assert_eq!(known, [(run(1), false), (run(2), true)]);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_was_started_anew_replaces_the_former_one() {
    on_both(async |base| {
        let store = &base.store;
        let mut former = buyout(1);
        former.version = 40;
        add(&mut former, task(&run(1), 1, TaskKind::Inspect));
        add(&mut former, task(&run(1), 2, TaskKind::Appraise));
        save(store, &former, &[event(1, "прежнее")]).await;

        let mut anew = buyout(1);
        anew.started_at = at(5_000);
        add(&mut anew, task(&run(1), 1, TaskKind::AssignInspector));
        save(store, &anew, &[event(1, "новое")]).await;
        former.version = 41;
        save(store, &former, &[event(2, "опоздавшее")]).await;

        assert_eq!(store.buyout(&anew.id).await.unwrap().as_ref(), Some(&anew));
        let events = store.events(&anew.id, 0).await.unwrap();
        assert_eq!(events, [event(1, "новое")]);
        let tasks = store
            .list_tasks(&Default::default(), TaskOrder::default(), &Page::default())
            .await
            .unwrap();
        assert_eq!(tasks.total, 1);
        assert_eq!(tasks.rows[0].task.kind, TaskKind::AssignInspector);
    })
    .await;
}

async fn ids(store: &Store, filter: &BuyoutFilter) -> Vec<u64> {
    let page = store
        .list_buyouts(filter, BuyoutSort::default(), &Page::default())
        .await
        .unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows.iter().map(|row| row.deal_id).collect()
}

async fn fill(base: &Base) {
    for deal_id in 1..=6 {
        let mut one = buyout(deal_id);
        match deal_id {
            1 => one.deal = None,
            2 => one.deal = Some(deal(2, "Псков")),
            3 => one.assignment = given_to("u-3"),
            4 => one.stage = Stage::Done,
            5 => {
                one.stage = Stage::Offer;
                add(&mut one, task(&run(deal_id), 1, TaskKind::OfferToClient));
            }
            _ => {}
        }
        save(&base.store, &one, &[]).await;
    }
}

#[tokio::test]
async fn runs_are_found_by_what_a_person_knows_of_them() {
    on_both(async |base| {
        fill(base).await;
        let filter = BuyoutFilter::default;
        let text = |text: &str| BuyoutFilter {
            text: Some(text.to_owned()),
            clients: true,
            ..filter()
        };
        let cases: Vec<(BuyoutFilter, Vec<u64>)> = vec![
            (filter(), vec![6, 5, 4, 3, 2, 1]),
            (
                BuyoutFilter {
                    stages: vec![Stage::Offer, Stage::Done],
                    ..filter()
                },
                vec![5, 4],
            ),
            (
                BuyoutFilter {
                    cities: vec!["Псков".to_owned()],
                    ..filter()
                },
                vec![2],
            ),
            (
                BuyoutFilter {
                    inspector: Some(PersonId::new("u-3")),
                    ..filter()
                },
                vec![3],
            ),
            (
                BuyoutFilter {
                    active: Some(false),
                    ..filter()
                },
                vec![4],
            ),
            (
                BuyoutFilter {
                    active: Some(true),
                    stages: vec![Stage::Done],
                    ..filter()
                },
                vec![],
            ),
            (text("семенов ПЕТР"), vec![6, 5, 4, 3, 2]),
            (text("xta210990y0000003"), vec![3]),
            // A plate in Latin letters, another part of the car's title.
            (text("a005bc tiggo"), vec![4]),
            (text("9000000001 а006"), vec![5]),
            (text("100%"), vec![]),
            (text("_"), vec![]),
        ];
        for (filter, expected) in cases {
            assert_eq!(ids(&base.store, &filter).await, expected, "{filter:?}");
        }

        let page = base
            .store
            .list_buyouts(&text("а006вс"), BuyoutSort::default(), &Page::default())
            .await
            .unwrap();
        let row = &page.rows[0];
        assert_eq!(
            row.waiting_for.as_deref(),
            Some("Предложить цену клиенту: менеджер выкупа")
        );
        assert_eq!(row.deadline, Some(at(60)));
        assert_eq!(
            (row.car.as_str(), row.city.as_str()),
            ("Chery Tiggo 7 Pro, 2021", "Мурманск")
        );
        let unread = base
            .store
            .list_buyouts(&text("1"), BuyoutSort::default(), &Page::default())
            .await
            .unwrap();
        let unread = unread.rows.last().unwrap();
        assert_eq!((unread.city.as_str(), unread.deadline), ("", None));
    })
    .await;
}

#[tokio::test]
async fn pages_of_runs_neither_repeat_nor_lose_one_while_new_ones_come() {
    on_both(async |base| {
        let store = &base.store;
        for deal_id in 1..=25 {
            let mut one = buyout(deal_id);
            // Many begin at the same instant.
            one.started_at = at(i64::try_from(deal_id / 10).unwrap());
            save(store, &one, &[]).await;
        }
        let mut seen = Vec::new();
        let mut page = Page {
            size: 7,
            cursor: None,
        };
        loop {
            let found = store
                .list_buyouts(&BuyoutFilter::default(), BuyoutSort::default(), &page)
                .await
                .unwrap();
            assert_eq!(found.total, 25 + (seen.len() / 7) as u64);
            seen.extend(found.rows.iter().map(|row| row.id.clone()));
            // Somebody starts a run between two pages.
            save(store, &buyout(1_000 + seen.len() as u64), &[]).await;
            match found.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(seen.len(), 25);
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 25);
        assert!(seen[0].as_str().starts_with(&format!("buyout:{PORTAL}:2")));

        let foreign = Page {
            size: 7,
            cursor: Some("due.1.x".to_owned()),
        };
        let refused = store
            .list_buyouts(&BuyoutFilter::default(), BuyoutSort::default(), &foreign)
            .await;
        assert!(
            matches!(refused, Err(StoreError::Invalid { what: "cursor" })),
            "{refused:?}"
        );
    })
    .await;
}
