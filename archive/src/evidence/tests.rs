use chrono::DateTime;
use domain::audit::sha256;
use domain::signing::{PublicKeys, Signers};

use super::*;
use crate::tape;

fn signers(seed: u8) -> Signers {
    Signers::new("k", [("k".to_owned(), [seed; 32])]).expect("a key")
}

fn part(path: &str, category: Category, content: &[u8]) -> Part {
    Part {
        path: path.to_owned(),
        category,
        title: "Часть".to_owned(),
        content_type: "text/plain".to_owned(),
        size: content.len() as u64,
        sha256: sha256(content),
        registered: None,
    }
}

const CONTENTS: [(&str, Category, &[u8]); 3] = [
    ("summary.txt", Category::Summary, "Сделка 1".as_bytes()),
    ("photos/001.jpg", Category::Photo, &[0xff; 1_500]),
    ("documents/001.pdf", Category::Document, b"%PDF-1.7"),
];

fn manifest(parts: Vec<Part>) -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        run: "buyout:p:1".to_owned(),
        deal: 1,
        legal_entity: None,
        made_at: DateTime::UNIX_EPOCH,
        made_by: Person {
            id: "u-head".to_owned(),
            name: "Глеб Чайкин".to_owned(),
        },
        software: "0.1.0".to_owned(),
        parts,
        missing: Vec::new(),
    }
}

fn parts() -> Vec<Part> {
    CONTENTS
        .iter()
        .map(|(path, category, content)| part(path, *category, content))
        .collect()
}

fn written(contents: &[(&str, &[u8])], manifest: &Manifest, signers: &Signers) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in contents {
        bytes.extend(tape::entry(name, content).expect("an entry"));
    }
    bytes.extend(manifest.seal(signers).expect("an end"));
    bytes
}

fn contents() -> Vec<(&'static str, &'static [u8])> {
    CONTENTS.map(|(path, _, content)| (path, content)).into()
}

fn pack() -> Vec<u8> {
    written(&contents(), &manifest(parts()), &signers(1))
}

fn flaws(pack: &[u8], trusted: &PublicKeys) -> Vec<Flaw> {
    verify(pack, trusted).expect("a report").flaws
}

#[test]
fn a_pack_as_it_was_written_is_genuine_and_its_maker_known() {
    let report = verify(pack().as_slice(), &signers(1).public()).expect("a report");
    assert!(report.is_genuine(), "{report:?}");
    assert_eq!((report.parts, report.complaints.len()), (3, 0));
    assert_eq!(report.manifest, Some(manifest(parts())));
    let seal = report.seal.expect("a seal");
    let known: Vec<String> = signers(1).public().iter().map(|(_, key)| key).collect();
    assert_eq!([seal.public_key], known.as_slice());
}

#[test]
fn a_pack_of_somebody_else_is_not_taken_for_ours() {
    let theirs = written(&contents(), &manifest(parts()), &signers(2));
    assert_eq!(
        flaws(&theirs, &signers(1).public()),
        [Flaw::OtherPublicKey("k".to_owned())]
    );
    assert_eq!(
        flaws(&pack(), &PublicKeys::default()),
        [Flaw::UnknownKey("k".to_owned())]
    );
}

#[test]
fn any_flipped_bit_is_found_wherever_it_is() {
    let good = pack();
    let trusted = signers(1).public();
    let missed: Vec<(usize, u8)> = (0..good.len())
        .map(|at| (at, 1_u8 << (at % 8)))
        .filter(|(at, bit)| {
            let mut changed = good.clone();
            changed[*at] ^= bit;
            flaws(&changed, &trusted).is_empty()
        })
        .collect();
    assert!(missed.is_empty(), "of {}: {missed:?}", good.len());
}

#[test]
fn entries_that_are_taken_out_added_or_moved_are_named() {
    let trusted = signers(1).public();
    let told = |contents: &[(&str, &[u8])]| {
        flaws(
            &written(contents, &manifest(parts()), &signers(1)),
            &trusted,
        )
    };
    let all = contents();
    assert_eq!(
        told(&all[..2]),
        [Flaw::Absent("documents/001.pdf".to_owned())]
    );
    let mut more = all.clone();
    more.push(("notes.txt", b"x"));
    assert_eq!(told(&more), [Flaw::Extra("notes.txt".to_owned())]);
    let mut moved = all.clone();
    moved.swap(1, 2);
    assert_eq!(told(&moved).len(), 2);
    let mut changed = all;
    changed[1].1 = &[0xfe; 1_500];
    assert_eq!(told(&changed), [Flaw::Changed("photos/001.jpg".to_owned())]);
    // Behind the manifest nothing may stand.
    let mut behind = pack();
    behind.truncate(behind.len() - tape::END.len());
    behind.extend(tape::entry("notes.txt", b"x").expect("an entry"));
    behind.extend(tape::END);
    assert!(matches!(flaws(&behind, &trusted)[0], Flaw::Archive(_)));
}

#[test]
fn what_was_lost_or_changed_before_the_pack_was_made_is_told_apart() {
    let mut parts = parts();
    parts[1].registered = Some(Registered {
        file: "f-1".to_owned(),
        at: DateTime::UNIX_EPOCH,
        by: Some("u-inspector".to_owned()),
        sha256: sha256(b"another photo"),
        source_sha256: None,
    });
    let mut told = manifest(parts);
    told.missing.push(Missing {
        file: "f-2".to_owned(),
        title: "Фото".to_owned(),
        sha256: sha256(b""),
        why: "not found".to_owned(),
    });
    let pack = written(&contents(), &told, &signers(1));
    let report = verify(pack.as_slice(), &signers(1).public()).expect("a report");
    assert!(report.is_genuine(), "{report:?}");
    assert_eq!(
        report.complaints,
        [
            Flaw::NotAsRegistered("photos/001.jpg".to_owned()),
            Flaw::Missing("f-2".to_owned())
        ]
    );
}
