//! Tasks of a run: put on its list, decided, closed.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use crate::buyout::decision::{Decide, Decision};
use crate::buyout::state::{Buyout, RecordedAnswer};
use crate::offer::{AnswerSource, ClientAnswer};
use crate::staff::PersonRef;
use crate::task::{HumanTask, TaskId, TaskKind, TaskState};

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    pub kind: TaskKind,
    pub details: String,
    /// Time until the deadline: working time, unless it is by the wall clock.
    pub due_secs: u64,
    /// Somebody outside has the time, whose days are not those of the site.
    pub wall_clock: bool,
    pub assignee: Option<PersonRef>,
    /// Code of the partner without which nobody can do it.
    pub waits_for: Option<String>,
}

/// A task that was closed just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedTask {
    pub title: String,
    /// Its task on the portal.
    pub mirror: Option<u64>,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// The task is done; `None` when it had been closed before.
    Done(Option<ClosedTask>),
    /// Written down; the task goes on.
    Noted,
}

/// Events that were taken: the same one twice is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenEvents(BTreeSet<String>);

impl TakenEvents {
    /// Takes an event; `false` when it was taken before.
    pub fn take(&mut self, event_id: &str) -> bool {
        if self.0.contains(event_id) {
            return false;
        }
        self.0.insert(event_id.to_owned())
    }
}

impl Buyout {
    /// Puts a task on the run's list. Whoever holds another duty of the run may not decide it.
    pub fn put_task(&mut self, new: NewTask, now: DateTime<Utc>) -> &HumanTask {
        let NewTask {
            kind,
            details,
            due_secs,
            wall_clock,
            assignee,
            waits_for,
        } = new;
        let number = self.next_task;
        self.next_task += 1;
        let id = TaskId::new(self.id.as_str(), number);
        let time = Duration::seconds(due_secs as i64);
        let due_at = match &self.policy {
            Some(policy) if !wall_clock => policy.calendar.add_working(now, time),
            Some(_) | None => now + time,
        };
        let city = self.city();
        let task = HumanTask {
            id: id.clone(),
            number,
            kind,
            title: kind.title_ru().to_owned(),
            details,
            version: 1,
            state: TaskState::Open,
            role: kind.role(),
            city: (!city.is_empty()).then(|| city.to_owned()),
            assignee,
            owner: None,
            excluded: kind
                .duty()
                .map(|duty| self.duties.excluded_from(duty))
                .unwrap_or_default(),
            created_at: now,
            due_at,
            escalation: kind.escalation(),
            escalated: 0,
            reminders: 0,
            comments: Vec::new(),
            closed_by: None,
            closed_at: None,
            result: None,
            bitrix24_task: None,
            waits_for,
            due_unheld: None,
        };
        self.tasks.entry(id).or_insert(task)
    }

    /// Does a decision that was checked by [`crate::buyout::rules::check_decide`]: the task is done and the
    /// person holds its duty. A client who wants to think leaves the task open.
    pub fn decide(&mut self, decide: &Decide, now: DateTime<Utc>) -> Decided {
        let person = PersonRef::from(&decide.actor);
        if let Decision::ClientAnswer { round, answer } = &decide.decision {
            self.answers.push(RecordedAnswer {
                round: *round,
                answer: answer.clone(),
                source: AnswerSource::Call,
                by: Some(person.clone()),
                at: now,
            });
            if *answer == ClientAnswer::Think {
                return Decided::Noted;
            }
        }
        let sentence = decide.decision.sentence();
        let closed = self.close_task(
            &decide.task,
            TaskState::Done,
            Some(person.clone()),
            &sentence,
            now,
        );
        if let Some(duty) = self
            .tasks
            .get(&decide.task)
            .and_then(|task| task.kind.duty())
        {
            self.duties.take(duty, person);
        }
        Decided::Done(closed)
    }

    /// Closes a task whoever closed it; `None` when it was closed before.
    pub fn close_task(
        &mut self,
        id: &TaskId,
        state: TaskState,
        by: Option<PersonRef>,
        result: &str,
        now: DateTime<Utc>,
    ) -> Option<ClosedTask> {
        let task = self.tasks.get_mut(id).filter(|t| t.state.is_open())?;
        task.close(state, by, result, now);
        Some(ClosedTask {
            title: task.title.clone(),
            mirror: task.bitrix24_task,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buyout::start::BuyoutStart;
    use crate::staff::{Actor, PersonId, Role};

    fn run() -> Buyout {
        let start = BuyoutStart {
            portal: "portal".to_owned(),
            deal_id: 7,
            robot: None,
            started_by: None,
        };
        Buyout::new(&start, DateTime::UNIX_EPOCH)
    }

    fn appraise() -> NewTask {
        NewTask {
            kind: TaskKind::Appraise,
            details: String::new(),
            due_secs: 60,
            wall_clock: false,
            assignee: None,
            waits_for: None,
        }
    }

    #[test]
    fn whoever_decided_holds_the_duty_and_is_kept_from_the_next() {
        let mut run = run();
        let now = DateTime::UNIX_EPOCH;
        let (task, version) = {
            let task = run.put_task(appraise(), now);
            (task.id.clone(), task.version)
        };
        let actor = Actor {
            person: PersonId::new("p"),
            name: "Имя".to_owned(),
            roles: vec![Role::Appraiser],
            cities: Vec::new(),
            substitutes_for: Vec::new(),
        };
        let decide = Decide {
            task: task.clone(),
            version,
            actor,
            decision: Decision::ReturnToInspection {
                reason: "темно".to_owned(),
            },
        };
        assert!(matches!(run.decide(&decide, now), Decided::Done(Some(_))));
        assert_eq!(run.tasks[&task].state, TaskState::Done);
        assert_eq!(
            run.close_task(&task, TaskState::Expired, None, "поздно", now),
            None,
            "a closed task stays as it was closed"
        );
        let next = NewTask {
            kind: TaskKind::ApprovePrice,
            ..appraise()
        };
        assert_eq!(run.put_task(next, now).excluded, [PersonId::new("p")]);
        assert_eq!(run.next_task, 3);
    }

    #[test]
    fn an_event_is_taken_once() {
        let mut taken = TakenEvents::default();
        assert!(taken.take("e-1"));
        assert!(!taken.take("e-1"));
        assert!(taken.take("e-2"));
    }
}
