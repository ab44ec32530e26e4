//! A PostgreSQL server for tests that run on both databases: the test process's own, or one that all share.
//!
//! The server lives in a temporary folder and listens on the loopback. A small shell watches over it:
//! it holds the reading end of a pipe whose other end is ours, so that when this process ends, even
//! by a kill, the shell stops the server and removes the folder. By the same pipe it is told to break the
//! server down and to start it again.

pub mod fill;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

/// Where Debian and Ubuntu put the servers, one folder per version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The port is chosen before the server takes it: somebody else may be quicker.
const ATTEMPTS: u32 = 3;
/// What the server writes once it takes connections.
const READY: &str = "database system is ready to accept connections";
/// How its last words begin when it cannot start.
const FATAL: &str = "FATAL:";
/// Between two looks at a server that comes or goes.
const LOOK: Duration = Duration::from_millis(50);
/// How long a server that broke down may take until it is back.
const BACK: Duration = Duration::from_secs(60);

const WATCH: &str = include_str!("testing/postgres.sh");
/// Port of a server that whoever runs the tests has started for all of them.
const SHARED: &str = "KITE_TEST_POSTGRES";

/// A running server. It stops when this is dropped or the process ends.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    databases: AtomicU32,
    /// The shell does what it reads here, until the pipe ends; `None`: the server is another's.
    watched: Option<Mutex<ChildStdin>>,
}

impl Postgres {
    /// # Panics
    /// With a sentence that tells what to do, when PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let bin = binaries();
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            if let Some(server) = Self::try_start(&bin, &mut log) {
                return server;
            }
        }
        panic!("PostgreSQL of {} does not start:\n{log}", bin.display());
    }

    fn try_start(bin: &Path, log: &mut String) -> Option<Self> {
        let port = free_port();
        // An own session: what is sent to the test's group does not reach the one who cleans up.
        let mut shell = Command::new("setsid")
            .args(["sh", "-c", WATCH, "kite-postgres"])
            .arg(bin)
            .arg(port.to_string())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setsid and sh");
        let watched = shell.stdin.take().expect("a pipe");
        let mut lines = BufReader::new(shell.stderr.take().expect("a pipe"));
        if !ready(&mut lines, log) {
            drop(watched);
            let _ = shell.wait();
            return None;
        }
        // Nobody reads on, but a full pipe would stop the server.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut lines, &mut std::io::sink());
            shell.wait()
        });
        Some(Self {
            port,
            databases: AtomicU32::new(0),
            watched: Some(Mutex::new(watched)),
        })
    }

    /// A new empty database; answers its URL.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let server = Database::connect(self.url("postgres"))
            .await
            .expect("the server");
        if self.watched.is_none() {
            sweep(&server).await;
            // A process that is no more may have had our number.
            let former = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            server
                .execute_unprepared(&former)
                .await
                .expect("the name is free");
        }
        server
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .expect("a new database");
        server.close().await.expect("the connection ends");
        self.url(&name)
    }

    /// Breaks the server down where it stands: nothing is written, every connection ends.
    ///
    /// # Panics
    /// When whoever watches over the server is gone.
    pub async fn break_down(&self) {
        self.tell("break");
        let address = ("127.0.0.1", self.port);
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Starts the server after it broke down, and waits until it has read what it had written.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn come_back(&self) {
        self.tell("start");
        let deadline = tokio::time::Instant::now() + BACK;
        loop {
            match Database::connect(self.url("postgres")).await {
                Ok(server) => return server.close().await.expect("the connection ends"),
                Err(error) if tokio::time::Instant::now() >= deadline => {
                    panic!("PostgreSQL did not come back: {error}")
                }
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    fn tell(&self, word: &str) {
        let watched = self.watched.as_ref();
        let watched = watched.expect("a server of the test's own, not the one that all share");
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(watched, "{word}").expect("the shell reads");
        watched.flush().expect("the shell reads");
    }

    /// The URL of a database of that name, which need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://kite@127.0.0.1:{}/{database}", self.port)
    }
}

/// The server that all tests of this process share: the one that was started for all of them, or one of this
/// process's own, started by the first test that asks.
///
/// # Panics
/// As [`Postgres::start`].
pub fn postgres() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var(SHARED) {
        Ok(port) => Postgres {
            port: port.parse().expect("a port in KITE_TEST_POSTGRES"),
            databases: AtomicU32::new(0),
            watched: None,
        },
        Err(_) => Postgres::start(),
    })
}

/// Drops the databases of processes that are no more: hundreds of tests would fill the disk.
async fn sweep(server: &DatabaseConnection) {
    let all = server
        .query_all_raw(Statement::from_string(
            DbBackend::Postgres,
            r"SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'test\_%'",
        ))
        .await
        .expect("the names of the databases");
    for row in all {
        let name: String = row.try_get("", "name").expect("a name");
        let owner = name.split('_').nth(1).unwrap_or_default();
        if !Path::new("/proc").join(owner).exists() {
            // Another test may be dropping it, too.
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = server.execute_unprepared(&drop).await;
        }
    }
}

fn ready(lines: &mut BufReader<ChildStderr>, log: &mut String) -> bool {
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        if line.contains(READY) {
            return true;
        }
        let _ = write!(log, "{line}");
        if line.contains(FATAL) {
            return false;
        }
        line.clear();
    }
    false
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The newest installed version's.
fn binaries() -> PathBuf {
    let installed = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").is_file().then_some((version, bin))
        })
        .max();
    match newest {
        Some((_, bin)) => bin,
        None => panic!(
            "PostgreSQL is not below {VERSIONS}, so its tests cannot run: apt-get install postgresql"
        ),
    }
}
