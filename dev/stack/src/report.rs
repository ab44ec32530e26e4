//! What a played buyout came to: read from the process, the ledgers of the partners and the portal.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;

use crate::play::Play;

/// `.kite/demo/buyout.json`
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub workflow_id: String,
    /// Stage at the end, `DONE` when all went well.
    pub end_state: String,
    pub outcome: String,
    pub duration_ms: u64,
    pub history_events: usize,
    /// Effects of this stack so far, by partner.
    pub effects: BTreeMap<String, usize>,
    /// Who held which duty.
    pub people: BTreeMap<String, String>,
    /// "Договор … № …", with how many signed scans.
    pub documents: Vec<String>,
    /// Number of the posted receipt in 1C.
    pub receipt: Option<String>,
    /// Stage of the deal on the portal.
    pub deal_stage: String,
    pub robots_answered: usize,
}

/// Reads everything after the end.
pub async fn of(play: &Play<'_>, took: Duration) -> anyhow::Result<Report> {
    let head = play.stack.sign_in("head").await?;
    let buyout = head.buyout(&play.id).await?;
    let summary = buyout.summary.context("a buyout without a summary")?;
    let deal = play
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    let robots = deal["robots"].as_array().cloned().unwrap_or_default();
    let intake = buyout.intake.filter(|intake| intake.posted);
    Ok(Report {
        workflow_id: play.id.clone(),
        end_state: summary.stage,
        outcome: summary.outcome,
        duration_ms: took.as_millis() as u64,
        history_events: history(play).await?.len(),
        effects: effects(play).await?,
        people: buyout
            .duties
            .into_iter()
            .map(|holder| {
                (
                    holder.duty,
                    holder.person.map(|p| p.name).unwrap_or_default(),
                )
            })
            .collect(),
        documents: buyout
            .documents
            .iter()
            .filter(|document| !document.void)
            .map(|document| {
                format!(
                    "{} № {}, подписанных сканов: {}",
                    document.title,
                    document.number,
                    document.signed.len()
                )
            })
            .collect(),
        receipt: intake.map(|intake| intake.receipt_number),
        deal_stage: deal["stage"].as_str().unwrap_or_default().to_owned(),
        robots_answered: robots
            .iter()
            .filter(|robot| !robot["answer"].is_null())
            .count(),
    })
}

/// The run's history.
pub async fn history(play: &Play<'_>) -> anyhow::Result<Vec<HistoryEvent>> {
    let handle = play
        .stack
        .temporal
        .get_workflow_handle::<UntypedWorkflow>(&play.id);
    Ok(handle
        .fetch_history(Default::default())
        .into_events()
        .await?)
}

/// Effects in the ledger, by partner.
pub async fn effects(play: &Play<'_>) -> anyhow::Result<BTreeMap<String, usize>> {
    let entries = play.stack.control.get("ledger").await?;
    let mut by_partner = BTreeMap::new();
    for entry in entries.as_array().into_iter().flatten() {
        let partner = entry["partner"].as_str().unwrap_or_default().to_owned();
        *by_partner.entry(partner).or_insert(0) += 1;
    }
    Ok(by_partner)
}
