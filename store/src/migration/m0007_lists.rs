//! What lists sort, search and compare by. Rows that are there are read once to fill it.

use domain::buyout::state::Buyout;
use domain::task::HumanTask;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, text, text_null, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::ConnectionTrait;
use serde::de::DeserializeOwned;

use super::index;
use crate::buyout::{Derived, Words, settle_trouble};
use crate::column;
use crate::task;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Documents read at once.
const BATCH: u64 = 200;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            // A database that was developed on may have it by the step after this one.
            if manager.has_column(table, column.get_column_name()).await? {
                continue;
            }
            manager
                .alter_table(Table::alter().table(table).add_column(column).take())
                .await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("buyout_search")
                    .col(text("run").primary_key())
                    .col(text("words"))
                    .col(text("client_words"))
                    .take(),
            )
            .await?;
        for old in ["buyout_active_started_at_id", "buyout_started_at_id"] {
            manager
                .drop_index(Index::drop().name(old).table("buyout").to_owned())
                .await?;
        }
        manager
            .alter_table(Table::alter().table("buyout").drop_column("search").take())
            .await?;
        let db = manager.get_connection();
        fill_buyouts(db).await?;
        fill_tasks(db).await?;
        // The city stands at the end of each: rows of other cities are passed over within the index.
        for by in ["started_at", "due_at", "stage_since"] {
            for index in [
                index("buyout", &[by, "id", "city"]),
                index("buyout", &["active", by, "id", "city"]),
                index("buyout", &["stage", by, "id", "city"]),
            ] {
                manager.create_index(index).await?;
            }
        }
        for index in [
            index("buyout", &["active", "stage", "city", "due_at"]),
            index("buyout", &["identifier", "started_at"]),
            index("buyout", &["make", "model", "appraised_at"]),
            index("buyout", &["recipient_hash"]),
            index("buyout", &["phone_hash"]),
            index("buyout", &["account_hash"]),
            index("task", &["closed_at", "id"]),
        ] {
            manager.create_index(index).await?;
        }
        db.execute_unprepared(
            "CREATE INDEX buyout_troubled ON buyout (started_at, id) WHERE trouble IS NOT NULL",
        )
        .await?;
        Ok(())
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("buyout", text_null("inspector_name")),
        ("buyout", text_null("time_zone")),
        ("buyout", text_null("trouble")),
        ("buyout", text_null("make")),
        ("buyout", text_null("model")),
        ("buyout", big_integer_null("mileage_km")),
        ("buyout", timestamp_with_time_zone_null("appraised_at")),
        ("buyout", big_integer_null("appraised_price")),
        ("buyout", big_integer_null("forecast_price")),
        ("buyout", text_null("recipient_hash")),
        ("buyout", text_null("phone_hash")),
        ("buyout", text_null("account_hash")),
        ("task", timestamp_with_time_zone_null("closed_at")),
        ("task", big_integer("escalated").default(0).take()),
    ]
}

async fn fill_tasks(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let mut after = String::new();
    while let Some((documents, last)) = documents::<HumanTask>(db, "task", &after).await? {
        for (id, task) in documents {
            let update = Query::update()
                .table("task")
                .value("closed_at", task.closed_at.map(column::instant))
                .value("escalated", task::escalated(&task))
                .and_where(Expr::col("id").eq(id))
                .take();
            db.execute(&update).await?;
        }
        after = last;
    }
    Ok(())
}

async fn fill_buyouts(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let mut after = String::new();
    while let Some((documents, last)) = documents::<Buyout>(db, "buyout", &after).await? {
        for (id, buyout) in documents {
            fill_buyout(db, &id, &buyout).await?;
        }
        after = last;
    }
    Ok(())
}

async fn fill_buyout(
    db: &SchemaManagerConnection<'_>,
    id: &str,
    buyout: &Buyout,
) -> Result<(), DbErr> {
    let Derived {
        inspector_name,
        time_zone,
        make,
        model,
        mileage_km,
        appraised_at,
        appraised_price,
        forecast_price,
        recipient_hash,
        phone_hash,
        account_hash,
    } = Derived::of(buyout);
    let update = Query::update()
        .table("buyout")
        .value("inspector_name", inspector_name)
        .value("time_zone", time_zone)
        .value("make", make)
        .value("model", model)
        .value("mileage_km", mileage_km)
        .value("appraised_at", appraised_at)
        .value("appraised_price", appraised_price)
        .value("forecast_price", forecast_price)
        .value("recipient_hash", recipient_hash)
        .value("phone_hash", phone_hash)
        .value("account_hash", account_hash)
        .and_where(Expr::col("id").eq(id))
        .take();
    db.execute(&update).await?;
    let Words { open, client } = Words::of(buyout);
    let words = Query::insert()
        .into_table("buyout_search")
        .columns(["run", "words", "client_words"])
        .values_panic([id.into(), open.into(), client.into()])
        .take();
    db.execute(&words).await?;
    settle_trouble(db, &buyout.id, buyout.started_at)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))
}

/// The next documents of a table by id, and the last id; `None` at the end.
async fn documents<T: DeserializeOwned>(
    db: &SchemaManagerConnection<'_>,
    table: &'static str,
    after: &str,
) -> Result<Option<(Vec<(String, T)>, String)>, DbErr> {
    let query = Query::select()
        .columns(["id", "data"])
        .from(table)
        .and_where(Expr::col("id").gt(after))
        .order_by("id", Order::Asc)
        .limit(BATCH)
        .take();
    let mut documents = Vec::new();
    let mut last = None;
    for row in db.query_all(&query).await? {
        let id: String = row.try_get("", "id")?;
        let data: serde_json::Value = row.try_get("", "data")?;
        // serde's message may quote the document: only its place is told.
        let document = serde_json::from_value(data)
            .map_err(|_| DbErr::Custom(format!("the document of {table} {id} does not parse")))?;
        last = Some(id.clone());
        documents.push((id, document));
    }
    Ok(last.map(|last| (documents, last)))
}
