//! Our own database: policies, projections, directory, numbers. Run as local activities, so each is
//! a few milliseconds and may be repeated.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use contracts::records::{
    ChooseInspector, ClaimCar, FindPhotoReuse, NextNumber, Unmatched, markers,
};
use contracts::yookassa::BankList;
use domain::buyout::projection::Projection;
use domain::buyout::start::BuyoutId;
use domain::dispatch::{self, Candidate};
use domain::document::DocumentKind;
use domain::inspection::PhotoReuse;
use domain::policy::BuyoutPolicy;
use domain::staff::{PersonRef, Role};
use domain::task::TaskKind;
use store::connect::Store;
use store::document_number::DocumentNumber;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use uuid::Uuid;

use crate::error::PartnerError;

pub struct RecordActivities {
    pub store: Store,
    /// An inspector with so many open inspections gets no more of them by rule.
    pub inspector_capacity: u32,
    /// By whose calendar a document belongs to a year.
    pub time_zone: Tz,
}

#[activities]
impl RecordActivities {
    #[activity(definition = markers::CapturePolicy)]
    pub async fn capture_policy(
        self: Arc<Self>,
        _ctx: ActivityContext,
        city: String,
    ) -> Result<BuyoutPolicy, ActivityError> {
        Ok(self.policy(&city).await?)
    }

    #[activity(definition = markers::SaveBuyout)]
    pub async fn save_buyout(
        self: Arc<Self>,
        _ctx: ActivityContext,
        projection: Projection,
    ) -> Result<(), ActivityError> {
        let saved = self.store.save_buyout(&projection).await;
        Ok(saved.map_err(PartnerError::from_store)?)
    }

    #[activity(definition = markers::ClaimCar)]
    pub async fn claim_car(
        self: Arc<Self>,
        _ctx: ActivityContext,
        claim: ClaimCar,
    ) -> Result<Option<BuyoutId>, ActivityError> {
        let ClaimCar { buyout, identifier } = claim;
        let claimed = self.store.claim_car(&identifier, &buyout).await;
        Ok(claimed.map_err(PartnerError::from_store)?)
    }

    #[activity(definition = markers::ReleaseCar)]
    pub async fn release_car(
        self: Arc<Self>,
        _ctx: ActivityContext,
        buyout: BuyoutId,
    ) -> Result<(), ActivityError> {
        let released = self.store.release_car(&buyout).await;
        Ok(released.map_err(PartnerError::from_store)?)
    }

    #[activity(definition = markers::ChooseInspector)]
    pub async fn choose_inspector(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: ChooseInspector,
    ) -> Result<Option<PersonRef>, ActivityError> {
        Ok(self.inspector(&query).await?)
    }

    #[activity(definition = markers::FindPhotoReuse)]
    pub async fn find_photo_reuse(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: FindPhotoReuse,
    ) -> Result<Vec<PhotoReuse>, ActivityError> {
        let FindPhotoReuse { buyout, hashes } = query;
        let found = self.store.photos_used_elsewhere(&buyout, &hashes).await;
        Ok(found.map_err(PartnerError::from_store)?)
    }

    #[activity(definition = markers::PersonOfTreasuryUser)]
    pub async fn person_of_treasury_user(
        self: Arc<Self>,
        _ctx: ActivityContext,
        user: Uuid,
    ) -> Result<Option<PersonRef>, ActivityError> {
        let member = self.store.staff_by_treasury_user(user).await;
        let member = member.map_err(PartnerError::from_store)?;
        Ok(member.as_ref().map(PersonRef::from))
    }

    #[activity(definition = markers::NextNumber)]
    pub async fn next_number(
        self: Arc<Self>,
        _ctx: ActivityContext,
        request: NextNumber,
    ) -> Result<String, ActivityError> {
        Ok(self.number(&request, Utc::now()).await?)
    }

    #[activity(definition = markers::KeepUnmatched)]
    pub async fn keep_unmatched(
        self: Arc<Self>,
        _ctx: ActivityContext,
        unmatched: Unmatched,
    ) -> Result<(), ActivityError> {
        let Unmatched {
            buyout,
            event_id,
            reason,
        } = unmatched;
        let kept = self.store.keep_unmatched(&buyout, &event_id, &reason).await;
        Ok(kept.map_err(PartnerError::from_store)?)
    }

    #[activity(definition = markers::SaveBanks)]
    pub async fn save_banks(
        self: Arc<Self>,
        _ctx: ActivityContext,
        list: BankList,
    ) -> Result<(), ActivityError> {
        let BankList { banks, read_at } = list;
        let saved = self.store.save_banks(&banks, read_at).await;
        Ok(saved.map_err(PartnerError::from_store)?)
    }
}

impl RecordActivities {
    /// Without a policy nothing can begin: asked again until an administrator has added one.
    async fn policy(&self, city: &str) -> Result<BuyoutPolicy, PartnerError> {
        let policy = self
            .store
            .policy_for(city)
            .await
            .map_err(PartnerError::from_store)?;
        policy.ok_or_else(|| {
            tracing::error!(
                city,
                "there is no buyout policy for this city and no default one"
            );
            PartnerError::unavailable("no buyout policy for the city and no default one")
        })
    }

    async fn inspector(&self, query: &ChooseInspector) -> Result<Option<PersonRef>, PartnerError> {
        let ChooseInspector {
            buyout,
            city,
            excluded,
        } = query;
        if let Some(given) = self.given_before(buyout.as_ref()).await?
            && !excluded.contains(&given.person)
        {
            return Ok(Some(given));
        }
        let members = self
            .store
            .staff_in(Role::Inspector, city)
            .await
            .map_err(PartnerError::from_store)?;
        let open = self
            .store
            .open_inspections_by_person()
            .await
            .map_err(PartnerError::from_store)?;
        let candidates: Vec<Candidate> = members
            .into_iter()
            .map(|member| Candidate {
                open_inspections: open.get(&member.person).copied().unwrap_or_default(),
                member,
            })
            .collect();
        let chosen = dispatch::choose(&candidates, city, self.inspector_capacity, excluded);
        Ok(chosen.map(PersonRef::from))
    }

    /// Who has the run's open inspection by its record.
    async fn given_before(
        &self,
        run: Option<&BuyoutId>,
    ) -> Result<Option<PersonRef>, PartnerError> {
        let Some(run) = run else { return Ok(None) };
        let record = self.store.buyout(run).await;
        let record = record.map_err(PartnerError::from_store)?;
        let task = record
            .as_ref()
            .and_then(|run| run.open_task(TaskKind::Inspect));
        Ok(task.and_then(|task| task.assignee.clone()))
    }

    async fn number(
        &self,
        request: &NextNumber,
        now: DateTime<Utc>,
    ) -> Result<String, PartnerError> {
        let NextNumber {
            legal_entity,
            kind,
            key,
        } = request;
        let year = now.with_timezone(&self.time_zone).year();
        let DocumentNumber { year, number } = self
            .store
            .next_number(legal_entity, *kind, year, key)
            .await
            .map_err(PartnerError::from_store)?;
        Ok(format!("{}-{year}-{number:05}", prefix(*kind)))
    }
}

/// What a document's number begins with.
fn prefix(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Contract => "ДКП",
        DocumentKind::Act => "АПП",
    }
}

#[cfg(test)]
mod tests;
