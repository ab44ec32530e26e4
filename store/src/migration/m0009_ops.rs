//! How partners do, and the inbox as ops reads it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use super::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let health = Table::create()
            .table("partner_health")
            .col(text("partner").primary_key())
            .col(timestamp_with_time_zone_null("last_success_at"))
            .col(timestamp_with_time_zone_null("last_failure_at"))
            .col(text_null("failure_class"))
            .col(text_null("failure"))
            .col(big_integer("failures_in_a_row"))
            .take();
        let minute = Table::create()
            .table("partner_minute")
            .col(text("partner"))
            .col(timestamp_with_time_zone("minute"))
            .col(big_integer("calls"))
            .col(big_integer("failures"))
            .primary_key(Index::create().col("partner").col("minute"))
            .take();
        for table in [health, minute] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(index("partner_minute", &["minute"]))
            .await?;
        manager
            .create_index(index("inbox", &["received_at", "id"]))
            .await
    }
}
