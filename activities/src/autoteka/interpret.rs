//! From the report's facts to findings.

use chrono::{DateTime, Utc};
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Finding, Market, ReportResult};
use domain::file::FileRef;
use domain::money::Money;

use super::dto::{self, BlockStatus};
use super::mileage::{self, date};

pub(super) const SOURCE: &str = "Автотека";

/// More owners than this are worth a look.
const USUAL_OWNERS: usize = 3;
/// Owner of the type "organisation" in a report.
const ORGANISATION: i64 = 2;
/// Events after which a body was repaired or should have been.
const DAMAGE_EVENTS: [&str; 4] = [
    "accident",
    "bodyRepair",
    "emergencyCommissionerCall",
    "repairCalculation",
];

/// A report that has nothing at all about the car.
pub(super) fn no_history(taken_at: DateTime<Utc>) -> ReportResult {
    let why = "Автотека не нашла этого автомобиля.";
    ReportResult {
        results: vec![CheckResult::unknown(
            CheckKind::History,
            SOURCE,
            why,
            taken_at,
        )],
        market: None,
    }
}

/// A report as the result of one check. A block that is incomplete or missing makes the whole result
/// unknown: what else was found stays in it.
///
/// `taken_at` is when the report was bought: its facts are not fresher.
pub(super) fn history(
    data: &dto::Data,
    inspected_km: u32,
    taken_at: DateTime<Utc>,
    raw: FileRef,
) -> ReportResult {
    let silent = silent_blocks(data);
    let mut findings = Vec::new();
    restrictions(data, &mut findings);
    let last = data
        .events
        .as_ref()
        .and_then(|events| events.last_mileage_record.as_ref())
        .and_then(|record| record.value);
    findings.extend(mileage::findings(
        &mileage::readings(data),
        last,
        inspected_km,
    ));
    owners(data, &mut findings);
    accidents(data, &mut findings);
    commercial_use(data, taken_at, &mut findings);
    papers(data, &mut findings);
    let outcome = match (silent.is_empty(), findings.is_empty()) {
        (false, _) => CheckOutcome::Unknown,
        (true, false) => CheckOutcome::Attention,
        (true, true) => CheckOutcome::Clear,
    };
    if !silent.is_empty() {
        findings.push(Finding::new(
            "source.incomplete",
            format!("Отчёт неполный, нет данных: {}.", silent.join(", ")),
        ));
    }
    ReportResult {
        results: vec![CheckResult {
            kind: CheckKind::History,
            outcome,
            findings,
            source: SOURCE.to_owned(),
            taken_at,
            raw: Some(raw),
        }],
        market: None,
    }
}

/// Blocks that did not answer, in words; a block that the partner always sends and did not is one.
fn silent_blocks(data: &dto::Data) -> Vec<String> {
    let mut silent = Vec::new();
    match &data.restrictions {
        Some(dto::Restrictions {
            registration,
            stealing,
            pledge,
        }) => {
            for (block, title) in [
                (registration, "ограничения на регистрацию"),
                (stealing, "розыск"),
                (pledge, "залог"),
            ] {
                match block.status {
                    BlockStatus::Ok | BlockStatus::Warning => {}
                    BlockStatus::Incomplete | BlockStatus::Unknown => silent.push(title.to_owned()),
                }
            }
        }
        None => silent.push("ограничения".to_owned()),
    }
    if data.registration_actions.is_none() {
        silent.push("владельцы".to_owned());
    }
    if data.accidents.is_none() {
        silent.push("ДТП".to_owned());
    }
    match &data.service_info {
        Some(info) => match info.report_complete_status.status {
            BlockStatus::Ok => {}
            BlockStatus::Warning | BlockStatus::Incomplete | BlockStatus::Unknown => {
                let named = &info.report_complete_status.unavailable_sources;
                if named.is_empty() && silent.is_empty() {
                    silent.push("часть источников".to_owned());
                }
                for name in named.iter().map(source_name) {
                    if !silent.contains(&name) {
                        silent.push(name);
                    }
                }
            }
        },
        None => silent.push("сведения о полноте отчёта".to_owned()),
    }
    silent
}

