//! What the sources say of a car, and what the process makes of it.

use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::papers::PlayedCar;
use stack::play::{Play, Prices};
use tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_wanted_car_is_refused_and_security_learns_why() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "wanted").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    assert_eq!(play.end().await?, "REFUSED_LEGAL");
    let head = world.stack.sign_in("head").await?;
    let buyout = head.buyout(&play.id).await?;
    let wanted = buyout
        .checks
        .iter()
        .find(|check| check.kind == "WANTED")
        .expect("a result on the search");
    assert_eq!(wanted.outcome, "FATAL", "{wanted:?}");
    // Security (portal user 19) was told; nobody was asked for a price.
    let notices = world.effects("bitrix24", "im.notify.system.add").await?;
    assert!(!notices.is_empty(), "security was not told");
    assert!(
        buyout.tasks.iter().all(|task| task.kind != "APPRAISE"),
        "{:?}",
        buyout.tasks
    );
    world.assert_each_effect_once().await?;
    world.record("wanted", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pledged_car_is_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "pledged").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    assert_eq!(play.end().await?, "REFUSED_LEGAL");
    let head = world.stack.sign_in("head").await?;
    let outcome = head
        .buyout(&play.id)
        .await?
        .summary
        .unwrap_or_default()
        .outcome;
    assert!(outcome.to_lowercase().contains("залог"), "{outcome}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_that_the_client_has_removed_is_asked_again_and_the_deal_goes_on()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "banned").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let manager = world.stack.sign_in("manager").await?;
    let recheck = || {
        Kind::Removal(pb::ResolveRemoval {
            resolution: "RECHECK".to_owned(),
            reason: String::new(),
        })
    };
    // The client says it is lifted, but the registry does not: the process waits on.
    let first = manager
        .answer(&play.id, "AWAIT_REMOVAL", recheck(), play.patience)
        .await?;
    let again = loop {
        let task = manager
            .wait_for(&play.id, "AWAIT_REMOVAL", play.patience)
            .await?;
        if task.id != first.id {
            break task;
        }
    };
    let car = play.catalogue["id"].as_str().expect("a car's id");
    world
        .stack
        .control
        .post(&format!("catalogue/{car}/lift_ban"), json!({}))
        .await?;
    manager.decide(&again, recheck()).await?;
    play.appraise(Prices {
        buyout: 300_000,
        stop: 320_000,
        forecast: 400_000,
    })
    .await?;
    world.record("ban_lifted", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_read_at_the_car_that_differs_goes_to_security() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let seen = PlayedCar {
        identifier: other_vin(&play.car.identifier),
        ..play.car.clone()
    };
    play.inspect_seeing(seen.clone()).await?;
    let security = world.stack.sign_in("security").await?;
    let task = security
        .wait_for(&play.id, "RESOLVE_MISMATCH", play.patience)
        .await?;
    assert!(
        task.details.contains(&seen.identifier) && task.details.contains(&play.car.identifier),
        "{}",
        task.details
    );
    // No check was paid for while the car itself is in doubt.
    assert_eq!(world.effects("autoteka", "buy_report").await?.len(), 0);
    let refuse = pb::ResolveMismatch {
        resolution: "REFUSE".to_owned(),
        reason: "Номер перебит.".to_owned(),
    };
    security.decide(&task, Kind::Mismatch(refuse)).await?;
    assert_eq!(play.end().await?, "REFUSED_FRAUD");
    world.record("mismatch_refused", &play).await?;
    world.stop().await
}

/// Another VIN of the same make: one character differs.
fn other_vin(vin: &str) -> String {
    let mut characters: Vec<char> = vin.chars().collect();
    let last = characters.len() - 1;
    characters[last] = if characters[last] == '7' { '8' } else { '7' };
    characters.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_sources_are_a_decision_of_the_head_and_never_clean() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "incomplete").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    let task = head
        .wait_for(&play.id, "DECIDE_SOURCES", play.patience)
        .await?;
    let buyout = head.buyout(&play.id).await?;
    for kind in ["WANTED", "PLEDGE"] {
        let check = buyout
            .checks
            .iter()
            .find(|check| check.kind == kind)
            .expect("a result");
        assert_eq!(check.outcome, "UNKNOWN", "{check:?}");
    }
    let stop = pb::ResolveSources {
        resolution: "STOP".to_owned(),
        reason: "Источники молчат.".to_owned(),
    };
    head.decide(&task, Kind::Sources(stop)).await?;
    assert_eq!(play.end().await?, "REFUSED_LEGAL");
    world.stop().await
}
