//! Messages, vehicle reports, links, audit.

use chrono::SubsecRound;
use sea_orm::ConnectionTrait;

use super::support::{at, on_both, run};
use crate::message::{MessageChannel, MessageState};
use crate::vehicle_report::VehicleReport;
use crate::{AuditEntry, StoreError};

#[tokio::test]
async fn a_message_is_written_once_and_found_by_the_partners_id() {
    on_both(async |base| {
        let store = &base.store;
        let put = async |channel| store.put_message("offer/1", &run(1), channel).await;
        let first = put(MessageChannel::Messenger).await.unwrap();
        assert_eq!(
            (first.state, first.partner_id.clone()),
            (MessageState::Intended, None)
        );
        assert_eq!(put(MessageChannel::Messenger).await.unwrap(), first);
        let other = put(MessageChannel::Mail).await;
        assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");

        store.message_sent("offer/1", "m-1").await.unwrap();
        let sent = store.message_by_partner_id("m-1").await.unwrap().unwrap();
        assert_eq!(
            (sent.key.as_str(), sent.state),
            ("offer/1", MessageState::Sent)
        );
        store
            .set_message_state("offer/1", MessageState::Delivered)
            .await
            .unwrap();
        // The answer to the sending comes after the status: the status stays.
        store.message_sent("offer/1", "m-1").await.unwrap();
        assert_eq!(
            store.message("offer/1").await.unwrap().unwrap().state,
            MessageState::Delivered
        );
        assert_eq!(store.message_by_partner_id("m-2").await.unwrap(), None);
        let absent = store.message_sent("offer/2", "m-2").await;
        assert!(
            matches!(absent, Err(StoreError::NotFound { .. })),
            "{absent:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_newest_report_that_is_fresh_enough_is_used_again() {
    on_both(async |base| {
        let store = &base.store;
        let report = |uid: &str, seconds| VehicleReport {
            provider: "avtocod".to_owned(),
            uid: uid.to_owned(),
            identifier: "XTA210990Y0000001".to_owned(),
            run: run(1),
            ordered_at: at(seconds),
        };
        for (uid, seconds) in [("r-2", 20), ("r-1", 10)] {
            store.put_report(&report(uid, seconds)).await.unwrap();
        }
        store.put_report(&report("r-1", 99)).await.unwrap();
        let newest = async |provider, since| {
            store
                .newest_report(provider, "XTA210990Y0000001", at(since))
                .await
                .unwrap()
        };
        assert_eq!(newest("avtocod", 0).await, Some(report("r-2", 20)));
        assert_eq!(newest("avtocod", 20).await, Some(report("r-2", 20)));
        assert_eq!(newest("avtocod", 21).await, None);
        assert_eq!(newest("autoteka", 0).await, None);
        assert_eq!(
            store.report_by_uid("avtocod", "r-1").await.unwrap(),
            Some(report("r-1", 10))
        );
        assert_eq!(store.report_by_uid("autoteka", "r-1").await.unwrap(), None);

        // Another run that orders the same report takes it over.
        let later = VehicleReport {
            run: run(2),
            ..report("r-1", 50)
        };
        store.put_report(&later).await.unwrap();
        assert_eq!(
            store.report_by_uid("avtocod", "r-1").await.unwrap(),
            Some(later)
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_until_it_is_taken_back() {
    on_both(async |base| {
        assert!(!base.store.link_revoked("l-1").await.unwrap());
        base.store.revoke_link("l-1", &run(1)).await.unwrap();
        base.store.revoke_link("l-1", &run(1)).await.unwrap();
        assert!(base.store.link_revoked("l-1").await.unwrap());
        assert!(!base.store.link_revoked("l-2").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn the_audit_trail_cannot_be_changed() {
    on_both(async |base| {
        let entry = |action: &str| AuditEntry {
            at: chrono::Utc::now().trunc_subsecs(6),
            person: "u-1".to_owned(),
            action: action.to_owned(),
            entity: "default".to_owned(),
            detail: serde_json::json!({"payloads": 2}),
        };
        let entries = [entry("codec.decode"), entry("codec.encode")];
        for entry in &entries {
            base.store.audit(entry).await.unwrap();
        }
        for statement in ["UPDATE audit SET person = 'x'", "DELETE FROM audit"] {
            let refused = base
                .store
                .db
                .execute_unprepared(statement)
                .await
                .unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        assert_eq!(base.store.audit_of("default").await.unwrap(), entries);
        assert_eq!(base.store.audit_of("other").await.unwrap(), []);
    })
    .await;
}
