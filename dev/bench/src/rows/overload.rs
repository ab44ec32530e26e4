//! What happens when more buyouts are started than the engine carries. The most that it completes is found; then
//! starts come at once, twice and three times that rate, on a clock that waits for nobody, and the most is found anew
//! after each.
//!
//! Gateway and worker are as shipped and processes of their own; their memory is that of this row.

mod generator;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;

use self::generator::{Answer, Offered};
use crate::figures::{millis, quantile};
use crate::office::{Files, Office};
use crate::rows::wall::PRICE;
use crate::table::{Line, Table};
use crate::world::{Options, World};

pub(crate) const ROW: &str = "overload";
const GOODPUT: f64 = 0.9;
const REFUSED_MS: f64 = 50.0;
const NORMAL_SECS: f64 = 10.0;
const WORKER_MB: f64 = 150.0;
const GATEWAY_MB: f64 = 100.0;
const LOOK: Duration = Duration::from_millis(200);
/// How long runs that were let in may take to end after the load.
const DRAIN: Duration = Duration::from_secs(240);

/// Runs that have to end before a rate is believed.
const COUNTED: usize = 10;
/// The longest that the most is looked for, in loads.
const PATIENCE: u32 = 4;
/// How long a load lasts before it is measured, in lengths of a run.
const RAMP: f64 = 3.0;

/// How long a load is measured, and how long it lasts before that: until the first runs have come through.
#[derive(Clone, Copy)]
struct Times {
    ramp: Duration,
    load: Duration,
}

pub(crate) async fn measure(quick: bool, table: &mut Table) -> anyhow::Result<()> {
    let load = Duration::from_secs(if quick { 25 } else { 45 });
    let world = World::start(Options::default()).await?;
    // Runs in hand while the most is looked for: enough that the engine is never idle.
    let (in_hand, files) = if quick {
        (3, Files::Ready)
    } else {
        (12, Files::Uploaded)
    };
    let office = Office::open(&world, files, Duration::from_millis(50)).await?;
    let mut before = peak(&office, in_hand, load).await?;
    let mut peaks = vec![before];
    let mut usual = None;
    for times_peak in 1..=3_u32 {
        // Until as many runs end as are begun: several times as long as a run takes while so many are in hand.
        let ramp = Duration::from_secs_f64(in_hand as f64 / before * RAMP);
        let times = Times { ramp, load };
        let rate = before * f64::from(times_peak);
        let loaded = loaded(&world, &office, rate, &times, usual).await?;
        // What the machine gives changes by the minute: the most is that of before and after.
        let after = peak(&office, in_hand, load).await?;
        tell(table, times_peak, f64::midpoint(before, after), &loaded);
        usual = usual.or(Some(loaded.accepted_p99));
        peaks.push(after);
        before = after;
    }
    let peaks: Vec<String> = peaks.iter().map(|peak| format!("{peak:.2}/s")).collect();
    table.tell(
        ROW,
        format!("most complete buyouts a second, {in_hand} in hand, around the loads"),
        peaks.join(", "),
    );
    memory(table, &world).await?;
    office.close();
    world.stop().await
}

