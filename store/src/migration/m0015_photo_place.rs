//! Where photos were taken.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let place = Table::alter()
            .table("file")
            .add_column(text_null("taken_at"))
            .take();
        manager.alter_table(place).await
    }
}
