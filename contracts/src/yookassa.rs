//! YooKassa: payout to a person by SBP, and the banks that take one.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::finding::SeenPayout;
use domain::money::Money;
use domain::payment::{PayoutResult, SbpBank, SbpRequisites};
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

/// Asks for nothing in particular.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListBanks {}

/// The banks that take payouts now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BankList {
    pub banks: Vec<SbpBank>,
    pub read_at: DateTime<Utc>,
}

/// Input of the process that reads the banks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefreshBanks {
    /// How long a partner that is away is asked again, seconds.
    pub patience_secs: u64,
}

/// How that process ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BanksRefreshed {
    Read {
        banks: usize,
    },
    /// The list that was there stays; a sentence for ops.
    NotRead {
        why: String,
    },
}

/// The process of which there is one at a time.
pub const BANKS_WORKFLOW_ID: &str = "payout-banks";

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

    /// Payouts as they are now; one that the partner does not know is left out.
    #[activity(name = "yookassa.read_payouts")]
    pub fn read_payouts(ids: Vec<String>) -> Result<Vec<SeenPayout>, ActivityError> {
        unimplemented!()
    }

    /// The final state; until then pending.
    #[activity(name = "yookassa.await_payout")]
    pub fn await_payout(payout: String) -> Result<PayoutResult, ActivityError> {
        unimplemented!()
    }

    /// The banks that take payouts by SBP.
    #[activity(name = "yookassa.list_banks")]
    pub fn list_banks(asked: ListBanks) -> Result<BankList, ActivityError> {
        unimplemented!()
    }
}
