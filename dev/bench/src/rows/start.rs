//! Starting a buyout through the gateway (token, role, audit of who did it, idempotence) against the bare SDK's
//! `start_workflow` of the same workflow on the same server. No worker runs, so that both sides start and nothing
//! else happens; the gateway's bound of new runs is opened, since nobody takes them up.

use std::time::{Duration, Instant};

use domain::buyout::start::BuyoutStart;
use futures::StreamExt;
use futures::stream;
use proto::kite::buyout::v1::StartBuyoutRequest;
use stack::people::Person;
use temporalio_client::{
    Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use workflows::buyout::BuyoutWorkflow;

use crate::figures::{Ratio, coin, median, millis, quantile};
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "start";
const GOAL: f64 = 0.95;
const ADDED: f64 = 5.0;
/// Starts at once.
const AT_ONCE: usize = 8;

/// Which way a start goes.
#[derive(Clone, Copy)]
enum Way<'a> {
    Gateway(&'a Person),
    Bare(&'a Client),
}

impl Way<'_> {
    async fn start(self, deal_id: u64) -> anyhow::Result<()> {
        match self {
            Self::Gateway(person) => {
                let request = StartBuyoutRequest {
                    portal: String::new(),
                    deal_id,
                };
                person.buyouts().start_buyout(request).await?;
            }
            Self::Bare(client) => {
                let start = BuyoutStart {
                    portal: "bare".to_owned(),
                    deal_id,
                    robot: None,
                    started_by: None,
                };
                let options = WorkflowStartOptions::new(contracts::queues::KITE, start.id().0)
                    .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
                    .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
                    .static_summary(format!("Выкуп, сделка {deal_id}"))
                    .search_attributes(SearchAttributes::new([
                        contracts::search_attributes::STAGE.value_set("NEW".to_owned()),
                        contracts::search_attributes::DEAL.value_set(deal_id.to_string()),
                    ]))
                    .build();
                client
                    .start_workflow(BuyoutWorkflow::run, start, options)
                    .await?;
            }
        }
        Ok(())
    }
}

/// Deals that were not started yet.
struct Deals(u64);

impl Deals {
    /// Seconds for so many starts, some at once.
    async fn many(&mut self, way: Way<'_>, count: u64) -> anyhow::Result<f64> {
        let first = self.0;
        self.0 += count;
        let began = Instant::now();
        let mut starts = stream::iter(first..self.0)
            .map(|deal| way.start(deal))
            .buffer_unordered(AT_ONCE);
        while let Some(started) = starts.next().await {
            started?;
        }
        Ok(began.elapsed().as_secs_f64())
    }

    async fn one(&mut self, way: Way<'_>) -> anyhow::Result<Duration> {
        self.0 += 1;
        let began = Instant::now();
        way.start(self.0).await?;
        Ok(began.elapsed())
    }
}

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let world = World::start(Options {
        worker: false,
        ..Options::default()
    })
    .await?;
    let manager = world.sign_in("manager").await?;
    let bare = crate::noop::client(&world.address).await?;
    let (ours, theirs) = (Way::Gateway(&manager), Way::Bare(&bare));
    let mut deals = Deals(1_000_000);
    let block = if quick { 20 } else { 40 };
    deals.many(ours, block).await?;
    deals.many(theirs, block).await?;
    let (mut pairs, mut null) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 3 } else { 120 } {
        let (with, without) = if coin() {
            let with = deals.many(ours, block).await?;
            (with, deals.many(theirs, block).await?)
        } else {
            let without = deals.many(theirs, block).await?;
            (deals.many(ours, block).await?, without)
        };
        pairs.push((1.0 / with, 1.0 / without));
    }
    for _ in 0..if quick { 1 } else { 60 } {
        let first = deals.many(theirs, block).await?;
        null.push((1.0 / first, 1.0 / deals.many(theirs, block).await?));
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 30 } else { 250 } {
        if coin() {
            with.push(deals.one(ours).await?);
            without.push(deals.one(theirs).await?);
        } else {
            without.push(deals.one(theirs).await?);
            with.push(deals.one(ours).await?);
        }
    }
    world.stop().await?;
    let ratio = Ratio::of(&pairs);
    let rate = |side: fn(&(f64, f64)) -> f64| {
        let rates: Vec<f64> = pairs.iter().map(side).collect();
        format!("{:.0}/s", median(&rates) * block as f64)
    };
    table.tell(ROW, "null test: bare / bare", Ratio::of(&null));
    table.add(Line {
        row: ROW,
        what: format!("starts a second, {AT_ONCE} at once: gateway / bare SDK"),
        ours: rate(|pair| pair.0),
        reference: rate(|pair| pair.1),
        ratio: ratio.to_string(),
        goal: format!(">= {GOAL}"),
        met: Some(ratio.low >= GOAL),
    });
    let (with, without) = (millis(&with), millis(&without));
    let added = median(&with) - median(&without);
    table.add(Line {
        row: ROW,
        what: "one start, p50: gateway - bare SDK".to_owned(),
        ours: format!("{:.1} ms", median(&with)),
        reference: format!("{:.1} ms", median(&without)),
        ratio: format!("+{added:.1} ms"),
        goal: format!("<= +{ADDED} ms"),
        met: Some(added <= ADDED),
    });
    table.tell(
        ROW,
        "one start, p99: gateway, bare SDK",
        format!(
            "{:.1} ms, {:.1} ms",
            quantile(&with, 0.99),
            quantile(&without, 0.99)
        ),
    );
    Ok(())
}
