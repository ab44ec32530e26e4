//! Money: rails, refusals, approvals that do not count, replies that get lost.

use proto::kite::buyout::v1::CancelBuyoutRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::papers;
use stack::play::{Play, Prices};
use tests::World;
use tonic::Code;

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

async fn agreed<'a>(world: &'a World, kind: &str, prices: Prices) -> anyhow::Result<Play<'a>> {
    let play = Play::deal(&world.stack, kind).await?;
    play.up_to_offer(prices).await?;
    play.client_says("ACCEPT", 0, "").await?;
    Ok(play)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_that_the_bank_refuses_gets_new_requisites_and_a_new_attempt() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let play = agreed(&world, "clean", PRICES).await?;
    let refusal = json!({ "next": 1, "outcome": "canceled", "reason": "insufficient_funds" });
    world
        .stack
        .control
        .post("yookassa/outcome", refusal)
        .await?;
    play.up_to_payment().await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "FIX_REQUISITES", play.patience)
        .await?;
    assert!(task.details.len() > 20, "{}", task.details);
    manager
        .decide(&task, Kind::Requisites(papers::requisites(&play.car)))
        .await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let head = world.stack.sign_in("head").await?;
    let payments = head.buyout(&play.id).await?.payments;
    assert_eq!(payments.len(), 2, "{payments:?}");
    assert_eq!(payments[0].state, "REFUSED", "{payments:?}");
    let paid: Vec<_> = world
        .stack
        .control
        .get("yookassa/payouts")
        .await?
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(
        paid.iter()
            .filter(|payout| payout["status"] == "succeeded")
            .count(),
        1,
        "{paid:?}"
    );
    world.assert_each_effect_once().await?;
    world.record("payout_refused", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_limit_of_sbp_the_money_goes_by_a_signed_bank_order() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = agreed(
        &world,
        "expensive",
        Prices {
            buyout: 1_450_000,
            stop: 1_550_000,
            forecast: 1_800_000,
        },
    )
    .await?;
    play.up_to_payment().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "SIGN_BANK_ORDER", play.patience)
        .await?;
    // Money is in flight: a cancel is refused with an explanation.
    let request = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "передумали".to_owned(),
    };
    let refused = head
        .buyouts()
        .cancel_buyout(request)
        .await
        .expect_err("a cancel in flight");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("еньги"), "{refused}");
    play.bank_signs().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    assert_eq!(
        world.effects("yookassa", "create_payout").await?.len(),
        0,
        "a sum is never split"
    );
    let orders = world.stack.control.get("bank/orders").await?;
    assert_eq!(orders.as_array().map(Vec::len), Some(1), "{orders}");
    world.assert_each_effect_once().await?;
    world.record("happy_by_bank_order", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_by_a_participant_of_the_deal_does_not_count() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = agreed(&world, "clean", PRICES).await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    play.treasury_decides("approve", "appraiser").await?;
    let head = world.stack.sign_in("head").await?;
    let task = head
        .wait_for(&play.id, "RESOLVE_OWN_WORK", play.patience)
        .await?;
    assert!(task.details.contains("оценщик"), "{}", task.details);
    assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 0);
    head.decide(
        &task,
        Kind::Retry(pb::Reason {
            text: "Согласует казначей.".to_owned(),
        }),
    )
    .await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    world.assert_each_effect_once().await?;
    world.record("own_work_approved", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_lost_after_the_effect_leave_each_effect_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (partner, operation) in [
        ("yookassa", "create_payout"),
        ("onec_alfa", "create_counterparty"),
        ("onec_alfa", "create_car"),
        ("onec_alfa", "create_receipt"),
        ("onec_alfa", "post_receipt"),
        ("onec_treasury", "create_request"),
        ("autoteka", "buy_report"),
    ] {
        world
            .stack
            .control
            .fault(partner, operation, json!({ "nth": 1 }), json!("drop_after"))
            .await?;
    }
    let play = agreed(&world, "clean", PRICES).await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    // Every scripted fault did fire, so the counts below say something.
    let faults = world.stack.control.get("faults").await?;
    for rule in faults.as_array().into_iter().flatten() {
        assert_eq!(rule["fired"], 1, "a fault did not fire: {rule}");
    }
    world.assert_each_effect_once().await?;
    for (partner, operation) in [
        ("yookassa", "create_payout"),
        ("onec_alfa", "create_receipt"),
        ("onec_treasury", "create_request"),
        ("autoteka", "buy_report"),
    ] {
        assert_eq!(
            world.effects(partner, operation).await?.len(),
            1,
            "{partner} {operation}"
        );
    }
    world.record("replies_lost", &play).await?;
    world.stop().await
}
