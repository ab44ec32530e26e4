//! Any part of a word is found by an index over its trigrams, as each database offers them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The numbers of rows have to be a column: a copy made by `VACUUM INTO` may number nameless ones anew, and the index
/// knows rows by their numbers.
const SQLITE: [&str; 8] = [
    "ALTER TABLE buyout_search RENAME TO buyout_search_unnumbered",
    "CREATE TABLE buyout_search (
         number INTEGER PRIMARY KEY,
         run TEXT NOT NULL UNIQUE,
         words TEXT NOT NULL,
         client_words TEXT NOT NULL)",
    "INSERT INTO buyout_search (run, words, client_words)
     SELECT run, words, client_words FROM buyout_search_unnumbered",
    "DROP TABLE buyout_search_unnumbered",
    "CREATE VIRTUAL TABLE buyout_search_part USING fts5(
         words, client_words, content='buyout_search', content_rowid='number', tokenize='trigram case_sensitive 1')",
    "INSERT INTO buyout_search_part (buyout_search_part) VALUES ('rebuild')",
    "CREATE TRIGGER buyout_search_added AFTER INSERT ON buyout_search BEGIN
         INSERT INTO buyout_search_part (rowid, words, client_words)
         VALUES (new.number, new.words, new.client_words);
     END",
    // Most saves of a run change none of its words.
    "CREATE TRIGGER buyout_search_changed AFTER UPDATE ON buyout_search
     WHEN old.words <> new.words OR old.client_words <> new.client_words BEGIN
         INSERT INTO buyout_search_part (buyout_search_part, rowid, words, client_words)
         VALUES ('delete', old.number, old.words, old.client_words);
         INSERT INTO buyout_search_part (rowid, words, client_words)
         VALUES (new.number, new.words, new.client_words);
     END",
];

/// The extension is trusted: whoever owns the database may create it.
const POSTGRES: [&str; 3] = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX buyout_search_words ON buyout_search USING gin (words gin_trgm_ops)",
    "CREATE INDEX buyout_search_client_words ON buyout_search USING gin (client_words gin_trgm_ops)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &POSTGRES,
            _ => &SQLITE,
        };
        for statement in statements {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}
