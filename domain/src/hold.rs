//! A partner on hold: its calls wait instead of failing, and the clocks of those who wait for it stand still.
//!
//! Ops hold a partner by hand; its circuit holds it by itself when an outage shows. Both may be in force at
//! once, and each is released for itself.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::calendar::WorkingCalendar;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum HoldCause {
    /// A person holds it, and a person releases it.
    Ops,
    /// It failed so often that calls cease; a call every now and then finds out when it is back.
    Circuit,
}

impl HoldCause {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Ops => "остановлен сопровождением",
            Self::Circuit => "остановлен из-за сбоев",
        }
    }
}

/// A time during which a partner was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldTime {
    pub from: DateTime<Utc>,
    /// `None`: it still is.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
}

/// How much of the time between two moments a partner was held: by the calendar's working time, else by the
/// clock. Holds that overlap count once.
pub fn held_between(
    holds: &[HeldTime],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    calendar: Option<&WorkingCalendar>,
) -> Duration {
    let mut parts: Vec<(DateTime<Utc>, DateTime<Utc>)> = holds
        .iter()
        .map(|hold| (hold.from.max(from), hold.to.unwrap_or(to).min(to)))
        .filter(|(begin, end)| begin < end)
        .collect();
    parts.sort();
    let mut sum = Duration::zero();
    let mut counted = from;
    for (begin, end) in parts {
        let begin = begin.max(counted);
        if begin < end {
            sum += match calendar {
                Some(calendar) => calendar.working_between(begin, end),
                None => end - begin,
            };
            counted = end;
        }
    }
    sum
}

/// When failures are an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitRule {
    /// So many calls one after another found the partner away.
    pub failures: usize,
    /// They were of so many different runs: a partner that fails on one request alone is no outage.
    pub runs: usize,
    /// All of them within this time.
    pub within: Duration,
}

/// Watches the calls to one partner.
#[derive(Debug, Clone, Default)]
pub struct Circuit {
    /// Calls that found it away since the last answer, the oldest first, with their runs.
    away: VecDeque<(DateTime<Utc>, String)>,
}

impl Circuit {
    pub fn answered(&mut self) {
        self.away.clear();
    }

    /// A call found the partner away. Whether that makes it an outage.
    pub fn away(&mut self, rule: &CircuitRule, run: &str, at: DateTime<Utc>) -> bool {
        self.away.push_back((at, run.to_owned()));
        while self.away.len() > rule.failures.max(1)
            || self
                .away
                .front()
                .is_some_and(|(first, _)| at - *first > rule.within)
        {
            self.away.pop_front();
        }
        let runs: BTreeSet<&str> = self.away.iter().map(|(_, run)| run.as_str()).collect();
        self.away.len() >= rule.failures && runs.len() >= rule.runs
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    fn held(from: &str, to: Option<&str>) -> HeldTime {
        HeldTime {
            from: at(from),
            to: to.map(at),
        }
    }

    #[test]
    fn overlapping_holds_count_once_and_only_within_the_time_asked_for() {
        let holds = [
            held("2026-11-24T10:30:00Z", Some("2026-11-24T11:30:00Z")),
            held("2026-11-24T09:00:00Z", Some("2026-11-24T11:00:00Z")),
            held("2026-11-24T12:00:00Z", None),
            held("2026-11-24T10:45:00Z", Some("2026-11-24T10:50:00Z")),
        ];
        let sum = held_between(
            &holds,
            at("2026-11-24T10:00:00Z"),
            at("2026-11-24T12:20:00Z"),
            None,
        );
        assert_eq!(sum, Duration::minutes(90 + 20));
        let before = held_between(
            &holds,
            at("2026-11-24T08:00:00Z"),
            at("2026-11-24T09:00:00Z"),
            None,
        );
        assert_eq!(before, Duration::zero());
    }

    #[test]
    fn a_hold_over_night_takes_no_working_time_but_that_of_the_day() {
        let hour = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
        let office = WorkingCalendar::new(
            Europe::Moscow,
            hour(9),
            hour(18),
            [chrono::Weekday::Sat, chrono::Weekday::Sun],
        )
        .expect("hours");
        // From 17:00 in Moscow until 10:00 of the next day.
        let holds = [held("2026-11-24T14:00:00Z", Some("2026-11-25T07:00:00Z"))];
        let sum = held_between(
            &holds,
            at("2026-11-24T06:00:00Z"),
            at("2026-11-25T12:00:00Z"),
            Some(&office),
        );
        assert_eq!(sum, Duration::hours(2));
    }

    fn rule() -> CircuitRule {
        CircuitRule {
            failures: 4,
            runs: 2,
            within: Duration::seconds(60),
        }
    }

    fn second(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_764_000_000 + second, 0).expect("an instant")
    }

    #[test]
    fn failures_of_several_runs_in_a_row_are_an_outage() {
        let mut circuit = Circuit::default();
        let calls = [("a", false), ("b", false), ("a", false), ("a", true)];
        for (number, (run, outage)) in calls.into_iter().enumerate() {
            assert_eq!(
                circuit.away(&rule(), run, second(number as i64)),
                outage,
                "call {number}"
            );
        }
    }

    #[test]
    fn one_run_alone_an_answer_in_between_and_failures_far_apart_are_none() {
        let mut alone = Circuit::default();
        assert!((0..20).all(|n| !alone.away(&rule(), "a", second(n))));

        let mut answered = Circuit::default();
        for n in 0..3 {
            assert!(!answered.away(&rule(), &n.to_string(), second(n)));
        }
        answered.answered();
        assert!(!answered.away(&rule(), "x", second(3)));

        let mut seldom = Circuit::default();
        assert!((0..20).all(|n| !seldom.away(&rule(), &n.to_string(), second(n * 25))));
    }
}
