#![doc = include_str!("avtocod/README.md")]

mod client;
mod dto;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interpret;
mod passport;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use chrono::Utc;
use contracts::avtocod::{FetchAvtocod, MakeReport, markers};
use domain::checks::ReportResult;
use domain::file::FileKind;
use domain::vin::CarIdentifier;
use store::connect::Store;
use store::vehicle_report::VehicleReport;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::client::{AvtocodClient, Config};
use crate::error::PartnerError;
use crate::evidence::Evidence;

/// Under this name the reports' uids are kept; the partner's callback finds its run by it.
const PROVIDER: &str = "avtocod";

pub struct AvtocodActivities {
    pub client: AvtocodClient,
    pub store: Store,
    pub evidence: Evidence,
}

#[activities]
impl AvtocodActivities {
    #[activity(definition = markers::MakeReport)]
    pub async fn make_report(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: MakeReport,
    ) -> Result<String, ActivityError> {
        Ok(self.make(&order).await?)
    }

    #[activity(definition = markers::FetchReport)]
    pub async fn fetch_report(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: FetchAvtocod,
    ) -> Result<ReportResult, ActivityError> {
        Ok(self.fetch(&query).await?)
    }
}

impl AvtocodActivities {
    async fn make(&self, order: &MakeReport) -> Result<String, PartnerError> {
        let query_type = match &order.identifier {
            CarIdentifier::Vin(_) => dto::QueryType::Vin,
            CarIdentifier::Frame(_) => dto::QueryType::Body,
        };
        let identifier = order.identifier.as_str();
        let uid = self
            .client
            .make_report(query_type, identifier, &order.key)
            .await?;
        self.store
            .put_report(&VehicleReport {
                provider: PROVIDER.to_owned(),
                uid: uid.clone(),
                identifier: identifier.to_owned(),
                run: order.buyout.clone(),
                ordered_at: Utc::now(),
            })
            .await
            .map_err(PartnerError::from_store)?;
        Ok(uid)
    }

    async fn fetch(&self, query: &FetchAvtocod) -> Result<ReportResult, PartnerError> {
        let at = Utc::now();
        if !query.accept_partial {
            let progress = self.client.progress(&query.uid).await?;
            // A report that is not seen yet, or whose progress is not told, is not complete.
            if progress.and_then(|report| report.progress_wait) != Some(0) {
                return Err(PartnerError::Pending);
            }
        }
        let (report, raw) = self.client.report(&query.uid).await?;
        let Some(report) = report else {
            return match query.accept_partial {
                true => Ok(interpret::nothing(at)),
                false => Err(PartnerError::Pending),
            };
        };
        if report.progress_wait != Some(0) && !query.accept_partial {
            return Err(PartnerError::Pending);
        }
        let ordered = self
            .store
            .report_by_uid(PROVIDER, &query.uid)
            .await
            .map_err(PartnerError::from_store)?;
        let another = ordered.zip(report.content.as_ref());
        let another = another.and_then(|(ordered, content)| {
            interpret::another(content, &ordered.identifier).map(|number| (number, ordered))
        });
        let raw = self
            .evidence
            .keep(
                &query.buyout,
                FileKind::PartnerAnswer,
                "application/json",
                raw,
            )
            .await?;
        Ok(match another {
            None => interpret::results(&report, at, &raw),
            Some((number, ordered)) => {
                interpret::of_another(&number, &ordered.identifier, at, &raw)
            }
        })
    }
}
