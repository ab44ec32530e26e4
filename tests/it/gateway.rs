//! The gateway over the wire: one file per thing that it does for somebody.

mod audit;
mod callbacks;
mod codec;
mod cookie;
mod details;
mod events;
mod evidence;
mod files;
mod forms;
mod health;
mod install;
mod limits;
mod links;
pub(super) mod lists;
mod notifications;
mod oidc;
mod ops;
mod orders;
mod pages;
mod parts;
mod placement;
mod policies;
mod races;
mod reports;
mod session;
mod staff;
mod starts;
mod tasks;
mod templates;
mod thumbs;
mod views;
mod web;
mod work;
mod workbooks;

use std::time::Duration;

use domain::staff::{PersonId, Role, StaffMember};
use proto::kite::inspection::v1::CreateUploadTicketRequest;
use stack::people::Person;
use stack::seed;
use store::staff::StaffRecord;
use tests::{World, wait};
use tonic::Status;
use tonic_types::StatusExt;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody new; no cities means every one.
async fn newcomer(
    world: &World,
    login: &str,
    roles: &[Role],
    cities: &[&str],
) -> anyhow::Result<Person> {
    write_staff(world, login, roles, cities, false).await?;
    world.stack.sign_in(login).await
}

/// The directory's record of somebody, as an administrator writes it.
async fn write_staff(
    world: &World,
    login: &str,
    roles: &[Role],
    cities: &[&str],
    blocked: bool,
) -> anyhow::Result<()> {
    let password = seed::password_hash().await?;
    let record = StaffRecord {
        member: StaffMember {
            person: PersonId::new(format!("u-{login}")),
            name: format!("Новичок {login}"),
            roles: roles.to_vec(),
            cities: cities.iter().map(|city| (*city).to_owned()).collect(),
            email: None,
            bitrix24_user: None,
            treasury_user: None,
            substitute: None,
        },
        login: Some(login.to_owned()),
        password_hash: Some(password),
        blocked,
    };
    Ok(world.stack.store.upsert_staff(&record).await?)
}

/// Where one file may be brought to.
async fn ticket(world: &World, person: &Person, buyout: &str, kind: &str) -> anyhow::Result<Url> {
    let request = CreateUploadTicketRequest {
        buyout_id: buyout.to_owned(),
        kind: kind.to_owned(),
    };
    let ticket = person
        .inspections()
        .create_upload_ticket(request)
        .await?
        .into_inner();
    Ok(world.stack.door.url.join(&ticket.upload_path)?)
}

/// The fields that a refusal names.
fn violations(status: &Status) -> Vec<String> {
    let named = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    named.into_iter().map(|violation| violation.field).collect()
}

/// Looks until the condition holds, and answers what it found then.
async fn until<T>(
    what: &str,
    look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    wait::until(PATIENCE, what, look).await
}
