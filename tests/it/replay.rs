//! The process does today what it did when these histories were recorded: a deploy breaks no run.

use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_sdk::workflow_replayer::{
    WorkflowReplayError, WorkflowReplayFailure, WorkflowReplayer, WorkflowReplayerOptions,
};
use tests::histories::{self, Recorded};
use workflows::buyout::BuyoutWorkflow;

/// Why a history does not replay.
#[derive(Debug)]
enum Broken {
    Refused(WorkflowReplayError),
    /// The SDK itself stumbles over some histories that do not fit.
    Panicked,
}

/// On a thread of its own, so that one history that does not fit hides none of the others.
fn replay(recorded: &Recorded) -> Result<(), Broken> {
    let recorded = recorded.clone();
    let replayed = std::thread::spawn(move || {
        let options = WorkflowReplayerOptions::new()
            .register_workflow::<BuyoutWorkflow>()
            .expect("a workflow")
            .namespace(recorded.namespace.clone())
            .task_queue(contracts::queues::KITE)
            .data_converter(recorded.data_converter().expect("a codec"))
            .build();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            WorkflowReplayer::new(options)?
                .replay_workflow(recorded.history())
                .await
        })
    });
    match replayed.join() {
        Ok(replayed) => replayed.map_err(Broken::Refused),
        Err(_) => Err(Broken::Panicked),
    }
}

fn recorded(name: &str) -> anyhow::Result<Recorded> {
    let name = histories::file_name(name);
    let found = Recorded::all()?.remove(&name);
    Ok(found.unwrap_or_else(|| panic!("{name} is not recorded; run `make histories`")))
}

#[test]
fn every_recorded_history_replays() -> anyhow::Result<()> {
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
        if let Err(error) = replay(&recorded) {
            broken.push(format!("{name}: {error:?}"));
        }
    }
    assert!(
        broken.is_empty(),
        "runs under way would break; put the change behind ctx.patched, see docs/adding-a-process.md:\n{}",
        broken.join("\n")
    );
    Ok(())
}

#[test]
fn a_history_whose_activities_were_swapped_is_refused() -> anyhow::Result<()> {
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
    let refused = replay(&recorded).expect_err("another order of activities replayed");
    assert!(
        matches!(
            refused,
            Broken::Refused(WorkflowReplayError::Replay(
                WorkflowReplayFailure::Nondeterminism { .. }
            ))
        ),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn a_history_whose_payloads_do_not_open_is_refused() -> anyhow::Result<()> {
    let mut recorded = recorded("declined")?;
    recorded.namespace.push_str("-of-somebody-else");
    replay(&recorded).expect_err("a history of another namespace replayed");
    Ok(())
}
