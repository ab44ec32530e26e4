//! Deploys in the middle of a run: the next worker and the next gateway go on where the former ones were.

use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::play::{Play, Prices};
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::enums::v1::PendingActivityState;
use tests::world::quick;
use tests::{Options, World, wait};

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

/// The only payout of the simulated partner, once it has it.
async fn payout(world: &World, play: &Play<'_>) -> anyhow::Result<Value> {
    wait::until(play.patience, "a payout is made", async || {
        let payouts = world.stack.control.get("yookassa/payouts").await?;
        Ok(payouts.as_array().and_then(|all| all.first()).cloned())
    })
    .await
}

/// Waits until the run has exactly these activities open and nothing else to do.
///
/// A task that the server hands over in the very moment in which a worker stops may be left to its timeout:
/// that costs minutes and loses nothing. The tests choose their moment, so that they need no minutes.
async fn quiet_but_for(
    play: &Play<'_>,
    open: &[(&str, PendingActivityState)],
) -> anyhow::Result<()> {
    let handle = play
        .stack
        .temporal
        .get_workflow_handle::<UntypedWorkflow>(&play.id);
    wait::until(
        play.patience,
        &format!("only {open:?} is open"),
        async || {
            let now = handle.describe(Default::default()).await?.raw_description;
            let pending: Vec<_> = now
                .pending_activities
                .iter()
                .map(|activity| {
                    let name = activity
                        .activity_type
                        .as_ref()
                        .map(|kind| kind.name.as_str());
                    (name.unwrap_or_default(), activity.state())
                })
                .collect();
            Ok((now.pending_workflow_task.is_none() && pending == open).then_some(()))
        },
    )
    .await
}

/// The next payout stays pending until [`end_payout`].
async fn hold_payout(world: &World) -> anyhow::Result<()> {
    world
        .stack
        .control
        .post(
            "yookassa/outcome",
            json!({ "next": 1, "outcome": "pending" }),
        )
        .await?;
    Ok(())
}

async fn end_payout(world: &World, payout: &Value) -> anyhow::Result<()> {
    assert_eq!(payout["status"], "pending", "{payout}");
    let id = payout["id"].as_str().expect("an id");
    world
        .stack
        .control
        .post(
            &format!("yookassa/payouts/{id}/end"),
            json!({ "outcome": "succeeded" }),
        )
        .await?;
    Ok(())
}

/// What a whole run leaves at the partners, each of it once.
async fn assert_done_once(world: &World, play: &Play<'_>) -> anyhow::Result<()> {
    assert_eq!(play.end().await?, "DONE");
    world.assert_each_effect_once().await?;
    for (partner, operation) in [
        ("autoteka", "buy_report"),
        ("onec_treasury", "create_request"),
        ("yookassa", "create_payout"),
        ("onec_alfa", "create_counterparty"),
        ("onec_alfa", "create_car"),
        ("onec_alfa", "create_receipt"),
        ("onec_alfa", "post_receipt"),
        ("bitrix24", "bizproc.event.send"),
    ] {
        assert_eq!(
            world.effects(partner, operation).await?.len(),
            1,
            "{partner} {operation}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_replaced_in_three_stages_repeats_nothing() -> anyhow::Result<()> {
    let mut policy = quick();
    // Between two questions for the payout there is time to stop.
    policy.deadlines.poll_secs = 3;
    let world = World::with(Options {
        policy,
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let play = Play::deal(stack, "clean").await?;

    // While a partner is asked: its answer is still on the way when the worker is told to go.
    let delay = json!({ "delay_ms": 8_000 });
    stack
        .control
        .fault("fssp", "search_person", json!({ "nth": 1 }), delay)
        .await?;
    play.robot_calls().await?;
    play.inspect().await?;
    quiet_but_for(
        &play,
        &[("fssp.search_person", PendingActivityState::Started)],
    )
    .await?;
    stack.stop_worker().await?;
    stack.start_worker().await?;
    play.appraise(PRICES).await?;
    play.approve_price().await?;

    // While a person is awaited: the decision is made when nobody is there to take it.
    let manager = stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    quiet_but_for(&play, &[]).await?;
    stack.stop_worker().await?;
    let (said, started) = tokio::join!(play.client_says("ACCEPT", 0, ""), stack.start_worker());
    started?;
    said?;

    // While money is on its way: the partner's word comes when nobody hears it.
    hold_payout(&world).await?;
    play.up_to_payment().await?;
    let pending = payout(&world, &play).await?;
    quiet_but_for(
        &play,
        &[("yookassa.await_payout", PendingActivityState::Scheduled)],
    )
    .await?;
    stack.stop_worker().await?;
    end_payout(&world, &pending).await?;
    stack.start_worker().await?;
    play.confirm_payment().await?;

    assert_done_once(&world, &play).await?;
    world.record("worker_replaced", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_replaced_in_two_stages_loses_no_robot_and_no_payout() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let play = Play::deal(stack, "clean").await?;

    // The portal's robot called; the gateway that took the call is gone before the inspection.
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let token = inspector.token.clone();
    stack.stop_gateway().await?;
    assert!(stack.sign_in("head").await.is_err(), "nobody listens");
    stack.start_gateway().await?;
    // Who was signed in still is: the same badge opens the next gateway.
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    assert_eq!((inspector.token, task.kind.as_str()), (token, "INSPECT"));
    play.inspect().await?;
    play.appraise(PRICES).await?;
    play.approve_price().await?;
    play.client_says("ACCEPT", 0, "").await?;

    // The partner calls back and finds nobody: the process asks by itself.
    hold_payout(&world).await?;
    play.up_to_payment().await?;
    let pending = payout(&world, &play).await?;
    stack.stop_gateway().await?;
    end_payout(&world, &pending).await?;
    stack.start_gateway().await?;
    play.confirm_payment().await?;

    assert_done_once(&world, &play).await?;
    world.record("gateway_replaced", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_waited_for_a_worker_is_taken_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(Prices {
        buyout: 300_000,
        stop: 340_000,
        forecast: 400_000,
    })
    .await?;
    let manager = stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let decline = |reason: &str| {
        Kind::ClientAnswer(proto::kite::task::v1::ClientAnswer {
            round: 1,
            answer: "DECLINE".to_owned(),
            amount: None,
            reason: reason.to_owned(),
        })
    };
    quiet_but_for(&play, &[]).await?;
    stack.stop_worker().await?;
    // Two browser windows, one after the other, before a worker is back.
    let (first, second, started) = tokio::join!(
        manager.decide(&task, decline("Передумал.")),
        manager.decide(&task, decline("Продал соседу.")),
        stack.start_worker(),
    );
    started?;
    assert!(
        first.is_ok() != second.is_ok(),
        "one of two is taken: {first:?} {second:?}"
    );
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    world.assert_each_effect_once().await?;
    world.stop().await
}
