//! What is accepted from whom and when. The workflow's validators are these functions.
//!
//! `now` is `None` in a validator, which has no clock: rules of time are then left to the handler, which
//! checks everything again with the moment at hand.

use chrono::{DateTime, Utc};

use crate::appraisal;
use crate::buyout::decision::{
    ActOnTask, AnswerOffer, Cancel, Decide, Decision, MismatchResolution, PostMessage,
    RemovalResolution, SourcesResolution,
};
use crate::buyout::stage::Stage;
use crate::buyout::state::Buyout;
use crate::chat;
use crate::checks::{CheckKind, Verdict, verdict};
use crate::document::{self, DocumentKind};
use crate::inspection;
use crate::offer::{self, ClientAnswer};
use crate::payment;
use crate::refusal::{FieldViolation, Refusal, RefusalCode};
use crate::staff::Role;
use crate::task::{HumanTask, TaskId, TaskKind};

fn task_of<'a>(buyout: &'a Buyout, id: &TaskId) -> Result<&'a HumanTask, Refusal> {
    buyout.tasks.get(id).ok_or_else(|| {
        Refusal::new(
            RefusalCode::NotFound,
            "Такой задачи в этой сделке нет. Обновите список задач.",
        )
    })
}

/// What was decided before, by whom and when.
fn closed(buyout: &Buyout, task: &HumanTask) -> Option<Refusal> {
    task.closed(buyout.policy.as_ref().map(|policy| &policy.calendar))
}

fn same_version(task: &HumanTask, seen: u32) -> Result<(), Refusal> {
    if task.version == seen {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::StaleVersion,
        format!(
            "Задача изменилась, пока вы её читали (версия {}, у вас {seen}). Обновите страницу: введённое сохранено у вас на экране.",
            task.version
        ),
    ))
}

/// Whether this decision is accepted.
pub fn check_decide(
    buyout: &Buyout,
    decide: &Decide,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    let task = task_of(buyout, &decide.task)?;
    if let Some(closed) = closed(buyout, task) {
        return Err(closed);
    }
    task.may_decide(&decide.actor, &buyout.duties)?;
    same_version(task, decide.version)?;
    if task.kind.decided_outside() {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            match task.kind {
                TaskKind::SignBankOrder => {
                    "Платёжное поручение подписывают в банке: Kite увидит подпись сам."
                }
                _ => "Заявку согласуют в 1С: Kite увидит решение сам.",
            },
        ));
    }
    if !decide.decision.answers(task.kind) {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            format!("Это решение не относится к задаче «{}».", task.title),
        ));
    }
    check_content(buyout, &decide.decision, now)
}

