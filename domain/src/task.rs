//! A human task: something a process asks of a person, with an owner, a deadline and a way out.
//!
//! Tasks live inside the process that asks, so a claim race has one winner by construction; lists
//! read the rows that the process writes.

mod delegate;
mod milestone;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};

use crate::refusal::{Refusal, RefusalCode};
use crate::staff::{Actor, PersonId, PersonRef, Role};

pub use self::delegate::Standing;

/// `<workflow id>/<number>`: unique over all runs and readable in a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl TaskId {
    pub fn new(run: &str, number: u32) -> Self {
        Self(format!("{run}/{number}"))
    }

    /// The workflow id of the run that the task belongs to.
    pub fn run(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(run, _)| run)
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

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
pub enum TaskKind {
    /// Назначить осмотрщика.
    AssignInspector,
    /// Осмотреть автомобиль.
    Inspect,
    /// Разобрать расхождение идентификаторов.
    ResolveMismatch,
    /// Источник не ответил: ждать, продолжить, прекратить.
    DecideSources,
    /// Клиент снимает запрет.
    AwaitRemoval,
    /// Оценить.
    Appraise,
    /// Согласовать цену.
    ApprovePrice,
    /// Предложить клиенту.
    OfferToClient,
    /// Торг.
    Bargain,
    /// Собрать документы.
    CollectPapers,
    /// Проверить документы.
    VerifyPapers,
    /// Подписать договор и акт.
    SignContract,
    /// Согласовать заявку на оплату в 1С.
    ApprovePayment,
    /// Заявку согласовал участник этой же сделки.
    ResolveOwnWork,
    /// Исправить реквизиты.
    FixRequisites,
    /// Подписать платёжное поручение в банке.
    SignBankOrder,
    /// Подтвердить выплату.
    ConfirmPayment,
    /// 1С не приняла документ.
    AccountingTrouble,
    /// Партнёр не принял запрос или долго не отвечает.
    PartnerTrouble,
    /// Отмена шага не удалась.
    UndoTrouble,
}

impl TaskKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::AssignInspector => "Назначить осмотрщика",
            Self::Inspect => "Осмотреть автомобиль",
            Self::ResolveMismatch => "Разобрать расхождение номеров",
            Self::DecideSources => "Источники не ответили",
            Self::AwaitRemoval => "Клиент снимает запрет",
            Self::Appraise => "Оценить автомобиль",
            Self::ApprovePrice => "Согласовать цену",
            Self::OfferToClient => "Предложить цену клиенту",
            Self::Bargain => "Ответить на встречную цену",
            Self::CollectPapers => "Собрать документы",
            Self::VerifyPapers => "Проверить документы",
            Self::SignContract => "Подписать договор и акт",
            Self::ApprovePayment => "Согласовать заявку на оплату в 1С",
            Self::ResolveOwnWork => "Заявку согласовал участник сделки",
            Self::FixRequisites => "Исправить реквизиты",
            Self::SignBankOrder => "Подписать платёжное поручение в банке",
            Self::ConfirmPayment => "Подтвердить выплату",
            Self::AccountingTrouble => "1С не приняла документ",
            Self::PartnerTrouble => "Партнёр не принял запрос",
            Self::UndoTrouble => "Отмена шага не удалась",
        }
    }

    /// The role that is asked first.
    pub fn role(self) -> Role {
        match self {
            Self::AssignInspector => Role::Dispatcher,
            Self::Inspect => Role::Inspector,
            Self::ResolveMismatch => Role::Security,
            Self::DecideSources | Self::ResolveOwnWork => Role::BuyoutHead,
            Self::Appraise => Role::Appraiser,
            Self::ApprovePrice => Role::SeniorAppraiser,
            Self::AwaitRemoval
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::SignContract
            | Self::FixRequisites => Role::BuyoutManager,
            Self::VerifyPapers | Self::ConfirmPayment => Role::Verifier,
            Self::ApprovePayment | Self::SignBankOrder => Role::PaymentApprover,
            Self::AccountingTrouble => Role::Accountant,
            Self::PartnerTrouble | Self::UndoTrouble => Role::Ops,
        }
    }

    /// Who is asked when the deadline passes, step by step.
    pub fn escalation(self) -> Vec<Role> {
        match self {
            Self::Appraise => vec![Role::SeniorAppraiser, Role::BuyoutHead],
            Self::AssignInspector | Self::Inspect => vec![Role::Dispatcher, Role::BuyoutHead],
            Self::PartnerTrouble | Self::UndoTrouble => vec![Role::Admin],
            Self::ResolveMismatch
            | Self::DecideSources
            | Self::AwaitRemoval
            | Self::ApprovePrice
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::VerifyPapers
            | Self::SignContract
            | Self::ApprovePayment
            | Self::ResolveOwnWork
            | Self::FixRequisites
            | Self::SignBankOrder
            | Self::ConfirmPayment
            | Self::AccountingTrouble => vec![Role::BuyoutHead],
        }
    }

    /// The duty that deciding this task gives a person in the run.
    pub fn duty(self) -> Option<Duty> {
        match self {
            Self::Inspect => Some(Duty::Inspector),
            Self::Appraise => Some(Duty::Appraiser),
            Self::ApprovePrice => Some(Duty::PriceApprover),
            Self::VerifyPapers | Self::ConfirmPayment => Some(Duty::Verifier),
            Self::ApprovePayment | Self::SignBankOrder => Some(Duty::PaymentApprover),
            Self::AssignInspector
            | Self::ResolveMismatch
            | Self::DecideSources
            | Self::AwaitRemoval
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::SignContract
            | Self::ResolveOwnWork
            | Self::FixRequisites
            | Self::AccountingTrouble
            | Self::PartnerTrouble
            | Self::UndoTrouble => None,
        }
    }

    /// Decided elsewhere (1C, the bank): Kite shows the task and closes it when the fact arrives.
    pub fn decided_outside(self) -> bool {
        matches!(self, Self::ApprovePayment | Self::SignBankOrder)
    }
}

