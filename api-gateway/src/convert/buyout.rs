//! Buyouts as screens see them.

use chrono::{DateTime, Utc};
use domain::buyout::rules;
use domain::buyout::state::Buyout;
use domain::checks::{CheckResult, Market};
use domain::document::MadeDocument;
use domain::offer::Offer;
use domain::payment::Payment;
use domain::staff::Actor;
use proto::kite::buyout::v1 as pb;

use crate::convert::common::{file, money, person, time};
use crate::convert::{inspection, task};

/// The summary out of the run's own state; lists take theirs from the table.
pub(crate) fn summary(buyout: &Buyout) -> pb::BuyoutSummary {
    let deal = buyout.deal.as_ref();
    pb::BuyoutSummary {
        id: buyout.id.0.clone(),
        deal_id: buyout.deal_id,
        stage: buyout.stage.to_string(),
        stage_title: buyout.stage.title_ru().to_owned(),
        waiting_for: buyout.waiting_for().unwrap_or_default(),
        deadline: buyout.waiting_task().map(|t| time(t.due_at)),
        identifier: deal
            .map(|d| d.car.identifier.as_str().to_owned())
            .unwrap_or_default(),
        plate: deal
            .and_then(|d| d.car.plate.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
        car: deal.map(|d| d.car.title()).unwrap_or_default(),
        city: buyout.city().to_owned(),
        site: buyout
            .policy
            .as_ref()
            .map(|p| p.site.name.clone())
            .unwrap_or_default(),
        price: buyout.agreed_price.map(money),
        started_at: Some(time(buyout.started_at)),
        stage_since: Some(time(buyout.stage_since)),
        ended_at: buyout.ended_at.map(time),
        outcome: buyout
            .outcome
            .as_ref()
            .map(|o| o.sentence())
            .unwrap_or_default(),
        ..pb::BuyoutSummary::default()
    }
}

/// Everything that this person may see. `prices`: an inspector never sees the price (S30).
pub(crate) fn detail(
    buyout: &Buyout,
    actor: &Actor,
    prices: bool,
    now: DateTime<Utc>,
) -> pb::Buyout {
    let mut summary = summary(buyout);
    if !prices {
        summary.price = None;
        summary.outcome.clear();
    }
    let car = summary.car.clone();
    let stage = summary.stage.clone();
    pb::Buyout {
        version: buyout.version,
        inspector: buyout.assignment.as_ref().map(|a| person(&a.inspector)),
        inspections: buyout
            .inspections
            .iter()
            .map(inspection::submitted)
            .collect(),
        mismatches: buyout
            .mismatches
            .iter()
            .map(|m| pb::Mismatch {
                source: m.source.clone(),
                expected: m.expected.clone(),
                found: m.found.clone(),
            })
            .collect(),
        checks: if prices {
            buyout.checks.iter().map(check).collect()
        } else {
            Vec::new()
        },
        checks_running: buyout
            .checks_running
            .iter()
            .map(ToString::to_string)
            .collect(),
        market: buyout.market.as_ref().filter(|_| prices).map(market),
        appraisal: if prices { appraisal(buyout) } else { None },
        offer: buyout.offer.as_ref().filter(|_| prices).map(offer),
        documents: if prices {
            buyout.documents.iter().map(document).collect()
        } else {
            Vec::new()
        },
        payments: if prices {
            buyout.payments.iter().map(payment).collect()
        } else {
            Vec::new()
        },
        intake: Some(pb::Intake {
            receipt_number: buyout.intake.receipt_number.clone().unwrap_or_default(),
            posted: buyout.intake.posted,
        }),
        tasks: buyout
            .tasks
            .values()
            .filter(|t| prices || t.kind == domain::task::TaskKind::Inspect)
            .map(|t| {
                let refusal = t.may_decide(actor, &buyout.duties).err();
                task::task(t, &car, &stage, refusal.as_ref(), now)
            })
            .collect(),
        chat: if prices {
            buyout
                .chat
                .iter()
                .map(|m| pb::ChatMessage {
                    number: m.number,
                    author: Some(person(&m.author)),
                    text: m.text.clone(),
                    at: Some(time(m.at)),
                })
                .collect()
        } else {
            Vec::new()
        },
        manual: buyout.manual.clone(),
        duties: buyout
            .duties
            .holders()
            .map(|(duty, holder)| pb::DutyHolder {
                duty: duty.to_string(),
                person: Some(person(holder)),
            })
            .collect(),
        may_cancel: rules::may_cancel(buyout),
        cancel_refusal: buyout.stage.cancel_refused().unwrap_or_default().to_owned(),
        summary: Some(summary),
        ..pb::Buyout::default()
    }
}

fn check(result: &CheckResult) -> pb::Check {
    let CheckResult {
        kind,
        outcome,
        findings,
        source,
        taken_at,
        raw,
    } = result;
    pb::Check {
        kind: kind.to_string(),
        title: kind.title_ru().to_owned(),
        outcome: outcome.to_string(),
        findings: findings.iter().map(|f| f.text.clone()).collect(),
        source: source.clone(),
        taken_at: Some(time(*taken_at)),
        raw: raw.as_ref().map(file),
        stale: false,
    }
}

fn market(market: &Market) -> pb::Market {
    let Market {
        average,
        min,
        max,
        items,
        days_on_market,
    } = market;
    pb::Market {
        average: Some(money(*average)),
        min: Some(money(*min)),
        max: Some(money(*max)),
        items: *items,
        days_on_market: days_on_market.unwrap_or_default(),
        taken_at: None,
    }
}

fn appraisal(buyout: &Buyout) -> Option<pb::Appraisal> {
    let set = buyout.appraisal.as_ref()?;
    let approval = buyout.price_approval.as_ref();
    Some(pb::Appraisal {
        appraisal: Some(task::appraisal_out(&set.appraisal)),
        appraiser: Some(person(&set.appraiser)),
        at: Some(time(set.at)),
        category: set.category.to_string(),
        category_rule: set.category_rule.clone(),
        approved_by: approval.filter(|a| a.approved).map(|a| person(&a.by)),
        approval_reasons: approval.map(|a| a.reasons.clone()).unwrap_or_default(),
    })
}

fn offer(offer: &Offer) -> pb::Offer {
    let Offer {
        round,
        price,
        made_at,
        valid_until,
        opened_at,
        sent,
    } = offer;
    pb::Offer {
        round: *round,
        price: Some(money(*price)),
        made_at: Some(time(*made_at)),
        valid_until: Some(time(*valid_until)),
        opened_at: opened_at.map(time),
        sent_by: sent.iter().map(|d| d.channel.to_string()).collect(),
    }
}

fn document(document: &MadeDocument) -> pb::Document {
    let MadeDocument {
        kind,
        number,
        version,
        file: made,
        made_at: _,
        void,
        signed,
    } = document;
    pb::Document {
        kind: kind.to_string(),
        title: kind.title_ru().to_owned(),
        number: number.clone(),
        version: *version,
        file: Some(file(made)),
        signed: signed.iter().map(file).collect(),
        void: *void,
    }
}

fn payment(payment: &Payment) -> pb::Payment {
    let Payment {
        attempt,
        rail,
        amount,
        state,
        treasury_request,
        approved_by,
        partner_id,
        refusal,
        paid_at,
    } = payment;
    pb::Payment {
        attempt: *attempt,
        rail: rail.to_string(),
        amount: Some(money(*amount)),
        state: state.to_string(),
        treasury_number: treasury_request
            .as_ref()
            .map(|r| r.number.clone())
            .unwrap_or_default(),
        approved_by: approved_by.as_ref().map(person),
        partner_id: partner_id.clone().unwrap_or_default(),
        refusal: refusal.clone().unwrap_or_default(),
        paid_at: paid_at.map(time),
    }
}
