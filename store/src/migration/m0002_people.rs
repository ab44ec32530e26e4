//! Staff and policies.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json, text, text_null, timestamp_with_time_zone,
    uuid_null,
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
            index("staff", &["login"]).unique().take(),
            index("staff", &["bitrix24_user"]).unique().take(),
            index("staff", &["treasury_user"]).unique().take(),
            index("staff", &["substitute"]),
            index("staff_role", &["role", "person"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("staff")
            .col(text("person").primary_key())
            .col(text("name"))
            .col(text_null("login"))
            .col(text_null("password_hash"))
            .col(boolean("blocked"))
            .col(json("cities"))
            .col(text_null("email"))
            .col(big_integer_null("bitrix24_user"))
            .col(uuid_null("treasury_user"))
            .col(text_null("substitute"))
            .take(),
        Table::create()
            .table("staff_role")
            .col(text("person"))
            .col(text("role"))
            .primary_key(Index::create().col("person").col("role"))
            .foreign_key(
                ForeignKey::create()
                    .from_col("person")
                    .to("staff", "person")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take(),
        Table::create()
            .table("policy")
            // Folded; empty for the default.
            .col(text("city"))
            .col(big_integer("version"))
            .col(json("data"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("city").col("version"))
            .take(),
    ]
}
