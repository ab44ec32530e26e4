//! `kite ops`: runs and partners, for those who keep them going.

mod explain;
mod finding;
mod hold;
mod list;
mod retry;

use clap::{Args, Subcommand};
use proto::kite::ops::v1::NoteRunRequest;

use crate::connect::{Connect, refusal};
use crate::print;
use crate::run::id_of;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Why a run does not go on: what it waits for, whose turn it is, what failed last, who may do what.
    Explain(Run),
    /// Partners with their health and holds, or what is named.
    List(list::List),
    /// Hold a partner: its calls wait, nothing fails, clocks of tasks that need it stand still.
    Hold(hold::Hold),
    /// Release a partner, whoever or whatever holds it; waiting calls go on in a limited wave.
    Resume(hold::Resume),
    /// Try again at once what waits for its next attempt: calls of partners and messages of the inbox.
    Retry(retry::Retry),
    /// Differences between Kite, the portal, 1C and the payers.
    Findings(finding::Findings),
    /// Take a difference to work on.
    Claim(finding::Claim),
    /// Close a difference with what was done about it.
    Settle(finding::Settle),
    /// Look now for lost calls or differences, or show when that is done.
    Sweep(finding::Sweep),
    /// Note down what was found out of a run; it shows in explain.
    Note(Note),
}

#[derive(Args)]
pub(crate) struct Run {
    /// The run: its id, deal, VIN or plate.
    run: String,
}

#[derive(Args)]
pub(crate) struct Note {
    /// The run: its id, deal, VIN or plate.
    run: String,
    /// What was found out or done.
    text: String,
}

pub(crate) async fn run(connect: &Connect, command: Command) -> anyhow::Result<()> {
    let gateway = connect.open().await?;
    match command {
        Command::Explain(Run { run }) => explain::run(&gateway, run).await,
        Command::List(list) => list::run(&gateway, list).await,
        Command::Hold(hold) => hold::hold(&gateway, hold).await,
        Command::Resume(resume) => hold::resume(&gateway, resume).await,
        Command::Retry(retry) => retry::run(&gateway, retry).await,
        Command::Findings(findings) => finding::findings(&gateway, findings).await,
        Command::Claim(claim) => finding::claim(&gateway, claim).await,
        Command::Settle(settle) => finding::settle(&gateway, settle).await,
        Command::Sweep(sweep) => finding::sweep(&gateway, sweep).await,
        Command::Note(Note { run, text }) => {
            let request = NoteRunRequest {
                buyout_id: id_of(&gateway, run).await?,
                text,
            };
            let noted = gateway.ops().note_run(request).await.map_err(refusal)?;
            explain::notes(&noted.into_inner().notes);
            Ok(())
        }
    }
}

/// A name, or a dash for nobody.
fn name(person: Option<&proto::kite::common::v1::Person>) -> String {
    person.map_or_else(print::dash, |person| person.name.clone())
}
