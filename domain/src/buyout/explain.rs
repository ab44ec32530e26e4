//! Why a run does not go on, in sentences for people: from what the run knows and what the engine says of it.

use chrono::{DateTime, Utc};
use strum::Display;

use crate::buyout::state::Buyout;
use crate::hold::HoldCause;
use crate::staff::{PersonRef, Role};
use crate::task::{HumanTask, TaskId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum WaitKind {
    /// A person is to decide.
    Task,
    /// A partner that it needs is held.
    Hold,
    /// A partner is called.
    Partner,
    /// Nobody is awaited: it works.
    Process,
    /// The program or the engine has a fault; it does not go on by itself.
    Defect,
}

/// Something that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub kind: WaitKind,
    /// Russian sentence.
    pub title: String,
    /// What ends it, Russian sentence.
    pub way_out: String,
    pub owner: Option<PersonRef>,
    /// Whose turn it is when nobody has it.
    pub roles: Vec<Role>,
    pub since: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub task: Option<TaskId>,
    /// Code of the partner.
    pub partner: Option<String>,
}

/// An activity of the run that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Code and title of its partner; `None`: it is work of our own.
    pub partner: Option<(String, String)>,
    /// From 1.
    pub attempt: u32,
    /// Russian; empty before the first one.
    pub last_failure: String,
    /// Of the next attempt; `None` while one runs.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// A hold in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub partner: String,
    pub title: String,
    pub cause: HoldCause,
    pub reason: String,
    pub since: DateTime<Utc>,
    pub by: Option<PersonRef>,
}

/// How the engine has the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    Running {
        calls: Vec<Call>,
        /// Attempts of the present step of the program; more than one means that it fails.
        step_attempts: u32,
    },
    /// It ended; the engine's word for how.
    Closed(String),
    /// The engine does not know it (any more).
    Unknown,
}

/// What the run waits for; the first one is what holds it up. Empty when it has ended as the business knows.
pub fn waits(buyout: Option<&Buyout>, engine: &Engine, holds: &[Held]) -> Vec<Wait> {
    let (calls, step_attempts) = match engine {
        Engine::Running {
            calls,
            step_attempts,
        } => (calls, *step_attempts),
        Engine::Closed(how) => return closed(buyout, how),
        Engine::Unknown => return unknown(buyout),
    };
    let mut waits = Vec::new();
    if step_attempts > 1 {
        waits.push(failing(step_attempts));
    }
    let mut tasks: Vec<&HumanTask> = buyout
        .map(|run| run.open_tasks().collect())
        .unwrap_or_default();
    tasks.sort_by_key(|task| (task.due_at, task.number));
    let needed = |held: &&Held| {
        let named = |partner: &String| *partner == held.partner;
        buyout.is_some_and(|run| run.held.keys().any(named))
            || tasks.iter().any(|task| task.waits_for.iter().any(named))
    };
    let called = |held: &&Held| {
        calls
            .iter()
            .filter_map(|call| call.partner.as_ref())
            .any(|(partner, _)| *partner == held.partner)
    };
    waits.extend(holds.iter().filter(needed).map(held));
    waits.extend(tasks.iter().map(|waiting| task(waiting)));
    let rest = |held: &&Held| !needed(held) && called(held);
    waits.extend(holds.iter().filter(rest).map(held));
    let free = |call: &&Call| {
        !call
            .partner
            .as_ref()
            .is_some_and(|(partner, _)| holds.iter().any(|held| held.partner == *partner))
    };
    let mut partners: Vec<Wait> = calls
        .iter()
        .filter(free)
        .filter_map(|call| partner(buyout, call))
        .collect();
    // What failed before what is merely on its way.
    partners.sort_by_key(|wait| wait.roles.is_empty());
    waits.extend(partners);
    if waits.is_empty() {
        waits.push(working(buyout));
    }
    waits
}

fn wait(kind: WaitKind, title: String, way_out: impl Into<String>) -> Wait {
    Wait {
        kind,
        title,
        way_out: way_out.into(),
        owner: None,
        roles: Vec::new(),
        since: None,
        deadline: None,
        task: None,
        partner: None,
    }
}

fn task(task: &HumanTask) -> Wait {
    let owner = task.owner.clone().or_else(|| task.assignee.clone());
    let roles: Vec<Role> = task.roles().collect();
    let titles: Vec<&str> = roles.iter().map(|role| role.title_ru()).collect();
    let who = match &owner {
        Some(person) => person.name.clone(),
        None => titles.join(", "),
    };
    let way_out = if task.kind.decided_outside() {
        "Решение принимают в 1С или в банке, Kite увидит его сам.".to_owned()
    } else {
        format!("Задачу решает: {}.", titles.join(", "))
    };
    Wait {
        owner,
        roles,
        since: Some(task.created_at),
        deadline: Some(task.due_at),
        task: Some(task.id.clone()),
        partner: task.waits_for.clone(),
        ..wait(
            WaitKind::Task,
            format!("Ждём решения по задаче «{}»: {who}.", task.title),
            way_out,
        )
    }
}

