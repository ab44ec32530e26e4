//! The happy buyout, on both databases.

use std::collections::BTreeSet;
use std::time::Instant;

use stack::budget::Budget;
use stack::play::{Play, Prices};
use stack::report;
use tests::{Options, World};

/// The budget of docs/processes/buyout.md.
const EVENT_BUDGET: usize = 500;

async fn happy(options: Options) -> anyhow::Result<()> {
    let recorded = !options.postgres;
    let world = World::with(options).await?;
    let began = Instant::now();
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    play.client_accepts().await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");

    let report = report::of(&play, began.elapsed()).await?;
    assert_eq!(report.robots_answered, 1, "{report:?}");
    let people: BTreeSet<_> = report.people.values().collect();
    assert_eq!(
        (report.people.len(), people.len()),
        (5, 5),
        "{:?}",
        report.people
    );
    assert_eq!(report.documents.len(), 2, "{report:?}");
    assert!(report.receipt.is_some(), "{report:?}");
    assert_eq!(report.deal_stage, "C9:WON");
    for partner in [
        "bitrix24",
        "onec_alfa",
        "onec_treasury",
        "autoteka",
        "avtocod",
        "fssp",
        "yookassa",
        "wazzup",
        "sms",
        "mail",
    ] {
        assert!(
            report.effects.contains_key(partner),
            "{partner} was not called: {:?}",
            report.effects
        );
    }
    assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 1);
    assert!(
        report.history_events <= EVENT_BUDGET,
        "{} events",
        report.history_events
    );
    let budget = Budget::of(&report::history(&play).await?);
    println!("{} events of at least {}", budget.events, budget.minimum());
    assert!(
        budget.events * 100 <= budget.minimum() * 105,
        "{} events where {} would do: {budget:?}",
        budget.events,
        budget.minimum()
    );
    world.assert_each_effect_once().await?;
    if recorded {
        world.record("happy_by_sbp", &play).await?;
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyout_runs_from_the_robot_to_1c_on_sqlite() -> anyhow::Result<()> {
    happy(Options {
        postgres: false,
        ..Options::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyout_runs_from_the_robot_to_1c_on_postgresql() -> anyhow::Result<()> {
    happy(Options {
        postgres: true,
        ..Options::default()
    })
    .await
}
