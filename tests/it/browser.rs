//! The staff UI in a real browser against a real stack. Each test brings a stack up, plays deals up to the
//! stage that its file of browser tests begins with, and runs that file (`web/e2e`).

mod stages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use domain::buyout::tasks::NewTask;
use domain::task::TaskKind;
use serde_json::{Value, json};
use simulator::Partner;
use stack::play::{Play, Prices};
use stack::seed;
use stack::settings::GatewayOptions;
use store::testing::fill::{Size, filled};
use store::{Store, StoreConfig};
use tests::World;
use tests::world::Options;
use tokio::process::Command;
use url::Url;

use super::gateway::lists;
use super::issuer::{AUDIENCE, Issuer, Key};

/// Above the limit, so that the price wants a second word.
const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

/// Runs in the list that has to stay smooth; `speed.spec.ts` looks for this number.
const MANY: u32 = 10_000;

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web")
}

/// A stack that serves the built UI.
async fn world() -> anyhow::Result<World> {
    world_with(Options::default()).await
}

async fn world_with(options: Options) -> anyhow::Result<World> {
    let built = web().join("dist");
    if !built.join("index.html").exists() {
        bail!("the staff UI is not built: run `make web` first");
    }
    World::with(Options {
        gateway: GatewayOptions {
            web: Some(built),
            // What a link to the engine looks like; nobody follows it here.
            temporal_ui: "http://127.0.0.1:8233".to_owned(),
            ..options.gateway
        },
        ..options
    })
    .await
}

/// Fills a new database with as many runs as the list has to carry; one by one they would take minutes.
async fn fill(url: &str) -> anyhow::Result<()> {
    let mut run = lists::run(1);
    let wanted = NewTask {
        kind: TaskKind::Appraise,
        details: "Оценить автомобиль.".to_owned(),
        due_secs: 1_800,
        wall_clock: false,
        assignee: None,
        waits_for: None,
    };
    let task = run.put_task(wanted, run.started_at).id.clone();
    let task = run.tasks.remove(&task).context("no task")?;
    let store = Store::connect(&StoreConfig {
        url: url.to_owned(),
        max_connections: 1,
    })
    .await?;
    filled(&store, &Size::of(MANY, run, task)).await;
    store.migrate().await?;
    Ok(store.close().await?)
}

/// What a file of browser tests knows of a deal that was played before.
fn told(play: &Play<'_>) -> Value {
    let car = &play.car;
    json!({
        "id": play.id,
        "deal": play.deal,
        "car": {
            "identifier": car.identifier,
            "frame": car.frame,
            "mileageKm": car.mileage_km,
            "owner": car.owner,
            "birthdate": car.birthdate,
            "phone": car.phone,
            "passportSeries": car.passport_series,
            "passportNumber": car.passport_number,
        },
    })
}

/// The portal under a name of another site than the gateway's, as it is for a dealer.
fn portal(world: &World) -> anyhow::Result<Url> {
    let mut portal = world.stack.partner(Partner::Bitrix24);
    portal.set_host(Some("portal.localhost"))?;
    Ok(portal)
}