fn check_content(
    buyout: &Buyout,
    decision: &Decision,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    match decision {
        Decision::AssignInspector { inspector } => {
            match TaskKind::Inspect
                .duty()
                .and_then(|duty| buyout.duties.conflict(duty, &inspector.person))
            {
                Some(held) => Err(Refusal::new(
                    RefusalCode::OwnWork,
                    format!(
                        "{} уже участвует в сделке как {}.",
                        inspector.name,
                        held.title_ru()
                    ),
                )),
                None => Ok(()),
            }
        }
        Decision::SubmitInspection { inspection } => {
            let Some(policy) = &buyout.policy else {
                return Err(Refusal::new(
                    RefusalCode::WrongState,
                    "Сделка ещё не прочитана.",
                ));
            };
            none_missing(inspection::missing(inspection, &policy.template))
        }
        Decision::NoShow { comment } => {
            let after = buyout
                .deal
                .as_ref()
                .and_then(|deal| deal.visit.at)
                .zip(buyout.policy.as_ref())
                .map(|(at, policy)| {
                    at + chrono::Duration::seconds(policy.deadlines.no_show_secs as i64)
                });
            if let (Some(after), Some(policy), Some(now)) = (after, &buyout.policy, now)
                && now < after
            {
                return Err(Refusal::new(
                    RefusalCode::WrongState,
                    format!(
                        "Неявку можно отметить после {}.",
                        policy.calendar.format_ru(after)
                    ),
                ));
            }
            reason("comment", comment)
        }
        Decision::Mismatch { resolution } => match resolution {
            MismatchResolution::Reinspect { reason: text }
            | MismatchResolution::Accept { reason: text }
            | MismatchResolution::Refuse { reason: text } => reason("reason", text),
        },
        Decision::Sources { resolution } => match resolution {
            SourcesResolution::AskAgain => Ok(()),
            SourcesResolution::Stop { reason: text } => reason("reason", text),
            SourcesResolution::Proceed { reason: text } => {
                if buyout.stage == Stage::Recheck {
                    let blocking = blocking_silent(buyout);
                    if !blocking.is_empty() {
                        return Err(Refusal::new(
                            RefusalCode::WrongState,
                            format!(
                                "Без ответа этих источников платить нельзя: {}.",
                                blocking.join(", ")
                            ),
                        ));
                    }
                }
                reason("reason", text)
            }
        },
        Decision::Removal { resolution } => match resolution {
            RemovalResolution::Recheck => Ok(()),
            RemovalResolution::Refuse { reason: text } => reason("reason", text),
        },
        Decision::Appraise { appraisal } => appraisal::check(appraisal).map_err(Refusal::invalid),
        Decision::ReturnToInspection { reason: text }
        | Decision::RefusedToSign { reason: text }
        | Decision::GiveUp { reason: text } => reason("reason", text),
        Decision::ApprovePrice { approved, comment } => {
            if *approved {
                Ok(())
            } else {
                reason("comment", comment)
            }
        }
        Decision::ClientAnswer { round, answer } => check_answer(buyout, *round, answer, now),
        Decision::Bargain { decision } => {
            let counter = buyout.answers.iter().rev().find_map(|a| match &a.answer {
                ClientAnswer::Counter { amount } => Some(*amount),
                ClientAnswer::Accept | ClientAnswer::Decline { .. } | ClientAnswer::Think => None,
            });
            match (counter, &buyout.offer, &buyout.appraisal) {
                (Some(counter), Some(current), Some(set)) => {
                    offer::check_bargain(decision, counter, current.price, set.appraisal.stop_price)
                }
                _ => Err(Refusal::new(RefusalCode::WrongState, "Встречной цены нет.")),
            }
        }
        Decision::SubmitPapers { papers } => {
            let mut wrong = document::missing(papers);
            wrong.extend(rail_violation(buyout, &papers.requisites));
            none_missing(wrong)
        }
        Decision::VerifyPapers { verdicts } => none_missing(document::check_verdicts(verdicts)),
        Decision::Signed { scans } => {
            let missing = [DocumentKind::Contract, DocumentKind::Act]
                .into_iter()
                .filter(|kind| !scans.iter().any(|scan| scan.kind == *kind))
                .map(|kind| {
                    FieldViolation::new(
                        "scans",
                        format!("Нет скана подписанного документа: {}.", kind.title_ru()),
                    )
                })
                .collect();
            none_missing(missing)
        }
        Decision::Requisites { requisites } => {
            let seller = buyout
                .papers
                .as_ref()
                .map(|set| set.fields.seller_full_name.clone())
                .unwrap_or_default();
            let mut wrong = payment::check_requisites(requisites, &seller);
            wrong.extend(rail_violation(buyout, requisites));
            none_missing(wrong)
        }
        Decision::ConfirmPayment { .. } => Ok(()),
        Decision::Retry { .. } => Ok(()),
        Decision::DoneByHand { comment } => reason("comment", comment),
    }
}

fn rail_violation(buyout: &Buyout, requisites: &payment::Requisites) -> Option<FieldViolation> {
    let (amount, policy) = buyout.agreed_price.zip(buyout.policy.as_ref())?;
    payment::missing_for_rail(requisites, payment::rail(amount, &policy.limits))
}

/// Silent sources without which no money is paid.
pub fn blocking_silent(buyout: &Buyout) -> Vec<&'static str> {
    match verdict(&buyout.checks) {
        Verdict::Unknown(kinds) => kinds
            .into_iter()
            .filter(|kind| kind.blocks_payment_when_unknown())
            .map(CheckKind::title_ru)
            .collect(),
        Verdict::Clear | Verdict::Fatal(_) | Verdict::Removable(_) => Vec::new(),
    }
}

fn none_missing(wrong: Vec<FieldViolation>) -> Result<(), Refusal> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Refusal::invalid(wrong))
    }
}

