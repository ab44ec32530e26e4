//! Steps 11 to 13: request in the treasury, approval there, payout, confirmation.
//!
//! Money leaves at most once: a new attempt has a new key and begins only after the partner said that
//! the former one was refused. While a partner does not say, nothing is repeated and nothing cancelled.

mod treasury;

use contracts::bank::{BankActivities, CreateOrder};
use contracts::queues;
use contracts::yookassa::{CreatePayout, YookassaActivities};
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::money::Money;
use domain::payment::{Payment, PaymentRail, PaymentState, PayoutResult, rail};
use domain::task::TaskKind;
use futures_util::FutureExt;
use futures_util::future::Either;
use temporalio_workflow::{
    ActivityExecutionError, WaitConditionOptions, WorkflowCancellationToken, select,
};

use crate::buyout::ask::{self, Ask};
use crate::buyout::intake::move_deal;
use crate::buyout::{Ctx, Exit, check, desk, step};

pub(crate) async fn pay(ctx: &Ctx, amount: Money) -> Result<(), Exit> {
    let stage = ctx.state(|w| w.buyout.policy.as_ref().map(|p| p.stages.payment.clone()));
    move_deal(ctx, stage, Some(amount), None).await;
    for attempt in 1.. {
        check::before_money(ctx).await?;
        begin(ctx, attempt, amount);
        if !treasury::approve(ctx, attempt, amount).await? {
            continue;
        }
        check::before_money(ctx).await?;
        desk::enter(ctx, Stage::Paying)?;
        match send(ctx, attempt, amount).await? {
            PayoutResult::Paid { at } => {
                change(ctx, |p| {
                    p.state = PaymentState::Paid;
                    p.paid_at = Some(at);
                });
                desk::note(
                    ctx,
                    EventKind::Payment,
                    None,
                    format!("Выплачено {amount}."),
                );
                break;
            }
            PayoutResult::Refused { code, text } => {
                change(ctx, |p| {
                    p.state = PaymentState::Refused;
                    p.refusal = Some(text.clone());
                });
                desk::note(
                    ctx,
                    EventKind::Payment,
                    None,
                    format!("Выплата отклонена: {text}"),
                );
                // Nothing left: the way back is open again.
                back_to(ctx, Stage::PaymentApproval);
                treasury::withdraw(ctx, attempt).await?;
                fix_requisites(ctx, &format!("Банк отклонил выплату ({code}): {text}")).await?;
            }
        }
    }
    confirm(ctx, amount).await
}

fn begin(ctx: &Ctx, attempt: u32, amount: Money) {
    ctx.state_mut(|w| {
        let rail = w
            .buyout
            .policy
            .as_ref()
            .map_or(PaymentRail::BankOrder, |p| rail(amount, &p.limits));
        w.buyout.payments.push(Payment {
            attempt,
            rail,
            amount,
            state: PaymentState::Requested,
            treasury_request: None,
            approved_by: None,
            partner_id: None,
            refusal: None,
            paid_at: None,
        });
    });
}

fn change(ctx: &Ctx, change: impl FnOnce(&mut Payment)) {
    ctx.state_mut(|w| {
        if let Some(payment) = w.buyout.payments.last_mut() {
            change(payment);
        }
    });
}

/// Returns to a stage from one where cancelling was refused.
fn back_to(ctx: &Ctx, stage: Stage) {
    let at = desk::now(ctx);
    ctx.state_mut(|w| {
        w.buyout.stage = stage;
        w.buyout.stage_since = at;
        w.note(
            EventKind::Stage,
            None,
            format!("Этап: {}.", stage.title_ru()),
            at,
        );
    });
}

/// Sends the money by the rail of the amount and waits for the final word.
async fn send(ctx: &Ctx, attempt: u32, amount: Money) -> Result<PayoutResult, Exit> {
    desk::save(ctx).await?;
    let rail = ctx.state(|w| w.buyout.payment().map(|p| p.rail));
    match rail {
        Some(PaymentRail::Sbp) => by_sbp(ctx, attempt, amount).await,
        Some(PaymentRail::BankOrder) | None => by_bank(ctx, attempt, amount).await,
    }
}

