//! Updates of runs whose answer is not known yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, timestamp_with_time_zone};

use super::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let update = Table::create()
            .table("kept_update")
            .col(text("run"))
            .col(text("id"))
            .col(text("body"))
            .col(timestamp_with_time_zone("due_at"))
            .primary_key(Index::create().col("run").col("id"))
            .take();
        manager.create_table(update).await?;
        manager
            .create_index(index("kept_update", &["due_at"]))
            .await
    }
}
