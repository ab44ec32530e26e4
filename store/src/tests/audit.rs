//! Chains of the audit: who writes them, and that whatever somebody changes in them is found.

use std::collections::BTreeSet;

use chrono::SubsecRound;
use domain::audit::{COMMON, Check, Checkpoint, Line, Problem};
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::signing::Signers;
use domain::task::{TaskKind, TaskState};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::json;

use super::support::{
    Base, add, at, buyout, event, member, on_both, person, policy, run, save, task,
};
use crate::staff::StaffRecord;
use crate::{AuditEntry, AuditFilter, Owner, Page, Store};

fn signers() -> Signers {
    Signers::new("k1", [("k1".to_owned(), [5; 32])]).expect("a key")
}

fn entry(action: &str, entity: &str) -> AuditEntry {
    AuditEntry {
        at: chrono::Utc::now().trunc_subsecs(6),
        person: "u-1".to_owned(),
        action: action.to_owned(),
        entity: entity.to_owned(),
        detail: json!({ "z": 1, "a": ["ё", null, true], "деталь": { "y": -5, "b": "x" } }),
    }
}

/// The whole trail as it would be given out; `db` may be within a transaction.
async fn problems(
    store: &Store,
    db: &impl ConnectionTrait,
    kept: &[Checkpoint],
) -> BTreeSet<String> {
    use crate::audit::testing;
    let mut check = Check::new(signers().public());
    for checkpoint in kept {
        check.checkpoint(checkpoint);
    }
    let lines = testing::trail(db).await.unwrap_or_else(|error| {
        // What cannot even be read was changed.
        eprintln!("{error} in {:?}", store);
        vec![Err(error.to_string())]
    });
    let mut found = BTreeSet::new();
    for line in lines {
        match line {
            Ok(line) => check.line(&line),
            Err(error) => {
                found.insert(error);
            }
        }
    }
    for report in check.finish() {
        found.extend(
            report
                .problems
                .iter()
                .map(|problem| format!("{}: {problem}", report.chain)),
        );
    }
    found
}

async fn sound(base: &Base) {
    let found = problems(&base.store, &base.store.db, &[]).await;
    assert_eq!(found, BTreeSet::new());
}

#[tokio::test]
async fn rows_of_a_run_go_to_its_legal_entity_and_the_rest_to_the_common_chain() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(1);
        save(store, &one, &[event(1, "Начато.")]).await;
        one.version = 2;
        one.policy = Some(policy(1, "site-1"));
        save(store, &one, &[event(2, "Правила взяты.")]).await;
        store.audit(&entry("codec.decode", "kite")).await.unwrap();
        let read = (entry("buyout.read", "buyout:portal:1"), Owner::Run(run(1)));
        store.audit_all(vec![read]).await.unwrap();

        let rows = store.audit_of_run(&run(1)).await.unwrap();
        let told: Vec<(&str, &str, &str)> = rows
            .iter()
            .map(|row| (row.chain.as_str(), row.action.as_str(), row.person.as_str()))
            .collect();
        let mut told = told;
        told.sort_unstable();
        assert_eq!(
            told,
            [
                // Before the run had captured a policy it was nobody's.
                ("common", "buyout.save", "process"),
                ("common", "buyout.stage", "u-1"),
                ("legal/kite-test", "buyout.read", "u-1"),
                ("legal/kite-test", "buyout.save", "process"),
                ("legal/kite-test", "buyout.stage", "u-1"),
            ]
        );
        assert_eq!(
            store.audit_chains().await.unwrap(),
            ["common", "legal/kite-test"]
        );
        assert_eq!(store.sign_audit(&signers()).await.unwrap(), []);
        sound(base).await;
    })
    .await;
}

