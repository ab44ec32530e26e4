//! `kite evidence`: packs of runs.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use archive::evidence::{Manifest, Report, verify};
use clap::Subcommand;
use domain::audit::plain;
use proto::kite::buyout::v1::ExportEvidenceRequest;

use crate::connect::{Connect, refusal};
use crate::keys::Trusted;
use crate::print::say;
use crate::run::id_of;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Fetch the pack of a run from the gateway; it is on record who took it.
    Export {
        /// The run: its id, deal, VIN or plate.
        run: String,
        /// File to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a pack without a network: every byte against the manifest, the manifest against its signature.
    Verify {
        /// The pack.
        file: PathBuf,
        #[command(flatten)]
        trusted: Trusted,
    },
}

pub(crate) async fn run(connect: &Connect, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Export { run, out } => export(connect, run, &out).await,
        Command::Verify { file, trusted } => check(&file, &trusted),
    }
}

async fn export(connect: &Connect, run: String, out: &Path) -> anyhow::Result<()> {
    if out.exists() {
        bail!("{} is there already; nothing was fetched", out.display());
    }
    let gateway = connect.open().await?;
    let id = id_of(&gateway, run).await?;
    let request = ExportEvidenceRequest { id };
    let answer = gateway.buyouts().export_evidence(request).await;
    let mut stream = answer.map_err(refusal)?.into_inner();
    // Under its name only when it is whole.
    let partial = out.with_extension("partial");
    let mut file = File::create(&partial).with_context(|| partial.display().to_string())?;
    while let Some(part) = stream.message().await.map_err(refusal)? {
        file.write_all(&part.chunk)
            .with_context(|| partial.display().to_string())?;
    }
    file.sync_all()?;
    std::fs::rename(&partial, out).with_context(|| out.display().to_string())?;
    say!("{}", out.display());
    Ok(())
}

fn check(file: &Path, trusted: &Trusted) -> anyhow::Result<()> {
    let keys = trusted.read()?;
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    let report = verify(BufReader::new(opened), &keys)?;
    let Report {
        manifest,
        seal,
        parts,
        flaws,
        complaints,
    } = &report;
    if let Some(manifest) = manifest {
        tell(manifest);
    }
    if let Some(seal) = seal {
        say!(
            "signed with: {}={}",
            plain(&seal.key),
            plain(&seal.public_key)
        );
    }
    say!("compared:    {parts} entries");
    for complaint in complaints {
        say!("note:        {}", plain(&complaint.to_string()));
    }
    for flaw in flaws {
        say!("WRONG:       {}", plain(&flaw.to_string()));
    }
    if trusted.is_empty() {
        bail!(
            "no --key was given: whoever changes a pack can sign it anew with a key of their own. Compare the key above with the company's"
        );
    }
    if !report.is_genuine() {
        bail!("{} is not what was given out", file.display());
    }
    say!("genuine:     every byte is as it was signed");
    Ok(())
}

fn tell(manifest: &Manifest) {
    say!("run:         {}", plain(&manifest.run));
    say!("deal:        {}", manifest.deal);
    if let Some(entity) = &manifest.legal_entity {
        say!(
            "company:     {}, INN {}",
            plain(&entity.name),
            plain(&entity.inn)
        );
    }
    say!(
        "made:        {} by {} ({})",
        manifest.made_at,
        plain(&manifest.made_by.name),
        plain(&manifest.made_by.id)
    );
}
