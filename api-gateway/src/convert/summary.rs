//! A run as lists show it.

use chrono::{DateTime, Utc};
use domain::refusal::{FieldViolation, Refusal};
use proto::kite::buyout::v1 as pb;
use store::{BuyoutRow, StageCount};

use crate::convert::common::{money, person, time};

/// What the person may know of a run in a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// Whoever may not see the price sees no words either that may name it.
    pub(crate) prices: bool,
    /// Whether they learn that a car was refused; else it is put off.
    pub(crate) refusals: bool,
}

pub(crate) fn summary(row: &BuyoutRow, told: Told, now: DateTime<Utc>) -> pb::BuyoutSummary {
    let Told { prices, refusals } = told;
    let overdue = row.overdue(now);
    let BuyoutRow {
        id,
        deal_id,
        stage,
        city,
        site,
        time_zone,
        car,
        identifier,
        plate,
        inspector,
        waiting_for,
        deadline,
        price,
        outcome,
        trouble,
        started_at,
        stage_since,
        ended_at,
    } = row;
    let (stage, stage_title) = if refusals {
        (*stage, stage.title_ru())
    } else {
        stage.told_beside_the_client()
    };
    let words = |text: &Option<String>| text.clone().filter(|_| prices).unwrap_or_default();
    pb::BuyoutSummary {
        id: id.0.clone(),
        deal_id: *deal_id,
        stage: stage.to_string(),
        stage_title: stage_title.to_owned(),
        waiting_for: waiting_for.clone().unwrap_or_default(),
        deadline: deadline.map(time),
        identifier: identifier.clone().unwrap_or_default(),
        plate: plate.clone().unwrap_or_default(),
        car: car.clone(),
        city: city.clone(),
        site: site.clone().unwrap_or_default(),
        price: price.filter(|_| prices).map(money),
        started_at: Some(time(*started_at)),
        stage_since: Some(time(*stage_since)),
        ended_at: ended_at.map(time),
        outcome: words(outcome),
        inspector: inspector.as_ref().map(person),
        overdue,
        trouble: words(trouble),
        time_zone: time_zone.clone().unwrap_or_default(),
    }
}

/// Clears the fields that a mask does not name; an unknown path is refused.
pub(crate) fn masked(
    full: pb::BuyoutSummary,
    paths: &[String],
) -> Result<pb::BuyoutSummary, Refusal> {
    if paths.is_empty() {
        return Ok(full);
    }
    let mut kept = pb::BuyoutSummary {
        id: full.id.clone(),
        ..pb::BuyoutSummary::default()
    };
    for path in paths {
        match path.as_str() {
            "id" => {}
            "deal_id" => kept.deal_id = full.deal_id,
            "stage" => kept.stage = full.stage.clone(),
            "stage_title" => kept.stage_title = full.stage_title.clone(),
            "waiting_for" => kept.waiting_for = full.waiting_for.clone(),
            "deadline" => kept.deadline = full.deadline,
            "identifier" => kept.identifier = full.identifier.clone(),
            "plate" => kept.plate = full.plate.clone(),
            "car" => kept.car = full.car.clone(),
            "city" => kept.city = full.city.clone(),
            "site" => kept.site = full.site.clone(),
            "price" => kept.price = full.price,
            "started_at" => kept.started_at = full.started_at,
            "stage_since" => kept.stage_since = full.stage_since,
            "ended_at" => kept.ended_at = full.ended_at,
            "outcome" => kept.outcome = full.outcome.clone(),
            "inspector" => kept.inspector = full.inspector.clone(),
            "overdue" => kept.overdue = full.overdue,
            "trouble" => kept.trouble = full.trouble.clone(),
            "time_zone" => kept.time_zone = full.time_zone.clone(),
            other => {
                return Err(Refusal::invalid(vec![FieldViolation::new(
                    "fields",
                    format!("Нет поля «{other}»."),
                )]));
            }
        }
    }
    Ok(kept)
}

/// Counts by stage; for whoever learns of no refusal, refusals are among those that they are told of.
pub(crate) fn counts(counts: Vec<StageCount>, refusals: bool) -> Vec<pb::StageCount> {
    let mut told: Vec<pb::StageCount> = Vec::new();
    for count in counts {
        let StageCount {
            stage,
            count,
            overdue,
        } = count;
        let stage = if refusals {
            stage
        } else {
            stage.told_beside_the_client().0
        };
        let stage_name = stage.to_string();
        match told.iter_mut().find(|known| known.stage == stage_name) {
            Some(known) => {
                known.count += count;
                known.overdue += overdue;
            }
            None => told.push(pb::StageCount {
                stage: stage_name,
                title: stage.title_ru().to_owned(),
                count,
                overdue,
            }),
        }
    }
    told
}
