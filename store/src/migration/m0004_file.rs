//! Files, tickets to upload them, numbers of documents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use super::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in [
            index("file", &["source_sha256"]),
            index("file", &["sha256"]),
            index("file", &["run"]),
            index(
                "document_number",
                &["legal_entity", "kind", "year", "number"],
            )
            .unique()
            .take(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("file")
            .col(text("id").primary_key())
            .col(text("kind"))
            .col(text("content_type"))
            .col(big_integer("size"))
            .col(text("sha256"))
            .col(text_null("source_sha256"))
            .col(text("object_key"))
            .col(text_null("run"))
            .col(text_null("uploaded_by"))
            .col(timestamp_with_time_zone("created_at"))
            .take(),
        Table::create()
            .table("upload_ticket")
            .col(text("id").primary_key())
            .col(text("run"))
            .col(text("person"))
            .col(text("kind"))
            .col(big_integer("max_bytes"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("consumed_at"))
            .take(),
        Table::create()
            .table("document_counter")
            .col(text("legal_entity"))
            .col(text("kind"))
            .col(integer("year"))
            .col(big_integer("last"))
            .primary_key(Index::create().col("legal_entity").col("kind").col("year"))
            .take(),
        Table::create()
            .table("document_number")
            .col(text("legal_entity"))
            .col(text("kind"))
            .col(text("key"))
            .col(integer("year"))
            .col(big_integer("number"))
            .primary_key(Index::create().col("legal_entity").col("kind").col("key"))
            .take(),
    ]
}