async fn by_sbp(ctx: &Ctx, attempt: u32, amount: Money) -> Result<PayoutResult, Exit> {
    let Some(payout) = ctx.state(|w| {
        let requisites = &w.buyout.papers.as_ref()?.requisites;
        Some(CreatePayout {
            buyout: w.buyout.id.clone(),
            key: w
                .buyout
                .id
                .object_key(&format!("payout/{attempt}"))
                .to_string(),
            amount,
            destination: requisites.sbp.clone()?,
            recipient_name: requisites.recipient_name.clone(),
            description: format!("Выкуп автомобиля, сделка {}", w.buyout.deal_id),
        })
    }) else {
        return Ok(PayoutResult::Refused {
            code: "no_requisites".to_owned(),
            text: "нет реквизитов СБП".to_owned(),
        });
    };
    let id = loop {
        let options = step::partner(ctx, queues::YOOKASSA, step::patience(ctx), "выплата по СБП");
        let create = || YookassaActivities::create_payout;
        match step::call(ctx, create, payout.clone(), options).await {
            Ok(id) => break id,
            Err(error) => match unanswered(ctx, queues::YOOKASSA, &error).await? {
                Some(result) => return Ok(result),
                None => continue,
            },
        }
    };
    sent(ctx, &id, PaymentState::Sent).await?;
    loop {
        let poll = || {
            step::poll(
                ctx,
                queues::YOOKASSA,
                step::pause(ctx),
                step::patience(ctx),
                "статус выплаты",
            )
        };
        let ask = || YookassaActivities::await_payout;
        let token = WorkflowCancellationToken::new();
        let mut options = poll();
        options.cancellation_token = Some(token.clone());
        let mut status = Box::pin(step::call(ctx, ask, id.clone(), options)).fuse();
        let mut hinted = hint(ctx).boxed_local().fuse();
        let answer = select! {
            answer = status => answer,
            _ = hinted => {
                // The callback is a hint: ask at once instead of waiting for the next poll.
                token.cancel();
                step::call(ctx, ask, id.clone(), poll()).await
            }
        };
        match answer {
            Ok(result) => return Ok(result),
            Err(error) => {
                if let Some(result) = unanswered(ctx, queues::YOOKASSA, &error).await? {
                    return Ok(result);
                }
            }
        }
    }
}

async fn by_bank(ctx: &Ctx, attempt: u32, amount: Money) -> Result<PayoutResult, Exit> {
    let Some(order) = ctx.state(|w| {
        let requisites = &w.buyout.papers.as_ref()?.requisites;
        let contract = w
            .buyout
            .document(domain::document::DocumentKind::Contract)?;
        Some(CreateOrder {
            buyout: w.buyout.id.clone(),
            external_id: w.buyout.id.object_key(&format!("bank/{attempt}")),
            payer: w.buyout.policy.as_ref()?.legal_entity.clone(),
            recipient_name: requisites.recipient_name.clone(),
            recipient: requisites.account.clone()?,
            amount,
            purpose: format!(
                "Оплата по договору купли-продажи ТС № {}. НДС не облагается",
                contract.number
            ),
        })
    }) else {
        return Ok(PayoutResult::Refused {
            code: "no_requisites".to_owned(),
            text: "нет счёта получателя".to_owned(),
        });
    };
    let external_id = order.external_id;
    loop {
        let options = step::partner(
            ctx,
            queues::BANK,
            step::patience(ctx),
            "платёжное поручение в банк",
        );
        let create = || BankActivities::create_order;
        match step::call(ctx, create, order.clone(), options).await {
            Ok(()) => break,
            Err(error) => {
                if let Some(result) = unanswered(ctx, queues::BANK, &error).await? {
                    return Ok(result);
                }
            }
        }
    }
    sent(
        ctx,
        &external_id.to_string(),
        PaymentState::AwaitingSignature,
    )
    .await?;
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.approve_payment_secs)
    });
    let details = format!(
        "Поручение на {amount} создано в банке и ждёт подписи. Подпишите его в интернет-банке."
    );
    loop {
        // A person signs when they sign: days are legal here.
        let status = |token| {
            let mut options = step::poll(
                ctx,
                queues::BANK,
                step::pause(ctx),
                step::question(ctx),
                "статус поручения",
            );
            options.cancellation_token = Some(token);
            step::call(ctx, || BankActivities::await_order, external_id, options)
        };
        let asked =
            Ask::new(TaskKind::SignBankOrder, details.clone(), due).waiting_for(queues::BANK);
        let answer = match ask::ask_until(ctx, asked, status).await? {
            Either::Right(answer) => answer,
            Either::Left(_) => continue,
        };
        match answer {
            Ok(result) => return Ok(result),
            Err(error) => {
                if let Some(result) = unanswered(ctx, queues::BANK, &error).await? {
                    return Ok(result);
                }
            }
        }
    }
}

