//! What the odometer showed over the years.

use chrono::DateTime;
use chrono_tz::Europe::Moscow;
use domain::checks::Finding;

use super::dto;

/// Sources round, and a typist errs in the last digits: a smaller step back is no finding.
const TOLERANCE_KM: i64 = 1_000;

/// The odometer at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    /// Unix seconds.
    pub(super) at: i64,
    pub(super) km: i64,
}

/// All dated readings of a report, oldest first. The partner writes 0 where a source has none.
pub(super) fn readings(data: &dto::Data) -> Vec<Reading> {
    let others = data
        .events_others_history
        .iter()
        .map(|event| (event.date, event.mileage));
    let inspections = data
        .tech_inspection_history
        .events
        .iter()
        .map(|event| (event.start_date, event.mileage));
    let diagnostics = data
        .diagnostics
        .events
        .iter()
        .map(|event| (event.created_at, event.mileage));
    let mut readings: Vec<Reading> = others
        .chain(inspections)
        .chain(diagnostics)
        .filter_map(|(at, km)| {
            Some(Reading {
                at: at?,
                km: km.filter(|km| *km > 0)?,
            })
        })
        .collect();
    readings.sort_unstable();
    readings
}

/// Steps back: in the history itself, and against what the inspector saw. `last` is the partner's own
/// newest record, which has no date; `inspected_km` of 0 says that nobody has looked yet.
pub(super) fn findings(readings: &[Reading], last: Option<i64>, inspected_km: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((before, after)) = largest_step_back(readings) {
        findings.push(Finding::new(
            "mileage.rolled_back",
            format!(
                "Пробег уменьшался: {} было {}, {} стало {}.",
                date(before.at),
                kilometres(before.km),
                date(after.at),
                kilometres(after.km)
            ),
        ));
    }
    let most = readings.iter().map(|r| r.km).chain(last).max();
    let inspected = i64::from(inspected_km);
    if let Some(most) = most.filter(|most| inspected > 0 && *most > inspected) {
        findings.push(Finding::new(
            "mileage.below_history",
            format!(
                "На осмотре {}, а в истории было {}: пробег мог быть скручен.",
                kilometres(inspected),
                kilometres(most)
            ),
        ));
    }
    findings
}

fn largest_step_back(readings: &[Reading]) -> Option<(Reading, Reading)> {
    let mut most = *readings.first()?;
    let mut largest: Option<(Reading, Reading)> = None;
    for reading in readings {
        let step = most.km - reading.km;
        if step > largest.map_or(TOLERANCE_KM, |(before, after)| before.km - after.km) {
            largest = Some((most, *reading));
        }
        if reading.km > most.km {
            most = *reading;
        }
    }
    largest
}

/// Unix seconds as a date of Moscow, where the partner's days begin.
pub(super) fn date(at: i64) -> String {
    DateTime::from_timestamp(at, 0).map_or_else(
        || "дата неизвестна".to_owned(),
        |at| at.with_timezone(&Moscow).format("%d.%m.%Y").to_string(),
    )
}

fn kilometres(km: i64) -> String {
    let digits = km.to_string();
    let mut text = String::with_capacity(digits.len() + 8);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text + "\u{a0}км"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings_of(kilometres: &[i64]) -> Vec<Reading> {
        (0..)
            .zip(kilometres)
            .map(|(year, km)| Reading {
                at: 1_577_880_000 + year * 31_536_000,
                km: *km,
            })
            .collect()
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|f| f.code.as_str()).collect()
    }

    #[test]
    fn a_growing_history_below_the_inspection_is_clean() {
        let history = readings_of(&[20_000, 45_000, 44_500, 70_000]);
        assert_eq!(findings(&history, Some(70_000), 71_000), []);
        assert_eq!(findings(&history, None, 0), []);
        assert_eq!(findings(&[], None, 10), []);
    }

    #[test]
    fn the_largest_step_back_is_told_with_both_moments() {
        let history = readings_of(&[20_000, 120_000, 60_000, 118_000]);
        let found = findings(&history, None, 130_000);
        assert_eq!(codes(&found), ["mileage.rolled_back"]);
        assert_eq!(
            found[0].text,
            "Пробег уменьшался: 31.12.2020 было 120\u{a0}000\u{a0}км, 31.12.2021 стало 60\u{a0}000\u{a0}км."
        );
    }

    #[test]
    fn an_inspection_below_the_history_is_a_finding_also_by_the_undated_record() {
        let history = readings_of(&[20_000, 98_000]);
        let found = findings(&history, None, 60_000);
        assert_eq!(codes(&found), ["mileage.below_history"]);
        let found = findings(&[], Some(98_000), 97_999);
        assert_eq!(codes(&found), ["mileage.below_history"]);
        assert!(
            found[0].text.contains("97\u{a0}999\u{a0}км"),
            "{}",
            found[0].text
        );
    }
}
