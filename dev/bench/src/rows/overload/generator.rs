//! Starts that come at a rate, whatever becomes of those before. A generator that waits for answers would hide what
//! it measures, so the rate that was really offered is checked.

use std::time::{Duration, Instant};

use anyhow::ensure;
use domain::buyout::start::BuyoutId;
use futures::future::join_all;
use tonic::Code;
use tonic_types::StatusExt;

use crate::office::Office;
use crate::rows::wall::PRICE;

/// How far the offered rate may be from the one asked for.
const EXACT: f64 = 0.05;

/// One start's answer.
pub(super) struct Answer {
    pub(super) run: BuyoutId,
    pub(super) took: Duration,
    accepted: bool,
    /// It was told when to come again.
    pub(super) hint: bool,
}

pub(super) struct Offered {
    /// A second.
    pub(super) rate: f64,
    answers: Vec<Answer>,
}

impl Offered {
    pub(super) fn accepted(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| answer.accepted)
    }

    pub(super) fn refused(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| !answer.accepted)
    }
}

/// Offers starts for that long.
pub(super) async fn offer(office: &Office, rate: f64, length: Duration) -> anyhow::Result<Offered> {
    let count = (rate * length.as_secs_f64()).round().max(1.0) as usize;
    let mut deals = Vec::with_capacity(count);
    for _ in 0..count {
        deals.push(office.deal(PRICE).await?);
    }
    let began = tokio::time::Instant::now();
    let mut starts = Vec::with_capacity(count);
    let mut last = Duration::ZERO;
    for (number, deal) in deals.into_iter().enumerate() {
        tokio::time::sleep_until(began + Duration::from_secs_f64(number as f64 / rate)).await;
        last = began.elapsed();
        let office = office.clone();
        starts.push(tokio::spawn(async move {
            let (took, answer) = office.start(&deal).await;
            let hint = answer.as_ref().err().is_some_and(|status| {
                let retry = status.get_details_retry_info();
                status.code() == Code::ResourceExhausted
                    && retry.is_some_and(|retry| retry.retry_delay.is_some())
            });
            Answer {
                run: deal.id,
                took,
                accepted: answer.is_ok(),
                hint,
            }
        }));
    }
    let offered = (count - 1) as f64 / last.as_secs_f64().max(f64::EPSILON);
    ensure!(
        count < 2 || (offered / rate - 1.0).abs() <= EXACT,
        "the generator offered {offered:.2} starts a second instead of {rate:.2}"
    );
    let rest = length.saturating_sub(last);
    let waited = Instant::now();
    let answers = join_all(starts)
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    tokio::time::sleep(rest.saturating_sub(waited.elapsed())).await;
    Ok(Offered {
        rate: offered,
        answers,
    })
}
