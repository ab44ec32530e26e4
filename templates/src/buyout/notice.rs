//! What the client is told beside the offer, for a messenger and for mail.

use domain::money::Money;
use serde::Serialize;

use super::mail::MailText;
use super::words;
use crate::error::TemplateError;
use crate::text;

/// Contract and act are made: the link to read them.
pub struct SigningNotice<'a> {
    /// First name, or how the client is called.
    pub client_name: &'a str,
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    pub price: Money,
    /// The client's page.
    pub link: &'a str,
    /// Who buys, as the client knows them.
    pub company: &'a str,
}

/// Another time of the visit was agreed.
#[derive(Serialize)]
pub struct VisitNotice<'a> {
    /// First name, or how the client is called.
    pub client_name: &'a str,
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    /// In the site's zone: "28 ноября, 14:05".
    #[serde(rename = "at")]
    pub at_local: &'a str,
    /// Where the inspector comes to.
    pub place: &'a str,
    /// Who buys, as the client knows them.
    pub company: &'a str,
}

#[derive(Serialize)]
struct SigningView<'a> {
    client_name: &'a str,
    car: &'a str,
    price: String,
    link: &'a str,
    company: &'a str,
}

impl SigningNotice<'_> {
    pub fn message(&self) -> Result<String, TemplateError> {
        text::plain("buyout/signing_message.txt.hbs", &self.view())
    }

    pub fn mail(&self) -> Result<MailText, TemplateError> {
        let view = self.view();
        Ok(MailText {
            subject: text::plain("buyout/signing_mail.subject.hbs", &view)?,
            text: text::plain("buyout/signing_mail.txt.hbs", &view)?,
            html: text::html("buyout/signing_mail.html.hbs", &view)?,
        })
    }

    fn view(&self) -> SigningView<'_> {
        let Self {
            client_name,
            car,
            price,
            link,
            company,
        } = self;
        SigningView {
            client_name,
            car,
            price: words::price(*price),
            link,
            company,
        }
    }
}

impl VisitNotice<'_> {
    pub fn message(&self) -> Result<String, TemplateError> {
        text::plain("buyout/visit_message.txt.hbs", self)
    }

    pub fn mail(&self) -> Result<MailText, TemplateError> {
        Ok(MailText {
            subject: text::plain("buyout/visit_mail.subject.hbs", self)?,
            text: text::plain("buyout/visit_mail.txt.hbs", self)?,
            html: text::html("buyout/visit_mail.html.hbs", self)?,
        })
    }
}