/// Kept and shown before the partner is asked how it went.
async fn sent(ctx: &Ctx, partner_id: &str, state: PaymentState) -> Result<(), Exit> {
    change(ctx, |p| {
        p.partner_id = Some(partner_id.to_owned());
        p.state = state;
    });
    desk::note(
        ctx,
        EventKind::Payment,
        None,
        "Платёж передан, ждём статус.",
    );
    desk::save(ctx).await
}

async fn hint(ctx: &Ctx) {
    let before = ctx.state(|w| w.desk.payment_hints);
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    // The wait has no error of its own under a token that nobody cancels.
    let _ = ctx
        .wait_condition_with_options(|w| w.desk.payment_hints > before, steady)
        .await;
}

/// The partner refused outright (nothing was paid) or did not say. In the second case ops inquires:
/// again with the same key, or by hand from the bank's statement.
async fn unanswered(
    ctx: &Ctx,
    queue: &str,
    error: &ActivityExecutionError,
) -> Result<Option<PayoutResult>, Exit> {
    let failure = step::failure(error);
    if failure.rejected {
        return Ok(Some(PayoutResult::Refused {
            code: "rejected".to_owned(),
            text: failure.text,
        }));
    }
    change(ctx, |p| p.state = PaymentState::Unknown);
    desk::enter(ctx, Stage::PaymentUnknown)?;
    let details = format!(
        "Партнёр не сказал, ушли ли деньги: {}.\n\nПовтор спросит с тем же ключом, второй выплаты не будет. Если деньги видны в выписке банка, отметьте «сделано вручную».",
        failure.text.trim_end_matches('.')
    );
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(3_600, |p| p.deadlines.ops_secs)
    });
    let asked = Ask::new(TaskKind::PartnerTrouble, details, due).waiting_for(queue);
    let decision = ask::ask(ctx, asked).await?;
    desk::enter(ctx, Stage::Paying)?;
    Ok(match decision {
        Decision::DoneByHand { .. } => Some(PayoutResult::Paid { at: desk::now(ctx) }),
        _ => None,
    })
}

/// New requisites from the client, or the end of the deal.
async fn fix_requisites(ctx: &Ctx, why: &str) -> Result<(), Exit> {
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.papers_secs)
    });
    let details = format!("{why}\n\nУточните реквизиты у клиента. Получатель — сам продавец.");
    loop {
        match ask::ask(ctx, Ask::new(TaskKind::FixRequisites, details.clone(), due)).await? {
            Decision::Requisites { requisites } => {
                ctx.state_mut(|w| {
                    if let Some(papers) = &mut w.buyout.papers {
                        papers.requisites = requisites;
                    }
                });
                return Ok(());
            }
            Decision::GiveUp { reason } => {
                return Err(Exit::Ended(BuyoutOutcome::Cancelled { reason, by: None }));
            }
            // Nothing else answers this kind of task, see `Decision::answers`.
            _ => {}
        }
    }
}

/// The verifier sees the payout and confirms it.
async fn confirm(ctx: &Ctx, amount: Money) -> Result<(), Exit> {
    desk::enter(ctx, Stage::PaymentConfirm)?;
    let (details, due) = ctx.state(|w| {
        let payment = w.buyout.payment();
        let how = payment.map(|p| p.rail.title_ru()).unwrap_or_default();
        let id = payment
            .and_then(|p| p.partner_id.clone())
            .unwrap_or_default();
        (
            format!("Выплачено {amount} ({how}, {id}). Сверьте получателя и сумму и подтвердите."),
            w.buyout
                .policy
                .as_ref()
                .map_or(0, |p| p.deadlines.confirm_payment_secs),
        )
    });
    loop {
        let decision = ask::ask(
            ctx,
            Ask::new(TaskKind::ConfirmPayment, details.clone(), due),
        )
        .await?;
        if let Decision::ConfirmPayment { .. } = decision {
            change(ctx, |p| p.state = PaymentState::Confirmed);
            return Ok(());
        }
    }
}
