//! Sweeps: what is looked for from time to time, since nobody tells of it. Calls of a portal's robot that never
//! came and robots that still wait for an answer; differences between systems.

use chrono::{DateTime, Utc};
use domain::finding::{Expected, Finding, Seen};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

/// Workflow types.
pub const PORTALS: &str = "sweep_portals";
pub const RECONCILE: &str = "reconcile";

/// Ids of the schedules that start them.
pub const PORTALS_SCHEDULE: &str = "sweep-portals";
pub const RECONCILE_SCHEDULE: &str = "reconcile";

/// Source of the inbox's messages by which a portal's sweep tells the gateway what to do.
pub const INBOX_SOURCE: &str = "bitrix24-sweep";
/// The same of the portal's events; as if the portal had posted them.
pub const EVENT_SOURCE: &str = "bitrix24-event";

/// A workflow of the portal that waits in our robot, as the sweep writes it into the inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitingRobot {
    pub portal: String,
    pub deal_id: u64,
    /// The portal's workflow instance.
    pub workflow_id: String,
}

/// Input of the sweep over the portals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPortals {
    /// What is younger may still be told by itself.
    pub grace_secs: u64,
}

/// Input of the sweep of one portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPortal {
    pub portal: String,
    pub grace_secs: u64,
}

/// What the sweep of a portal, or of all of them, found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Events that the portal kept for us.
    pub events: u32,
    /// Deals whose robot waits and that have no run.
    pub lost: u32,
    /// Robots that wait though their run has ended.
    pub unanswered: u32,
    /// Portals that could not be swept.
    #[serde(default)]
    pub silent: u32,
}

/// Input of the reconciliation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Runs that ended before are not looked at again.
    pub days: u32,
    /// Runs compared at once.
    pub chunk: u32,
    /// How long a partner that fails is tried.
    pub patience_secs: u64,
    /// A deal without a run is none before it has stood there so long.
    pub grace_secs: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListExpected {
    /// Ended since then, or still running.
    pub since: DateTime<Utc>,
    pub after: Option<String>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedPage {
    pub runs: Vec<Expected>,
    /// Where the next page begins; `None`: this was the last one.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub runs: Vec<Expected>,
    pub seen: Seen,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadStages {
    pub portal: String,
    pub deals: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindIdleDeals {
    pub portal: String,
    pub grace_secs: u64,
}

/// Differences of one portal's deals that have no run: all that there are now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdleDeals {
    pub portal: String,
    pub findings: Vec<Finding>,
}

/// What a reconciliation came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    pub runs: u32,
    /// Differences that stand now.
    pub findings: u32,
    /// Of these, found for the first time.
    pub new: u32,
    /// Former ones that are over.
    pub gone: u32,
    /// Partners that did not answer for some of the runs, by their codes.
    pub silent: Vec<String>,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::sweep_activities::*;
}

pub struct SweepActivities;

#[activity_definitions]
impl SweepActivities {
    /// Portals that installed the app. A local activity.
    #[activity(name = "sweep.portals")]
    pub fn portals() -> Result<Vec<String>, ActivityError> {
        unimplemented!()
    }

    /// What our records make us expect of other systems, page by page. A local activity.
    #[activity(name = "sweep.expected")]
    pub fn expected(list: ListExpected) -> Result<ExpectedPage, ActivityError> {
        unimplemented!()
    }

    /// Compares and writes findings: new ones, those that stand, those that are over. A local activity.
    #[activity(name = "sweep.compare")]
    pub fn compare(compared: Compared) -> Result<Reconciled, ActivityError> {
        unimplemented!()
    }

    /// Writes findings of deals without a run. A local activity.
    #[activity(name = "sweep.keep_idle")]
    pub fn keep_idle(idle: IdleDeals) -> Result<Reconciled, ActivityError> {
        unimplemented!()
    }
}
