//! `kite ops retry`: many at once, or one run.

use anyhow::bail;
use clap::{Args, ValueEnum};
use proto::kite::ops::v1::retry_batch_response::Event;
use proto::kite::ops::v1::{RetriedItem, RetryBatchRequest, RetryReport};

use crate::connect::{Gateway, refusal};
use crate::print::say;

#[derive(Args)]
pub(crate) struct Retry {
    /// Only these runs; without any, all that fit the filters.
    runs: Vec<String>,
    /// Calls of this partner; may be given several times.
    #[arg(long = "partner", value_name = "CODE")]
    partners: Vec<String>,
    /// Of runs at this stage (CHECKING, PAYING, ...); may be given several times.
    #[arg(long = "stage", value_name = "STAGE")]
    stages: Vec<String>,
    /// Calls of partners, messages of the inbox, or both. A filter by partner or stage means calls.
    #[arg(long, value_enum)]
    what: Option<What>,
    /// Tell what would be done and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// So many a second.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rate: u32,
    /// At most so many.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Calls,
    Inbox,
}

pub(super) async fn run(gateway: &Gateway, retry: Retry) -> anyhow::Result<()> {
    let Retry {
        runs,
        partners,
        stages,
        what,
        dry_run,
        rate,
        limit,
    } = retry;
    let request = RetryBatchRequest {
        partners,
        stages: stages.iter().map(|stage| stage.to_uppercase()).collect(),
        buyout_ids: runs,
        what: what
            .map(|what| match what {
                What::Calls => "CALLS".to_owned(),
                What::Inbox => "INBOX".to_owned(),
            })
            .into_iter()
            .collect(),
        dry_run,
        per_second: rate,
        limit,
    };
    let answer = gateway.ops().retry_batch(request).await.map_err(refusal)?;
    let mut told = answer.into_inner();
    while let Some(message) = told.message().await.map_err(refusal)? {
        match message.event {
            Some(Event::Item(item)) => line(&item),
            Some(Event::Report(report)) => return end(&report),
            None => {}
        }
    }
    bail!("the gateway ended the batch without a report; what is printed above was done")
}

fn line(item: &RetriedItem) {
    let what = match item.kind.as_str() {
        "MESSAGE" => format!("message {} of {}", item.inbox_id, item.name),
        _ => format!("{} {}", item.buyout_id, item.name),
    };
    say!(
        "{:<12} {what}, attempts so far {}",
        item.outcome,
        item.attempt
    );
    for more in [&item.last_failure, &item.detail] {
        if !more.is_empty() {
            say!("             {more}");
        }
    }
}

fn end(report: &RetryReport) -> anyhow::Result<()> {
    let RetryReport {
        looked_at,
        retried,
        skipped,
        failed,
        dry_run,
        cut,
    } = report;
    let done = if *dry_run {
        format!("{retried} would be retried; nothing was done")
    } else {
        format!("{retried} retried")
    };
    say!("{looked_at} looked at: {done}, {skipped} skipped, {failed} failed");
    if *cut {
        say!("There are more than the limit: run it again for the rest.");
    }
    if *failed > 0 {
        bail!("{failed} could not be retried; they are tried again by themselves later");
    }
    Ok(())
}
