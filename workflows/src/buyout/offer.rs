//! Step 7: the offer, the client's answer by page or call, bargaining up to the stop price.

pub(crate) mod send;

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contracts::messages::{MessageActivities, SendCode};
use contracts::queues;
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::money::Money;
use domain::offer::{BargainDecision, ClientAnswer, Offer};
use domain::refusal::{Refusal, RefusalCode};
use domain::task::TaskKind;
use futures_util::future::{Either, select};
use temporalio_workflow::{TimerOptions, WorkflowCancellationToken};

use crate::buyout::ask::{self, Ask};
use crate::buyout::intake::move_deal;
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, desk, step};

/// Codes that may be sent in one round of an offer, so that the page cannot be used to flood a phone.
const CODES_PER_ROUND: u32 = 3;
/// The client looks at the page while the code is being sent.
const CLIENT_WAITS: Duration = Duration::from_secs(25);

/// Ends with the price that the client accepted.
pub(crate) async fn agree(ctx: &Ctx) -> Result<Money, Exit> {
    let (first, stop, stage) = ctx.state(|w| {
        let set = w.buyout.appraisal.as_ref();
        (
            set.map_or(Money::from_kopecks(0), |s| s.appraisal.buyout_price),
            set.map_or(Money::from_kopecks(0), |s| s.appraisal.stop_price),
            w.buyout.policy.as_ref().map(|p| p.stages.offer.clone()),
        )
    });
    let mut price = first;
    let mut counters = 0;
    let mut announce = stage;
    loop {
        make_offer(ctx, price)?;
        // The page behind the link is drawn from what is saved: it must know the offer before the client does.
        desk::save(ctx).await?;
        move_deal(ctx, announce.take(), Some(price), None).await;
        send::send(ctx, 0).await;
        match answer(ctx).await? {
            ClientAnswer::Accept => {
                ctx.state_mut(|w| w.buyout.agreed_price = Some(price));
                return Ok(price);
            }
            ClientAnswer::Decline { reason } => {
                return Err(Exit::Ended(BuyoutOutcome::DeclinedByClient { reason }));
            }
            ClientAnswer::Think => {}
            ClientAnswer::Counter { amount } => {
                counters += 1;
                let rounds = ctx.state(|w| {
                    w.buyout
                        .policy
                        .as_ref()
                        .map_or(3, |p| p.limits.bargain_rounds)
                });
                match bargain(ctx, amount, price, stop, counters >= rounds).await? {
                    Some(agreed) if agreed == amount => {
                        // The client named this sum and we take it: nothing is left to ask.
                        ctx.state_mut(|w| w.buyout.agreed_price = Some(agreed));
                        return Ok(agreed);
                    }
                    Some(next) => price = next,
                    None => {}
                }
            }
        }
    }
}

/// A new round with its own validity; links of earlier rounds no longer act.
fn make_offer(ctx: &Ctx, price: Money) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Offer)?;
    let now = desk::now(ctx);
    ctx.state_mut(|w| {
        let round = w.buyout.offer.as_ref().map_or(0, |o| o.round) + 1;
        let valid = w
            .buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.offer_valid_secs);
        let valid_until = now + chrono::Duration::seconds(valid as i64);
        w.desk.code = None;
        w.desk.codes_sent = 0;
        w.desk.offer_message = None;
        w.buyout.offer = Some(Offer {
            round,
            price,
            made_at: now,
            valid_until,
            opened_at: None,
            sent: Vec::new(),
        });
        w.note(
            EventKind::Client,
            None,
            format!("Предложение {round}: {price}."),
            now,
        );
    });
    Ok(())
}

/// Waits for the answer, reminding the client at half of the validity and shortly before its end.
async fn answer(ctx: &Ctx) -> Result<ClientAnswer, Exit> {
    // A client may be quicker than the messenger, whose answer we had to wait for: nobody is asked any more.
    if let Some(early) = ctx.state(|w| {
        let round = w.buyout.offer.as_ref().map(|offer| offer.round)?;
        w.buyout.answer_to(round).cloned()
    }) {
        return Ok(early);
    }
    let (details, due) = ctx.state(|w| {
        let offer = w.buyout.offer.as_ref();
        let until = offer.zip(w.buyout.policy.as_ref()).map(|(o, p)| p.calendar.format_ru(o.valid_until));
        let stop = w.buyout.appraisal.as_ref().map(|s| s.appraisal.stop_price.to_string()).unwrap_or_default();
        let mut details = format!(
            "Цена: {}\n\nДействует до: {}\n\nПредельная цена (клиенту не называть): {stop}\n\nПозвоните клиенту и запишите ответ; он может ответить и сам по ссылке.",
            offer.map(|o| o.price.to_string()).unwrap_or_default(),
            until.unwrap_or_default(),
        );
        if offer.is_some_and(|offer| offer.sent.is_empty()) {
            details = format!("{}\n\n{details}", send::UNDELIVERED);
        }
        (details, w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.offer_call_secs))
    });
    let ask = Ask::new(TaskKind::OfferToClient, details, due);
    let outside = |token| async move {
        let end = pin!(expiry(ctx, token));
        let second_way = pin!(send::second_way(ctx));
        select(end, second_way).await;
    };
    match ask::ask_until(ctx, ask, outside).await? {
        Either::Left(Decision::ClientAnswer { answer, .. }) => Ok(answer),
        // Nothing else answers this kind of task, see `Decision::answers`.
        Either::Left(_) => Ok(ClientAnswer::Think),
        Either::Right(()) => Err(Exit::Ended(BuyoutOutcome::OfferExpired)),
    }
}

