//! The portal's limits: a leaky bucket per source address, working time per method.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::answer::RestError;
use super::portal::{Behaviour, State};

/// Working time is forgotten minute by minute after this many.
const MINUTES: i64 = 10;

#[derive(Debug, Default)]
pub(super) struct Meters {
    buckets: BTreeMap<IpAddr, Bucket>,
    /// Method -> minute -> seconds worked.
    operating: BTreeMap<&'static str, BTreeMap<i64, f64>>,
}

#[derive(Debug)]
struct Bucket {
    level: f64,
    at: DateTime<Utc>,
}

impl State {
    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call into the bucket of its address, or refuses it.
    pub(super) fn let_in(&self, from: IpAddr, now: DateTime<Utc>) -> Result<(), RestError> {
        let Behaviour {
            burst, per_second, ..
        } = self.behaviour;
        let mut meters = self.meters();
        let bucket = meters.buckets.entry(from).or_insert(Bucket {
            level: 0.0,
            at: now,
        });
        let elapsed = (now - bucket.at).as_seconds_f64().max(0.0);
        bucket.level = (bucket.level - elapsed * per_second).max(0.0);
        bucket.at = now;
        if bucket.level + 1.0 > burst {
            let error = "QUERY_LIMIT_EXCEEDED";
            return Err(RestError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                error,
                "Too many requests",
            ));
        }
        bucket.level += 1.0;
        Ok(())
    }

    /// Refuses a method that has worked too long lately. Looked at before the call.
    pub(super) fn check_operating(
        &self,
        method: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), RestError> {
        let limit = self.behaviour.operating_limit_secs;
        if limit > 0.0 && self.operating(method, now).0 >= limit {
            let words = "Method is blocked due to operation time limit.";
            return Err(RestError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "OPERATION_TIME_LIMIT",
                words,
            ));
        }
        Ok(())
    }

    /// Adds working time of one call; the sum of ten minutes and when its oldest part is forgotten.
    pub(super) fn worked(
        &self,
        method: &'static str,
        seconds: f64,
        now: DateTime<Utc>,
    ) -> (f64, i64) {
        let minute = now.timestamp().div_euclid(60);
        *self
            .meters()
            .operating
            .entry(method)
            .or_default()
            .entry(minute)
            .or_default() += seconds;
        self.operating(method, now)
    }

    fn operating(&self, method: &'static str, now: DateTime<Utc>) -> (f64, i64) {
        let minute = now.timestamp().div_euclid(60);
        let mut meters = self.meters();
        let worked = meters.operating.entry(method).or_default();
        worked.retain(|then, _| *then > minute - MINUTES);
        let oldest = worked.keys().next().copied().unwrap_or(minute);
        (worked.values().sum(), (oldest + MINUTES) * 60)
    }
}
