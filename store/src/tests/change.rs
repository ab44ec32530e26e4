//! The feed of changes under concurrent writers.

use chrono::{Duration, Utc};
use futures::future::try_join_all;

use super::support::{buyout, event, member, on_both, policy, save};
use crate::staff::StaffRecord;

const WRITERS: u64 = 8;
const WRITES: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_every_change_once_and_in_order_while_eight_write() {
    on_both(async |base| {
        // Two processes, four writers each; every one of them works on all of the runs.
        let processes = [base.another().await, base.another().await];
        let writers = (0..WRITERS).map(|writer| {
            let store = processes[usize::try_from(writer % 2).unwrap()].clone();
            tokio::spawn(async move {
                for write in 1..=WRITES {
                    let mut one = buyout(write);
                    one.version = writer + 1;
                    save(&store, &one, &[event(writer + 1, "событие")]).await;
                }
            })
        });
        let writers = tokio::spawn(try_join_all(writers.collect::<Vec<_>>()));

        let mut last = 0;
        loop {
            let done = writers.is_finished();
            let changes = base.store.changes_after(last, &[], 500).await.unwrap();
            for change in &changes {
                assert_eq!(change.seq, last + 1, "a gap or a repeat");
                last = change.seq;
            }
            if done && changes.is_empty() {
                break;
            }
        }
        writers.await.unwrap().unwrap();

        // Each write added an event, so each is a change, also where an older version came late.
        assert_eq!(last, i64::try_from(WRITERS * WRITES).unwrap());
        for write in 1..=WRITES {
            let one = buyout(write);
            assert_eq!(
                base.store.buyout(&one.id).await.unwrap().unwrap().version,
                WRITERS
            );
            assert_eq!(
                base.store.events(&one.id, 0).await.unwrap().len() as u64,
                WRITERS
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_feed_is_filtered_and_pruned_from_its_beginning() {
    on_both(async |base| {
        let store = &base.store;
        save(store, &buyout(1), &[]).await;
        let record = StaffRecord {
            member: member("u-1", &[], &[]),
            login: None,
            password_hash: None,
            blocked: false,
        };
        store.upsert_staff(&record).await.unwrap();
        store
            .put_policy(Some("Псков"), &policy(1, "pskov"))
            .await
            .unwrap();

        let topics = |topics: &[&str]| topics.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let all = store.changes_after(0, &[], 10).await.unwrap();
        let named: Vec<_> = all
            .iter()
            .map(|c| (c.topic.to_string(), c.entity.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                ("BUYOUT".to_owned(), "buyout:portal:1"),
                ("STAFF".to_owned(), "u-1"),
                ("POLICY".to_owned(), "Псков"),
            ]
        );
        let some = store
            .changes_after(0, &topics(&["STAFF", "POLICY"]), 1)
            .await
            .unwrap();
        assert_eq!(some, all[1..2]);
        assert_eq!(
            store
                .changes_after(0, &topics(&["NOTHING"]), 10)
                .await
                .unwrap(),
            []
        );

        assert_eq!(
            store
                .prune_changes(Utc::now() - Duration::hours(1))
                .await
                .unwrap(),
            0
        );
        assert_eq!(store.change_horizon().await.unwrap(), 0);
        assert_eq!(
            store
                .prune_changes(Utc::now() + Duration::hours(1))
                .await
                .unwrap(),
            3
        );
        assert_eq!(store.change_horizon().await.unwrap(), 3);
        // Numbers go on after what was pruned.
        save(store, &buyout(2), &[]).await;
        assert_eq!(store.changes_after(3, &[], 10).await.unwrap()[0].seq, 4);
    })
    .await;
}
