//! Mail to the client.

use domain::money::Money;
use serde::Serialize;

use super::words;
use crate::error::TemplateError;
use crate::text;

/// A mail in its three parts. The subject is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The offer, or a reminder of it.
pub struct OfferMail<'a> {
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
    is_reminder: bool,
}

impl OfferMail<'_> {
    pub fn render(&self) -> Result<MailText, TemplateError> {
        let Self {
            client_name,
            car,
            price,
            valid_until_local,
            link,
            company,
            reminder,
        } = self;
        let view = OfferView {
            client_name,
            car,
            price: words::price(*price),
            valid_until: valid_until_local,
            link,
            company,
            is_reminder: *reminder > 0,
        };
        Ok(MailText {
            subject: text::plain("buyout/offer_mail.subject.hbs", &view)?,
            text: text::plain("buyout/offer_mail.txt.hbs", &view)?,
            html: text::html("buyout/offer_mail.html.hbs", &view)?,
        })
    }
}

/// The signed documents for the client's own archive.
pub struct DocumentsMail<'a> {
    /// First name, or how the client is called.
    pub client_name: &'a str,
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    pub price: Money,
    /// Who bought, as the client knows them.
    pub company: &'a str,
    /// Names of the attached files, in order.
    pub attachments: &'a [String],
}

#[derive(Serialize)]
struct DocumentsView<'a> {
    client_name: &'a str,
    car: &'a str,
    price: String,
    company: &'a str,
    attachments: &'a [String],
}

impl DocumentsMail<'_> {
    pub fn render(&self) -> Result<MailText, TemplateError> {
        let Self {
            client_name,
            car,
            price,
            company,
            attachments,
        } = self;
        let view = DocumentsView {
            client_name,
            car,
            price: words::price(*price),
            company,
            attachments,
        };
        Ok(MailText {
            subject: text::plain("buyout/documents_mail.subject.hbs", &view)?,
            text: text::plain("buyout/documents_mail.txt.hbs", &view)?,
            html: text::html("buyout/documents_mail.html.hbs", &view)?,
        })
    }
}
