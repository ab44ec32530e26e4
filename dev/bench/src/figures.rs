//! What is made of many measurements.

use std::time::Duration;

use rand::seq::IndexedRandom;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 2_000;

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which that part of the values lies; of few values the highest ones stand for it.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (part * last as f64).ceil() as usize;
    sorted.get(at.min(last)).copied().unwrap_or(f64::NAN)
}

/// The mean of a quantile over resamples: of few values it does not hang on the highest one alone.
pub(crate) fn bagged(values: &[f64], part: f64) -> f64 {
    let mut rng = rand::rng();
    let quantiles = (0..RESAMPLES).map(|_| {
        let drawn: Vec<f64> = (0..values.len())
            .filter_map(|_| values.choose(&mut rng).copied())
            .collect();
        quantile(&drawn, part)
    });
    quantiles.sum::<f64>() / RESAMPLES as f64
}

pub(crate) fn millis(durations: &[Duration]) -> Vec<f64> {
    durations
        .iter()
        .map(|d| d.as_secs_f64() * 1_000.0)
        .collect()
}

/// The median of pair ratios with its 95 % interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ratio {
    pub(crate) fn of(pairs: &[(f64, f64)]) -> Self {
        let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
        let mut rng = rand::rng();
        let medians: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let drawn: Vec<f64> = (0..ratios.len())
                    .filter_map(|_| ratios.choose(&mut rng).copied())
                    .collect();
                median(&drawn)
            })
            .collect();
        Self {
            median: median(&ratios),
            low: quantile(&medians, 0.025),
            high: quantile(&medians, 0.975),
        }
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2}-{:.2})", self.median, self.low, self.high)
    }
}

/// `true` half of the time: which side of a pair goes first.
pub(crate) fn coin() -> bool {
    rand::random()
}
