//! Parts of a run as screens see them.

use chrono::{DateTime, Duration, Utc};
use domain::buyout::action::{VisitProgress, VisitReport};
use domain::buyout::signing::{SigningAnswer, SigningWord};
use domain::buyout::state::{self, Buyout, RecordedAnswer};
use domain::car::{CarClaim, Client, Deal};
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Market};
use domain::document::MadeDocument;
use domain::inspection::PhotoReuse;
use domain::offer::{ClientAnswer, Offer};
use domain::payment::Payment;
use domain::policy::BuyoutPolicy;
use domain::vin::{CarIdentifier, CheckDigit, Vin};
use proto::kite::buyout::v1 as pb;
use store::{Analogue, Duplicate, DuplicateKind};

use crate::convert::common::{file, money, person, time};
use crate::convert::task;

pub(super) fn car(buyout: &Buyout) -> Option<pb::Car> {
    let CarClaim {
        identifier,
        plate,
        make,
        model,
        year,
    } = &buyout.deal.as_ref()?.car;
    Some(pb::Car {
        make: make.clone(),
        model: model.clone(),
        year: u32::from(*year),
        identifier: identifier.as_str().to_owned(),
        plate: plate.as_ref().map(ToString::to_string).unwrap_or_default(),
        identifier_warning: match identifier {
            CarIdentifier::Vin(vin) => vin_warning(vin).unwrap_or_default(),
            CarIdentifier::Frame(_) => String::new(),
        },
        mileage_km: buyout
            .last_inspection()
            .map(|done| done.inspection.mileage_km)
            .unwrap_or_default(),
    })
}

/// Only where the maker's country prescribes the digit: elsewhere good numbers fail it.
fn vin_warning(vin: &Vin) -> Option<String> {
    match vin.check_digit() {
        CheckDigit::Invalid { has, expected } if vin.check_digit_required() => Some(format!(
            "Контрольный знак VIN (девятый) не сходится: стоит «{has}», должен быть «{expected}». Сверьте с ПТС или СТС."
        )),
        CheckDigit::Invalid { .. } | CheckDigit::Valid => None,
    }
}

pub(super) fn client(deal: &Deal) -> pb::Client {
    let Client {
        contact_id: _,
        last_name: _,
        first_name: _,
        middle_name: _,
        birthdate: _,
        phone,
        email,
    } = &deal.client;
    pb::Client {
        name: deal.client.full_name(),
        phone: phone
            .as_ref()
            .map(|phone| phone.digits().to_owned())
            .unwrap_or_default(),
        email: email.clone().unwrap_or_default(),
        consent: deal.consent,
    }
}

pub(super) fn visit(deal: &Deal, progress: &VisitProgress) -> pb::Visit {
    let domain::car::Visit {
        city,
        address,
        at,
        place: _,
    } = &deal.visit;
    // The moves are told by the events.
    let VisitProgress { reported, moves: _ } = progress;
    let (status, status_at) = match reported {
        Some(VisitReport { status, by: _, at }) => (status.to_string(), Some(time(*at))),
        None => (String::new(), None),
    };
    pb::Visit {
        city: city.clone(),
        address: address.clone(),
        at: at.map(time),
        status,
        status_at,
    }
}

pub(super) fn signing_answer(answer: &SigningAnswer) -> pb::SigningAnswer {
    let SigningAnswer {
        contract: _,
        word,
        at,
    } = answer;
    let (answer, text) = match word {
        SigningWord::Ready => ("READY", String::new()),
        SigningWord::Remark { text } => ("REMARK", text.clone()),
    };
    pb::SigningAnswer {
        answer: answer.to_owned(),
        text,
        at: Some(time(*at)),
    }
}

pub(super) fn answer(answer: &RecordedAnswer) -> pb::RecordedAnswer {
    let RecordedAnswer {
        round,
        answer,
        source,
        by,
        at,
    } = answer;
    let (kind, amount, reason) = match answer {
        ClientAnswer::Accept => ("ACCEPT", None, ""),
        ClientAnswer::Counter { amount } => ("COUNTER", Some(*amount), ""),
        ClientAnswer::Decline { reason } => ("DECLINE", None, reason.as_str()),
        ClientAnswer::Think => ("THINK", None, ""),
    };
    pb::RecordedAnswer {
        round: *round,
        answer: kind.to_owned(),
        amount: amount.map(money),
        reason: reason.to_owned(),
        source: source.to_string(),
        by: by.as_ref().map(person),
        at: Some(time(*at)),
    }
}

