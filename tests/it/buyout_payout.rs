//! Money on a bad day: no answer, a refusal for each reason, callbacks out of turn, a request that people in
//! 1C reject or change.

use anyhow::Context;
use proto::kite::buyout::v1::{Buyout, CancelBuyoutRequest};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::papers;
use stack::play::{Play, Prices};
use tests::world::quick;
use tests::{Options, World, wait};
use tonic::Code;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 380_000,
};

async fn agreed<'a>(world: &'a World) -> anyhow::Result<Play<'a>> {
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    Ok(play)
}

async fn payouts(world: &World) -> anyhow::Result<Vec<Value>> {
    let payouts = world.stack.control.get("yookassa/payouts").await?;
    Ok(payouts.as_array().cloned().unwrap_or_default())
}

fn reason(text: &str) -> pb::Reason {
    pb::Reason {
        text: text.to_owned(),
    }
}

async fn seen(play: &Play<'_>) -> anyhow::Result<Buyout> {
    play.stack.sign_in("head").await?.buyout(&play.id).await
}

async fn stage(play: &Play<'_>) -> anyhow::Result<String> {
    Ok(seen(play).await?.summary.unwrap_or_default().stage)
}

/// Nothing that a partner told is left over.
async fn nothing_unmatched(world: &World) -> anyhow::Result<()> {
    let page = store::Page::default();
    let kept = world.stack.store.list_unmatched(false, &page).await?;
    assert_eq!(kept.total, 0, "{:?}", kept.rows);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_whose_answer_never_comes_is_asked_for_under_the_same_key() -> anyhow::Result<()> {
    let mut policy = quick();
    policy.deadlines.partner_secs = 4;
    let world = World::with(Options {
        policy,
        ..Options::default()
    })
    .await?;
    let control = &world.stack.control;
    let play = agreed(&world).await?;
    // The money leaves at the first call; no answer to any call ever arrives.
    control
        .fault(
            "yookassa",
            "create_payout",
            json!("every"),
            json!("drop_after"),
        )
        .await?;
    play.up_to_payment().await?;
    let ops = world.stack.sign_in("ops").await?;
    let task = ops
        .wait_for(&play.id, "PARTNER_TROUBLE", play.patience)
        .await?;
    assert!(task.details.contains("тем же ключом"), "{}", task.details);
    let run = seen(&play).await?;
    assert_eq!(run.payments[0].state, "UNKNOWN", "{:?}", run.payments);
    assert_eq!(stage(&play).await?, "PAYMENT_UNKNOWN");
    let head = world.stack.sign_in("head").await?;
    let cancel = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "передумали".to_owned(),
    };
    let refused = head.buyouts().cancel_buyout(cancel).await;
    let refused = refused.expect_err("nobody knows where the money is");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");

    control.delete("faults").await?;
    ops.decide(&task, Kind::Retry(reason("Спросить ещё раз.")))
        .await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let made = payouts(&world).await?;
    assert_eq!(made.len(), 1, "paid more than once: {made:?}");
    let calls = control.get("calls?partner=yookassa").await?;
    let asked = calls["yookassa"]["create_payout"].as_u64();
    assert!(asked > Some(2), "it was asked for again and again: {calls}");
    world.assert_each_effect_once().await?;
    world.record("payout_unknown", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_a_payout_waits_for_a_person_and_then_takes_a_new_key() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let reasons = [
        ("insufficient_funds", "не хватает денег"),
        ("recipient_check_failed", "Имя получателя не совпало"),
        ("one_time_limit_exceeded", "предел одной выплаты"),
        ("periodic_limit_exceeded", "за сутки или месяц"),
    ];
    for (code, _) in reasons {
        let refusal = json!({ "next": 1, "outcome": "canceled", "reason": code });
        world
            .stack
            .control
            .post("yookassa/outcome", refusal)
            .await?;
    }
    let play = agreed(&world).await?;
    play.up_to_payment().await?;
    let manager = world.stack.sign_in("manager").await?;
    for (number, (code, words)) in reasons.into_iter().enumerate() {
        let task = manager
            .wait_for(&play.id, "FIX_REQUISITES", play.patience)
            .await?;
        assert!(
            task.details.contains(code) && task.details.contains(words),
            "{code}: {}",
            task.details
        );
        // Nothing is tried while nobody has said how to go on.
        assert_eq!(payouts(&world).await?.len(), number + 1, "{code}");
        // Somebody else's requisites are no cure.
        let mut stranger = papers::requisites(&play.car);
        stranger.recipient_name = "Посторонний Пётр Петрович".to_owned();
        let refused = manager.decide(&task, Kind::Requisites(stranger)).await;
        let refused = refused.expect_err("another recipient than the seller");
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        let own = papers::requisites(&play.car);
        manager.decide(&task, Kind::Requisites(own)).await?;
        play.treasury_decides("approve", "approver").await?;
    }
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let made = payouts(&world).await?;
    let keys: std::collections::BTreeSet<_> = made
        .iter()
        .filter_map(|payout| payout["idempotence_key"].as_str())
        .collect();
    assert_eq!((made.len(), keys.len()), (5, 5), "{made:?}");
    let paid = made.iter().filter(|payout| payout["status"] == "succeeded");
    assert_eq!(paid.count(), 1, "{made:?}");
    let run = seen(&play).await?;
    let states: Vec<&str> = run.payments.iter().map(|p| p.state.as_str()).collect();
    assert_eq!(
        states,
        ["REFUSED", "REFUSED", "REFUSED", "REFUSED", "CONFIRMED"]
    );
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_is_there_before_the_answer_and_comes_twice_is_one_payment()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    // The payout ends at once and is told twice, while the answer to the call still trickles in.
    control
        .post("yookassa/settings", json!({ "settle_ms": 0 }))
        .await?;
    let slow = json!({ "drip_ms": 250 });
    control
        .fault("yookassa", "create_payout", json!({ "nth": 1 }), slow)
        .await?;
    let twice = json!("duplicate_callback");
    control
        .fault("yookassa", "payout_succeeded", json!("every"), twice)
        .await?;
    let play = agreed(&world).await?;
    play.up_to_payment().await?;
    let told = wait::until(play.patience, "it is told twice", async || {
        let told = control.get("callbacks?partner=yookassa").await?;
        let told = told.as_array().cloned().unwrap_or_default();
        let taken = told.iter().filter(|told| told["status"] == 200).count();
        Ok((taken == 2).then_some(told))
    })
    .await?;
    // They came first: the run knows of no payout yet.
    let run = seen(&play).await?;
    assert_eq!(run.payments[0].partner_id, "", "{told:?}");
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let faults = control.get("faults").await?;
    for rule in faults.as_array().into_iter().flatten() {
        assert!(rule["fired"].as_u64() > Some(0), "never played: {rule}");
    }
    assert_eq!(payouts(&world).await?.len(), 1);
    let run = seen(&play).await?;
    assert_eq!(run.payments.len(), 1, "{:?}", run.payments);
    let confirmed = run.tasks.iter().filter(|t| t.kind == "CONFIRM_PAYMENT");
    assert_eq!(confirmed.count(), 1, "{:?}", run.tasks);
    nothing_unmatched(&world).await?;
    world.assert_each_effect_once().await?;
    world.stop().await
}

/// The request of the run's newest payment, as 1C shows it.
async fn request(world: &World, play: &Play<'_>) -> anyhow::Result<Value> {
    let run = seen(play).await?;
    let number = run.payments.last().context("a payment")?;
    let number = number.treasury_number.clone();
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    let requests = requests.as_array().cloned().unwrap_or_default();
    let found = requests
        .into_iter()
        .find(|r| r["number"] == number.as_str());
    found.with_context(|| format!("no request № {number}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_treasury_rejects_is_withdrawn_and_made_anew() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = agreed(&world).await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    play.treasury_decides("reject", "approver").await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "FIX_REQUISITES", play.patience)
        .await?;
    assert!(
        task.details.contains("Казначейство отклонило"),
        "{}",
        task.details
    );
    let rejected = request(&world, &play).await?;
    assert_eq!(rejected["deleted"], true, "{rejected}");
    let run = seen(&play).await?;
    assert_eq!(run.payments[0].state, "REFUSED", "{:?}", run.payments);
    assert_eq!(payouts(&world).await?.len(), 0);

    let own = papers::requisites(&play.car);
    manager.decide(&task, Kind::Requisites(own)).await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    assert_eq!(requests.as_array().map(Vec::len), Some(2), "{requests}");
    assert_eq!(payouts(&world).await?.len(), 1);
    world.assert_each_effect_once().await?;
    world.record("request_rejected", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_a_request_that_was_changed_by_hand_does_not_count() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let play = agreed(&world).await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    let made = request(&world, &play).await?;
    let key = made["ref_key"].as_str().context("a key")?;
    let edit = async |amount: Value| {
        let path = format!("onec_treasury/requests/{key}/edit");
        control
            .post(&path, json!({ "СуммаДокумента": amount }))
            .await
    };
    edit(json!(930_000)).await?;
    play.treasury_decides("approve", "approver").await?;
    let ops = world.stack.sign_in("ops").await?;
    let task = ops
        .wait_for(&play.id, "PARTNER_TROUBLE", play.patience)
        .await?;
    assert!(task.details.contains("изменили в 1С"), "{}", task.details);
    assert_eq!(payouts(&world).await?.len(), 0, "paid by another's word");
    assert_eq!(stage(&play).await?, "PAYMENT_APPROVAL");

    // Put back as it was made, the approval counts, and the agreed sum is paid.
    edit(made["amount"].clone()).await?;
    ops.decide(&task, Kind::Retry(reason("Сумма возвращена.")))
        .await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let paid = payouts(&world).await?;
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0]["amount"]["value"], "300000.00", "{paid:?}");
    world.stop().await
}
