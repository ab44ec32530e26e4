//! The drill: an installation is lost in the middle of a buyout and comes back from its back-up.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use api_gateway::backup::{Backup, Failure, Restore, backup, restore};
use api_gateway::config::{Config, DEFAULTS};
use domain::buyout::start::BuyoutId;
use proto::kite::audit::v1::{ExportAuditRequest, ListSigningKeysRequest};
use proto::kite::buyout::v1::{ExportEvidenceRequest, ListBuyoutsRequest};
use secrecy::SecretString;
use stack::play::{Play, Prices};
use stack::temporal::{Options as TemporalOptions, Temporal};
use tests::{Options, World};

const CHEAP: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

fn config(file: &Path) -> anyhow::Result<Config> {
    Ok(platform::config::load(DEFAULTS, Some(file))?)
}

async fn temporal(folder: &Path, ports: (u16, u16)) -> anyhow::Result<Temporal> {
    Temporal::start(TemporalOptions {
        folder,
        port: ports.0,
        ui_port: ports.1,
        namespace: "default",
        codec_endpoint: "http://127.0.0.1:1/codec",
        durable: false,
    })
    .await
}

/// A file of configuration that came back, for the new places.
fn moved(file: &Path, target: &Path, changes: &[(String, String)]) -> anyhow::Result<()> {
    let mut text = std::fs::read_to_string(file)?;
    for (before, after) in changes {
        ensure!(
            text.contains(before),
            "{before} is not in {}",
            file.display()
        );
        text = text.replace(before, after);
    }
    std::fs::write(target, text)?;
    Ok(())
}

