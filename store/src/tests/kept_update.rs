//! Updates of runs that nobody has answered.

use super::support::{at, on_both, run};
use crate::kept_update::{KeptUpdate, TOLD_AFTER};
use crate::page::Page;

fn update(deal_id: u64, id: &str) -> KeptUpdate {
    KeptUpdate {
        run: run(deal_id),
        id: id.to_owned(),
        body: format!("body of {id}"),
    }
}

#[tokio::test]
async fn an_update_is_due_until_it_is_answered() {
    on_both(async |base| {
        let store = &base.store;
        let (one, two) = (update(1, "a"), update(2, "a"));
        store.keep_update(&one, at(20)).await.unwrap();
        store.keep_update(&two, at(10)).await.unwrap();
        assert_eq!(store.due_updates(at(9), 10).await.unwrap(), []);
        let due = store.due_updates(at(20), 10).await.unwrap();
        assert_eq!(due, [two.clone(), one.clone()]);
        assert_eq!(
            store.due_updates(at(20), 1).await.unwrap(),
            std::slice::from_ref(&two)
        );

        // The same again is the same update, with a later time.
        let other = KeptUpdate {
            body: "other".to_owned(),
            ..two.clone()
        };
        store.keep_update(&other, at(30)).await.unwrap();
        assert_eq!(
            store.due_updates(at(20), 10).await.unwrap(),
            std::slice::from_ref(&one)
        );
        assert_eq!(store.due_updates(at(30), 10).await.unwrap()[1], two);

        store
            .put_off_update(&one.run, "a", at(40), "away")
            .await
            .unwrap();
        assert_eq!(
            store.due_updates(at(30), 10).await.unwrap(),
            std::slice::from_ref(&two)
        );
        store
            .forget_updates(std::slice::from_ref(&two))
            .await
            .unwrap();
        store
            .forget_updates(std::slice::from_ref(&two))
            .await
            .unwrap();
        // What was forgotten meanwhile does not come back.
        store
            .put_off_update(&two.run, "a", at(1), "away")
            .await
            .unwrap();
        assert_eq!(
            store.due_updates(at(40), 10).await.unwrap(),
            std::slice::from_ref(&one)
        );

        // Many at once, and none of another run.
        let many: Vec<KeptUpdate> = (1..=250)
            .map(|number| update(3, &number.to_string()))
            .collect();
        for kept in &many {
            store.keep_update(kept, at(40)).await.unwrap();
        }
        store.forget_updates(&many).await.unwrap();
        assert_eq!(store.due_updates(at(40), 10).await.unwrap(), [one]);
    })
    .await;
}

#[tokio::test]
async fn people_are_told_once_of_an_update_that_nobody_answers() {
    on_both(async |base| {
        let store = &base.store;
        let kept = update(1, "a");
        store.keep_update(&kept, at(0)).await.unwrap();
        let told = async || {
            let page = Page {
                size: 10,
                cursor: None,
            };
            store.list_unmatched(false, &page).await.unwrap().rows
        };
        for number in 1..=TOLD_AFTER + 2 {
            store
                .put_off_update(&kept.run, "a", at(number.into()), "the worker is away")
                .await
                .unwrap();
            assert_eq!(
                told().await.len(),
                usize::from(number >= TOLD_AFTER),
                "after {number} times"
            );
        }
        let fact = told().await.remove(0);
        assert_eq!(
            (fact.run, fact.event_id.as_str()),
            (Some(kept.run.clone()), "a")
        );
        assert!(
            fact.reason.contains("the worker is away"),
            "{}",
            fact.reason
        );
        assert_eq!(store.due_updates(at(100), 10).await.unwrap(), [kept]);
    })
    .await;
}
