//! The tab in the card of a deal, which opens our page inside the portal.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Bitrix24Client, CallError};
use crate::error::PartnerError;

/// A tab of the deal's card.
const PLACEMENT: &str = "CRM_DEAL_DETAIL_TAB";

/// What a reconcile of the tab did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Bound,
    /// It stood where it should.
    Kept,
}

/// A handler of the application, as the portal lists it.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    placement: String,
    #[serde(default)]
    handler: String,
}

/// Brings the tab to the gateway's address: handlers at former addresses go, ours is bound once. Safe to
/// run at any time and from several processes.
pub async fn bind_tab(client: &Bitrix24Client, portal: &str) -> Result<Tab, PartnerError> {
    let ours = client.public_url(["bitrix24", "placement"]).to_string();
    let listed = client
        .call::<Vec<Listed>>(portal, "placement.get", json!({}))
        .await?
        .result;
    let mut kept = false;
    for Listed { placement, handler } in listed {
        if placement != PLACEMENT {
            continue;
        }
        if handler == ours {
            kept = true;
            continue;
        }
        let former = json!({ "PLACEMENT": PLACEMENT, "HANDLER": handler });
        client
            .call::<Value>(portal, "placement.unbind", former)
            .await?;
    }
    if kept {
        return Ok(Tab::Kept);
    }
    let tab = json!({
        "PLACEMENT": PLACEMENT,
        "HANDLER": ours,
        "TITLE": "Kite",
        "LANG_ALL": {
            "ru": { "TITLE": "Kite: выкуп", "DESCRIPTION": "Дистанционный выкуп по этой сделке." },
            "en": { "TITLE": "Kite: buyout", "DESCRIPTION": "The remote buyout of this deal." },
        },
    });
    match client.call::<Value>(portal, "placement.bind", tab).await {
        Ok(_) => Ok(Tab::Bound),
        // Another process was faster.
        Err(CallError::Refused(PartnerError::Rejected { code, .. }))
            if code == "ERROR_PLACEMENT_HANDLER_ALREADY_BINDED" =>
        {
            Ok(Tab::Kept)
        }
        Err(error) => Err(error.into()),
    }
}
