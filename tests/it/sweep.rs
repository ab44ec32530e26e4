//! Sweeps over every step of the process: it is played; it fails for good; its call is cut after the effect;
//! its undo runs twice. Drawn from `tests::effects`, which holds every activity by its committed name.

mod cut;
mod fails;

use std::collections::BTreeSet;

use anyhow::Context;
use domain::buyout::start::BuyoutId;
use proto::kite::buyout::v1::{Buyout, CancelBuyoutRequest};
use serde_json::Value;
use stack::play::{Play, Prices};
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use tests::World;
use tests::effects::{BESIDE_THE_BUYOUT, EFFECTS, QUESTIONS};
use tests::histories::Recorded;

const CHEAP: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};
const DEAR: Prices = Prices {
    buyout: 1_450_000,
    stop: 1_550_000,
    forecast: 1_800_000,
};

/// Every fault in force was played at least once; then all are lifted.
async fn all_fired(world: &World) -> anyhow::Result<()> {
    let faults = world.stack.control.get("faults").await?;
    let faults = faults.as_array().cloned().unwrap_or_default();
    assert!(!faults.is_empty(), "no fault was in force");
    for rule in &faults {
        assert!(rule["fired"].as_u64() > Some(0), "never played: {rule}");
    }
    world.stack.control.delete("faults").await?;
    Ok(())
}

/// The end is legal: the stage is the wanted one, no task is open here or there, the books balance.
async fn balanced(world: &World, play: &Play<'_>, wanted: &str) -> anyhow::Result<Buyout> {
    assert_eq!(play.end().await?, wanted);
    let head = world.stack.sign_in("head").await?;
    let run = head.buyout(&play.id).await?;
    let open: Vec<_> = run
        .tasks
        .iter()
        .filter(|task| matches!(task.state.as_str(), "OPEN" | "CLAIMED"))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    world.assert_each_effect_once().await?;

    let done = wanted.starts_with("DONE");
    let by_hand = wanted.ends_with("NEEDS_MANUAL");
    let paid = paid(world, &run).await?;
    assert_eq!(paid, usize::from(done), "{wanted}: {paid} payments");
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    let purpose = format!("Kite, сделка {}", play.deal);
    let left = requests
        .as_array()
        .into_iter()
        .flatten()
        .filter(|request| request["object"].to_string().contains(&purpose))
        .filter(|request| request["deleted"] == false)
        .count();
    if !by_hand {
        assert_eq!(left, usize::from(done), "{wanted}: {requests}");
    }
    let identifier = &play.car.identifier;
    let other = BuyoutId::new("another", 1);
    let holder = world.stack.store.claim_car(identifier, &other).await?;
    assert_eq!(holder, None, "the car is still taken");
    world.stack.store.release_car(&other).await?;
    let id = BuyoutId(play.id.clone());
    let saved = world.stack.store.buyout(&id).await?.context("no run")?;
    let in_force = saved.documents.iter().filter(|d| !d.void).count();
    if !done {
        assert_eq!(in_force, 0, "papers of a deal that was not made");
    }
    Ok(run)
}

/// How many payments of the run have succeeded.
async fn paid(world: &World, run: &Buyout) -> anyhow::Result<usize> {
    let control = &world.stack.control;
    let payouts = control.get("yookassa/payouts").await?;
    let orders = control.get("bank/orders").await?;
    let ours = |entry: &Value| {
        let id = ["id", "externalId"].map(|name| entry[name].as_str());
        run.payments
            .iter()
            .any(|payment| id.contains(&Some(payment.partner_id.as_str())))
    };
    let ended =
        |entry: &Value| entry["status"] == "succeeded" || entry["bankStatus"] == "IMPLEMENTED";
    let all = [payouts, orders];
    Ok(all
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter(|entry| ours(entry) && ended(entry))
        .count())
}

/// An accepted price.
async fn agreed<'a>(world: &'a World, kind: &str, prices: Prices) -> anyhow::Result<Play<'a>> {
    let play = Play::deal(&world.stack, kind).await?;
    play.up_to_offer(prices).await?;
    play.client_says("ACCEPT", 0, "").await?;
    Ok(play)
}

async fn signed(play: &Play<'_>) -> anyhow::Result<()> {
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await
}

async fn cancel(world: &World, play: &Play<'_>) -> anyhow::Result<()> {
    let head = world.stack.sign_in("head").await?;
    let request = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "дальше не идём".to_owned(),
    };
    head.buyouts().cancel_buyout(request).await?;
    Ok(())
}

#[test]
fn every_activity_is_an_effect_or_a_question() {
    let named: BTreeSet<&str> = include_str!("names.txt")
        .lines()
        .filter_map(|line| line.strip_prefix("activity "))
        .collect();
    let effects = EFFECTS.iter().map(|effect| effect.activity);
    let known: BTreeSet<&str> = effects.chain(QUESTIONS.iter().copied()).collect();
    assert_eq!(
        named, known,
        "an activity has no line in tests/support/effects.rs, and so no sweep"
    );
    assert_eq!(
        known.len(),
        EFFECTS.len() + QUESTIONS.len(),
        "one line each"
    );
}

/// Played by the tests of `ops::hold`, whose partners are held.
const NOT_RECORDED: [&str; 2] = ["hold.await_release", "hold.held_since"];

/// Activities of our own records are local ones: their names lie in encrypted markers.
#[test]
fn every_activity_is_played_in_a_recorded_history() -> anyhow::Result<()> {
    let mut played = BTreeSet::from(NOT_RECORDED.map(str::to_owned));
    for recorded in Recorded::all()?.values() {
        for event in &recorded.events {
            if let Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) =
                &event.attributes
            {
                let kind = scheduled.activity_type.clone().unwrap_or_default();
                played.insert(kind.name);
            }
        }
    }
    let effects = EFFECTS.iter().map(|effect| effect.activity);
    let missing: Vec<&str> = effects
        .chain(QUESTIONS.iter().copied())
        .filter(|name| !BESIDE_THE_BUYOUT.contains(name))
        .filter(|name| !name.starts_with("records.") && !played.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no history plays {missing:?}");
    Ok(())
}
