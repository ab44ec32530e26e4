//! Sessions of people in browsers, and tickets by which they come over from a portal.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone};

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
            index("session", &["key_hash"]).unique().take(),
            index("session", &["former_hash"]),
            index("session", &["person"]),
            index("session", &["expires_at"]),
            index("portal_ticket", &["expires_at"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("session")
            .col(text("id").primary_key())
            .col(text("person"))
            .col(text("key_hash"))
            .col(text_null("former_hash"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone("rotated_at"))
            .col(timestamp_with_time_zone("used_at"))
            .take(),
        Table::create()
            .table("portal_ticket")
            .col(text("hash").primary_key())
            .col(text("person"))
            .col(text("portal"))
            .col(big_integer("deal_id"))
            .col(timestamp_with_time_zone("expires_at"))
            .take(),
    ]
}
