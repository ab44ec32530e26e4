//! What people do to a run beside deciding its tasks. Nothing here is a decision: the story goes on as it
//! would have, and looks at what came of it at its next gate.
//!
//! `now` is `None` in a validator, as in [`crate::buyout::rules`].

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::buyout::stage::Stage;
use crate::buyout::state::Buyout;
use crate::chat;
use crate::checks::CheckKind;
use crate::refusal::{FieldViolation, Refusal, RefusalCode};
use crate::staff::{Actor, PersonRef, Role};
use crate::task::{HumanTask, TaskKind};

/// An offer is sent again so often within [`RESENDS_WITHIN`], so that no button floods a client.
pub const RESENDS: usize = 5;
pub const RESENDS_WITHIN: Duration = Duration::hours(24);
/// A visit further ahead is a slip of the hand.
pub const VISIT_AHEAD: Duration = Duration::days(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunAction {
    /// Asks sources again; no kinds means every one. The newest answer of a kind counts.
    RepeatChecks {
        #[serde(default)]
        kinds: BTreeSet<CheckKind>,
    },
    /// Sends the offer that stands once more.
    ResendOffer,
    /// The inspector says where they are.
    ReportVisit { status: VisitStatus },
    /// Another time was agreed with the client.
    RescheduleVisit { at: DateTime<Utc>, reason: String },
}

/// The update by which a person acts on the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActOnRun {
    pub actor: Actor,
    pub action: RunAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum VisitStatus {
    OnTheWay,
    OnSite,
}

impl VisitStatus {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::OnTheWay => "выехал(а) на осмотр",
            Self::OnSite => "на месте",
        }
    }
}

/// How the visit of the present inspection goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitProgress {
    #[serde(default)]
    pub reported: Option<VisitReport>,
    /// Times agreed anew, over all inspections of the run.
    #[serde(default)]
    pub moves: Vec<VisitMove>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitReport {
    pub status: VisitStatus,
    pub by: PersonRef,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitMove {
    /// When it was before; `None`: nothing was agreed.
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    pub reason: String,
    pub by: PersonRef,
    pub at: DateTime<Utc>,
}

/// Whether this action is accepted from this person now.
pub fn check(buyout: &Buyout, act: &ActOnRun, now: Option<DateTime<Utc>>) -> Result<(), Refusal> {
    let ActOnRun { actor, action } = act;
    if buyout.closing {
        return Err(wrong_state("Сделка уже завершается: дождитесь итога."));
    }
    match action {
        RunAction::RepeatChecks { kinds } => repeat_checks(buyout, actor, kinds),
        RunAction::ResendOffer => resend_offer(buyout, actor, now),
        RunAction::ReportVisit { status } => report_visit(buyout, actor, *status),
        RunAction::RescheduleVisit { at, reason } => {
            reschedule_visit(buyout, actor, *at, reason, now)
        }
    }
}

fn repeat_checks(
    buyout: &Buyout,
    actor: &Actor,
    kinds: &BTreeSet<CheckKind>,
) -> Result<(), Refusal> {
    let roles = [
        Role::Appraiser,
        Role::SeniorAppraiser,
        Role::Verifier,
        Role::Security,
        Role::BuyoutHead,
        Role::Ops,
    ];
    by_role(
        actor,
        &roles,
        "Источники переспрашивают оценщик, верификатор, служба безопасности, руководитель выкупа и сопровождение.",
    )?;
    if let Some(why) = repeat_refused(buyout.stage) {
        return Err(wrong_state(why));
    }
    let asked: Vec<&str> = buyout
        .checks_running
        .iter()
        .filter(|kind| kinds.is_empty() || kinds.contains(kind))
        .map(|kind| kind.title_ru())
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    Err(wrong_state(format!(
        "Эти источники уже спрашиваются: {}. Дождитесь ответа.",
        asked.join(", ")
    )))
}

/// Why sources are not asked again at this stage; `None` where they may be.
fn repeat_refused(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::New | Stage::Dispatching | Stage::Inspection => Some(
            "Проверки начнутся сами, когда осмотр будет сдан: до него неизвестны пробег и номера.",
        ),
        Stage::Checking
        | Stage::WaitRemoval
        | Stage::Appraisal
        | Stage::PriceApproval
        | Stage::Offer
        | Stage::Bargaining
        | Stage::Documents
        | Stage::Recheck
        | Stage::Signing
        | Stage::PaymentApproval => None,
        Stage::Paying | Stage::PaymentUnknown | Stage::PaymentConfirm | Stage::Intake => {
            Some("Деньги уже отправлены: новые ответы источников ничего не изменят.")
        }
        Stage::Done
        | Stage::DeclinedByClient
        | Stage::OfferExpired
        | Stage::RefusedLegal
        | Stage::RefusedFraud
        | Stage::NoShow
        | Stage::Cancelled
        | Stage::DoneNeedsManual
        | Stage::CancelledNeedsManual => Some("Сделка уже завершена."),
    }
}