fn reason(field: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            field,
            "Напишите причину.",
        )]));
    }
    chat::check_text(text)
}

/// Whether this action on a task is accepted.
pub fn check_act(buyout: &Buyout, act: &ActOnTask) -> Result<(), Refusal> {
    let task = task_of(buyout, &act.task)?;
    let claims = act.action == crate::task::TaskAction::Claim;
    if let Some(closed) = claims.then(|| closed(buyout, task)).flatten() {
        return Err(closed);
    }
    task.check_action(&act.actor, &act.action, &buyout.duties)?;
    match act.action {
        crate::task::TaskAction::Comment { .. } => Ok(()),
        crate::task::TaskAction::Claim
        | crate::task::TaskAction::Release
        | crate::task::TaskAction::Delegate { .. } => same_version(task, act.version),
    }
}

/// Whether an answer of the client fits the offer that stands.
pub fn check_answer(
    buyout: &Buyout,
    round: u32,
    answer: &ClientAnswer,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    if buyout.closing {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Предложение больше не действует: сделка завершается. Позвоните менеджеру.",
        ));
    }
    match (&buyout.offer, buyout.stage) {
        (Some(standing), Stage::Offer) if buyout.answer_to(standing.round).is_none() => {
            offer::check_answer(standing, round, answer, now)
        }
        (Some(_), Stage::Bargaining) => Err(Refusal::new(
            RefusalCode::WrongState,
            "Менеджер рассматривает вашу цену и ответит в ближайшее время.",
        )),
        (Some(_), _) => Err(Refusal::new(
            RefusalCode::WrongState,
            "Ответ на это предложение уже получен.",
        )),
        (None, _) => Err(Refusal::new(
            RefusalCode::NotFound,
            "Предложения по этой сделке нет.",
        )),
    }
}

/// Whether the client's answer on the page is accepted; an acceptance wants the SMS code.
pub fn check_page_answer(
    buyout: &Buyout,
    sent_code: Option<&str>,
    answer: &AnswerOffer,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    check_answer(buyout, answer.round, &answer.answer, now)?;
    if answer.answer != ClientAnswer::Accept {
        return Ok(());
    }
    match (sent_code, answer.code.as_deref().map(str::trim)) {
        (None, _) => Err(Refusal::invalid(vec![FieldViolation::new(
            "code",
            "Сначала запросите код подтверждения.",
        )])),
        (Some(sent), Some(given)) if sent == given => Ok(()),
        (Some(_), _) => Err(Refusal::invalid(vec![FieldViolation::new(
            "code",
            "Код не подходит. Проверьте СМС или запросите новый код.",
        )])),
    }
}

/// Why the run cannot be cancelled now; `None` when it can.
pub fn cancel_refused(buyout: &Buyout) -> Option<&'static str> {
    match buyout.stage.cancel_refused() {
        None if buyout.closing => Some("Сделка уже завершается: дождитесь итога."),
        refused => refused,
    }
}

/// Whether the run may be cancelled by this person now.
pub fn check_cancel(buyout: &Buyout, cancel: &Cancel) -> Result<(), Refusal> {
    if let Some(why) = cancel_refused(buyout) {
        let code = if buyout.stage.is_final() || buyout.closing {
            RefusalCode::WrongState
        } else {
            RefusalCode::MoneyInFlight
        };
        return Err(Refusal::new(code, why));
    }
    let allowed = [
        Role::BuyoutManager,
        Role::BuyoutHead,
        Role::Security,
        Role::Ops,
    ];
    if !allowed.into_iter().any(|role| cancel.actor.has_role(role)) {
        return Err(Refusal::new(
            RefusalCode::WrongPerson,
            "Отменить дело может менеджер или руководитель выкупа, служба безопасности или сопровождение.",
        ));
    }
    reason("reason", &cancel.reason)
}

/// Whether a chat message is accepted.
pub fn check_message(buyout: &Buyout, message: &PostMessage) -> Result<(), Refusal> {
    if buyout.stage.is_final() {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Сделка завершена, чат закрыт.",
        ));
    }
    chat::check_text(&message.text)
}

/// Buttons that a person sees on a run, by the same rules.
pub fn may_cancel(buyout: &Buyout) -> bool {
    cancel_refused(buyout).is_none()
}
