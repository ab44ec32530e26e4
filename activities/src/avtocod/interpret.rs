//! From the report's facts to findings, one check per registry.
//!
//! Everything is three-valued: a registry that did not answer, or whose block is absent or null, is
//! unknown. A fact that ends the deal counts even when its source reports an error beside it.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Finding, ReportResult};
use domain::file::FileRef;

use super::dto::{self, Content, SourceState};

const SOURCE: &str = "Авткод";
/// More owners than this are worth a look.
const USUAL_OWNERS: usize = 3;

/// A registry's kind, the partner's sources of it (one that answers is enough), what its block says.
type Registry = (
    CheckKind,
    &'static [&'static str],
    fn(&Content) -> Option<Judged>,
);

const REGISTRIES: [Registry; 7] = [
    (CheckKind::Wanted, &["gibdd.wanted"], wanted),
    (CheckKind::Restrictions, &["gibdd.restrict"], restrictions),
    (CheckKind::Accidents, &["gibdd.dtp"], accidents),
    (CheckKind::Registration, &["gibdd.history"], registration),
    // НБКИ is a credit bureau and does not speak for the registry of ФНП.
    (CheckKind::Pledge, &["pledge", "pledge.online"], pledge),
    (CheckKind::Epts, &["elpts.online"], super::passport::epts),
    (CheckKind::Taxi, &["av.taxi"], taxi),
];

/// What a block says.
#[derive(Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) outcome: CheckOutcome,
    pub(super) findings: Vec<Finding>,
}

impl Judged {
    pub(super) fn clear() -> Self {
        Self {
            outcome: CheckOutcome::Clear,
            findings: Vec::new(),
        }
    }

    /// Adds a finding; the worst outcome stays.
    pub(super) fn add(&mut self, outcome: CheckOutcome, code: &str, text: impl Into<String>) {
        if severity(outcome) > severity(self.outcome) {
            self.outcome = outcome;
        }
        self.findings.push(Finding::new(code, text));
    }
}

fn severity(outcome: CheckOutcome) -> u8 {
    match outcome {
        CheckOutcome::Clear => 0,
        CheckOutcome::Attention => 1,
        CheckOutcome::Unknown => 2,
        CheckOutcome::Removable => 3,
        CheckOutcome::Fatal => 4,
    }
}

pub(super) fn results(report: &dto::Report, at: DateTime<Utc>, raw: &FileRef) -> ReportResult {
    let results = REGISTRIES.map(|(kind, sources, judge)| {
        let silence = silence(report, sources);
        let judged = report.content.as_ref().and_then(judge);
        let Judged {
            outcome,
            mut findings,
        } = judged.unwrap_or(Judged {
            outcome: CheckOutcome::Unknown,
            findings: Vec::new(),
        });
        let (outcome, why) = match (outcome, silence) {
            (CheckOutcome::Fatal | CheckOutcome::Removable, _) => (outcome, None),
            (_, Some(why)) => (CheckOutcome::Unknown, Some(why)),
            (CheckOutcome::Unknown, None) if findings.is_empty() => (
                CheckOutcome::Unknown,
                Some("в отчёте нет ответа".to_owned()),
            ),
            (CheckOutcome::Unknown | CheckOutcome::Attention | CheckOutcome::Clear, None) => {
                (outcome, None)
            }
        };
        if let Some(why) = why {
            findings.push(Finding::new(
                "source.unavailable",
                format!("Источник не ответил: {why}."),
            ));
        }
        CheckResult {
            kind,
            outcome,
            findings,
            source: SOURCE.to_owned(),
            taken_at: at,
            raw: Some(raw.clone()),
        }
    });
    ReportResult {
        results: results.into(),
        market: None,
    }
}

