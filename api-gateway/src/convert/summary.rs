//! A run as lists show it.

use chrono::{DateTime, Utc};
use domain::refusal::{FieldViolation, Refusal};
use proto::kite::buyout::v1 as pb;
use store::{BuyoutRow, StageCount};

use crate::convert::common::{money, person, time};

/// `prices`: whoever may not see the price sees no words either that may name it.
pub(crate) fn summary(row: &BuyoutRow, prices: bool, now: DateTime<Utc>) -> pb::BuyoutSummary {
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
    let words = |text: &Option<String>| text.clone().filter(|_| prices).unwrap_or_default();
    pb::BuyoutSummary {
        id: id.0.clone(),
        deal_id: *deal_id,
        stage: stage.to_string(),
        stage_title: stage.title_ru().to_owned(),
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

pub(crate) fn count(count: StageCount) -> pb::StageCount {
    let StageCount {
        stage,
        count,
        overdue,
    } = count;
    pb::StageCount {
        stage: stage.to_string(),
        title: stage.title_ru().to_owned(),
        count,
        overdue,
    }
}
