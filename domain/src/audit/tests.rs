use proptest::prelude::*;
use serde_json::json;

use super::*;

fn signers() -> Signers {
    Signers::new("k", [("k".to_owned(), [3; 32])]).expect("a key")
}

fn rows(chain: &str, count: u64) -> Vec<AuditRow> {
    let mut prev = GENESIS.to_owned();
    (1..=count)
        .map(|seq| {
            let row = AuditRow {
                chain: chain.to_owned(),
                seq,
                at: DateTime::from_timestamp_micros(1_763_931_200_000_000 + seq as i64)
                    .expect("an instant"),
                person: format!("u-{}", seq % 3),
                action: "buyout.save".to_owned(),
                entity: "buyout:p:1".to_owned(),
                run: (seq % 2 == 0).then(|| "buyout:p:1".to_owned()),
                detail: json!({ "version": seq, "b": [1, "x"], "a": { "z": null, "y": true } }),
                prev: prev.clone(),
                hash: String::new(),
            }
            .sealed();
            prev = row.hash.clone();
            row
        })
        .collect()
}

fn head(rows: &[AuditRow]) -> Head {
    let last = rows.last().expect("rows");
    Head {
        chain: last.chain.clone(),
        seq: last.seq,
        hash: last.hash.clone(),
    }
}

fn checkpoint(rows: &[AuditRow]) -> Checkpoint {
    Checkpoint::sign(&head(rows), rows[0].at, &signers())
}

fn check(checkpoints: &[Checkpoint], head: Option<Head>, rows: &[AuditRow]) -> Vec<ChainReport> {
    let mut check = Check::new(signers().public());
    for checkpoint in checkpoints {
        check.line(&Line::Checkpoint(checkpoint.clone()));
    }
    if let Some(head) = head {
        check.line(&Line::Head(head));
    }
    for row in rows {
        // Through its text, as an exported trail comes.
        let line = Line::Row(row.clone()).write().expect("a line");
        check.line(&serde_json::from_str(&line).expect("a line"));
    }
    check.finish()
}

fn problems(checkpoints: &[Checkpoint], rows: &[AuditRow]) -> Vec<Problem> {
    check(checkpoints, None, rows)
        .into_iter()
        .flat_map(|report| report.problems)
        .collect()
}

#[test]
fn a_chain_as_it_was_written_is_sound() {
    let rows = rows("legal/kite", 20);
    let reports = check(&[checkpoint(&rows[..15])], Some(head(&rows)), &rows);
    assert_eq!(
        reports,
        [ChainReport {
            chain: "legal/kite".to_owned(),
            rows: 20,
            last: 20,
            signed: 15,
            problems: Vec::new(),
            untold: 0,
        }]
    );
}

/// The hash of a row of this release. Whoever changes it makes every trail of the past unsound.
#[test]
fn the_encoding_stays_what_it_is() {
    assert_eq!(
        rows("legal/kite", 2)[1].hash,
        sha256(&fields_of(
            "kite.audit.v1",
            &[
                "legal/kite",
                "2",
                &rows("legal/kite", 1)[0].hash,
                "1763931200000002",
                "u-2",
                "buyout.save",
                "buyout:p:1",
                "buyout:p:1",
                r#"{"a":{"y":true,"z":null},"b":[1,"x"],"version":2}"#,
            ]
        ))
    );
    assert_eq!(
        fields_of("f", &["аб", ""]),
        b"f\n\x00\x00\x00\x04\xd0\xb0\xd0\xb1\x00\x00\x00\x00"
    );
}

