//! `kite audit`: the trail of who did what.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use archive::trail::{Checker, Report};
use clap::{Args, Subcommand};
use domain::audit::{Checkpoint, plain};
use domain::signing::PublicKeys;
use proto::kite::audit::v1::{
    AuditEntry, ExportAuditRequest, ListSigningKeysRequest, SearchAuditRequest,
};
use proto::kite::common::v1::PageRequest;
use secrecy::SecretString;

use crate::connect::{Connect, refusal};
use crate::keys::Trusted;
use crate::print::{self, say};

/// Holds the passphrase of a back-up.
const PASSPHRASE: &str = "KITE_BACKUP_PASSPHRASE";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Rows of the trail, the latest first.
    List(List),
    /// Check the whole trail: every row against its hash, the chains against their signed checkpoints.
    ///
    /// Without --file or --backup it is read from the gateway; the check itself is done here.
    Verify {
        /// A trail that `kite audit export` wrote; needs no network.
        #[arg(long, value_name = "FILE", conflicts_with = "backup")]
        file: Option<PathBuf>,
        /// A back-up; needs no network, and its passphrase in KITE_BACKUP_PASSPHRASE or --passphrase-file.
        #[arg(long, value_name = "FILE")]
        backup: Option<PathBuf>,
        /// File with the passphrase of the back-up.
        #[arg(long, value_name = "FILE", requires = "backup")]
        passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        trusted: Trusted,
        /// File in which the last checkpoints are kept from one check to the next: with it a trail that was cut
        /// off together with its checkpoints is found. Keep it where no administrator of the database writes.
        #[arg(long, value_name = "FILE")]
        remember: Option<PathBuf>,
    },
    /// Write the whole trail into a file; it is on record who took it.
    Export {
        /// File to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public keys that vouch for trail and evidence packs.
    Keys,
}

/// Empty filters do not restrict.
#[derive(Args)]
pub(crate) struct List {
    /// Id of a person.
    #[arg(long, default_value = "")]
    person: String,
    /// An action such as buyout.read, or a noun such as buyout for everything that was done to it.
    #[arg(long, default_value = "")]
    action: String,
    /// Id of what it was done to.
    #[arg(long, default_value = "")]
    entity: String,
    /// Id of a run.
    #[arg(long, default_value = "")]
    run: String,
    /// How many rows, at most 200.
    #[arg(long, default_value_t = 50)]
    rows: u32,
}

pub(crate) async fn run(connect: &Connect, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(wanted) => list(connect, wanted).await,
        Command::Verify {
            file,
            backup,
            passphrase_file,
            trusted,
            remember,
        } => {
            if trusted.is_empty() {
                bail!(
                    "give --key: whoever changes the trail can sign it anew with a key of their own. `kite audit keys` prints the keys of a gateway that you trust"
                );
            }
            let check = Verify {
                trusted: trusted.read()?,
                remember,
            };
            match (file, backup) {
                (Some(file), _) => check.file(&file),
                (None, Some(backup)) => check.backup(&backup, passphrase_file.as_deref()),
                (None, None) => check.gateway(connect).await,
            }
        }
        Command::Export { out } => export(connect, &out).await,
        Command::Keys => keys(connect).await,
    }
}

async fn list(connect: &Connect, wanted: List) -> anyhow::Result<()> {
    let List {
        person,
        action,
        entity,
        run,
        rows,
    } = wanted;
    let gateway = connect.open().await?;
    let request = SearchAuditRequest {
        page: Some(PageRequest {
            size: rows,
            cursor: String::new(),
        }),
        person_id: person,
        action,
        entity,
        buyout_id: run,
        ..Default::default()
    };
    let answer = gateway.audit().search_audit(request).await;
    let answer = answer.map_err(refusal)?.into_inner();
    let cells: Vec<Vec<String>> = answer.entries.into_iter().map(cells).collect();
    print::table(
        &["TIME", "CHAIN", "ROW", "WHO", "ACTION", "WHAT", "DETAIL"],
        &cells,
    );
    let total = answer.page.unwrap_or_default().total;
    if total > cells.len() as u64 {
        say!("{} of {total} rows", cells.len());
    }
    Ok(())
}

