//! Reconciliation: what our record says of a deal against what the portal, 1C and the payers say. Each
//! difference is a finding with both values and what to do about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};
use uuid::Uuid;

use crate::buyout::outcome::BuyoutOutcome;
use crate::buyout::start::BuyoutId;
use crate::buyout::state::Buyout;
use crate::money::Money;
use crate::payment::{PaymentRail, PaymentState};
use crate::task::TaskKind;

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingKind {
    /// The run ended, and the portal shows another stage than its end.
    DealStage,
    /// The portal's deal is closed while the run goes on.
    DealClosed,
    /// The portal has no such deal any more.
    DealMissing,
    /// A deal stands where a buyout begins, and there is none.
    DealWithoutRun,
    /// A robot of the portal waits for an answer that nobody can give: its call never came, and the run is over.
    RobotWaits,
    /// 1C has no receipt that the run made.
    ReceiptMissing,
    /// The receipt lies unposted or is marked for deletion.
    ReceiptNotPosted,
    /// The receipt is of another sum.
    ReceiptAmount,
    /// The payer knows nothing of a payout.
    PayoutMissing,
    /// The payer says something else of a payout than the run.
    PayoutState,
    /// The payout is of another sum.
    PayoutAmount,
}

impl FindingKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::DealStage => "Стадия сделки не та",
            Self::DealClosed => "Сделка закрыта, а выкуп идёт",
            Self::DealMissing => "Сделки нет на портале",
            Self::DealWithoutRun => "Сделка ждёт выкупа, а его нет",
            Self::RobotWaits => "Робот ждёт ответа",
            Self::ReceiptMissing => "Поступления нет в 1С",
            Self::ReceiptNotPosted => "Поступление в 1С не проведено",
            Self::ReceiptAmount => "Сумма поступления другая",
            Self::PayoutMissing => "Выплаты нет у партнёра",
            Self::PayoutState => "Состояние выплаты другое",
            Self::PayoutAmount => "Сумма выплаты другая",
        }
    }

    /// Which answer tells of it.
    pub fn source(self) -> FindingSource {
        match self {
            Self::DealStage | Self::DealClosed | Self::DealMissing => FindingSource::Deal,
            Self::DealWithoutRun | Self::RobotWaits => FindingSource::Portal,
            Self::ReceiptMissing | Self::ReceiptNotPosted | Self::ReceiptAmount => {
                FindingSource::Receipt
            }
            Self::PayoutMissing | Self::PayoutState | Self::PayoutAmount => FindingSource::Payout,
        }
    }
}

/// What was asked: a difference that is gone from an answer is over, one that nobody asked about is not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingSource {
    Deal,
    Portal,
    Receipt,
    Payout,
}

/// A difference between two systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// What differs, unique among open findings of its kind: a run, a payment of it, a deal of a portal.
    pub subject: String,
    pub run: Option<BuyoutId>,
    pub deal_id: Option<u64>,
    /// The other system, for people.
    pub system: String,
    /// What Kite has and what the other system has, Russian, without personal data.
    pub ours: String,
    pub theirs: String,
    /// What to do, Russian.
    pub proposal: String,
}

/// What our record makes us expect of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub run: BuyoutId,
    pub portal: String,
    pub deal_id: u64,
    pub ended: bool,
    /// The run waits for a person's decision on the deal, so it is not about to end by itself.
    pub waits: bool,
    /// The stage of the portal in which the deal is to be; `None` while the run goes on.
    pub stage: Option<String>,
    /// Stages of the portal in which a deal is over.
    pub closing: Vec<String>,
    pub receipt: Option<ExpectedReceipt>,
    pub payouts: Vec<ExpectedPayout>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedReceipt {
    pub ref_key: Uuid,
    pub number: String,
    pub total: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedPayout {
    pub attempt: u32,
    pub rail: PaymentRail,
    /// By which the payer knows it.
    pub id: String,
    pub amount: Money,
    pub state: PaymentState,
}

/// A receipt as 1C has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenReceipt {
    pub ref_key: Uuid,
    pub posted: bool,
    pub deleted: bool,
    pub total: Option<Money>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PayoutStanding {
    Paid,
    Refused,
    /// Neither yet.
    OnItsWay,
}

impl PayoutStanding {
    fn title_ru(self) -> &'static str {
        match self {
            Self::Paid => "выплачено",
            Self::Refused => "отклонено",
            Self::OnItsWay => "в работе",
        }
    }
}