/// The patience ended before the partner saw its own report.
pub(super) fn nothing(at: DateTime<Utc>) -> ReportResult {
    let unknown = |(kind, _, _): Registry| {
        CheckResult::unknown(kind, SOURCE, "Источник не ответил: отчёта ещё нет.", at)
    };
    ReportResult {
        results: REGISTRIES.map(unknown).into(),
        market: None,
    }
}

/// Nothing is believed of a report whose registry knows the car under another number; the pair is named.
pub(super) fn of_another(
    number: &str,
    asked: &str,
    at: DateTime<Utc>,
    raw: &FileRef,
) -> ReportResult {
    let text = format!("Номера не сходятся: в реестре «{number}», в сделке «{asked}».");
    let unknown = |(kind, _, _): Registry| CheckResult {
        kind,
        outcome: CheckOutcome::Unknown,
        findings: vec![Finding::new("registry.another", &text)],
        source: SOURCE.to_owned(),
        taken_at: at,
        raw: Some(raw.clone()),
    };
    ReportResult {
        results: REGISTRIES.map(unknown).into(),
        market: None,
    }
}

/// The number of another car that the report is about; `None` when it is about this one, or names none in
/// full.
pub(super) fn another(content: &Content, identifier: &str) -> Option<String> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect()
    };
    let Some(dto::Identifiers { vehicle }) = &content.identifiers else {
        return None;
    };
    let dto::VehicleIdentifiers { vin, body, chassis } = vehicle;
    let named: Vec<&String> = [vin, body, chassis]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty() && !text.contains('*'))
        .collect();
    let ours = named.iter().any(|text| plain(text) == plain(identifier));
    named.first().filter(|_| !ours).map(|text| (*text).clone())
}

/// Why none of the sources can be believed; `None` when one of them answered.
fn silence(report: &dto::Report, sources: &[&str]) -> Option<String> {
    let mut why = Vec::new();
    for id in sources {
        let found = report.state.sources.iter().find(|source| source.id == *id);
        let source = source_name(id);
        why.push(match found.map(|source| source.state) {
            Some(SourceState::Ok) => return None,
            Some(SourceState::Progress) => format!("{source}: ещё готовит ответ"),
            Some(SourceState::Error) => format!("{source}: ошибка источника"),
            Some(SourceState::Unknown) => format!("{source}: состояние неизвестно"),
            None => format!("{source}: не входит в отчёт"),
        });
    }
    Some(why.join(", "))
}

/// A source in words, by the partner's list of sources.
fn source_name(id: &str) -> &str {
    match id {
        "gibdd.wanted" => "розыск ГИБДД",
        "gibdd.restrict" => "ограничения ГИБДД",
        "gibdd.dtp" => "ДТП ГИБДД",
        "gibdd.history" => "регистрации ГИБДД",
        "pledge" => "реестр залогов",
        "pledge.online" => "реестр залогов онлайн",
        "elpts.online" => "ЭПТС",
        "av.taxi" => "реестр такси",
        other => other,
    }
}

/// A flag, else whether the list has anything; `None` when the block says neither.
fn any<T>(flag: Option<bool>, items: Option<&Vec<T>>) -> Option<bool> {
    match (flag, items) {
        (Some(true), _) => Some(true),
        (_, Some(items)) if !items.is_empty() => Some(true),
        (Some(false), _) => Some(false),
        (None, items) => items.map(|_| false),
    }
}

fn wanted(content: &Content) -> Option<Judged> {
    let block = content.stealings.as_ref()?;
    let mut judged = Judged::clear();
    if any(block.is_wanted, block.items.as_ref())? {
        let first = block.items.iter().flatten().next();
        let since = first
            .and_then(|item| item.date.as_ref()?.stealing.as_deref())
            .map(|at| format!(" с {}", date(at)));
        let region = first
            .and_then(|item| item.geo.as_ref()?.region.as_deref())
            .map(|region| format!(" ({region})"));
        judged.add(
            CheckOutcome::Fatal,
            "wanted",
            format!(
                "Автомобиль в розыске{}{}.",
                since.unwrap_or_default(),
                region.unwrap_or_default()
            ),
        );
    }
    Some(judged)
}

