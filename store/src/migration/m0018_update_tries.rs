//! How often an update has been given again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::integer;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tries = Table::alter()
            .table("kept_update")
            .add_column(integer("tries").default(0))
            .take();
        manager.alter_table(tries).await
    }
}
