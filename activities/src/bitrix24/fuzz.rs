use std::time::Duration;

use chrono::Utc;

use super::budget::Budget;
use super::config::DealFields;
use super::{client, deal, dto};
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    if let Ok(granted) = answer.json::<dto::Granted>()
        && let Some(lifetime) = granted.expires_in
    {
        let _ = store::portal::expires_at(Utc::now(), lifetime);
    }
    let Ok(envelope) = client::judge(answer, "method") else {
        return;
    };
    let budget = Budget::new(480);
    if let Some(time) = envelope.time {
        budget.note("method", time, Utc::now());
        let _ = budget.check("method", Utc::now() + Duration::from_secs(60));
        let _ = budget.worked_out("method", Utc::now());
    }
    let result = envelope.result;
    let _ = serde_json::from_value::<dto::Tasks>(result.clone());
    let _ = serde_json::from_value::<dto::OneTask>(result.clone());
    let _ = serde_json::from_value::<Vec<dto::TimelineComment>>(result.clone());
    let _ = serde_json::from_value::<Vec<dto::Handler>>(result.clone());
    let Ok(batch) = serde_json::from_value::<dto::Batch>(result.clone()) else {
        return;
    };
    let names = DealFields::default();
    let contact = batch.result.get("deal_contact").cloned();
    let contact = contact.and_then(|value| serde_json::from_value::<dto::Contact>(value).ok());
    let client = contact.and_then(|contact| deal::client(1, contact).ok());
    for item in batch.result.into_values() {
        if let Ok(fields) = deal::item(item) {
            let _ = deal::amount(&fields, "opportunity");
            if let Some(client) = client.clone() {
                let _ = deal::deal(1, &fields, &names, client);
            }
        }
    }
}