pub(super) fn price_approval(approval: &state::PriceApproval) -> pb::PriceApproval {
    let state::PriceApproval {
        reasons,
        approved,
        by,
        comment,
        at,
    } = approval;
    pb::PriceApproval {
        approved: *approved,
        by: Some(person(by)),
        comment: comment.clone(),
        reasons: reasons.clone(),
        at: Some(time(*at)),
    }
}

pub(super) fn photo_reuse(reuse: &PhotoReuse) -> pb::PhotoReuse {
    let PhotoReuse { file, buyout } = reuse;
    pb::PhotoReuse {
        file_id: file.clone(),
        buyout_id: buyout.clone(),
    }
}

pub(super) fn limits(policy: &BuyoutPolicy) -> pb::Limits {
    let domain::policy::Limits {
        price_without_approval,
        market_deviation_bp,
        sbp_max,
        check_freshness_secs,
        bargain_rounds,
        paper_rounds: _,
        photo_km: _,
    } = &policy.limits;
    pb::Limits {
        price_without_approval: Some(money(*price_without_approval)),
        market_deviation_bp: *market_deviation_bp,
        sbp_max: Some(money(*sbp_max)),
        check_freshness_secs: *check_freshness_secs,
        bargain_rounds: *bargain_rounds,
        policy_version: policy.version,
        offer_valid_secs: policy.deadlines.offer_valid_secs,
    }
}

pub(super) fn legal_entity(policy: &BuyoutPolicy) -> pb::LegalEntity {
    let domain::policy::LegalEntity {
        id,
        name,
        inn,
        kpp: _,
        ogrn: _,
        address: _,
        signatory: _,
        signatory_basis: _,
        account: _,
        bic: _,
    } = &policy.legal_entity;
    pb::LegalEntity {
        id: id.clone(),
        name: name.clone(),
        inn: inn.clone(),
    }
}

pub(super) fn duplicate(duplicate: &Duplicate) -> pb::Duplicate {
    let Duplicate {
        buyout,
        deal_id,
        kind,
        stage,
        started_at,
    } = duplicate;
    let what = match kind {
        DuplicateKind::SameCar => "Этот же автомобиль",
        DuplicateKind::SameRecipient => "Тот же получатель",
        DuplicateKind::SameRequisites => "Те же реквизиты",
    };
    pb::Duplicate {
        buyout_id: buyout.0.clone(),
        kind: kind.to_string(),
        text: format!(
            "{what}: сделка {deal_id} от {}, {}.",
            started_at.format("%d.%m.%Y"),
            stage.title_ru().to_lowercase()
        ),
    }
}

pub(super) fn analogue(analogue: &Analogue) -> pb::Analogue {
    let Analogue {
        buyout,
        car,
        mileage_km,
        buyout_price,
        forecast_price,
        at,
    } = analogue;
    pb::Analogue {
        buyout_id: buyout.0.clone(),
        car: car.clone(),
        mileage_km: mileage_km.unwrap_or_default(),
        buyout_price: Some(money(*buyout_price)),
        forecast_price: Some(money(*forecast_price)),
        at: Some(time(*at)),
    }
}

/// A result that money may not move by: the source did not say, or said it too long ago. How old it may be
/// is said by the policy that the run keeps.
pub(super) fn check(
    result: &CheckResult,
    policy: Option<&BuyoutPolicy>,
    now: DateTime<Utc>,
) -> pb::Check {
    let old = policy.is_some_and(|policy| {
        let limit = i64::try_from(policy.limits.check_freshness_secs).unwrap_or(i64::MAX);
        Duration::try_seconds(limit).is_some_and(|limit| !result.is_fresh(now, limit))
    });
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
        stale: old || *outcome == CheckOutcome::Unknown,
    }
}

pub(super) fn market(market: &Market, checks: &[CheckResult]) -> pb::Market {
    let taken_at = checks
        .iter()
        .find(|check| check.kind == CheckKind::Market && check.outcome != CheckOutcome::Unknown)
        .map(|check| time(check.taken_at));
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
        taken_at,
    }
}

pub(super) fn appraisal(buyout: &Buyout) -> Option<pb::Appraisal> {
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

pub(super) fn offer(offer: &Offer) -> pb::Offer {
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

pub(super) fn document(document: &MadeDocument) -> pb::Document {
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

pub(super) fn payment(payment: &Payment) -> pb::Payment {
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
