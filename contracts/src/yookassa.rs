//! YooKassa: payout to a person by SBP.

use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::payment::{PayoutResult, SbpRequisites};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreatePayout {
    pub buyout: BuyoutId,
    /// Idempotence-Key, at most 64 characters; a new one only after the former attempt was refused.
    pub key: String,
    pub amount: Money,
    pub destination: SbpRequisites,
    pub recipient_name: String,
    /// Shown to the recipient, at most 128 characters; no personal data.
    pub description: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::yookassa_activities::*;
}

pub struct YookassaActivities;

#[activity_definitions]
impl YookassaActivities {
    /// Writes the intent, then pays with the key; answers the payout's id. An unknown outcome is asked
    /// for with the same key, never with another one.
    #[activity(name = "yookassa.create_payout")]
    pub fn create_payout(payout: CreatePayout) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// The final state; until then pending.
    #[activity(name = "yookassa.await_payout")]
    pub fn await_payout(payout: String) -> Result<PayoutResult, ActivityError> {
        unimplemented!()
    }
}
