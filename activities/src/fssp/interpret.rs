//! From proceedings to a check.

use chrono::{DateTime, Utc};
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Finding, ReportResult};
use domain::file::FileRef;
use domain::money::Money;

use super::dto::{Amount, Proceeding};

const SOURCE: &str = "ФССП";
/// More proceedings than this are counted, not listed.
const LISTED: usize = 10;

pub(super) fn without_birthdate(at: DateTime<Utc>) -> ReportResult {
    let why = "Не спрашивали: в сделке нет даты рождения продавца, без неё ответ был бы о тёзках.";
    ReportResult {
        results: vec![CheckResult::unknown(CheckKind::Bailiffs, SOURCE, why, at)],
        market: None,
    }
}

/// A debt is a reason to look: a ban on the car itself comes from the registry of ГИБДД.
pub(super) fn result(found: &[Proceeding], at: DateTime<Utc>, raw: FileRef) -> ReportResult {
    let mut findings = Vec::new();
    if !found.is_empty() {
        let owed: Vec<Option<Money>> = found.iter().map(owed).collect();
        let total: Money = owed.iter().flatten().sum();
        let untold = owed.iter().filter(|owed| owed.is_none()).count();
        let untold = match untold {
            0 => String::new(),
            count => format!(", без суммы: {count}"),
        };
        findings.push(Finding::new(
            "bailiffs.proceedings",
            format!(
                "Исполнительных производств: {}, остаток долга {total}{untold}.",
                found.len()
            ),
        ));
    }
    findings.extend(found.iter().take(LISTED).map(proceeding));
    let outcome = match findings.is_empty() {
        true => CheckOutcome::Clear,
        false => CheckOutcome::Attention,
    };
    ReportResult {
        results: vec![CheckResult {
            kind: CheckKind::Bailiffs,
            outcome,
            findings,
            source: SOURCE.to_owned(),
            taken_at: at,
            raw: Some(raw),
        }],
        market: None,
    }
}

fn proceeding(found: &Proceeding) -> Finding {
    let Proceeding {
        nomer,
        ddd,
        predmet,
        summa: _,
        ostatok: _,
    } = found;
    let mut text = format!("Производство {nomer}");
    if let Some(date) = ddd {
        text.push_str(&format!(" от {date}"));
    }
    if let Some(subject) = predmet.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        text.push_str(&format!(": {}", subject.trim_end_matches('.')));
    }
    if let Some(owed) = owed(found) {
        text.push_str(&format!(", остаток {owed}"));
    }
    Finding::new("bailiffs.proceeding", text + ".")
}

/// What is still owed, else the whole sum; `None` when neither is an amount.
fn owed(found: &Proceeding) -> Option<Money> {
    let amount = |amount: &Amount| match amount {
        Amount::Text(text) => Money::parse_partner(text).ok(),
        // The partner's float has kopecks at most; rounding repairs its binary form.
        Amount::Number(number) => Some(Money::from_kopecks((number * 100.0).round() as i64)),
    };
    let left = found.ostatok.as_ref().and_then(amount);
    left.or_else(|| found.summa.as_ref().and_then(amount))
}