/// Runs `web/e2e/<name>.spec.ts` against the stack; what it prints is the test's.
async fn run(name: &str, world: &World, deals: BTreeMap<&str, Value>) -> anyhow::Result<()> {
    let told = json!({
        "url": world.stack.door.url.as_str().trim_end_matches('/'),
        "control": world.stack.control.address(""),
        "portal": portal(world)?.as_str().trim_end_matches('/'),
        "password": seed::PASSWORD,
        "city": seed::CITY,
        "member": simulator::bitrix24::MEMBER_ID,
        "deals": deals,
    });
    let status = Command::new("npx")
        .args([
            "vitest",
            "run",
            "--reporter=verbose",
            "--project",
            "e2e",
            &format!("e2e/{name}.spec.ts"),
        ])
        .current_dir(web())
        .env("KITE_E2E", told.to_string())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .context("npx cannot be run; is Node.js installed?")?;
    if !status.success() {
        bail!("browser tests of {name} failed: {status}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyout_is_carried_by_hand_from_robot_to_closed_deal() -> anyhow::Result<()> {
    let world = world().await?;
    run("buyout", &world, BTreeMap::new()).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_elsewhere_is_seen_and_nothing_typed_is_lost() -> anyhow::Result<()> {
    let world = world().await?;
    let inspected = Play::deal(&world.stack, "clean").await?;
    inspected.robot_calls().await?;
    inspected.inspect().await?;
    let offered = Play::deal(&world.stack, "clean").await?;
    offered.up_to_offer(PRICES).await?;
    let deals = BTreeMap::from([("inspected", told(&inspected)), ("offered", told(&offered))]);
    run("live", &world, deals).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_fits_and_is_accessible() -> anyhow::Result<()> {
    let world = world().await?;
    let deals = stages::at_every_task(&world).await?;
    let deals = deals.iter().map(|(name, play)| (*name, told(play)));
    run("screens", &world, deals.collect()).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_in_a_deal_s_card_works_as_a_stranger_s_frame() -> anyhow::Result<()> {
    let world = world().await?;
    let offered = Play::deal(&world.stack, "clean").await?;
    offered.up_to_offer(PRICES).await?;
    run(
        "embed",
        &world,
        BTreeMap::from([("offered", told(&offered))]),
    )
    .await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_s_pages_work_on_a_phone() -> anyhow::Result<()> {
    let world = world().await?;
    let offered = Play::deal(&world.stack, "clean").await?;
    offered.up_to_offer(PRICES).await?;
    run(
        "client",
        &world,
        BTreeMap::from([("offered", told(&offered))]),
    )
    .await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appraisal_is_made_by_keyboard_alone() -> anyhow::Result<()> {
    let world = world().await?;
    let inspected = Play::deal(&world.stack, "clean").await?;
    inspected.robot_calls().await?;
    inspected.inspect().await?;
    run(
        "keyboard",
        &world,
        BTreeMap::from([("inspected", told(&inspected))]),
    )
    .await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pdf_and_templates_are_looked_at_in_the_page() -> anyhow::Result<()> {
    let world = world().await?;
    let papers = Play::deal(&world.stack, "clean").await?;
    papers.up_to_offer(PRICES).await?;
    papers.client_says("ACCEPT", 0, "").await?;
    let verified = Play::deal(&world.stack, "clean").await?;
    verified.up_to_offer(PRICES).await?;
    verified.client_says("ACCEPT", 0, "").await?;
    verified.bring_papers().await?;
    verified.verify_papers().await?;
    let deals = BTreeMap::from([("papers", told(&papers)), ("verified", told(&verified))]);
    run("pdf", &world, deals).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_are_small_and_quick() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("kite.db").display()
    );
    fill(&url).await?;
    let world = world_with(Options {
        database: Some(url),
        ..Options::default()
    })
    .await?;
    run("speed", &world, BTreeMap::new()).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_the_company_s_account() -> anyhow::Result<()> {
    let issuer = Issuer::start().await?;
    issuer.sign_with(Key::new("only")?);
    let company = stack::settings::Issuer {
        url: issuer.url.clone(),
        audience: AUDIENCE.to_owned(),
        client_id: "kite-ui".to_owned(),
    };
    let world = world_with(Options {
        gateway: GatewayOptions {
            issuers: vec![company],
            ..GatewayOptions::default()
        },
        ..Options::default()
    })
    .await?;
    run("company", &world, BTreeMap::new()).await?;
    world.stop().await
}

/// One run is enough for an outage, which ends when somebody says so; sweeps run when they are asked to.
const WATCHED: &str = "[hold]\nfailures = 3\nruns = 1\nwithin_secs = 60\nprobe_secs = 3600\n\
                       probe_longest_secs = 3600\nwait_secs = 1\nhand_back_secs = 2\n\
                       wave_per_second = 20.0\n[sweep]\nportals_every_secs = 0\ngrace_secs = 0\n\
                       reconcile_at = \"\"\nreconcile_days = 7\npatience_secs = 5\n";

#[tokio::test(flavor = "multi_thread")]
async fn ops_find_out_why_a_run_stands_and_mend_it() -> anyhow::Result<()> {
    let world = world_with(Options {
        worker: WATCHED.to_owned(),
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let started = Play::deal(stack, "clean").await?;
    let moved = Play::deal(stack, "clean").await?;
    for play in [&started, &moved] {
        play.robot_calls().await?;
        play.inspector().await?;
    }
    // Somebody closes the deal at the portal while its run goes on.
    let lost = json!({ "stage": stack.settings.policy.stages.lost });
    let stage = format!("bitrix24/deals/{}/stage", moved.deal);
    stack.control.post(&stage, lost).await?;
    // The bank tells of payments that nobody ordered.
    let secret = &stack.settings.keys.callbacks;
    let told_by_bank = format!("callbacks/bank?key={secret}");
    let url = stack.door.url.join(&told_by_bank)?;
    for number in 1..=3 {
        let body = json!({ "externalId": format!("stranger-{number}"), "bankStatus": "EXECUTED" });
        stack.door.http.post(url.clone()).json(&body).send().await?;
    }
    let deals = BTreeMap::from([("started", told(&started)), ("moved", told(&moved))]);
    run("ops", &world, deals).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_run_is_taken_and_the_audit_says_by_whom() -> anyhow::Result<()> {
    let world = world().await?;
    let offered = Play::deal(&world.stack, "clean").await?;
    offered.up_to_offer(PRICES).await?;
    let deals = BTreeMap::from([("offered", told(&offered))]);
    run("audit", &world, deals).await?;
    world.stop().await
}