/// A payout as its payer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPayout {
    pub id: String,
    pub standing: PayoutStanding,
    /// `None`: the payer does not say.
    pub amount: Option<Money>,
}

/// What the others answered; `None`: they were not asked, or did not answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Deals with their stages, by the portals that answered.
    #[serde(default)]
    pub deals: BTreeMap<String, Vec<(u64, String)>>,
    pub receipts: Option<Vec<SeenReceipt>>,
    pub sbp: Option<Vec<SeenPayout>>,
    pub orders: Option<Vec<SeenPayout>>,
}

impl Expected {
    /// Of a run's record; `None` before its policy is known, when there is nothing to expect.
    pub fn of(buyout: &Buyout) -> Option<Self> {
        let stages = &buyout.policy.as_ref()?.stages;
        let stage = buyout.outcome.as_ref().map(|outcome| match outcome {
            BuyoutOutcome::Done { .. } => stages.won.clone(),
            BuyoutOutcome::DeclinedByClient { .. }
            | BuyoutOutcome::OfferExpired
            | BuyoutOutcome::RefusedLegal { .. }
            | BuyoutOutcome::RefusedFraud { .. }
            | BuyoutOutcome::NoShow
            | BuyoutOutcome::Cancelled { .. } => stages.lost.clone(),
        });
        let receipt = buyout
            .intake
            .receipt
            // What a person entered by hand has a key of its own, which we do not know.
            .filter(|_| buyout.intake.posted && buyout.intake.receipt_number.is_some())
            .map(|ref_key| ExpectedReceipt {
                ref_key,
                number: buyout.intake.receipt_number.clone().unwrap_or_default(),
                total: buyout.agreed_price,
            });
        let payouts = buyout
            .payments
            .iter()
            .filter_map(|payment| {
                Some(ExpectedPayout {
                    attempt: payment.attempt,
                    rail: payment.rail,
                    id: payment.partner_id.clone()?,
                    amount: payment.amount,
                    state: payment.state,
                })
            })
            .collect();
        Some(Self {
            run: buyout.id.clone(),
            portal: buyout.portal.clone(),
            deal_id: buyout.deal_id,
            ended: buyout.ended_at.is_some(),
            waits: buyout.open_tasks().any(|task| match task.kind {
                TaskKind::PartnerTrouble | TaskKind::UndoTrouble => false,
                TaskKind::AssignInspector
                | TaskKind::Inspect
                | TaskKind::ResolveMismatch
                | TaskKind::DecideSources
                | TaskKind::AwaitRemoval
                | TaskKind::Appraise
                | TaskKind::ApprovePrice
                | TaskKind::OfferToClient
                | TaskKind::Bargain
                | TaskKind::CollectPapers
                | TaskKind::VerifyPapers
                | TaskKind::SignContract
                | TaskKind::ApprovePayment
                | TaskKind::ResolveOwnWork
                | TaskKind::FixRequisites
                | TaskKind::SignBankOrder
                | TaskKind::ConfirmPayment
                | TaskKind::AccountingTrouble => true,
            }),
            stage,
            closing: vec![stages.won.clone(), stages.lost.clone()],
            receipt,
            payouts,
        })
    }

    fn finding(&self, kind: FindingKind, system: &str) -> Finding {
        Finding {
            kind,
            subject: self.run.0.clone(),
            run: Some(self.run.clone()),
            deal_id: Some(self.deal_id),
            system: system.to_owned(),
            ours: String::new(),
            theirs: String::new(),
            proposal: String::new(),
        }
    }
}

