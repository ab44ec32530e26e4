//! Differences between systems.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

use super::{index, serial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let finding = Table::create()
            .table("finding")
            .col(serial("id"))
            .col(text("kind"))
            .col(text("source"))
            .col(text("subject"))
            // Whose answers make it stand or go: a run, or a portal.
            .col(text("scope"))
            .col(text_null("run"))
            .col(big_integer_null("deal_id"))
            .col(text("system"))
            .col(text("ours"))
            .col(text("theirs"))
            .col(text("proposal"))
            .col(timestamp_with_time_zone("found_at"))
            .col(timestamp_with_time_zone("seen_at"))
            .col(text_null("claimed_by"))
            .col(timestamp_with_time_zone_null("claimed_at"))
            .col(timestamp_with_time_zone_null("settled_at"))
            .col(text_null("settled_by"))
            .col(text_null("note"))
            .take();
        manager.create_table(finding).await?;
        for index in [
            index("finding", &["settled_at", "found_at", "id"]),
            index("finding", &["scope", "source"]),
            index("finding", &["run"]),
        ] {
            manager.create_index(index).await?;
        }
        // A difference that stands is one row, however often it is found.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX finding_open ON finding (kind, subject) WHERE settled_at IS NULL",
            )
            .await?;
        Ok(())
    }
}
