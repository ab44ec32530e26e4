//! Акт приёма-передачи транспортного средства.

use chrono::{DateTime, Utc};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::inspection::Defect;
use domain::policy::{LegalEntity, Site};
use serde::Serialize;

use super::paper::{Buyer, HandedOver, text, text_or_dash};
use super::words;
use crate::error::TemplateError;
use crate::pdf::{self, Identity};

/// Of a photo's SHA-256 this much is printed: enough to find it among the photos of one inspection.
const PHOTO_REFERENCE: usize = 8;

/// The act by which the car, its keys and papers are handed over to the dealer.
pub struct Act<'a> {
    pub number: &'a str,
    /// From 1; a later version replaces the earlier ones.
    pub version: u32,
    /// Becomes the creation date of the PDF.
    pub at: DateTime<Utc>,
    /// In the site's zone: "23 ноября 2026 г." and "14:05".
    pub date_local: &'a str,
    pub time_local: &'a str,
    /// The contract that is performed.
    pub contract_number: &'a str,
    pub legal_entity: &'a LegalEntity,
    pub site: &'a Site,
    pub client: &'a Client,
    pub car: &'a CarClaim,
    pub fields: &'a PaperFields,
    /// As read by the inspector.
    pub mileage_km: u32,
    pub defects: &'a [Defect],
}

#[derive(Serialize)]
struct View {
    number: String,
    version: u32,
    date: String,
    time: String,
    city: String,
    place: String,
    contract_number: String,
    buyer: Buyer,
    #[serde(flatten)]
    handed_over: HandedOver,
    mileage: String,
    defects: Vec<DefectRow>,
}

#[derive(Serialize)]
struct DefectRow {
    /// Permanent name of the element: its place on the diagram.
    code: String,
    element: &'static str,
    kind: &'static str,
    comment: String,
    /// Beginnings of the photos' hashes.
    photos: Vec<String>,
}

impl From<&Defect> for DefectRow {
    fn from(defect: &Defect) -> Self {
        let Defect {
            element,
            kind,
            comment,
            photos,
        } = defect;
        Self {
            code: element.to_string(),
            element: element.title_ru(),
            kind: kind.title_ru(),
            comment: text_or_dash(Some(comment)),
            photos: photos
                .iter()
                .map(|photo| {
                    text(
                        &photo
                            .sha256
                            .chars()
                            .take(PHOTO_REFERENCE)
                            .collect::<String>(),
                    )
                })
                .collect(),
        }
    }
}

impl Act<'_> {
    /// The PDF (PDF/A-2b); the same act gives the same bytes. CPU-bound: tens of milliseconds.
    pub fn render(&self) -> Result<Vec<u8>, TemplateError> {
        let Self {
            number,
            version,
            at,
            date_local,
            time_local,
            contract_number,
            legal_entity,
            site,
            client,
            car,
            fields,
            mileage_km,
            defects,
        } = self;
        let view = View {
            number: text(number),
            version: *version,
            date: text(date_local),
            time: text(time_local),
            city: text(&site.city),
            place: text(&site.address),
            contract_number: text(contract_number),
            buyer: Buyer::from(*legal_entity),
            handed_over: HandedOver::new(client, car, fields),
            mileage: words::kilometres(*mileage_km),
            defects: defects.iter().map(DefectRow::from).collect(),
        };
        let identity = Identity {
            id: format!("act {number} {version}"),
            at: *at,
        };
        pdf::render("buyout/act.typ", &identity, &view)
    }
}
