//! How calls to partners went: counted in the process, written down every few seconds and at once when
//! something turns. Several workers add to the same figures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activities::error::Said;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use contracts::queues;
use domain::partner::PartnerFailure;
use store::connect::Store;
use store::partner::{Minute, PartnerTally};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Calls of a partner that is as it was are written down this often.
const EVERY: Duration = Duration::from_secs(3);
/// Failures in a row up to this one are shown at once; after it everybody knows.
const SHOWN_AT_ONCE: u32 = 3;

/// What this worker counted and has not written down.
#[derive(Clone, Default)]
pub(crate) struct PartnerCalls {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    counted: Mutex<BTreeMap<&'static str, Counted>>,
    /// A partner began or ceased to fail.
    turned: Notify,
}

#[derive(Default)]
struct Counted {
    tally: Tally,
    /// Failures in a row as this worker sees them, written down or not; `None` before the first call.
    in_a_row: Option<u32>,
}

/// Calls since the last writing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tally {
    minutes: BTreeMap<DateTime<Utc>, (u32, u32)>,
    last_success_at: Option<DateTime<Utc>>,
    last_failure: Option<PartnerFailure>,
    /// After the last success of these calls.
    failures_in_a_row: u32,
}

/// Counts the calls of one queue.
#[derive(Clone)]
pub(crate) struct Counter {
    calls: PartnerCalls,
    /// `None` for the queue of no partner, which is not counted.
    partner: Option<&'static str>,
}

impl PartnerCalls {
    pub(crate) fn of(&self, queue: &'static str) -> Counter {
        Counter {
            calls: self.clone(),
            partner: queues::partner(queue),
        }
    }

    /// Writes down until `stop` is cancelled, and then once more.
    pub(crate) async fn keep(self, store: Store, stop: CancellationToken) {
        loop {
            let stopped = tokio::select! {
                () = stop.cancelled() => true,
                () = self.inner.turned.notified() => false,
                () = tokio::time::sleep(EVERY) => false,
            };
            self.write(&store).await;
            if stopped {
                return;
            }
        }
    }

    async fn write(&self, store: &Store) {
        let taken: Vec<(&'static str, Tally)> = self
            .counted()
            .iter_mut()
            .filter(|(_, counted)| !counted.tally.minutes.is_empty())
            .map(|(partner, counted)| (*partner, std::mem::take(&mut counted.tally)))
            .collect();
        if taken.is_empty() {
            return;
        }
        let tallies: Vec<PartnerTally> = taken
            .iter()
            .map(|(partner, tally)| tally.of(partner))
            .collect();
        if let Err(error) = store.add_partner_calls(&tallies).await {
            tracing::warn!(%error, "how partners do could not be written down; kept for the next time");
            let mut counted = self.counted();
            for (partner, earlier) in taken {
                counted.entry(partner).or_default().tally.follow(earlier);
            }
        }
    }

    fn counted(&self) -> MutexGuard<'_, BTreeMap<&'static str, Counted>> {
        self.inner
            .counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    pub(crate) fn note(&self, said: Said, at: DateTime<Utc>) {
        let Some(partner) = self.partner else {
            return;
        };
        let mut counted = self.calls.counted();
        if counted.entry(partner).or_default().note(said, at) {
            self.calls.inner.turned.notify_one();
        }
    }
}

impl Counted {
    /// Whether something turned that people should see at once.
    fn note(&mut self, said: Said, at: DateTime<Utc>) -> bool {
        let minute = at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at);
        let before = self.in_a_row;
        match said {
            Said::Nothing => false,
            Said::Answered => {
                self.tally.minutes.entry(minute).or_default().0 += 1;
                self.tally.last_success_at = Some(at);
                self.tally.failures_in_a_row = 0;
                self.in_a_row = Some(0);
                before != Some(0)
            }
            Said::Failed { class, text } => {
                let of_minute = self.tally.minutes.entry(minute).or_default();
                of_minute.0 += 1;
                of_minute.1 += 1;
                self.tally.last_failure = Some(PartnerFailure { at, class, text });
                self.tally.failures_in_a_row += 1;
                let now = before.unwrap_or_default() + 1;
                self.in_a_row = Some(now);
                now <= SHOWN_AT_ONCE
            }
        }
    }
}

impl Tally {
    /// Puts back what was counted before and could not be written.
    fn follow(&mut self, earlier: Self) {
        let Self {
            minutes,
            last_success_at,
            last_failure,
            failures_in_a_row,
        } = earlier;
        for (minute, (calls, failures)) in minutes {
            let of_minute = self.minutes.entry(minute).or_default();
            of_minute.0 += calls;
            of_minute.1 += failures;
        }
        if self.last_success_at.is_none() {
            self.last_success_at = last_success_at;
            self.failures_in_a_row += failures_in_a_row;
        }
        self.last_failure = self.last_failure.take().or(last_failure);
    }

    fn of(&self, partner: &str) -> PartnerTally {
        PartnerTally {
            partner: partner.to_owned(),
            minutes: self
                .minutes
                .iter()
                .map(|(at, (calls, failures))| Minute {
                    at: *at,
                    calls: *calls,
                    failures: *failures,
                })
                .collect(),
            last_success_at: self.last_success_at,
            last_failure: self.last_failure.clone(),
            failures_in_a_row: self.failures_in_a_row,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::partner::FailureClass;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_764_000_000 + seconds, 0).expect("an instant")
    }

    fn failed() -> Said {
        Said::Failed {
            class: FailureClass::Unavailable,
            text: "away".to_owned(),
        }
    }

    #[test]
    fn what_turns_is_shown_at_once_and_what_goes_on_is_not() {
        let mut counted = Counted::default();
        let said = [
            (Said::Answered, true),
            (Said::Answered, false),
            (Said::Nothing, false),
            (failed(), true),
            (failed(), true),
            (failed(), true),
            (failed(), false),
            (Said::Answered, true),
            (Said::Answered, false),
        ];
        for (number, (said, turned)) in said.into_iter().enumerate() {
            assert_eq!(
                counted.note(said, at(0)),
                turned,
                "call {number} of the list"
            );
        }
        let minute = at(0)
            .duration_trunc(TimeDelta::minutes(1))
            .expect("a minute");
        assert_eq!(counted.tally.minutes, [(minute, (8, 4))].into());
        assert_eq!(counted.tally.failures_in_a_row, 0);
    }

    #[test]
    fn what_could_not_be_written_is_added_to_what_came_after() {
        let count = |said: &[Said], from: i64| {
            let mut counted = Counted::default();
            for (second, said) in (from..).zip(said) {
                counted.note(said.clone(), at(second));
            }
            counted.tally
        };
        let whole = count(&[Said::Answered, failed(), failed()], 0);
        let mut later = count(&[failed()], 2);
        later.follow(count(&[Said::Answered, failed()], 0));
        assert_eq!(later, whole);
        let mut later = count(&[Said::Answered, failed()], 2);
        later.follow(count(&[failed(), failed()], 0));
        assert_eq!(
            later,
            count(&[failed(), failed(), Said::Answered, failed()], 0)
        );
    }
}
