//! What the client is told beside the offer: the papers are ready, the visit is at another time.

use contracts::messages::{ClientNotice, SendNotice};
use domain::phone::Phone;
use store::message::MessageChannel;
use templates::TemplateError;
use templates::buyout::{MailText, SigningNotice, VisitNotice};

use super::MessageActivities;
use super::mail::Letter;
use super::send::template;
use crate::error::PartnerError;

impl MessageActivities {
    pub(super) async fn notice_by_messenger(
        &self,
        phone: &Phone,
        notice: &SendNotice,
    ) -> Result<String, PartnerError> {
        let text = self.message(notice)?;
        let what = format!("{}/messenger", key_of(&notice.notice));
        self.once(
            &notice.buyout,
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

    pub(super) async fn notice_by_mail(
        &self,
        email: &str,
        notice: &SendNotice,
    ) -> Result<String, PartnerError> {
        let text = self.letter(notice)?;
        let what = format!("{}/mail", key_of(&notice.notice));
        self.once(
            &notice.buyout,
            &what,
            MessageChannel::Mail,
            |id| async move {
                let letter = Letter {
                    id,
                    to: email.to_owned(),
                    name: notice.client_name.clone(),
                    text,
                    attachments: Vec::new(),
                };
                self.mailer.send(letter).await?;
                Ok(self.mailer.message_id(id))
            },
        )
        .await
    }

    fn message(&self, send: &SendNotice) -> Result<String, PartnerError> {
        self.render(send, |notice| notice.message(), |notice| notice.message())
    }

    fn letter(&self, send: &SendNotice) -> Result<MailText, PartnerError> {
        self.render(send, |notice| notice.mail(), |notice| notice.mail())
    }

    fn render<T>(
        &self,
        send: &SendNotice,
        signing: impl FnOnce(&SigningNotice<'_>) -> Result<T, TemplateError>,
        visit: impl FnOnce(&VisitNotice<'_>) -> Result<T, TemplateError>,
    ) -> Result<T, PartnerError> {
        let SendNotice {
            buyout,
            client_name,
            car,
            notice,
        } = send;
        match notice {
            ClientNotice::Signing {
                contract,
                made_at,
                price,
            } => signing(&SigningNotice {
                client_name,
                car,
                price: *price,
                link: self.links.signing(buyout, contract, *made_at).as_str(),
                company: &self.company,
            }),
            ClientNotice::VisitMoved {
                number: _,
                at_local,
                place,
            } => visit(&VisitNotice {
                client_name,
                car,
                at_local,
                place,
                company: &self.company,
            }),
        }
        .map_err(template)
    }
}

/// Names one notice within its run.
fn key_of(notice: &ClientNotice) -> String {
    match notice {
        ClientNotice::Signing { contract, .. } => {
            format!("signing/{}/{}", contract.number, contract.version)
        }
        ClientNotice::VisitMoved { number, .. } => format!("visit/{number}"),
    }
}
