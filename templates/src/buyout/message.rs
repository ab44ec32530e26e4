//! Short messages: messenger and SMS.

use domain::money::Money;
use serde::Serialize;

use super::words;
use crate::error::TemplateError;
use crate::text;

/// The offer, or a reminder of it, for a messenger.
pub struct OfferMessage<'a> {
    /// First name, or how the client is called.
    pub client_name: &'a str,
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    pub price: Money,
    /// In the site's zone: "28 ноября, 14:05".
    pub valid_until_local: &'a str,
    /// The client's page.
    pub link: &'a str,
    /// Who buys, as the client knows them.
    pub company: &'a str,
    /// 0 for the offer itself.
    pub reminder: u32,
}

#[derive(Serialize)]
struct OfferView<'a> {
    client_name: &'a str,
    car: &'a str,
    price: String,
    valid_until: &'a str,
    link: &'a str,
    company: &'a str,
}

impl OfferMessage<'_> {
    pub fn render(&self) -> Result<String, TemplateError> {
        let Self {
            client_name,
            car,
            price,
            valid_until_local,
            link,
            company,
            reminder,
        } = self;
        let template = match reminder {
            0 => "buyout/offer_message.txt.hbs",
            _ => "buyout/reminder_message.txt.hbs",
        };
        let view = OfferView {
            client_name,
            car,
            price: words::price(*price),
            valid_until: valid_until_local,
            link,
            company,
        };
        text::plain(template, &view)
    }
}

/// The SMS with the code that confirms an acceptance. Fits one message of 70 Cyrillic characters.
#[derive(Serialize)]
pub struct CodeMessage<'a> {
    pub code: &'a str,
}

impl CodeMessage<'_> {
    pub fn render(&self) -> Result<String, TemplateError> {
        text::plain("buyout/code_message.txt.hbs", self)
    }
}
