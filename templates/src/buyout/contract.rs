//! Договор купли-продажи транспортного средства.

use chrono::{DateTime, Utc};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::money::Money;
use domain::policy::{LegalEntity, Site};
use serde::Serialize;

use super::paper::{Buyer, HandedOver, text};
use super::words;
use crate::error::TemplateError;
use crate::pdf::{self, Identity};

/// The contract by which a natural person sells a car to the dealer.
pub struct Contract<'a> {
    pub number: &'a str,
    /// From 1; a later version replaces the earlier ones.
    pub version: u32,
    /// Becomes the creation date of the PDF.
    pub at: DateTime<Utc>,
    /// The day of the contract in the site's zone: "23 ноября 2026 г."
    pub date_local: &'a str,
    /// The buyer.
    pub legal_entity: &'a LegalEntity,
    pub site: &'a Site,
    /// The seller's phone and mail; the rest about them comes from `fields`.
    pub client: &'a Client,
    pub car: &'a CarClaim,
    pub fields: &'a PaperFields,
    pub price: Money,
    /// How the seller is paid, in words and without full requisites.
    pub payment_method: &'a str,
}

#[derive(Serialize)]
struct View {
    number: String,
    version: u32,
    date: String,
    city: String,
    place: String,
    buyer: Buyer,
    #[serde(flatten)]
    handed_over: HandedOver,
    price: String,
    price_in_words: String,
    payment_method: String,
}

impl Contract<'_> {
    /// The PDF (PDF/A-2b); the same contract gives the same bytes. CPU-bound: tens of milliseconds.
    pub fn render(&self) -> Result<Vec<u8>, TemplateError> {
        let Self {
            number,
            version,
            at,
            date_local,
            legal_entity,
            site,
            client,
            car,
            fields,
            price,
            payment_method,
        } = self;
        let view = View {
            number: text(number),
            version: *version,
            date: text(date_local),
            city: text(&site.city),
            place: text(&site.address),
            buyer: Buyer::from(*legal_entity),
            handed_over: HandedOver::new(client, car, fields),
            price: words::price_in_document(*price),
            price_in_words: price.in_words(),
            payment_method: text(payment_method),
        };
        let identity = Identity {
            id: format!("contract {number} {version}"),
            at: *at,
        };
        pdf::render("buyout/contract.typ", &identity, &view)
    }
}
