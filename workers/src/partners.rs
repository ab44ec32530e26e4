//! What is looked after beside the queues. A partner that is away stops nothing: it is asked again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use activities::bitrix24::{
    BUYOUT_ROBOT, Bitrix24Client, EVENTS, Reconciled, Subscribed, bind_tab, keep_events, reconcile,
    subscribe,
};
use activities::error::PartnerError;
use store::connect::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Until a base of 1C is looked at again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pauses {
    /// It did not answer.
    pub(crate) away: Duration,
    /// It lacks something; an administrator may publish it meanwhile.
    pub(crate) lacks: Duration,
}

pub(crate) const PAUSES: Pauses = Pauses {
    away: Duration::from_secs(30),
    lacks: Duration::from_secs(300),
};
/// How often the database is asked for portals that were installed meanwhile.
const PORTALS: Duration = Duration::from_secs(1);
/// Until a portal that did not take its robots and events is tried again.
const PORTAL_AWAY: Duration = Duration::from_secs(30);

/// Between attempts to have a partner call the gateway: at first it may only be starting.
pub(crate) const TOLD_FIRST: Duration = Duration::from_secs(1);
const TOLD_LONGEST: Duration = Duration::from_secs(300);

/// Has a partner call the gateway, however often it takes; `first` is the first pause, which doubles.
pub(crate) async fn be_told<Subscribe, Subscribed>(
    partner: &'static str,
    subscribe: Subscribe,
    first: Duration,
    stop: CancellationToken,
) where
    Subscribe: Fn() -> Subscribed,
    Subscribed: Future<Output = Result<(), PartnerError>>,
{
    let mut pause = first;
    loop {
        let Some(subscribed) = stop.run_until_cancelled(subscribe()).await else {
            return;
        };
        match subscribed {
            Ok(()) => {
                tracing::info!(partner, "the partner calls the gateway");
                return;
            }
            Err(error) => tracing::warn!(
                partner,
                ?error,
                "the partner does not call the gateway; asked again later"
            ),
        }
        if stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_none()
        {
            return;
        }
        pause = (pause * 2).min(TOLD_LONGEST);
    }
}