#[test]
fn each_way_to_change_a_chain_is_told_by_its_name() {
    let whole = rows("legal/kite", 20);
    let signed = [checkpoint(&whole[..10]), checkpoint(&whole)];

    let mut altered = whole.clone();
    altered[4].person = "somebody".to_owned();
    assert_eq!(problems(&signed, &altered), [Problem::Altered { seq: 5 }]);

    // Whoever edits a row and hashes it anew breaks the next one.
    let mut rehashed = whole.clone();
    rehashed[4].person = "somebody".to_owned();
    rehashed[4] = rehashed[4].clone().sealed();
    assert_eq!(problems(&signed, &rehashed), [Problem::Broken { seq: 6 }]);

    let mut deleted = whole.clone();
    deleted.remove(6);
    assert_eq!(
        problems(&signed, &deleted),
        [Problem::Missing { from: 7, to: 7 }]
    );

    let mut swapped = whole.clone();
    swapped.swap(2, 3);
    assert!(problems(&signed, &swapped).contains(&Problem::OutOfOrder { seq: 3, after: 4 }));

    assert_eq!(
        problems(&signed, &whole[..12]),
        [Problem::CutOff { seq: 20, last: 12 }]
    );

    // A chain that is right in itself, with other content.
    let mut written_anew = Vec::new();
    let mut prev = GENESIS.to_owned();
    for mut row in whole.clone() {
        row.prev = prev;
        row.person = "somebody".to_owned();
        let row = row.sealed();
        prev = row.hash.clone();
        written_anew.push(row);
    }
    assert_eq!(
        problems(&signed, &written_anew),
        [
            Problem::Rewritten { seq: 10 },
            Problem::Rewritten { seq: 20 },
            Problem::Unsigned
        ]
    );
    assert_eq!(problems(&[], &whole), [Problem::Unsigned]);

    let mut other_key = signed[0].clone();
    other_key.key = "theirs".to_owned();
    assert!(
        problems(&[other_key, signed[1].clone()], &whole).contains(&Problem::UnknownKey {
            seq: 10,
            key: "theirs".to_owned()
        })
    );
    let mut moved = signed[0].clone();
    moved.seq = 9;
    assert!(
        problems(&[moved, signed[1].clone()], &whole).contains(&Problem::BadSignature {
            seq: 9,
            key: "k".to_owned()
        })
    );

    let cut = check(
        &[checkpoint(&whole[..10])],
        Some(head(&whole)),
        &whole[..15],
    );
    assert_eq!(
        cut[0].problems,
        [Problem::HeadDiffers { head: 20, last: 15 }]
    );
}

#[test]
fn chains_are_checked_each_for_itself_and_a_vanished_one_is_missed() {
    let (one, other) = (rows("common", 5), rows("legal/kite", 5));
    let signed = [checkpoint(&one), checkpoint(&other)];
    let both: Vec<AuditRow> = one.iter().chain(&other).cloned().collect();
    assert_eq!(problems(&signed, &both), []);
    assert_eq!(
        problems(&signed, &one),
        [Problem::CutOff { seq: 5, last: 0 }]
    );
    // A row of one chain does not do in another.
    let mut moved = both;
    moved[9].chain = "common".to_owned();
    assert!(!problems(&signed, &moved).is_empty());
}

#[test]
fn a_chain_that_is_wrong_throughout_is_told_in_few_lines() {
    let mut rows = rows("common", 300);
    for row in &mut rows {
        row.action.push('x');
    }
    let report = &check(&[], None, &rows)[0];
    assert_eq!(report.problems.len(), 100);
    assert_eq!(report.untold, 201);
}

proptest! {
    /// Any other value in any field gives another hash; no two lists of fields share their bytes.
    #[test]
    fn fields_do_not_run_into_each_other(a in ".{0,8}", b in ".{0,8}", c in ".{0,8}", d in ".{0,8}") {
        let (one, other) = ([a.as_str(), b.as_str()], [c.as_str(), d.as_str()]);
        prop_assert_eq!(fields_of("f", &one) == fields_of("f", &other), one == other);
    }

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_names(names in proptest::collection::btree_map("[a-zё]{1,4}", 0i64..9, 0..6)) {
        let forward: Value = names.iter().map(|(k, v)| (k.clone(), json!(v))).collect::<serde_json::Map<_, _>>().into();
        let backward: Value = names.iter().rev().map(|(k, v)| (k.clone(), json!(v))).collect::<serde_json::Map<_, _>>().into();
        prop_assert_eq!(canonical(&forward), canonical(&backward));
        prop_assert_eq!(serde_json::from_str::<Value>(&canonical(&forward)).expect("JSON"), forward);
    }

    /// Strings are written as serde_json writes them, escapes included: hashes of former versions stay what they are.
    #[test]
    fn canonical_strings_are_those_of_serde_json(string in "[a-zё\u{0}-\u{1f}\u{7f}\"\\\\\u{2028}]{0,12}") {
        let value = json!({ string.clone(): string });
        prop_assert_eq!(canonical(&value), value.to_string());
    }
}
