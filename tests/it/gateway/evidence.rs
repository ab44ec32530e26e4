//! The evidence pack of a run: what is in it, who gets it, and that no byte of it can change unseen.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use archive::evidence::{Category, Flaw, Manifest, verify};
use archive::tape;
use domain::buyout::start::BuyoutId;
use domain::signing::PublicKeys;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutPayload};
use proto::kite::buyout::v1::ExportEvidenceRequest;
use serde_json::Value;
use stack::people::Person;
use stack::play::{Play, Prices};
use store::AuditFilter;
use tests::World;
use tonic::Code;

use super::audit::keys;

const CHEAP: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

/// Name of the file, and its bytes as the call streams them.
async fn fetch(person: &Person, run: &str) -> anyhow::Result<(String, Vec<u8>)> {
    let request = ExportEvidenceRequest { id: run.to_owned() };
    let mut stream = person
        .buyouts()
        .export_evidence(request)
        .await?
        .into_inner();
    let (mut name, mut bytes) = (String::new(), Vec::new());
    while let Some(part) = stream.message().await? {
        ensure!(
            part.chunk.len() <= 64 * 1024,
            "a part of {}",
            part.chunk.len()
        );
        ensure!(
            part.file_name.is_empty() != bytes.is_empty(),
            "the first part has the name"
        );
        name.push_str(&part.file_name);
        bytes.extend(part.chunk);
    }
    Ok((name, bytes))
}

fn entries(pack: &[u8]) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut reader = tape::Reader::new(pack);
    let mut entries = BTreeMap::new();
    while let Some(entry) = reader.entry()? {
        let content = reader.bytes(&entry, u64::MAX)?;
        entries.insert(entry.name, content);
    }
    Ok(entries)
}

fn json(entries: &BTreeMap<String, Vec<u8>>, name: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(
        entries.get(name).with_context(|| name.to_owned())?,
    )?)
}

fn count(manifest: &Manifest, category: Category) -> usize {
    manifest
        .parts
        .iter()
        .filter(|part| part.category == category)
        .count()
}

