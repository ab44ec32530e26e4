//! Who inspects the car: automatic choice by city and load, or by a dispatcher's hand.

use serde::{Deserialize, Serialize};

use crate::staff::{PersonId, PersonRef, Role, StaffMember};

/// An inspector with how many inspections they have open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub member: StaffMember,
    pub open_inspections: u32,
}

/// The least loaded inspector of the city who is present and not at the limit; ties are broken by the
/// person's id, so that the choice is the same on every machine.
pub fn choose<'a>(
    candidates: &'a [Candidate],
    city: &str,
    capacity: u32,
    excluded: &[PersonId],
) -> Option<&'a StaffMember> {
    candidates
        .iter()
        .filter(|c| c.member.roles.contains(&Role::Inspector))
        .filter(|c| c.member.cities.iter().any(|own| own == city))
        .filter(|c| c.member.substitute.is_none())
        .filter(|c| c.open_inspections < capacity)
        .filter(|c| !excluded.contains(&c.member.person))
        .min_by(|a, b| {
            (a.open_inspections, &a.member.person).cmp(&(b.open_inspections, &b.member.person))
        })
        .map(|c| &c.member)
}

/// An inspection given to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub inspector: PersonRef,
    /// `None`: chosen by the rule; otherwise the dispatcher.
    pub by: Option<PersonRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspector(id: &str, city: &str, open: u32) -> Candidate {
        Candidate {
            member: StaffMember {
                person: PersonId::new(id),
                name: id.to_owned(),
                roles: vec![Role::Inspector],
                cities: vec![city.to_owned()],
                email: None,
                bitrix24_user: None,
                treasury_user: None,
                substitute: None,
            },
            open_inspections: open,
        }
    }

    #[test]
    fn least_loaded_present_inspector_of_the_city_is_chosen() {
        let mut absent = inspector("a", "Мурманск", 0);
        absent.member.substitute = Some(PersonId::new("b"));
        let all = vec![
            absent,
            inspector("b", "Мурманск", 2),
            inspector("c", "Мурманск", 1),
            inspector("d", "Псков", 0),
        ];
        assert_eq!(
            choose(&all, "Мурманск", 5, &[]).map(|m| m.person.0.as_str()),
            Some("c")
        );
        assert_eq!(
            choose(&all, "Мурманск", 5, &[PersonId::new("c")]).map(|m| m.person.0.as_str()),
            Some("b")
        );
        assert_eq!(choose(&all, "Мурманск", 1, &[]), None);
        assert_eq!(choose(&all, "Тверь", 5, &[]), None);
    }
}
