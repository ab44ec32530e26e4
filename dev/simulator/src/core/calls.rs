//! How often each operation was called, whether it had an effect or not.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::partner::Partner;

/// Counts per partner and operation since the start.
#[derive(Default)]
pub struct Calls(Mutex<BTreeMap<(Partner, String), u64>>);

impl Calls {
    pub(super) fn count(&self, partner: Partner, operation: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((partner, operation.to_owned())).or_default() += 1;
    }

    /// `partner -> operation -> calls`, of one partner or of all.
    pub fn of(&self, partner: Option<Partner>) -> BTreeMap<Partner, BTreeMap<String, u64>> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer: BTreeMap<Partner, BTreeMap<String, u64>> = BTreeMap::new();
        for ((of, operation), count) in counts
            .iter()
            .filter(|((of, _), _)| partner.is_none_or(|p| p == *of))
        {
            answer
                .entry(*of)
                .or_default()
                .insert(operation.clone(), *count);
        }
        answer
    }
}
