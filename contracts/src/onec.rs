//! 1C Альфа-Авто: counterparty, car, receipt.

use chrono::{DateTime, Utc};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::finding::SeenReceipt;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveCounterparty {
    pub ref_key: Uuid,
    pub client: Client,
    pub fields: PaperFields,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveCar {
    pub ref_key: Uuid,
    pub car: CarClaim,
    pub fields: PaperFields,
    pub mileage_km: u32,
}

/// Поступление автомобилей: one car at the agreed price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveReceipt {
    pub ref_key: Uuid,
    pub car: Uuid,
    pub counterparty: Uuid,
    pub legal_entity: String,
    pub site: String,
    pub price: Money,
    pub contract_number: String,
    pub at: DateTime<Utc>,
    pub comment: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::onec_activities::*;
}

pub struct OnecActivities;

#[activity_definitions]
impl OnecActivities {
    /// Writes the seller's card; read back and compared.
    #[activity(name = "onec.save_counterparty")]
    pub fn save_counterparty(card: SaveCounterparty) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Writes the car's card, or finds the card of a car bought before by VIN; answers its Ref_Key.
    #[activity(name = "onec.save_car")]
    pub fn save_car(card: SaveCar) -> Result<Uuid, ActivityError> {
        unimplemented!()
    }

    /// Writes the unposted receipt; answers its number.
    #[activity(name = "onec.save_receipt")]
    pub fn save_receipt(receipt: SaveReceipt) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// Receipts as they are now; one that there is not is left out.
    #[activity(name = "onec.read_receipts")]
    pub fn read_receipts(ref_keys: Vec<Uuid>) -> Result<Vec<SeenReceipt>, ActivityError> {
        unimplemented!()
    }

    /// Posts it; reads `Posted` first. Rejected with 1C's text when 1C refuses.
    #[activity(name = "onec.post_receipt")]
    pub fn post_receipt(ref_key: Uuid) -> Result<(), ActivityError> {
        unimplemented!()
    }
}
