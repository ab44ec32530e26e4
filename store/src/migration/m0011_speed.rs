//! What lists and reports would otherwise have to work out row by row, and indexes that answer them alone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone};

use super::index;
use crate::report::steps_of;
use crate::stage_visit::BOUGHT_STAY;
use crate::task::bits_of;
use domain::report::BOUGHT;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Indexes whose columns are among those of a wider one now.
const OUTGROWN: [(&str, &str); 5] = [
    ("task_state_due_at_id", "task"),
    ("task_closed_at_id", "task"),
    ("buyout_started_at_id_city", "buyout"),
    ("buyout_inspector_started_at", "buyout"),
    ("buyout_troubled", "buyout"),
];

/// Indexes over a part of a table; every condition on a task stands in its index, so that a walk reads no row.
const PARTIAL: [&str; 3] = [
    "CREATE INDEX task_open ON task \
     (due_at, id, state, kind, city, assignee, owner, roles, called_in, escalated, closed_at) \
     WHERE closed_at IS NULL",
    "CREATE INDEX task_closed ON task \
     (closed_at, id, state, kind, city, assignee, owner, roles, called_in, escalated) \
     WHERE closed_at IS NOT NULL",
    "CREATE INDEX buyout_troubled ON buyout \
     (started_at, id, city, stage, active, due_at, inspector) WHERE trouble IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("task", big_integer("roles").default(0).take()),
            ("task", big_integer("called_in").default(0).take()),
            ("buyout", big_integer("steps").default(0).take()),
            ("refusal", text_null("city")),
        ] {
            let add = Table::alter().table(table).add_column(column).take();
            manager.alter_table(add).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let db = manager.get_connection();
        for statement in fillings() {
            db.execute_unprepared(&statement).await?;
        }
        manager
            .drop_table(Table::drop().table("task_role").take())
            .await?;
        for (name, table) in OUTGROWN {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        for index in [
            index(
                "buyout",
                &[
                    "started_at",
                    "id",
                    "city",
                    "stage",
                    "active",
                    "due_at",
                    "inspector",
                    "steps",
                    "price",
                ],
            ),
            index(
                "buyout",
                &[
                    "inspector",
                    "started_at",
                    "id",
                    "city",
                    "stage",
                    "active",
                    "due_at",
                ],
            ),
            index(
                "task",
                &[
                    "kind",
                    "run_started_at",
                    "city",
                    "state",
                    "due_at",
                    "closed_at",
                ],
            ),
            index("buyout", &["city"]),
            index(
                "buyout",
                &[
                    "stage",
                    "active",
                    "due_at",
                    "city",
                    "started_at",
                    "inspector",
                ],
            ),
            index("task_excluded", &["person", "task"]),
            index("stage_stay", &["stage", "secs", "run_started_at", "city"]),
            index(
                "refusal",
                &["stage", "reason", "run_started_at", "city", "number"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        for statement in PARTIAL {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("stage_stay")
            .col(text("run"))
            .col(timestamp_with_time_zone("run_started_at"))
            .col(text("stage"))
            .col(text_null("city"))
            .col(big_integer("secs"))
            .primary_key(
                Index::create()
                    .col("run")
                    .col("run_started_at")
                    .col("stage"),
            )
            .take(),
        Table::create()
            .table("bank")
            .col(text("id").primary_key())
            .col(text("name"))
            .col(timestamp_with_time_zone("read_at"))
            .take(),
    ]
}

/// Each a statement that both databases take.
fn fillings() -> Vec<String> {
    let steps_of_visit = steps_of("v.stage");
    let steps_of_run = steps_of("stage");
    let bought: Vec<String> = BOUGHT.iter().map(|stage| format!("'{stage}'")).collect();
    let bought = bought.join(", ");
    let bits = bits_of("r.role");
    vec![
        format!(
            "UPDATE task SET
             roles = COALESCE((SELECT CAST(SUM({bits}) AS BIGINT)
                               FROM task_role r WHERE r.task = task.id), 0),
             called_in = COALESCE((SELECT CAST(SUM({bits}) AS BIGINT)
                                   FROM task_role r WHERE r.task = task.id AND r.escalated), 0)"
        ),
        // Closed by a version that did not note when.
        "UPDATE task SET closed_at = due_at
         WHERE closed_at IS NULL AND state NOT IN ('OPEN', 'CLAIMED')"
            .to_owned(),
        format!(
            "UPDATE buyout SET steps = COALESCE(
                 (SELECT MAX({steps_of_visit}) FROM stage_visit v
                  WHERE v.run = buyout.id AND v.run_started_at = buyout.started_at), 0)"
        ),
        format!("UPDATE buyout SET steps = {steps_of_run} WHERE {steps_of_run} > steps"),
        format!(
            "INSERT INTO stage_stay (run, run_started_at, stage, city, secs)
             SELECT v.run, v.run_started_at, v.stage, b.city, CAST(SUM(v.stayed_secs) AS BIGINT)
             FROM stage_visit v
             JOIN buyout b ON b.id = v.run AND b.started_at = v.run_started_at
             WHERE v.stayed_secs IS NOT NULL AND v.stage NOT IN ({bought})
             GROUP BY v.run, v.run_started_at, v.stage, b.city"
        ),
        format!(
            "INSERT INTO stage_stay (run, run_started_at, stage, city, secs)
             SELECT v.run, v.run_started_at, '{BOUGHT_STAY}', b.city, MAX(v.since_start_secs)
             FROM stage_visit v
             JOIN buyout b ON b.id = v.run AND b.started_at = v.run_started_at
             WHERE v.stage IN ({bought})
             GROUP BY v.run, v.run_started_at, b.city"
        ),
        "DELETE FROM refusal WHERE NOT EXISTS
             (SELECT 1 FROM buyout b WHERE b.id = run AND b.started_at = run_started_at)"
            .to_owned(),
        "UPDATE refusal SET city = (SELECT b.city FROM buyout b WHERE b.id = run)".to_owned(),
    ]
}
