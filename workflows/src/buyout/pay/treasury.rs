//! The payment request in 1C: people approve it there, Kite waits and checks who did.

use contracts::queues;
use contracts::records::RecordActivities;
use contracts::treasury::{SaveRequest, TreasuryActivities};
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::buyout::undo::Undo;
use domain::money::Money;
use domain::payment::{PaymentState, TreasuryDecision};
use domain::task::{Duty, TaskKind};
use futures_util::future::Either;

use crate::buyout::ask::{self, Ask};
use crate::buyout::undo;
use crate::buyout::{Ctx, Exit, desk, step};

/// Ends with `true` when somebody entitled approved; `false` when a new request is to be made.
pub(super) async fn approve(ctx: &Ctx, attempt: u32, amount: Money) -> Result<bool, Exit> {
    desk::enter(ctx, Stage::PaymentApproval)?;
    let Some(request) = ctx.state(|w| request(w, attempt, amount)) else {
        return Err(Exit::Ended(BuyoutOutcome::Cancelled {
            reason: "нет документов для заявки".to_owned(),
            by: None,
        }));
    };
    let ref_key = request.ref_key;
    ctx.state_mut(|w| w.desk.undo.register(Undo::WithdrawRequest(ref_key)));
    let patience = step::patience(ctx);
    let saved = step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "заявка на оплату в 1С",
        || TreasuryActivities::save_request,
        request,
        step::partner(ctx, queues::ONEC_TREASURY, patience, "1С: заявка на оплату"),
    )
    .await?;
    step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "проведение заявки на оплату в 1С",
        || TreasuryActivities::post_request,
        ref_key,
        step::partner(ctx, queues::ONEC_TREASURY, patience, "1С: провести заявку"),
    )
    .await?;
    let number = saved.as_ref().map(|s| s.number.clone()).unwrap_or_default();
    desk::note(
        ctx,
        EventKind::Accounting,
        None,
        format!("Заявка на оплату № {number} в 1С."),
    );
    super::change(ctx, |p| p.treasury_request = saved);
    match decision(ctx, attempt, amount, ref_key, &number).await? {
        TreasuryDecision::Approved { by } => entitled(ctx, attempt, by).await,
        TreasuryDecision::Rejected { .. } => {
            desk::note(
                ctx,
                EventKind::Accounting,
                None,
                format!("Заявка № {number} отклонена в 1С."),
            );
            let why = format!("Казначейство отклонило заявку № {number}.");
            super::change(ctx, |p| {
                p.state = PaymentState::Refused;
                p.refusal = Some(why.clone());
            });
            withdraw(ctx, attempt).await?;
            super::fix_requisites(ctx, &why).await?;
            Ok(false)
        }
    }
}

fn request(w: &crate::buyout::BuyoutWorkflow, attempt: u32, amount: Money) -> Option<SaveRequest> {
    let (policy, papers) = (w.buyout.policy.as_ref()?, w.buyout.papers.as_ref()?);
    let contract = w
        .buyout
        .document(domain::document::DocumentKind::Contract)?;
    Some(SaveRequest {
        ref_key: w.buyout.id.object_key(&format!("request/{attempt}")),
        legal_entity: policy.legal_entity.id.clone(),
        amount,
        purpose: format!("Оплата по договору купли-продажи ТС № {}", contract.number),
        recipient: papers.requisites.clone(),
        comment: format!("Kite, сделка {}", w.buyout.deal_id),
    })
}

