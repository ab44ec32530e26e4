//! Who may give a task to whom.

use serde::{Deserialize, Serialize};

use crate::refusal::{FieldViolation, Refusal, RefusalCode};
use crate::staff::{Actor, PersonRef, Role, StaffMember};
use crate::task::{Duties, HumanTask, TaskKind};

/// What the person who is given a task may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub roles: Vec<Role>,
    /// Empty means every city.
    #[serde(default)]
    pub cities: Vec<String>,
}

impl From<&StaffMember> for Standing {
    fn from(member: &StaffMember) -> Self {
        Self {
            roles: member.roles.clone(),
            cities: member.cities.clone(),
        }
    }
}

impl HumanTask {
    /// An inspection that somebody has is handed over by the dispatchers of its city and by the head, who
    /// need not be able to do it themselves.
    pub fn hands_over(&self, actor: &Actor) -> bool {
        self.kind == TaskKind::Inspect
            && self.assignee.is_some()
            && self.state.is_open()
            && [Role::Dispatcher, Role::BuyoutHead]
                .into_iter()
                .any(|role| actor.has_role(role))
            && self.city.as_deref().is_none_or(|city| actor.works_in(city))
    }

    pub(super) fn check_delegate(
        &self,
        actor: &Actor,
        to: &PersonRef,
        standing: Option<&Standing>,
        duties: &Duties,
    ) -> Result<(), Refusal> {
        if !self.hands_over(actor) {
            self.may_decide(actor, duties)?;
            if to.person == actor.person {
                return Err(Refusal::new(RefusalCode::Invalid, "Задача уже у вас."));
            }
        }
        let duty = self.kind.duty();
        if let Some(held) = duty.and_then(|duty| duties.conflict(duty, &to.person)) {
            return Err(Refusal::new(
                RefusalCode::OwnWork,
                format!(
                    "{} уже участвует в сделке как {}.",
                    to.name,
                    held.title_ru()
                ),
            ));
        }
        match standing {
            Some(standing) => self.check_standing(to, standing),
            None => Ok(()),
        }
    }

