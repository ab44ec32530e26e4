//! The audit as chains, a chain a legal entity: every row names the one before it by its hash, and signed
//! checkpoints stand beside them. Rows that are there become the beginning of the common chain.

use domain::audit::{AuditRow, COMMON, GENESIS};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json, text, text_null, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::index;
use crate::audit::{chained, of_row};
use crate::column;

/// Rows that are chained in one go.
const BATCH: u64 = 500;

mod before {
    use sea_orm_migration::sea_orm;
    use sea_orm_migration::sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_before")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: DateTimeUtc,
        pub person: String,
        pub action: String,
        pub entity: String,
        pub detail: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        let unlock = if postgres {
            POSTGRES_UNLOCK
        } else {
            SQLITE_UNLOCK
        };
        for statement in unlock {
            db.execute_unprepared(statement).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        chain(db).await?;
        db.execute_unprepared("DROP TABLE audit_before").await?;
        for index in [
            index("audit", &["entity", "at"]),
            index("audit", &["run", "at"]),
            index("audit", &["person", "at"]),
            index("audit", &["at"]),
        ] {
            manager.create_index(index).await?;
        }
        let lock = if postgres { POSTGRES_LOCK } else { SQLITE_LOCK };
        for statement in lock {
            db.execute_unprepared(statement).await?;
        }
        let column = Table::alter()
            .table("buyout")
            .add_column(text_null("legal_entity"))
            .take();
        manager.alter_table(column).await?;
        let fill = if postgres {
            "UPDATE buyout SET legal_entity = data::jsonb #>> '{policy,legal_entity,id}'"
        } else {
            "UPDATE buyout SET legal_entity = json_extract(data, '$.policy.legal_entity.id')"
        };
        db.execute_unprepared(fill).await?;
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("audit")
            .col(text("chain"))
            .col(big_integer("seq"))
            .col(timestamp_with_time_zone("at"))
            .col(text("person"))
            .col(text("action"))
            .col(text("entity"))
            .col(text_null("run"))
            .col(json("detail"))
            .col(text("prev"))
            .col(text("hash"))
            .primary_key(Index::create().col("chain").col("seq"))
            .take(),
        // The last row of each chain; writers of a chain take turns on it.
        Table::create()
            .table("audit_head")
            .col(text("chain").primary_key())
            .col(big_integer("seq"))
            .col(text("hash"))
            .take(),
        Table::create()
            .table("audit_checkpoint")
            .col(text("chain"))
            .col(big_integer("seq"))
            .col(text("hash"))
            .col(timestamp_with_time_zone("at"))
            .col(text("key"))
            .col(text("signature"))
            .primary_key(Index::create().col("chain").col("seq"))
            .take(),
    ]
}

/// Moves what was written before into the common chain, in the order in which it was written.
async fn chain(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let (mut after, mut seq, mut prev) = (0, 0, GENESIS.to_owned());
    loop {
        let rows = before::Entity::find()
            .filter(before::Column::Id.gt(after))
            .order_by_asc(before::Column::Id)
            .limit(BATCH)
            .all(db)
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let mut moved = Vec::with_capacity(rows.len());
        for row in rows {
            let before::Model {
                id: _,
                at,
                person,
                action,
                entity,
                detail,
            } = row;
            seq += 1;
            let row = AuditRow {
                chain: COMMON.to_owned(),
                seq,
                at,
                person,
                action,
                entity,
                run: None,
                detail,
                prev,
                hash: String::new(),
            }
            .sealed();
            prev = row.hash.clone();
            moved.push(of_row(row).map_err(|error| DbErr::Migration(error.to_string()))?);
        }
        chained::Entity::insert_many(moved)
            .exec_without_returning(db)
            .await?;
    }
    if seq > 0 {
        let seq =
            column::number("seq", seq).map_err(|error| DbErr::Migration(error.to_string()))?;
        crate::audit::head::Entity::insert(crate::audit::head::ActiveModel {
            chain: Set(COMMON.to_owned()),
            seq: Set(seq),
            hash: Set(prev),
        })
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}

const SQLITE_UNLOCK: &[&str] = &[
    "DROP TRIGGER audit_no_update",
    "DROP TRIGGER audit_no_delete",
    "DROP INDEX audit_entity_at_id",
    "ALTER TABLE audit RENAME TO audit_before",
];

// The key's name is the table's, and has to be free for the new one.
const POSTGRES_UNLOCK: &[&str] = &[
    "DROP TRIGGER audit_append_only ON audit",
    "DROP INDEX audit_entity_at_id",
    "ALTER TABLE audit RENAME TO audit_before",
    "ALTER INDEX audit_pkey RENAME TO audit_before_pkey",
];

const SQLITE_LOCK: &[&str] = &[
    r#"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"#,
    r#"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"#,
    r#"CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
       BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END"#,
    r#"CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
       BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END"#,
];

const POSTGRES_LOCK: &[&str] = &[
    r#"CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"#,
    r#"CREATE TRIGGER audit_checkpoint_append_only
       BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
       FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"#,
];
