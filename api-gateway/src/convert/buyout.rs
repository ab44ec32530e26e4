//! A run as its own screen sees it.

mod parts;

use chrono::{DateTime, Utc};
use domain::buyout::rules;
use domain::buyout::state::{Buyout, Intake};
use domain::chat::ChatMessage;
use domain::inspection::IdentifierMismatch;
use domain::staff::Actor;
use domain::task::TaskKind;
use proto::kite::buyout::v1 as pb;
use store::{Analogue, BuyoutRow, Duplicate};

use crate::convert::common::{file, person, time};
use crate::convert::summary::{Told, summary};
use crate::convert::{inspection, papers, task};

/// What the person may see of a run besides the car and the visit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// Prices, and whatever leads to them; an inspector never sees them (S30).
    pub(crate) prices: bool,
    pub(crate) client: bool,
    /// Passport, vehicle passport, requisites.
    pub(crate) papers: bool,
    /// That a car was refused, and not only put off.
    pub(crate) refusals: bool,
}

/// Other runs that have to do with this one, as far as the person may see them.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    pub(crate) same_car: Vec<BuyoutRow>,
    pub(crate) duplicates: Vec<Duplicate>,
    pub(crate) analogues: Vec<Analogue>,
}

/// Everything that this person may see.
pub(crate) fn detail(
    row: &BuyoutRow,
    buyout: &Buyout,
    kin: &Kin,
    actor: &Actor,
    sight: Sight,
    now: DateTime<Utc>,
) -> pb::Buyout {
    let Buyout {
        id: _,
        portal: _,
        deal_id: _,
        stage: _,
        started_at: _,
        stage_since: _,
        ended_at: _,
        version,
        policy,
        deal,
        robots: _,
        assignment,
        inspections,
        mismatches,
        photo_reuse,
        checks,
        held: _,
        checks_running,
        market,
        appraisal: _,
        price_approval,
        offer,
        answers,
        agreed_price: _,
        papers: handed_in,
        paper_verdicts,
        documents,
        payments,
        intake,
        tasks,
        duties,
        chat,
        outcome: _,
        manual,
        visit,
        signing_answers,
        offer_resends: _,
        next_task: _,
        next_event: _,
        closing: _,
    } = buyout;
    let Sight {
        prices,
        client,
        papers: sees_papers,
        refusals,
    } = sight;
    let told = Told { prices, refusals };
    let handed_in = handed_in.as_ref().filter(|_| sees_papers);
    let policy = policy.as_ref();
    pb::Buyout {
        summary: Some(summary(row, told, now)),
        version: *version,
        inspector: assignment.as_ref().map(|given| person(&given.inspector)),
        inspections: inspections.iter().map(inspection::submitted).collect(),
        mismatches: mismatches.iter().map(mismatch).collect(),
        checks: seen(prices, checks, |check| parts::check(check, policy, now)),
        checks_running: checks_running.iter().map(ToString::to_string).collect(),
        market: market
            .as_ref()
            .filter(|_| prices)
            .map(|market| parts::market(market, checks)),
        appraisal: if prices {
            parts::appraisal(buyout)
        } else {
            None
        },
        offer: offer.as_ref().filter(|_| prices).map(parts::offer),
        documents: seen(prices, documents, parts::document),
        payments: seen(prices, payments, parts::payment),
        intake: Some(taken_in(intake)),
        tasks: tasks
            .values()
            .filter(|task| prices || task.kind == TaskKind::Inspect)
            .map(|task| {
                let refusal = task.may_decide(actor, duties).err();
                let run = task::OfRun::from(row).told(refusals);
                task::task(task, run, refusal.as_ref(), now)
            })
            .collect(),
        chat: seen(prices, chat, message),
        manual: manual.clone(),
        duties: duties
            .holders()
            .map(|(duty, holder)| pb::DutyHolder {
                duty: duty.to_string(),
                person: Some(person(holder)),
            })
            .collect(),
        may_cancel: rules::may_cancel(buyout),
        cancel_refusal: rules::cancel_refused(buyout).unwrap_or_default().to_owned(),
        car: parts::car(buyout),
        client: deal.as_ref().filter(|_| client).map(parts::client),
        visit: deal.as_ref().map(|deal| parts::visit(deal, visit)),
        papers: handed_in.map(papers::papers_out),
        paper_files: handed_in
            .map(|set| papers::files_of(set).map(file).collect())
            .unwrap_or_default(),
        paper_verdicts: seen(sees_papers, paper_verdicts, papers::verdict_out),
        answers: seen(prices, answers, parts::answer),
        price_approval: price_approval
            .as_ref()
            .filter(|_| prices)
            .map(parts::price_approval),
        photo_reuse: seen(prices, photo_reuse, parts::photo_reuse),
        limits: policy.filter(|_| prices).map(parts::limits),
        legal_entity: policy.map(parts::legal_entity),
        same_car: kin
            .same_car
            .iter()
            .map(|row| summary(row, told, now))
            .collect(),
        duplicates: kin.duplicates.iter().map(parts::duplicate).collect(),
        signing_answers: seen(prices, signing_answers, parts::signing_answer),
        analogues: kin.analogues.iter().map(parts::analogue).collect(),
    }
}

/// Nothing for those who may not see it.
fn seen<T, M>(sees: bool, values: &[T], message: impl Fn(&T) -> M) -> Vec<M> {
    if sees {
        values.iter().map(message).collect()
    } else {
        Vec::new()
    }
}

fn mismatch(mismatch: &IdentifierMismatch) -> pb::Mismatch {
    let IdentifierMismatch {
        source,
        expected,
        found,
    } = mismatch;
    pb::Mismatch {
        source: source.clone(),
        expected: expected.clone(),
        found: found.clone(),
    }
}

fn taken_in(intake: &Intake) -> pb::Intake {
    let Intake {
        counterparty: _,
        car: _,
        receipt: _,
        receipt_number,
        posted,
    } = intake;
    pb::Intake {
        receipt_number: receipt_number.clone().unwrap_or_default(),
        posted: *posted,
    }
}

fn message(message: &ChatMessage) -> pb::ChatMessage {
    let ChatMessage {
        number,
        author,
        text,
        at,
    } = message;
    pb::ChatMessage {
        number: *number,
        author: Some(person(author)),
        text: text.clone(),
        at: Some(time(*at)),
    }
}
