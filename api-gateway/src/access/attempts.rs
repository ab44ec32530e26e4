//! How often somebody may try to sign in under one login, from wherever.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::access::limiter::TooMany;

/// Failed tries of one login within [`WINDOW`]; whether there is such a login makes no difference.
const TRIES: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// Logins are kept as hashes: whoever writes long ones fills no memory.
type Login = [u8; 32];

#[derive(Clone, Default)]
pub(crate) struct Attempts(Arc<Mutex<HashMap<Login, VecDeque<Instant>>>>);

/// A try under way; it counts as failed until it is forgiven.
pub(crate) struct Attempt {
    login: Login,
    at: Instant,
}

impl Attempts {
    pub(crate) fn begin(&self, login: &str) -> Result<Attempt, TooMany> {
        self.begin_at(login, Instant::now())
    }

    fn begin_at(&self, login: &str, now: Instant) -> Result<Attempt, TooMany> {
        let login: Login = Sha256::digest(login.trim().to_lowercase().as_bytes()).into();
        let mut all = self.locked();
        let tries = all.entry(login).or_default();
        forget(tries, now);
        if let Some(oldest) = tries.front()
            && tries.len() >= TRIES
        {
            return Err(TooMany(WINDOW.saturating_sub(now.duration_since(*oldest))));
        }
        tries.push_back(now);
        Ok(Attempt { login, at: now })
    }

    /// The password fitted: the try does not count.
    pub(crate) fn forgive(&self, attempt: Attempt) {
        let Attempt { login, at } = attempt;
        if let Some(tries) = self.locked().get_mut(&login)
            && let Some(place) = tries.iter().position(|tried| *tried == at)
        {
            tries.remove(place);
        }
    }

    /// Forgets logins under which nobody has tried lately.
    pub(crate) fn forget_quiet(&self) {
        self.forget_quiet_at(Instant::now());
    }

    fn forget_quiet_at(&self, now: Instant) {
        self.locked().retain(|_, tries| {
            forget(tries, now);
            !tries.is_empty()
        });
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Login, VecDeque<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget(tries: &mut VecDeque<Instant>, now: Instant) {
    while tries
        .front()
        .is_some_and(|at| now.duration_since(*at) >= WINDOW)
    {
        tries.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tries_of_a_login_end_and_come_back_with_time() {
        let attempts = Attempts::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..10 {
            assert!(attempts.begin_at("Ops", at(second)).is_ok(), "{second}");
        }
        let wait = attempts.begin_at(" oPS ", at(20)).err();
        assert_eq!(wait, Some(TooMany(Duration::from_secs(40))));
        assert!(attempts.begin_at("head", at(20)).is_ok(), "another login");
        assert!(
            attempts.begin_at("ops", at(60)).is_ok(),
            "the first is over"
        );
        assert!(attempts.begin_at("ops", at(60)).is_err());
        attempts.forget_quiet_at(at(81));
        assert_eq!(attempts.locked().len(), 1, "of head nothing is left");
    }

    #[test]
    fn whoever_signs_in_may_do_so_as_often_as_they_like() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..100 {
            let attempt = attempts
                .begin_at("ops", now)
                .unwrap_or_else(|wait| panic!("{wait:?}"));
            attempts.forgive(attempt);
        }
        for _ in 0..10 {
            assert!(attempts.begin_at("ops", now).is_ok());
        }
        assert!(attempts.begin_at("ops", now).is_err());
    }
}
