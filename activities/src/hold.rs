//! What processes ask of holds: whether a partner is released, and when it was held.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::hold::{HeldSince, markers};
use domain::hold::{HeldTime, HoldCause};
use store::connect::Store;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

use crate::error::PartnerError;

/// A run that was let go has its call at the gate within this.
const INVITED: TimeDelta = TimeDelta::seconds(10);

pub struct HoldActivities {
    pub store: Store,
}

#[activities]
impl HoldActivities {
    #[activity(definition = markers::AwaitRelease)]
    pub async fn await_release(
        self: Arc<Self>,
        _ctx: ActivityContext,
        partner: String,
    ) -> Result<(), ActivityError> {
        Ok(self.wait(&partner, Utc::now()).await?)
    }

    #[activity(definition = markers::HeldSince)]
    pub async fn held_since(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: HeldSince,
    ) -> Result<Vec<HeldTime>, ActivityError> {
        let HeldSince { partner, since } = query;
        let held = self.store.held_since(&partner, since).await;
        Ok(held.map_err(PartnerError::from_store)?)
    }
}

impl HoldActivities {
    /// `Pending` while the partner is held. Of the runs that wait for an open circuit one is let go every so
    /// often: its call finds out whether the partner is back.
    async fn wait(&self, partner: &str, now: DateTime<Utc>) -> Result<(), PartnerError> {
        let holds = self.store.holds_in_force().await;
        let holds = holds.map_err(PartnerError::from_store)?;
        let causes: Vec<HoldCause> = holds
            .iter()
            .filter(|hold| hold.partner == partner)
            .map(|hold| hold.cause)
            .collect();
        drop(holds);
        if causes.is_empty() {
            return Ok(());
        }
        if causes.iter().all(|cause| *cause == HoldCause::Circuit) {
            let invited = self.store.take_invite(partner, now, now + INVITED).await;
            if invited.map_err(PartnerError::from_store)? {
                return Ok(());
            }
        }
        Err(PartnerError::Pending)
    }
}
