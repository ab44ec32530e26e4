//! 1C treasury: the payment request that people approve there.

use domain::money::Money;
use domain::payment::{Requisites, TreasuryDecision, TreasuryRequest};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveRequest {
    pub ref_key: Uuid,
    pub legal_entity: String,
    pub amount: Money,
    /// Назначение платежа, at most 210 characters.
    pub purpose: String,
    pub recipient: Requisites,
    pub comment: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::treasury_activities::*;
}

pub struct TreasuryActivities;

#[activity_definitions]
impl TreasuryActivities {
    /// Writes the request, unposted; read back and compared. Статус is never written by us.
    #[activity(name = "treasury.save_request")]
    pub fn save_request(request: SaveRequest) -> Result<TreasuryRequest, ActivityError> {
        unimplemented!()
    }

    /// Posts the request: from now on it is in the approval route.
    #[activity(name = "treasury.post_request")]
    pub fn post_request(ref_key: Uuid) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// The decision once there is one; until then pending.
    #[activity(name = "treasury.await_decision")]
    pub fn await_decision(ref_key: Uuid) -> Result<TreasuryDecision, ActivityError> {
        unimplemented!()
    }

    /// Marks the request for deletion; tolerant of one that never came to be.
    #[activity(name = "treasury.withdraw_request")]
    pub fn withdraw_request(ref_key: Uuid) -> Result<(), ActivityError> {
        unimplemented!()
    }
}
