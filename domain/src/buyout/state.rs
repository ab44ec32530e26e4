//! Everything a run knows: the truth while it runs, and what its detail screen shows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::appraisal::SetAppraisal;
use crate::buyout::action::VisitProgress;
use crate::buyout::outcome::BuyoutOutcome;
use crate::buyout::signing::SigningAnswer;
use crate::buyout::stage::Stage;
use crate::buyout::start::{BuyoutId, BuyoutStart, RobotCall};
use crate::car::Deal;
use crate::chat::ChatMessage;
use crate::checks::{CheckKind, CheckResult, Market};
use crate::dispatch::Assignment;
use crate::document::{DocumentKind, MadeDocument, PaperSet, PaperVerdict};
use crate::inspection::{IdentifierMismatch, PhotoReuse, SubmittedInspection};
use crate::money::Money;
use crate::offer::{AnswerSource, ClientAnswer, Offer};
use crate::payment::Payment;
use crate::policy::BuyoutPolicy;
use crate::staff::PersonRef;
use crate::task::{Duties, HumanTask, TaskId, TaskKind};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Buyout {
    pub id: BuyoutId,
    pub portal: String,
    pub deal_id: u64,
    pub stage: Stage,
    pub started_at: DateTime<Utc>,
    pub stage_since: DateTime<Utc>,
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Grows with every saved change.
    pub version: u64,
    #[serde(default)]
    pub policy: Option<BuyoutPolicy>,
    #[serde(default)]
    pub deal: Option<Deal>,
    #[serde(default)]
    pub robots: Vec<RobotCall>,
    #[serde(default)]
    pub assignment: Option<Assignment>,
    /// How the visit of the present inspection goes.
    #[serde(default)]
    pub visit: VisitProgress,
    #[serde(default)]
    pub inspections: Vec<SubmittedInspection>,
    #[serde(default)]
    pub mismatches: Vec<IdentifierMismatch>,
    #[serde(default)]
    pub photo_reuse: Vec<PhotoReuse>,
    #[serde(default)]
    pub checks: Vec<CheckResult>,
    /// Partners that are held and without which the run does not go on: their titles by their codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<String, String>,
    /// Kinds that are being asked right now.
    #[serde(default)]
    pub checks_running: BTreeSet<CheckKind>,
    #[serde(default)]
    pub market: Option<Market>,
    #[serde(default)]
    pub appraisal: Option<SetAppraisal>,
    #[serde(default)]
    pub price_approval: Option<PriceApproval>,
    #[serde(default)]
    pub offer: Option<Offer>,
    /// When a person had the offer sent again, over all rounds.
    #[serde(default)]
    pub offer_resends: Vec<DateTime<Utc>>,
    #[serde(default)]
    pub answers: Vec<RecordedAnswer>,
    /// The price that the client accepted.
    #[serde(default)]
    pub agreed_price: Option<Money>,
    #[serde(default)]
    pub papers: Option<PaperSet>,
    #[serde(default)]
    pub paper_verdicts: Vec<PaperVerdict>,
    #[serde(default)]
    pub documents: Vec<MadeDocument>,
    /// What the client said of the papers before signing them.
    #[serde(default)]
    pub signing_answers: Vec<SigningAnswer>,
    #[serde(default)]
    pub payments: Vec<Payment>,
    #[serde(default)]
    pub intake: Intake,
    #[serde(default)]
    pub tasks: BTreeMap<TaskId, HumanTask>,
    #[serde(default)]
    pub duties: Duties,
    #[serde(default)]
    pub chat: Vec<ChatMessage>,
    /// The end is known and is being carried out: nothing is cancelled or answered any more.
    #[serde(default)]
    pub closing: bool,
    #[serde(default)]
    pub outcome: Option<BuyoutOutcome>,
    /// Steps that were left to people at the end.
    #[serde(default)]
    pub manual: Vec<String>,
    #[serde(default)]
    pub next_task: u32,
    #[serde(default)]
    pub next_event: u64,
}

/// The second person's word on the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceApproval {
    /// Why a second word was needed.
    pub reasons: Vec<String>,
    pub approved: bool,
    pub by: PersonRef,
    pub comment: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAnswer {
    pub round: u32,
    pub answer: ClientAnswer,
    pub source: AnswerSource,
    /// The manager, when the answer came by a call.
    #[serde(default)]
    pub by: Option<PersonRef>,
    pub at: DateTime<Utc>,
}

/// What was made in 1C Альфа-Авто.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    #[serde(default)]
    pub counterparty: Option<uuid::Uuid>,
    #[serde(default)]
    pub car: Option<uuid::Uuid>,
    #[serde(default)]
    pub receipt: Option<uuid::Uuid>,
    #[serde(default)]
    pub receipt_number: Option<String>,
    #[serde(default)]
    pub posted: bool,
}

