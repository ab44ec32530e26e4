//! Simulation of a buyout over the rules of `domain`, seed by seed, see docs/testing.md.
//!
//! `KITE_SIM_SEED=<n>` plays one seed, `KITE_SIM_SEEDS=<n>` so many instead of the usual number.

mod bug;
mod fixtures;
mod oracle;
mod partners;
mod people;
mod rng;
mod run;
mod story;
mod world;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::buyout::stage::Stage;
use strum::IntoEnumIterator;

use crate::bug::Bug;
use crate::world::World;

/// Seeds of one run of the tests.
const SEEDS: u64 = 5_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} wants a number, not {text}"))
    })
}

/// Plays every seed once, on all cores.
fn play_all(seeds: u64) -> (BTreeMap<Stage, u32>, Vec<(u64, String)>) {
    let next = AtomicU64::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut ends = BTreeMap::new();
                    let mut broken = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds {
                            return (ends, broken);
                        }
                        match World::play(seed, None) {
                            Ok(run) => *ends.entry(run.buyout.stage).or_insert(0) += 1,
                            Err(why) => broken.push((seed, why)),
                        }
                    }
                })
            })
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.map(|part| part.expect("a worker")).collect()
    });
    let mut ends = BTreeMap::new();
    let mut broken = Vec::new();
    for (part, mut failed) in parts {
        for (stage, count) in part {
            *ends.entry(stage).or_insert(0) += count;
        }
        broken.append(&mut failed);
    }
    broken.sort();
    (ends, broken)
}

#[test]
fn no_seed_breaks_a_promise() {
    if let Some(seed) = number("KITE_SIM_SEED") {
        let run = World::play(seed, None).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert!(run.buyout.stage.is_final());
        return;
    }
    let seeds = number("KITE_SIM_SEEDS").unwrap_or(SEEDS);
    let (ends, broken) = play_all(seeds);
    assert!(
        broken.is_empty(),
        "{} of {seeds} seeds are broken. The first: KITE_SIM_SEED={} repeats \"{}\"",
        broken.len(),
        broken[0].0,
        broken[0].1
    );
    // A scheduler that never lets a run get far would find nothing.
    for stage in [
        Stage::Done,
        Stage::DeclinedByClient,
        Stage::OfferExpired,
        Stage::RefusedFraud,
        Stage::NoShow,
        Stage::Cancelled,
    ] {
        let count = ends.get(&stage).copied().unwrap_or_default();
        assert!(count > 0, "no seed ends {stage}: {ends:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..50 {
        let (one, two) = (World::play(seed, None), World::play(seed, None));
        assert_eq!(one.ok(), two.ok(), "seed {seed}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    for bug in Bug::iter() {
        let found = (0..SEEDS).find_map(|seed| {
            let why = World::play(seed, Some(bug)).err()?;
            Some((seed, why))
        });
        let (seed, why) = found.unwrap_or_else(|| panic!("{bug} is not found in {SEEDS} seeds"));
        println!("{bug}: seed {seed}: {why}");
    }
}
