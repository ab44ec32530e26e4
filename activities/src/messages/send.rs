//! Each message once: looked up by its key, sent, noted.

use std::future::Future;

use contracts::messages::{SendCode, SendDocuments, SendOffer};
use domain::buyout::start::BuyoutId;
use domain::phone::Phone;
use store::message::{MessageChannel, MessageState};
use templates::TemplateError;
use templates::buyout::{CodeMessage, DocumentsMail, OfferMail, OfferMessage};
use uuid::Uuid;

use super::mail::Letter;
use super::{MessageActivities, attachment};
use crate::error::PartnerError;

impl MessageActivities {
    pub(super) async fn offer_by_messenger(
        &self,
        phone: &Phone,
        offer: &SendOffer,
    ) -> Result<String, PartnerError> {
        let link = self.links.offer(offer);
        let text = OfferMessage {
            client_name: &offer.client_name,
            car: &offer.car,
            price: offer.price,
            valid_until_local: &offer.valid_until_local,
            link: link.as_str(),
            company: &self.company,
            reminder: offer.reminder,
        }
        .render()
        .map_err(template)?;
        let what = format!("{}/messenger", key_of(offer));
        self.once(
            &offer.buyout,
            &what,
            MessageChannel::Messenger,
            |id| async move {
                match self.wazzup.send(id, phone, &text).await {
                    // Sent before, and the answer was lost: the partner's id with it.
                    Err(PartnerError::Conflict { existing }) => Ok(existing),
                    sent => sent,
                }
            },
        )
        .await
    }

    pub(super) async fn offer_by_mail(
        &self,
        email: &str,
        offer: &SendOffer,
    ) -> Result<String, PartnerError> {
        let link = self.links.offer(offer);
        let text = OfferMail {
            client_name: &offer.client_name,
            car: &offer.car,
            price: offer.price,
            valid_until_local: &offer.valid_until_local,
            link: link.as_str(),
            company: &self.company,
            reminder: offer.reminder,
        }
        .render()
        .map_err(template)?;
        let what = format!("{}/mail", key_of(offer));
        self.once(
            &offer.buyout,
            &what,
            MessageChannel::Mail,
            |id| async move {
                let letter = Letter {
                    id,
                    to: email.to_owned(),
                    name: offer.client_name.clone(),
                    text,
                    attachments: Vec::new(),
                };
                self.mailer.send(letter).await?;
                Ok(self.mailer.message_id(id))
            },
        )
        .await
    }

    pub(super) async fn code_by_sms(&self, code: &SendCode) -> Result<(), PartnerError> {
        let text = CodeMessage { code: &code.code }
            .render()
            .map_err(template)?;
        let what = format!("code/{}", code.number);
        self.once(&code.buyout, &what, MessageChannel::Sms, |id| async move {
            self.sms.send(id, &code.phone, &text).await
        })
        .await
        .map(drop)
    }

    pub(super) async fn documents_by_mail(
        &self,
        documents: &SendDocuments,
    ) -> Result<String, PartnerError> {
        let SendDocuments {
            buyout,
            email,
            client_name,
            car,
            price,
            files,
        } = documents;
        self.once(
            buyout,
            "documents/mail",
            MessageChannel::Mail,
            |id| async move {
                let attachments = attachment::load(&self.evidence, buyout, files).await?;
                let names: Vec<String> = attachments.iter().map(|a| a.name.clone()).collect();
                let text = DocumentsMail {
                    client_name,
                    car,
                    price: *price,
                    company: &self.company,
                    attachments: &names,
                }
                .render()
                .map_err(template)?;
                let letter = Letter {
                    id,
                    to: email.clone(),
                    name: client_name.clone(),
                    text,
                    attachments,
                };
                self.mailer.send(letter).await?;
                Ok(self.mailer.message_id(id))
            },
        )
        .await
    }

    /// Sends unless it has been sent; answers the partner's id. `send` gets the message's own id, the
    /// same in every repeat.
    pub(super) async fn once<F>(
        &self,
        run: &BuyoutId,
        what: &str,
        channel: MessageChannel,
        send: impl FnOnce(Uuid) -> F,
    ) -> Result<String, PartnerError>
    where
        F: Future<Output = Result<String, PartnerError>>,
    {
        let key = format!("{run}/{what}");
        let row = self
            .store
            .put_message(&key, run, channel)
            .await
            .map_err(PartnerError::from_store)?;
        match (row.state, row.partner_id) {
            (
                MessageState::Sent | MessageState::Delivered | MessageState::Failed,
                Some(partner_id),
            ) => return Ok(partner_id),
            (MessageState::Intended, _)
            | (MessageState::Sent | MessageState::Delivered | MessageState::Failed, None) => {}
        }
        let partner_id = send(run.object_key(&format!("message/{what}"))).await?;
        self.store
            .message_sent(&key, &partner_id)
            .await
            .map_err(PartnerError::from_store)?;
        Ok(partner_id)
    }
}

/// Names one sending of an offer within its run.
fn key_of(offer: &SendOffer) -> String {
    let SendOffer {
        round,
        reminder,
        again,
        ..
    } = offer;
    match again {
        0 => format!("offer/{round}/{reminder}"),
        again => format!("offer/{round}/{reminder}/again/{again}"),
    }
}

/// A defect of a template: repeating does not help.
pub(super) fn template(error: TemplateError) -> PartnerError {
    PartnerError::protocol(format!("messages: {error}"))
}
