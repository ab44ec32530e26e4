//! Messages to the client: messenger, SMS, mail.

use chrono::{DateTime, Utc};
use domain::buyout::signing::ContractRef;
use domain::buyout::start::BuyoutId;
use domain::file::FileRef;
use domain::money::Money;
use domain::phone::Phone;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

/// The offer with its signed link; the text comes from the templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendOffer {
    pub buyout: BuyoutId,
    pub round: u32,
    pub client_name: String,
    pub car: String,
    pub price: Money,
    pub valid_until: DateTime<Utc>,
    /// "28 ноября, 14:05" in the site's zone.
    pub valid_until_local: String,
    /// Reminder number; 0 for the offer itself.
    pub reminder: u32,
    /// Number of the sending that a person asked for, over all rounds; 0 when nobody did.
    #[serde(default)]
    pub again: u32,
}

/// Something that the client is told beside the offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendNotice {
    pub buyout: BuyoutId,
    pub client_name: String,
    pub car: String,
    pub notice: ClientNotice,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientNotice {
    /// Contract and act are made: the signed link by which the client reads them.
    Signing {
        contract: ContractRef,
        made_at: DateTime<Utc>,
        price: Money,
    },
    /// Another time of the visit was agreed.
    VisitMoved {
        /// Of the moves of the run, from 1.
        number: u32,
        /// "28 ноября, 14:05" in the site's zone.
        at_local: String,
        /// Where the inspector comes to.
        place: String,
    },
}

/// The SMS code by which the client confirms the acceptance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendCode {
    pub buyout: BuyoutId,
    pub phone: Phone,
    pub code: String,
    /// Grows with each request; part of the idempotency key.
    pub number: u32,
}

/// The signed documents for the client's own archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendDocuments {
    pub buyout: BuyoutId,
    pub email: String,
    pub client_name: String,
    pub car: String,
    pub price: Money,
    pub files: Vec<FileRef>,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::message_activities::*;
}

pub struct MessageActivities;

#[activity_definitions]
impl MessageActivities {
    /// By Wazzup; answers the message id.
    #[activity(name = "messages.send_offer_messenger")]
    pub fn send_offer_messenger(phone: Phone, offer: SendOffer) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// By mail; answers the Message-ID.
    #[activity(name = "messages.send_offer_mail")]
    pub fn send_offer_mail(email: String, offer: SendOffer) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// By Wazzup; answers the message id.
    #[activity(name = "messages.send_notice_messenger")]
    pub fn send_notice_messenger(
        phone: Phone,
        notice: SendNotice,
    ) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// By mail; answers the Message-ID.
    #[activity(name = "messages.send_notice_mail")]
    pub fn send_notice_mail(email: String, notice: SendNotice) -> Result<String, ActivityError> {
        unimplemented!()
    }

    /// By SMS.
    #[activity(name = "messages.send_code")]
    pub fn send_code(code: SendCode) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// By mail with the PDFs attached.
    #[activity(name = "messages.send_documents")]
    pub fn send_documents(documents: SendDocuments) -> Result<String, ActivityError> {
        unimplemented!()
    }
}