/// A part in the run that nobody may combine with another part.
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
pub enum Duty {
    Inspector,
    Appraiser,
    PriceApprover,
    Verifier,
    PaymentApprover,
}

impl Duty {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Inspector => "осмотрщик",
            Self::Appraiser => "оценщик",
            Self::PriceApprover => "согласующий цену",
            Self::Verifier => "верификатор",
            Self::PaymentApprover => "согласующий оплату",
        }
    }
}

/// Who held which duty in this run; separation of duties is by person, whatever roles one holds (S31).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duties(BTreeMap<Duty, Vec<PersonRef>>);

impl Duties {
    /// The other duty of this run that the person already held, if any.
    pub fn conflict(&self, duty: Duty, person: &PersonId) -> Option<Duty> {
        self.0
            .iter()
            .find(|(held, people)| **held != duty && people.iter().any(|p| p.person == *person))
            .map(|(held, _)| *held)
    }

    pub fn take(&mut self, duty: Duty, person: PersonRef) {
        let people = self.0.entry(duty).or_default();
        if !people.iter().any(|p| p.person == person.person) {
            people.push(person);
        }
    }

    /// People who may not take `duty`, since they hold another one.
    pub fn excluded_from(&self, duty: Duty) -> Vec<PersonId> {
        self.0
            .iter()
            .filter(|(held, _)| **held != duty)
            .flat_map(|(_, people)| people.iter().map(|p| p.person.clone()))
            .collect()
    }

