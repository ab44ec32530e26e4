//! Scripted faults: what goes wrong, at which call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::partner::Partner;

/// Which calls of the operation are hit, counted from 1 since the rule was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Nth(u64),
    First(u64),
    /// Of every hundred, drawn from the simulator's seed, the rule's number and the call's number.
    Percent(u8),
    Every,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection ends without an answer; nothing was done.
    DropBefore,
    /// It was done; the connection ends without an answer.
    DropAfter,
    /// 200 with a login page in HTML; nothing was done.
    Html,
    /// It was done; the answer is cut in the middle of its body.
    Garbage,
    /// What the partner tells by itself is told twice.
    DuplicateCallback,
    /// It is told after the partner's next callback.
    ReorderCallbacks,
    /// It is never told.
    LoseCallback,
    /// The partner answers with what was true before the last change.
    Stale,
    /// Answered with this status instead of being done.
    #[serde(untagged)]
    Status(Status),
    /// It is done after so many milliseconds.
    #[serde(untagged)]
    Delay(Delay),
    /// It was done; the body comes in ten pieces with so many milliseconds between them.
    #[serde(untagged)]
    Drip(Drip),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub status: u16,
    /// The partner's own error body when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Header `Retry-After`, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    pub delay_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    pub drip_ms: u64,
}

/// Where a fault is looked up; a rule counts only what happens at its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Request,
    Callback,
    Stale,
}

impl Fault {
    fn place(&self) -> Place {
        match self {
            Fault::DuplicateCallback | Fault::ReorderCallbacks | Fault::LoseCallback => {
                Place::Callback
            }
            Fault::Stale => Place::Stale,
            Fault::Status(_)
            | Fault::DropBefore
            | Fault::DropAfter
            | Fault::Html
            | Fault::Garbage
            | Fault::Delay(_)
            | Fault::Drip(_) => Place::Request,
        }
    }
}

/// A fault to play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub partner: Partner,
    /// As the partner's module names it, e.g. `create_payout`; `*` means all of them.
    pub operation: String,
    pub when: When,
    pub fault: Fault,
}

/// A rule with how often it was looked at and how often it hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Played {
    pub id: u64,
    #[serde(flatten)]
    pub rule: Rule,
    pub seen: u64,
    pub fired: u64,
}

/// The rules in force.
pub struct Faults {
    seed: u64,
    next: AtomicU64,
    rules: Mutex<Vec<Played>>,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            next: AtomicU64::new(1),
            rules: Mutex::default(),
        }
    }

    /// Puts a rule in force; answers its number.
    pub fn add(&self, rule: Rule) -> u64 {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        self.rules().push(Played {
            id,
            rule,
            seen: 0,
            fired: 0,
        });
        id
    }

    pub fn list(&self) -> Vec<Played> {
        self.rules().clone()
    }

    /// Lifts all rules; numbers begin anew, so that percentages repeat.
    pub fn clear(&self) {
        self.rules().clear();
        self.next.store(1, Ordering::SeqCst);
    }

    /// A handler that can serve stale data asks this once per call.
    pub fn is_stale(&self, partner: Partner, operation: &str) -> bool {
        !self.at(Place::Stale, partner, operation).is_empty()
    }

    /// Counts the call in every rule that concerns it and gives the faults that hit.
    pub(super) fn at(&self, place: Place, partner: Partner, operation: &str) -> Vec<Fault> {
        let mut hit = Vec::new();
        for played in self.rules().iter_mut() {
            let Rule {
                partner: of,
                operation: named,
                when,
                fault,
            } = &played.rule;
            if *of != partner || (named != "*" && named != operation) || fault.place() != place {
                continue;
            }
            played.seen += 1;
            let fires = match when {
                When::Nth(n) => played.seen == *n,
                When::First(n) => played.seen <= *n,
                When::Percent(percent) => {
                    drawn(self.seed, played.id, played.seen) < u64::from(*percent)
                }
                When::Every => true,
            };
            if fires {
                played.fired += 1;
                hit.push(fault.clone());
            }
        }
        hit
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Played>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 0..100, the same for the same three numbers.
fn drawn(seed: u64, rule: u64, call: u64) -> u64 {
    let digest =
        Sha256::digest([seed.to_le_bytes(), rule.to_le_bytes(), call.to_le_bytes()].concat());
    digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        % 100
}
