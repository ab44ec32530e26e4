//! The sources behind a report and how far each is.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{Report, SilentSources};
use crate::catalogue::{Car, Source};

/// Sources of a full report, with what they stand for in the catalogue.
pub(super) const SOURCES: [(&str, Option<Source>); 18] = [
    ("base", None),
    ("base.ext", None),
    ("tech.ext", None),
    ("sub.base", None),
    ("references.base", None),
    ("gibdd.history", Some(Source::Registrations)),
    ("gibdd.dtp", Some(Source::Accidents)),
    ("gibdd.restrict", Some(Source::Restrictions)),
    ("gibdd.wanted", Some(Source::Wanted)),
    ("gibdd.eaisto", None),
    ("pledge", Some(Source::Pledge)),
    ("pledge.online", Some(Source::Pledge)),
    ("pledge.nbki", Some(Source::Pledge)),
    ("av.taxi", Some(Source::Taxi)),
    ("carsharing.base", None),
    ("leasing.registry", None),
    ("fssp.base.executive", None),
    ("elpts.online", Some(Source::Epts)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Ok,
    Progress,
    Error,
}

/// Every source's progress at the moment. Each answers at its own part of the report's time.
pub(super) struct Board {
    states: Vec<(&'static str, Progress)>,
    known: bool,
}

impl Board {
    pub(super) fn of(
        report: &Report,
        car: Option<&Car>,
        silent: SilentSources,
        now: DateTime<Utc>,
    ) -> Self {
        let passed = now - report.asked_at;
        let whole = report.ready_after_ms as i64;
        let states = SOURCES
            .iter()
            .enumerate()
            .map(|(index, (name, source))| {
                let is_silent = car
                    .zip(*source)
                    .is_some_and(|(car, source)| car.is_silent(source));
                let part = whole * (index as i64 + 1) / SOURCES.len() as i64;
                let due = Duration::milliseconds(if is_silent { whole } else { part });
                let progress = match (passed >= due, is_silent, silent) {
                    (false, _, _) | (true, true, SilentSources::Progress) => Progress::Progress,
                    (true, true, SilentSources::Error) => Progress::Error,
                    (true, false, _) => Progress::Ok,
                };
                (*name, progress)
            })
            .collect();
        Self {
            states,
            known: car.is_some(),
        }
    }

    pub(super) fn has(&self, source: &str) -> bool {
        self.states
            .iter()
            .any(|(name, progress)| *name == source && *progress == Progress::Ok)
    }

    pub(super) fn count(&self, progress: Progress) -> usize {
        self.states.iter().filter(|(_, p)| *p == progress).count()
    }

    pub(super) fn json(&self) -> Vec<Value> {
        self.states
            .iter()
            .map(|(name, progress)| {
                let (state, real) = match progress {
                    Progress::Ok if self.known => ("OK", "OK"),
                    Progress::Ok => ("OK", "NOT_FOUND"),
                    Progress::Progress => ("PROGRESS", "PROGRESS"),
                    Progress::Error => ("ERROR", "ERROR"),
                };
                json!({
                    "_id": name,
                    "state": state,
                    "data": { "from_cache": false, "real_status": real },
                })
            })
            .collect()
    }
}
