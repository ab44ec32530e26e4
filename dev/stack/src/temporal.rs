//! Temporal for development: an address that is given, or a server of our own with its data in `.kite`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

/// The server of the stack. Dropping it ends an own process.
pub struct Temporal {
    pub address: String,
    pub ui: Option<String>,
    child: Option<Child>,
}

/// What the server is started with.
pub struct Options<'a> {
    /// Folder of its database and log.
    pub folder: &'a Path,
    pub port: u16,
    pub ui_port: u16,
    pub namespace: &'a str,
    /// Where Temporal UI asks for payloads.
    pub codec_endpoint: &'a str,
    /// What it has acknowledged survives a loss of power, as in production; slower.
    pub durable: bool,
}

impl Temporal {
    /// Starts a server, or takes `TEMPORAL_ADDRESS` when it is set.
    pub async fn start(options: Options<'_>) -> anyhow::Result<Self> {
        if let Ok(address) = std::env::var("TEMPORAL_ADDRESS") {
            return Ok(Self {
                address,
                ui: None,
                child: None,
            });
        }
        let binary = binary()?;
        std::fs::create_dir_all(options.folder)?;
        let log = std::fs::File::create(options.folder.join("temporal.log"))?;
        let mut command = Command::new(&binary);
        let synchronous = match options.durable {
            true => "synchronous=FULL",
            false => "synchronous=NORMAL",
        };
        command
            .args([
                "server",
                "start-dev",
                "--ip",
                "127.0.0.1",
                "--log-level",
                "error",
            ])
            .args([
                "--port",
                &options.port.to_string(),
                "--ui-port",
                &options.ui_port.to_string(),
            ])
            .args(["--namespace", options.namespace])
            .arg("--db-filename")
            .arg(options.folder.join("temporal.db"))
            .args([
                "--sqlite-pragma",
                "journal_mode=WAL",
                "--sqlite-pragma",
                synchronous,
            ])
            // Twenty queue polls a second by default: single processes would feel slow.
            .args([
                "--dynamic-config-value",
                "history.transferProcessorMaxPollRPS=2000",
            ])
            // Without it a task that meets a stopping worker is lost until its attempt times out.
            .args([
                "--dynamic-config-value",
                "frontend.enableCancelWorkerPollsOnShutdown=true",
            ])
            .args(["--ui-codec-endpoint", options.codec_endpoint]);
        for (name, kind) in contracts::search_attributes::ALL {
            command.args(["--search-attribute", &format!("{name}={kind}")]);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        let address = format!("127.0.0.1:{}", options.port);
        let mut started = Self {
            address,
            ui: Some(format!("http://127.0.0.1:{}", options.ui_port)),
            child: Some(child),
        };
        started.wait(options.folder).await?;
        Ok(started)
    }

    /// Until the port answers; a process that ends early is told with the end of its log.
    async fn wait(&mut self, folder: &Path) -> anyhow::Result<()> {
        for _ in 0..300 {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                let log = std::fs::read_to_string(folder.join("temporal.log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(5).collect();
                bail!(
                    "Temporal ended at once ({status}): {}",
                    tail.into_iter().rev().collect::<Vec<_>>().join(" / ")
                );
            }
            if tokio::net::TcpStream::connect(&self.address).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!(
            "Temporal did not answer at {} within 30 seconds; see {}/temporal.log",
            self.address,
            folder.display()
        )
    }

    pub async fn stop(mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.start_kill();
            let _ = child.wait().await;
        }
    }
}

/// The pinned binary in `.kite/tools`, else the one on PATH.
pub fn binary() -> anyhow::Result<PathBuf> {
    let pinned = root().join(".kite/tools/bin/temporal");
    if pinned.exists() {
        return Ok(pinned);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("temporal"))
        .find(|candidate| candidate.exists())
        .context(
            "no temporal binary: run `make tools`, or put one on PATH, or set TEMPORAL_ADDRESS",
        )
}

/// The folder of the checkout.
pub fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .map(Path::to_path_buf)
        .unwrap_or(manifest)
}