fn restrictions(content: &Content) -> Option<Judged> {
    let block = content
        .restrictions
        .as_ref()?
        .registration_actions
        .as_ref()?;
    let mut judged = Judged::clear();
    if !any(block.has_restrictions, block.items.as_ref())? {
        return Some(judged);
    }
    for item in block.items.iter().flatten() {
        let dto::Restriction {
            date: period,
            initiator,
            restrict,
        } = item;
        let kind = restrict
            .as_ref()
            .and_then(|restrict| restrict.kind.as_deref())
            .unwrap_or("Ограничение");
        let mut text = kind.to_owned();
        if let Some(start) = period.as_ref().and_then(|period| period.start.as_deref()) {
            text.push_str(&format!(" с {}", date(start)));
        }
        if let Some(name) = initiator.as_ref().and_then(|by| by.name.as_deref()) {
            text.push_str(&format!(", наложил: {name}"));
        }
        if let Some(number) = restrict
            .as_ref()
            .and_then(|restrict| restrict.executive_procedure.as_deref())
        {
            text.push_str(&format!(", производство {number}"));
        }
        let lower = kind.to_lowercase();
        let outcome = if ["утилиз", "аннулир"].iter().any(|end| lower.contains(end)) {
            CheckOutcome::Fatal
        } else {
            CheckOutcome::Removable
        };
        judged.add(outcome, "restrictions.registration", text + ".");
    }
    if judged.findings.is_empty() {
        judged.add(
            CheckOutcome::Removable,
            "restrictions.registration",
            "Есть запрет на регистрационные действия.",
        );
    }
    Some(judged)
}

fn accidents(content: &Content) -> Option<Judged> {
    let block = content.accidents.as_ref()?;
    let items = block.history.as_ref().and_then(|h| h.items.as_ref());
    let mut judged = Judged::clear();
    if !any(block.has_accidents, items)? {
        return Some(judged);
    }
    for dto::Accident {
        accident,
        kind,
        state,
        damage,
    } in items.into_iter().flatten()
    {
        let mut text = "ДТП".to_owned();
        if let Some(at) = accident.as_ref().and_then(|a| a.date.as_deref()) {
            text.push_str(&format!(" {}", date(at)));
        }
        let damage = damage.as_ref().and_then(|damage| damage.raw.as_deref());
        for part in [kind.as_deref(), state.as_deref(), damage]
            .into_iter()
            .flatten()
        {
            text.push_str(&format!(", {part}"));
        }
        judged.add(CheckOutcome::Attention, "accidents.gibdd", text + ".");
    }
    if judged.findings.is_empty() {
        judged.add(
            CheckOutcome::Attention,
            "accidents.gibdd",
            "Есть сведения о ДТП, подробностей нет.",
        );
    }
    Some(judged)
}

/// Periods of ownership, and what makes a sale impossible though no registry forbids it.
fn registration(content: &Content) -> Option<Judged> {
    let periods = content.ownership.as_ref()?.history.as_ref()?;
    let periods = periods.items.as_ref()?;
    let mut judged = Judged::clear();
    let utilized = content.utilizations.as_ref().and_then(|u| u.was_utilized);
    if utilized == Some(true) {
        judged.add(
            CheckOutcome::Fatal,
            "registration.utilized",
            "Автомобиль утилизирован.",
        );
    }
    if periods.len() > USUAL_OWNERS {
        judged.add(
            CheckOutcome::Attention,
            "registration.many_owners",
            format!("Периодов владения: {}.", periods.len()),
        );
    }
    let open = periods.iter().any(|period| match &period.date {
        Some(dto::Period { start: _, end }) => end.is_none(),
        None => false,
    });
    if !open {
        judged.add(
            CheckOutcome::Attention,
            "registration.off",
            "Открытого периода владения нет: автомобиль может быть снят с учёта.",
        );
    }
    let leased = content.leasings.as_ref().is_some_and(|leasings| {
        leasings
            .items
            .iter()
            .any(|item| item.in_leasing == Some(true))
    });
    if leased {
        judged.add(
            CheckOutcome::Attention,
            "registration.leasing",
            "Автомобиль в реестре лизинга: продавец может не быть собственником.",
        );
    }
    Some(judged)
}

