//! The audit trail; the database itself refuses to change or delete a row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{json, text, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use super::{index, serial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit")
                    .col(serial("id"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text("person"))
                    .col(text("action"))
                    .col(text("entity"))
                    .col(json("detail"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index("audit", &["entity", "at", "id"]))
            .await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE_APPEND_ONLY,
            _ => POSTGRES_APPEND_ONLY,
        };
        for statement in triggers {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

const SQLITE_APPEND_ONLY: &[&str] = &[
    r#"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"#,
    r#"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"#,
];

const POSTGRES_APPEND_ONLY: &[&str] = &[
    r#"CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"#,
    r#"CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"#,
];
