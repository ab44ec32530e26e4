//! Our own database: policies, projections, directory, numbers. Run as local activities.

use domain::buyout::projection::Projection;
use domain::buyout::start::BuyoutId;
use domain::document::DocumentKind;
use domain::inspection::PhotoReuse;
use domain::policy::BuyoutPolicy;
use domain::staff::{PersonId, PersonRef};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

use crate::yookassa::BankList;

/// The car of a run: while the run is active nobody else buys it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimCar {
    pub buyout: BuyoutId,
    /// VIN or frame number, normalised.
    pub identifier: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChooseInspector {
    /// Whose open inspection stays with the person who has it: a step that is done anew after its worker died
    /// chooses nobody else. `None` in runs that chose before this was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyout: Option<BuyoutId>,
    pub city: String,
    pub excluded: Vec<PersonId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindPhotoReuse {
    pub buyout: BuyoutId,
    /// SHA-256 of the photos as uploaded, with the file ids: `(file id, hash)`.
    pub hashes: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextNumber {
    pub legal_entity: String,
    pub kind: DocumentKind,
    /// The same key gets the same number again.
    pub key: String,
}

/// A fact that fits nowhere: kept and shown to ops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unmatched {
    pub buyout: BuyoutId,
    pub event_id: String,
    /// English, for ops: what arrived and why it does not fit. No personal data.
    pub reason: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::record_activities::*;
}

pub struct RecordActivities;

#[activity_definitions]
impl RecordActivities {
    /// The policy in force for a city; the run keeps it to its end.
    #[activity(name = "records.capture_policy")]
    pub fn capture_policy(city: String) -> Result<BuyoutPolicy, ActivityError> {
        unimplemented!()
    }

    /// Writes the projection and the new events in one transaction. Idempotent: an older version
    /// never overwrites a newer one, an event is written once.
    #[activity(name = "records.save_buyout")]
    pub fn save_buyout(projection: Projection) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Takes the car for this run; answers the run that already has it.
    #[activity(name = "records.claim_car")]
    pub fn claim_car(claim: ClaimCar) -> Result<Option<BuyoutId>, ActivityError> {
        unimplemented!()
    }

    /// Gives the car free; tolerant of never having been taken.
    #[activity(name = "records.release_car")]
    pub fn release_car(buyout: BuyoutId) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// The least loaded inspector of the city, see `domain::dispatch::choose`.
    #[activity(name = "records.choose_inspector")]
    pub fn choose_inspector(query: ChooseInspector) -> Result<Option<PersonRef>, ActivityError> {
        unimplemented!()
    }

    /// Photos of this inspection whose bytes were already used in another run.
    #[activity(name = "records.find_photo_reuse")]
    pub fn find_photo_reuse(query: FindPhotoReuse) -> Result<Vec<PhotoReuse>, ActivityError> {
        unimplemented!()
    }

    /// Who a user of the treasury base is among our staff.
    #[activity(name = "records.person_of_treasury_user")]
    pub fn person_of_treasury_user(user: uuid::Uuid) -> Result<Option<PersonRef>, ActivityError> {
        unimplemented!()
    }

    /// The next number of a document of the legal entity, without gaps; idempotent by key.
    #[activity(name = "records.next_number")]
    pub fn next_number(request: NextNumber) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// Keeps a fact that fits nowhere.
    #[activity(name = "records.keep_unmatched")]
    pub fn keep_unmatched(unmatched: Unmatched) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Replaces the list of banks, unless a newer one is there.
    #[activity(name = "records.save_banks")]
    pub fn save_banks(list: BankList) -> Result<(), ActivityError> {
        unimplemented!()
    }
}
