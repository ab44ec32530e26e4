//! Starting a buyout through the gateway (token, role, audit of who did it, idempotence) against the bare SDK's
//! `start_workflow` of the same workflow on the same server, and against the least server that does so for others. No
//! worker runs, so that all sides start and nothing else happens; the gateway's bound of new runs is opened, since nobody
//! takes them up.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures::StreamExt;
use futures::stream;
use proto::kite::buyout::v1::StartBuyoutRequest;
use proto::kite::buyout::v1::buyout_service_client::BuyoutServiceClient;
use stack::people::Person;
use temporalio_client::Client;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::figures::{Ratio, coin, median, millis, quantile};
use crate::forward;
use crate::process::{Process, free_port};
use crate::roles::{Own, Role};
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "start";
const GOAL: f64 = 0.95;
const ADDED: f64 = 5.0;
/// Starts at once.
const AT_ONCE: usize = 8;
/// How long the least server may take to listen.
const READY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

/// Which way a start goes.
#[derive(Clone, Copy)]
enum Way<'a> {
    Gateway(&'a Person),
    Least(&'a BuyoutServiceClient<Channel>),
    Bare(&'a Client),
}

impl Way<'_> {
    async fn start(self, deal_id: u64) -> anyhow::Result<()> {
        let request = StartBuyoutRequest {
            portal: String::new(),
            deal_id,
        };
        match self {
            Self::Gateway(person) => {
                person.buyouts().start_buyout(request).await?;
            }
            Self::Least(server) => {
                server.clone().start_buyout(request).await?;
            }
            Self::Bare(client) => {
                forward::start(client, deal_id).await?;
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

    /// Starts a second of both, in turn.
    async fn pairs(
        &mut self,
        (one, other): (Way<'_>, Way<'_>),
        count: u64,
        block: u64,
    ) -> anyhow::Result<Vec<(f64, f64)>> {
        let mut pairs = Vec::new();
        for _ in 0..count {
            let (one, other) = if coin() {
                let one = self.many(one, block).await?;
                (one, self.many(other, block).await?)
            } else {
                let other = self.many(other, block).await?;
                (self.many(one, block).await?, other)
            };
            pairs.push((block as f64 / one, block as f64 / other));
        }
        Ok(pairs)
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
    let (least, server) = least(&world).await?;
    let (ours, theirs, least) = (Way::Gateway(&manager), Way::Bare(&bare), Way::Least(&least));
    let mut deals = Deals(1_000_000);
    let block = if quick { 20 } else { 40 };
    let rounds = if quick { 3 } else { 120 };
    for way in [ours, theirs, least] {
        deals.many(way, block).await?;
    }
    let pairs = deals.pairs((ours, theirs), rounds, block).await?;
    let null = deals
        .pairs((theirs, theirs), rounds.div_ceil(2), block)
        .await?;
    let through = deals
        .pairs((ours, least), rounds.div_ceil(2), block)
        .await?;
    let unavoidable = deals
        .pairs((least, theirs), rounds.div_ceil(2), block)
        .await?;
    server.stop().await;
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
        format!("{:.0}/s", median(&rates))
    };
    table.tell(ROW, "null test: bare / bare", Ratio::of(&null));
    table.tell(
        ROW,
        "the least server between / bare",
        Ratio::of(&unavoidable),
    );
    table.tell(ROW, "gateway / the least server", Ratio::of(&through));
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

/// The least server, and a client of its.
async fn least(world: &World) -> anyhow::Result<(BuyoutServiceClient<Channel>, Process)> {
    let port = free_port()?;
    let tls = world.folder.path().join("tls");
    let file = world.folder.path().join("forward.json");
    let place = forward::Place {
        address: world.address.clone(),
        listen: ([127, 0, 0, 1], port).into(),
        tls: tls.clone(),
    };
    std::fs::write(&file, serde_json::to_string(&place)?)?;
    let server = Process::start(Role::Own(Own::Forward), &file, &[])?;
    let authority = Certificate::from_pem(std::fs::read(tls.join("ca.pem"))?);
    let endpoint = Endpoint::from_shared(format!("https://localhost:{port}/"))?
        .tls_config(ClientTlsConfig::new().ca_certificate(authority))?;
    let deadline = tokio::time::Instant::now() + READY;
    let channel = loop {
        match endpoint.connect().await {
            Ok(channel) => break channel,
            Err(error) if tokio::time::Instant::now() >= deadline => {
                return Err(error).context("the least server does not listen");
            }
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    };
    Ok((BuyoutServiceClient::new(channel), server))
}
