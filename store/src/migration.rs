//! The schema, step by step; the same statements for both databases. A released step never changes.

mod m0001_process;
mod m0002_people;
mod m0003_exchange;
mod m0004_file;
mod m0005_audit;
mod m0006_session;
mod m0007_lists;
mod m0008_desk;
mod m0009_ops;
mod m0010_task_mirror;
mod m0011_speed;
mod m0012_hold;
mod m0013_finding;
mod m0014_audit_chain;
mod m0015_photo_place;
mod m0016_search;
mod m0017_update;
mod m0018_update_tries;

use sea_orm_migration::sea_query::{Alias, ColumnDef, Index, IndexCreateStatement};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_process::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_exchange::Migration),
            Box::new(m0004_file::Migration),
            Box::new(m0005_audit::Migration),
            Box::new(m0006_session::Migration),
            Box::new(m0007_lists::Migration),
            Box::new(m0008_desk::Migration),
            Box::new(m0009_ops::Migration),
            Box::new(m0010_task_mirror::Migration),
            Box::new(m0011_speed::Migration),
            Box::new(m0012_hold::Migration),
            Box::new(m0013_finding::Migration),
            Box::new(m0014_audit_chain::Migration),
            Box::new(m0015_photo_place::Migration),
            Box::new(m0016_search::Migration),
            Box::new(m0017_update::Migration),
            Box::new(m0018_update_tries::Migration),
        ]
    }
}

/// A number that the database gives to each row in turn.
fn serial(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key()
        .take()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{table}_{}", columns.join("_")))
        .table(table);
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}
