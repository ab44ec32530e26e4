//! Runs, as people name them: by id, deal, VIN or plate.

use anyhow::bail;
use proto::kite::buyout::v1::{BuyoutSummary, ListBuyoutsRequest};
use proto::kite::common::v1::PageRequest;

use crate::connect::{Gateway, refusal};

/// Of runs that could be meant, so many are looked at.
const MEANT: u32 = 20;

/// The id of the run that somebody named; an id is taken as it is. Fails when there is none, and when several
/// could be meant.
pub(crate) async fn id_of(gateway: &Gateway, named: String) -> anyhow::Result<String> {
    if named.contains(':') {
        return Ok(named);
    }
    let request = ListBuyoutsRequest {
        page: Some(PageRequest {
            size: MEANT,
            cursor: String::new(),
        }),
        text: named.clone(),
        ..ListBuyoutsRequest::default()
    };
    let answer = gateway.buyouts().list_buyouts(request).await;
    let found = answer.map_err(refusal)?.into_inner().buyouts;
    let exact: Vec<&BuyoutSummary> = found.iter().filter(|run| is_called(run, &named)).collect();
    let meant = match (exact.as_slice(), found.as_slice()) {
        ([run], _) => run,
        ([], [run]) => run,
        ([], []) => bail!("there is no run of a deal, VIN or plate {named}"),
        ([], _) => bail!("{named} could be several runs:{}", lines(found.iter())),
        (_, _) => bail!("{named} is several runs:{}", lines(exact.into_iter())),
    };
    Ok(meant.id.clone())
}

fn is_called(run: &BuyoutSummary, named: &str) -> bool {
    run.deal_id.to_string() == named
        || run.identifier.eq_ignore_ascii_case(named)
        || run.plate.to_lowercase() == named.to_lowercase()
}

fn lines<'a>(runs: impl Iterator<Item = &'a BuyoutSummary>) -> String {
    runs.map(|run| format!("\n  {}  deal {}, {}", run.id, run.deal_id, run.car))
        .collect()
}
