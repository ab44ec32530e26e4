//! Checks that need no gateway: packs, trails and back-ups as files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use archive::evidence::{Category, FORMAT, Manifest, Part, Person, VERSION};
use archive::{backup, sealed, tape};
use chrono::DateTime;
use domain::audit::{AuditRow, Checkpoint, GENESIS, Head, Line, sha256};
use domain::signing::Signers;
use secrecy::SecretString;

fn kite(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kite"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KITE_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn signers(seed: u8) -> Signers {
    Signers::new("prod-1", [("prod-1".to_owned(), [seed; 32])]).expect("a key")
}

fn key(seed: u8) -> String {
    let public = signers(seed).public();
    let (id, key) = public.iter().next().expect("a key");
    format!("{id}={key}")
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a plain path")
}

fn pack(folder: &Path) -> PathBuf {
    let summary = b"summary";
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        run: "buyout:p:\u{1b}[31m1".to_owned(),
        deal: 1,
        legal_entity: None,
        made_at: DateTime::UNIX_EPOCH,
        made_by: Person {
            id: "u-head".to_owned(),
            name: "Глеб\r\nЧайкин".to_owned(),
        },
        software: "0.1.0".to_owned(),
        parts: vec![Part {
            path: "summary.txt".to_owned(),
            category: Category::Summary,
            title: "Сводка".to_owned(),
            content_type: "text/plain".to_owned(),
            size: summary.len() as u64,
            sha256: sha256(summary),
            registered: None,
        }],
        missing: Vec::new(),
    };
    let mut bytes = tape::entry("summary.txt", summary).expect("an entry");
    bytes.extend(manifest.seal(&signers(1)).expect("an end"));
    let file = folder.join("pack.tar");
    std::fs::write(&file, bytes).expect("a file");
    file
}

fn rows(count: u64) -> Vec<AuditRow> {
    let mut prev = GENESIS.to_owned();
    (1..=count)
        .map(|seq| {
            let row = AuditRow {
                chain: "common".to_owned(),
                seq,
                at: DateTime::UNIX_EPOCH,
                person: "u-1".to_owned(),
                action: "session.start".to_owned(),
                entity: "u-1".to_owned(),
                run: None,
                detail: serde_json::json!({ "n": seq }),
                prev: prev.clone(),
                hash: String::new(),
            }
            .sealed();
            prev = row.hash.clone();
            row
        })
        .collect()
}

fn trail(rows: &[AuditRow]) -> String {
    let last = rows.last().expect("a row");
    let head = Head {
        chain: last.chain.clone(),
        seq: last.seq,
        hash: last.hash.clone(),
    };
    let signed = Checkpoint::sign(&head, DateTime::UNIX_EPOCH, &signers(1));
    std::iter::once(Line::Checkpoint(signed))
        .chain(rows.iter().cloned().map(Line::Row))
        .map(|line| line.write().expect("a line"))
        .collect()
}

#[test]
fn a_pack_is_checked_without_a_gateway_and_a_flipped_byte_ends_with_status_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = pack(dir.path());
    let verify = |key: &str| kite(&["evidence", "verify", path(&file), "--key", key], &[]);
    let good = verify(&key(1));
    let text = said(&good);
    assert!(good.status.success(), "{text}");
    assert!(
        text.contains("genuine") && text.contains("u-head"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");

    // Keys may lie in a file.
    let keys = dir.path().join("keys.txt");
    std::fs::write(&keys, format!("# of the company\n{}\n", key(1))).expect("a file");
    assert!(verify(path(&keys)).status.success());

    let other = verify(&key(2));
    assert_eq!(other.status.code(), Some(1), "{}", said(&other));
    let without = kite(&["evidence", "verify", path(&file)], &[]);
    assert_eq!(without.status.code(), Some(1));
    assert!(
        said(&without).contains("no --key was given"),
        "{}",
        said(&without)
    );

    let mut bytes = std::fs::read(&file).expect("the pack");
    bytes[515] ^= 1;
    std::fs::write(&file, bytes).expect("changed");
    let changed = verify(&key(1));
    assert_eq!(changed.status.code(), Some(1));
    assert!(said(&changed).contains("summary.txt"), "{}", said(&changed));
}

#[test]
fn a_trail_is_checked_from_a_file_and_remembered() {
    let dir = tempfile::tempdir().expect("a folder");
    let (file, kept) = (dir.path().join("audit.jsonl"), dir.path().join("kept.json"));
    let all = rows(12);
    std::fs::write(&file, trail(&all)).expect("a file");
    let trusted = key(1);
    let verify = || {
        let arguments = [
            "audit",
            "verify",
            "--file",
            path(&file),
            "--key",
            &trusted,
            "--remember",
            path(&kept),
        ];
        kite(&arguments, &[])
    };
    let good = verify();
    assert!(good.status.success(), "{}", said(&good));
    assert!(said(&good).contains("sound"), "{}", said(&good));

    // Its end was cut off, and what is left was signed anew.
    std::fs::write(&file, trail(&all[..5])).expect("a file");
    let cut = verify();
    assert_eq!(cut.status.code(), Some(1), "{}", said(&cut));
    assert!(said(&cut).contains("cut off"), "{}", said(&cut));

    let mut edited = all.clone();
    edited[3].person = "u-2".to_owned();
    std::fs::write(&file, trail(&edited)).expect("a file");
    let edited = verify();
    assert!(
        said(&edited).contains("row 4 is not what was written"),
        "{}",
        said(&edited)
    );

    let without = kite(&["audit", "verify", "--file", path(&file)], &[]);
    assert_eq!(without.status.code(), Some(1));
    assert!(said(&without).contains("give --key"), "{}", said(&without));
}

#[test]
fn the_trail_within_a_backup_is_checked_without_restoring_it() {
    use std::io::Write;
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("kite.backup");
    let passphrase = "correct horse battery";
    let out = std::fs::File::create(&file).expect("a file");
    let cost = sealed::Cost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
    let mut sealed =
        sealed::Writer::new(out, &SecretString::from(passphrase), cost).expect("a writer");
    for (name, content) in [(backup::KEYS, "keys"), (backup::AUDIT, &trail(&rows(7)))] {
        let entry = tape::entry(name, content.as_bytes()).expect("an entry");
        sealed.write_all(&entry).expect("written");
    }
    sealed.write_all(&tape::END).expect("written");
    sealed.finish().expect("sealed");
    let verify = |passphrase: &str| {
        kite(
            &["audit", "verify", "--backup", path(&file), "--key", &key(1)],
            &[("KITE_BACKUP_PASSPHRASE", passphrase)],
        )
    };
    let good = verify(passphrase);
    assert!(good.status.success(), "{}", said(&good));
    let wrong = verify("another passphrase");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        said(&wrong).contains("passphrase is another one"),
        "{}",
        said(&wrong)
    );
}
