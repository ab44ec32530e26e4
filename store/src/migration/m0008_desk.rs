//! What the desk's screens need: notifications, saved views, the facts of reports, versions of people's
//! records and the authors of policies.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
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
        // One column a statement: SQLite takes no more.
        for (table, column) in [
            ("staff", big_integer("version").default(1).take()),
            ("policy", text_null("name").take()),
            ("policy", text_null("created_by").take()),
            ("policy", text_null("created_by_name").take()),
            ("policy", text("comment").default("").take()),
            ("task", timestamp_with_time_zone_null("closed_at").take()),
        ] {
            if manager.has_column(table, column.get_column_name()).await? {
                continue;
            }
            let add = Table::alter().table(table).add_column(column).take();
            manager.alter_table(add).await?;
        }
        for index in [
            index("notification", &["person", "at", "id"]),
            index("notification", &["person", "read"]),
            index("notification", &["at"]),
            index("view", &["owner", "list", "name_key"])
                .unique()
                .take(),
            index("view", &["shared_with", "list"]),
            index("stage_visit", &["run", "run_started_at", "entered_at"]),
            index("stage_visit", &["stage"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("notification")
            .col(text("id").primary_key())
            .col(text("person"))
            .col(timestamp_with_time_zone("at"))
            .col(text("kind"))
            .col(text("title"))
            .col(text("text"))
            .col(text("run"))
            .col(text_null("task"))
            .col(text_null("actor"))
            .col(text_null("actor_name"))
            .col(boolean("read"))
            .take(),
        Table::create()
            .table("view")
            .col(text("id").primary_key())
            .col(text("owner"))
            .col(text("list"))
            .col(text("name"))
            // Folded: names that differ in case only are the same name.
            .col(text("name_key"))
            .col(text("query"))
            .col(text_null("shared_with"))
            .take(),
        Table::create()
            .table("stage_visit")
            .col(text("run"))
            .col(timestamp_with_time_zone("run_started_at"))
            .col(timestamp_with_time_zone("entered_at"))
            .col(text("stage"))
            .col(big_integer("version"))
            .col(timestamp_with_time_zone_null("left_at"))
            // Seconds are kept beside the instants: databases subtract instants each in their own way.
            .col(big_integer_null("stayed_secs"))
            .col(big_integer("since_start_secs"))
            .primary_key(
                Index::create()
                    .col("run")
                    .col("run_started_at")
                    .col("entered_at")
                    .col("stage"),
            )
            .take(),
        Table::create()
            .table("refusal")
            .col(text("run"))
            .col(timestamp_with_time_zone("run_started_at"))
            .col(big_integer("number"))
            .col(text("stage"))
            .col(text("reason"))
            .primary_key(
                Index::create()
                    .col("run")
                    .col("run_started_at")
                    .col("number"),
            )
            .take(),
    ]
}
