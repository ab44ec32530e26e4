//! Projections of processes, their tasks and events, the change feed, claims of cars.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
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
            index("buyout", &["active", "started_at", "id"]),
            index("buyout", &["started_at", "id"]),
            index("buyout", &["inspector", "started_at"]),
            index("task", &["state", "due_at", "id"]),
            index("task", &["owner", "state"]),
            index("task", &["assignee", "state"]),
            index("task", &["run"]),
            index("task", &["bitrix24_task"]),
            index("task_role", &["role", "task"]),
            index("change", &["at"]),
            index("car_claim", &["run"]),
        ] {
            manager.create_index(index).await?;
        }
        manager
            .execute(
                Query::insert()
                    .into_table("change_head")
                    .columns(["id", "seq", "pruned"])
                    .values_panic([1.into(), 0.into(), 0.into()])
                    .take(),
            )
            .await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("buyout")
            .col(text("id").primary_key())
            .col(big_integer("version"))
            .col(text("portal"))
            .col(big_integer("deal_id"))
            .col(text("stage"))
            .col(boolean("active"))
            .col(text_null("city"))
            .col(text_null("site"))
            .col(text("car"))
            .col(text_null("identifier"))
            .col(text_null("plate"))
            .col(text_null("inspector"))
            .col(text_null("waiting_for"))
            .col(text_null("outcome"))
            .col(timestamp_with_time_zone("due_at"))
            .col(big_integer_null("price"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone("stage_since"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(text("search"))
            .col(json("data"))
            .take(),
        Table::create()
            .table("buyout_event")
            .col(text("run"))
            .col(timestamp_with_time_zone("run_started_at"))
            .col(big_integer("seq"))
            .col(timestamp_with_time_zone("at"))
            .col(text("kind"))
            .col(text_null("person"))
            .col(text_null("person_name"))
            .col(text("text"))
            .primary_key(Index::create().col("run").col("run_started_at").col("seq"))
            .take(),
        Table::create()
            .table("task")
            .col(text("id").primary_key())
            .col(text("run"))
            .col(timestamp_with_time_zone("run_started_at"))
            .col(big_integer("version"))
            .col(text("kind"))
            .col(text("state"))
            .col(text_null("city"))
            .col(text_null("assignee"))
            .col(text_null("owner"))
            .col(timestamp_with_time_zone("due_at"))
            .col(big_integer_null("bitrix24_task"))
            .col(json("data"))
            .take(),
        Table::create()
            .table("task_role")
            .col(text("task"))
            .col(text("role"))
            .col(boolean("escalated"))
            .primary_key(Index::create().col("task").col("role"))
            .foreign_key(&mut of_task())
            .take(),
        Table::create()
            .table("task_excluded")
            .col(text("task"))
            .col(text("person"))
            .primary_key(Index::create().col("task").col("person"))
            .foreign_key(&mut of_task())
            .take(),
        Table::create()
            .table("car_claim")
            .col(text("identifier").primary_key())
            .col(text("run"))
            .col(timestamp_with_time_zone("claimed_at"))
            .take(),
        Table::create()
            .table("change")
            .col(big_integer("seq").primary_key())
            .col(text("topic"))
            .col(text("entity"))
            .col(text_null("run"))
            .col(text_null("city"))
            .col(timestamp_with_time_zone("at"))
            .take(),
        Table::create()
            .table("change_head")
            .col(integer("id").primary_key())
            .col(big_integer("seq"))
            .col(big_integer("pruned"))
            .take(),
    ]
}

fn of_task() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col("task")
        .to("task", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
