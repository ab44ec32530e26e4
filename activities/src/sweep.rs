//! Sweeps over our own records: which portals there are, what we expect of others, what differs.

use std::sync::Arc;

use contracts::sweep::{Compared, ExpectedPage, IdleDeals, ListExpected, Reconciled, markers};
use domain::finding::{self, Expected, FindingSource};
use store::connect::Store;
use store::finding::Kept;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

use crate::error::PartnerError;

pub struct SweepActivities {
    pub store: Store,
}

#[activities]
impl SweepActivities {
    #[activity(definition = markers::Portals)]
    pub async fn portals(
        self: Arc<Self>,
        _ctx: ActivityContext,
    ) -> Result<Vec<String>, ActivityError> {
        let portals = self.store.portals().await;
        let portals = portals.map_err(PartnerError::from_store)?;
        Ok(portals.into_iter().map(|portal| portal.member_id).collect())
    }

    #[activity(definition = markers::Expected)]
    pub async fn expected(
        self: Arc<Self>,
        _ctx: ActivityContext,
        list: ListExpected,
    ) -> Result<ExpectedPage, ActivityError> {
        let ListExpected {
            since,
            after,
            limit,
        } = list;
        let after = after.as_deref();
        let runs = self.store.runs_since(since, after, limit.into()).await;
        let runs = runs.map_err(PartnerError::from_store)?;
        let whole = runs.len() < limit as usize;
        let last = runs.last().map(|run| run.id.0.clone());
        Ok(ExpectedPage {
            runs: runs.iter().filter_map(Expected::of).collect(),
            next: last.filter(|_| !whole),
        })
    }

    #[activity(definition = markers::Compare)]
    pub async fn compare(
        self: Arc<Self>,
        _ctx: ActivityContext,
        compared: Compared,
    ) -> Result<Reconciled, ActivityError> {
        let Compared { runs, seen } = compared;
        let mut sum = Reconciled::default();
        for expected in &runs {
            let found = finding::differences(expected, &seen);
            let answered = finding::answered(expected, &seen);
            let kept = self
                .store
                .keep_findings(&expected.run.0, &answered, &found)
                .await
                .map_err(PartnerError::from_store)?;
            sum.runs += 1;
            add(&mut sum, kept);
        }
        Ok(sum)
    }

    #[activity(definition = markers::KeepIdle)]
    pub async fn keep_idle(
        self: Arc<Self>,
        _ctx: ActivityContext,
        idle: IdleDeals,
    ) -> Result<Reconciled, ActivityError> {
        let IdleDeals { portal, findings } = idle;
        let scope = format!("portal:{portal}");
        let kept = self
            .store
            .keep_findings(&scope, &[FindingSource::Portal], &findings)
            .await
            .map_err(PartnerError::from_store)?;
        let mut sum = Reconciled::default();
        add(&mut sum, kept);
        Ok(sum)
    }
}

fn add(sum: &mut Reconciled, kept: Kept) {
    let Kept {
        standing,
        new,
        gone,
    } = kept;
    sum.findings += standing;
    sum.new += new;
    sum.gone += gone;
}
