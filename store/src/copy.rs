//! Consistent copies of a database while others write to it, for back-ups.

use std::path::Path;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};

use crate::connect::Store;
use crate::error::StoreError;

impl Store {
    /// Whether the database is a SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Sqlite
    }

    /// Writes the SQLite database as it is at this moment into a file that is not there yet.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        copy(&self.db, file).await
    }

    /// Whether there is no table of ours or of anybody else.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let count = match self.db.get_database_backend() {
            DbBackend::Sqlite => "SELECT COUNT(*) AS tables FROM sqlite_master",
            _ => {
                "SELECT COUNT(*) AS tables FROM information_schema.tables \
                 WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            }
        };
        let statement = Statement::from_string(self.db.get_database_backend(), count);
        let row = self.db.query_one_raw(statement).await?;
        let tables: Option<i64> = row.map(|row| row.try_get("", "tables")).transpose()?;
        Ok(tables == Some(0))
    }
}

/// Copies somebody else's SQLite database as it is at this moment; nothing is written to it.
///
/// [`StoreError::Unavailable`]: the file is not there or is no database.
pub async fn sqlite(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=ro", from.display()));
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    let copied = copy(&db, to).await;
    db.close().await?;
    copied
}

async fn copy(db: &DatabaseConnection, file: &Path) -> Result<(), StoreError> {
    let name = file
        .to_str()
        .ok_or(StoreError::Invalid { what: "file name" })?;
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [name.into()]);
    db.execute_raw(statement).await?;
    Ok(())
}
