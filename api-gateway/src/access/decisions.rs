//! Answers of the policies that were given lately: one depends on nothing but its question, since policies do not change
//! while the gateway runs, and asking takes longer than reading what a call is about.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use domain::staff::{Actor, PersonId, Role};
use lru::LruCache;

use crate::access::policies::{Decision, Resource};

/// Some hundred people with some dozens of actions each; a few megabytes.
const KEPT: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

/// Everything that a policy can look at.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Question {
    person: PersonId,
    roles: Vec<Role>,
    cities: Vec<String>,
    action: String,
    resource: Resource,
}

impl Question {
    pub(super) fn new(actor: &Actor, action: &str, resource: &Resource) -> Self {
        Self {
            person: actor.person.clone(),
            roles: actor.roles.clone(),
            cities: actor.cities.clone(),
            action: action.to_owned(),
            resource: resource.clone(),
        }
    }
}

pub(super) struct Decisions(Mutex<LruCache<Question, Decision>>);

impl Default for Decisions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Decisions {
    /// The answer that was given, or that of `ask`; one that could not be asked is not kept.
    pub(super) fn or_ask<E>(
        &self,
        question: Question,
        ask: impl FnOnce() -> Result<Decision, E>,
    ) -> Result<Decision, E> {
        if let Some(known) = self.locked().get(&question) {
            return Ok(*known);
        }
        let decision = ask()?;
        self.locked().put(question, decision);
        Ok(decision)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, LruCache<Question, Decision>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(role: Role, city: &str, own: bool) -> Question {
        let actor = Actor {
            person: PersonId::new("p"),
            name: "П".to_owned(),
            roles: vec![role],
            cities: vec![city.to_owned()],
            substitutes_for: Vec::new(),
        };
        let resource = Resource {
            city: "Мурманск".to_owned(),
            own,
        };
        Question::new(&actor, "buyout.see", &resource)
    }

    #[test]
    fn whoever_moves_or_changes_roles_is_asked_about_anew() {
        let decisions = Decisions::default();
        let mut asked = 0;
        let mut ask = |question, decision| {
            decisions.or_ask(question, || {
                asked += 1;
                Ok::<_, ()>(decision)
            })
        };
        let first = question(Role::Inspector, "Мурманск", true);
        assert_eq!(ask(first, Decision::Allow), Ok(Decision::Allow));
        // Known: what would be said now is not asked for.
        let same = question(Role::Inspector, "Мурманск", true);
        assert_eq!(ask(same, Decision::Deny), Ok(Decision::Allow));
        for other in [
            question(Role::Inspector, "Псков", true),
            question(Role::Inspector, "Мурманск", false),
            question(Role::Dispatcher, "Мурманск", true),
        ] {
            assert_eq!(ask(other, Decision::Deny), Ok(Decision::Deny));
        }
        assert_eq!(asked, 4);
    }

    #[test]
    fn what_could_not_be_asked_is_asked_again() {
        let decisions = Decisions::default();
        let broken = decisions.or_ask(question(Role::Ops, "Мурманск", true), || {
            Err("broken")
        });
        assert_eq!(broken, Err("broken"));
        let mended = decisions.or_ask(question(Role::Ops, "Мурманск", true), || {
            Ok::<_, &str>(Decision::Allow)
        });
        assert_eq!(mended, Ok(Decision::Allow));
    }
}
