//! A human task: something a process asks of a person, with an owner, a deadline and a way out.
//!
//! Tasks live inside the process that asks, so a claim race has one winner by construction; lists
//! read the rows that the process writes.

mod closed;
mod delegate;
mod duty;
mod kind;
mod milestone;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::refusal::{Refusal, RefusalCode};
use crate::staff::{Actor, PersonId, PersonRef, Role};

pub use self::delegate::Standing;
pub use self::duty::{Duties, Duty};
pub use self::kind::TaskKind;
pub use self::milestone::Milestone;

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
    /// Code of the partner without which nobody can do it: while that one is held, the task's clock stands
    /// still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// The deadline without the time of the partner's holds; `None`: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_unheld: Option<DateTime<Utc>>,
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
        if let Some(closed) = self.closed(None) {
            return Err(closed);
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