/// Ends when the offer does.
async fn expiry(ctx: &Ctx, token: WorkflowCancellationToken) {
    let (made, until, last) = ctx.state(|w| {
        let offer = w.buyout.offer.as_ref();
        let last = w
            .buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.offer_last_reminder_secs);
        (
            offer.map(|o| o.made_at).unwrap_or_default(),
            offer.map(|o| o.valid_until).unwrap_or_default(),
            chrono::Duration::seconds(last as i64),
        )
    });
    let half = made + (until - made) / 2;
    sleep_until(ctx, half, &token).await;
    send::send(ctx, 1).await;
    if until - last > half {
        sleep_until(ctx, until - last, &token).await;
        send::send(ctx, 2).await;
    }
    let mut until = until;
    loop {
        sleep_until(ctx, until, &token).await;
        // The client may have begun to accept meanwhile.
        let now = ctx.state(|w| w.buyout.offer.as_ref().map_or(until, |o| o.valid_until));
        if now <= until {
            return;
        }
        until = now;
    }
}

async fn sleep_until(ctx: &Ctx, at: DateTime<Utc>, token: &WorkflowCancellationToken) {
    if let Ok(wait) = (at - desk::now(ctx)).to_std() {
        let options = TimerOptions::builder(wait)
            .summary("срок предложения".to_owned())
            .cancellation_token(token.clone())
            .build();
        ctx.timer(options).await;
    }
}

/// The manager answers a counter-offer. `None`: the offer stands as it is.
async fn bargain(
    ctx: &Ctx,
    counter: Money,
    current: Money,
    stop: Money,
    last: bool,
) -> Result<Option<Money>, Exit> {
    desk::enter(ctx, Stage::Bargaining)?;
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.offer_call_secs)
    });
    let details = format!(
        "Клиент хочет {counter}, предложено {current}, предельная цена {stop}.{}",
        if last {
            "\n\nЭто последний раунд торга по правилам."
        } else {
            ""
        }
    );
    loop {
        let decision = ask::ask(ctx, Ask::new(TaskKind::Bargain, details.clone(), due)).await?;
        let Decision::Bargain { decision } = decision else {
            continue;
        };
        return match decision {
            BargainDecision::AcceptCounter => Ok(Some(counter)),
            BargainDecision::Propose { price } => Ok(Some(price)),
            BargainDecision::Hold => Ok(None),
            BargainDecision::Decline { reason } => {
                Err(Exit::Ended(BuyoutOutcome::DeclinedByClient { reason }))
            }
        };
    }
}

/// Who has begun to accept is not turned away by the clock: the offer is honoured for the policy's grace
/// from the moment at which the code was sent.
fn honour(w: &mut BuyoutWorkflow, now: DateTime<Utc>) {
    let grace = w
        .buyout
        .policy
        .as_ref()
        .map_or(0, |p| p.deadlines.signing_grace_secs);
    if let Some(offer) = &mut w.buyout.offer {
        let until = now + chrono::Duration::seconds(grace as i64);
        offer.valid_until = offer.valid_until.max(until);
    }
}

/// Whether a code may be sent now.
pub(crate) fn check_code_request(
    w: &BuyoutWorkflow,
    round: u32,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    domain::buyout::rules::check_answer(&w.buyout, round, &ClientAnswer::Accept, now)?;
    if w.buyout
        .deal
        .as_ref()
        .and_then(|d| d.client.phone.as_ref())
        .is_none()
    {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "У нас нет вашего номера телефона. Позвоните менеджеру, он запишет ответ.",
        ));
    }
    if w.desk.codes_sent >= CODES_PER_ROUND {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Код уже отправлен несколько раз. Позвоните менеджеру, он запишет ответ.",
        ));
    }
    Ok(())
}

/// Sends a fresh code; the former one no longer acts.
pub(crate) async fn send_code(ctx: &Ctx) -> Result<String, Refusal> {
    let code = format!("{:06}", ctx.random::<u32>() % 1_000_000);
    let send = ctx.state_mut(|w| {
        w.desk.codes_sent += 1;
        w.desk.codes_total += 1;
        let number = w.desk.codes_total;
        let phone = w
            .buyout
            .deal
            .as_ref()
            .and_then(|d| d.client.phone.clone())?;
        Some(SendCode {
            buyout: w.buyout.id.clone(),
            phone,
            code: code.clone(),
            number,
        })
    });
    let Some(send) = send else {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "У нас нет вашего номера телефона.",
        ));
    };
    let options = step::partner(
        ctx,
        queues::MESSAGES,
        step::courtesy(ctx).min(CLIENT_WAITS),
        "код подтверждения клиенту",
    );
    match ctx
        .execute_activity(MessageActivities::send_code, send, options)
        .await
    {
        Ok(()) => {
            let now = desk::now(ctx);
            ctx.state_mut(|w| {
                w.desk.code = Some(code);
                honour(w, now);
            });
            desk::note(
                ctx,
                EventKind::Message,
                None,
                "Код подтверждения отправлен клиенту.",
            );
            Ok("Код отправлен в СМС.".to_owned())
        }
        Err(error) => {
            let text = step::failure(&error).text;
            desk::note(
                ctx,
                EventKind::Trouble,
                None,
                format!("СМС с кодом не отправлена: {text}"),
            );
            Err(Refusal::new(
                RefusalCode::WrongState,
                "СМС отправить не удалось. Попробуйте ещё раз или позвоните менеджеру.",
            ))
        }
    }
}
