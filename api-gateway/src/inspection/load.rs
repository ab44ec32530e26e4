//! Inspectors with how much they have to do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::staff::{Actor, PersonId, PersonRef, Role, StaffMember};
use proto::kite::inspection::v1 as pb;
use store::InspectorLoad;
use tonic::Status;

use super::Inspections;
use crate::convert::common::person;
use crate::export::zone;
use crate::status;

/// Of one inspector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    open: u32,
    due_today: u32,
}

impl Inspections {
    /// Those of the city, or of every city that the person works in, by name.
    pub(super) async fn inspectors(
        &self,
        actor: &Actor,
        city: &str,
    ) -> Result<Vec<pb::Inspector>, Status> {
        let cities = self.app.access.cities(actor, city)?;
        let inspectors = self
            .app
            .store
            .staff_in(Role::Inspector, "")
            .await
            .map_err(status::store)?;
        let open = self
            .app
            .store
            .open_inspections()
            .await
            .map_err(status::store)?;
        let loads = loads(&open, Utc::now());
        Ok(inspectors
            .iter()
            .filter(|member| works_in(member, &cities))
            .map(|member| {
                let Load { open, due_today } =
                    loads.get(&member.person).copied().unwrap_or_default();
                pb::Inspector {
                    person: Some(person(&PersonRef::from(member))),
                    cities: member.cities.clone(),
                    open_inspections: open,
                    due_today,
                    absent: member.substitute.is_some(),
                }
            })
            .collect())
    }
}

/// No cities, on either side, are all of them.
fn works_in(member: &StaffMember, cities: &[String]) -> bool {
    cities.is_empty()
        || member.cities.is_empty()
        || member.cities.iter().any(|city| cities.contains(city))
}

/// Today is today by the clock of the site that the inspection belongs to.
fn loads(open: &[InspectorLoad], now: DateTime<Utc>) -> BTreeMap<PersonId, Load> {
    let mut loads: BTreeMap<PersonId, Load> = BTreeMap::new();
    for InspectorLoad {
        person,
        due_at,
        time_zone,
    } in open
    {
        let zone = zone(time_zone.as_deref());
        let day = |at: &DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let load = loads.entry(person.clone()).or_default();
        load.open += 1;
        load.due_today += u32::from(day(due_at) == day(&now));
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_day_of_the_site() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let open = |person: &str, due: &str, zone: &str| InspectorLoad {
            person: PersonId::new(person),
            due_at: at(due),
            time_zone: Some(zone.to_owned()),
        };
        // 23:30 in Moscow, 06:30 of the next day in Vladivostok.
        let now = at("2026-11-23T20:30:00Z");
        let found = loads(
            &[
                open("west", "2026-11-23T20:59:00Z", "Europe/Moscow"),
                open("west", "2026-11-23T21:01:00Z", "Europe/Moscow"),
                open("east", "2026-11-23T21:01:00Z", "Asia/Vladivostok"),
                open("east", "2026-11-23T13:59:00Z", "Asia/Vladivostok"),
            ],
            now,
        );
        for person in ["west", "east"] {
            assert_eq!(
                found[&PersonId::new(person)],
                Load {
                    open: 2,
                    due_today: 1
                },
                "{person}"
            );
        }
    }
}