#[tokio::test]
async fn every_save_and_every_decision_leaves_a_row_and_a_repeat_leaves_none() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = buyout(1);
        one.policy = Some(policy(1, "site-1"));
        let mut asked = task(&one.id, 1, TaskKind::Appraise);
        add(&mut one, asked.clone());
        let mut opened = event(1, "Задание: оценить.");
        opened.kind = EventKind::TaskOpened;
        opened.actor = None;
        save(store, &one, &[opened.clone()]).await;
        save(store, &one, &[opened.clone()]).await;

        asked.version = 2;
        asked.state = TaskState::Done;
        asked.closed_by = Some(person("u-app"));
        asked.closed_at = Some(at(50));
        asked.result = Some("Цена 300 000 ₽.".to_owned());
        add(&mut one, asked);
        one.version = 2;
        one.stage = Stage::Offer;
        save(store, &one, &[event(2, "Иванов Иван, 300 000 ₽.")]).await;

        let rows = store.audit_of_run(&run(1)).await.unwrap();
        let count = |action: &str| rows.iter().filter(|row| row.action == action).count();
        assert_eq!(
            (
                count("buyout.save"),
                count("task.decide"),
                count("buyout.stage"),
                rows.len()
            ),
            (2, 1, 1, 4),
            "{rows:?}"
        );
        let decision = store.audit_of(&format!("{}/1", run(1))).await.unwrap();
        assert_eq!(
            (
                decision[0].person.as_str(),
                decision[0].at,
                &decision[0].detail["version"]
            ),
            ("u-app", at(50), &json!(2))
        );
        let second = rows
            .iter()
            .find(|row| row.action == "buyout.save" && row.detail["version"] == 2)
            .expect("the second save");
        assert_eq!(
            (&second.detail["stage_before"], &second.detail["stage"]),
            (&json!("NEW"), &json!("OFFER"))
        );
        let text = serde_json::to_string(&rows).unwrap();
        for personal in ["Иванов", "300 000", "Семёнов", "79000000001"] {
            assert!(!text.contains(personal), "{personal} is in the audit");
        }

        // A late save of a version that was overtaken brings its own events only.
        let mut late = buyout(1);
        late.policy = one.policy.clone();
        save(store, &late, &[opened]).await;
        assert_eq!(store.audit_of_run(&run(1)).await.unwrap().len(), 4);
        assert_eq!(store.sign_audit(&signers()).await.unwrap(), []);
        sound(base).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_undone_leaves_no_row() {
    on_both(async |base| {
        let store = &base.store;
        store.put_policy(None, &policy(1, "a")).await.unwrap();
        let refused = store.put_policy(None, &policy(1, "b")).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(store.audit_of("default").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn writers_at_once_make_one_chain_without_gaps() {
    on_both(async |base| {
        let other = base.another().await;
        store_people(&base.store).await;
        let writers = (0..40).map(|number| {
            let store = if number % 2 == 0 { &base.store } else { &other };
            async move {
                match number % 4 {
                    // Changes that take the feed's counter first, and ones that take it last.
                    0 => {
                        let person = domain::staff::PersonId::new("u-1");
                        let substitute = domain::staff::PersonId::new("u-2");
                        let stands = (number % 8 == 0).then_some(&substitute);
                        store.set_substitute(&person, stands).await.unwrap();
                    }
                    1 => {
                        let mut one = buyout(number);
                        one.policy = Some(policy(1, "site-1"));
                        save(store, &one, &[event(1, "Начато.")]).await;
                    }
                    2 => store.audit(&entry("codec.decode", "kite")).await.unwrap(),
                    _ => {
                        let of_run = entry("buyout.read", "x");
                        let both = vec![
                            (of_run, Owner::LegalEntity("kite-test".to_owned())),
                            (entry("list.export", "x"), Owner::Nobody),
                        ];
                        store.audit_all(both).await.unwrap();
                    }
                }
            }
        });
        futures::future::join_all(writers).await;
        assert_eq!(base.store.sign_audit(&signers()).await.unwrap(), []);
        sound(base).await;
        let heads = base.store.audit_heads().await.unwrap();
        let ends: Vec<(&str, u64)> = heads
            .iter()
            .map(|head| (head.chain.as_str(), head.seq))
            .collect();
        // Two people, ten substitutions, ten decodes, ten exports; ten saves with a line each, ten reads.
        assert_eq!(ends, [("common", 32), ("legal/kite-test", 30)]);
        other.close().await.unwrap();
    })
    .await;
}

async fn store_people(store: &Store) {
    for id in ["u-1", "u-2"] {
        let record = StaffRecord {
            member: member(id, &[], &[]),
            login: None,
            password_hash: None,
            blocked: false,
        };
        store.upsert_staff(&record).await.unwrap();
    }
}

#[tokio::test]
async fn a_chain_that_somebody_changed_is_not_signed() {
    on_both(async |base| {
        let store = &base.store;
        for _ in 0..5 {
            store.audit(&entry("codec.decode", "kite")).await.unwrap();
        }
        assert_eq!(store.sign_audit(&signers()).await.unwrap(), []);
        assert_eq!(store.audit_checkpoints().await.unwrap().len(), 1);
        // Nothing new: nothing to sign.
        assert_eq!(store.sign_audit(&signers()).await.unwrap(), []);
        assert_eq!(store.audit_checkpoints().await.unwrap().len(), 1);
        store.audit(&entry("codec.decode", "kite")).await.unwrap();
        unlock(&store.db).await;
        run_sql(&store.db, "UPDATE audit SET person = 'x' WHERE seq = 6").await;
        let refused = store.sign_audit(&signers()).await.unwrap();
        assert_eq!(refused.len(), 1);
        assert_eq!(
            (refused[0].chain.as_str(), &refused[0].problem),
            (COMMON, &Problem::Altered { seq: 6 })
        );
        assert_eq!(store.audit_checkpoints().await.unwrap().len(), 1);
    })
    .await;
}

async fn run_sql(db: &impl ConnectionTrait, sql: &str) -> u64 {
    db.execute_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
        .rows_affected()
}

/// What an administrator of the database could do.
async fn unlock(db: &impl ConnectionTrait) {
    let triggers: &[&str] = match db.get_database_backend() {
        DbBackend::Sqlite => &[
            "DROP TRIGGER audit_no_update",
            "DROP TRIGGER audit_no_delete",
            "DROP TRIGGER audit_checkpoint_no_update",
            "DROP TRIGGER audit_checkpoint_no_delete",
        ],
        _ => &[
            "DROP TRIGGER audit_append_only ON audit",
            "DROP TRIGGER audit_checkpoint_append_only ON audit_checkpoint",
        ],
    };
    for trigger in triggers {
        run_sql(db, trigger).await;
    }
}

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// One change of the trail by hand: a sentence of SQL for one row, or for two.
fn mutation(dice: &mut Dice, chain: &str, last: u64) -> Vec<String> {
    let seq = dice.below(last) + 1;
    let of = |seq: u64| format!("chain = '{chain}' AND seq = {seq}");
    let hex = |number: u64| format!("{:064x}", number);
    match dice.below(14) {
        0 => vec![format!(
            "UPDATE audit SET person = person || 'x' WHERE {}",
            of(seq)
        )],
        1 => vec![format!("UPDATE audit SET action = 'x.y' WHERE {}", of(seq))],
        2 => vec![format!(
            "UPDATE audit SET entity = entity || '1' WHERE {}",
            of(seq)
        )],
        3 => vec![format!(
            "UPDATE audit SET run = COALESCE(run || '1', 'x') WHERE {}",
            of(seq)
        )],
        4 => vec![format!(
            "UPDATE audit SET detail = '{{\"n\":{}}}' WHERE {}",
            dice.below(1_000) + 7,
            of(seq)
        )],
        5 => vec![format!(
            "UPDATE audit SET at = '2020-01-01 00:00:00.000001+00:00' WHERE {}",
            of(seq)
        )],
        6 => vec![format!(
            "UPDATE audit SET prev = '{}' WHERE {}",
            hex(dice.below(u64::MAX)),
            of(seq)
        )],
        7 => vec![format!(
            "UPDATE audit SET hash = '{}' WHERE {}",
            hex(dice.below(u64::MAX)),
            of(seq)
        )],
        8 => vec![format!(
            "UPDATE audit SET chain = 'legal/other' WHERE {}",
            of(seq)
        )],
        9 => vec![format!(
            "UPDATE audit SET seq = seq + 1000 WHERE {}",
            of(seq)
        )],
        10 => vec![format!("DELETE FROM audit WHERE {}", of(seq))],
        11 => {
            // Two rows change places.
            let other = seq % last + 1;
            vec![
                format!("UPDATE audit SET seq = -1 WHERE {}", of(seq)),
                format!("UPDATE audit SET seq = {seq} WHERE {}", of(other)),
                format!("UPDATE audit SET seq = {other} WHERE chain = '{chain}' AND seq = -1"),
            ]
        }
        12 => {
            // The end is cut off, with its checkpoints in the table and with the head.
            let stays = seq - 1;
            let mut all = vec![
                format!("DELETE FROM audit WHERE chain = '{chain}' AND seq > {stays}"),
                format!("DELETE FROM audit_checkpoint WHERE chain = '{chain}' AND seq > {stays}"),
            ];
            all.push(format!(
                "UPDATE audit_head SET seq = {stays}, hash = COALESCE((SELECT hash FROM audit WHERE chain = '{chain}' AND seq = {stays}), '{}') WHERE chain = '{chain}'",
                domain::audit::GENESIS
            ));
            all
        }
        _ => {
            let what = [
                "seq = seq - 1",
                "hash = 'ff'",
                "signature = 'AAAA'",
                "key = 'k2'",
                "at = '2020-01-01 00:00:00.000001+00:00'",
            ];
            let what = what[dice.below(5) as usize];
            vec![format!(
                "UPDATE audit_checkpoint SET {what} WHERE chain = '{chain}' AND seq = (SELECT MAX(seq) FROM audit_checkpoint WHERE chain = '{chain}')"
            )]
        }
    }
}

#[tokio::test]
async fn a_thousand_changes_by_hand_are_all_found() {
    on_both(async |base| {
        let store = &base.store;
        store_people(store).await;
        for number in 1..=12 {
            let mut one = buyout(number);
            one.policy = Some(policy(1, "site-1"));
            save(store, &one, &[event(1, "Начато.")]).await;
            if number % 4 == 0 {
                store.sign_audit(&signers()).await.unwrap();
            }
        }
        for number in 0..10 {
            store
                .audit(&entry("list.export", &format!("e-{number}")))
                .await
                .unwrap();
        }
        store.sign_audit(&signers()).await.unwrap();
        sound(base).await;
        // What an auditor took away last time.
        let kept = store.audit_checkpoints().await.unwrap();
        let heads = store.audit_heads().await.unwrap();
        unlock(&store.db).await;

        let mut dice = Dice(20_261_129);
        let mut missed = Vec::new();
        for number in 0..1_000 {
            let head = &heads[dice.below(heads.len() as u64) as usize];
            let statements = mutation(&mut dice, &head.chain, head.seq);
            let tx = store.db.begin().await.unwrap();
            let mut changed = 0;
            for statement in &statements {
                changed += run_sql(&tx, statement).await;
            }
            assert!(changed > 0, "{statements:?} changed nothing");
            if problems(store, &tx, &kept).await.is_empty() {
                missed.push((number, statements));
            }
            tx.rollback().await.unwrap();
        }
        assert!(missed.is_empty(), "{} of 1000: {missed:?}", missed.len());
        sound(base).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_that_a_person_chose_becomes_a_line_or_a_command_of_a_terminal() {
    on_both(async |base| {
        let hostile = "x\r\n{\"kind\":\"row\"}\u{1b}[31m\u{202e}\0";
        let mut one = entry("session.start", hostile);
        one.person = hostile.to_owned();
        one.detail = json!({ "filter": hostile });
        base.store.audit(&one).await.unwrap();
        let rows = base.store.audit_rows(COMMON, 0, 10).await.unwrap();
        let line = Line::Row(rows[0].clone()).write().unwrap();
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        assert!(line.ends_with('\n'));
        assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
        for text in [&rows[0].person, &rows[0].entity] {
            assert_eq!(*text, domain::audit::plain(text));
        }
        base.store.sign_audit(&signers()).await.unwrap();
        sound(base).await;
    })
    .await;
}

#[tokio::test]
async fn the_trail_is_searched_and_paged_the_latest_first() {
    on_both(async |base| {
        let store = &base.store;
        let mut entries = Vec::new();
        for number in 0..25_i64 {
            let mut one = entry(
                if number % 5 == 0 {
                    "session.start"
                } else {
                    "buyout.read"
                },
                &format!("e-{}", number % 3),
            );
            // Equal instants are told apart.
            one.at = at(number / 2);
            one.person = format!("u-{}", number % 2);
            let owner = match number % 3 {
                0 => Owner::Nobody,
                1 => Owner::LegalEntity("kite".to_owned()),
                _ => Owner::Run(run(1)),
            };
            entries.push((one, owner));
        }
        store.audit_all(entries).await.unwrap();
        let all = |filter: AuditFilter| async move {
            let (mut rows, mut cursor) = (Vec::new(), None);
            loop {
                let page = Page { size: 4, cursor };
                let found = store.search_audit(&filter, &page).await.unwrap();
                let total = found.total;
                rows.extend(found.rows);
                cursor = found.next_cursor;
                if cursor.is_none() {
                    assert_eq!(total, rows.len() as u64);
                    return rows;
                }
            }
        };
        let everything = all(AuditFilter::default()).await;
        assert_eq!(everything.len(), 25);
        assert!(everything.is_sorted_by(|a, b| (a.at, &a.chain, a.seq) > (b.at, &b.chain, b.seq)));
        let count = |filter: AuditFilter| async { all(filter).await.len() };
        let of = AuditFilter::default;
        assert_eq!(
            count(AuditFilter {
                action: "session".to_owned(),
                ..of()
            })
            .await,
            5
        );
        assert_eq!(
            count(AuditFilter {
                action: "session.start".to_owned(),
                ..of()
            })
            .await,
            5
        );
        assert_eq!(
            count(AuditFilter {
                action: "session.st".to_owned(),
                ..of()
            })
            .await,
            0
        );
        assert_eq!(
            count(AuditFilter {
                person: "u-1".to_owned(),
                ..of()
            })
            .await,
            12
        );
        assert_eq!(
            count(AuditFilter {
                run: run(1).0,
                ..of()
            })
            .await,
            8
        );
        assert_eq!(
            count(AuditFilter {
                chain: "legal/kite".to_owned(),
                ..of()
            })
            .await,
            8
        );
        assert_eq!(
            count(AuditFilter {
                entity: "e-0".to_owned(),
                ..of()
            })
            .await,
            9
        );
        assert_eq!(
            count(AuditFilter {
                from: Some(at(2)),
                to: Some(at(4)),
                ..of()
            })
            .await,
            4
        );
    })
    .await;
}
