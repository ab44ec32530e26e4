//! The offer's way to the client: by messenger; by mail when the messenger refuses, cannot deliver what it
//! took, or has no address. When neither reaches the client, the manager's task says so.

use std::convert::Infallible;
use std::time::Duration;

use contracts::messages::{MessageActivities, SendOffer};
use contracts::queues;
use domain::buyout::state::EventKind;
use domain::offer::{MessageChannel, OfferDelivery};
use domain::phone::Phone;
use domain::task::TaskKind;
use temporalio_workflow::{WaitConditionOptions, WorkflowCancellationToken};

use crate::buyout::desk::OfferMessage;
use crate::buyout::{BuyoutWorkflow, Ctx, desk, step};

/// What the manager reads when the client has no link.
pub(super) const UNDELIVERED: &str = "⚠ Предложение до клиента не дошло: ни мессенджер, ни почта его не доставили, ссылки у клиента нет. Сообщите цену по телефону и запишите ответ здесь.";

/// Which sending of the standing offer.
#[derive(Clone, Copy)]
struct Sending {
    /// 0 for the offer itself.
    reminder: u32,
    /// Of those that people asked for; 0 when nobody did.
    again: u32,
    /// How long each channel is tried.
    patience: Duration,
}

/// Sends by the first channel that takes it.
pub(super) async fn send(ctx: &Ctx, reminder: u32) {
    let sending = Sending {
        reminder,
        again: 0,
        patience: step::courtesy(ctx),
    };
    match by_ladder(ctx, sending).await {
        Some(channel) => note_sent(ctx, channel, reminder),
        None => desk::note(
            ctx,
            EventKind::Message,
            None,
            "Предложение отправить не удалось: сообщите цену клиенту по телефону.",
        ),
    }
}

/// Sends the offer itself once more, as a person asked; answers the channel that took it.
pub(crate) async fn send_again(
    ctx: &Ctx,
    again: u32,
    patience: Duration,
) -> Option<MessageChannel> {
    let sending = Sending {
        reminder: 0,
        again,
        patience,
    };
    let channel = by_ladder(ctx, sending).await?;
    keep_delivery(ctx, channel);
    Some(channel)
}

async fn by_ladder(ctx: &Ctx, sending: Sending) -> Option<MessageChannel> {
    let (offer, phone, email) = ctx.state(|w| message(w, sending))?;
    if let Some(phone) = phone {
        let options = step::partner(
            ctx,
            queues::MESSAGES,
            sending.patience,
            "предложение клиенту в мессенджер",
        );
        let call = step::call(
            ctx,
            || MessageActivities::send_offer_messenger,
            (phone, offer.clone()).into(),
            options,
        );
        match call.await {
            Ok(id) => {
                let Sending {
                    reminder, again, ..
                } = sending;
                ctx.state_mut(|w| {
                    w.desk.offer_message = Some(OfferMessage {
                        id,
                        reminder,
                        again,
                    })
                });
                return Some(MessageChannel::Messenger);
            }
            Err(error) => {
                let text = step::failure(&error).text;
                desk::note(
                    ctx,
                    EventKind::Trouble,
                    None,
                    format!("Мессенджер не принял предложение: {text}"),
                );
            }
        }
    }
    if let Some(email) = email
        && by_mail(ctx, email, offer, sending.patience).await
    {
        return Some(MessageChannel::Mail);
    }
    None
}

/// Whether the mail took it.
async fn by_mail(ctx: &Ctx, email: String, offer: SendOffer, patience: Duration) -> bool {
    let options = step::partner(
        ctx,
        queues::MESSAGES,
        patience,
        "предложение клиенту на почту",
    );
    let send = || MessageActivities::send_offer_mail;
    let call = step::call(ctx, send, (email, offer).into(), options);
    match call.await {
        Ok(_) => true,
        Err(error) => {
            let text = step::failure(&error).text;
            desk::note(
                ctx,
                EventKind::Trouble,
                None,
                format!("Почта не приняла предложение: {text}"),
            );
            false
        }
    }
}

fn keep_delivery(ctx: &Ctx, channel: MessageChannel) {
    let at = desk::now(ctx);
    ctx.state_mut(|w| {
        if let Some(offer) = &mut w.buyout.offer {
            offer.sent.push(OfferDelivery { channel, at });
        }
    });
}

fn note_sent(ctx: &Ctx, channel: MessageChannel, reminder: u32) {
    keep_delivery(ctx, channel);
    let what = if reminder == 0 {
        "Предложение отправлено"
    } else {
        "Напоминание отправлено"
    };
    desk::note(
        ctx,
        EventKind::Message,
        None,
        format!("{what}: {}.", channel.title_ru()),
    );
}

/// While the client's answer is awaited: what the messenger took and then could not deliver goes by mail.
/// Never ends.
pub(super) async fn second_way(ctx: &Ctx) -> Infallible {
    loop {
        let steady = WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        // The wait has no error of its own under a token that nobody cancels.
        let _ = ctx
            .wait_condition_with_options(|w| w.undelivered_offer().is_some(), steady)
            .await;
        let patience = step::courtesy(ctx);
        let Some(sending) = ctx.state_mut(|w| {
            w.undelivered_offer()?;
            let OfferMessage {
                id: _,
                reminder,
                again,
            } = w.desk.offer_message.take()?;
            Some(Sending {
                reminder,
                again,
                patience,
            })
        }) else {
            continue;
        };
        let mailed = match ctx.state(|w| message(w, sending)) {
            Some((offer, _, Some(email))) => by_mail(ctx, email, offer, patience).await,
            Some((_, _, None)) | None => false,
        };
        if mailed {
            note_sent(ctx, MessageChannel::Mail, sending.reminder);
        } else {
            let at = desk::now(ctx);
            ctx.state_mut(|w| w.say_undelivered(at));
        }
        ctx.state_mut(|w| w.desk.told = true);
    }
}

type Addressed = (SendOffer, Option<Phone>, Option<String>);

fn message(w: &BuyoutWorkflow, sending: Sending) -> Option<Addressed> {
    let (deal, offer, policy) = (
        w.buyout.deal.as_ref()?,
        w.buyout.offer.as_ref()?,
        w.buyout.policy.as_ref()?,
    );
    let send = SendOffer {
        buyout: w.buyout.id.clone(),
        round: offer.round,
        client_name: deal.client.first_name.clone(),
        car: deal.car.title(),
        price: offer.price,
        valid_until: offer.valid_until,
        valid_until_local: policy.calendar.format_ru(offer.valid_until),
        reminder: sending.reminder,
        again: sending.again,
    };
    Some((send, deal.client.phone.clone(), deal.client.email.clone()))
}

impl BuyoutWorkflow {
    /// The message that the messenger took for the standing offer and cannot deliver.
    fn undelivered_offer(&self) -> Option<&str> {
        let message = self.desk.offer_message.as_ref()?.id.as_str();
        self.desk.undelivered.contains(message).then_some(message)
    }

    /// The manager's task says that the client has no link; whoever has it open reads it again.
    fn say_undelivered(&mut self, at: chrono::DateTime<chrono::Utc>) {
        let id = self
            .buyout
            .open_task(TaskKind::OfferToClient)
            .map(|task| task.id.clone());
        if let Some(task) = id.and_then(|id| self.buyout.tasks.get_mut(&id))
            && !task.details.contains(UNDELIVERED)
        {
            task.details = format!("{UNDELIVERED}\n\n{}", task.details);
            task.version += 1;
        }
        self.note(
            EventKind::Message,
            None,
            "Предложение до клиента не дошло: сообщите цену по телефону.".to_owned(),
            at,
        );
    }
}
