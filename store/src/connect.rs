//! Connecting, and how a write takes its turn.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, EntityTrait, RuntimeErr, SqliteTransactionMode, SqlxError, Statement,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::audit::{self, Pending};
use crate::column;
use crate::crash_point::{self, Point};
use crate::error::StoreError;
use crate::migration::Migrator;

/// How long writers of another process may keep a SQLite database before a call gives up. SQLite looks again every
/// tenth of a second and keeps no order: against a process that writes all the time one is lucky soon, but five
/// seconds are too short for it on a busy machine.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Its code, and the pause before a file is opened again that another process is just setting up.
const SQLITE_BUSY: &str = "5";
const LOCKED_PAUSE: Duration = Duration::from_millis(50);
/// How long a call waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that lay idle this long is tried before it is used again.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);
/// Whoever migrates holds this advisory lock (PostgreSQL): the letters "kite".
const MIGRATION_LOCK: i64 = 0x6b69_7465;
/// Bounds of a PostgreSQL session, so that one stuck process cannot hold the others' rows for long. Our queries
/// are short: compiling one would take longer than running it. What is acknowledged survives a crash of the server,
/// however it is set up: the run goes on from there and does not say it again.
const SESSION: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("jit", "off"),
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite://path?mode=rwc` or `postgres://user:password@host/database`.
    pub url: String,
    /// Of SQLite's one writes, and there is always another one that reads.
    pub max_connections: u32,
}

/// The database. Cheap to clone; all clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) db: DatabaseConnection,
    writer: Option<Writer>,
    /// A SQLite database's file.
    file: Option<Arc<Path>>,
}

/// SQLite takes one writer at a time: writers of this process queue for one connection, in order, instead of polling
/// the file's lock. That connection finds in memory what it wrote last; another one would read each page anew.
#[derive(Debug, Clone)]
struct Writer {
    db: DatabaseConnection,
    turn: Arc<Mutex<()>>,
}

/// A write transaction. Dropping it without [`Write::commit`] undoes it.
pub(crate) struct Write {
    // Declared before the turn, so that it ends before the next writer begins.
    pub(crate) tx: DatabaseTransaction,
    /// What goes on record when it is committed.
    pub(crate) audit: Vec<Pending>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Opens the pool; the schema is not touched, see [`Store::migrate`].
    ///
    /// SQLite runs with a write-ahead log and `synchronous=FULL`, PostgreSQL with `synchronous_commit=on`: an
    /// acknowledged write survives a loss of power.
    pub async fn connect(config: &StoreConfig) -> Result<Self, StoreError> {
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| config.url.starts_with(scheme))
        {
            return Err(StoreError::Invalid {
                what: "database URL: it must begin with sqlite: or postgres:",
            });
        }
        let mut options = ConnectOptions::new(config.url.clone());
        options
            .max_connections(config.max_connections.max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire_if_idle_for(TRUSTED_IDLE)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
                    .foreign_keys(true)
            })
            .map_sqlx_postgres_opts(|postgres| postgres.application_name("kite").options(SESSION));
        let is_sqlite = config.url.starts_with("sqlite:");
        let writer = if is_sqlite {
            let readers = config.max_connections.saturating_sub(1);
            options.max_connections(readers.max(1));
            let mut alone = options.clone();
            alone.max_connections(1);
            Some(Writer {
                db: opened(&config.url, alone).await?,
                turn: Arc::default(),
            })
        } else {
            None
        };
        Ok(Self {
            db: opened(&config.url, options).await?,
            writer,
            file: is_sqlite.then(|| sqlite_file(&config.url)).flatten(),
        })
    }

    /// Brings the schema to this version, in one transaction: either all of it or nothing. Processes
    /// that start together wait for one another. A schema newer than this version is an error.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let write = self.write().await?;
        if self.writer.is_none() {
            write
                .tx
                .execute_unprepared(&format!(
                    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                     SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
                ))
                .await?;
        }
        Migrator::up(&write.tx, None)
            .await
            .map_err(|error| match StoreError::from(error) {
                StoreError::Query(source) => StoreError::Migration(source),
                other => other,
            })?;
        write.commit().await
    }

    /// Whether the database answers and has our schema.
    pub async fn ping(&self) -> Result<(), StoreError> {
        // An open connection goes on in a deleted file, and everything written there is lost.
        if let Some(file) = &self.file
            && !tokio::fs::try_exists(file).await.unwrap_or(false)
        {
            return Err(StoreError::Unavailable("its file is gone".into()));
        }
        crate::change::Head::find().one(&self.db).await?;
        Ok(())
    }

    /// Waits for calls under way and closes the connections.
    pub async fn close(self) -> Result<(), StoreError> {
        if let Some(writer) = self.writer {
            writer.db.close().await?;
        }
        Ok(self.db.close().await?)
    }

    /// Begins a write. On SQLite it takes the write lock at once: a transaction that begins by reading
    /// and writes later fails when somebody wrote in between.
    pub(crate) async fn write(&self) -> Result<Write, StoreError> {
        let (db, turn) = match &self.writer {
            Some(Writer { db, turn }) => (db, Some(Arc::clone(turn).lock_owned().await)),
            None => (&self.db, None),
        };
        let tx = db
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await?;
        Ok(Write {
            tx,
            audit: Vec::new(),
            _turn: turn,
        })
    }

    /// The database's clock, for leases that several machines must agree on.
    pub(crate) async fn clock(&self, write: &Write) -> Result<DateTime<Utc>, StoreError> {
        if self.writer.is_some() {
            return Ok(column::now());
        }
        let row = write
            .tx
            .query_one_raw(Statement::from_string(
                DbBackend::Postgres,
                "SELECT clock_timestamp() AS now",
            ))
            .await?;
        match row {
            Some(row) => Ok(row.try_get::<DateTime<Utc>>("", "now")?),
            None => Ok(column::now()),
        }
    }
}

/// `None` for a database in memory.
fn sqlite_file(url: &str) -> Option<Arc<Path>> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty() && !path.starts_with(":memory:")).then(|| Path::new(path).into())
}

async fn opened(url: &str, options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    open(options).await.map_err(|error| unopened(url, &error))
}

/// SQLite refuses at once, whatever the timeout, while another process changes the same file to its write-ahead log.
async fn open(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let began = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if is_locked(&error) && began.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(LOCKED_PAUSE).await;
            }
            opened => return opened,
        }
    }
}

fn is_locked(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(error)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some(SQLITE_BUSY)
}

/// A sentence for whoever started the program: which database (without its password), and why not.
fn unopened(url: &str, error: &DbErr) -> StoreError {
    let shown = match url.split_once('@') {
        Some((_, place)) => format!("PostgreSQL {place}"),
        None => url.to_owned(),
    };
    let why = match error {
        DbErr::Conn(RuntimeErr::SqlxError(error)) if matches!(**error, SqlxError::PoolTimedOut) => {
            format!("it does not answer within {} s", ACQUIRE_TIMEOUT.as_secs())
        }
        other => other.to_string(),
    };
    StoreError::Unavailable(format!("{shown} cannot be opened: {why}").into())
}

impl Write {
    /// Writes the audit's rows and ends the transaction: all of it, or nothing.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self { tx, audit, _turn } = self;
        if !audit.is_empty() {
            audit::append(&tx, audit).await?;
        }
        crash_point::reached(Point::Effect, "");
        Ok(tx.commit().await?)
    }
}
