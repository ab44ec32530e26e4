//! A notice's way to the client: by messenger; by mail when the messenger refuses or has no address.

use std::convert::Infallible;

use contracts::messages::{MessageActivities, SendNotice};
use contracts::queues;
use domain::buyout::state::EventKind;
use domain::offer::MessageChannel;
use temporalio_workflow::{WaitConditionOptions, WorkflowCancellationToken};

use crate::buyout::{Ctx, desk, step};

/// Which channel took it, and under which id.
pub(crate) struct Reached {
    pub(crate) channel: MessageChannel,
    pub(crate) message: String,
}

/// Sends by the first channel that takes it; `None` when none did. `what` begins a Russian sentence.
pub(crate) async fn reach(ctx: &Ctx, what: &str, notice: SendNotice) -> Option<Reached> {
    let phone = ctx.state(|w| w.buyout.deal.as_ref().and_then(|d| d.client.phone.clone()));
    if let Some(phone) = phone {
        let summary = format!("{what}: в мессенджер");
        let options = step::partner(ctx, queues::MESSAGES, step::courtesy(ctx), &summary);
        let call = step::call(
            ctx,
            || MessageActivities::send_notice_messenger,
            (phone, notice.clone()).into(),
            options,
        );
        match call.await {
            Ok(message) => {
                return Some(Reached {
                    channel: MessageChannel::Messenger,
                    message,
                });
            }
            Err(error) => {
                let text = step::failure(&error).text;
                let line = format!("{what}: мессенджер не принял. {text}");
                desk::note(ctx, EventKind::Trouble, None, line);
            }
        }
    }
    by_mail(ctx, what, notice).await
}

async fn by_mail(ctx: &Ctx, what: &str, notice: SendNotice) -> Option<Reached> {
    let email = ctx.state(|w| w.buyout.deal.as_ref().and_then(|d| d.client.email.clone()))?;
    let summary = format!("{what}: на почту");
    let options = step::partner(ctx, queues::MESSAGES, step::courtesy(ctx), &summary);
    let call = step::call(
        ctx,
        || MessageActivities::send_notice_mail,
        (email, notice).into(),
        options,
    );
    match call.await {
        Ok(message) => Some(Reached {
            channel: MessageChannel::Mail,
            message,
        }),
        Err(error) => {
            let text = step::failure(&error).text;
            let line = format!("{what}: почта не приняла. {text}");
            desk::note(ctx, EventKind::Trouble, None, line);
            None
        }
    }
}

/// Sends by mail what the messenger took and then could not deliver; `unreached` is told when that fails too.
/// Never ends.
pub(crate) async fn second_way(
    ctx: &Ctx,
    what: &str,
    notice: SendNotice,
    message: String,
    unreached: impl FnOnce(&Ctx),
) -> Infallible {
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    // The wait has no error of its own under a token that nobody cancels.
    let _ = ctx
        .wait_condition_with_options(|w| w.desk.undelivered.contains(&message), steady)
        .await;
    match by_mail(ctx, what, notice).await {
        Some(_) => desk::note(
            ctx,
            EventKind::Message,
            None,
            format!("{what}: мессенджер не доставил, отправлено на почту."),
        ),
        None => unreached(ctx),
    }
    ctx.state_mut(|w| w.desk.told = true);
    std::future::pending().await
}