/// Waits for the word of the treasury, whoever gives it there.
async fn decision(
    ctx: &Ctx,
    attempt: u32,
    amount: Money,
    ref_key: uuid::Uuid,
    number: &str,
) -> Result<TreasuryDecision, Exit> {
    let pause = step::pause(ctx);
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.approve_payment_secs)
    });
    let details = format!(
        "Заявка № {number} на {amount} (попытка {attempt}). Согласуйте или отклоните её в 1С; участники этой сделки согласовать не могут."
    );
    loop {
        // People decide when they decide: the question is repeated for days without growing the history.
        let answer = |token| {
            let mut options = step::poll(
                ctx,
                queues::ONEC_TREASURY,
                pause,
                step::question(ctx),
                "1С: решение по заявке",
            );
            options.cancellation_token = Some(token);
            step::call(ctx, || TreasuryActivities::await_decision, ref_key, options)
        };
        let asked = Ask::new(TaskKind::ApprovePayment, details.clone(), due)
            .waiting_for(queues::ONEC_TREASURY);
        match ask::ask_until(ctx, asked, answer).await? {
            Either::Right(Ok(decision)) => return Ok(decision),
            Either::Right(Err(error)) => {
                let text = step::failure(&error).text;
                desk::note(
                    ctx,
                    EventKind::Trouble,
                    None,
                    format!("1С не отвечает о заявке: {text}"),
                );
                let due = ctx.state(|w| {
                    w.buyout
                        .policy
                        .as_ref()
                        .map_or(3_600, |p| p.deadlines.ops_secs)
                });
                let trouble =
                    format!("1С не отвечает о заявке № {number}: {text}. Повтор спросит ещё раз.");
                let asked = Ask::new(TaskKind::PartnerTrouble, trouble, due)
                    .waiting_for(queues::ONEC_TREASURY);
                ask::ask(ctx, asked).await?;
            }
            Either::Left(_) => {}
        }
    }
}

/// The approver must be one of ours and hold no other duty in this run.
async fn entitled(ctx: &Ctx, attempt: u32, user: uuid::Uuid) -> Result<bool, Exit> {
    let person = ctx
        .execute_local_activity(
            RecordActivities::person_of_treasury_user,
            user,
            step::record(),
        )
        .await?;
    let refusal = match &person {
        None => Some(
            "Заявку согласовал пользователь 1С, которого нет в справочнике сотрудников.".to_owned(),
        ),
        Some(person) => ctx
            .state(|w| {
                w.buyout
                    .duties
                    .conflict(Duty::PaymentApprover, &person.person)
            })
            .map(|held| {
                format!(
                    "Заявку согласовал(а) {}, но в этой сделке это {}.",
                    person.name,
                    held.title_ru()
                )
            }),
    };
    match (refusal, person) {
        (None, Some(person)) => {
            let line = format!("Оплату согласовал(а) в 1С: {}.", person.name);
            desk::note(ctx, EventKind::Accounting, Some(person.clone()), line);
            ctx.state_mut(|w| w.buyout.duties.take(Duty::PaymentApprover, person.clone()));
            super::change(ctx, |p| {
                p.state = PaymentState::Approved;
                p.approved_by = Some(person);
            });
            Ok(true)
        }
        (refusal, _) => {
            own_work(ctx, attempt, refusal.unwrap_or_default()).await?;
            Ok(false)
        }
    }
}

/// An approval that does not count: the request is withdrawn and made anew, for somebody else.
async fn own_work(ctx: &Ctx, attempt: u32, refusal: String) -> Result<(), Exit> {
    desk::note(ctx, EventKind::Trouble, None, refusal.clone());
    super::change(ctx, |p| {
        p.state = PaymentState::Refused;
        p.refusal = Some(refusal.clone());
    });
    withdraw(ctx, attempt).await?;
    let due = ctx.state(|w| w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.ops_secs));
    let details = format!(
        "{refusal}\n\nДеньги не отправлены. Повтор создаст новую заявку, её должен согласовать другой человек."
    );
    match ask::ask(ctx, Ask::new(TaskKind::ResolveOwnWork, details, due)).await? {
        Decision::GiveUp { reason } => {
            Err(Exit::Ended(BuyoutOutcome::Cancelled { reason, by: None }))
        }
        _ => Ok(()),
    }
}

/// Takes the request of this attempt back now, instead of at the end.
pub(super) async fn withdraw(ctx: &Ctx, attempt: u32) -> Result<(), Exit> {
    let step =
        ctx.state(|w| Undo::WithdrawRequest(w.buyout.id.object_key(&format!("request/{attempt}"))));
    // It stays registered until it is undone: a cancel may come while a person is asked about it.
    undo::undo(ctx, step.clone()).await?;
    ctx.state_mut(|w| w.desk.undo.forget(&step));
    Ok(())
}
