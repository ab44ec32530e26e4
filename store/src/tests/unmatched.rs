//! Facts that fit nowhere.

use domain::staff::PersonId;

use super::support::{on_both, run};
use crate::change::Topic;
use crate::{Page, StoreError};

#[tokio::test]
async fn a_fact_is_kept_once_until_a_person_settles_it() {
    on_both(async |base| {
        let store = &base.store;
        for deal_id in [1, 1, 2] {
            store
                .keep_unmatched(&run(deal_id), "payout/1", "the payment has ended")
                .await
                .unwrap();
        }
        for n in 2..=5 {
            store
                .keep_unmatched(&run(1), &format!("payout/{n}"), "too late")
                .await
                .unwrap();
        }
        let mut seen = Vec::new();
        let mut page = Page {
            size: 4,
            cursor: None,
        };
        loop {
            let found = store.list_unmatched(false, &page).await.unwrap();
            assert_eq!(found.total, 6);
            seen.extend(found.rows);
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let named: Vec<_> = seen
            .iter()
            .map(|row| (row.run.clone().unwrap(), row.event_id.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                (run(1), "payout/1"),
                (run(2), "payout/1"),
                (run(1), "payout/2"),
                (run(1), "payout/3"),
                (run(1), "payout/4"),
                (run(1), "payout/5"),
            ]
        );

        let [ops, other] = ["u-ops", "u-other"].map(PersonId::new);
        store
            .settle_unmatched(seen[0].id, &ops, "подтверждено банком")
            .await
            .unwrap();
        let again = store.settle_unmatched(seen[0].id, &other, "тоже").await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let absent = store.settle_unmatched(i64::MAX, &ops, "").await;
        assert!(
            matches!(absent, Err(StoreError::NotFound { .. })),
            "{absent:?}"
        );
        assert_eq!(
            store
                .list_unmatched(false, &Page::default())
                .await
                .unwrap()
                .total,
            5
        );
        let settled = store
            .list_unmatched(true, &Page::default())
            .await
            .unwrap()
            .rows;
        let word = settled[0].settled.clone().unwrap();
        assert_eq!(
            (settled.len(), word.by, word.note.as_str()),
            (1, ops, "подтверждено банком")
        );

        let audit = store
            .audit_of(&format!("unmatched/{}", seen[0].id))
            .await
            .unwrap();
        assert_eq!(audit.len(), 1, "{audit:?}");
        assert_eq!(
            (audit[0].person.as_str(), audit[0].action.as_str()),
            ("u-ops", "unmatched.settle")
        );

        // Kept again after it was settled: the same fact, so nothing to do.
        store
            .keep_unmatched(&run(1), "payout/1", "again")
            .await
            .unwrap();
        assert_eq!(
            store
                .list_unmatched(false, &Page::default())
                .await
                .unwrap()
                .total,
            5
        );
        let changes = store.changes_after(0, &[], 100).await.unwrap();
        assert_eq!(changes.len(), 7, "six kept, one settled");
        assert!(
            changes
                .iter()
                .all(|change| change.topic == Topic::Unmatched)
        );
        assert_eq!(changes[6].entity, seen[0].id.to_string());
    })
    .await;
}
