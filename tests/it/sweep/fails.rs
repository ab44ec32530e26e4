//! Each step fails for good: the end is legal, the books balance, nobody has a task left.

use domain::policy::BuyoutPolicy;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::play::Play;
use tests::world::{QUIET, quick};
use tests::{Options, World};

use super::{CHEAP, DEAR, agreed, all_fired, balanced, cancel, signed};

/// Partners are given up after seconds, so that "for good" is soon.
fn impatient() -> BuyoutPolicy {
    let mut policy = quick();
    policy.deadlines.partner_secs = 4;
    policy.deadlines.courtesy_secs = 2;
    policy.deadlines.source_secs = 10;
    policy
}

/// Nothing is held: a partner that is away is the matter of `ops::hold`, here it is there and fails for good. Nobody is
/// rationed: the attempts that fail would leave none to the next deal, which is as impatient.
async fn impatient_world() -> anyhow::Result<World> {
    World::with(Options {
        policy: impatient(),
        worker: format!("{QUIET}[hold]\nfailures = 0\n"),
        partners_per_minute: Some(60_000),
        ..Options::default()
    })
    .await
}

fn reason(text: &str) -> pb::Reason {
    pb::Reason {
        text: text.to_owned(),
    }
}

/// From now on every call of the operation fails.
async fn fails(world: &World, partner: &str, operation: &str, fault: Value) -> anyhow::Result<()> {
    world
        .stack
        .control
        .fault(partner, operation, json!("every"), fault)
        .await
}

/// Somebody says of each task of that kind that the step was done by hand, so often.
async fn by_hand(
    world: &World,
    play: &Play<'_>,
    login: &str,
    kind: &str,
    times: usize,
) -> anyhow::Result<()> {
    let person = world.stack.sign_in(login).await?;
    for _ in 0..times {
        let word = Kind::DoneByHand(reason("сделано вручную"));
        let task = person.answer(&play.id, kind, word, play.patience).await?;
        assert!(!task.details.is_empty());
    }
    Ok(())
}

/// Before the money: whatever a partner refuses for good ends the deal, with nothing left behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_before_the_money_that_fails_for_good_leaves_nothing() -> anyhow::Result<()> {
    let world = impatient_world().await?;
    let denied = json!({ "error": "ACCESS_DENIED", "error_description": "нет прав" });
    let refused = json!({ "status": 403, "body": denied });
    let down = json!({ "status": 503 });

    // The deal cannot be read.
    fails(&world, "bitrix24", "batch", refused).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    by_hand(&world, &play, "ops", "PARTNER_TROUBLE", 1).await?;
    world.stack.control.delete("faults").await?;
    balanced(&world, &play, "CANCELLED").await?;

    // Everything that is a courtesy, and every source: the run goes on, and people know.
    for (partner, operation) in [
        ("bitrix24", "tasks.task.add"),
        ("wazzup", "send_message"),
        ("mail", "send_mail"),
        ("autoteka", "buy_report"),
        ("autoteka", "order_specification"),
        ("avtocod", "make_report"),
        ("fssp", "search_person"),
    ] {
        fails(&world, partner, operation, down.clone()).await?;
    }
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    let proceed = pb::ResolveSources {
        resolution: "PROCEED".to_owned(),
        reason: "источники молчат".to_owned(),
    };
    head.answer(
        &play.id,
        "DECIDE_SOURCES",
        Kind::Sources(proceed),
        play.patience,
    )
    .await?;
    play.appraise(CHEAP).await?;
    // Nobody knows the market: a second person has a word.
    play.approve_price().await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    assert!(task.details.contains('⚠'), "{}", task.details);
    all_fired(&world).await?;
    cancel(&world, &play).await?;
    balanced(&world, &play, "CANCELLED").await?;

    // The request for the payment cannot be made; the one that perhaps came to be is withdrawn.
    let play = agreed(&world, "clean_cheap", CHEAP).await?;
    signed(&play).await?;
    fails(&world, "onec_treasury", "create_request", down.clone()).await?;
    let accountant = world.stack.sign_in("accountant").await?;
    accountant
        .wait_for(&play.id, "ACCOUNTING_TROUBLE", play.patience)
        .await?;
    all_fired(&world).await?;
    cancel(&world, &play).await?;
    balanced(&world, &play, "CANCELLED").await?;
    world.stop().await
}

