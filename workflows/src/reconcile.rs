//! Compares our records with the portal, 1C and the payers, run by run, and leaves a finding of each difference.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use contracts::bank::BankActivities;
use contracts::bitrix24::Bitrix24Activities;
use contracts::onec::OnecActivities;
use contracts::queues;
use contracts::sweep::{
    Compared, ExpectedPage, FindIdleDeals, ListExpected, ReadStages, Reconcile, Reconciled,
    SweepActivities,
};
use contracts::yookassa::YookassaActivities;
use domain::finding::{Expected, Seen};
use domain::payment::PaymentRail;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::common::{ActivityDefinition, data_converters::TemporalDeserializable};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, WorkflowContext, WorkflowContextView, WorkflowResult,
    join,
};

use crate::buyout::step::HEARTBEAT;
use crate::sweep::record;

/// One attempt; a base of 1C is slow by nature.
const ATTEMPT: Duration = Duration::from_secs(600);

#[workflow]
pub struct ReconcileWorkflow {
    input: Reconcile,
    /// Partners that did not answer, by their codes.
    silent: BTreeSet<String>,
}

type Ctx = WorkflowContext<ReconcileWorkflow>;

#[workflow_methods]
impl ReconcileWorkflow {
    #[init]
    pub fn new(_view: &WorkflowContextView, input: Reconcile) -> Self {
        Self {
            input,
            silent: BTreeSet::new(),
        }
    }

    #[run(name = "reconcile")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Reconciled> {
        let Reconcile {
            days,
            chunk,
            patience_secs: _,
            grace_secs,
        } = ctx.state(|w| w.input.clone());
        let now: DateTime<Utc> = ctx
            .workflow_time()
            .map(DateTime::<Utc>::from)
            .unwrap_or_default();
        let mut sum = Reconciled::default();
        let mut after = None;
        loop {
            let list = ListExpected {
                since: now - chrono::Duration::days(days.into()),
                after,
                limit: chunk,
            };
            let ExpectedPage { runs, next } = ctx
                .execute_local_activity(SweepActivities::expected, list, record())
                .await?;
            if !runs.is_empty() {
                let seen = look(ctx, &runs).await;
                let compared = Compared { runs, seen };
                let part = ctx
                    .execute_local_activity(SweepActivities::compare, compared, record())
                    .await?;
                add(&mut sum, part);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let portals = ctx
            .execute_local_activity(SweepActivities::portals, (), record())
            .await?;
        for portal in portals {
            let query = FindIdleDeals { portal, grace_secs };
            let find = || Bitrix24Activities::find_idle_deals;
            if let Some(idle) = ask(ctx, queues::BITRIX24, find, query).await {
                let part = ctx
                    .execute_local_activity(SweepActivities::keep_idle, idle, record())
                    .await?;
                add(&mut sum, part);
            }
        }
        sum.silent = ctx.state(|w| w.silent.iter().cloned().collect());
        Ok(sum)
    }
}

/// Asks everybody for what these runs make us expect; who does not answer has said nothing.
async fn look(ctx: &Ctx, runs: &[Expected]) -> Seen {
    let mut deals: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for run in runs {
        deals
            .entry(run.portal.clone())
            .or_default()
            .push(run.deal_id);
    }
    let receipts: Vec<_> = runs
        .iter()
        .filter_map(|run| run.receipt.as_ref().map(|receipt| receipt.ref_key))
        .collect();
    let payouts = |rail: PaymentRail| -> Vec<String> {
        runs.iter()
            .flat_map(|run| &run.payouts)
            .filter(|payout| payout.rail == rail)
            .map(|payout| payout.id.clone())
            .collect()
    };
    let (sbp, orders) = (payouts(PaymentRail::Sbp), payouts(PaymentRail::BankOrder));
    let (deals, receipts, sbp, orders) = join!(
        stages(ctx, deals),
        some(
            ctx,
            queues::ONEC_ALFA,
            || OnecActivities::read_receipts,
            receipts
        ),
        some(
            ctx,
            queues::YOOKASSA,
            || YookassaActivities::read_payouts,
            sbp
        ),
        some(ctx, queues::BANK, || BankActivities::read_orders, orders),
    );
    Seen {
        deals,
        receipts,
        sbp,
        orders,
    }
}

/// Deals of each portal that answered.
async fn stages(
    ctx: &Ctx,
    deals: BTreeMap<String, Vec<u64>>,
) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut stages = BTreeMap::new();
    for (portal, deals) in deals {
        let query = ReadStages {
            portal: portal.clone(),
            deals,
        };
        let read = || Bitrix24Activities::read_stages;
        if let Some(answer) = ask(ctx, queues::BITRIX24, read, query).await {
            stages.insert(portal, answer);
        }
    }
    stages
}

/// Nobody is called for nothing.
async fn some<AD, T, R>(
    ctx: &Ctx,
    queue: &str,
    activity: fn() -> AD,
    wanted: Vec<T>,
) -> Option<Vec<R>>
where
    AD: ActivityDefinition<Input = Vec<T>, Output = Vec<R>>,
    Vec<R>: TemporalDeserializable,
{
    if wanted.is_empty() {
        return Some(Vec::new());
    }
    ask(ctx, queue, activity, wanted).await
}

async fn ask<AD>(
    ctx: &Ctx,
    queue: &str,
    activity: fn() -> AD,
    input: AD::Input,
) -> Option<AD::Output>
where
    AD: ActivityDefinition,
    AD::Output: TemporalDeserializable,
{
    let patience = ctx.state(|w| Duration::from_secs(w.input.patience_secs));
    let options =
        ActivityOptions::with_close_timeouts(ActivityCloseTimeouts::ScheduleAndStartToClose {
            schedule_to_close: patience,
            start_to_close: ATTEMPT.min(patience),
        })
        .task_queue(queue.to_owned())
        .heartbeat_timeout(HEARTBEAT)
        .summary(format!("сверка: {}", queues::title_ru(queue)))
        .build();
    match ctx.execute_activity(activity(), input, options).await {
        Ok(answer) => Some(answer),
        Err(_) => {
            let partner = queues::partner(queue).unwrap_or_default().to_owned();
            ctx.state_mut(|w| w.silent.insert(partner));
            None
        }
    }
}

fn add(sum: &mut Reconciled, part: Reconciled) {
    let Reconciled {
        runs,
        findings,
        new,
        gone,
        silent: _,
    } = part;
    sum.runs += runs;
    sum.findings += findings;
    sum.new += new;
    sum.gone += gone;
}
