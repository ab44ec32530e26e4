#![doc = include_str!("onec/README.md")]

mod client;
mod mapping;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use contracts::onec::{SaveCar, SaveCounterparty, SaveReceipt, markers};
use domain::finding::SeenReceipt;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use uuid::Uuid;

pub use self::client::{Config, OnecClient};

pub struct OnecActivities {
    pub client: Arc<OnecClient>,
}

#[activities]
impl OnecActivities {
    #[activity(definition = markers::SaveCounterparty)]
    pub async fn save_counterparty(
        self: Arc<Self>,
        _ctx: ActivityContext,
        card: SaveCounterparty,
    ) -> Result<(), ActivityError> {
        Ok(self.client.save_counterparty(&card).await?)
    }

    #[activity(definition = markers::SaveCar)]
    pub async fn save_car(
        self: Arc<Self>,
        _ctx: ActivityContext,
        card: SaveCar,
    ) -> Result<Uuid, ActivityError> {
        Ok(self.client.save_car(&card).await?)
    }

    #[activity(definition = markers::SaveReceipt)]
    pub async fn save_receipt(
        self: Arc<Self>,
        _ctx: ActivityContext,
        receipt: SaveReceipt,
    ) -> Result<String, ActivityError> {
        Ok(self.client.save_receipt(&receipt).await?)
    }

    #[activity(definition = markers::ReadReceipts)]
    pub async fn read_receipts(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ref_keys: Vec<Uuid>,
    ) -> Result<Vec<SeenReceipt>, ActivityError> {
        Ok(self.client.receipts(&ref_keys).await?)
    }

    #[activity(definition = markers::PostReceipt)]
    pub async fn post_receipt(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ref_key: Uuid,
    ) -> Result<(), ActivityError> {
        Ok(self.client.post_receipt(ref_key).await?)
    }
}