fn cells(entry: AuditEntry) -> Vec<String> {
    let person = entry.person.unwrap_or_default();
    [
        print::time(entry.at),
        entry.chain,
        entry.seq.to_string(),
        person.id,
        entry.action,
        entry.entity,
        entry.detail,
    ]
    // Nothing of it may command the terminal.
    .map(|cell| plain(&cell))
    .into()
}

struct Verify {
    trusted: PublicKeys,
    remember: Option<PathBuf>,
}

impl Verify {
    fn checker(&self) -> anyhow::Result<Checker> {
        let kept: Vec<Checkpoint> = match &self.remember {
            Some(file) if file.exists() => {
                let text = std::fs::read(file).with_context(|| file.display().to_string())?;
                serde_json::from_slice(&text).with_context(|| file.display().to_string())?
            }
            Some(_) | None => Vec::new(),
        };
        Ok(Checker::new(&self.trusted, &kept))
    }

    fn file(&self, file: &Path) -> anyhow::Result<()> {
        let mut checker = self.checker()?;
        let mut opened = File::open(file).with_context(|| file.display().to_string())?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match std::io::Read::read(&mut opened, &mut buffer)? {
                0 => return self.tell(checker.finish()?),
                read => checker.push(&buffer[..read])?,
            }
        }
    }

    fn backup(&self, file: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
        let text = match passphrase {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("--passphrase-file {}", file.display()))?,
            None => std::env::var(PASSPHRASE)
                .ok()
                .with_context(|| format!("give --passphrase-file or set {PASSPHRASE}"))?,
        };
        let passphrase = SecretString::from(text.trim());
        let trail = archive::backup::find(file, &passphrase, archive::backup::AUDIT)?
            .context("the back-up has no audit")?;
        let mut checker = self.checker()?;
        checker.push(&trail)?;
        self.tell(checker.finish()?)
    }

    async fn gateway(&self, connect: &Connect) -> anyhow::Result<()> {
        let gateway = connect.open().await?;
        let answer = gateway.audit().export_audit(ExportAuditRequest {}).await;
        let mut stream = answer.map_err(refusal)?.into_inner();
        let mut checker = self.checker()?;
        while let Some(part) = stream.message().await.map_err(refusal)? {
            checker.push(&part.chunk)?;
        }
        self.tell(checker.finish()?)
    }

    fn tell(&self, report: Report) -> anyhow::Result<()> {
        let rows: Vec<Vec<String>> = report
            .chains
            .iter()
            .map(|chain| {
                let state = if chain.is_sound() { "sound" } else { "CHANGED" };
                vec![
                    plain(&chain.chain),
                    chain.rows.to_string(),
                    chain.signed.to_string(),
                    (chain.last.saturating_sub(chain.signed)).to_string(),
                    state.to_owned(),
                ]
            })
            .collect();
        print::table(
            &["CHAIN", "ROWS", "SIGNED UP TO", "NOT SIGNED YET", "STATE"],
            &rows,
        );
        for chain in &report.chains {
            for problem in &chain.problems {
                say!("{}: {}", plain(&chain.chain), plain(&problem.to_string()));
            }
            if chain.untold > 0 {
                say!("{}: {} more problems", plain(&chain.chain), chain.untold);
            }
        }
        if !report.is_sound() {
            bail!("the audit is not what was written");
        }
        if let Some(file) = &self.remember {
            let text = serde_json::to_vec_pretty(&report.checkpoints)?;
            std::fs::write(file, text).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}

async fn export(connect: &Connect, out: &Path) -> anyhow::Result<()> {
    use std::io::Write;
    if out.exists() {
        bail!("{} is there already; nothing was fetched", out.display());
    }
    let gateway = connect.open().await?;
    let answer = gateway.audit().export_audit(ExportAuditRequest {}).await;
    let mut stream = answer.map_err(refusal)?.into_inner();
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

async fn keys(connect: &Connect) -> anyhow::Result<()> {
    let gateway = connect.open().await?;
    let answer = gateway
        .audit()
        .list_signing_keys(ListSigningKeysRequest {})
        .await;
    for key in answer.map_err(refusal)?.into_inner().keys {
        say!("{}={}", plain(&key.id), plain(&key.public_key));
    }
    Ok(())
}
