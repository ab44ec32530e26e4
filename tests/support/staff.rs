//! People beyond the seeded ones.

use domain::staff::{PersonId, Role, StaffMember};
use stack::people::Person;
use stack::seed;
use store::staff::StaffRecord;
use strum::IntoEnumIterator;

use crate::World;

/// Somebody who holds every role, signed in.
pub async fn with_every_role(world: &World, login: &str) -> anyhow::Result<Person> {
    let password = seed::password_hash().await?;
    let record = StaffRecord {
        member: StaffMember {
            person: PersonId::new(format!("u-{login}")),
            name: "Мастер На-все-руки".to_owned(),
            roles: Role::iter().collect(),
            // Not chosen for inspections by the rule: the town of the tests is not theirs.
            cities: Vec::new(),
            email: None,
            bitrix24_user: None,
            treasury_user: None,
            substitute: None,
        },
        login: Some(login.to_owned()),
        password_hash: Some(password),
        blocked: false,
    };
    world.stack.store.upsert_staff(&record).await?;
    world.stack.sign_in(login).await
}
