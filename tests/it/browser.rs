//! The staff UI in a real browser against a real stack. Each test brings a stack up, plays deals up to the
//! stage that its file of browser tests begins with, and runs that file (`web/e2e`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use simulator::Partner;
use stack::play::{Play, Prices};
use stack::seed;
use stack::settings::GatewayOptions;
use tests::World;
use tests::world::Options;
use tokio::process::Command;

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web")
}

/// A stack that serves the built UI.
async fn world() -> anyhow::Result<World> {
    let built = web().join("dist");
    if !built.join("index.html").exists() {
        bail!("the staff UI is not built: run `make web` first");
    }
    World::with(Options {
        gateway: GatewayOptions {
            web: Some(built),
            // What a link to the engine looks like; nobody follows it here.
            temporal_ui: "http://127.0.0.1:8233".to_owned(),
            ..GatewayOptions::default()
        },
        ..Options::default()
    })
    .await
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

/// Runs `web/e2e/<name>.spec.ts` against the stack; its output is the test's.
async fn run(name: &str, world: &World, deals: BTreeMap<&str, Value>) -> anyhow::Result<()> {
    let told = json!({
        "url": world.stack.door.url.as_str().trim_end_matches('/'),
        "control": world.stack.control.address(""),
        "portal": world.stack.partner(Partner::Bitrix24).as_str().trim_end_matches('/'),
        "password": seed::PASSWORD,
        "city": seed::CITY,
        "member": simulator::bitrix24::MEMBER_ID,
        "deals": deals,
    });
    let output = Command::new("npx")
        .args([
            "vitest",
            "run",
            "--project",
            "e2e",
            &format!("e2e/{name}.spec.ts"),
        ])
        .current_dir(web())
        .env("KITE_E2E", told.to_string())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("npx cannot be run; is Node.js installed?")?;
    println!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("browser tests of {name} failed: {}", output.status);
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
    let stack = &world.stack;
    let started = Play::deal(stack, "clean").await?;
    started.robot_calls().await?;
    let inspected = Play::deal(stack, "clean").await?;
    inspected.robot_calls().await?;
    inspected.inspect().await?;
    let offered = Play::deal(stack, "clean").await?;
    offered.up_to_offer(PRICES).await?;
    let papers = Play::deal(stack, "clean").await?;
    papers.up_to_offer(PRICES).await?;
    papers.client_says("ACCEPT", 0, "").await?;
    papers.bring_papers().await?;
    let paid = Play::deal(stack, "clean").await?;
    paid.up_to_offer(PRICES).await?;
    paid.client_says("ACCEPT", 0, "").await?;
    paid.up_to_payment().await?;
    paid.confirm_payment().await?;
    paid.end().await?;
    let deals = BTreeMap::from([
        ("started", told(&started)),
        ("inspected", told(&inspected)),
        ("offered", told(&offered)),
        ("papers", told(&papers)),
        ("paid", told(&paid)),
    ]);
    run("screens", &world, deals).await?;
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
async fn screens_are_small_and_quick() -> anyhow::Result<()> {
    let world = world().await?;
    run("speed", &world, BTreeMap::new()).await?;
    world.stop().await
}
