//! Events in the history of a happy buyout against the least of its dependency graph (`stack::budget`). Free of
//! noise; how many things share a workflow task still depends on when partners answer, so the worst of some runs
//! counts.

use stack::budget::Budget;
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;

use std::time::Duration;

use crate::office::{Files, Office};
use crate::rows::wall;
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "events";
const GOAL: f64 = 1.05;

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let world = World::start(Options::default()).await?;
    let office = Office::open(&world, Files::Ready, Duration::from_millis(5)).await?;
    let mut worst: Option<Budget> = None;
    for _ in 0..if quick { 1 } else { 5 } {
        let run = wall::play(&office, wall::PRICE).await?;
        let budget = Budget::of(&history(&world, run.as_str()).await?);
        if worst
            .as_ref()
            .is_none_or(|worst| budget.ratio() > worst.ratio())
        {
            worst = Some(budget);
        }
    }
    office.close();
    world.stop().await?;
    if let Some(worst) = worst {
        table.add(Line {
            row: ROW,
            what: "events of a happy buyout / the least of its graph".to_owned(),
            ours: worst.events.to_string(),
            reference: worst.minimum().to_string(),
            ratio: format!("{:.3}", worst.ratio()),
            goal: format!("<= {GOAL}"),
            met: Some(worst.ratio() <= GOAL),
        });
    }
    Ok(())
}

pub(crate) async fn history(world: &World, run: &str) -> anyhow::Result<Vec<HistoryEvent>> {
    let run = world.client.get_workflow_handle::<UntypedWorkflow>(run);
    Ok(run.fetch_history(Default::default()).into_events().await?)
}
