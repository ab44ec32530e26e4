//! What people decide in a buyout. Each decision answers one kind of task.

use serde::{Deserialize, Serialize};

use crate::appraisal::Appraisal;
use crate::buyout::stage::Stage;
use crate::document::{DocumentKind, PaperSet, PaperVerdict};
use crate::file::FileRef;
use crate::inspection::Inspection;
use crate::offer::{BargainDecision, ClientAnswer};
use crate::payment::Requisites;
use crate::staff::{Actor, PersonRef};
use crate::task::{TaskId, TaskKind};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    AssignInspector {
        inspector: PersonRef,
    },
    SubmitInspection {
        inspection: Inspection,
    },
    NoShow {
        comment: String,
    },
    Mismatch {
        resolution: MismatchResolution,
    },
    Sources {
        resolution: SourcesResolution,
    },
    Removal {
        resolution: RemovalResolution,
    },
    Appraise {
        appraisal: Appraisal,
    },
    ReturnToInspection {
        reason: String,
    },
    ApprovePrice {
        approved: bool,
        comment: String,
    },
    ClientAnswer {
        round: u32,
        answer: ClientAnswer,
    },
    Bargain {
        decision: BargainDecision,
    },
    SubmitPapers {
        papers: Box<PaperSet>,
    },
    VerifyPapers {
        verdicts: Vec<PaperVerdict>,
    },
    Signed {
        scans: Vec<SignedScan>,
    },
    /// The client changed their mind before signing.
    RefusedToSign {
        reason: String,
    },
    Requisites {
        requisites: Requisites,
    },
    /// The money cannot be paid; the deal is undone.
    GiveUp {
        reason: String,
    },
    ConfirmPayment {
        comment: String,
    },
    /// Try the refused or failed step again.
    Retry {
        comment: String,
    },
    /// The step was done or settled by hand; the process goes on without it.
    DoneByHand {
        comment: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedScan {
    pub kind: DocumentKind,
    pub file: FileRef,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MismatchResolution {
    /// The inspector reads the identifiers again.
    Reinspect {
        reason: String,
    },
    /// The difference is explained; go on with what the deal says.
    Accept {
        reason: String,
    },
    Refuse {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourcesResolution {
    AskAgain,
    /// Go on without; refused for sources that block payment once money is next.
    Proceed {
        reason: String,
    },
    Stop {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemovalResolution {
    /// The client says the ban is lifted: ask the registry again.
    Recheck,
    Refuse {
        reason: String,
    },
}

impl Decision {
    /// Whether this is an answer to a task of that kind.
    pub fn answers(&self, kind: TaskKind) -> bool {
        match self {
            Self::AssignInspector { .. } => kind == TaskKind::AssignInspector,
            Self::SubmitInspection { .. } | Self::NoShow { .. } => kind == TaskKind::Inspect,
            Self::Mismatch { .. } => kind == TaskKind::ResolveMismatch,
            Self::Sources { .. } => kind == TaskKind::DecideSources,
            Self::Removal { .. } => kind == TaskKind::AwaitRemoval,
            Self::Appraise { .. } | Self::ReturnToInspection { .. } => kind == TaskKind::Appraise,
            Self::ApprovePrice { .. } => kind == TaskKind::ApprovePrice,
            Self::ClientAnswer { .. } => kind == TaskKind::OfferToClient,
            Self::Bargain { .. } => kind == TaskKind::Bargain,
            Self::SubmitPapers { .. } => kind == TaskKind::CollectPapers,
            Self::VerifyPapers { .. } => kind == TaskKind::VerifyPapers,
            Self::Signed { .. } | Self::RefusedToSign { .. } => kind == TaskKind::SignContract,
            Self::Requisites { .. } => kind == TaskKind::FixRequisites,
            Self::GiveUp { .. } => {
                matches!(kind, TaskKind::FixRequisites | TaskKind::ResolveOwnWork)
            }
            Self::ConfirmPayment { .. } => kind == TaskKind::ConfirmPayment,
            Self::Retry { .. } => matches!(
                kind,
                TaskKind::ResolveOwnWork
                    | TaskKind::AccountingTrouble
                    | TaskKind::PartnerTrouble
                    | TaskKind::UndoTrouble
            ),
            Self::DoneByHand { .. } => matches!(
                kind,
                TaskKind::AccountingTrouble | TaskKind::PartnerTrouble | TaskKind::UndoTrouble
            ),
        }
    }

    /// What a bare "done" says of a task, such as a tick on its mirror at the portal: that the step was done
    /// by hand. `None`: the task wants a decision, which a tick does not hold. Where money is asked for, on
    /// its way or confirmed, "done" would mean that it was paid: there a tick says nothing.
    pub fn of_tick(kind: TaskKind, stage: Stage) -> Option<Self> {
        match kind {
            TaskKind::AccountingTrouble | TaskKind::PartnerTrouble | TaskKind::UndoTrouble => {
                (!stage.is_about_money()).then(|| Self::DoneByHand {
                    comment: "отмечено выполненным в Битрикс24.".to_owned(),
                })
            }
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
            | TaskKind::ConfirmPayment => None,
        }
    }

    /// One Russian sentence for the timeline of the run.
    pub fn sentence(&self) -> String {
        match self {
            Self::AssignInspector { inspector } => {
                format!("Назначен осмотрщик: {}.", inspector.name)
            }
            Self::SubmitInspection { inspection } => format!(
                "Осмотр сдан: пробег {} км, фото {}, дефектов {}.",
                inspection.mileage_km,
                inspection.photos.len(),
                inspection.defects.len()
            ),
            Self::NoShow { comment } => format!("Клиент не приехал. {comment}"),
            Self::Mismatch { resolution } => match resolution {
                MismatchResolution::Reinspect { reason } => {
                    format!("Номера прочитать заново: {reason}")
                }
                MismatchResolution::Accept { reason } => format!("Расхождение объяснено: {reason}"),
                MismatchResolution::Refuse { reason } => format!("Отказ по номерам: {reason}"),
            },
            Self::Sources { resolution } => match resolution {
                SourcesResolution::AskAgain => "Спросить источники ещё раз.".to_owned(),
                SourcesResolution::Proceed { reason } => {
                    format!("Продолжить без ответа источников: {reason}")
                }
                SourcesResolution::Stop { reason } => format!("Прекратить: {reason}"),
            },
            Self::Removal { resolution } => match resolution {
                RemovalResolution::Recheck => {
                    "Клиент сообщил о снятии запрета, проверяем.".to_owned()
                }
                RemovalResolution::Refuse { reason } => format!("Ждать не будем: {reason}"),
            },
            Self::Appraise { appraisal } => format!(
                "Цена выкупа {}, предельная {}, прогноз {} ({}).",
                appraisal.buyout_price,
                appraisal.stop_price,
                appraisal.forecast_price,
                appraisal.channel.title_ru()
            ),
            Self::ReturnToInspection { reason } => format!("Возврат на повторный осмотр: {reason}"),
            Self::ApprovePrice {
                approved: true,
                comment,
            } => format!("Цена согласована. {comment}").trim().to_owned(),
            Self::ApprovePrice {
                approved: false,
                comment,
            } => format!("Цена не согласована: {comment}"),
            Self::ClientAnswer { answer, .. } => match answer {
                ClientAnswer::Accept => "Клиент согласен.".to_owned(),
                ClientAnswer::Counter { amount } => format!("Клиент хочет {amount}."),
                ClientAnswer::Decline { reason } => format!("Клиент отказался: {reason}"),
                ClientAnswer::Think => "Клиент думает.".to_owned(),
            },
            Self::Bargain { decision } => match decision {
                BargainDecision::AcceptCounter => "Цена клиента принята.".to_owned(),
                BargainDecision::Propose { price } => format!("Предложена новая цена {price}."),
                BargainDecision::Hold => "Цена остаётся прежней.".to_owned(),
                BargainDecision::Decline { reason } => format!("Торг прекращён: {reason}"),
            },
            Self::SubmitPapers { papers } => {
                format!("Документы переданы на проверку: {}.", papers.papers.len())
            }
            Self::VerifyPapers { verdicts } => {
                let remarks: Vec<String> = verdicts
                    .iter()
                    .filter(|v| !v.accepted)
                    .map(|v| format!("{}: {}", v.kind.title_ru(), v.remark))
                    .collect();
                if remarks.is_empty() {
                    "Документы приняты.".to_owned()
                } else {
                    format!("Документы возвращены. {}", remarks.join("; "))
                }
            }
            Self::Signed { scans } => format!("Подписано, сканов: {}.", scans.len()),
            Self::RefusedToSign { reason } => format!("Клиент не подписал: {reason}"),
            Self::Requisites { requisites } => {
                format!("Реквизиты исправлены: {}.", requisites.recipient_name)
            }
            Self::GiveUp { reason } => format!("Выплата невозможна: {reason}"),
            Self::ConfirmPayment { comment } => {
                format!("Выплата подтверждена. {comment}").trim().to_owned()
            }
            Self::Retry { comment } => format!("Повторить. {comment}").trim().to_owned(),
            Self::DoneByHand { comment } => format!("Сделано вручную: {comment}"),
        }
    }
}

/// The update by which a person decides a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decide {
    pub task: TaskId,
    /// Version of the task that the person saw.
    pub version: u32,
    pub actor: Actor,
    pub decision: Decision,
}

/// The update by which a person claims, releases, delegates or comments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActOnTask {
    pub task: TaskId,
    pub version: u32,
    pub actor: Actor,
    pub action: crate::task::TaskAction,
}

/// The update by which the client answers on their page. `code` is the SMS code, wanted for `Accept`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOffer {
    pub round: u32,
    pub answer: ClientAnswer,
    #[serde(default)]
    pub code: Option<String>,
}

/// The update by which a person cancels the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    pub actor: Actor,
    pub reason: String,
}

/// The update by which a person writes into the chat of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostMessage {
    pub actor: Actor,
    pub text: String,
}

/// What an accepted update answers: the run as it is afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub stage: crate::buyout::stage::Stage,
    pub version: u64,
    /// A sentence for the person.
    pub message: String,
}

