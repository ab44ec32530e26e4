//! Processor time of a worker for an activity that does nothing: our whole worker, with codec, interceptors and all
//! that runs beside, against the SDK alone. Both are processes of their own and serve one after another.

use std::time::Duration;

use anyhow::Context;
use futures::future::try_join_all;
use temporalio_client::{Client, WorkflowStartOptions};

use crate::figures::{Ratio, coin, median};
use crate::noop::{self, BARE, Place, Steps};
use crate::process::Process;
use crate::roles::{Own, Role};
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "activity";
const GOAL: f64 = 1.25;
/// Runs at once, each of them with so many activities one after another.
const AT_ONCE: u32 = 8;

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let world = World::start(Options {
        worker: false,
        ..Options::default()
    })
    .await?;
    let laden = world.laden().await?;
    let bare = bare(&world).await?;
    let plain = noop::client(&world.address).await?;
    let steps = if quick { 20 } else { 60 };
    let mut number = 0;
    let mut load = async |process: &Process, client: &Client, queue: &str| -> anyhow::Result<f64> {
        number += 1;
        let before = process.cpu()?;
        run(client, queue, &format!("steps-{number}"), steps).await?;
        let spent = process.cpu()? - before;
        Ok(spent * 1_000.0 / f64::from(AT_ONCE * steps))
    };
    let ours = contracts::queues::KITE;
    // The first ones open connections and fill caches.
    load(&laden, &world.client, ours).await?;
    load(&bare, &plain, BARE).await?;
    let (mut pairs, mut null) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 2 } else { 7 } {
        let (with, without) = if coin() {
            let with = load(&laden, &world.client, ours).await?;
            (with, load(&bare, &plain, BARE).await?)
        } else {
            let without = load(&bare, &plain, BARE).await?;
            (load(&laden, &world.client, ours).await?, without)
        };
        pairs.push((with, without));
    }
    for _ in 0..if quick { 1 } else { 4 } {
        let first = load(&bare, &plain, BARE).await?;
        null.push((first, load(&bare, &plain, BARE).await?));
    }
    laden.stop().await;
    bare.stop().await;
    world.stop().await?;
    let ratio = Ratio::of(&pairs);
    let middle = |side: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(side).collect::<Vec<_>>());
    table.tell(ROW, "null test: bare / bare", Ratio::of(&null));
    table.add(Line {
        row: ROW,
        what: "worker CPU of an activity, encrypted / bare worker, plain".to_owned(),
        ours: format!("{:.2} ms", middle(|pair| pair.0)),
        reference: format!("{:.2} ms", middle(|pair| pair.1)),
        ratio: ratio.to_string(),
        goal: format!("<= {GOAL}"),
        met: Some(ratio.high <= GOAL),
    });
    Ok(())
}

async fn bare(world: &World) -> anyhow::Result<Process> {
    let folder = world.folder.path();
    let ready = folder.join("bare.ready");
    let place = Place {
        address: world.address.clone(),
        ready: ready.clone(),
    };
    let file = folder.join("bare.json");
    std::fs::write(&file, serde_json::to_string(&place)?)?;
    let process = Process::start(Role::Own(Own::Bare), &file, &[])?;
    for _ in 0..600 {
        if ready.exists() {
            return Ok(process);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None.context("the bare worker is not ready")
}

async fn run(client: &Client, queue: &str, name: &str, steps: u32) -> anyhow::Result<()> {
    let runs = (0..AT_ONCE).map(async |number| {
        let options = WorkflowStartOptions::new(queue, format!("{name}-{number}")).build();
        let run = client.start_workflow(Steps::run, steps, options).await?;
        run.get_result(Default::default()).await?;
        Ok::<_, anyhow::Error>(())
    });
    try_join_all(runs).await.map(|_| ())
}
