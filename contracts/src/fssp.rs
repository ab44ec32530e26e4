//! ФССП: enforcement proceedings against the owner, by a commercial provider.

use chrono::NaiveDate;
use domain::buyout::start::BuyoutId;
use domain::checks::ReportResult;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchPerson {
    pub buyout: BuyoutId,
    pub full_name: String,
    /// Without a birthdate the source is not asked: the result is unknown.
    pub birthdate: Option<NaiveDate>,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::fssp_activities::*;
}

pub struct FsspActivities;

#[activity_definitions]
impl FsspActivities {
    /// Active proceedings of the person.
    #[activity(name = "fssp.search_person")]
    pub fn search_person(query: SearchPerson) -> Result<ReportResult, ActivityError> {
        unimplemented!()
    }
}
