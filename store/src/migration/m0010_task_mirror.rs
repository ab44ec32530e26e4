//! Tasks of a portal that mirror ours, in a table of their own: the mirror is known before the run's record
//! names it, so the portal's events find it from the first moment on.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text};
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("task_mirror")
            .col(text("portal"))
            .col(big_integer("number"))
            .col(text("task"))
            .primary_key(Index::create().col("portal").col("number"))
            .take();
        manager.create_table(table).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "INSERT INTO task_mirror (portal, number, task) \
                 SELECT buyout.portal, task.bitrix24_task, MIN(task.id) \
                 FROM task JOIN buyout ON buyout.id = task.run \
                 WHERE task.bitrix24_task IS NOT NULL \
                 GROUP BY buyout.portal, task.bitrix24_task",
            )
            .await?;
        let mut index = Index::drop();
        index.name("task_bitrix24_task").table("task");
        manager.drop_index(index).await?;
        let column = Table::alter()
            .table("task")
            .drop_column("bitrix24_task")
            .take();
        manager.alter_table(column).await
    }
}