/// A fact from outside, idempotent by `event_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub event_id: String,
    pub fact: FactKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FactKind {
    /// Avtocod says that a report is complete.
    ReportReady { uid: String },
    /// YooKassa says that a payout changed; the state is read again, the callback is only a hint.
    PayoutChanged { payout: String },
    /// The bank says that a payment order changed.
    BankOrderChanged { external_id: String },
    /// The messenger delivered or showed a message.
    MessageStatus { message: String, status: String },
    /// The portal says that a mirrored task changed; it is read again, the event names no more than it.
    #[serde(alias = "BITRIX24_TASK_CLOSED")]
    Bitrix24TaskChanged { task: u64 },
    /// The client opened the offer's page.
    OfferOpened { round: u32 },
    /// Another robot call for the same deal: it gets the same answer.
    RobotCalled {
        robot: crate::buyout::start::RobotCall,
    },
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn a_tick_says_done_by_hand_and_never_of_money() {
        for stage in Stage::iter() {
            for kind in TaskKind::iter() {
                let Some(decision) = Decision::of_tick(kind, stage) else {
                    continue;
                };
                assert!(decision.answers(kind), "{kind} at {stage}");
                assert!(
                    matches!(decision, Decision::DoneByHand { .. }),
                    "{kind} at {stage}"
                );
                assert_eq!(kind.duty(), None, "{kind} is somebody's own work");
            }
        }
        let done = |kind, stage| Decision::of_tick(kind, stage).is_some();
        assert!(done(TaskKind::AccountingTrouble, Stage::Intake));
        assert!(done(TaskKind::PartnerTrouble, Stage::Signing));
        // Here "done by hand" would say that the money went.
        assert!(!done(TaskKind::PartnerTrouble, Stage::PaymentUnknown));
        assert!(!done(TaskKind::AccountingTrouble, Stage::PaymentApproval));
        assert!(!done(TaskKind::UndoTrouble, Stage::PaymentApproval));
        assert!(!done(TaskKind::Appraise, Stage::Appraisal));
        assert!(!done(TaskKind::ConfirmPayment, Stage::PaymentConfirm));
    }

    #[test]
    fn a_fact_told_under_its_former_name_is_read() {
        let told = serde_json::json!({ "type": "BITRIX24_TASK_CLOSED", "task": 8001 });
        let fact: FactKind = serde_json::from_value(told).expect("a fact");
        assert_eq!(fact, FactKind::Bitrix24TaskChanged { task: 8001 });
    }
}
