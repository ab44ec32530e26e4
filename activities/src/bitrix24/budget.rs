//! The portal's allowance of working time per method: how much is left, and when to come back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::dto::Time;
use crate::error::PartnerError;

/// The longest rest that is believed; the portal's window is ten minutes.
const LONGEST: chrono::Duration = chrono::Duration::hours(1);
/// Pause after a method was refused without a word on when its allowance returns.
const UNKNOWN: chrono::Duration = chrono::Duration::minutes(10);
/// Part of the allowance that we use up by ourselves, per cent.
const USED_UP: f64 = 95.0;

/// Of one portal.
pub(super) struct Budget {
    /// Seconds; 0: no limit.
    limit: f64,
    methods: Mutex<BTreeMap<&'static str, Usage>>,
}

#[derive(Clone, Copy, Default)]
struct Usage {
    reset_at: Option<DateTime<Utc>>,
    rests_until: Option<DateTime<Utc>>,
}

impl Budget {
    pub(super) fn new(limit_secs: u32) -> Self {
        Self {
            limit: f64::from(limit_secs),
            methods: Mutex::default(),
        }
    }

    /// Refuses a call that the portal would refuse.
    pub(super) fn check(
        &self,
        method: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), PartnerError> {
        match self.usage(method).rests_until {
            Some(until) if now < until => Err(rests(method, until, now)),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes note of what an answer says.
    pub(super) fn note(&self, method: &'static str, time: Time, now: DateTime<Utc>) {
        let Some(reset_at) = DateTime::from_timestamp(time.operating_reset_at, 0) else {
            return;
        };
        // A slip of the portal's clock must not silence a method for years.
        let reset_at = reset_at.min(now + LONGEST);
        let used_up = self.limit > 0.0 && time.operating >= self.limit * USED_UP / 100.0;
        self.set(
            method,
            Usage {
                reset_at: Some(reset_at),
                rests_until: (used_up && reset_at > now).then_some(reset_at),
            },
        );
    }

    /// The portal refused for lack of allowance.
    pub(super) fn worked_out(&self, method: &'static str, now: DateTime<Utc>) -> PartnerError {
        let mut usage = self.usage(method);
        let until = usage
            .reset_at
            .filter(|at| *at > now)
            .unwrap_or(now + UNKNOWN);
        usage.rests_until = Some(until);
        self.set(method, usage);
        rests(method, until, now)
    }

    fn usage(&self, method: &'static str) -> Usage {
        let methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        methods.get(method).copied().unwrap_or_default()
    }

    fn set(&self, method: &'static str, usage: Usage) {
        let mut methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        methods.insert(method, usage);
    }
}

fn rests(method: &str, until: DateTime<Utc>, now: DateTime<Utc>) -> PartnerError {
    let pause = (until - now).to_std().unwrap_or_default();
    PartnerError::Unavailable {
        retry_after: Some(pause.max(Duration::from_secs(1))),
        detail: format!("bitrix24 {method}: the allowance of working time is used up"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("an instant")
    }

    fn time(operating: f64, reset_in: i64) -> Time {
        Time {
            operating,
            operating_reset_at: at(reset_in).timestamp(),
        }
    }

    #[test]
    fn a_method_near_its_limit_rests_until_the_allowance_returns() {
        let budget = Budget::new(480);
        budget.note("crm.item.get", time(455.0, 100), at(0));
        assert_eq!(budget.check("crm.item.get", at(0)), Ok(()));
        budget.note("crm.item.get", time(456.0, 100), at(0));
        assert!(budget.check("crm.item.get", at(99)).is_err());
        assert_eq!(budget.check("crm.item.get", at(100)), Ok(()));
        assert_eq!(budget.check("crm.item.update", at(0)), Ok(()));
    }

    #[test]
    fn a_refused_method_rests_as_long_as_the_last_answer_said_or_ten_minutes() {
        let budget = Budget::new(480);
        let pause = |error| match error {
            PartnerError::Unavailable { retry_after, .. } => retry_after.map(|p| p.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(pause(budget.worked_out("batch", at(0))), Some(600));
        budget.note("batch", time(1.0, 700), at(600));
        assert_eq!(budget.check("batch", at(600)), Ok(()));
        assert_eq!(pause(budget.worked_out("batch", at(610))), Some(90));
        assert!(budget.check("batch", at(699)).is_err());
    }

    #[test]
    fn no_method_rests_for_years() {
        let budget = Budget::new(480);
        let never = Time {
            operating: 480.0,
            operating_reset_at: 253_402_300_799,
        };
        budget.note("batch", never, at(0));
        assert!(budget.check("batch", at(3_599)).is_err());
        assert_eq!(budget.check("batch", at(3_600)), Ok(()));
    }

    #[test]
    fn a_box_without_the_limit_never_rests() {
        let budget = Budget::new(0);
        budget.note("batch", time(100_000.0, 700), at(0));
        assert_eq!(budget.check("batch", at(0)), Ok(()));
    }
}
