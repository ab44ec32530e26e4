//! The parts that people take in a run: nobody holds two of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};

use crate::staff::{PersonId, PersonRef};

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
