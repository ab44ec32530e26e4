//! A working day of the buyout: a deal at each task that somebody may have to decide.

use stack::papers::PlayedCar;
use stack::play::Play;
use tests::World;

use super::PRICES;

/// Deals by the name that the browser tests know them by, each waiting for what its name says.
pub(super) async fn at_every_task(world: &World) -> anyhow::Result<Vec<(&'static str, Play<'_>)>> {
    let mut deals = vec![
        ("unassigned", unassigned(world).await?),
        ("started", started(world, "clean").await?),
        ("mismatch", mismatch(world).await?),
    ];
    // Each kind of car has its own answer of the registries.
    for (name, kind) in [
        ("inspected", "clean"),
        ("banned", "banned"),
        ("silent", "incomplete"),
    ] {
        deals.push((name, inspected(world, kind).await?));
    }
    let priced = inspected(world, "clean").await?;
    priced.appraise(PRICES).await?;
    deals.push(("priced", priced));
    deals.push(("offered", offered(world).await?));
    let countered = offered(world).await?;
    countered.client_says("COUNTER", 460_000, "").await?;
    deals.push(("countered", countered));
    deals.push(("accepted", accepted(world).await?));
    let papers = accepted(world).await?;
    papers.bring_papers().await?;
    deals.push(("papers", papers));
    let verified = accepted(world).await?;
    verified.bring_papers().await?;
    verified.verify_papers().await?;
    deals.push(("verified", verified));
    let signed = accepted(world).await?;
    up_to_approval(&signed).await?;
    deals.push(("signed", signed));
    let paying = accepted(world).await?;
    up_to_approval(&paying).await?;
    paying.treasury_decides("approve", "approver").await?;
    deals.push(("paying", paying));
    let paid = accepted(world).await?;
    paid.up_to_payment().await?;
    paid.confirm_payment().await?;
    paid.end().await?;
    deals.push(("paid", paid));
    Ok(deals)
}

async fn started<'a>(world: &'a World, kind: &str) -> anyhow::Result<Play<'a>> {
    let play = Play::deal(&world.stack, kind).await?;
    play.robot_calls().await?;
    play.inspector().await?;
    Ok(play)
}

/// Both inspectors of the town are away when the robot calls, and back later.
async fn unassigned(world: &World) -> anyhow::Result<Play<'_>> {
    let inspectors = ["u-inspector", "u-inspector2"].map(domain::staff::PersonId::new);
    let [one, other] = &inspectors;
    for (absent, substitute) in [(one, other), (other, one)] {
        let store = &world.stack.store;
        store.set_substitute(absent, Some(substitute)).await?;
    }
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    dispatcher
        .wait_for(&play.id, "ASSIGN_INSPECTOR", play.patience)
        .await?;
    for back in &inspectors {
        world.stack.store.set_substitute(back, None).await?;
    }
    Ok(play)
}

async fn inspected<'a>(world: &'a World, kind: &str) -> anyhow::Result<Play<'a>> {
    let play = started(world, kind).await?;
    play.inspect().await?;
    Ok(play)
}

/// The inspector read another number at the car than the deal has.
async fn mismatch(world: &World) -> anyhow::Result<Play<'_>> {
    let play = started(world, "clean").await?;
    let mut identifier = play.car.identifier.clone();
    let last = identifier.pop();
    identifier.push(if last == Some('7') { '8' } else { '7' });
    let seen = PlayedCar {
        identifier,
        ..play.car.clone()
    };
    play.inspect_seeing(seen).await?;
    Ok(play)
}

async fn offered(world: &World) -> anyhow::Result<Play<'_>> {
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    Ok(play)
}

async fn accepted(world: &World) -> anyhow::Result<Play<'_>> {
    let play = offered(world).await?;
    play.client_says("ACCEPT", 0, "").await?;
    Ok(play)
}

/// Signed; the request lies in the treasury.
async fn up_to_approval(play: &Play<'_>) -> anyhow::Result<()> {
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await
}
