//! 1C on a bad day, after the money has moved: nothing is lost, nothing is written twice, people read why.

use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::papers;
use stack::play::{Play, Prices};
use tests::World;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 380_000,
};

/// Paid and confirmed: what comes next is 1C.
async fn paid(play: &Play<'_>) -> anyhow::Result<()> {
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await
}

fn by_hand(text: &str) -> Kind {
    Kind::DoneByHand(pb::Reason {
        text: text.to_owned(),
    })
}

async fn objects(world: &World, kind: &str) -> anyhow::Result<Vec<Value>> {
    let objects = world.stack.control.get("onec_alfa/objects").await?;
    Ok(objects[kind].as_array().cloned().unwrap_or_default())
}

/// Nobody was asked about 1C.
async fn no_trouble(world: &World, play: &Play<'_>) -> anyhow::Result<()> {
    let head = world.stack.sign_in("head").await?;
    let tasks = head.buyout(&play.id).await?.tasks;
    let trouble = tasks.iter().filter(|t| t.kind == "ACCOUNTING_TROUBLE");
    assert_eq!(trouble.count(), 0, "{tasks:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_sleeps_and_a_login_page_are_waited_out() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    // The first question wakes the base up, which takes it half a minute.
    let asleep = json!({ "delay_ms": 30_000 });
    control
        .fault("onec_alfa", "read_car", json!({ "nth": 1 }), asleep)
        .await?;
    // A proxy that wants a password answers 200 with a page, to reads and to writes.
    for operation in ["read_counterparty", "create_receipt", "post_receipt"] {
        control
            .fault("onec_alfa", operation, json!({ "nth": 1 }), json!("html"))
            .await?;
    }
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    paid(&play).await?;
    let patient = Play {
        patience: std::time::Duration::from_secs(120),
        ..play
    };
    assert_eq!(patient.end().await?, "DONE");
    let faults = control.get("faults").await?;
    for rule in faults.as_array().into_iter().flatten() {
        assert_eq!(rule["fired"], 1, "never played: {rule}");
    }
    for kind in ["counterparties", "cars", "receipts"] {
        assert_eq!(objects(&world, kind).await?.len(), 1, "{kind}");
    }
    assert_eq!(objects(&world, "receipts").await?[0]["Posted"], true);
    no_trouble(&world, &patient).await?;
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_1c_cuts_off_is_found_by_reading_it_back() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    // The papers name an engine whose number is longer than the base has room for.
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    let mut scans = Vec::new();
    for number in 0..4 {
        let scan = papers::photo(9_100 + number);
        scans.push(manager.upload(&play.id, "SCAN", scan).await?.id);
    }
    let mut set = papers::papers(&play.car, &scans);
    let long = "SQRE4T15C-".to_owned() + &"0123456789".repeat(4);
    if let Some(fields) = &mut set.fields {
        fields.engine_number.clone_from(&long);
    }
    manager.decide(&task, Kind::SubmitPapers(set)).await?;
    play.verify_papers().await?;
    play.sign().await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    let accountant = world.stack.sign_in("accountant").await?;
    let task = accountant
        .wait_for(&play.id, "ACCOUNTING_TROUBLE", play.patience)
        .await?;
    assert!(
        task.details.contains("НомерДвигателя") && task.details.contains("обрезала"),
        "{}",
        task.details
    );
    let card = objects(&world, "cars").await?.remove(0);
    let kept = card["НомерДвигателя"].as_str().unwrap_or_default();
    assert!(long.starts_with(kept) && kept.len() < long.len(), "{card}");
    accountant
        .decide(&task, by_hand("Номер вписан в комментарий карточки."))
        .await?;
    assert_eq!(play.end().await?, "DONE");
    assert_eq!(objects(&world, "cars").await?.len(), 1);
    assert_eq!(objects(&world, "receipts").await?[0]["Posted"], true);
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_that_1c_has_in_stock_is_named_to_accounting_and_not_entered_twice()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let first = Play::deal(&world.stack, "clean_cheap").await?;
    paid(&first).await?;
    assert_eq!(first.end().await?, "DONE");
    let number = objects(&world, "receipts").await?[0]["Number"].clone();
    let number = number.as_str().unwrap_or_default().to_owned();

    // Sold past 1C and bought again: the base still has the car.
    let again = Play::deal_on(&world.stack, first.catalogue.clone(), json!({})).await?;
    paid(&again).await?;
    let accountant = world.stack.sign_in("accountant").await?;
    let task = accountant
        .wait_for(&again.id, "ACCOUNTING_TROUBLE", again.patience)
        .await?;
    assert!(
        task.details.contains("уже числится на остатках") && task.details.contains(&number),
        "{}",
        task.details
    );
    assert_eq!(objects(&world, "cars").await?.len(), 1, "one car, one card");
    accountant
        .decide(&task, by_hand("Реализация проведена, поступление тоже."))
        .await?;
    assert_eq!(again.end().await?, "DONE_NEEDS_MANUAL");
    let posted = objects(&world, "receipts").await?;
    let posted = posted.iter().filter(|receipt| receipt["Posted"] == true);
    assert_eq!(posted.count(), 1);
    world.stop().await
}
