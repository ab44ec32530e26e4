//! What a caller can do about a failed call.

use std::error::Error;

use domain::refusal::Refusal;
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

type Source = Box<dyn Error + Send + Sync>;

/// Every write of this crate may be repeated after [`StoreError::Unavailable`]: when the connection
/// broke during the commit, nobody knows whether the first attempt took effect.
///
/// No text here holds personal data; the errors go to logs.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy, full or read-only. Try again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Source),
    /// The row exists with other content. Repeating does not help.
    #[error("conflict: {0}")]
    Conflict(String),
    #[error("no {noun} {key}")]
    NotFound { noun: &'static str, key: String },
    /// The caller's input cannot be stored or understood (a cursor of another list, a number out of range).
    #[error("invalid {what}")]
    Invalid { what: &'static str },
    /// A stored value does not parse: it was written by a newer version or changed by hand.
    #[error("corrupt {table}.{column} of {key}: {detail}")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        key: String,
        detail: String,
    },
    /// The schema is not what this version expects and could not be brought there; nothing was changed.
    #[error("migration failed: {0}")]
    Migration(#[source] Source),
    /// A statement was refused for another reason: a defect of this crate.
    #[error("query refused: {0}")]
    Query(#[source] Source),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(
            SqlErr::UniqueConstraintViolation(what) | SqlErr::ForeignKeyConstraintViolation(what),
        ) = error.sql_err()
        {
            return Self::Conflict(what);
        }
        if passes(&error) {
            Self::Unavailable(error.into())
        } else {
            Self::Query(error.into())
        }
    }
}

/// Why a change that a person asked for was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A rule says no; nothing was changed.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for ChangeError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Whether the same statement may succeed later.
fn passes(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                SqlxError::Database(error) => error.code().is_some_and(|code| passing_code(&code)),
                SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed => true,
                _ => false,
            }
        }
        _ => false,
    }
}

/// Codes of both databases: PostgreSQL's have five characters, SQLite's are numbers.
fn passing_code(code: &str) -> bool {
    if code.len() == 5 {
        // Connection, rollback, resources, operator intervention, lock timeout, statement timeout,
        // a standby that does not take writes.
        return ["08", "40", "53", "57", "58"].contains(&&code[..2])
            || code == "55P03"
            || code == "25006";
    }
    // Busy, locked, read-only, input/output, full, cannot open; the low byte is the primary code.
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_pass_are_told_from_defects_on_both_databases() {
        for code in [
            "08006", "40001", "40P01", "53100", "53300", "57P01", "57014", "55P03", "25006",
        ] {
            assert!(passing_code(code), "{code}");
        }
        for code in ["5", "517", "6", "10", "778", "13", "14"] {
            assert!(passing_code(code), "{code}");
        }
        for code in ["42P01", "42601", "22021", "23514", "1", "19", "275"] {
            assert!(!passing_code(code), "{code}");
        }
    }
}
