//! `kite ops list`: what ops look at first.

use clap::{Args, ValueEnum};
use proto::kite::buyout::v1::ListBuyoutsRequest;
use proto::kite::common::v1::PageRequest;
use proto::kite::ops::v1::{
    ListHoldsRequest, ListInboxRequest, ListPartnersRequest, ListUnmatchedRequest,
};

use super::hold;
use crate::connect::{Gateway, refusal};
use crate::print::{self, say};

#[derive(Args)]
pub(crate) struct List {
    #[arg(value_enum, default_value_t = What::Partners)]
    what: What,
    /// At most so many rows, the most pressing first.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Of runs: only those whose deadline has passed.
    #[arg(long)]
    late: bool,
    /// Of runs: only those that tell of trouble.
    #[arg(long)]
    troubled: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Health of each partner by what calls to it brought, and who holds it.
    Partners,
    /// Runs under way: at which stage, who is awaited, until when, what went wrong last.
    Runs,
    /// Holds there are and were.
    Holds,
    /// Messages from outside that no process has taken.
    Inbox,
    /// Facts that fit nowhere and wait for a person.
    Unmatched,
}

pub(super) async fn run(gateway: &Gateway, list: List) -> anyhow::Result<()> {
    let List {
        what,
        limit,
        late,
        troubled,
    } = list;
    let page = Some(PageRequest {
        size: limit,
        cursor: String::new(),
    });
    match what {
        What::Partners => partners(gateway).await,
        What::Runs => runs(gateway, page, late, troubled).await,
        What::Holds => holds(gateway, page).await,
        What::Inbox => inbox(gateway, page).await,
        What::Unmatched => unmatched(gateway, page).await,
    }
}

async fn partners(gateway: &Gateway) -> anyhow::Result<()> {
    let request = ListPartnersRequest {};
    let answer = gateway
        .ops()
        .list_partners(request)
        .await
        .map_err(refusal)?;
    let partners = answer.into_inner().partners;
    let rows: Vec<Vec<String>> = partners
        .iter()
        .map(|partner| {
            vec![
                partner.code.clone(),
                partner.health.clone(),
                match partner.holds.first() {
                    Some(hold) => hold.cause.clone(),
                    None => print::dash(),
                },
                format!("{}/{}", partner.failures_last_hour, partner.calls_last_hour),
                partner.backlog.map_or_else(print::dash, |n| n.to_string()),
                print::ago(partner.last_success_at),
                partner.last_failure.clone(),
            ]
        })
        .collect();
    let head = [
        "PARTNER",
        "HEALTH",
        "HELD",
        "FAILED/CALLS 1H",
        "BACKLOG",
        "LAST ANSWER",
        "LAST FAILURE",
    ];
    print::table(&head, &rows);
    for held in partners.iter().flat_map(|partner| &partner.holds) {
        say!("\n{} {}", held.partner, hold::line(held));
    }
    Ok(())
}

async fn runs(
    gateway: &Gateway,
    page: Option<PageRequest>,
    overdue: bool,
    troubled: bool,
) -> anyhow::Result<()> {
    let request = ListBuyoutsRequest {
        page,
        active: Some(true),
        overdue,
        troubled,
        order: "DEADLINE".to_owned(),
        ascending: true,
        ..ListBuyoutsRequest::default()
    };
    let answer = gateway.buyouts().list_buyouts(request).await;
    let answer = answer.map_err(refusal)?.into_inner();
    let rows: Vec<Vec<String>> = answer
        .buyouts
        .iter()
        .map(|run| {
            vec![
                run.deal_id.to_string(),
                run.stage.clone(),
                run.identifier.clone(),
                print::time(run.deadline),
                if run.overdue { "LATE" } else { "" }.to_owned(),
                run.waiting_for.clone(),
                run.trouble.clone(),
            ]
        })
        .collect();
    let head = ["DEAL", "STAGE", "CAR", "UNTIL", "", "WAITS FOR", "TROUBLE"];
    print::table(&head, &rows);
    rest(rows.len(), answer.page);
    Ok(())
}

async fn holds(gateway: &Gateway, page: Option<PageRequest>) -> anyhow::Result<()> {
    let request = ListHoldsRequest {
        page,
        partner: String::new(),
    };
    let answer = gateway.ops().list_holds(request).await.map_err(refusal)?;
    let answer = answer.into_inner();
    for held in &answer.holds {
        say!("{:<14} {}", held.partner, hold::line(held));
    }
    rest(answer.holds.len(), answer.page);
    Ok(())
}

async fn inbox(gateway: &Gateway, page: Option<PageRequest>) -> anyhow::Result<()> {
    let request = ListInboxRequest {
        page,
        states: vec!["NEW".to_owned(), "UNMATCHED".to_owned()],
        source: String::new(),
    };
    let answer = gateway.ops().list_inbox(request).await.map_err(refusal)?;
    let answer = answer.into_inner();
    let rows: Vec<Vec<String>> = answer
        .messages
        .iter()
        .map(|message| {
            vec![
                message.id.to_string(),
                message.source.clone(),
                message.state.clone(),
                message.attempts.to_string(),
                print::time(message.received_at),
                print::time(message.next_attempt_at),
                message.error.clone(),
            ]
        })
        .collect();
    let head = [
        "ID", "SOURCE", "STATE", "ATTEMPTS", "RECEIVED", "NEXT", "REASON",
    ];
    print::table(&head, &rows);
    rest(rows.len(), answer.page);
    Ok(())
}

async fn unmatched(gateway: &Gateway, page: Option<PageRequest>) -> anyhow::Result<()> {
    let request = ListUnmatchedRequest {
        page,
        settled: false,
    };
    let answer = gateway
        .ops()
        .list_unmatched(request)
        .await
        .map_err(refusal)?;
    let answer = answer.into_inner();
    let rows: Vec<Vec<String>> = answer
        .unmatched
        .iter()
        .map(|fact| {
            vec![
                fact.id.to_string(),
                fact.source.clone(),
                print::time(fact.kept_at),
                fact.buyout_id.clone(),
                fact.reason.clone(),
            ]
        })
        .collect();
    print::table(&["ID", "SOURCE", "KEPT", "RUN", "REASON"], &rows);
    rest(rows.len(), answer.page);
    Ok(())
}

/// Says that there is more than was shown.
pub(super) fn rest(shown: usize, page: Option<proto::kite::common::v1::PageInfo>) {
    let total = page.map(|page| page.total).unwrap_or_default();
    if total > shown as u64 {
        say!("... {shown} of {total}; --limit shows more");
    }
}
