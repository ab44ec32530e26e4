//! A payout ends: money leaves or does not, the shop is told.

use std::time::Duration;

use serde_json::json;

use super::State;
use super::payout::{Outcome, Status};
use crate::core::{Callback, Partner, Sim};

/// The partner repeats a webhook until it is answered with 200, for a day; here for a few minutes.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_secs(5);

/// Ends the payout when its time has come.
pub(super) fn later(sim: &Sim, id: &str) {
    let (sim, id) = (sim.clone(), id.to_owned());
    let after = Duration::from_millis(sim.state::<State>().settle_ms);
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        let outcome = sim
            .state::<State>()
            .payout(&id)
            .map(|payout| (payout.outcome, payout.reason.clone()));
        match outcome {
            Some((Outcome::Succeeded | Outcome::Processing, _)) => {
                end(&sim, &id, Status::Succeeded, "")
            }
            Some((Outcome::Canceled, reason)) => end(&sim, &id, Status::Canceled, &reason),
            Some((Outcome::Pending, _)) | None => {}
        }
    });
}

/// What was pending when the simulator stopped goes on.
pub(super) fn resume(sim: &Sim) {
    let pending: Vec<String> = {
        let state = sim.state::<State>();
        state
            .payouts
            .iter()
            .filter(|payout| payout.status == Status::Pending)
            .map(|payout| payout.id.clone())
            .collect()
    };
    for id in pending {
        later(sim, &id);
    }
}

/// The final state, once; a payout that has ended stays as it is.
pub(super) fn end(sim: &Sim, id: &str, status: Status, reason: &str) {
    let event = match status {
        Status::Pending => return,
        Status::Succeeded => "payout_succeeded",
        Status::Canceled => "payout_canceled",
    };
    let (payout, webhooks) = {
        let mut state = sim.state::<State>();
        let webhooks = state.webhooks.clone();
        let Some(payout) = state
            .payouts
            .iter_mut()
            .find(|payout| payout.id == id && payout.status == Status::Pending)
        else {
            return;
        };
        payout.status = status;
        payout.reason = reason.to_owned();
        payout.ended_at = Some(sim.now());
        (payout.clone(), webhooks)
    };
    let detail = json!({ "id": payout.id, "amount": payout.amount, "reason": payout.reason });
    sim.ledger().record_with(
        Partner::Yookassa,
        event,
        &payout.key,
        payout.id.as_bytes(),
        detail,
    );
    let body = json!({ "type": "notification", "event": event.replace('_', "."), "object": payout.json() });
    for url in webhooks {
        sim.callbacks().send(
            Partner::Yookassa,
            event,
            Callback::json(url, &body).attempts(ATTEMPTS, PAUSE),
        );
    }
}
