//! The process does today what it did when these histories were recorded: a deploy breaks no run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutStart;
use strum::IntoEnumIterator;
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflow_replayer::{
    WorkflowReplayError, WorkflowReplayFailure, WorkflowReplayer, WorkflowReplayerOptions,
};
use temporalio_workflow::{TimerOptions, WorkflowContext, WorkflowContextView, WorkflowResult};
use tests::histories::{self, Recorded};
use workflows::buyout::BuyoutWorkflow;

/// Why a history does not replay.
#[derive(Debug)]
pub(crate) enum Broken {
    Refused(WorkflowReplayError),
    /// The SDK itself stumbles over some histories that do not fit.
    Panicked,
}

fn is_nondeterminism(broken: &Broken) -> bool {
    matches!(
        broken,
        Broken::Refused(WorkflowReplayError::Replay(
            WorkflowReplayFailure::Nondeterminism { .. }
        ))
    )
}

/// Which process a history is replayed by.
pub(crate) type Process = fn(&mut WorkflowReplayerOptions);

fn replay(recorded: &Recorded) -> Result<(), Broken> {
    replay_by(recorded, |options| {
        options
            .register_workflow::<BuyoutWorkflow>()
            .expect("a workflow");
    })
}

/// On a thread of its own, so that one history that does not fit hides none of the others.
pub(crate) fn replay_by(recorded: &Recorded, process: Process) -> Result<(), Broken> {
    let recorded = recorded.clone();
    let replayed = std::thread::spawn(move || {
        let mut options = WorkflowReplayerOptions::new()
            .namespace(recorded.namespace.clone())
            .task_queue(contracts::queues::KITE)
            .data_converter(recorded.data_converter().expect("a codec"))
            .build();
        process(&mut options);
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

/// "0.1.0" of "0.1.0-declined".
fn release(file: &str) -> &str {
    file.split_once('-').map_or(file, |(version, _)| version)
}

#[test]
fn every_end_has_a_history_of_every_release() -> anyhow::Result<()> {
    let mut ends: BTreeMap<String, BTreeSet<Stage>> = BTreeMap::new();
    for (name, recorded) in Recorded::all()? {
        let last = recorded.last_stage()?.filter(|stage| stage.is_final());
        let known = ends.entry(release(&name).to_owned()).or_default();
        known.extend(last);
    }
    let this = release(&histories::file_name("any")).to_owned();
    assert!(ends.contains_key(&this), "nothing is recorded of {this}");
    let every: BTreeSet<Stage> = Stage::iter().filter(|stage| stage.is_final()).collect();
    for (release, recorded) in ends {
        let missing: Vec<_> = every.difference(&recorded).collect();
        assert!(
            missing.is_empty(),
            "no history of {release} ends in {missing:?}; run `make histories`"
        );
    }
    Ok(())
}

/// What somebody might do to the process by mistake, played on what it did.
#[derive(Debug, Clone, Copy)]
enum Planted {
    /// Two calls that follow each other change places.
    Swapped,
    /// A call is not made any more: of the two neighbours only the second is left.
    LeftOut,
    /// Somebody is not waited for any more.
    TimerLeftOut,
}

/// The history as it would be had the process been so from the beginning; `None` where it has no such place.
fn planted(recorded: &Recorded, change: Planted) -> Option<Recorded> {
    let mut changed = recorded.clone();
    let scheduled: Vec<(usize, String)> = changed
        .events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| match &event.attributes {
            Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) => {
                let kind = scheduled.activity_type.clone().unwrap_or_default();
                Some((index, kind.name))
            }
            _ => None,
        })
        .collect();
    let pair = scheduled
        .windows(2)
        .skip(scheduled.len() / 2)
        .chain(scheduled.windows(2))
        .find(|pair| pair[0].1 != pair[1].1)?;
    let rename = |changed: &mut Recorded, at: usize, name: &str| {
        if let Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) =
            &mut changed.events[at].attributes
            && let Some(kind) = &mut scheduled.activity_type
        {
            kind.name = name.to_owned();
        }
    };
    match change {
        Planted::Swapped => {
            rename(&mut changed, pair[0].0, &pair[1].1);
            rename(&mut changed, pair[1].0, &pair[0].1);
        }
        Planted::LeftOut => rename(&mut changed, pair[0].0, &pair[1].1),
        Planted::TimerLeftOut => {
            // In its place stands a call: events keep their numbers.
            let call = changed.events[pair[0].0].attributes.clone();
            let timer = changed.events.iter_mut().find(|event| {
                matches!(
                    event.attributes,
                    Some(Attributes::TimerStartedEventAttributes(_))
                )
            })?;
            timer.event_type = EventType::ActivityTaskScheduled as i32;
            timer.attributes = call;
        }
    }
    Some(changed)
}

#[test]
fn a_planted_change_is_found_in_every_recorded_history() -> anyhow::Result<()> {
    let mut found = 0;
    for (name, recorded) in Recorded::all()? {
        for change in [Planted::Swapped, Planted::LeftOut, Planted::TimerLeftOut] {
            let Some(changed) = planted(&recorded, change) else {
                continue;
            };
            found += 1;
            let end = replay(&changed);
            assert!(end.is_err(), "{name}: {change:?} was not found");
        }
    }
    assert!(found >= 2 * histories::BUYOUT.len(), "{found} changes");
    Ok(())
}

/// A process of the same name that does something before what it used to do first.
#[workflow]
pub(crate) struct ChangedWorkflow;

#[workflow_methods]
impl ChangedWorkflow {
    #[init]
    pub(crate) fn new(_view: &WorkflowContextView, _start: BuyoutStart) -> Self {
        Self
    }

    #[run(name = "buyout")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<BuyoutOutcome> {
        let pause = TimerOptions::builder(Duration::from_secs(1)).build();
        ctx.timer(pause).await;
        Ok(BuyoutOutcome::NoShow)
    }
}

#[test]
fn a_process_that_was_changed_is_found_by_each_of_its_histories() -> anyhow::Result<()> {
    for (name, recorded) in Recorded::all()? {
        let end = replay_by(&recorded, |options| {
            options
                .register_workflow::<ChangedWorkflow>()
                .expect("a workflow");
        });
        let refused = end.expect_err(&name);
        assert!(is_nondeterminism(&refused), "{name}: {refused:?}");
    }
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
    assert!(is_nondeterminism(&refused), "{refused:?}");
    Ok(())
}

#[test]
fn a_history_whose_payloads_do_not_open_is_refused() -> anyhow::Result<()> {
    let mut recorded = recorded("declined")?;
    recorded.namespace.push_str("-of-somebody-else");
    replay(&recorded).expect_err("a history of another namespace replayed");
    Ok(())
}