fn resend_offer(buyout: &Buyout, actor: &Actor, now: Option<DateTime<Utc>>) -> Result<(), Refusal> {
    by_role(
        actor,
        &[Role::BuyoutManager, Role::BuyoutHead],
        "Предложение отправляет менеджер или руководитель выкупа.",
    )?;
    let offer = match (&buyout.offer, buyout.stage) {
        (Some(offer), Stage::Offer) => offer,
        (Some(_), Stage::Bargaining) => {
            return Err(wrong_state(
                "Клиент уже назвал свою цену: ответьте на неё, тогда уйдёт новое предложение.",
            ));
        }
        (Some(_), _) => {
            return Err(wrong_state(
                "Ответ на предложение уже получен: отправлять нечего.",
            ));
        }
        (None, _) => {
            return Err(wrong_state(
                "Предложения ещё нет: его отправит процесс, когда будет цена.",
            ));
        }
    };
    let Some(now) = now else {
        return Ok(());
    };
    if now > offer.valid_until {
        return Err(wrong_state(
            "Срок предложения истёк: ссылка больше не действует.",
        ));
    }
    let recent = buyout
        .offer_resends
        .iter()
        .filter(|at| now - **at < RESENDS_WITHIN)
        .count();
    if recent >= RESENDS {
        return Err(wrong_state(format!(
            "За сутки предложение повторно отправлено {recent} раз. Позвоните клиенту."
        )));
    }
    Ok(())
}

/// The inspection that people are on; refused when there is none.
fn open_inspection(buyout: &Buyout) -> Result<&HumanTask, Refusal> {
    buyout
        .open_task(TaskKind::Inspect)
        .ok_or_else(|| wrong_state("Осмотр сейчас никому не поручен или уже сдан."))
}

/// Whether the inspection was given to this person or taken by them.
fn is_theirs(task: &HumanTask, actor: &Actor) -> bool {
    task.owner
        .iter()
        .chain(&task.assignee)
        .any(|person| actor.stands_for(&person.person))
}

fn report_visit(buyout: &Buyout, actor: &Actor, status: VisitStatus) -> Result<(), Refusal> {
    let task = open_inspection(buyout)?;
    if !is_theirs(task, actor) {
        let who = task.owner.as_ref().or(task.assignee.as_ref());
        return Err(Refusal::new(
            RefusalCode::WrongPerson,
            match who {
                Some(person) => format!("Осмотр поручен другому: {}.", person.name),
                None => "Осмотр поручен другому.".to_owned(),
            },
        ));
    }
    match (buyout.visit.reported.as_ref().map(|r| r.status), status) {
        (Some(VisitStatus::OnSite), _) => Err(wrong_state("Вы уже отметили, что вы на месте.")),
        (Some(VisitStatus::OnTheWay), VisitStatus::OnTheWay) => {
            Err(wrong_state("Вы уже отметили, что выехали."))
        }
        (None, _) | (Some(VisitStatus::OnTheWay), VisitStatus::OnSite) => Ok(()),
    }
}

fn reschedule_visit(
    buyout: &Buyout,
    actor: &Actor,
    at: DateTime<Utc>,
    reason: &str,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    let task = open_inspection(buyout)?;
    let roles = [Role::Dispatcher, Role::BuyoutManager, Role::BuyoutHead];
    if !is_theirs(task, actor) {
        by_role(
            actor,
            &roles,
            "Осмотр переносит его осмотрщик, диспетчер, менеджер или руководитель выкупа.",
        )?;
    }
    if reason.trim().is_empty() {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            "reason",
            "Напишите, почему осмотр переносится.",
        )]));
    }
    chat::check_text(reason)?;
    let before = buyout.deal.as_ref().and_then(|deal| deal.visit.at);
    if before == Some(at) {
        return Err(wrong_time("Осмотр и так назначен на это время."));
    }
    match now {
        Some(now) if at <= now => Err(wrong_time("Это время уже прошло.")),
        Some(now) if at > now + VISIT_AHEAD => Err(wrong_time(format!(
            "Осмотр назначают не дальше чем на {} дней вперёд.",
            VISIT_AHEAD.num_days()
        ))),
        Some(_) | None => Ok(()),
    }
}

fn by_role(actor: &Actor, roles: &[Role], sentence: &str) -> Result<(), Refusal> {
    if roles.iter().any(|role| actor.has_role(*role)) {
        Ok(())
    } else {
        Err(Refusal::new(RefusalCode::WrongPerson, sentence))
    }
}

fn wrong_state(sentence: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::WrongState, sentence)
}

fn wrong_time(sentence: impl Into<String>) -> Refusal {
    Refusal::invalid(vec![FieldViolation::new("visit_at", sentence)])
}

#[cfg(test)]
mod tests;
