//! How many events a run's history has, and how many it could not do without.
//!
//! The least is that of the process's own dependency graph: every call, record, timer, update and signal with the
//! events that it has by nature, one workflow task for each thing that happened outside, and of what a workflow
//! task tells the engine and the database of the run, one of each. What is above could have been left out.

use std::collections::BTreeMap;

use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;

/// Permanent name of the local activity that saves the run.
const SAVE: &str = "records.save_buyout";
/// Scheduled, started, completed.
const WORKFLOW_TASK: usize = 3;

/// Events of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    pub events: usize,
    /// Second saves and second writes of search attributes in one workflow task.
    pub said_twice: usize,
    /// Events of workflow tasks for which nothing had happened outside, or which failed.
    pub for_nothing: usize,
    /// Events by their types, for whoever looks for what grew.
    pub by_type: BTreeMap<String, usize>,
}

impl Budget {
    pub fn of(history: &[HistoryEvent]) -> Self {
        let mut by_type = BTreeMap::new();
        let (mut tasks, mut failed, mut outside) = (0_usize, 0_usize, 0_usize);
        let (mut saves, mut shows, mut said_twice) = (0_usize, 0_usize, 0_usize);
        for event in history {
            *by_type.entry(kind(event)).or_insert(0) += 1;
            let Some(attributes) = &event.attributes else {
                continue;
            };
            match attributes {
                Attributes::WorkflowTaskCompletedEventAttributes(_) => {
                    tasks += 1;
                    (saves, shows) = (0, 0);
                }
                Attributes::WorkflowTaskFailedEventAttributes(_)
                | Attributes::WorkflowTaskTimedOutEventAttributes(_) => failed += 1,
                Attributes::WorkflowExecutionStartedEventAttributes(_)
                | Attributes::WorkflowExecutionSignaledEventAttributes(_)
                | Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(_)
                | Attributes::ActivityTaskCompletedEventAttributes(_)
                | Attributes::ActivityTaskFailedEventAttributes(_)
                | Attributes::ActivityTaskTimedOutEventAttributes(_)
                | Attributes::ActivityTaskCanceledEventAttributes(_)
                | Attributes::TimerFiredEventAttributes(_) => outside += 1,
                Attributes::UpsertWorkflowSearchAttributesEventAttributes(_) => {
                    said_twice += usize::from(shows > 0);
                    shows += 1;
                }
                Attributes::MarkerRecordedEventAttributes(marker)
                    if local_activity(&marker.details).as_deref() == Some(SAVE) =>
                {
                    said_twice += usize::from(saves > 0);
                    saves += 1;
                }
                _ => {}
            }
        }
        let needless = tasks.saturating_sub(outside) + failed;
        Self {
            events: history.len(),
            said_twice,
            for_nothing: needless * WORKFLOW_TASK,
            by_type,
        }
    }

    pub fn minimum(&self) -> usize {
        self.events - self.said_twice - self.for_nothing
    }

    pub fn ratio(&self) -> f64 {
        self.events as f64 / self.minimum() as f64
    }
}

fn kind(event: &HistoryEvent) -> String {
    let name = format!("{:?}", event.event_type());
    name.trim_start_matches("EventType").to_owned()
}

/// The type of the local activity of a marker.
pub fn local_activity(
    details: &std::collections::HashMap<
        String,
        temporalio_common::protos::temporal::api::common::v1::Payloads,
    >,
) -> Option<String> {
    let payload = details.get("data")?.payloads.first()?;
    let told: serde_json::Value = serde_json::from_slice(&payload.data).ok()?;
    told["activity_type"].as_str().map(str::to_owned)
}
