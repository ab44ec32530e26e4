#![doc = include_str!("messages/README.md")]

pub(crate) mod attachment;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod link;
mod mail;
mod notice;
mod send;
mod sms;
#[cfg(test)]
mod tests;
mod wazzup;

use std::sync::Arc;

use contracts::messages::{SendCode, SendDocuments, SendNotice, SendOffer, markers};
use domain::phone::Phone;
use store::connect::Store;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::link::Links;
pub use self::mail::{Config as MailConfig, Mailer, Tls};
pub use self::sms::{Config as SmsConfig, SmsClient};
pub use self::wazzup::{ChatType, Config as WazzupConfig, WazzupClient};
use crate::evidence::Evidence;

pub struct MessageActivities {
    pub wazzup: WazzupClient,
    pub sms: SmsClient,
    pub mailer: Mailer,
    pub links: Links,
    /// Who buys, as clients know them; stands in every message.
    pub company: String,
    pub store: Store,
    pub evidence: Evidence,
}

#[activities]
impl MessageActivities {
    #[activity(definition = markers::SendOfferMessenger)]
    pub async fn send_offer_messenger(
        self: Arc<Self>,
        _ctx: ActivityContext,
        phone: Phone,
        offer: SendOffer,
    ) -> Result<String, ActivityError> {
        Ok(self.offer_by_messenger(&phone, &offer).await?)
    }

    #[activity(definition = markers::SendOfferMail)]
    pub async fn send_offer_mail(
        self: Arc<Self>,
        _ctx: ActivityContext,
        email: String,
        offer: SendOffer,
    ) -> Result<String, ActivityError> {
        Ok(self.offer_by_mail(&email, &offer).await?)
    }

    #[activity(definition = markers::SendNoticeMessenger)]
    pub async fn send_notice_messenger(
        self: Arc<Self>,
        _ctx: ActivityContext,
        phone: Phone,
        notice: SendNotice,
    ) -> Result<String, ActivityError> {
        Ok(self.notice_by_messenger(&phone, &notice).await?)
    }

    #[activity(definition = markers::SendNoticeMail)]
    pub async fn send_notice_mail(
        self: Arc<Self>,
        _ctx: ActivityContext,
        email: String,
        notice: SendNotice,
    ) -> Result<String, ActivityError> {
        Ok(self.notice_by_mail(&email, &notice).await?)
    }

    #[activity(definition = markers::SendCode)]
    pub async fn send_code(
        self: Arc<Self>,
        _ctx: ActivityContext,
        code: SendCode,
    ) -> Result<(), ActivityError> {
        Ok(self.code_by_sms(&code).await?)
    }

    #[activity(definition = markers::SendDocuments)]
    pub async fn send_documents(
        self: Arc<Self>,
        _ctx: ActivityContext,
        documents: SendDocuments,
    ) -> Result<String, ActivityError> {
        Ok(self.documents_by_mail(&documents).await?)
    }
}
