//! Documents that Kite makes.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::car::{CarClaim, Client};
use domain::document::{DocumentKind, PaperFields};
use domain::file::FileRef;
use domain::inspection::Defect;
use domain::money::Money;
use domain::policy::{LegalEntity, Site};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

/// Everything a contract or an act says (contracts for documents: partners' section 8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderDocument {
    pub buyout: BuyoutId,
    pub kind: DocumentKind,
    pub number: String,
    pub version: u32,
    /// Date and time of the document.
    pub at: DateTime<Utc>,
    /// "23 ноября 2026 г.", "14:05" in the site's zone.
    pub date_local: String,
    pub time_local: String,
    pub legal_entity: LegalEntity,
    pub site: Site,
    pub client: Client,
    pub car: CarClaim,
    pub fields: PaperFields,
    pub price: Money,
    /// "СБП на номер телефона …" in words, without the full requisites.
    pub payment_method: String,
    pub mileage_km: u32,
    pub defects: Vec<Defect>,
    /// Number of the contract, in an act.
    pub contract_number: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::document_activities::*;
}

pub struct DocumentActivities;

#[activity_definitions]
impl DocumentActivities {
    /// Renders the PDF and stores it; the same input gives the same file.
    #[activity(name = "documents.render")]
    pub fn render(document: RenderDocument) -> Result<FileRef, ActivityError> {
        unimplemented!()
    }
}
