//! Partners on hold: what a process asks of our own database before it goes on.

use chrono::{DateTime, Utc};
use domain::hold::HeldTime;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

/// Type of the failure by which an attempt says that its partner is held and was not called.
pub const HELD: &str = "Held";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldSince {
    /// Code of the partner.
    pub partner: String,
    pub since: DateTime<Utc>,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::hold_activities::*;
}

pub struct HoldActivities;

#[activity_definitions]
impl HoldActivities {
    /// Ends when nobody holds the partner, or when this run's call is to find out whether it is back. Its attempts
    /// ask, so that a wait of days adds no event.
    #[activity(name = "hold.await_release")]
    pub fn await_release(partner: String) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// When the partner was held since then. A local activity.
    #[activity(name = "hold.held_since")]
    pub fn held_since(query: HeldSince) -> Result<Vec<HeldTime>, ActivityError> {
        unimplemented!()
    }
}