/// A source in words; one that we do not know says its own name.
fn source_name(source: &dto::UnavailableSource) -> String {
    let name = match source {
        dto::UnavailableSource::Name(name) => Some(name),
        dto::UnavailableSource::Described { data_type, source } => {
            data_type.as_ref().or(source.as_ref())
        }
    };
    let Some(name) = name else {
        return "источник без названия".to_owned();
    };
    match name.as_str() {
        "registration" => "ограничения на регистрацию",
        "stealing" => "розыск",
        "pledge" => "залог",
        "taxi" => "такси",
        "owners" | "ownersHistory" => "владельцы",
        "accidents" | "crashesHistory" => "ДТП",
        "restrictions" => "ограничения",
        "epts" => "ЭПТС",
        other => other,
    }
    .to_owned()
}

/// The registries themselves are asked through Avtocod; a mark here that they do not confirm must be
/// seen by a person, and does not end the deal by itself.
fn restrictions(data: &dto::Data, findings: &mut Vec<Finding>) {
    let Some(dto::Restrictions {
        registration,
        stealing,
        pledge,
    }) = &data.restrictions
    else {
        return;
    };
    for (block, code, text) in [
        (
            stealing,
            "restrictions.stealing",
            "В отчёте есть сведения о розыске. Сверьте с ответом ГИБДД.",
        ),
        (
            registration,
            "restrictions.registration",
            "В отчёте есть ограничения на регистрацию. Сверьте с ответом ГИБДД.",
        ),
        (
            pledge,
            "restrictions.pledge",
            "В отчёте есть сведения о залоге. Сверьте с реестром залогов.",
        ),
    ] {
        if block.status == BlockStatus::Warning {
            findings.push(Finding::new(code, text));
        }
    }
}

fn owners(data: &dto::Data, findings: &mut Vec<Finding>) {
    let Some(actions) = &data.registration_actions else {
        return;
    };
    let count = actions.owners_history.len();
    if count > USUAL_OWNERS {
        findings.push(Finding::new("owners.many", format!("Владельцев: {count}.")));
    }
    let organisations = actions
        .owners_history
        .iter()
        .filter(|owner| owner.kind == ORGANISATION)
        .count();
    if organisations > 0 {
        findings.push(Finding::new(
            "owners.organisation",
            format!("Среди владельцев юридические лица: {organisations}."),
        ));
    }
}

fn accidents(data: &dto::Data, findings: &mut Vec<Finding>) {
    for crash in data.accidents.iter().flat_map(|a| &a.crashes_history) {
        let mut text = format!("ДТП {}", date(crash.date));
        for part in [&crash.kind, &crash.region] {
            if !part.is_empty() {
                text.push_str(", ");
                text.push_str(part);
            }
        }
        let damage: Vec<&str> = crash
            .damage_types
            .iter()
            .map(|damage| damage.description.trim())
            .filter(|description| !description.is_empty())
            .collect();
        if !damage.is_empty() {
            text.push_str(": ");
            text.push_str(&damage.join(", "));
        }
        findings.push(Finding::new("accidents.crash", text + "."));
    }
    let repairs: Vec<&dto::HistoryEvent> = data
        .events_others_history
        .iter()
        .filter(|event| DAMAGE_EVENTS.contains(&event.kind.as_str()))
        .collect();
    if let Some(newest) = repairs.iter().max_by_key(|event| event.date) {
        let when = newest.date.map(date).unwrap_or_default();
        findings.push(Finding::new(
            "accidents.repairs",
            format!(
                "Ремонты и расчёты ремонта: {}, последний {when} ({}).",
                repairs.len(),
                newest.source
            ),
        ));
    }
    if !data.insurance_payments.is_empty() {
        let total: Money = data
            .insurance_payments
            .iter()
            // The partner's float has kopecks at most; rounding repairs its binary form.
            .map(|payment| Money::from_kopecks((payment.payment_amount * 100.0).round() as i64))
            .sum();
        let last = data.insurance_payments.iter().filter_map(|p| p.year).max();
        let last = last.map(|year| format!(", последняя в {year} году"));
        findings.push(Finding::new(
            "accidents.insurance_payments",
            format!("Страховые выплаты на {total}{}.", last.unwrap_or_default()),
        ));
    }
    if !data.salvage_car_auction_records.is_empty() {
        findings.push(Finding::new(
            "accidents.salvage_auction",
            "Продавался на аукционе битых автомобилей.",
        ));
    }
}