fn held(hold: &Held) -> Wait {
    let Held {
        partner,
        title,
        cause,
        reason,
        since,
        by,
    } = hold;
    let way_out = match cause {
        HoldCause::Ops => format!(
            "Партнёра возобновляет сопровождение: kite ops resume {partner}. Шаги продолжатся сами."
        ),
        HoldCause::Circuit => {
            "Kite сам проверяет партнёра и продолжит, когда он ответит.".to_owned()
        }
    };
    Wait {
        owner: by.clone(),
        roles: vec![Role::Ops],
        since: Some(*since),
        partner: Some(partner.clone()),
        ..wait(
            WaitKind::Hold,
            format!(
                "{title} {}: {}.",
                cause.title_ru(),
                reason.trim_end_matches('.')
            ),
            way_out,
        )
    }
}

/// How a call says that its partner is still at work; see `PartnerError::Pending`.
const AT_WORK: &str = "партнёр ещё готовит ответ";
/// How a call says that its partner was held; see `PartnerError::Held`.
const HELD: &str = "партнёр остановлен";

/// Whether the last word of a call tells of a failure: a partner that is at work or held has failed in nothing.
pub fn is_failure(last_failure: &str) -> bool {
    let calm = [AT_WORK, HELD];
    !last_failure.is_empty() && !calm.iter().any(|words| last_failure.contains(words))
}

fn partner(buyout: Option<&Buyout>, call: &Call) -> Option<Wait> {
    let Call {
        partner,
        attempt,
        last_failure,
        next_attempt_at,
    } = call;
    let (code, title) = partner.as_ref()?;
    let wait = if last_failure.is_empty() {
        wait(
            WaitKind::Partner,
            format!("{title}: идёт вызов."),
            "Kite ждёт ответа сам.",
        )
    } else if last_failure.contains(HELD) {
        wait(
            WaitKind::Partner,
            format!("{title}: вызов ждёт своей очереди после остановки партнёра."),
            "Kite продолжит сам.",
        )
    } else if last_failure.contains(AT_WORK) {
        wait(
            WaitKind::Partner,
            format!("{title}: партнёр ещё готовит ответ."),
            "Kite спрашивает сам, пока ответа нет.",
        )
    } else {
        let next = match (next_attempt_at, buyout.and_then(|run| run.policy.as_ref())) {
            (Some(at), Some(policy)) => {
                format!("Следующая попытка: {}", policy.calendar.format_ru(*at))
            }
            (Some(_), None) => "Kite попробует снова сам".to_owned(),
            (None, _) => "Попытка идёт сейчас".to_owned(),
        };
        Wait {
            roles: vec![Role::Ops],
            ..wait(
                WaitKind::Partner,
                format!(
                    "{title}: попытка {attempt} не удалась. {}",
                    capitalised(last_failure)
                ),
                format!("{next}; повторить сейчас может сопровождение: kite ops retry."),
            )
        }
    };
    Some(Wait {
        partner: Some(code.clone()),
        ..wait
    })
}

fn capitalised(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

fn failing(attempts: u32) -> Wait {
    Wait {
        roles: vec![Role::Ops, Role::Admin],
        ..wait(
            WaitKind::Defect,
            format!("Шаг процесса не выполняется, попытка {attempts}: ошибка в программе."),
            "Нужен разработчик. Данные целы: после исправления процесс продолжится с этого же места.",
        )
    }
}

fn closed(buyout: Option<&Buyout>, how: &str) -> Vec<Wait> {
    if buyout.is_some_and(|run| run.outcome.is_some()) || how == "COMPLETED" {
        return Vec::new();
    }
    vec![Wait {
        roles: vec![Role::Ops, Role::Admin],
        ..wait(
            WaitKind::Defect,
            format!("Процесс прерван в Temporal ({how}) и сам не продолжится."),
            "Сверьте сделку с 1С и банком и доведите её вручную; запишите, что сделано: kite ops note.",
        )
    }]
}

fn unknown(buyout: Option<&Buyout>) -> Vec<Wait> {
    if buyout.is_none_or(|run| run.outcome.is_some()) {
        return Vec::new();
    }
    vec![Wait {
        roles: vec![Role::Ops, Role::Admin],
        ..wait(
            WaitKind::Defect,
            "Temporal не знает этого процесса, а его запись не завершена.".to_owned(),
            "Сверьте сделку с 1С и банком и доведите её вручную; запишите, что сделано: kite ops note.",
        )
    }]
}

fn working(buyout: Option<&Buyout>) -> Wait {
    let what = buyout
        .and_then(Buyout::waiting_for)
        .unwrap_or_else(|| "сделка ещё не прочитана".to_owned());
    wait(
        WaitKind::Process,
        format!("Процесс работает: {what}."),
        "Ничего делать не нужно.",
    )
}

/// The first wait and its way out, or how the run ended.
pub fn summary(buyout: Option<&Buyout>, waits: &[Wait], now: DateTime<Utc>) -> String {
    let Some(first) = waits.first() else {
        let outcome = buyout.and_then(|run| run.outcome.as_ref());
        return outcome.map_or_else(
            || "Процесс завершён.".to_owned(),
            |outcome| format!("Процесс завершён. {}", outcome.sentence()),
        );
    };
    let late = match (first.deadline, buyout.and_then(|run| run.policy.as_ref())) {
        (Some(due), Some(policy)) if due < now => {
            format!(" Срок прошёл: {}.", policy.calendar.format_ru(due))
        }
        _ => String::new(),
    };
    format!("{}{late} {}", first.title, first.way_out)
}

#[cfg(test)]
mod tests;
