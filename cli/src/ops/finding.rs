//! `kite ops findings`, `claim`, `settle` and `sweep`: differences between systems.

use clap::{Args, ValueEnum};
use proto::kite::common::v1::PageRequest;
use proto::kite::ops::v1::{
    ClaimFindingRequest, Finding, ListFindingsRequest, ListSweepsRequest, RunSweepRequest,
    SettleFindingRequest,
};

use super::{list, name};
use crate::connect::{Gateway, refusal};
use crate::print::{self, say};

#[derive(Args)]
pub(crate) struct Findings {
    /// Settled ones instead of those that stand.
    #[arg(long)]
    settled: bool,
    /// Of this run only.
    #[arg(
        long,
        value_name = "RUN",
        default_value = "",
        hide_default_value = true
    )]
    run: String,
    /// At most so many rows.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

#[derive(Args)]
pub(crate) struct Claim {
    /// Number of the finding, as `kite ops findings` shows it.
    id: u64,
}

#[derive(Args)]
pub(crate) struct Settle {
    /// Number of the finding.
    id: u64,
    /// What was done about it.
    settlement: String,
}

#[derive(Args)]
pub(crate) struct Sweep {
    /// Which one to begin now; without it: when each ran and runs next.
    #[arg(value_enum)]
    sweep: Option<Which>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// Lost calls of robots, robots without an answer, events that portals kept.
    Portals,
    /// Our records against the portal, 1C and the payers.
    Reconcile,
}

pub(super) async fn findings(gateway: &Gateway, findings: Findings) -> anyhow::Result<()> {
    let Findings {
        settled,
        run,
        limit,
    } = findings;
    let request = ListFindingsRequest {
        page: Some(PageRequest {
            size: limit,
            cursor: String::new(),
        }),
        settled,
        kinds: Vec::new(),
        buyout_id: run,
    };
    let answer = gateway
        .ops()
        .list_findings(request)
        .await
        .map_err(refusal)?;
    let answer = answer.into_inner();
    for finding in &answer.findings {
        show(finding);
    }
    if answer.findings.is_empty() {
        say!("no differences");
    }
    list::rest(answer.findings.len(), answer.page);
    Ok(())
}

fn show(finding: &Finding) {
    let deal = match finding.deal_id {
        0 => String::new(),
        deal => format!(", deal {deal}"),
    };
    say!("{}  {} ({}{deal})", finding.id, finding.title, finding.kind);
    say!("    Kite: {}", finding.ours);
    say!("    {}: {}", finding.system, finding.theirs);
    say!("    {}", finding.proposal);
    let mut facts = vec![
        format!("found {}", print::time(finding.found_at)),
        format!("seen last {}", print::time(finding.seen_at)),
    ];
    if finding.claimed_by.is_some() {
        facts.push(format!("taken by {}", name(finding.claimed_by.as_ref())));
    }
    if finding.settled_at.is_some() {
        let by = match &finding.settled_by {
            Some(person) => person.name.clone(),
            None => "itself".to_owned(),
        };
        facts.push(format!(
            "settled {} by {by}: {}",
            print::time(finding.settled_at),
            finding.settlement
        ));
    }
    say!("    {}\n", facts.join(" · "));
}

pub(super) async fn claim(gateway: &Gateway, claim: Claim) -> anyhow::Result<()> {
    let request = ClaimFindingRequest { id: claim.id };
    let claimed = gateway
        .ops()
        .claim_finding(request)
        .await
        .map_err(refusal)?;
    if let Some(finding) = claimed.into_inner().finding {
        show(&finding);
    }
    Ok(())
}

pub(super) async fn settle(gateway: &Gateway, settle: Settle) -> anyhow::Result<()> {
    let Settle { id, settlement } = settle;
    let request = SettleFindingRequest { id, settlement };
    let settled = gateway
        .ops()
        .settle_finding(request)
        .await
        .map_err(refusal)?;
    if let Some(finding) = settled.into_inner().finding {
        show(&finding);
    }
    Ok(())
}

pub(super) async fn sweep(gateway: &Gateway, sweep: Sweep) -> anyhow::Result<()> {
    if let Some(which) = sweep.sweep {
        let code = match which {
            Which::Portals => "PORTALS",
            Which::Reconcile => "RECONCILE",
        };
        let request = RunSweepRequest {
            code: code.to_owned(),
        };
        gateway.ops().run_sweep(request).await.map_err(refusal)?;
        say!("{code} begins; what it finds shows in: kite ops findings, kite ops list inbox");
        return Ok(());
    }
    let answer = gateway
        .ops()
        .list_sweeps(ListSweepsRequest {})
        .await
        .map_err(refusal)?;
    let rows: Vec<Vec<String>> = answer
        .into_inner()
        .sweeps
        .into_iter()
        .map(|sweep| {
            let state = if sweep.running { "running" } else { "-" };
            vec![
                sweep.code,
                state.to_owned(),
                print::time(sweep.last_started_at),
                print::time(sweep.next_at),
                sweep.last_result,
            ]
        })
        .collect();
    print::table(&["SWEEP", "STATE", "LAST", "NEXT", "RESULT"], &rows);
    Ok(())
}