fn commercial_use(data: &dto::Data, at: DateTime<Utc>, findings: &mut Vec<Finding>) {
    for permit in &data.taxi_data.events {
        let until = match (permit.is_actual, permit.date_to) {
            (true, _) => "разрешение действует".to_owned(),
            (false, Some(until)) => format!("разрешение до {}", date(until)),
            (false, None) => "разрешение не действует".to_owned(),
        };
        let from = permit.date_from.map(|from| format!(" с {}", date(from)));
        findings.push(Finding::new(
            "use.taxi",
            format!(
                "Такси: {}{}, {until}.",
                permit.region_name,
                from.unwrap_or_default()
            ),
        ));
    }
    if !data.carsharing_data.events.is_empty() {
        findings.push(Finding::new("use.carsharing", "Был в каршеринге."));
    }
    let leased = |contract: &dto::LeasingContract| match contract.end_date {
        Some(end) => end > at.timestamp(),
        None => true,
    };
    if data.leasing.contracts.iter().any(leased) {
        findings.push(Finding::new(
            "use.leasing",
            "Договор лизинга не окончен: продавец может не быть собственником.",
        ));
    } else if !data.leasing.contracts.is_empty() {
        findings.push(Finding::new("use.leased_before", "Был в лизинге."));
    }
}

fn papers(data: &dto::Data, findings: &mut Vec<Finding>) {
    for fact in &data.other {
        if fact.status != BlockStatus::Ok && fact.kind == "originalPTS" {
            findings.push(Finding::new("papers.duplicate", "ПТС — дубликат."));
        }
    }
    if let Some(epts) = &data.epts {
        let status = epts.status.trim();
        if !status.is_empty() && status.to_lowercase() != "действующий" {
            findings.push(Finding::new(
                "papers.epts",
                format!("Статус электронного паспорта: {status}."),
            ));
        }
    }
}

/// Market prices. `owners` is `None` when the price is for the largest number of owners because nobody
/// knows theirs; `year` is the deal's, the partner may have another.
pub(super) fn market(
    valuation: &dto::Valuation,
    owners: Option<usize>,
    years: (u16, &str),
    taken_at: DateTime<Utc>,
    raw: FileRef,
) -> ReportResult {
    let average = Money::from_rubles(valuation.avg_price_with_condition);
    let range = valuation.market_normal_price_range.as_ref();
    let bound = |advertised: Option<i64>, normal: Option<i64>| {
        normal.or(advertised).map_or(average, Money::from_rubles)
    };
    let mut findings = Vec::new();
    if owners.is_none() {
        findings.push(Finding::new(
            "market.owners_unknown",
            "Число владельцев неизвестно: цена взята для наибольшего.",
        ));
    }
    let (claimed, known) = years;
    if claimed.to_string() != known {
        findings.push(Finding::new(
            "market.year_differs",
            format!("В сделке год {claimed}, по номеру автомобиля {known}: цена для {known}."),
        ));
    }
    let outcome = match findings.is_empty() {
        true => CheckOutcome::Clear,
        false => CheckOutcome::Attention,
    };
    ReportResult {
        results: vec![CheckResult {
            kind: CheckKind::Market,
            outcome,
            findings,
            source: SOURCE.to_owned(),
            taken_at,
            raw: Some(raw),
        }],
        market: Some(Market {
            average,
            min: bound(valuation.min_price, range.map(|range| range.min)),
            max: bound(valuation.max_price, range.map(|range| range.max)),
            items: valuation.items_count.unwrap_or_default(),
            days_on_market: None,
        }),
    }
}

/// No price, and why.
pub(super) fn no_market(why: &str, taken_at: DateTime<Utc>) -> ReportResult {
    ReportResult {
        results: vec![CheckResult::unknown(
            CheckKind::Market,
            SOURCE,
            why,
            taken_at,
        )],
        market: None,
    }
}
