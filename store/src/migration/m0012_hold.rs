//! Partners on hold, and what ops note down of a run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

use super::{index, serial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let hold = Table::create()
            .table("hold")
            .col(serial("id"))
            .col(text("partner"))
            .col(text("cause"))
            .col(text("reason"))
            .col(timestamp_with_time_zone("since"))
            .col(text_null("held_by"))
            .col(timestamp_with_time_zone_null("probe_at"))
            .col(timestamp_with_time_zone_null("invite_at"))
            .col(timestamp_with_time_zone_null("released_at"))
            .col(text_null("released_by"))
            .take();
        let note = Table::create()
            .table("ops_note")
            .col(serial("id"))
            .col(text("run"))
            .col(timestamp_with_time_zone("at"))
            .col(text("person"))
            .col(text("text"))
            .take();
        for table in [hold, note] {
            manager.create_table(table).await?;
        }
        for index in [
            index("hold", &["partner", "since"]),
            index("ops_note", &["run", "id"]),
        ] {
            manager.create_index(index).await?;
        }
        // One hold of each cause at a time, whichever of several workers or people begins it.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX hold_in_force ON hold (partner, cause) WHERE released_at IS NULL",
            )
            .await?;
        Ok(())
    }
}