async fn drill(postgres: bool) -> anyhow::Result<()> {
    let engine = tempfile::tempdir()?;
    let ports = (tests::ports::lease()?, tests::ports::lease()?);
    let server = temporal(engine.path(), ports).await?;
    let world = World::with(Options {
        postgres,
        temporal: Some(server.address.clone()),
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(CHEAP).await?;
    let manager = stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let run = BuyoutId(play.id.clone());
    let files = stack.store.files_of(&run).await?;
    ensure!(!files.is_empty());
    let folder = stack.settings.folder.clone();

    // While everything runs.
    let safe = tempfile::tempdir()?;
    let passphrase = SecretString::from("correct horse battery staple");
    let wanted = Backup {
        out: safe.path().join("kite.backup"),
        passphrase: passphrase.clone(),
        files: vec![folder.join("gateway.toml"), folder.join("worker.toml")],
        temporal: Some(engine.path().join("temporal.db")),
    };
    let written = backup(&config(&folder.join("gateway.toml"))?, &wanted).await?;
    ensure!(written.objects >= files.len(), "{written:?}");
    let sealed = std::fs::read(&wanted.out)?;
    let key = &stack.settings.keys.codec;
    ensure!(
        !sealed.windows(key.len()).any(|part| part == key.as_bytes()),
        "a key is readable in the back-up"
    );
    ensure!(
        !sealed.windows(6).any(|part| part == b"SQLite"),
        "the database is readable"
    );
    let again = backup(&config(&folder.join("gateway.toml"))?, &wanted).await;
    ensure!(
        matches!(again, Err(Failure::Refused(_))),
        "nothing is written over"
    );

    // The machine is lost. The partners are not.
    stack.stop_worker().await?;
    stack.stop_gateway().await?;
    server.stop().await;
    drop(engine);
    std::fs::remove_dir_all(folder.join("objects"))?;
    for name in [
        "kite.db",
        "kite.db-wal",
        "kite.db-shm",
        "gateway.toml",
        "worker.toml",
    ] {
        let file = folder.join(name);
        if file.exists() {
            std::fs::remove_file(file)?;
        }
    }

    // Another machine: all that is known there is where database and objects shall be.
    let fresh = tempfile::tempdir()?;
    let (database, objects) = (
        fresh.path().join("data/kite.db"),
        fresh.path().join("objects"),
    );
    let store_url = if postgres {
        store::testing::postgres().database().await
    } else {
        format!("sqlite://{}?mode=rwc", database.display())
    };
    let start = fresh.path().join("start.toml");
    std::fs::write(
        &start,
        format!(
            "[store]\nurl = \"{store_url}\"\n[objects]\nkind = \"folder\"\npath = \"{}\"\n",
            objects.display()
        ),
    )?;
    let target = |passphrase: &str, file: PathBuf| Restore {
        file,
        passphrase: SecretString::from(passphrase),
        into: fresh.path().join("restored"),
    };
    // A wrong passphrase and a damaged file change nothing.
    let start = config(&start)?;
    let refused = restore(&start, &target("not the passphrase", wanted.out.clone())).await;
    ensure!(matches!(refused, Err(Failure::Backup(_))), "{refused:?}");
    let damaged = safe.path().join("damaged");
    std::fs::write(
        &damaged,
        &sealed[..sealed.len() - 70_000.min(sealed.len() / 2)],
    )?;
    let refused = restore(&start, &target("correct horse battery staple", damaged)).await;
    ensure!(matches!(refused, Err(Failure::Backup(_))), "{refused:?}");
    ensure!(!fresh.path().join("restored").exists() && !database.exists());

    let restored = restore(
        &start,
        &target("correct horse battery staple", wanted.out.clone()),
    )
    .await?;
    ensure!(restored.audit_rows > 20, "{restored:?}");
    assert_eq!(restored.files, files.len() as u64);
    assert_eq!(restored.objects, written.objects);
    let second = restore(
        &start,
        &target("correct horse battery staple", wanted.out.clone()),
    )
    .await;
    ensure!(
        matches!(second, Err(Failure::Refused(_))),
        "nothing is written over: {second:?}"
    );

    // Everything is started again in the new places.
    let engine = fresh.path().join("temporal");
    std::fs::create_dir_all(&engine)?;
    let kept = restored.temporal.as_ref().context("Temporal's database")?;
    std::fs::rename(kept, engine.join("temporal.db"))?;
    let server = temporal(&engine, ports).await?;
    let changes = [
        (stack.settings.store_url.clone(), store_url),
        (
            folder.join("objects").display().to_string(),
            objects.display().to_string(),
        ),
    ];
    for (file, name) in restored
        .configuration
        .iter()
        .zip(["gateway.toml", "worker.toml"])
    {
        moved(file, &folder.join(name), &changes)?;
    }
    // Each of them waits until both are ready.
    tokio::try_join!(stack.start_gateway(), stack.start_worker())?;

    // The restored stack lists the run and gives its files.
    let head = stack.sign_in("head").await?;
    let listed = head
        .buyouts()
        .list_buyouts(ListBuyoutsRequest::default())
        .await?
        .into_inner();
    assert_eq!(listed.buyouts.len(), 1);
    assert_eq!(listed.buyouts[0].id, play.id);
    for row in &files {
        let url = stack.door.url.join(&format!("files/{}", row.file.id))?;
        let answer = stack
            .door
            .http
            .get(url)
            .bearer_auth(&head.token)
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        let bytes = answer.bytes().await?;
        assert_eq!(domain::audit::sha256(&bytes), row.file.sha256);
    }
    // The audit of before and after is one chain, and an evidence pack checks under the old keys.
    let mut trusted = domain::signing::PublicKeys::default();
    let keys = head
        .audit()
        .list_signing_keys(ListSigningKeysRequest {})
        .await?;
    for key in keys.into_inner().keys {
        trusted.add(key.id, &key.public_key)?;
    }
    let admin = stack.sign_in("admin").await?;
    let mut stream = admin
        .audit()
        .export_audit(ExportAuditRequest {})
        .await?
        .into_inner();
    let mut trail = Vec::new();
    while let Some(part) = stream.message().await? {
        trail.extend(part.chunk);
    }
    let report = archive::trail::check(trail.as_slice(), &trusted, &[])?;
    ensure!(report.is_sound(), "{report:?}");
    let in_backup = archive::backup::find(&wanted.out, &passphrase, archive::backup::AUDIT)?
        .context("audit")?;
    let earlier = archive::trail::check(in_backup.as_slice(), &trusted, &[])?;
    ensure!(earlier.is_sound(), "{earlier:?}");
    let joined = archive::trail::check(trail.as_slice(), &trusted, &earlier.checkpoints)?;
    ensure!(
        joined.is_sound(),
        "what was signed before is still there: {joined:?}"
    );
    let request = ExportEvidenceRequest {
        id: play.id.clone(),
    };
    let mut stream = head.buyouts().export_evidence(request).await?.into_inner();
    let mut pack = Vec::new();
    while let Some(part) = stream.message().await? {
        pack.extend(part.chunk);
    }
    let report = archive::evidence::verify(pack.as_slice(), &trusted)?;
    ensure!(
        report.is_genuine() && report.complaints.is_empty(),
        "{report:?}"
    );

    // And the buyout goes on to its end.
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    world.assert_each_effect_once().await?;
    stack.stop_worker().await?;
    stack.stop_gateway().await?;
    server.stop().await;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_comes_back_from_its_backup_and_the_buyout_goes_on() -> anyhow::Result<()> {
    drill(false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_on_postgresql_comes_back_from_its_backup() -> anyhow::Result<()> {
    drill(true).await
}
