//! Which events the portal tells us of.

use serde_json::{Value, json};
use url::Url;

use super::client::{Bitrix24Client, CallError};
use super::dto;
use crate::error::PartnerError;

/// What the gateway listens to. Portals redeliver nothing and promise no order, so each is a hint to look.
pub const EVENTS: [&str; 1] = ["ONTASKUPDATE"];
/// Where the gateway takes them, below its public address.
const ROUTE: [&str; 2] = ["bitrix24", "events"];

/// What a subscription changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribed {
    pub bound: Vec<&'static str>,
    /// Handlers of ours at a former address, or of events that nobody listens to any more.
    pub unbound: usize,
}

/// Brings the portal's event handlers of ours to `events` at the present public address. Safe to run at any
/// time and from several processes; handlers whose path is not ours are left alone.
pub async fn subscribe(
    client: &Bitrix24Client,
    portal: &str,
    events: &[&'static str],
) -> Result<Subscribed, PartnerError> {
    let wanted = client.public_url(ROUTE);
    let mut done = Subscribed::default();
    let listed = handlers(client, portal).await?;
    for event in events {
        if listed.iter().any(|known| known.is(event, &wanted)) {
            continue;
        }
        let handler = json!({ "event": event, "handler": wanted.as_str() });
        match client.call::<Value>(portal, "event.bind", handler).await {
            Ok(_) => done.bound.push(event),
            // A duplicate has no code of its own: another process may have been faster.
            Err(CallError::Refused(refused)) => {
                let now = handlers(client, portal).await?;
                if !now.iter().any(|known| known.is(event, &wanted)) {
                    return Err(refused);
                }
            }
            Err(CallError::Failed(error)) => return Err(error),
        }
    }
    // Afterwards: at no moment is nobody told.
    let stale = |known: &&dto::Handler| {
        known.is_ours() && !events.iter().any(|event| known.is(event, &wanted))
    };
    for old in listed.iter().filter(stale) {
        let handler = json!({ "event": old.event, "handler": old.handler });
        client
            .call::<Value>(portal, "event.unbind", handler)
            .await?;
        done.unbound += 1;
    }
    Ok(done)
}

/// Has the portal keep these events for us too, so that one that is lost on its way is found by the sweep. A
/// portal whose plan or rights do not allow it keeps none: then ticks that are lost stay lost.
pub async fn keep_events(
    client: &Bitrix24Client,
    portal: &str,
    events: &[&'static str],
) -> Result<(), PartnerError> {
    let kept = client
        .call::<Vec<dto::Handler>>(portal, "event.get", json!({}))
        .await?
        .result;
    for event in events {
        let known = kept.iter().any(|known| {
            dto::as_number(&known.offline).is_some() && known.event.eq_ignore_ascii_case(event)
        });
        if known {
            continue;
        }
        let handler = json!({ "event": event, "event_type": "offline" });
        client.call::<Value>(portal, "event.bind", handler).await?;
    }
    Ok(())
}

/// Handlers that are called; those that wait to be fetched are none of ours.
async fn handlers(
    client: &Bitrix24Client,
    portal: &str,
) -> Result<Vec<dto::Handler>, PartnerError> {
    let mut listed = client
        .call::<Vec<dto::Handler>>(portal, "event.get", json!({}))
        .await?
        .result;
    listed.retain(|known| dto::as_number(&known.offline).is_none());
    Ok(listed)
}

impl dto::Handler {
    fn is(&self, event: &str, url: &Url) -> bool {
        self.event.eq_ignore_ascii_case(event) && self.handler == url.as_str()
    }

    fn is_ours(&self) -> bool {
        let Ok(url) = Url::parse(&self.handler) else {
            return false;
        };
        let path: Vec<&str> = url.path().split('/').collect();
        path.ends_with(&ROUTE)
    }
}