    pub fn holders(&self) -> impl Iterator<Item = (Duty, &PersonRef)> {
        self.0
            .iter()
            .flat_map(|(duty, people)| people.iter().map(|p| (*duty, p)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskState {
    Open,
    Claimed,
    Done,
    Cancelled,
    Expired,
}

impl TaskState {
    pub fn is_open(self) -> bool {
        match self {
            Self::Open | Self::Claimed => true,
            Self::Done | Self::Cancelled | Self::Expired => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskComment {
    pub author: PersonRef,
    pub text: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanTask {
    pub id: TaskId,
    pub number: u32,
    pub kind: TaskKind,
    pub title: String,
    /// What is to be done and what is known, Russian.
    pub details: String,
    /// Grows with every change; a decision names the version that the person saw.
    pub version: u32,
    pub state: TaskState,
    pub role: Role,
    #[serde(default)]
    pub city: Option<String>,
    /// Given to one person from the start (an assigned inspection).
    #[serde(default)]
    pub assignee: Option<PersonRef>,
    #[serde(default)]
    pub owner: Option<PersonRef>,
    /// Who may not decide it, as known when it was created.
    #[serde(default)]
    pub excluded: Vec<PersonId>,
    pub created_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    #[serde(default)]
    pub escalation: Vec<Role>,
    /// How many steps of the chain were taken.
    #[serde(default)]
    pub escalated: usize,
    #[serde(default)]
    pub reminders: u32,
    #[serde(default)]
    pub comments: Vec<TaskComment>,
    #[serde(default)]
    pub closed_by: Option<PersonRef>,
    #[serde(default)]
    pub closed_at: Option<DateTime<Utc>>,
    /// What was decided, one Russian sentence.
    #[serde(default)]
    pub result: Option<String>,
    /// Id of the mirrored task on the Bitrix24 portal.
    #[serde(default)]
    pub bitrix24_task: Option<u64>,
}

/// What a person may do with a task besides deciding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskAction {
    Claim,
    Release,
    Delegate {
        to: PersonRef,
        /// What `to` may do, as the directory said then. Runs that took a delegation before this was told
        /// have none, and go on as they did.
        #[serde(default)]
        standing: Option<Standing>,
    },
    Comment {
        text: String,
    },
}

impl HumanTask {
    /// Roles that may take it now: the first one and those it escalated to.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        std::iter::once(self.role).chain(self.escalation.iter().copied().take(self.escalated))
    }

    /// Whether the person may work on this task at all.
    pub fn permits(&self, actor: &Actor, duties: &Duties) -> Result<(), Refusal> {
        if !self.state.is_open() {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                match &self.closed_by {
                    Some(by) => format!(
                        "Задача уже закрыта: {} ({}).",
                        self.result.as_deref().unwrap_or("без решения"),
                        by.name
                    ),
                    None => "Задача уже закрыта процессом.".to_owned(),
                },
            ));
        }
        if let Some(duty) = self.kind.duty()
            && let Some(held) = duties.conflict(duty, &actor.person)
        {
            return Err(Refusal::new(
                RefusalCode::OwnWork,
                format!(
                    "Вы уже участвуете в этой сделке как {}. {} должен другой человек.",
                    held.title_ru(),
                    capitalised(duty.title_ru())
                ),
            ));
        }
        if self.excluded.contains(&actor.person) {
            return Err(Refusal::new(
                RefusalCode::OwnWork,
                "Вы не можете решать эту задачу: это проверка вашей же работы.",
            ));
        }
        let assigned = self
            .assignee
            .as_ref()
            .is_some_and(|a| actor.stands_for(&a.person));
        let by_role = self.roles().any(|role| actor.has_role(role))
            && self.city.as_deref().is_none_or(|city| actor.works_in(city));
        // A task given to one person is theirs, until it escalates to a role above.
        let by_escalation = self
            .escalation
            .iter()
            .take(self.escalated)
            .any(|role| actor.has_role(*role));
        let allowed = if self.assignee.is_some() {
            assigned || by_escalation
        } else {
            by_role
        };
        if !allowed {
            return Err(Refusal::new(
                RefusalCode::WrongPerson,
                match &self.assignee {
                    Some(assignee) => format!("Задача поручена другому: {}.", assignee.name),
                    None => format!("Задачу решает {}.", self.role.title_ru()),
                },
            ));
        }
        Ok(())
    }

    /// Whether the person may decide it now: permitted, and not claimed by somebody else.
    pub fn may_decide(&self, actor: &Actor, duties: &Duties) -> Result<(), Refusal> {
        self.permits(actor, duties)?;
        match &self.owner {
            Some(owner) if !actor.stands_for(&owner.person) => Err(Refusal::new(
                RefusalCode::WrongPerson,
                format!("Задачу взял в работу другой сотрудник: {}.", owner.name),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks an action without doing it; the validator of an update.
    pub fn check_action(
        &self,
        actor: &Actor,
        action: &TaskAction,
        duties: &Duties,
    ) -> Result<(), Refusal> {
        match action {
            TaskAction::Claim => self.may_decide(actor, duties),
            TaskAction::Release => match &self.owner {
                Some(owner) if actor.stands_for(&owner.person) && self.state.is_open() => Ok(()),
                Some(_) | None => Err(Refusal::new(
                    RefusalCode::WrongPerson,
                    "Вернуть в очередь может только тот, кто взял задачу.",
                )),
            },
            TaskAction::Delegate { to, standing } => {
                self.check_delegate(actor, to, standing.as_ref(), duties)
            }
            TaskAction::Comment { text } => {
                crate::chat::check_text(text)?;
                Ok(())
            }
        }
    }

    /// Does a checked action.
    pub fn act(&mut self, actor: &Actor, action: TaskAction, now: DateTime<Utc>) {
        self.version += 1;
        match action {
            TaskAction::Claim => {
                self.state = TaskState::Claimed;
                self.owner = Some(actor.into());
            }
            TaskAction::Release => {
                self.state = TaskState::Open;
                self.owner = None;
            }
            TaskAction::Delegate { to, standing: _ } => {
                self.state = TaskState::Claimed;
                self.owner = Some(to.clone());
                self.assignee = Some(to);
            }
            TaskAction::Comment { text } => self.comments.push(TaskComment {
                author: actor.into(),
                text,
                at: now,
            }),
        }
    }

    pub fn close(
        &mut self,
        state: TaskState,
        by: Option<PersonRef>,
        result: impl Into<String>,
        now: DateTime<Utc>,
    ) {
        self.version += 1;
        self.state = state;
        self.closed_by = by;
        self.closed_at = Some(now);
        self.result = Some(result.into());
    }

    /// The deadline passed: the next role of the chain may take it.
    pub fn escalate(&mut self) -> Option<Role> {
        let role = self.escalation.get(self.escalated).copied()?;
        self.escalated += 1;
        self.version += 1;
        Some(role)
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
