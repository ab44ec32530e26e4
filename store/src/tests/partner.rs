//! How partners do, counted by several workers at once.

use chrono::{DateTime, Duration, DurationRound, Utc};
use domain::partner::{FailureClass, PartnerCalls, PartnerFailure, PartnerHealth};
use futures::future::try_join_all;

use super::support::on_both;
use crate::partner::{Minute, PartnerTally};

fn tally(partner: &str, at: DateTime<Utc>, calls: u32, failures: u32) -> PartnerTally {
    PartnerTally {
        partner: partner.to_owned(),
        minutes: vec![Minute {
            at: at.duration_trunc(Duration::minutes(1)).unwrap(),
            calls,
            failures,
        }],
        last_success_at: None,
        last_failure: (failures > 0).then(|| failure(at, "away")),
        failures_in_a_row: failures,
    }
}

fn failure(at: DateTime<Utc>, text: &str) -> PartnerFailure {
    PartnerFailure {
        at,
        class: FailureClass::Unavailable,
        text: text.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_count_at_once_lose_nothing() {
    on_both(async |base| {
        let now = crate::column::now();
        let workers = [base.another().await, base.another().await];
        let writes = (0..40_usize).map(|number| {
            let store = workers[number % 2].clone();
            tokio::spawn(async move {
                // In either order, as two workers would have them.
                let mut tallies = vec![tally("bank", now, 3, 1), tally("fssp", now, 2, 2)];
                if number % 4 < 2 {
                    tallies.reverse();
                }
                store.add_partner_calls(&tallies).await
            })
        });
        for written in try_join_all(writes.collect::<Vec<_>>()).await.unwrap() {
            written.unwrap();
        }
        let partners = base.store.partner_calls(now).await.unwrap();
        let figures = |code: &str| {
            let calls: &PartnerCalls = &partners[code];
            (
                calls.calls_last_hour,
                calls.failures_last_hour,
                calls.failures_in_a_row,
            )
        };
        assert_eq!(figures("bank"), (120, 40, 40));
        assert_eq!(figures("fssp"), (80, 80, 80));
        assert_eq!(partners["bank"].health(), PartnerHealth::Failing);
    })
    .await;
}

#[tokio::test]
async fn a_success_ends_the_row_and_an_older_word_never_replaces_a_newer_one() {
    on_both(async |base| {
        let store = &base.store;
        let now = crate::column::now();
        assert!(store.partner_calls(now).await.unwrap().is_empty());
        for _ in 0..3 {
            let failed = tally("fssp", now - Duration::minutes(2), 1, 1);
            store.add_partner_calls(&[failed]).await.unwrap();
        }
        let partners = store.partner_calls(now).await.unwrap();
        assert_eq!(partners["fssp"].health(), PartnerHealth::Failing);
        let last = failure(now - Duration::minutes(2), "away");
        assert_eq!(partners["fssp"].last_failure, Some(last));
        assert_eq!(partners["fssp"].last_success_at, None);

        // It recovered, failed once more, and a slow worker tells of something earlier.
        let recovered = PartnerTally {
            last_success_at: Some(now - Duration::seconds(30)),
            last_failure: Some(failure(now - Duration::seconds(10), "timeout")),
            failures_in_a_row: 1,
            ..tally("fssp", now, 4, 1)
        };
        store.add_partner_calls(&[recovered]).await.unwrap();
        let late = PartnerTally {
            last_failure: Some(failure(now - Duration::minutes(30), "long ago")),
            failures_in_a_row: 0,
            ..tally("fssp", now - Duration::minutes(30), 1, 0)
        };
        store.add_partner_calls(&[late]).await.unwrap();
        let fssp = store.partner_calls(now).await.unwrap()["fssp"].clone();
        assert_eq!(
            fssp,
            PartnerCalls {
                last_success_at: Some(now - Duration::seconds(30)),
                last_failure: Some(failure(now - Duration::seconds(10), "timeout")),
                failures_in_a_row: 1,
                calls_last_hour: 8,
                failures_last_hour: 4,
            }
        );

        // An hour later nobody has called it; the figures of that hour are gone, the words stay.
        let fssp = store
            .partner_calls(now + Duration::minutes(61))
            .await
            .unwrap()["fssp"]
            .clone();
        assert_eq!((fssp.calls_last_hour, fssp.failures_last_hour), (0, 0));
        assert_eq!(fssp.health(), PartnerHealth::Silent);
    })
    .await;
}