fn genuine(pack: &[u8], trusted: &PublicKeys) -> bool {
    verify(pack, trusted).is_ok_and(|report| report.is_genuine())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_holds_the_whole_run_and_no_byte_of_it_can_change_unseen() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(CHEAP).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let head = world.stack.sign_in("head").await?;
    let trusted = keys(&head).await?;
    let (name, pack) = fetch(&head, &play.id).await?;
    ensure!(
        name.starts_with(&format!("evidence-{}-", play.deal)) && name.ends_with(".tar"),
        "{name}"
    );
    let report = verify(pack.as_slice(), &trusted)?;
    assert_eq!((&report.flaws, &report.complaints), (&vec![], &vec![]));
    let manifest = report.manifest.context("a manifest")?;
    assert_eq!(
        (
            manifest.run.as_str(),
            manifest.deal,
            manifest.made_by.id.as_str()
        ),
        (play.id.as_str(), play.deal, "u-head")
    );
    assert_eq!(
        manifest.legal_entity.as_ref().map(|e| e.inn.len()),
        Some(10)
    );

    let run = BuyoutId(play.id.clone());
    let store = &world.stack.store;
    let kept = store.files_of(&run).await?;
    let files: usize = [
        Category::Photo,
        Category::Scan,
        Category::Document,
        Category::PartnerAnswer,
    ]
    .into_iter()
    .map(|category| count(&manifest, category))
    .sum();
    assert_eq!(files, kept.len(), "every kept file");
    for category in [
        Category::Photo,
        Category::Scan,
        Category::Document,
        Category::PartnerAnswer,
        Category::Check,
    ] {
        ensure!(count(&manifest, category) > 0, "no {category:?}");
    }
    let saved = store.buyout(&run).await?.context("the run")?;
    assert_eq!(count(&manifest, Category::Check), saved.checks.len());
    let entries = entries(&pack)?;
    let state: domain::buyout::state::Buyout =
        serde_json::from_value(json(&entries, "state.json")?)?;
    assert_eq!(state, saved);
    let decisions = json(&entries, "decisions.json")?;
    for task in decisions["tasks"].as_array().context("tasks")? {
        if task["state"] == "DONE" {
            ensure!(
                task["decided_by"]["person"].is_string() && task["decided_at"].is_string(),
                "{task}"
            );
            ensure!(task["version"].as_u64() > Some(0), "{task}");
        }
    }
    assert_eq!(
        json(&entries, "offers.json")?["answers"][0]["answer"]["type"],
        "ACCEPT"
    );
    let calls = json(&entries, "partner_calls.json")?;
    assert_eq!(calls["payments"][0]["state"], "PAID");
    let received = calls["received"].as_array().context("messages")?;
    let of = |source: &str| {
        received.iter().find(move |one| {
            one["source"]
                .as_str()
                .is_some_and(|s| s.to_lowercase().contains(source))
        })
    };
    // The portal's messages hold its secrets: their hashes are there, they are not.
    let robot = of("bitrix24").context("the robot's call")?;
    ensure!(
        robot["body"].is_null() && robot["body_sha256"].is_string(),
        "{robot}"
    );
    let payout = of("yookassa").context("the payout's callback")?;
    ensure!(
        payout["body"]
            .as_str()
            .is_some_and(|b| b.contains("payout")),
        "{payout}"
    );
    let events = json(&entries, "events.json")?;
    assert_eq!(
        events.as_array().map(Vec::len),
        Some(store.events(&run, 0).await?.len())
    );
    let summary = String::from_utf8(entries["summary.txt"].clone())?;
    for part in [
        "Решения",
        "Проверки",
        "Файлы",
        "kite evidence verify",
        "Глеб Чайкин",
    ] {
        ensure!(summary.contains(part), "{part} is missing:\n{summary}");
    }
    let audit = String::from_utf8(entries["audit.jsonl"].clone())?;
    ensure!(
        audit.contains("\"evidence.export\""),
        "its own row is in it"
    );

    // Any flipped bit, and one in each entry.
    let mut dice = 20_261_129_u64;
    let mut below = |bound: usize| {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % bound
    };
    let mut places: Vec<usize> = (0..2_000).map(|_| below(pack.len())).collect();
    let mut at = 0;
    for part in &manifest.parts {
        // Header, content, padding of every entry.
        let size = usize::try_from(part.size)?;
        places.extend([at + 3, at + 130]);
        if size > 0 {
            places.extend([at + 512, at + 512 + size - 1]);
        }
        at += 512 + size + tape::padding(part.size);
        if tape::padding(part.size) > 0 {
            places.push(at - 1);
        }
    }
    places.extend(at..at + 600);
    places.extend(pack.len() - 1_100..pack.len());
    let mut changed = pack.clone();
    let mut missed = Vec::new();
    for place in places {
        let bit = 1_u8 << below(8);
        changed[place] ^= bit;
        if genuine(&changed, &trusted) {
            missed.push(place);
        }
        changed[place] ^= bit;
    }
    assert!(missed.is_empty(), "{missed:?} of {}", pack.len());
    assert!(genuine(&changed, &trusted), "nothing is left changed");

    // A browser gets the same parts, and both were put on record.
    let url = world
        .stack
        .door
        .url
        .join(&format!("evidence/{}", play.id))?;
    let answer = world
        .stack
        .door
        .http
        .get(url.clone())
        .bearer_auth(&head.token)
        .send()
        .await?;
    ensure!(answer.status().is_success(), "{}", answer.status());
    let bytes = answer.bytes().await?;
    ensure!(genuine(&bytes, &trusted), "the download is not genuine");
    let filter = AuditFilter {
        run: play.id.clone(),
        action: "evidence.export".to_owned(),
        ..AuditFilter::default()
    };
    let rows = store.search_audit(&filter, &store::Page::default()).await?;
    assert_eq!(rows.total, 2);

    // Those who may not take it.
    let manager = world.stack.sign_in("manager").await?;
    let refused = fetch(&manager, &play.id).await.expect_err("a refusal");
    let refused = refused.downcast::<tonic::Status>()?;
    assert_eq!(refused.code(), Code::PermissionDenied);
    let answer = world
        .stack
        .door
        .http
        .get(url.clone())
        .bearer_auth(&manager.token)
        .send()
        .await?;
    assert_eq!(answer.status().as_u16(), 403);
    let answer = world.stack.door.http.get(url).send().await?;
    assert_eq!(answer.status().as_u16(), 401);

    // A photo that somebody exchanged in the object store is told; the pack itself is genuine.
    let photo = kept
        .iter()
        .find(|row| row.file.kind == domain::file::FileKind::Photo)
        .context("a photo")?;
    let objects = platform::objects::open(&platform::objects::ObjectsConfig::Folder {
        path: world.stack.settings.folder.join("objects"),
    })?;
    let key = ObjectPath::from(photo.object_key.as_str());
    objects
        .put(&key, PutPayload::from_static(b"another"))
        .await?;
    let (_, pack) = fetch(&head, &play.id).await?;
    let report = verify(pack.as_slice(), &trusted)?;
    ensure!(report.is_genuine(), "{:?}", report.flaws);
    ensure!(
        matches!(report.complaints.as_slice(), [Flaw::NotAsRegistered(_)]),
        "{:?}",
        report.complaints
    );
    objects.delete(&key).await?;
    let (_, pack) = fetch(&head, &play.id).await?;
    let report = verify(pack.as_slice(), &trusted)?;
    assert_eq!(report.complaints, [Flaw::Missing(photo.file.id.clone())]);
    world.stop().await
}
