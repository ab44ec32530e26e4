//! Autoteka: paid history report and market value.

use domain::buyout::start::BuyoutId;
use domain::checks::ReportResult;
use domain::vin::CarIdentifier;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

/// Buys a report unless one of this car is already ours and younger than `max_age_secs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderReport {
    pub buyout: BuyoutId,
    pub identifier: CarIdentifier,
    pub max_age_secs: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FetchReport {
    pub buyout: BuyoutId,
    pub report_id: u64,
    /// Mileage that the inspector saw, km: a smaller one than the history's is a finding.
    pub mileage_km: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Valuate {
    pub buyout: BuyoutId,
    pub identifier: CarIdentifier,
    pub make: String,
    pub model: String,
    pub year: u16,
    pub mileage_km: u32,
    pub city: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::autoteka_activities::*;
}

pub struct AutotekaActivities;

#[activity_definitions]
impl AutotekaActivities {
    /// Answers the report's id; the id is kept before anything is polled, a report is never bought twice.
    #[activity(name = "autoteka.order_report")]
    pub fn order_report(order: OrderReport) -> Result<u64, ActivityError> {
        unimplemented!()
    }

    /// The report once it is ready; until then the attempt fails as pending and is repeated.
    #[activity(name = "autoteka.fetch_report")]
    pub fn fetch_report(query: FetchReport) -> Result<ReportResult, ActivityError> {
        unimplemented!()
    }

    /// Market value by specification.
    #[activity(name = "autoteka.valuate")]
    pub fn valuate(query: Valuate) -> Result<ReportResult, ActivityError> {
        unimplemented!()
    }
}
