//! How long a buyout takes whose partners and people answer at once, against an empty workflow of the same waves.
//!
//! The waves are read from the history of the very run that is compared (`shape`): the same workflow tasks, calls,
//! records, timers, search attributes and updates, in the same dependencies, on as many queues, with nothing in
//! them. What is above is ours: codec, database, HTTP, documents.

mod gaps;

use std::time::Duration;

use anyhow::{Context, bail};
use domain::buyout::start::BuyoutId;
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;

use crate::empty::{EmptyWorkers, Least};
use crate::figures::{Ratio, median, millis};
use crate::office::{Files, Office};
use crate::rows::events::history;
use crate::shape::{Command, Shape};
use crate::table::{Line, Table};
use crate::world::{Options, World};

use gaps::Gaps;

pub(crate) const ROW: &str = "wall";
/// Roubles, by SBP, without a second word.
pub(crate) const PRICE: i64 = 300_000;
const GOAL: f64 = 1.15;
const PATIENCE: Duration = Duration::from_secs(90);
/// Commands of one kind that an empty run may have less.
const ELIDED: usize = 2;
const LOOK: Duration = Duration::from_millis(20);
/// Until what a run leaves behind is done, so that none pays for the one before it.
const SETTLE: Duration = Duration::from_millis(300);

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let world = World::start(Options::default()).await?;
    let office = Office::open(&world, Files::Ready, Duration::from_millis(2)).await?;
    let bare = crate::noop::client(&world.address).await?;
    let least = Least::new(world.folder.path(), world.control.clone())?;
    let mut empty = EmptyWorkers::start(world.address.clone(), least);
    // The first ones open connections and draw the first documents.
    for _ in 0..2 {
        play(&office, PRICE).await?;
    }
    let (mut pairs, mut null) = (Vec::new(), Vec::new());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut over_least, mut least_over_empty) = (Vec::new(), Vec::new());
    let (mut spent, mut spent_empty) = (Gaps::default(), Gaps::default());
    for number in 0..if quick { 3 } else { 30 } {
        tokio::time::sleep(SETTLE).await;
        let run = play(&office, PRICE).await?;
        let events = history(&world, run.as_str()).await?;
        let shape = Shape::of(&events)?;
        let took = length(&events)?;
        spent.add(&events);
        let mut both = [Duration::ZERO; 2];
        for (turn, slot) in both.iter_mut().enumerate() {
            tokio::time::sleep(SETTLE).await;
            let id = format!("empty-{number}-{turn}");
            empty.play(&bare, &id, &shape, false).await?;
            let events = history(&world, &id).await?;
            let played = Shape::of(&events)?;
            same(&shape, &played)?;
            *slot = length(&events)?;
            spent_empty.add(&events);
        }
        tokio::time::sleep(SETTLE).await;
        let id = format!("least-{number}");
        empty.play(&bare, &id, &shape, true).await?;
        let events = history(&world, &id).await?;
        same(&shape, &Shape::of(&events)?)?;
        let least = length(&events)?.as_secs_f64();
        let [first, second] = both.map(|took| took.as_secs_f64());
        pairs.push((took.as_secs_f64(), f64::midpoint(first, second)));
        null.push((first, second));
        over_least.push((took.as_secs_f64(), least));
        least_over_empty.push((least, f64::midpoint(first, second)));
        ours.push(took);
        theirs.extend(both);
    }
    empty.stop().await?;
    office.close();
    world.stop().await?;
    let ratio = Ratio::of(&pairs);
    table.tell(ROW, "null test: empty / empty", Ratio::of(&null));
    table.tell(
        ROW,
        "each record on the disk and each call one request, no more / empty",
        Ratio::of(&least_over_empty),
    );
    table.tell(
        ROW,
        "a buyout / a run of its waves with that least",
        Ratio::of(&over_least),
    );
    for line in spent.against(&spent_empty) {
        println!("  {line}");
    }
    for line in spent.calls() {
        println!("    {line}");
    }
    table.add(Line {
        row: ROW,
        what: "wall of a buyout, all answer at once / empty workflow of its waves".to_owned(),
        ours: format!("{:.0} ms", median(&millis(&ours))),
        reference: format!("{:.0} ms", median(&millis(&theirs))),
        ratio: ratio.to_string(),
        goal: format!("<= {GOAL}"),
        met: Some(ratio.high <= GOAL),
    });
    Ok(())
}

/// A whole buyout; answers its run.
pub(crate) async fn play(office: &Office, price: i64) -> anyhow::Result<BuyoutId> {
    let deal = office.deal(price).await?;
    office.begin(&deal).await?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(ended) = office.ended(std::slice::from_ref(&deal.id)).await?.pop() {
            if !ended.done {
                bail!(
                    "{} did not end DONE: {}",
                    deal.id,
                    office.stands(&deal.id).await
                );
            }
            return Ok(deal.id);
        }
        if tokio::time::Instant::now() >= deadline {
            bail!(
                "{} has not ended: {}",
                deal.id,
                office.stands(&deal.id).await
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// From the first event to the last, by the server's clock.
fn length(events: &[HistoryEvent]) -> anyhow::Result<Duration> {
    let (first, last) = events
        .first()
        .and_then(moment)
        .zip(events.last().and_then(moment))
        .context("an empty history")?;
    Ok(last.saturating_sub(first))
}

/// Since 1970, by the server's clock.
fn moment(event: &HistoryEvent) -> Option<Duration> {
    let time = event.event_time.as_ref()?;
    Some(Duration::new(
        u64::try_from(time.seconds).ok()?,
        u32::try_from(time.nanos).ok()?,
    ))
}

/// An empty run that did other things than ours proves nothing. Where the outside is quicker than ours was, two steps
/// fall into one workflow task, and a timer or a call that begins and ends there is never told to the engine.
fn same(wanted: &Shape, played: &Shape) -> anyhow::Result<()> {
    let counts = |shape: &Shape| {
        [
            shape.count(|command| matches!(command, Command::Call { .. })),
            shape.count(|command| matches!(command, Command::Record(_))),
            shape.count(|command| matches!(command, Command::Show)),
            shape.count(|command| matches!(command, Command::Answer)),
            shape.count(|command| matches!(command, Command::Timer(_))),
        ]
    };
    let (wanted, played) = (counts(wanted), counts(played));
    anyhow::ensure!(
        wanted
            .iter()
            .zip(&played)
            .all(|(wanted, played)| wanted.abs_diff(*played) <= ELIDED),
        "the empty run did {played:?} calls, records, shows, answers and timers, ours {wanted:?}"
    );
    Ok(())
}
