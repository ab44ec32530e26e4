//! The worker as a whole: what it needs, what it runs, how it stops.

use std::net::TcpListener;

use anyhow::Context;
use contracts::queues;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use platform::codec::Codec;
use store::connect::Store;
use temporalio_client::Client;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::health::{self, Health, Parts};
use crate::hold::Holds;
use crate::partner_calls::PartnerCalls;
use crate::partners::{self, PAUSES, TOLD_FIRST};
use crate::schedules;
use crate::search_attributes;
use crate::wiring::{self, Wired};

/// Runs until `stop` is cancelled; work in hand is finished first. `metrics` serves health and metrics.
///
/// The future is not `Send`, since workflow code is not: it wants a thread of its own or the main task.
pub async fn run(
    config: Config,
    metrics: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    run_with(config, metrics, stop, |_| Ok(())).await
}

/// [`run`] with more on the queue of processes than what is Kite's: for measuring what a worker costs.
pub async fn run_with(
    config: Config,
    metrics: TcpListener,
    stop: CancellationToken,
    more: impl FnOnce(&mut WorkerOptions) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A second provider is only possible in tests; the first one stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    config.check()?;
    // Before anything counts.
    platform::metrics::recorder();
    let upkeep = tokio::spawn(keep_metrics());
    let health = Health::default();
    let closed = CancellationToken::new();
    let serving = tokio::spawn(health::serve(metrics, health.clone(), closed.clone()));
    let worked = work(&config, &health, &stop, more).await;
    upkeep.abort();
    health.working(false);
    closed.cancel();
    let served = serving.await.context("the metrics server panicked")?;
    worked?;
    served.context("metrics")
}

/// Histograms grow until they are looked after.
async fn keep_metrics() {
    let mut minutes = tokio::time::interval(std::time::Duration::from_secs(60));
    loop {
        minutes.tick().await;
        platform::metrics::recorder().run_upkeep();
    }
}

async fn work(
    config: &Config,
    health: &Health,
    stop: &CancellationToken,
    more: impl FnOnce(&mut WorkerOptions) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let runtime = platform::metrics::sdk_runtime(config.metrics.sdk_address)
        .context("metrics.sdk_address")?;
    let connecting = platform::temporal::connect_worker(&config.temporal, &config.codec);
    let Some(connected) = stop.run_until_cancelled(connecting).await else {
        return Ok(());
    };
    let (client, codec) = connected?;
    let store = Store::connect(&config.store).await?;
    store.migrate().await?;
    let engine = Engine {
        runtime,
        client,
        codec,
    };
    let ended = serve(config, health, stop, engine, &store, more).await;
    store.close().await?;
    ended
}

/// The way to Temporal.
struct Engine {
    runtime: Runtime,
    client: Client,
    codec: Codec,
}

async fn serve(
    config: &Config,
    health: &Health,
    stop: &CancellationToken,
    engine: Engine,
    store: &Store,
    more: impl FnOnce(&mut WorkerOptions) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Engine {
        runtime,
        client,
        codec,
    } = engine;
    let objects = platform::objects::open(&config.objects)?;
    search_attributes::register(&client).await;
    let calls = PartnerCalls::default();
    let holds = Holds::new(config.hold, store.clone());
    let Wired {
        mut workers,
        bitrix24,
        onec,
        treasury,
        wazzup,
    } = wiring::wire(config, &client, &codec, store, &objects, &calls, &holds)?;
    if let Some(processes) = workers
        .iter_mut()
        .find(|options| options.task_queue == queues::KITE)
    {
        more(processes)?;
    }
    let mut workers = workers
        .into_iter()
        .map(|options| Worker::new(&runtime, client.clone(), options).map_err(anyhow::Error::from))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let scheduler = client.clone();
    health.connected(Parts {
        client,
        store: store.clone(),
        objects,
        place: config.objects.clone(),
    });

    let beside = CancellationToken::new();
    let mut tasks = JoinSet::new();
    if let Some(client) = onec.clone() {
        let stop = beside.clone();
        tasks.spawn(async move {
            partners::check_base("onec_alfa", || client.check_metadata(), PAUSES, stop).await;
        });
    }
    if let Some(client) = treasury.clone() {
        let stop = beside.clone();
        tasks.spawn(async move {
            partners::check_base("onec_treasury", || client.check_metadata(), PAUSES, stop).await;
        });
    }
    if let Some((client, receiver)) = wazzup {
        let stop = beside.clone();
        tasks.spawn(async move {
            let subscribe = || client.subscribe(&receiver);
            partners::be_told("wazzup", subscribe, TOLD_FIRST, stop).await;
        });
    }
    if config.served().any(|queue| queue == queues::KITE) {
        tasks.spawn(schedules::keep(
            scheduler,
            config.sweep.clone(),
            config.records.time_zone,
            beside.clone(),
        ));
    }
    tasks.spawn(holds.keep(beside.clone()));
    tasks.spawn(calls.keep(store.clone(), beside.clone()));
    if let Some(client) = bitrix24 {
        tasks.spawn(partners::keep_portals(
            client,
            store.clone(),
            beside.clone(),
        ));
    }

    health.working(true);
    let queues: Vec<&str> = config.served().collect();
    tracing::info!(queues = queues.join(", "), "the worker takes work");
    let ended = drive(&mut workers, health, stop).await;
    beside.cancel();
    tasks.join_all().await;
    if let Some(client) = onec {
        client.close().await;
    }
    if let Some(client) = treasury {
        client.close().await;
    }
    tracing::info!("the worker has stopped");
    ended
}

/// Runs all workers to their end. One that ends by itself ends the others: half a worker would look
/// like a whole one.
async fn drive(
    workers: &mut [Worker],
    health: &Health,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let shut: Vec<_> = workers.iter().map(Worker::shutdown_handle).collect();
    let mut runs: FuturesUnordered<_> = workers
        .iter_mut()
        .map(|worker| async move {
            let queue = worker.task_queue().to_owned();
            let ended = worker.run().await;
            (queue, ended)
        })
        .collect();
    let mut failed = None;
    let mut stopping = false;
    loop {
        let ended = tokio::select! {
            () = stop.cancelled(), if !stopping => None,
            ended = runs.next() => match ended {
                None => break,
                Some(ended) => Some(ended),
            },
        };
        if let Some((queue, ended)) = ended {
            match ended {
                Ok(()) if stopping => tracing::debug!(queue, "a queue is drained"),
                Ok(()) => {
                    failed = failed.or(Some(anyhow::anyhow!(
                        "the worker of {queue} ended by itself"
                    )))
                }
                Err(error) => {
                    let error =
                        anyhow::Error::from(error).context(format!("the worker of {queue} failed"));
                    tracing::error!(queue, error = format!("{error:#}"), "a worker failed");
                    failed = failed.or(Some(error));
                }
            }
        }
        if !stopping && (stop.is_cancelled() || failed.is_some()) {
            stopping = true;
            health.working(false);
            tracing::info!("stopping: no new work is taken, work in hand is finished");
            for shut in &shut {
                shut();
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
