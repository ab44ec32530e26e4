//! Sessions and their keys; tickets of a portal.

use std::time::Duration;

use chrono::Utc;
use domain::staff::{PersonId, Role};

use super::support::{member, on_both};
use crate::Store;
use crate::portal::ticket::PortalTicket;
use crate::staff::StaffRecord;
use crate::staff::session::Refreshed;

const GRACE: Duration = Duration::from_secs(60);

async fn refresh(store: &Store, key: &str, next: &str, grace: Duration) -> Option<String> {
    let refreshed = store.refresh_session(key, next, grace).await.unwrap();
    refreshed.map(|refreshed| refreshed.person.0)
}

#[tokio::test]
async fn a_key_is_replaced_at_each_refresh_and_its_copy_ends_the_session() {
    on_both(async |base| {
        let store = &base.store;
        let person = PersonId::new("u-1");
        let ends = crate::column::instant(Utc::now() + chrono::Duration::hours(12));
        store.start_session(&person, "k1", ends).await.unwrap();
        assert_eq!(refresh(store, "k0", "k1", GRACE).await, None, "forged");
        let first = store.refresh_session("k1", "k2", GRACE).await.unwrap();
        let expected = Refreshed {
            person: person.clone(),
            expires_at: ends,
        };
        assert_eq!(first.as_ref(), Some(&expected));
        // Another tab at the same moment, or the same one whose answer was lost.
        assert_eq!(
            refresh(store, "k1", "k2", GRACE).await.as_deref(),
            Some("u-1")
        );
        assert_eq!(
            refresh(store, "k2", "k3", GRACE).await.as_deref(),
            Some("u-1")
        );
        assert_eq!(
            refresh(store, "k1", "k2", GRACE).await,
            None,
            "replaced twice"
        );
        assert_eq!(
            refresh(store, "k3", "k4", GRACE).await.as_deref(),
            Some("u-1")
        );
        // After the grace the former key is a copy in other hands: nobody goes on.
        assert_eq!(refresh(store, "k3", "k4", Duration::ZERO).await, None);
        assert_eq!(refresh(store, "k4", "k5", GRACE).await, None);
    })
    .await;
}

#[tokio::test]
async fn two_tabs_at_once_bring_the_same_key() {
    on_both(async |base| {
        let store = &base.store;
        let other = base.another().await;
        let ends = Utc::now() + chrono::Duration::hours(1);
        let person = PersonId::new("u-1");
        store.start_session(&person, "k1", ends).await.unwrap();
        let (one, two) = tokio::join!(
            refresh(store, "k1", "k2", GRACE),
            refresh(&other, "k1", "k2", GRACE)
        );
        assert_eq!((one.as_deref(), two.as_deref()), (Some("u-1"), Some("u-1")));
        assert_eq!(
            refresh(store, "k2", "k3", GRACE).await.as_deref(),
            Some("u-1")
        );
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_by_time_by_hand_and_by_a_block() {
    on_both(async |base| {
        let store = &base.store;
        let now = Utc::now();
        let hour = chrono::Duration::hours(1);
        let [one, two] = ["u-1", "u-2"].map(PersonId::new);
        for (person, key, ends) in [
            (&one, "over", now - hour),
            (&one, "a", now + hour),
            (&one, "b", now + hour),
            (&one, "c", now + hour),
            (&two, "d", now + hour),
            (&two, "e", now + hour),
        ] {
            store.start_session(person, key, ends).await.unwrap();
        }
        assert_eq!(refresh(store, "over", "over2", GRACE).await, None);
        assert_eq!(store.prune_sessions(now).await.unwrap(), 1);
        assert_eq!(store.prune_sessions(now).await.unwrap(), 0);

        store.end_session("a").await.unwrap();
        store.end_session("a").await.unwrap();
        assert_eq!(refresh(store, "a", "a2", GRACE).await, None);
        assert_eq!(
            refresh(store, "b", "b2", GRACE).await.as_deref(),
            Some("u-1")
        );
        store.end_session("b").await.unwrap();
        assert_eq!(
            refresh(store, "b2", "b3", GRACE).await,
            None,
            "by its former key"
        );

        let mut record = StaffRecord {
            member: member("u-1", &[Role::Ops], &[]),
            login: None,
            password_hash: None,
            blocked: false,
        };
        store.upsert_staff(&record).await.unwrap();
        assert_eq!(
            refresh(store, "c", "c2", GRACE).await.as_deref(),
            Some("u-1")
        );
        record.blocked = true;
        store.upsert_staff(&record).await.unwrap();
        record.blocked = false;
        store.upsert_staff(&record).await.unwrap();
        assert_eq!(
            refresh(store, "c2", "c3", GRACE).await,
            None,
            "blocked once"
        );
        assert_eq!(
            refresh(store, "d", "d2", GRACE).await.as_deref(),
            Some("u-2")
        );
        store.end_sessions_of(&two).await.unwrap();
        for key in ["d2", "e"] {
            assert_eq!(refresh(store, key, "x", GRACE).await, None, "{key}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_portals_ticket_is_good_once_and_in_time() {
    on_both(async |base| {
        let store = &base.store;
        let ends = crate::column::instant(Utc::now() + chrono::Duration::seconds(60));
        let ticket = PortalTicket {
            person: PersonId::new("u-1"),
            portal: "portal".to_owned(),
            deal_id: 705,
            expires_at: ends,
        };
        let late = PortalTicket {
            expires_at: ends - chrono::Duration::seconds(61),
            ..ticket.clone()
        };
        store.issue_portal_ticket("h1", &ticket).await.unwrap();
        store.issue_portal_ticket("h2", &late).await.unwrap();
        store.issue_portal_ticket("h3", &late).await.unwrap();
        store.issue_portal_ticket("h4", &ticket).await.unwrap();
        assert_eq!(
            store.redeem_portal_ticket("h1").await.unwrap().as_ref(),
            Some(&ticket)
        );
        assert_eq!(
            store.redeem_portal_ticket("h1").await.unwrap(),
            None,
            "twice"
        );
        assert_eq!(
            store.redeem_portal_ticket("h2").await.unwrap(),
            None,
            "late"
        );
        assert_eq!(store.redeem_portal_ticket("h9").await.unwrap(), None);
        assert_eq!(store.prune_portal_tickets(Utc::now()).await.unwrap(), 1);

        let other = base.another().await;
        let (one, two) = tokio::join!(
            store.redeem_portal_ticket("h4"),
            other.redeem_portal_ticket("h4")
        );
        let redeemed = [one.unwrap(), two.unwrap()];
        assert_eq!(redeemed.iter().flatten().count(), 1, "{redeemed:?}");
        other.close().await.unwrap();
    })
    .await;
}
