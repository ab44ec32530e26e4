//! What a person says to a run while nobody can hear it is not lost, whoever dies then.

use std::time::Duration;

use domain::buyout::start::BuyoutId;
use stack::play::{Play, Prices};
use tests::machine::{Machine, Part};
use tests::wait;

use super::{WORKER, policy};

/// A gateway gives again what was not answered for twenty seconds.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_made_while_the_engine_is_dead_is_given_by_the_next_gateway()
-> anyhow::Result<()> {
    let machine = Machine::start(policy(), WORKER).await?;
    let stack = &machine.world.stack;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(Prices {
        buyout: 300_000,
        stop: 340_000,
        forecast: 400_000,
    })
    .await?;
    let manager = stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let kept = async || {
        stack
            .store
            .due_updates(chrono::Utc::now() + PATIENCE, 10)
            .await
    };
    wait::until(play.patience, "earlier updates are forgotten", async || {
        Ok(kept().await?.is_empty().then_some(()))
    })
    .await?;

    machine.kill(Part::Temporal).await?;
    let says = async {
        let said = play.client_says("ACCEPT", 0, "").await;
        anyhow::ensure!(said.is_err(), "nobody could hear it");
        std::future::pending().await
    };
    let update = tokio::select! {
        said = says => return said,
        kept = wait::until(play.patience, "it is kept", async || Ok(kept().await?.pop())) => kept?,
    };
    assert_eq!(update.run.as_str(), play.id);
    assert!(!update.body.contains("ACCEPT"), "it lies there unsealed");
    machine.kill(Part::Gateway).await?;
    machine.revive(Part::Temporal).await?;
    machine.revive(Part::Gateway).await?;

    // Nobody says it again.
    let id = BuyoutId(play.id.clone());
    let run = wait::until(PATIENCE, "the run has heard it", async || {
        let run = stack.store.buyout(&id).await?;
        Ok(run.filter(|run| !run.answers.is_empty()))
    })
    .await?;
    assert_eq!(run.answers.len(), 1, "{:?}", run.answers);
    wait::until(PATIENCE, "it is forgotten", async || {
        Ok(kept().await?.is_empty().then_some(()))
    })
    .await?;
    let manager = stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", PATIENCE)
        .await?;
    machine.world.assert_each_effect_once().await?;
    machine.stop().await
}