impl Buyout {
    pub fn new(start: &BuyoutStart, now: DateTime<Utc>) -> Self {
        Self {
            id: start.id(),
            portal: start.portal.clone(),
            deal_id: start.deal_id,
            stage: Stage::New,
            started_at: now,
            stage_since: now,
            ended_at: None,
            version: 0,
            policy: None,
            deal: None,
            robots: start.robot.iter().cloned().collect(),
            assignment: None,
            visit: VisitProgress::default(),
            inspections: Vec::new(),
            mismatches: Vec::new(),
            photo_reuse: Vec::new(),
            checks: Vec::new(),
            held: BTreeMap::new(),
            checks_running: BTreeSet::new(),
            market: None,
            appraisal: None,
            price_approval: None,
            offer: None,
            offer_resends: Vec::new(),
            answers: Vec::new(),
            agreed_price: None,
            papers: None,
            paper_verdicts: Vec::new(),
            documents: Vec::new(),
            signing_answers: Vec::new(),
            payments: Vec::new(),
            intake: Intake::default(),
            tasks: BTreeMap::new(),
            duties: Duties::default(),
            chat: Vec::new(),
            closing: false,
            outcome: None,
            manual: Vec::new(),
            next_task: 1,
            next_event: 1,
        }
    }

    pub fn open_tasks(&self) -> impl Iterator<Item = &HumanTask> {
        self.tasks.values().filter(|task| task.state.is_open())
    }

    pub fn open_task(&self, kind: TaskKind) -> Option<&HumanTask> {
        self.open_tasks().find(|task| task.kind == kind)
    }

    pub fn last_inspection(&self) -> Option<&SubmittedInspection> {
        self.inspections.last()
    }

    /// The document of that kind that is in force.
    pub fn document(&self, kind: DocumentKind) -> Option<&MadeDocument> {
        self.documents
            .iter()
            .rev()
            .find(|document| document.kind == kind && !document.void)
    }

    /// What the client decided on that round of the offer; thinking decides nothing.
    pub fn answer_to(&self, round: u32) -> Option<&ClientAnswer> {
        let of_round = self.answers.iter().filter(|given| given.round == round);
        of_round
            .map(|given| &given.answer)
            .find(|answer| **answer != ClientAnswer::Think)
    }

    pub fn payment(&self) -> Option<&Payment> {
        self.payments.last()
    }

    /// The open task that is due first: what the run waits for.
    pub fn waiting_task(&self) -> Option<&HumanTask> {
        self.open_tasks()
            .min_by_key(|task| (task.due_at, task.number))
    }

    /// Who or what is awaited, one Russian sentence; `None` when the run has ended.
    pub fn waiting_for(&self) -> Option<String> {
        if self.stage.is_final() {
            return None;
        }
        if let Some(task) = self.waiting_task() {
            let who = match (&task.owner, &task.assignee) {
                (Some(owner), _) => owner.name.clone(),
                (None, Some(assignee)) => assignee.name.clone(),
                (None, None) => task.role.title_ru().to_owned(),
            };
            return Some(format!("{}: {who}", task.title));
        }
        if !self.held.is_empty() {
            let titles: Vec<&str> = self.held.values().map(String::as_str).collect();
            return Some(format!("партнёр остановлен: {}", titles.join(", ")));
        }
        if !self.checks_running.is_empty() {
            let kinds: Vec<&str> = self
                .checks_running
                .iter()
                .map(|kind| kind.title_ru())
                .collect();
            return Some(format!("ответ источников: {}", kinds.join(", ")));
        }
        Some(match self.stage {
            Stage::Paying | Stage::PaymentUnknown => "статус выплаты".to_owned(),
            Stage::Intake => "1С".to_owned(),
            stage => format!("система: {}", stage.title_ru().to_lowercase()),
        })
    }

    /// "Мурманск"; empty before the deal is read.
    pub fn city(&self) -> &str {
        self.deal
            .as_ref()
            .map(|deal| deal.visit.city.as_str())
            .unwrap_or_default()
    }
}

/// One line of what happened, append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessEvent {
    /// From 1 within the run.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub kind: EventKind,
    #[serde(default)]
    pub actor: Option<PersonRef>,
    /// Russian sentence.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    Started,
    Stage,
    TaskOpened,
    TaskChanged,
    TaskClosed,
    Reminder,
    Escalation,
    Check,
    Message,
    Client,
    Document,
    Payment,
    Accounting,
    Trouble,
    Undo,
    /// A fact that fits nowhere in the run's present state.
    Unmatched,
    Chat,
    /// Of the inspector's visit.
    Visit,
    /// A partner that the run needs is held, or is released.
    Hold,
    Ended,
}
