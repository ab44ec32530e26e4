//! Messages from outside: none lost, none taken twice at a time.

use chrono::{Duration, Utc};
use futures::future::join_all;

use super::support::on_both;
use crate::change::Topic;
use crate::inbox::{InboxFilter, InboxState, Received};
use crate::{Page, StoreError};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_written_once_and_its_first_body_stays() {
    on_both(async |base| {
        let other = base.another().await;
        let receives = (0..8).map(|n| {
            let store = if n % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move {
                store
                    .receive("bank", "e-1", b"\x00body\xff", "{}")
                    .await
                    .unwrap()
            })
        });
        let received: Vec<_> = join_all(receives)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            received.iter().filter(|r| **r == Received::New).count(),
            1,
            "{received:?}"
        );
        assert_eq!(
            received.iter().filter(|r| **r == Received::Repeat).count(),
            7,
            "{received:?}"
        );

        let store = &base.store;
        assert_eq!(
            store.receive("bank", "e-1", b"other", "{}").await.unwrap(),
            Received::Differs
        );
        assert_eq!(
            store
                .receive("yookassa", "e-1", b"other", "{}")
                .await
                .unwrap(),
            Received::New
        );
        let row = store.received("bank", "e-1").await.unwrap().unwrap();
        assert_eq!(
            (row.body.as_slice(), row.repeats),
            (b"\x00body\xff".as_slice(), 8)
        );
        assert_eq!(
            row.other_sha256.as_deref(),
            Some("d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa")
        );
        assert!(store.receive("bank", "e-2", b"", "not json").await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_messages_are_shared_out_and_come_back_when_they_failed() {
    on_both(async |base| {
        let store = &base.store;
        for n in 0..20 {
            store
                .receive("bank", &format!("e-{n:02}"), b"body", "{}")
                .await
                .unwrap();
        }
        let other = base.another().await;
        let sweeps = (0..6).map(|n| {
            let store = if n % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { store.due(20).await.unwrap() })
        });
        let mut handed: Vec<i64> = join_all(sweeps)
            .await
            .into_iter()
            .flat_map(Result::unwrap)
            .map(|row| row.id)
            .collect();
        handed.sort_unstable();
        let unique = handed
            .clone()
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(
            (handed.len(), unique.len()),
            (20, 20),
            "each goes to one sweep"
        );
        assert!(store.due(20).await.unwrap().is_empty());

        let [taken, unmatched, failed, later] = [0, 1, 2, 3].map(|n| handed[n]);
        store
            .mark_taken(taken, Some("buyout:portal:1"))
            .await
            .unwrap();
        store
            .mark_unmatched(unmatched, "nobody waits for it")
            .await
            .unwrap();
        store
            .mark_failed(failed, "away", Utc::now() - Duration::seconds(1))
            .await
            .unwrap();
        store
            .mark_failed(later, "away", Utc::now() + Duration::hours(1))
            .await
            .unwrap();
        let again = store.due(20).await.unwrap();
        assert_eq!(
            again
                .iter()
                .map(|row| (row.id, row.attempts))
                .collect::<Vec<_>>(),
            [(failed, 1)]
        );

        // A fate that comes late does not undo the first one.
        store
            .mark_failed(taken, "late", Utc::now() - Duration::seconds(1))
            .await
            .unwrap();
        store.mark_unmatched(taken, "late").await.unwrap();
        store
            .mark_taken(unmatched, Some("buyout:portal:2"))
            .await
            .unwrap();
        assert!(store.due(20).await.unwrap().is_empty());
        let mut states = Vec::new();
        for n in 0..20 {
            let row = store
                .received("bank", &format!("e-{n:02}"))
                .await
                .unwrap()
                .unwrap();
            if row.state != InboxState::New {
                states.push((row.id, row.state, row.run));
            }
        }
        states.sort_by_key(|(id, _, _)| *id);
        assert_eq!(
            states,
            [
                (taken, InboxState::Taken, Some("buyout:portal:1".to_owned())),
                (unmatched, InboxState::Unmatched, None),
            ]
        );

        let kept = store.list_unmatched(false, &Page::default()).await.unwrap();
        assert_eq!(kept.total, 1);
        assert_eq!(
            (kept.rows[0].source.as_str(), kept.rows[0].run.clone()),
            ("bank", None)
        );
        assert_eq!(kept.rows[0].reason, "nobody waits for it");
    })
    .await;
}

#[tokio::test]
async fn what_concerned_nobody_goes_after_its_time_and_nothing_else_does() {
    on_both(async |base| {
        let store = &base.store;
        for n in 0..4 {
            let id = format!("e-{n}");
            store.receive("portal", &id, b"task", "{}").await.unwrap();
        }
        let due = store.due(4).await.unwrap();
        let ids: Vec<i64> = due.iter().map(|row| row.id).collect();
        store.mark_taken(ids[0], None).await.unwrap();
        store
            .mark_taken(ids[1], Some("buyout:portal:1"))
            .await
            .unwrap();
        store.mark_unmatched(ids[2], "nobody").await.unwrap();
        let hour = Duration::hours(1);
        assert_eq!(store.prune_inbox(Utc::now() - hour).await.unwrap(), 0);
        assert_eq!(store.prune_inbox(Utc::now() + hour).await.unwrap(), 1);
        let mut left = Vec::new();
        for n in 0..4 {
            let row = store.received("portal", &format!("e-{n}")).await.unwrap();
            left.extend(row.map(|row| row.id));
        }
        assert_eq!(left, ids[1..]);
    })
    .await;
}

#[tokio::test]
async fn ops_read_the_inbox_page_by_page_and_have_a_message_tried_again() {
    on_both(async |base| {
        let store = &base.store;
        for (source, event_id) in [("bank", "a"), ("bank", "b"), ("wazzup", "c"), ("bank", "d")] {
            store
                .receive(source, event_id, b"body", "{}")
                .await
                .unwrap();
        }
        let ids: Vec<i64> = store
            .due(10)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.id)
            .collect();
        let later = Utc::now() + Duration::hours(1);
        store
            .mark_taken(ids[0], Some("buyout:portal:1"))
            .await
            .unwrap();
        store
            .mark_failed(ids[1], "Temporal is away", later)
            .await
            .unwrap();
        store
            .mark_unmatched(ids[2], "nobody knows it")
            .await
            .unwrap();

        let mut seen = Vec::new();
        let mut page = Page {
            size: 3,
            cursor: None,
        };
        loop {
            let found = store
                .list_inbox(&InboxFilter::default(), &page)
                .await
                .unwrap();
            assert_eq!(found.total, 4);
            seen.extend(found.rows);
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let named: Vec<_> = seen
            .iter()
            .map(|entry| (entry.event_id.as_str(), entry.state))
            .collect();
        assert_eq!(
            named,
            [
                ("d", InboxState::New),
                ("c", InboxState::Unmatched),
                ("b", InboxState::New),
                ("a", InboxState::Taken),
            ],
            "the latest first"
        );
        let failed = &seen[2];
        assert_eq!(
            (failed.attempts, failed.error.as_deref()),
            (1, Some("Temporal is away"))
        );
        assert!(failed.next_attempt_at.is_some_and(|at| at > Utc::now()));
        assert_eq!(seen[3].run.as_deref(), Some("buyout:portal:1"));
        assert_eq!(seen[3].next_attempt_at, None);
        let of = async |states: &[InboxState], source: Option<&str>| {
            let filter = InboxFilter {
                states: states.to_vec(),
                source: source.map(str::to_owned),
            };
            let found = store.list_inbox(&filter, &Page::default()).await.unwrap();
            let ids = found.rows.into_iter().map(|entry| entry.event_id);
            ids.collect::<Vec<_>>()
        };
        assert_eq!(of(&[InboxState::New], None).await, ["d", "b"]);
        assert_eq!(of(&[], Some("wazzup")).await, ["c"]);
        assert_eq!(of(&[InboxState::Taken], Some("wazzup")).await, [""; 0]);

        // What waits and what fitted nowhere is due now; what was taken is not taken twice.
        for id in [ids[1], ids[2]] {
            let retried = store.retry_inbox(id, "u-ops").await.unwrap();
            assert_eq!(retried.state, InboxState::New);
            assert!(retried.next_attempt_at.is_some_and(|at| at <= Utc::now()));
        }
        let due: Vec<i64> = store
            .due(10)
            .await
            .unwrap()
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(due, [ids[1], ids[2]]);
        let taken = store.retry_inbox(ids[0], "u-ops").await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
        let absent = store.retry_inbox(i64::MAX, "u-ops").await;
        assert!(
            matches!(absent, Err(StoreError::NotFound { .. })),
            "{absent:?}"
        );
        let audit = store.audit_of(&format!("inbox/{}", ids[2])).await.unwrap();
        assert_eq!(audit.len(), 1);
        assert_eq!(
            (audit[0].person.as_str(), audit[0].action.as_str()),
            ("u-ops", "inbox.retry")
        );
        assert!(
            store
                .audit_of(&format!("inbox/{}", ids[0]))
                .await
                .unwrap()
                .is_empty()
        );

        // Each step is told: four came, three were marked, two are tried again.
        let changes = store
            .changes_after(0, &[Topic::Inbox.to_string()], 100)
            .await
            .unwrap();
        assert_eq!(changes.len(), 9, "{changes:?}");
        assert_eq!(
            changes[4].run.as_ref().map(|run| run.0.as_str()),
            Some("buyout:portal:1")
        );
        assert_eq!(changes[4].entity, ids[0].to_string());
    })
    .await;
}
