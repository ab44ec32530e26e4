//! What comes from partners and goes to them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, json, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

use super::{bytes, index, serial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in [
            index("inbox", &["source", "event_id"]).unique().take(),
            index("inbox", &["state", "due_at"]),
            index("unmatched", &["source", "run", "event_id"])
                .unique()
                .take(),
            index("unmatched", &["settled_at", "kept_at", "id"]),
            index("payment_intent", &["run"]),
            index("payment_intent", &["partner_id"]).unique().take(),
            index("vehicle_report", &["provider", "identifier", "ordered_at"]),
            index("message", &["channel", "partner_id"]).unique().take(),
        ] {
            manager.create_index(index).await?;
        }
        // The last word against paying a run twice.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX payment_intent_of_run \
                 ON payment_intent (run) WHERE state <> 'REFUSED'",
            )
            .await?;
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("inbox")
            .col(serial("id"))
            .col(text("source"))
            .col(text("event_id"))
            .col(bytes("body"))
            .col(text("body_sha256"))
            .col(json("headers"))
            .col(text("state"))
            .col(big_integer("attempts"))
            .col(text_null("error"))
            .col(text_null("run"))
            .col(timestamp_with_time_zone("received_at"))
            .col(timestamp_with_time_zone("due_at"))
            .col(timestamp_with_time_zone_null("taken_at"))
            .col(big_integer("repeats"))
            .col(text_null("other_sha256"))
            .take(),
        Table::create()
            .table("unmatched")
            .col(serial("id"))
            .col(text("source"))
            .col(text("event_id"))
            // Empty when it belongs to no run, so that the key compares.
            .col(text("run"))
            .col(text("reason"))
            .col(timestamp_with_time_zone("kept_at"))
            .col(timestamp_with_time_zone_null("settled_at"))
            .col(text_null("settled_by"))
            .col(text_null("note"))
            .take(),
        Table::create()
            .table("portal")
            .col(text("member_id").primary_key())
            .col(big_integer("version"))
            .col(text("domain"))
            .col(text("client_endpoint"))
            .col(text("server_endpoint"))
            .col(text("access_token"))
            .col(text("refresh_token"))
            .col(text("application_token"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(uuid_null("lock_owner"))
            .col(timestamp_with_time_zone_null("lock_until"))
            .take(),
        Table::create()
            .table("payment_intent")
            .col(text("key").primary_key())
            .col(text("run"))
            .col(text("rail"))
            .col(big_integer("amount"))
            .col(text("state"))
            .col(text_null("partner_id"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("changed_at"))
            .take(),
        Table::create()
            .table("vehicle_report")
            .col(text("provider"))
            .col(text("uid"))
            .col(text("identifier"))
            .col(text("run"))
            .col(timestamp_with_time_zone("ordered_at"))
            .primary_key(Index::create().col("provider").col("uid"))
            .take(),
        Table::create()
            .table("message")
            .col(text("key").primary_key())
            .col(text("run"))
            .col(text("channel"))
            .col(text_null("partner_id"))
            .col(text("state"))
            .col(timestamp_with_time_zone("changed_at"))
            .take(),
        Table::create()
            .table("link")
            .col(text("id").primary_key())
            .col(text("run"))
            .col(timestamp_with_time_zone("revoked_at"))
            .take(),
    ]
}
