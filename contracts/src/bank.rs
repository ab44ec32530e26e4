//! The bank: payment order with a human signature.

use domain::buyout::start::BuyoutId;
use domain::finding::SeenPayout;
use domain::money::Money;
use domain::payment::{AccountRequisites, PayoutResult};
use domain::policy::LegalEntity;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateOrder {
    pub buyout: BuyoutId,
    /// The bank's idempotency key.
    pub external_id: Uuid,
    pub payer: LegalEntity,
    pub recipient_name: String,
    pub recipient: AccountRequisites,
    pub amount: Money,
    /// At most 210 characters.
    pub purpose: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::bank_activities::*;
}

pub struct BankActivities;

#[activity_definitions]
impl BankActivities {
    /// Writes the intent, then the draft order; asks for it by external id before any repeat.
    #[activity(name = "bank.create_order")]
    pub fn create_order(order: CreateOrder) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Orders as they are now, by their external ids; one that the bank does not know is left out.
    #[activity(name = "bank.read_orders")]
    pub fn read_orders(external_ids: Vec<String>) -> Result<Vec<SeenPayout>, ActivityError> {
        unimplemented!()
    }

    /// Paid or refused; until then (draft, signed, in work) pending.
    #[activity(name = "bank.await_order")]
    pub fn await_order(external_id: Uuid) -> Result<PayoutResult, ActivityError> {
        unimplemented!()
    }
}
