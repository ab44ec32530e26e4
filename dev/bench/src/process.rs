//! Processes of the bench: the programs that are shipped, or this one again in another role, and what the kernel knows
//! of them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

use crate::roles::Role;

/// Ticks of `/proc` a second; Linux has no other value for user space.
const TICKS: f64 = 100.0;
/// How long a process may take to be ready.
const READY: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(50);

/// A running process; it ends with this value.
pub(crate) struct Process {
    role: Role,
    child: Child,
    pid: u32,
    log: PathBuf,
}

impl Process {
    /// Starts the role with its file and settings from the environment.
    pub(crate) fn start(
        role: Role,
        config: &Path,
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let log = config.with_extension("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("{}", log.display()))?;
        let child = command(role)?
            .arg("--config")
            .arg(config)
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            // Nobody runs them so: each error would carry the stack that it came from.
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::from(file.try_clone()?))
            .stderr(Stdio::from(file))
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().context("a process without an id")?;
        Ok(Self {
            role,
            child,
            pid,
            log,
        })
    }

    /// Until `url` answers well.
    pub(crate) async fn ready(&mut self, url: &str) -> anyhow::Result<()> {
        let http = reqwest::Client::new();
        let deadline = tokio::time::Instant::now() + READY;
        loop {
            if http
                .get(url)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the {:?} ended ({status}): {}", self.role, self.tail());
            }
            if tokio::time::Instant::now() >= deadline {
                bail!(
                    "the {:?} is not ready after {READY:?}: {}",
                    self.role,
                    self.tail()
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name may hold anything; what follows its bracket is fields.
        let (_, fields) = stat.rsplit_once(')').context("/proc/stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: f64 = [11, 12]
            .iter()
            .map(|at| fields.get(*at).and_then(|field| field.parse::<f64>().ok()))
            .sum::<Option<f64>>()
            .context("/proc/stat")?;
        Ok(ticks / TICKS)
    }

    /// Resident memory, MB: now and at its highest.
    pub(crate) fn memory(&self) -> anyhow::Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            let kib = line.split_whitespace().nth(1)?;
            Some(kib.parse::<f64>().ok()? * 1024.0 / 1_000_000.0)
        };
        field("VmRSS:").zip(field("VmHWM:")).context("/proc/status")
    }

    pub(crate) async fn stop(mut self) {
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
    }
}

/// What is shipped lies beside this program, built as it is.
fn command(role: Role) -> anyhow::Result<Command> {
    let own = std::env::current_exe()?;
    let name = match role {
        Role::Gateway => "kite-gateway",
        Role::Worker => "kite-worker",
        Role::Own(role) => {
            let mut command = Command::new(own);
            command.args(["--role", role.name()]);
            return Ok(command);
        }
    };
    let program = own.with_file_name(name);
    if !program.exists() {
        bail!(
            "{} is not there; `make bench` builds all programs",
            program.display()
        );
    }
    Ok(Command::new(program))
}

/// A port of 127.0.0.1 that nobody has now, below those that the system gives to whoever asks.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    for _ in 0..200 {
        let port = rand::random_range(12_000..19_000);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
