//! The process does today what it did when these histories were recorded: a deploy breaks no run.

use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_sdk::workflow_replayer::{
    WorkflowReplayError, WorkflowReplayFailure, WorkflowReplayer, WorkflowReplayerOptions,
};
use tests::histories::{self, Recorded};
use workflows::buyout::BuyoutWorkflow;

async fn replay(recorded: &Recorded) -> anyhow::Result<Result<(), WorkflowReplayError>> {
    let options = WorkflowReplayerOptions::new()
        .register_workflow::<BuyoutWorkflow>()?
        .namespace(recorded.namespace.clone())
        .task_queue(contracts::queues::KITE)
        .data_converter(recorded.data_converter()?)
        .build();
    Ok(WorkflowReplayer::new(options)?
        .replay_workflow(recorded.history())
        .await)
}

fn recorded(name: &str) -> anyhow::Result<Recorded> {
    let name = histories::file_name(name);
    let found = Recorded::all()?.remove(&name);
    Ok(found.unwrap_or_else(|| panic!("{name} is not recorded; run `make histories`")))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_history_replays() -> anyhow::Result<()> {
    let histories = Recorded::all()?;
    for name in histories::BUYOUT {
        let name = histories::file_name(name);
        assert!(
            histories.contains_key(&name),
            "{name} is not recorded; run `make histories`"
        );
    }
    let mut broken = Vec::new();
    for (name, recorded) in histories {
        if let Err(error) = replay(&recorded).await? {
            broken.push(format!("{name}: {error}"));
        }
    }
    assert!(
        broken.is_empty(),
        "runs under way would break; put the change behind ctx.patched, see docs/adding-a-process.md:\n{}",
        broken.join("\n")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_whose_activities_were_swapped_is_refused() -> anyhow::Result<()> {
    let mut recorded = recorded("happy_by_sbp")?;
    let mut scheduled: Vec<_> = recorded
        .events
        .iter_mut()
        .filter_map(|event| match &mut event.attributes {
            Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) => {
                scheduled.activity_type.as_mut()
            }
            _ => None,
        })
        .collect();
    // The first and the last call of the run are never of one kind.
    let last = scheduled.len() - 1;
    assert_ne!(scheduled[0].name, scheduled[last].name);
    let (first, rest) = scheduled.split_at_mut(1);
    std::mem::swap(first[0], rest[last - 1]);
    let refused = replay(&recorded)
        .await?
        .expect_err("another order of activities replayed");
    assert!(
        matches!(
            refused,
            WorkflowReplayError::Replay(WorkflowReplayFailure::Nondeterminism { .. })
        ),
        "{refused}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_whose_payloads_do_not_open_is_refused() -> anyhow::Result<()> {
    let mut recorded = recorded("declined")?;
    recorded.namespace.push_str("-of-somebody-else");
    replay(&recorded)
        .await?
        .expect_err("a history of another namespace replayed");
    Ok(())
}
