//! What a database of an older release becomes: its audit begins the common chain.

use domain::audit::COMMON;
use domain::signing::Signers;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;
use serde_json::json;

use super::support::{buyout, open, policy, run, sqlite_url};
use crate::migration::Migrator;
use crate::testing::postgres;
use crate::{AuditEntry, Owner};

#[tokio::test]
async fn rows_of_an_older_release_begin_the_common_chain_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let store = open(&url).await;
        let before = Migrator::migrations()
            .iter()
            .position(|step| step.name() == "m0014_audit_chain")
            .expect("the step");
        let steps = u32::try_from(before).expect("a small number");
        Migrator::up(&store.db, Some(steps)).await.unwrap();
        // More than are chained in one go; the clock of a writer may have been wrong.
        for number in 1..=1_203_i64 {
            let second = 59 - number % 60;
            store
                .db
                .execute_unprepared(&format!(
                    "INSERT INTO audit (at, person, action, entity, detail) VALUES \
                     ('2026-11-20 07:00:{second:02}.123456+00:00', 'u-{number}', 'list.export', \
                     'buyouts', '{{\"rows\":{number},\"by\":\"ё\"}}')"
                ))
                .await
                .unwrap();
        }
        let mut old = buyout(1);
        old.policy = Some(policy(1, "Мурманск"));
        let document = serde_json::to_string(&old).unwrap().replace('\'', "''");
        let moment = "2026-11-23 07:00:00.123456+00:00";
        store
            .db
            .execute_unprepared(&format!(
                "INSERT INTO buyout (id, version, portal, deal_id, stage, active, city, car, \
                 due_at, started_at, stage_since, data) VALUES ('{}', 1, 'portal', 1, 'OFFER', \
                 TRUE, 'Мурманск', 'Chery', '{moment}', '{moment}', '{moment}', '{document}')",
                old.id
            ))
            .await
            .unwrap();
        store.migrate().await.unwrap();

        let rows = store.audit_rows(COMMON, 0, 2_000).await.unwrap();
        assert_eq!(rows.len(), 1_203);
        for (number, row) in (1_u64..).zip(&rows) {
            assert_eq!((row.seq, &row.person), (number, &format!("u-{number}")));
            assert_eq!(row.hash, row.digest(), "row {number}");
            assert_eq!(row.detail["rows"], json!(number));
        }
        let signers = Signers::new("k1", [("k1".to_owned(), [5; 32])]).expect("a key");
        assert_eq!(store.sign_audit(&signers).await.unwrap(), []);

        // The chain goes on, and a run of before belongs to its legal entity.
        let entry = AuditEntry {
            at: chrono::Utc::now(),
            person: "u-1".to_owned(),
            action: "buyout.read".to_owned(),
            entity: run(1).0,
            detail: json!({}),
        };
        store.audit(&entry).await.unwrap();
        let of_run = vec![(entry, Owner::Run(run(1)))];
        store.audit_all(of_run).await.unwrap();
        let heads = store.audit_heads().await.unwrap();
        let ends: Vec<(&str, u64)> = heads
            .iter()
            .map(|head| (head.chain.as_str(), head.seq))
            .collect();
        assert_eq!(ends, [("common", 1_204), ("legal/kite-test", 1)]);
        assert_eq!(store.sign_audit(&signers).await.unwrap(), []);
        for statement in [
            "UPDATE audit SET person = 'x'",
            "DELETE FROM audit_checkpoint",
        ] {
            let refused = store.db.execute_unprepared(statement).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        store.close().await.unwrap();
    }
}
