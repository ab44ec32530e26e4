//! The shape of a run, read from its history: which commands each workflow task gave, and what had happened outside
//! before it. An empty workflow that does the same is what the engine alone takes for such a process.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;

/// One workflow task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Calls that had ended before it, by their number.
    pub(crate) calls: Vec<usize>,
    /// Timers that had fired, by their number.
    pub(crate) timers: Vec<usize>,
    pub(crate) updates: u32,
    pub(crate) signals: u32,
    pub(crate) commands: Vec<Command>,
}

/// What the outside does next, once it learns of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    Nothing,
    /// A person decides.
    Update,
    /// A partner calls back.
    Signal,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Command {
    /// A local activity.
    Record(Next),
    /// An activity of a queue; it ends at this attempt.
    Call {
        queue: String,
        attempts: u32,
        pause: Duration,
        next: Next,
    },
    /// The call is no longer wanted.
    GiveUp(usize),
    /// Search attributes.
    Show,
    Timer(Duration),
    StopTimer(usize),
    /// The oldest update is answered.
    Answer,
}

/// Of a whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) steps: Vec<Step>,
}

/// Where a command stands.
#[derive(Clone, Copy)]
struct Place {
    step: usize,
    command: usize,
}

/// What of a history is known so far.
#[derive(Default)]
struct Reader {
    steps: Vec<Step>,
    /// Number of a call by the event that scheduled it.
    calls: HashMap<i64, usize>,
    places: Vec<Place>,
    /// Number of a timer by the event that started it.
    timers: HashMap<i64, usize>,
    /// What ended, was signalled or asked since the last workflow task began.
    pending: Step,
    /// The last record, and the last call that ended: who is awaited has learned of it there.
    recorded: Option<Place>,
    ended: Option<Place>,
}

impl Shape {
    pub(crate) fn of(history: &[HistoryEvent]) -> anyhow::Result<Self> {
        let mut reader = Reader::default();
        for event in history {
            let attributes = event
                .attributes
                .as_ref()
                .context("an event without attributes")?;
            reader.read(event.event_id, attributes)?;
        }
        Ok(Self {
            steps: reader.steps,
        })
    }

    pub(crate) fn count(&self, which: impl Fn(&Command) -> bool) -> usize {
        let commands = self.steps.iter().flat_map(|step| &step.commands);
        commands.filter(|command| which(command)).count()
    }
}

impl Reader {
    fn read(&mut self, id: i64, attributes: &Attributes) -> anyhow::Result<()> {
        match attributes {
            Attributes::WorkflowTaskStartedEventAttributes(_) => {
                self.steps.push(std::mem::take(&mut self.pending));
            }
            Attributes::ActivityTaskScheduledEventAttributes(scheduled) => {
                let retry = scheduled.retry_policy.as_ref();
                let pause = retry.and_then(|retry| retry.initial_interval);
                let call = Command::Call {
                    queue: scheduled
                        .task_queue
                        .as_ref()
                        .map(|q| q.name.clone())
                        .unwrap_or_default(),
                    // Until it is known better: one that is given up.
                    attempts: u32::MAX,
                    pause: pause
                        .and_then(|pause| pause.try_into().ok())
                        .unwrap_or_default(),
                    next: Next::Nothing,
                };
                self.calls.insert(id, self.places.len());
                let place = self.command(call)?;
                self.places.push(place);
            }
            Attributes::ActivityTaskStartedEventAttributes(started) => {
                let place = self.call(started.scheduled_event_id)?.1;
                if let Command::Call { attempts, .. } = self.at(place)? {
                    *attempts = u32::try_from(started.attempt)?;
                }
            }
            Attributes::ActivityTaskCompletedEventAttributes(completed) => {
                let (number, place) = self.call(completed.scheduled_event_id)?;
                self.pending.calls.push(number);
                self.ended = Some(place);
            }
            Attributes::ActivityTaskCanceledEventAttributes(canceled) => {
                let (number, _) = self.call(canceled.scheduled_event_id)?;
                self.pending.calls.push(number);
            }
            Attributes::ActivityTaskCancelRequestedEventAttributes(asked) => {
                let (number, _) = self.call(asked.scheduled_event_id)?;
                self.command(Command::GiveUp(number))?;
            }
            Attributes::MarkerRecordedEventAttributes(_) => {
                self.recorded = Some(self.command(Command::Record(Next::Nothing))?);
            }
            Attributes::UpsertWorkflowSearchAttributesEventAttributes(_) => {
                self.command(Command::Show)?;
            }
            Attributes::TimerStartedEventAttributes(started) => {
                self.timers.insert(id, self.timers.len());
                let length = started.start_to_fire_timeout;
                let length = length.and_then(|length| length.try_into().ok());
                self.command(Command::Timer(length.unwrap_or_default()))?;
            }
            Attributes::TimerFiredEventAttributes(fired) => {
                let number = self.timer(fired.started_event_id)?;
                self.pending.timers.push(number);
            }
            Attributes::TimerCanceledEventAttributes(canceled) => {
                let number = self.timer(canceled.started_event_id)?;
                self.command(Command::StopTimer(number))?;
            }
            Attributes::WorkflowExecutionSignaledEventAttributes(_) => {
                self.pending.signals += 1;
                let place = self.ended.context("a signal before any call ended")?;
                if let Command::Call { next, .. } = self.at(place)? {
                    *next = Next::Signal;
                }
            }
            Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(_) => {
                let step = self.steps.last_mut().context("an update before any task")?;
                step.updates += 1;
                // What the person saw was recorded before this workflow task.
                let place = self.recorded.context("an update before any record")?;
                if let Command::Record(next) = self.at(place)? {
                    *next = Next::Update;
                }
            }
            Attributes::WorkflowExecutionUpdateCompletedEventAttributes(_) => {
                self.command(Command::Answer)?;
            }
            Attributes::WorkflowExecutionStartedEventAttributes(_)
            | Attributes::WorkflowExecutionCompletedEventAttributes(_)
            | Attributes::WorkflowTaskScheduledEventAttributes(_)
            | Attributes::WorkflowTaskCompletedEventAttributes(_) => {}
            other => anyhow::bail!("a happy run has no such event: {other:?}"),
        }
        Ok(())
    }

    fn command(&mut self, command: Command) -> anyhow::Result<Place> {
        let step = self
            .steps
            .len()
            .checked_sub(1)
            .context("a command before any task")?;
        let commands = &mut self.steps[step].commands;
        commands.push(command);
        Ok(Place {
            step,
            command: commands.len() - 1,
        })
    }

    fn at(&mut self, place: Place) -> anyhow::Result<&mut Command> {
        let step = self.steps.get_mut(place.step);
        step.and_then(|step| step.commands.get_mut(place.command))
            .context("a command that was never given")
    }

    fn timer(&self, started: i64) -> anyhow::Result<usize> {
        let number = self.timers.get(&started).copied();
        number.context("a timer that was never started")
    }

    fn call(&self, scheduled: i64) -> anyhow::Result<(usize, Place)> {
        let number = self.calls.get(&scheduled).copied();
        let number = number.context("an activity that was never scheduled")?;
        Ok((number, self.places[number]))
    }
}
