#![doc = include_str!("fssp/README.md")]

mod client;
mod dto;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interpret;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::Utc;
use contracts::fssp::{SearchPerson, markers};
use domain::checks::ReportResult;
use domain::file::FileKind;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::client::{Config, FsspClient};
use crate::error::PartnerError;
use crate::evidence::Evidence;

pub struct FsspActivities {
    pub client: FsspClient,
    pub evidence: Evidence,
}

#[activities]
impl FsspActivities {
    #[activity(definition = markers::SearchPerson)]
    pub async fn search_person(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: SearchPerson,
    ) -> Result<ReportResult, ActivityError> {
        Ok(self.search(&query).await?)
    }
}

impl FsspActivities {
    async fn search(&self, query: &SearchPerson) -> Result<ReportResult, PartnerError> {
        let at = Utc::now();
        let Some(birthdate) = query.birthdate else {
            return Ok(interpret::without_birthdate(at));
        };
        let (found, raw) = self.client.search(&query.full_name, birthdate).await?;
        let raw = self
            .evidence
            .keep(
                &query.buyout,
                FileKind::PartnerAnswer,
                "application/json",
                raw,
            )
            .await?;
        Ok(interpret::result(&found, at, raw))
    }
}
