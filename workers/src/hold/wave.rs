//! Calls that waited for a partner go on one after another, not all at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::config::HoldConfig;

/// After a release each call gets a slot; a call that came too early comes back when it is its turn.
#[derive(Default)]
pub(super) struct Wave {
    /// `None`: nobody waited lately, calls pass as they come.
    until: Option<Instant>,
    next: Option<Instant>,
    /// Slots of calls that were sent back, by run and activity.
    given: HashMap<(String, String), Instant>,
}

impl Wave {
    /// The partner was released.
    pub(super) fn begin(&mut self, now: Instant) {
        self.until = Some(now);
        self.next = Some(now);
        self.given.clear();
    }

    /// How long the call is still to wait; `None`: it may go.
    pub(super) fn slot(
        &mut self,
        config: &HoldConfig,
        run: &str,
        activity: &str,
        now: Instant,
    ) -> Option<Duration> {
        let (until, next) = (self.until?, self.next?);
        // Whoever waited comes back within two pauses; until then, and while slots are given, it is a wave.
        if now > (until + config.longest_pause() * 2).max(next) {
            *self = Self::default();
            return None;
        }
        let key = (run.to_owned(), activity.to_owned());
        if let Some(mine) = self.given.get(&key).copied() {
            if mine <= now {
                self.given.remove(&key);
                return None;
            }
            return Some(mine - now);
        }
        let mine = next.max(now);
        self.next = Some(mine + config.step());
        if mine <= now {
            return None;
        }
        self.given.insert(key, mine);
        Some(mine - now)
    }
}
