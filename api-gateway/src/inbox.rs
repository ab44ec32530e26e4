//! What arrived from outside is written down before it is answered, then given to its process.
//!
//! A sweep gives again what was not taken: after a crash, or while Temporal was away, nothing is lost.

pub(crate) mod bitrix24;
pub(crate) mod partners;
mod sweep;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::buyout::decision::Fact;
use domain::buyout::start::BuyoutId;
use sha2::{Digest, Sha256};
use store::inbox::InboxRow;

use crate::process::ProcessError;
use crate::server::App;

/// Where a message came from; part of its key, so it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Source {
    /// A robot of a portal.
    Bitrix24Robot,
    /// An event of a portal.
    Bitrix24Event,
    /// Our own sweep of a portal.
    Bitrix24Sweep,
    Yookassa,
    Bank,
    Avtocod,
    Wazzup,
}

/// How often the sweep looks for messages that nobody took.
const SWEEP: Duration = Duration::from_secs(2);
const BATCH: u64 = 50;
/// Pause before the next attempt, growing to this.
const LONGEST_PAUSE_SECS: i64 = 300;

/// What became of a message.
pub(crate) enum Taken {
    /// By this run.
    By(String),
    /// It was understood, and there is nothing to do.
    Nothing,
    /// The engine has enough new runs on their way: its turn comes after this time.
    Later(Duration),
    /// It names what we do not know yet: looked at again (English, no personal data).
    NotYet(&'static str),
    /// It fits nowhere; ops sees it with this reason (English, no personal data).
    Unmatched(String),
}

/// Gives one message to its process.
async fn take(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Ok(source) = row.source.parse::<Source>() else {
        return Ok(Taken::Unmatched(format!("unknown source {}", row.source)));
    };
    match source {
        Source::Bitrix24Robot => bitrix24::robot(app, row).await,
        Source::Bitrix24Event => bitrix24::event(app, row).await,
        Source::Bitrix24Sweep => sweep::robot(app, row).await,
        Source::Yookassa => partners::yookassa(app, row).await,
        Source::Bank => partners::bank(app, row).await,
        Source::Avtocod => partners::avtocod(app, row).await,
        Source::Wazzup => partners::wazzup(app, row).await,
    }
}

/// Whether what the message names may still become known.
fn is_early(app: &App, row: &InboxRow) -> bool {
    let early = chrono::Duration::seconds(app.config.callbacks.early_secs.into());
    Utc::now() - row.received_at < early
}

/// Tells a run a fact; a run that has ended leaves the fact to ops.
async fn tell(app: &App, run: &BuyoutId, fact: Fact) -> Result<Taken, ProcessError> {
    match app.processes.tell(run, fact).await {
        Ok(()) => Ok(Taken::By(run.0.clone())),
        Err(ProcessError::NotRunning) => Ok(Taken::Unmatched(format!("{run} has ended"))),
        Err(error) => Err(error),
    }
}

fn again_at(attempts: u32) -> DateTime<Utc> {
    let pause = (1_i64 << attempts.min(8)).min(LONGEST_PAUSE_SECS);
    Utc::now() + chrono::Duration::seconds(pause)
}

/// Takes a message now; what fails is left to the next sweep. `false`: not even that could be written.
async fn drive(app: &App, row: &InboxRow) -> bool {
    let outcome = take(app, row).await;
    let marked = match outcome {
        Ok(Taken::By(run)) => {
            metrics::counter!("kite_inbox_taken_total", "source" => row.source.clone())
                .increment(1);
            app.store.mark_taken(row.id, Some(&run)).await
        }
        Ok(Taken::Nothing) => {
            metrics::counter!("kite_inbox_nothing_total", "source" => row.source.clone())
                .increment(1);
            app.store.mark_taken(row.id, None).await
        }
        Ok(Taken::Later(wait)) => {
            tracing::debug!(inbox = row.id, source = %row.source, ?wait, "a message waits for its turn");
            app.store.put_off(row.id, Utc::now() + wait).await
        }
        Ok(Taken::NotYet(reason)) => {
            tracing::debug!(inbox = row.id, source = %row.source, reason, "a message is looked at again");
            app.store
                .mark_failed(row.id, reason, again_at(row.attempts))
                .await
        }
        Ok(Taken::Unmatched(reason)) => {
            tracing::warn!(inbox = row.id, source = %row.source, %reason, "a message fits nowhere; kept for ops");
            metrics::counter!("kite_inbox_unmatched_total", "source" => row.source.clone())
                .increment(1);
            app.store.mark_unmatched(row.id, &reason).await
        }
        Err(error) => {
            let at = again_at(row.attempts);
            tracing::warn!(inbox = row.id, source = %row.source, %error, %at, "a message was not taken; tried again");
            app.store.mark_failed(row.id, &error.to_string(), at).await
        }
    };
    if let Err(error) = &marked {
        tracing::error!(inbox = row.id, %error, "the fate of a message could not be written; the sweep takes it again");
    }
    marked.is_ok()
}

/// Runs until the gateway stops.
pub(crate) async fn sweep(app: App) {
    loop {
        tokio::select! {
            _ = app.stop.cancelled() => return,
            _ = app.arrived.notified() => {}
            _ = tokio::time::sleep(SWEEP) => {}
        }
        'due: while !app.stop.is_cancelled() {
            let due = match app.store.due(BATCH).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read");
                    break;
                }
            };
            if due.is_empty() {
                break;
            }
            for row in &due {
                // A row that stays due would be taken again at once, and again.
                if !drive(&app, row).await {
                    break 'due;
                }
            }
        }
    }
}

/// SHA-256 in hex: an event id where the partner gives none.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_write_under_the_names_that_are_read_here() {
        for (source, name) in [
            (Source::Bitrix24Sweep, contracts::sweep::INBOX_SOURCE),
            (Source::Bitrix24Event, contracts::sweep::EVENT_SOURCE),
        ] {
            assert_eq!(source.to_string(), name);
            assert_eq!(name.parse(), Ok(source));
        }
    }
}