/// What differs, over everything that was answered.
pub fn differences(expected: &Expected, seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(deals) = seen.deals.get(&expected.portal) {
        found.extend(deal(expected, deals));
    }
    if let (Some(wanted), Some(receipts)) = (&expected.receipt, &seen.receipts) {
        found.extend(receipt(expected, wanted, receipts));
    }
    for payout in &expected.payouts {
        let answered = match payout.rail {
            PaymentRail::Sbp => &seen.sbp,
            PaymentRail::BankOrder => &seen.orders,
        };
        if let Some(answered) = answered {
            found.extend(self::payout(expected, payout, answered));
        }
    }
    found
}

/// Which sources answered for this run: their former findings of it are over unless they are found again.
pub fn answered(expected: &Expected, seen: &Seen) -> Vec<FindingSource> {
    let payouts = expected.payouts.iter().all(|payout| match payout.rail {
        PaymentRail::Sbp => seen.sbp.is_some(),
        PaymentRail::BankOrder => seen.orders.is_some(),
    });
    [
        (
            FindingSource::Deal,
            seen.deals.contains_key(&expected.portal),
        ),
        (FindingSource::Receipt, seen.receipts.is_some()),
        (FindingSource::Payout, payouts),
    ]
    .into_iter()
    .filter_map(|(source, answered)| answered.then_some(source))
    .collect()
}

const PORTAL: &str = "Битрикс24";

fn deal(expected: &Expected, deals: &[(u64, String)]) -> Option<Finding> {
    let Some((_, stage)) = deals.iter().find(|(id, _)| *id == expected.deal_id) else {
        return Some(Finding {
            ours: match &expected.stage {
                Some(stage) => format!("стадия {stage}"),
                None => "выкуп идёт".to_owned(),
            },
            theirs: "сделки нет".to_owned(),
            proposal: if expected.ended {
                "Выясните, кто удалил сделку, и восстановите её из корзины портала.".to_owned()
            } else {
                "Восстановите сделку из корзины портала или отмените выкуп с причиной.".to_owned()
            },
            ..expected.finding(FindingKind::DealMissing, PORTAL)
        });
    };
    match &expected.stage {
        Some(wanted) if wanted != stage => Some(Finding {
            ours: format!("выкуп завершён, стадия {wanted}"),
            theirs: format!("стадия {stage}"),
            proposal: format!("Переведите сделку в стадию {wanted}, если её двигали не намеренно."),
            ..expected.finding(FindingKind::DealStage, PORTAL)
        }),
        None if expected.waits && expected.closing.contains(stage) => Some(Finding {
            ours: "выкуп идёт".to_owned(),
            theirs: format!("сделка закрыта, стадия {stage}"),
            proposal: "Если от сделки отказались, отмените выкуп с причиной; иначе верните сделку в работу."
                .to_owned(),
            ..expected.finding(FindingKind::DealClosed, PORTAL)
        }),
        Some(_) | None => None,
    }
}

const BASE: &str = "1С «Альфа-Авто»";

fn receipt(
    expected: &Expected,
    wanted: &ExpectedReceipt,
    receipts: &[SeenReceipt],
) -> Option<Finding> {
    let ours = format!("поступление № {} проведено", wanted.number);
    let Some(seen) = receipts.iter().find(|seen| seen.ref_key == wanted.ref_key) else {
        return Some(Finding {
            ours,
            theirs: "документа нет".to_owned(),
            proposal: "Найдите в 1С, кто удалил документ, и оформите поступление заново."
                .to_owned(),
            ..expected.finding(FindingKind::ReceiptMissing, BASE)
        });
    };
    if !seen.posted || seen.deleted {
        let theirs = if seen.deleted {
            "помечено на удаление"
        } else {
            "не проведено"
        };
        return Some(Finding {
            ours,
            theirs: theirs.to_owned(),
            proposal: "Выясните в бухгалтерии, почему проведение отменено, и проведите документ."
                .to_owned(),
            ..expected.finding(FindingKind::ReceiptNotPosted, BASE)
        });
    }
    match (wanted.total, seen.total) {
        (Some(ours), Some(theirs)) if ours != theirs => Some(Finding {
            ours: format!("цена {ours}"),
            theirs: format!("сумма документа {theirs}"),
            proposal:
                "Сверьте договор: исправьте сумму документа в 1С, в договоре она окончательная."
                    .to_owned(),
            ..expected.finding(FindingKind::ReceiptAmount, BASE)
        }),
        _ => None,
    }
}

