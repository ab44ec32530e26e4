//! The banks that take payouts by SBP. The gateway asks no partner: a process reads the list, and is started
//! when the list grows old.

use chrono::{DateTime, Duration, Utc};
use contracts::yookassa::RefreshBanks;
use domain::payment::SbpBank;
use proto::kite::task::v1 as pb;
use store::bank::Banks;
use tokio::time::Instant;

use crate::convert::common::time;
use crate::server::App;

/// Banks join SBP now and then: a list is read anew after this time, hours.
const FRESH_HOURS: i64 = 12;
/// An older list is told to be old, hours: several readings in a row have failed.
const STALE_HOURS: i64 = 72;
/// A partner that is away is asked this long by one process.
const PATIENCE_SECS: u64 = 3_600;
/// Between two processes when the list does not come, seconds.
const PAUSE_SECS: u64 = 600;

pub(super) fn listed(banks: Option<Banks>, now: DateTime<Utc>) -> pb::ListPayoutBanksResponse {
    let Some(list) = banks else {
        return pb::ListPayoutBanksResponse {
            banks: Vec::new(),
            read_at: None,
            stale: true,
        };
    };
    let stale = list.is_older_than(Duration::hours(STALE_HOURS), now);
    let Banks { banks, read_at } = list;
    pb::ListPayoutBanksResponse {
        banks: banks
            .into_iter()
            .map(|SbpBank { id, name }| pb::PayoutBank { id, name })
            .collect(),
        read_at: Some(time(read_at)),
        stale,
    }
}

/// Starts the process that reads the list, when it is time.
#[derive(Default)]
pub(crate) struct Refresh {
    started: Option<Instant>,
}

impl Refresh {
    pub(crate) async fn when_old(&mut self, app: &App) {
        let rests = self
            .started
            .is_some_and(|at| at.elapsed().as_secs() < PAUSE_SECS);
        if rests {
            return;
        }
        let fresh = Duration::hours(FRESH_HOURS);
        match app.store.banks().await {
            Ok(Some(list)) if !list.is_older_than(fresh, Utc::now()) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "whether the list of banks is old cannot be told now");
                return;
            }
        }
        let refresh = RefreshBanks {
            patience_secs: PATIENCE_SECS,
        };
        match app.processes.refresh_banks(refresh).await {
            Ok(()) => self.started = Some(Instant::now()),
            Err(error) => tracing::warn!(%error, "the list of banks is not read anew"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_never_came_and_an_old_one_say_so() {
        let now = Utc::now();
        let never = listed(None, now);
        assert!(never.stale && never.banks.is_empty() && never.read_at.is_none());
        let read = |hours| Banks {
            banks: vec![SbpBank {
                id: "1".to_owned(),
                name: "А".to_owned(),
            }],
            read_at: now - Duration::hours(hours),
        };
        assert!(!listed(Some(read(STALE_HOURS - 1)), now).stale);
        let old = listed(Some(read(STALE_HOURS + 1)), now);
        assert!(old.stale && old.banks.len() == 1);
    }
}