    /// Whether the person could decide the task once it is theirs.
    fn check_standing(&self, to: &PersonRef, standing: &Standing) -> Result<(), Refusal> {
        let no = |sentence: String| {
            Err(Refusal::invalid(vec![FieldViolation::new(
                "to_person_id",
                sentence,
            )]))
        };
        let holder = self.owner.as_ref().or(self.assignee.as_ref());
        if holder.is_some_and(|holder| holder.person == to.person) {
            return no(format!("Задача уже у сотрудника {}.", to.name));
        }
        if self.excluded.contains(&to.person) {
            return Err(Refusal::new(
                RefusalCode::OwnWork,
                format!(
                    "{} не может решать эту задачу: это проверка собственной работы.",
                    to.name
                ),
            ));
        }
        if !self.roles().any(|role| standing.roles.contains(&role)) {
            let roles: Vec<&str> = self.roles().map(Role::title_ru).collect();
            return no(format!(
                "{} не сможет решить эту задачу: её решает {}.",
                to.name,
                roles.join(" или ")
            ));
        }
        match &self.city {
            Some(city) if !standing.cities.is_empty() && !standing.cities.contains(city) => {
                no(format!("{} не работает в городе {city}.", to.name))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::PersonId;
    use crate::task::{Duty, TaskAction, TaskId, TaskState};

    fn named(id: &str) -> PersonRef {
        PersonRef {
            person: PersonId::new(id),
            name: format!("Имя {id}"),
        }
    }

    fn actor(id: &str, role: Role, cities: &[&str]) -> Actor {
        Actor {
            person: PersonId::new(id),
            name: format!("Имя {id}"),
            roles: vec![role],
            cities: cities.iter().map(|city| (*city).to_owned()).collect(),
            substitutes_for: Vec::new(),
        }
    }

    fn task(kind: TaskKind, assignee: Option<&str>) -> HumanTask {
        let now = "2026-11-23T09:00:00Z".parse().expect("a moment");
        HumanTask {
            id: TaskId::new("buyout:portal:1", 1),
            number: 1,
            kind,
            title: kind.title_ru().to_owned(),
            details: String::new(),
            version: 1,
            state: TaskState::Open,
            role: kind.role(),
            city: Some("Мурманск".to_owned()),
            assignee: assignee.map(named),
            owner: None,
            excluded: Vec::new(),
            created_at: now,
            due_at: now,
            escalation: kind.escalation(),
            escalated: 0,
            reminders: 0,
            comments: Vec::new(),
            closed_by: None,
            closed_at: None,
            result: None,
            bitrix24_task: None,
            waits_for: None,
            due_unheld: None,
        }
    }

    fn inspector(cities: &[&str]) -> Standing {
        Standing {
            roles: vec![Role::Inspector],
            cities: cities.iter().map(|city| (*city).to_owned()).collect(),
        }
    }

    fn give(
        task: &HumanTask,
        actor: &Actor,
        to: &str,
        standing: Option<Standing>,
    ) -> Result<(), (RefusalCode, String)> {
        let action = TaskAction::Delegate {
            to: named(to),
            standing,
        };
        task.check_action(actor, &action, &Duties::default())
            .map_err(|refusal| (refusal.code, refusal.sentence))
    }

    #[test]
    fn a_dispatcher_of_the_city_and_the_head_hand_an_inspection_over() {
        let mut inspection = task(TaskKind::Inspect, Some("one"));
        let dispatcher = actor("d", Role::Dispatcher, &["Мурманск"]);
        let head = actor("h", Role::BuyoutHead, &[]);
        let elsewhere = actor("e", Role::Dispatcher, &["Псков"]);
        let colleague = actor("c", Role::Inspector, &["Мурманск"]);
        for claimed in [false, true] {
            if claimed {
                inspection.state = TaskState::Claimed;
                inspection.owner = Some(named("one"));
            }
            for giver in [&dispatcher, &head] {
                assert_eq!(
                    give(&inspection, giver, "two", Some(inspector(&["Мурманск"]))),
                    Ok(())
                );
            }
            for other in [&elsewhere, &colleague] {
                assert_eq!(
                    give(&inspection, other, "two", Some(inspector(&["Мурманск"])))
                        .map_err(|(code, _)| code),
                    Err(RefusalCode::WrongPerson)
                );
            }
        }
        // Deciding it, or taking it, is another matter: they only hand it over.
        assert!(
            inspection
                .may_decide(&dispatcher, &Duties::default())
                .is_err()
        );
        inspection.state = TaskState::Done;
        assert_eq!(
            give(&inspection, &head, "two", Some(inspector(&[]))).map_err(|(code, _)| code),
            Err(RefusalCode::WrongState)
        );
        // Nothing else is handed over by a dispatcher.
        let appraisal = task(TaskKind::Appraise, Some("one"));
        assert_eq!(
            give(&appraisal, &dispatcher, "two", None).map_err(|(code, _)| code),
            Err(RefusalCode::WrongPerson)
        );
    }

    #[test]
    fn whoever_could_not_decide_it_is_not_given_it() {
        let inspection = task(TaskKind::Inspect, Some("one"));
        let head = actor("h", Role::BuyoutHead, &[]);
        let of = |role: Role, cities: &[&str]| {
            Some(Standing {
                roles: vec![role],
                cities: inspector(cities).cities,
            })
        };
        let refused = |to: &str, standing| {
            give(&inspection, &head, to, standing)
                .expect_err("somebody who could not decide it")
                .1
        };
        assert_eq!(
            refused("a", of(Role::Appraiser, &[])),
            "Имя a не сможет решить эту задачу: её решает осмотрщик."
        );
        assert_eq!(
            refused("p", of(Role::Inspector, &["Псков"])),
            "Имя p не работает в городе Мурманск."
        );
        assert_eq!(
            refused("one", of(Role::Inspector, &[])),
            "Задача уже у сотрудника Имя one."
        );

        // Every kind of task, not inspections alone; a role that it escalated to will do.
        let mut appraisal = task(TaskKind::Appraise, None);
        appraisal.excluded = vec![PersonId::new("own")];
        let appraiser = actor("x", Role::Appraiser, &[]);
        let mine = |to: &str, standing| give(&appraisal, &appraiser, to, standing);
        assert_eq!(mine("y", of(Role::Appraiser, &[])), Ok(()));
        assert!(mine("s", of(Role::SeniorAppraiser, &[])).is_err());
        assert_eq!(
            mine("own", of(Role::Appraiser, &[])).map_err(|(code, _)| code),
            Err(RefusalCode::OwnWork)
        );
        let called_in = HumanTask {
            escalated: 1,
            ..appraisal.clone()
        };
        assert_eq!(
            give(&called_in, &appraiser, "s", of(Role::SeniorAppraiser, &[])),
            Ok(())
        );

        let mut duties = Duties::default();
        duties.take(Duty::Inspector, named("y"));
        let action = TaskAction::Delegate {
            to: named("y"),
            standing: of(Role::Appraiser, &[]),
        };
        assert!(
            appraisal
                .check_action(&appraiser, &action, &duties)
                .is_err()
        );
    }

    #[test]
    fn a_delegation_of_before_is_read_and_judged_as_it_was() {
        let action: TaskAction = serde_json::from_value(serde_json::json!({
            "type": "DELEGATE",
            "to": { "person": "y", "name": "Имя y" }
        }))
        .expect("an action of an older history");
        let appraisal = task(TaskKind::Appraise, None);
        let appraiser = actor("x", Role::Appraiser, &[]);
        assert_eq!(
            appraisal.check_action(&appraiser, &action, &Duties::default()),
            Ok(())
        );
    }
}
