//! What a running gateway does now and then: it signs what was put on record, has the list of banks read anew, and
//! clears away quiet callers, parts of unfinished uploads, ended sessions, old changes and notifications, old
//! messages that concerned nobody.

use std::time::Duration;

use chrono::Utc;

use crate::audit;
use crate::files;
use crate::server::App;
use crate::task::banks::Refresh;

const EVERY: Duration = Duration::from_secs(60);
/// Rounds between the slower tasks: once an hour.
const HOURLY: u64 = 60;
/// Changes are kept this long for streams that come back; an older token means reading the lists again.
const CHANGES_KEPT_DAYS: i64 = 7;
/// What people were told is kept this long, read or not.
const NOTIFICATIONS_KEPT_DAYS: i64 = 30;
/// Messages in which there was nothing to do (a portal tells of every task that it has) are kept this long.
const NEEDLESS_KEPT_DAYS: i64 = 7;

/// Runs until the gateway stops.
pub(crate) async fn keep(app: App) {
    let mut banks = Refresh::default();
    for round in 0_u64.. {
        app.stop.run_until_cancelled(banks.when_old(&app)).await;
        app.limiter.forget_quiet();
        app.answers.forget_quiet();
        app.attempts.forget_quiet();
        // Durations are summed up here, whether or not anybody reads the metrics.
        platform::metrics::recorder().run_upkeep();
        audit::sign(&app.store, &app.signers).await;
        if round.is_multiple_of(HOURLY) {
            files::sweep(app.objects.as_ref()).await;
            prune_entries(&app).await;
            let before = Utc::now() - chrono::Duration::days(CHANGES_KEPT_DAYS);
            match app.store.prune_changes(before).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old changes were removed"),
                Err(error) => tracing::warn!(%error, "old changes stay: the store does not answer"),
            }
            let before = Utc::now() - chrono::Duration::days(NOTIFICATIONS_KEPT_DAYS);
            match app.store.prune_notifications(before).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old notifications were removed"),
                Err(error) => {
                    tracing::warn!(%error, "old notifications stay: the store does not answer");
                }
            }
            let before = Utc::now() - chrono::Duration::days(NEEDLESS_KEPT_DAYS);
            match app.store.prune_inbox(before).await {
                Ok(0) => {}
                Ok(count) => {
                    tracing::info!(count, "old messages that concerned nobody were removed")
                }
                Err(error) => {
                    tracing::warn!(%error, "old messages stay: the store does not answer")
                }
            }
        }
        tokio::select! {
            _ = app.stop.cancelled() => return,
            _ = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Sessions and tickets that have ended.
async fn prune_entries(app: &App) {
    let now = Utc::now();
    let pruned = async {
        let sessions = app.store.prune_sessions(now).await?;
        let tickets = app.store.prune_portal_tickets(now).await?;
        Ok::<_, store::StoreError>((sessions, tickets))
    };
    match pruned.await {
        Ok((0, 0)) => {}
        Ok((sessions, tickets)) => {
            tracing::info!(sessions, tickets, "ended sessions and tickets were removed");
        }
        Err(error) => tracing::warn!(%error, "ended sessions stay: the store does not answer"),
    }
}