/// Keeps a number of runs in hand; answers how many ended a second once the first ones had come through.
async fn peak(office: &Office, in_hand: usize, load: Duration) -> anyhow::Result<f64> {
    let mut runs: Vec<BuyoutId> = Vec::new();
    let began = Instant::now();
    let mut counted: Option<(usize, Instant)> = None;
    loop {
        let ended = office.ended(&runs).await?.len();
        while runs.len() < ended + in_hand {
            let deal = office.deal(PRICE).await?;
            let (_, started) = office.start(&deal).await;
            // Full for the moment.
            if started.is_err() {
                break;
            }
            runs.push(deal.id);
        }
        match counted {
            None if ended >= in_hand => counted = Some((ended, Instant::now())),
            Some((before, since)) if since.elapsed() >= load && ended >= before + COUNTED => {
                let rate = (ended - before) as f64 / since.elapsed().as_secs_f64();
                drained(office, &runs).await?;
                return Ok(rate);
            }
            _ => {}
        }
        ensure!(
            began.elapsed() < load * PATIENCE,
            "only {ended} buyouts were completed in {:?}: {}",
            began.elapsed(),
            office.surprises()
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// What came of a load.
struct Load {
    offered: Offered,
    goodput: f64,
    accepted: usize,
    accepted_p99: f64,
    refused: usize,
    refused_p99: f64,
    /// Refusals without a time to wait.
    without_hint: usize,
    /// Until starts were let in again as quickly as usual.
    normal: Duration,
}

async fn loaded(
    world: &World,
    office: &Office,
    rate: f64,
    times: &Times,
    usual: Option<f64>,
) -> anyhow::Result<Load> {
    let began = Utc::now();
    let offered = generator::offer(office, rate, times.ramp + times.load).await?;
    let over = Utc::now();
    let normal = normal_again(office, usual).await?;
    let mut runs: Vec<BuyoutId> = offered
        .accepted()
        .map(|answer| answer.run.clone())
        .collect();
    runs.extend(normal.runs);
    drained(office, &runs).await?;
    let ended = office.ended(&runs).await?;
    let from = began + chrono::Duration::from_std(times.ramp)?;
    let within = |at: DateTime<Utc>| at >= from && at < over;
    let done = ended
        .iter()
        .filter(|run| run.done && within(run.at))
        .count();
    let seconds = (over - from).as_seconds_f64();
    let took = |answers: Vec<&Answer>| {
        let all: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
        quantile(&millis(&all), 0.99)
    };
    println!(
        "not taken up at the end: {:.0}, moving {:.0}, bound {:.0}",
        world.metric("kite_starts_on_their_way").await?,
        world.metric("kite_runs_moving").await?,
        world.metric("kite_starts_at_once").await?
    );
    Ok(Load {
        goodput: done as f64 / seconds,
        accepted: offered.accepted().count(),
        accepted_p99: took(offered.accepted().collect()),
        refused: offered.refused().count(),
        refused_p99: took(offered.refused().collect()),
        without_hint: offered.refused().filter(|answer| !answer.hint).count(),
        normal: normal.after,
        offered,
    })
}

fn tell(table: &mut Table, times_peak: u32, peak: f64, load: &Load) {
    let at = |what: &str| format!("{times_peak}x: {what}");
    table.tell(
        ROW,
        at("offered; let in, refused; p99 of a start let in"),
        format!(
            "{:.2}/s; {}, {}; {:.0} ms",
            load.offered.rate, load.accepted, load.refused, load.accepted_p99
        ),
    );
    table.add(Line {
        row: ROW,
        what: at("complete buyouts a second / the most"),
        ours: format!("{:.2}/s", load.goodput),
        reference: format!("{peak:.2}/s"),
        ratio: format!("{:.2}", load.goodput / peak),
        goal: format!(">= {GOODPUT}"),
        met: Some(load.goodput / peak >= GOODPUT),
    });
    if load.refused > 0 {
        table.add(Line {
            row: ROW,
            what: at("p99 of a refusal; those without a time to wait"),
            ours: format!("{:.0} ms; {}", load.refused_p99, load.without_hint),
            reference: String::new(),
            ratio: String::new(),
            goal: format!("<= {REFUSED_MS} ms; 0"),
            met: Some(load.refused_p99 <= REFUSED_MS && load.without_hint == 0),
        });
    }
    table.add(Line {
        row: ROW,
        what: at("starts let in as usual after the load"),
        ours: format!("{:.1} s", load.normal.as_secs_f64()),
        reference: String::new(),
        ratio: String::new(),
        goal: format!("<= {NORMAL_SECS} s"),
        met: Some(load.normal.as_secs_f64() <= NORMAL_SECS),
    });
}

/// When starts were let in again, and the runs that found it out.
struct Normal {
    after: Duration,
    runs: Vec<BuyoutId>,
}

/// Three starts in a row that are let in, none slower than twice the usual.
async fn normal_again(office: &Office, usual: Option<f64>) -> anyhow::Result<Normal> {
    let began = Instant::now();
    let bound = usual.map_or(f64::INFINITY, |usual| (usual * 2.0).max(100.0));
    let (mut runs, mut good, mut since) = (Vec::new(), 0, Duration::ZERO);
    while good < 3 {
        let deal = office.deal(PRICE).await?;
        let asked = began.elapsed();
        let (took, started) = office.start(&deal).await;
        if started.is_ok() {
            runs.push(deal.id);
        }
        if started.is_ok() && took.as_secs_f64() * 1_000.0 <= bound {
            if good == 0 {
                since = asked;
            }
            good += 1;
        } else {
            good = 0;
        }
        if asked > DRAIN {
            bail!("starts are not let in {asked:?} after the load");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(Normal { after: since, runs })
}

/// Every run that was let in ends as it should.
async fn drained(office: &Office, runs: &[BuyoutId]) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let ended = office.ended(runs).await?;
        if let Some(wrong) = ended.iter().find(|run| !run.done) {
            bail!("{} did not end DONE: {}", wrong.id, office.surprises());
        }
        if ended.len() == runs.len() {
            println!(
                "{} runs ended {:.1} s after the load",
                runs.len(),
                began.elapsed().as_secs_f64()
            );
            return Ok(());
        }
        if began.elapsed() > DRAIN {
            bail!(
                "{} of {} runs have not ended {DRAIN:?} after the load: {}",
                runs.len() - ended.len(),
                runs.len(),
                office.surprises()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn memory(table: &mut Table, world: &World) -> anyhow::Result<()> {
    let worker = world.worker.as_ref().context("no worker")?.memory()?;
    let gateway = world.gateway.memory()?;
    for (name, (now, highest), goal) in [
        ("worker", worker, WORKER_MB),
        ("gateway", gateway, GATEWAY_MB),
    ] {
        table.add(Line {
            row: ROW,
            what: format!("resident memory of the {name}: highest (after the load)"),
            ours: format!("{highest:.0} MB ({now:.0})"),
            reference: String::new(),
            ratio: String::new(),
            goal: format!("<= {goal} MB"),
            met: Some(highest <= goal),
        });
    }
    Ok(())
}
