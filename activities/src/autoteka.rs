#![doc = include_str!("autoteka/README.md")]

mod client;
mod dto;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interpret;
mod mileage;
#[cfg(test)]
mod tests;
mod valuation;

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Europe::Moscow;
use contracts::autoteka::{FetchReport, OrderReport, Valuate, markers};
use domain::checks::ReportResult;
use domain::file::FileKind;
use store::connect::Store;
use store::vehicle_report::VehicleReport;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::client::{AutotekaClient, Config, Place};
use self::dto::Readiness;
use crate::error::PartnerError;
use crate::evidence::Evidence;

/// Under this name the reports' ids are kept.
const PROVIDER: &str = "autoteka";
/// How far the partner's clock may be ahead of ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

pub struct AutotekaActivities {
    pub client: AutotekaClient,
    pub store: Store,
    pub evidence: Evidence,
}

#[activities]
impl AutotekaActivities {
    #[activity(definition = markers::OrderReport)]
    pub async fn order_report(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: OrderReport,
    ) -> Result<u64, ActivityError> {
        Ok(self.order(&order).await?)
    }

    #[activity(definition = markers::FetchReport)]
    pub async fn fetch_report(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: FetchReport,
    ) -> Result<ReportResult, ActivityError> {
        Ok(self.fetch(&query).await?)
    }

    #[activity(definition = markers::Valuate)]
    pub async fn valuate(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: Valuate,
    ) -> Result<ReportResult, ActivityError> {
        Ok(self.value(&query).await?)
    }
}

impl AutotekaActivities {
    /// See "Idempotency" above: ours, else one of the bought, else a new one.
    async fn order(&self, order: &OrderReport) -> Result<u64, PartnerError> {
        let now = Utc::now();
        let max_age = i64::try_from(order.max_age_secs)
            .ok()
            .and_then(TimeDelta::try_seconds)
            .unwrap_or(TimeDelta::MAX);
        let since = now
            .checked_sub_signed(max_age)
            .unwrap_or(DateTime::UNIX_EPOCH);
        let known = self
            .store
            .newest_report(PROVIDER, order.identifier.as_str(), since)
            .await
            .map_err(PartnerError::from_store)?;
        if let Some(id) = known.and_then(|known| known.uid.parse().ok()) {
            return Ok(id);
        }
        if let Some((id, at)) = self.bought(order, since).await? {
            return self.remember(order, id, at).await;
        }
        match self.client.buy_report(order.identifier.as_str()).await {
            Ok(id) => self.remember(order, id, now).await,
            // Perhaps bought, the answer lost or unreadable.
            Err(lost @ (PartnerError::Unavailable { .. } | PartnerError::Protocol { .. })) => {
                match self.bought(order, since).await {
                    Ok(Some((id, at))) => self.remember(order, id, at).await,
                    Ok(None) | Err(_) => Err(lost),
                }
            }
            Err(refused) => Err(refused),
        }
    }

    /// The newest of the partner's list that is of this car and young enough.
    async fn bought(
        &self,
        order: &OrderReport,
        since: DateTime<Utc>,
    ) -> Result<Option<(u64, DateTime<Utc>)>, PartnerError> {
        let now = Utc::now();
        let wanted = plain(order.identifier.as_str());
        let listed = self
            .client
            .bought_reports(order.identifier.as_str())
            .await?;
        let mut newest = None;
        for bought in listed.iter().filter(|bought| plain(&bought.vin) == wanted) {
            let Some(at) = bought_at(&bought.created_at, now) else {
                // Guessing its age would either buy twice or serve an old report.
                return Err(PartnerError::protocol(
                    "autoteka list_reports: createdAt is not a moment",
                ));
            };
            if at >= since && newest.is_none_or(|(_, newest)| at > newest) {
                newest = Some((bought.report_id, at));
            }
        }
        Ok(newest)
    }

    async fn remember(
        &self,
        order: &OrderReport,
        id: u64,
        ordered_at: DateTime<Utc>,
    ) -> Result<u64, PartnerError> {
        let row = VehicleReport {
            provider: PROVIDER.to_owned(),
            uid: id.to_string(),
            identifier: order.identifier.as_str().to_owned(),
            run: order.buyout.clone(),
            ordered_at,
        };
        self.store
            .put_report(&row)
            .await
            .map_err(PartnerError::from_store)?;
        Ok(id)
    }

    async fn fetch(&self, query: &FetchReport) -> Result<ReportResult, PartnerError> {
        let ordered = self
            .store
            .report_by_uid(PROVIDER, &query.report_id.to_string())
            .await
            .map_err(PartnerError::from_store)?;
        let taken_at = ordered.as_ref().map_or_else(Utc::now, |row| row.ordered_at);
        let (report, raw) = self.client.report(query.report_id).await?;
        match report.status {
            Readiness::Success => {}
            Readiness::NotFound => return Ok(interpret::no_history(taken_at)),
            Readiness::Processing | Readiness::Unknown => return Err(PartnerError::Pending),
        }
        let Some(data) = report.data else {
            return Err(PartnerError::protocol(
                "autoteka get_report: success without data",
            ));
        };
        let of_another = |row: &VehicleReport| {
            !data.head.vin.is_empty() && plain(&data.head.vin) != plain(&row.identifier)
        };
        if ordered.as_ref().is_some_and(of_another) {
            return Err(PartnerError::protocol(
                "autoteka get_report: the report is about another car",
            ));
        }
        let raw = self
            .evidence
            .keep(
                &query.buyout,
                FileKind::PartnerAnswer,
                "application/json",
                raw,
            )
            .await?;
        Ok(interpret::history(&data, query.mileage_km, taken_at, raw))
    }
}

/// A VIN or frame number without what sources write differently.
fn plain(identifier: &str) -> String {
    identifier
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// "2020-09-30 16:51:32.187629" without a zone: UTC unless that lies ahead, then Moscow time.
fn bought_at(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.with_timezone(&Utc));
    }
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    let as_utc = naive.and_utc();
    if as_utc <= now + CLOCK_SKEW {
        return Some(as_utc);
    }
    let as_moscow = naive.and_local_timezone(Moscow).earliest()?;
    Some(as_moscow.with_timezone(&Utc))
}
