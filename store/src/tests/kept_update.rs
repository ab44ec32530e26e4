//! Updates of runs that nobody has answered.

use super::support::{at, on_both, run};
use crate::kept_update::KeptUpdate;

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

        store.put_off_update(&one.run, "a", at(40)).await.unwrap();
        assert_eq!(
            store.due_updates(at(30), 10).await.unwrap(),
            std::slice::from_ref(&two)
        );
        store.forget_update(&two.run, "a").await.unwrap();
        store.forget_update(&two.run, "a").await.unwrap();
        // What was forgotten meanwhile does not come back.
        store.put_off_update(&two.run, "a", at(1)).await.unwrap();
        assert_eq!(store.due_updates(at(40), 10).await.unwrap(), [one]);
    })
    .await;
}
