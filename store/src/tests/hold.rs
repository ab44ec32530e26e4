//! Partners on hold.

use chrono::{Duration, Utc};
use domain::hold::HoldCause;
use domain::staff::PersonId;

use super::support::on_both;
use crate::change::Topic;
use crate::{Page, StoreError};

#[tokio::test]
async fn a_partner_is_held_once_by_ops_and_once_by_its_circuit() {
    on_both(async |base| {
        let store = &base.store;
        let ops = PersonId::new("u-ops");
        let held = store
            .hold_partner("fssp", "ФССП", "Плановые работы.", &ops)
            .await
            .unwrap();
        assert_eq!(
            (held.cause, held.held_by.clone(), held.released_at),
            (HoldCause::Ops, Some(ops.clone()), None)
        );
        let again = store.hold_partner("fssp", "ФССП", "Ещё.", &ops).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let soon = Utc::now() + Duration::seconds(30);
        let opened = [
            store.open_circuit("fssp", "ФССП", "сбой", soon).await,
            base.another()
                .await
                .open_circuit("fssp", "ФССП", "сбой", soon)
                .await,
        ];
        assert_eq!(opened.map(Result::unwrap), [true, false]);
        let causes: Vec<_> = store
            .holds_in_force()
            .await
            .unwrap()
            .into_iter()
            .map(|hold| (hold.partner, hold.cause))
            .collect();
        assert_eq!(
            causes,
            [
                ("fssp".to_owned(), HoldCause::Ops),
                ("fssp".to_owned(), HoldCause::Circuit)
            ]
        );

        // An answer ends the circuit alone; ops end everything.
        assert!(store.close_circuit("fssp").await.unwrap());
        assert!(!store.close_circuit("fssp").await.unwrap());
        assert_eq!(store.holds_in_force().await.unwrap(), [held]);
        assert!(
            store
                .open_circuit("fssp", "ФССП", "сбой", soon)
                .await
                .unwrap()
        );
        store.resume_partner("fssp", &ops).await.unwrap();
        assert_eq!(store.holds_in_force().await.unwrap(), []);
        let nothing = store.resume_partner("fssp", &ops).await;
        assert!(
            matches!(nothing, Err(StoreError::Conflict(_))),
            "{nothing:?}"
        );

        let page = Page {
            size: 2,
            cursor: None,
        };
        let first = store.list_holds(Some("fssp"), &page).await.unwrap();
        assert_eq!((first.rows.len(), first.total), (2, 3));
        let page = Page {
            cursor: first.next_cursor,
            ..page
        };
        let second = store.list_holds(Some("fssp"), &page).await.unwrap();
        assert_eq!(second.rows.len(), 1);
        assert_eq!(second.rows[0].reason, "Плановые работы.");
        assert_eq!(second.rows[0].released_by, Some(ops.clone()));
        assert_eq!(
            store.list_holds(Some("bank"), &page).await.unwrap().total,
            0
        );

        let actions: Vec<_> = store
            .audit_of("partner/fssp")
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.action)
            .collect();
        assert_eq!(actions, ["partner.hold", "partner.resume"]);
        let told = store.changes_after(0, &[], 100).await.unwrap();
        let of_it = told.iter().filter(|c| c.topic == Topic::Partner);
        assert_eq!(of_it.count(), 5, "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn of_all_workers_one_may_try_an_open_circuit() {
    on_both(async |base| {
        let store = &base.store;
        let another = base.another().await;
        let now = Utc::now();
        let next = now + Duration::seconds(30);
        assert!(
            store
                .open_circuit("bank", "Банк", "сбой", now)
                .await
                .unwrap()
        );
        let early = now - Duration::seconds(1);
        assert!(!store.take_probe("bank", early, next).await.unwrap());
        let (one, two) = tokio::join!(
            store.take_probe("bank", now, next),
            another.take_probe("bank", now, next)
        );
        assert!(one.unwrap() != two.unwrap(), "one of two");
        let later = next + Duration::seconds(30);
        assert!(another.take_probe("bank", next, later).await.unwrap());
        // Of the runs that wait one is sent to try, when it is time.
        let soon = next + Duration::seconds(10);
        assert!(!store.take_invite("bank", next, soon).await.unwrap());
        assert!(
            store
                .take_invite("bank", later, later + Duration::seconds(10))
                .await
                .unwrap()
        );
        assert!(!another.take_invite("bank", later, soon).await.unwrap());
        // What a person holds is tried by nobody.
        let ops = PersonId::new("u-ops");
        store.close_circuit("bank").await.unwrap();
        store.hold_partner("bank", "Банк", "x", &ops).await.unwrap();
        let late = later + Duration::days(1);
        assert!(!store.take_probe("bank", late, late).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_was_held_since_a_moment_is_known_with_its_end() {
    on_both(async |base| {
        let store = &base.store;
        let ops = PersonId::new("u-ops");
        let before = Utc::now() - Duration::seconds(1);
        store.hold_partner("fssp", "ФССП", "x", &ops).await.unwrap();
        store.resume_partner("fssp", &ops).await.unwrap();
        let between = Utc::now();
        store.hold_partner("fssp", "ФССП", "y", &ops).await.unwrap();
        store.hold_partner("bank", "Банк", "z", &ops).await.unwrap();
        let held = store.held_since("fssp", before).await.unwrap();
        assert_eq!(held.len(), 2);
        assert!(
            held[0]
                .to
                .is_some_and(|to| to >= held[0].from && to <= between)
        );
        assert_eq!(held[1].to, None);
        assert_eq!(store.held_since("fssp", between).await.unwrap(), held[1..]);
    })
    .await;
}
