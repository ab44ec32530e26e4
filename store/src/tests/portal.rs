//! Tokens of a portal: one refresh at a time over all processes.

use std::time::Duration;

use futures::future::join_all;
use uuid::Uuid;

use super::support::{at, on_both};
use crate::portal::{Portal, expires_at};

const LEASE: Duration = Duration::from_secs(30);

fn portal(access_token: &str) -> Portal {
    Portal {
        member_id: "m-1".to_owned(),
        domain: "portal.example".to_owned(),
        client_endpoint: "https://portal.example/rest/".to_owned(),
        server_endpoint: "https://oauth.example/rest/".to_owned(),
        access_token: access_token.to_owned(),
        refresh_token: format!("{access_token}-refresh"),
        expires_at: at(3_600),
        application_token: "application".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_that_want_to_refresh_do_it_once() {
    on_both(async |base| {
        base.store.save_portal(&portal("t1")).await.unwrap();
        let other = base.another().await;
        let refreshes = (0..8).map(|n| {
            let store = if n % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move {
                // Everybody found version 1 expired.
                let owner = Uuid::from_u128(n);
                while !store.lock_portal("m-1", owner, LEASE).await.unwrap() {
                    tokio::task::yield_now().await;
                }
                let found = store.versioned_portal("m-1").await.unwrap().unwrap();
                if found.version > 1 {
                    store.unlock_portal("m-1", owner).await.unwrap();
                    return 0;
                }
                assert!(store.refresh_portal(&portal("t2"), 1, owner).await.unwrap());
                1
            })
        });
        let refreshed: u32 = join_all(refreshes)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum();
        assert_eq!(refreshed, 1);
        let found = base.store.versioned_portal("m-1").await.unwrap().unwrap();
        assert_eq!((found.version, found.portal), (2, portal("t2")));
    })
    .await;
}

#[tokio::test]
async fn a_lease_ends_and_old_tokens_never_replace_newer_ones() {
    on_both(async |base| {
        let store = &base.store;
        let [first, second] = [1, 2].map(Uuid::from_u128);
        assert!(
            !store.lock_portal("m-1", first, LEASE).await.unwrap(),
            "not installed"
        );
        assert_eq!(store.portal("m-1").await.unwrap(), None);
        store.save_portal(&portal("t1")).await.unwrap();

        assert!(store.lock_portal("m-1", first, LEASE).await.unwrap());
        assert!(
            store.lock_portal("m-1", first, LEASE).await.unwrap(),
            "one's own is prolonged"
        );
        assert!(!store.lock_portal("m-1", second, LEASE).await.unwrap());
        store.unlock_portal("m-1", second).await.unwrap();
        assert!(
            !store.lock_portal("m-1", second, LEASE).await.unwrap(),
            "not the holder's release"
        );

        // The lease ran out while its holder was away.
        assert!(
            store
                .lock_portal("m-1", first, Duration::ZERO)
                .await
                .unwrap()
        );
        assert!(store.lock_portal("m-1", second, LEASE).await.unwrap());
        assert!(
            !store
                .refresh_portal(&portal("late"), 1, first)
                .await
                .unwrap()
        );
        assert!(
            store
                .refresh_portal(&portal("t2"), 1, second)
                .await
                .unwrap()
        );
        assert_eq!(store.portal("m-1").await.unwrap(), Some(portal("t2")));

        // An install in the midst of a refresh wins.
        assert!(store.lock_portal("m-1", first, LEASE).await.unwrap());
        store.save_portal(&portal("t3")).await.unwrap();
        assert!(
            !store
                .refresh_portal(&portal("late"), 2, first)
                .await
                .unwrap()
        );
        let found = store.versioned_portal("m-1").await.unwrap().unwrap();
        assert_eq!((found.version, found.portal), (3, portal("t3")));
        assert!(
            store.lock_portal("m-1", second, LEASE).await.unwrap(),
            "an install frees the lease"
        );
    })
    .await;
}

#[test]
fn tokens_are_not_shown() {
    let shown = format!("{:?}", portal("secret"));
    assert!(
        !shown.contains("secret") && !shown.contains("application\""),
        "{shown}"
    );
}

#[test]
fn whatever_a_portal_says_of_a_token_gives_a_moment() {
    let now = at(0);
    assert_eq!(expires_at(now, 3_600), at(3_600));
    assert_eq!(expires_at(now, -5), now);
    let longest = expires_at(now, 30 * 86_400);
    for said in [i64::MAX, i64::MAX / 1_000, 31 * 86_400] {
        assert_eq!(expires_at(now, said), longest);
    }
    assert_eq!(expires_at(now, i64::MIN), longest);
}
