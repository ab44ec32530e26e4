//! One dead partner, and the buyouts that do not need it: those by SBP while the bank of the payment orders is dead.
//! Others that need the bank are started meanwhile at a steady rate, and pile up before it. The bank lives, dies,
//! lives again; the two times in which it lives are the reference, so that a database that grows is in both.

use std::time::Duration;

use anyhow::bail;
use domain::buyout::start::BuyoutId;
use futures::future::try_join_all;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::figures::{bagged, median, millis};
use crate::office::{Files, Office};
use crate::rows::wall::{PRICE, play};
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "outage";
const GOAL: f64 = 1.10;
/// Above what SBP takes: the money goes by a bank order.
const DEAR: i64 = 700_000;
/// Runs by SBP at once.
const AT_ONCE: usize = 2;
/// Between two starts of runs that need the bank.
const PAUSE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(250);
/// How long the runs that waited for the bank may take once it lives.
const RECOVERY: Duration = Duration::from_secs(180);

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let world = World::start(Options::default()).await?;
    let office = Office::open(&world, Files::Ready, Duration::from_millis(20)).await?;
    let each = if quick { 3 } else { 15 };
    block(&office, 1).await?;
    let mut alive = block(&office, each).await?;
    world
        .control
        .fault("bank", "*", json!("every"), json!("drop_before"))
        .await?;
    let dead = block(&office, each * 2).await?;
    let held = world.store.holds_in_force().await?.len();
    world.control.delete("faults").await?;
    let waited = dead.dear.len();
    ended(&office, &dead.dear).await?;
    let again = block(&office, each).await?;
    alive.took.extend(again.took);
    alive.dear.extend(again.dear);
    ended(&office, &alive.dear).await?;
    office.close();
    world.stop().await?;
    let (with, without) = (millis(&dead.took), millis(&alive.took));
    let (ours, reference) = (bagged(&with, 0.99), bagged(&without, 0.99));
    table.tell(
        ROW,
        "runs that waited for the bank; its circuit",
        format!("{waited}; {}", if held > 0 { "open" } else { "closed" }),
    );
    table.tell(
        ROW,
        "p50 of a buyout by SBP, bank dead / alive",
        format!("{:.2}", median(&with) / median(&without)),
    );
    table.add(Line {
        row: ROW,
        what: "p99 of a buyout by SBP, bank dead / alive".to_owned(),
        ours: format!("{ours:.0} ms"),
        reference: format!("{reference:.0} ms"),
        ratio: format!("{:.2}", ours / reference),
        goal: format!("<= {GOAL}"),
        met: Some(ours / reference <= GOAL),
    });
    Ok(())
}

/// Runs by SBP with their lengths, and those by a bank order that were started beside them.
struct Block {
    took: Vec<Duration>,
    dear: Vec<BuyoutId>,
}

async fn block(office: &Office, each: usize) -> anyhow::Result<Block> {
    let over = CancellationToken::new();
    let beside = async {
        let mut dear = Vec::new();
        while over
            .run_until_cancelled(tokio::time::sleep(PAUSE))
            .await
            .is_some()
        {
            let deal = office.deal(DEAR).await?;
            office.begin(&deal).await?;
            dear.push(deal.id);
        }
        Ok::<_, anyhow::Error>(dear)
    };
    let runs = async {
        let lanes = (0..AT_ONCE).map(async |_| {
            let mut runs = Vec::new();
            for _ in 0..each {
                runs.push(play(office, PRICE).await?);
            }
            Ok::<_, anyhow::Error>(runs)
        });
        let played = try_join_all(lanes).await;
        over.cancel();
        Ok::<_, anyhow::Error>(played?.concat())
    };
    let (dear, runs) = tokio::try_join!(beside, runs)?;
    let took = office
        .ended(&runs)
        .await?
        .into_iter()
        .map(|run| run.took)
        .collect();
    Ok(Block { took, dear })
}

/// Until all of them have ended well.
async fn ended(office: &Office, runs: &[BuyoutId]) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + RECOVERY;
    loop {
        let ended = office.ended(runs).await?;
        if ended.len() == runs.len() && ended.iter().all(|run| run.done) {
            return Ok(());
        }
        if tokio::time::Instant::now() >= deadline {
            bail!(
                "{} of {} runs have not ended {RECOVERY:?} after the bank lives: {}",
                runs.len() - ended.len(),
                runs.len(),
                office.surprises()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}
