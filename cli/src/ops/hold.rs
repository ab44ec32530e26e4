//! `kite ops hold` and `kite ops resume`.

use clap::Args;
use proto::kite::ops::v1::{self as pb, HoldPartnerRequest, ResumePartnerRequest};

use super::name;
use crate::connect::{Gateway, refusal};
use crate::print::{self, say};

#[derive(Args)]
pub(crate) struct Hold {
    /// Code of the partner, as `kite ops list` shows it.
    partner: String,
    /// Why; shown to everybody whom it makes wait.
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Resume {
    /// Code of the partner.
    partner: String,
}

pub(super) async fn hold(gateway: &Gateway, hold: Hold) -> anyhow::Result<()> {
    let Hold { partner, reason } = hold;
    let request = HoldPartnerRequest {
        partner: partner.clone(),
        reason,
    };
    let held = gateway.ops().hold_partner(request).await.map_err(refusal)?;
    if let Some(held) = held.into_inner().hold {
        say!("{partner} is held: its calls wait and nothing fails.");
        say!("  {}", line(&held));
        say!("Release it with: kite ops resume {partner}");
    }
    Ok(())
}

pub(super) async fn resume(gateway: &Gateway, resume: Resume) -> anyhow::Result<()> {
    let Resume { partner } = resume;
    let request = ResumePartnerRequest {
        partner: partner.clone(),
    };
    gateway
        .ops()
        .resume_partner(request)
        .await
        .map_err(refusal)?;
    say!("{partner} is released: what waited goes on in a limited wave.");
    Ok(())
}

/// One hold in a line.
pub(super) fn line(hold: &pb::Hold) -> String {
    let by = match hold.cause.as_str() {
        "CIRCUIT" => "its circuit".to_owned(),
        _ => name(hold.held_by.as_ref()),
    };
    let end = match (hold.released_at, &hold.released_by) {
        (None, _) => String::new(),
        (Some(_), Some(person)) => format!(
            ", released {} by {}",
            print::time(hold.released_at),
            person.name
        ),
        (Some(_), None) => format!(", it answered again {}", print::time(hold.released_at)),
    };
    format!(
        "held since {} by {by}: {}{end}",
        print::time(hold.since),
        hold.reason
    )
}