/// Compares a base of 1C with its mapping until it fits. `check` answers what is missing.
pub(crate) async fn check_base<Check, Checked>(
    partner: &'static str,
    check: Check,
    pauses: Pauses,
    stop: CancellationToken,
) where
    Check: Fn() -> Checked,
    Checked: Future<Output = Result<Vec<String>, PartnerError>>,
{
    loop {
        let Some(checked) = stop.run_until_cancelled(check()).await else {
            return;
        };
        let pause = match checked {
            Ok(missing) if missing.is_empty() => {
                tracing::info!(
                    partner,
                    "the base of 1C has everything that the mapping names"
                );
                return;
            }
            Ok(missing) => {
                for sentence in &missing {
                    tracing::error!(partner, "mapping of 1C: {sentence}");
                }
                tracing::error!(
                    partner,
                    missing = missing.len(),
                    "nothing is written into this base until the mapping fits it"
                );
                pauses.lacks
            }
            Err(error) => {
                tracing::warn!(
                    partner,
                    ?error,
                    "the base of 1C could not be compared with the mapping; asked again later"
                );
                pauses.away
            }
        };
        if stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// Keeps our robots and event handlers on every portal that has the app: at the start, and after an
/// installation.
pub(crate) async fn keep_portals(
    client: Arc<Bitrix24Client>,
    store: Store,
    stop: CancellationToken,
) {
    let mut done: BTreeMap<String, Seen> = BTreeMap::new();
    loop {
        match stop
            .run_until_cancelled(look(&client, &store, &mut done))
            .await
        {
            Some(()) => {}
            None => return,
        }
        if stop
            .run_until_cancelled(tokio::time::sleep(PORTALS))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// An installation that was seen, and when it is to be tried again.
struct Seen {
    /// Changes with each installation; a refresh of tokens leaves it.
    application_token: String,
    again: Option<Instant>,
}

async fn look(client: &Bitrix24Client, store: &Store, done: &mut BTreeMap<String, Seen>) {
    let portals = match store.portals().await {
        Ok(portals) => portals,
        Err(error) => {
            tracing::warn!(%error, "the portals could not be read");
            return;
        }
    };
    for portal in portals {
        let rests = done.get(&portal.member_id).is_some_and(|seen| {
            seen.application_token == portal.application_token
                && seen.again.is_none_or(|again| Instant::now() < again)
        });
        if rests {
            continue;
        }
        let again = match keep(client, &portal.member_id).await {
            Ok((Reconciled { added, updated }, Subscribed { bound, unbound })) => {
                tracing::info!(
                    portal = %portal.member_id,
                    ?added,
                    ?updated,
                    ?bound,
                    unbound,
                    "the portal has our robots and tells us of its events"
                );
                keep_tab(client, &portal.member_id).await
            }
            Err(error) => {
                tracing::warn!(
                    portal = %portal.member_id,
                    ?error,
                    "the portal did not take our robots and event handlers; tried again later"
                );
                Some(Instant::now() + PORTAL_AWAY)
            }
        };
        let seen = Seen {
            application_token: portal.application_token,
            again,
        };
        done.insert(portal.member_id, seen);
    }
}

async fn keep(
    client: &Bitrix24Client,
    portal: &str,
) -> Result<(Reconciled, Subscribed), PartnerError> {
    let robots = reconcile(client, portal, &[BUYOUT_ROBOT]).await?;
    let events = subscribe(client, portal, &EVENTS).await?;
    match keep_events(client, portal, &EVENTS).await {
        Ok(()) => {}
        // Somebody else was faster, or the plan does not allow it.
        Err(refused @ PartnerError::Rejected { .. }) => {
            tracing::info!(portal, ?refused, "the portal keeps no events for us");
        }
        Err(error) => return Err(error),
    }
    Ok((robots, events))
}

/// Keeps our tab in the card of a deal. Processes need no tab: a portal that does not allow it is left alone
/// until the app is installed anew. Answers when to try again.
async fn keep_tab(client: &Bitrix24Client, portal: &str) -> Option<Instant> {
    match bind_tab(client, portal).await {
        Ok(tab) => {
            tracing::info!(portal, ?tab, "the portal has our tab in the deal");
            None
        }
        Err(error @ PartnerError::Rejected { .. }) => {
            tracing::warn!(
                portal,
                ?error,
                "the portal does not allow our tab in the deal; install the app anew with the permission \"placement\""
            );
            None
        }
        Err(error) => {
            tracing::warn!(
                portal,
                ?error,
                "the portal did not take our tab in the deal; tried again later"
            );
            Some(Instant::now() + PORTAL_AWAY)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const AT_ONCE: Pauses = Pauses {
        away: Duration::ZERO,
        lacks: Duration::ZERO,
    };

    #[tokio::test]
    async fn a_base_is_asked_until_it_fits() {
        let answers = Mutex::new(vec![
            Ok(Vec::new()),
            Ok(vec!["base X: object Y is not published".to_owned()]),
            Err(PartnerError::unavailable("asleep")),
        ]);
        let check = || {
            let answer = answers.lock().expect("a lock").pop();
            std::future::ready(answer.expect("asked after it fitted"))
        };
        check_base("onec_alfa", check, AT_ONCE, CancellationToken::new()).await;
        assert!(answers.lock().expect("a lock").is_empty());
    }

    #[tokio::test]
    async fn a_partner_is_asked_until_it_calls_the_gateway_or_the_worker_stops() {
        let answers = Mutex::new(vec![
            Ok(()),
            Err(PartnerError::rejected("URI_NOT_VALID", "адрес")),
            Err(PartnerError::unavailable("the gateway is starting")),
        ]);
        let subscribe = || {
            let answer = answers.lock().expect("a lock").pop();
            std::future::ready(answer.expect("asked after it was taken"))
        };
        be_told(
            "wazzup",
            subscribe,
            Duration::ZERO,
            CancellationToken::new(),
        )
        .await;
        assert!(answers.lock().expect("a lock").is_empty());
        let stop = CancellationToken::new();
        let subscribe = || {
            stop.cancel();
            std::future::ready(Err(PartnerError::unavailable("asleep")))
        };
        be_told("wazzup", subscribe, TOLD_FIRST, stop.clone()).await;
    }

    #[tokio::test]
    async fn a_stop_ends_the_asking_and_the_pause() {
        let stop = CancellationToken::new();
        stop.cancel();
        check_base("onec_alfa", std::future::pending, PAUSES, stop).await;
        let stop = CancellationToken::new();
        let check = || {
            stop.cancel();
            std::future::ready(Err(PartnerError::unavailable("asleep")))
        };
        check_base("onec_alfa", check, PAUSES, stop.clone()).await;
    }
}
