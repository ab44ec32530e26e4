//! Which runs somebody asks for, and which of them are theirs to see.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, PersonId};
use proto::kite::buyout::v1 as pb;
use store::{BuyoutFilter, BuyoutOrder, BuyoutSort};
use strum::IntoEnumIterator;
use tonic::Status;

use crate::access::{Access, Action, Read};
use crate::status;

/// Every run that this person may see.
pub(super) fn visible(access: &Access, actor: &Actor) -> BuyoutFilter {
    let mut given_to = Vec::new();
    if access.only_own_inspections(actor) {
        given_to.push(actor.person.clone());
        given_to.extend(actor.substitutes_for.iter().cloned());
    }
    BuyoutFilter {
        cities: actor.cities.clone(),
        given_to,
        ..BuyoutFilter::default()
    }
}

/// The filter and the sort of a request. The page and the mask are not looked at.
pub(super) fn read(
    access: &Access,
    actor: &Actor,
    request: &pb::ListBuyoutsRequest,
) -> Result<(BuyoutFilter, BuyoutSort), Status> {
    let pb::ListBuyoutsRequest {
        page: _,
        stages,
        city,
        text,
        active,
        fields: _,
        overdue,
        inspector_id,
        order,
        ascending,
        troubled,
        started_from,
        started_to,
    } = request;
    let mut wrong = Vec::new();
    let mut known_stages = Vec::new();
    for stage in stages {
        match stage.parse::<Stage>() {
            Ok(stage) => known_stages.push(stage),
            Err(_) => wrong.push(FieldViolation::new(
                "stages",
                format!("Неизвестный этап «{stage}»."),
            )),
        }
    }
    let order = match order.as_str() {
        "" => BuyoutOrder::default(),
        order => order.parse().unwrap_or_else(|_| {
            wrong.push(FieldViolation::new(
                "order",
                format!("Неизвестный порядок «{order}»."),
            ));
            BuyoutOrder::default()
        }),
    };
    let mut moment = |field: &str, at: &Option<prost_types::Timestamp>| {
        let at = at.as_ref()?;
        let read = u32::try_from(at.nanos)
            .ok()
            .and_then(|nanos| DateTime::<Utc>::from_timestamp(at.seconds, nanos));
        if read.is_none() {
            wrong.push(FieldViolation::new(field, "Такого момента нет."));
        }
        read
    };
    let started_from = moment("started_from", started_from);
    let started_to = moment("started_to", started_to);
    if started_from
        .zip(started_to)
        .is_some_and(|(from, to)| from > to)
    {
        wrong.push(FieldViolation::new(
            "started_to",
            "Конец периода раньше начала.",
        ));
    }
    if !wrong.is_empty() {
        return Err(status::refused(&Refusal::invalid(wrong)));
    }
    if !access.sees_refusals(actor) && !known_stages.is_empty() {
        known_stages = as_told(&known_stages);
    }
    let filter = BuyoutFilter {
        stages: known_stages,
        cities: access.cities(actor, city)?,
        text: (!text.trim().is_empty()).then(|| text.clone()),
        clients: access.allowed(actor, Action::SeeClient),
        inspector: (!inspector_id.is_empty()).then(|| PersonId::new(inspector_id.clone())),
        active: *active,
        overdue: *overdue,
        troubled: *troubled,
        started_from,
        started_to,
        ..visible(access, actor)
    };
    let sort = BuyoutSort {
        order,
        ascending: *ascending,
    };
    Ok((filter, sort))
}

/// The stages behind those that somebody beside the client may ask for: a refusal stands under what they are
/// told of it, and under its own name nothing does.
fn as_told(asked: &[Stage]) -> Vec<Stage> {
    let behind: Vec<Stage> = Stage::iter()
        .filter(|stage| asked.contains(&stage.told_beside_the_client().0))
        .collect();
    if behind.is_empty() {
        // An empty list would be every stage; nobody has been sent to the car of a new run yet.
        vec![Stage::New]
    } else {
        behind
    }
}

/// Whether names and phones of clients were looked through, which goes on record.
pub(super) fn searched(filter: &BuyoutFilter, found: u64) -> Read {
    if filter.clients && filter.text.is_some() {
        Read::search("buyouts", found)
    } else {
        Read::nothing()
    }
}
