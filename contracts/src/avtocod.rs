//! Avtocod: ГИБДД, pledges, ЭПТС, taxi in one report.

use domain::buyout::start::BuyoutId;
use domain::checks::ReportResult;
use domain::plate::Plate;
use domain::vin::CarIdentifier;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MakeReport {
    pub buyout: BuyoutId,
    pub identifier: CarIdentifier,
    pub plate: Option<Plate>,
    /// Idempotence key; another round of checks has another key.
    pub key: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FetchAvtocod {
    pub buyout: BuyoutId,
    pub uid: String,
    /// After the patience for slow sources ended: take what there is, silent sources become unknown.
    pub accept_partial: bool,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::avtocod_activities::*;
}

pub struct AvtocodActivities;

#[activity_definitions]
impl AvtocodActivities {
    /// Orders the report with our webhook; answers its uid.
    #[activity(name = "avtocod.make_report")]
    pub fn make_report(order: MakeReport) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// The report once complete; until then pending.
    #[activity(name = "avtocod.fetch_report")]
    pub fn fetch_report(query: FetchAvtocod) -> Result<ReportResult, ActivityError> {
        unimplemented!()
    }
}