fn payout(expected: &Expected, wanted: &ExpectedPayout, seen: &[SeenPayout]) -> Option<Finding> {
    let system = match wanted.rail {
        PaymentRail::Sbp => "ЮKassa",
        PaymentRail::BankOrder => "Банк",
    };
    let finding = |kind| Finding {
        subject: format!("{}/{}", expected.run, wanted.attempt),
        ..expected.finding(kind, system)
    };
    let ours = match wanted.state {
        PaymentState::Paid | PaymentState::Confirmed => Some(PayoutStanding::Paid),
        PaymentState::Refused => Some(PayoutStanding::Refused),
        PaymentState::Requested
        | PaymentState::Approved
        | PaymentState::Sent
        | PaymentState::AwaitingSignature
        | PaymentState::Unknown => None,
    };
    let Some(seen) = seen.iter().find(|seen| seen.id == wanted.id) else {
        return Some(Finding {
            ours: format!("выплата {} на {}", wanted.id, wanted.amount),
            theirs: "выплаты нет".to_owned(),
            proposal:
                "Найдите выплату в выписке. Новую не отправляйте, пока не ясно, ушли ли деньги."
                    .to_owned(),
            ..finding(FindingKind::PayoutMissing)
        });
    };
    // A run that goes on asks by itself; one that says something final must agree.
    let disagree = match ours {
        Some(ours) => ours != seen.standing,
        None => expected.ended && seen.standing == PayoutStanding::Paid,
    };
    if disagree {
        return Some(Finding {
            ours: ours.map_or("итог неизвестен", PayoutStanding::title_ru).to_owned(),
            theirs: seen.standing.title_ru().to_owned(),
            proposal: match seen.standing {
                PayoutStanding::Paid => {
                    "Деньги ушли, а выкуп этого не знает: сверьте выписку и оформите поступление или возврат."
                }
                PayoutStanding::Refused | PayoutStanding::OnItsWay => {
                    "Сверьте выписку: если деньги не ушли, клиент их не получил. Повторную выплату решает руководитель."
                }
            }
            .to_owned(),
            ..finding(FindingKind::PayoutState)
        });
    }
    match seen.amount {
        Some(theirs) if theirs != wanted.amount => Some(Finding {
            ours: format!("{}", wanted.amount),
            theirs: format!("{theirs}"),
            proposal: "Сверьте выписку и договор; разницу возвращают или доплачивают отдельно."
                .to_owned(),
            ..finding(FindingKind::PayoutAmount)
        }),
        Some(_) | None => None,
    }
}

/// A deal that stands where a buyout begins, and for which no run is known.
pub fn without_run(portal: &str, deal_id: u64, stage: &str) -> Finding {
    let run = BuyoutId::new(portal, deal_id);
    Finding {
        kind: FindingKind::DealWithoutRun,
        subject: run.0,
        run: None,
        deal_id: Some(deal_id),
        system: PORTAL.to_owned(),
        ours: "выкупа нет".to_owned(),
        theirs: format!("стадия {stage}"),
        proposal: "Переведите сделку в эту стадию ещё раз: робот начнёт выкуп. Если он не нужен, верните её назад."
            .to_owned(),
    }
}

/// A robot that waits on a deal whose run is over, and whose call we never got.
pub fn robot_waits(run: &Buyout, workflow_id: &str) -> Finding {
    let outcome = run.outcome.as_ref().map(BuyoutOutcome::sentence);
    Finding {
        kind: FindingKind::RobotWaits,
        subject: format!("{}/{workflow_id}", run.id),
        run: Some(run.id.clone()),
        deal_id: Some(run.deal_id),
        system: PORTAL.to_owned(),
        ours: format!("выкуп завершён. {}", outcome.unwrap_or_default()),
        theirs: "автоматизация сделки ждёт ответа робота".to_owned(),
        proposal: "Вызов робота не дошёл, ответить ему нечем: остановите бизнес-процесс сделки на портале и переведите её вручную."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
