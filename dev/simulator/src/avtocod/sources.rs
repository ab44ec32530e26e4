//! The sources behind a report and how far each is.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{Report, SilentSources};
use crate::catalogue::Source;

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
pub(super) enum Stage {
    Ok,
    Progress,
    Error,
}

/// Every source's progress at the moment. Each answers at its own part of the report's time.
pub(super) struct Board {
    states: Vec<(&'static str, Stage)>,
    known: bool,
}

impl Board {
    /// `silent`: sources that do not answer, and what becomes of them.
    pub(super) fn of(
        report: &Report,
        silent: (&[Source], SilentSources),
        now: DateTime<Utc>,
    ) -> Self {
        let passed = now - report.asked_at;
        let whole = report.ready_after_ms as i64;
        let states = SOURCES
            .iter()
            .enumerate()
            .map(|(index, (name, source))| {
                let is_silent = source.is_some_and(|source| silent.0.contains(&source));
                let part = whole * (index as i64 + 1) / SOURCES.len() as i64;
                let due = Duration::milliseconds(if is_silent { whole } else { part });
                let progress = match (passed >= due, is_silent, silent.1) {
                    (false, _, _) | (true, true, SilentSources::Progress) => Stage::Progress,
                    (true, true, SilentSources::Error) => Stage::Error,
                    (true, false, _) => Stage::Ok,
                };
                (*name, progress)
            })
            .collect();
        Self {
            states,
            known: report.car.is_some(),
        }
    }

    pub(super) fn has(&self, source: &str) -> bool {
        self.states
            .iter()
            .any(|(name, progress)| *name == source && *progress == Stage::Ok)
    }

    pub(super) fn count(&self, progress: Stage) -> usize {
        self.states.iter().filter(|(_, p)| *p == progress).count()
    }

    pub(super) fn json(&self) -> Vec<Value> {
        self.states
            .iter()
            .map(|(name, progress)| {
                let (state, real) = match progress {
                    Stage::Ok if self.known => ("OK", "OK"),
                    Stage::Ok => ("OK", "NOT_FOUND"),
                    Stage::Progress => ("PROGRESS", "PROGRESS"),
                    Stage::Error => ("ERROR", "ERROR"),
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
