//! Where the time of a run goes: each moment of it belongs to what it ended with.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;

use super::moment;

/// Time until each kind of event, of as many runs as were added.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    runs: u32,
    until: BTreeMap<&'static str, (u32, Duration)>,
    /// From a call's beginning to its end, by what is called; calls lie beside one another.
    calls: BTreeMap<String, (u32, Duration)>,
}

impl Gaps {
    /// Events of a run; the engine writes down when a call began only after it has ended.
    pub(super) fn add(&mut self, history: &[HistoryEvent]) {
        let mut moments: Vec<_> = history
            .iter()
            .filter_map(|event| Some((moment(event)?, kind(event.attributes.as_ref()?))))
            .collect();
        moments.sort_by_key(|(at, _)| *at);
        for pair in moments.windows(2) {
            let [(before, _), (at, kind)] = pair else {
                continue;
            };
            let (count, sum) = self.until.entry(kind).or_default();
            *count += 1;
            *sum += at.saturating_sub(*before);
        }
        self.add_calls(history);
        self.runs += 1;
    }

    fn add_calls(&mut self, history: &[HistoryEvent]) {
        let (mut named, mut begun) = (HashMap::new(), HashMap::new());
        for event in history {
            match &event.attributes {
                Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) => {
                    let name = scheduled.activity_type.as_ref().map(|kind| &kind.name);
                    named.insert(event.event_id, name.cloned().unwrap_or_default());
                }
                Some(Attributes::ActivityTaskStartedEventAttributes(started)) => {
                    begun.insert(started.scheduled_event_id, moment(event));
                }
                Some(Attributes::ActivityTaskCompletedEventAttributes(completed)) => {
                    let call = completed.scheduled_event_id;
                    let began = begun.get(&call).copied().flatten();
                    if let (Some(name), Some((began, ended))) =
                        (named.get(&call), began.zip(moment(event)))
                    {
                        let (count, sum) = self.calls.entry(name.clone()).or_default();
                        *count += 1;
                        *sum += ended.saturating_sub(began);
                    }
                }
                _ => {}
            }
        }
    }

    /// How long each kind of call took, the longest first.
    pub(super) fn calls(&self) -> Vec<String> {
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_by_key(|(_, (_, sum))| std::cmp::Reverse(*sum));
        calls
            .into_iter()
            .map(|(name, (count, sum))| {
                let runs = f64::from(self.runs.max(1));
                let whole = sum.as_secs_f64() * 1_000.0 / runs;
                format!("{whole:.0} ms in {:.1} of {name}", f64::from(*count) / runs)
            })
            .collect()
    }

    /// Milliseconds of a run, the mean of all of them, by what they ended with; ours against the empty ones.
    pub(super) fn against(&self, empty: &Self) -> Vec<String> {
        let of = |gaps: &Self, kind: &str| {
            let (count, sum) = gaps.until.get(kind).copied().unwrap_or_default();
            let runs = f64::from(gaps.runs.max(1));
            (f64::from(count) / runs, sum.as_secs_f64() * 1_000.0 / runs)
        };
        self.until
            .keys()
            .map(|kind| {
                let ((count, ours), (_, theirs)) = (of(self, kind), of(empty, kind));
                format!("{ours:.0} ms, empty {theirs:.0} ms until {kind} ({count:.0} a run)")
            })
            .collect()
    }
}

fn kind(attributes: &Attributes) -> &'static str {
    match attributes {
        Attributes::WorkflowTaskStartedEventAttributes(_) => "a worker takes up a workflow task",
        Attributes::WorkflowTaskCompletedEventAttributes(_) => {
            "a workflow task is done with its records"
        }
        Attributes::ActivityTaskStartedEventAttributes(_) => "a worker takes up a call",
        Attributes::ActivityTaskCompletedEventAttributes(_) => "a call is done",
        Attributes::TimerFiredEventAttributes(_) => "a timer fires",
        Attributes::WorkflowExecutionSignaledEventAttributes(_) => "a partner calls back",
        Attributes::WorkflowTaskScheduledEventAttributes(_) => {
            "the engine has a workflow task, also of what a person decided"
        }
        _ => "the engine has written something else",
    }
}