fn pledge(content: &Content) -> Option<Judged> {
    let registry = [&content.pledges, &content.pledges_online];
    let answers: Vec<Option<bool>> = registry.into_iter().flatten().map(in_pledge).collect();
    let bureau = content.pledges_nbki.as_ref().and_then(in_pledge);
    let mut judged = Judged::clear();
    if bureau == Some(true) {
        judged.add(
            CheckOutcome::Fatal,
            "pledge.nbki",
            "Автомобиль в залоге по данным НБКИ.",
        );
    }
    if answers.contains(&Some(true)) {
        let named = registry
            .into_iter()
            .flatten()
            .filter(|block| in_pledge(block) == Some(true))
            .flat_map(|block| block.items.iter().flatten())
            .find(|item| item.in_pledge != Some(false));
        let number = named
            .and_then(|item| item.number.as_deref())
            .map(|number| format!(", уведомление {number}"));
        let since = named
            .and_then(|item| item.date.as_ref()?.event.as_deref())
            .map(|at| format!(" от {}", date(at)));
        judged.add(
            CheckOutcome::Fatal,
            "pledge.fnp",
            format!(
                "Автомобиль в залоге{}{}.",
                number.unwrap_or_default(),
                since.unwrap_or_default()
            ),
        );
    }
    let known = judged.outcome == CheckOutcome::Fatal || answers.contains(&Some(false));
    known.then_some(judged)
}

/// `None` when neither the block nor its records say.
fn in_pledge(block: &dto::Pledges) -> Option<bool> {
    let items = block.items.as_ref();
    let of_items = || items.into_iter().flatten().map(|item| item.in_pledge);
    if block.in_pledge == Some(true) || of_items().any(|flag| flag == Some(true)) {
        return Some(true);
    }
    if block.in_pledge == Some(false) {
        return Some(false);
    }
    // A record that does not say whether it still holds may hold.
    items.and_then(|_| of_items().all(|flag| flag == Some(false)).then_some(false))
}

fn taxi(content: &Content) -> Option<Judged> {
    let block = content.taxi.as_ref()?;
    let items = block.history.as_ref().and_then(|h| h.items.as_ref());
    let mut judged = Judged::clear();
    if any(block.used_in_taxi, items)? {
        let newest = items.into_iter().flatten().next_back();
        let place = newest
            .and_then(|license| license.city.as_ref()?.name.as_deref())
            .map(|city| format!(" ({city})"));
        let period = newest.and_then(|license| license.date.as_ref());
        let since = period
            .and_then(|period| period.start.as_deref())
            .map(|at| format!(" с {}", date(at)));
        let until = period
            .and_then(|period| period.end.as_deref())
            .map(|at| format!(" до {}", date(at)));
        judged.add(
            CheckOutcome::Attention,
            "use.taxi",
            format!(
                "Работал в такси{}{}{}.",
                place.unwrap_or_default(),
                since.unwrap_or_default(),
                until.unwrap_or_default()
            ),
        );
    }
    let shared = content
        .carsharing
        .as_ref()
        .and_then(|c| c.used_in_carsharing);
    if shared == Some(true) {
        judged.add(
            CheckOutcome::Attention,
            "use.carsharing",
            "Был в каршеринге.",
        );
    }
    Some(judged)
}

/// "2014-02-06 00:00:00" as a Russian date; whatever else as it is.
fn date(text: &str) -> String {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .map_or_else(|_| text.to_owned(), |at| at.format("%d.%m.%Y").to_string())
}