/// Around the money: refused for good is not paid; what cannot be undone is told to people.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_refused_for_good_is_not_paid() -> anyhow::Result<()> {
    let world = impatient_world().await?;
    let body = json!({ "type": "error", "code": "invalid_request", "parameter": "amount" });
    let refused = json!({ "status": 400, "body": body });
    let manager = world.stack.sign_in("manager").await?;
    let give_up = async |play: &Play<'_>| -> anyhow::Result<()> {
        let word = Kind::GiveUp(reason("клиент забрал автомобиль"));
        manager
            .answer(&play.id, "FIX_REQUISITES", word, play.patience)
            .await?;
        Ok(())
    };

    let play = agreed(&world, "clean_cheap", CHEAP).await?;
    fails(&world, "yookassa", "create_payout", refused).await?;
    signed(&play).await?;
    play.treasury_decides("approve", "approver").await?;
    give_up(&play).await?;
    all_fired(&world).await?;
    balanced(&world, &play, "CANCELLED").await?;

    let play = agreed(&world, "expensive", DEAR).await?;
    let body = json!({ "cause": "VALIDATION_FAULT", "message": "Неверный счёт" });
    let refused = json!({ "status": 400, "body": body });
    fails(&world, "bank", "create_order", refused).await?;
    signed(&play).await?;
    play.treasury_decides("approve", "approver").await?;
    give_up(&play).await?;
    all_fired(&world).await?;
    balanced(&world, &play, "CANCELLED").await?;

    // The request stands in the treasury and cannot be withdrawn.
    let play = agreed(&world, "clean_cheap", CHEAP).await?;
    signed(&play).await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    fails(
        &world,
        "onec_treasury",
        "unpost_request",
        json!({ "status": 503 }),
    )
    .await?;
    cancel(&world, &play).await?;
    // While people are asked about the undo, nobody cancels what is cancelled.
    let ops = world.stack.sign_in("ops").await?;
    ops.wait_for(&play.id, "UNDO_TROUBLE", play.patience)
        .await?;
    assert!(cancel(&world, &play).await.is_err(), "cancelled twice");
    by_hand(&world, &play, "ops", "UNDO_TROUBLE", 1).await?;
    all_fired(&world).await?;
    let run = balanced(&world, &play, "CANCELLED_NEEDS_MANUAL").await?;
    assert_eq!(run.manual.len(), 1, "{:?}", run.manual);
    world.stop().await
}

/// After the money: nothing is undone, people do by hand what partners refuse.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_after_the_money_that_fails_for_good_is_done_by_people() -> anyhow::Result<()> {
    let world = impatient_world().await?;
    let play = agreed(&world, "clean_cheap", CHEAP).await?;
    play.up_to_payment().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "CONFIRM_PAYMENT", play.patience)
        .await?;
    let refused = json!({ "status": 500 });
    for operation in ["create_counterparty", "create_car", "create_receipt"] {
        fails(&world, "onec_alfa", operation, refused.clone()).await?;
    }
    play.confirm_payment().await?;
    // Seller and car at once, the receipt, its posting (there is none to post).
    by_hand(&world, &play, "accountant", "ACCOUNTING_TROUBLE", 3).await?;
    for operation in [
        "crm.item.update",
        "crm.timeline.comment.add",
        "bizproc.event.send",
    ] {
        fails(&world, "bitrix24", operation, json!({ "status": 503 })).await?;
    }
    by_hand(&world, &play, "accountant", "ACCOUNTING_TROUBLE", 1).await?;
    by_hand(&world, &play, "ops", "PARTNER_TROUBLE", 3).await?;
    all_fired(&world).await?;
    let run = balanced(&world, &play, "DONE_NEEDS_MANUAL").await?;
    assert!(!run.manual.is_empty());
    world.stop().await
}
