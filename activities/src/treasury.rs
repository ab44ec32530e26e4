#![doc = include_str!("treasury/README.md")]

mod client;
mod mapping;
mod seal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use contracts::treasury::{SaveRequest, markers};
use domain::payment::{TreasuryDecision, TreasuryRequest};
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use uuid::Uuid;

pub use self::client::{Config, TreasuryClient};

pub struct TreasuryActivities {
    pub client: Arc<TreasuryClient>,
}

#[activities]
impl TreasuryActivities {
    #[activity(definition = markers::SaveRequest)]
    pub async fn save_request(
        self: Arc<Self>,
        _ctx: ActivityContext,
        request: SaveRequest,
    ) -> Result<TreasuryRequest, ActivityError> {
        Ok(self.client.save_request(&request).await?)
    }

    #[activity(definition = markers::PostRequest)]
    pub async fn post_request(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ref_key: Uuid,
    ) -> Result<(), ActivityError> {
        Ok(self.client.post_request(ref_key).await?)
    }

    #[activity(definition = markers::AwaitDecision)]
    pub async fn await_decision(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ref_key: Uuid,
    ) -> Result<TreasuryDecision, ActivityError> {
        Ok(self.client.decision(ref_key).await?)
    }

    #[activity(definition = markers::WithdrawRequest)]
    pub async fn withdraw_request(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ref_key: Uuid,
    ) -> Result<(), ActivityError> {
        Ok(self.client.withdraw_request(ref_key).await?)
    }
}
