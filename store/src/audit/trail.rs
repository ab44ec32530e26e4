//! The whole trail, for somebody who checks it.

use domain::audit::{AuditRow, Head};
use domain::buyout::start::BuyoutId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{chained, head, read};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

/// Where the chains end, by name.
pub(super) async fn heads(db: &impl ConnectionTrait) -> Result<Vec<Head>, StoreError> {
    head::Entity::find()
        .order_by_asc(head::Column::Chain)
        .all(db)
        .await?
        .into_iter()
        .map(|row| {
            let head::Model { chain, seq, hash } = row;
            let seq = At {
                table: "audit_head",
                key: &chain,
            }
            .number("seq", seq)?;
            Ok(Head { chain, seq, hash })
        })
        .collect()
}

/// Rows of a chain after that number, in order.
pub(super) async fn rows_after(
    db: &impl ConnectionTrait,
    chain: &str,
    after: u64,
    limit: u64,
) -> Result<Vec<AuditRow>, StoreError> {
    chained::Entity::find()
        .filter(chained::Column::Chain.eq(chain))
        .filter(chained::Column::Seq.gt(column::number("after", after)?))
        .order_by_asc(chained::Column::Seq)
        .limit(limit)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

impl Store {
    /// Where the chains end, by name.
    pub async fn audit_heads(&self) -> Result<Vec<Head>, StoreError> {
        heads(&self.db).await
    }

    /// Names of chains of which there are rows; a chain without a head among them.
    pub async fn audit_chains(&self) -> Result<Vec<String>, StoreError> {
        Ok(chained::Entity::find()
            .select_only()
            .column(chained::Column::Chain)
            .distinct()
            .order_by_asc(chained::Column::Chain)
            .into_tuple()
            .all(&self.db)
            .await?)
    }

    /// Rows of a chain with numbers above `after`, at most `limit`, in order.
    pub async fn audit_rows(
        &self,
        chain: &str,
        after: u64,
        limit: u64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        rows_after(&self.db, chain, after, limit).await
    }

    /// Every row that concerns the run, in the order of time.
    pub async fn audit_of_run(&self, run: &BuyoutId) -> Result<Vec<AuditRow>, StoreError> {
        chained::Entity::find()
            .filter(chained::Column::Run.eq(run.as_str()))
            .order_by_asc(chained::Column::At)
            .order_by_asc(chained::Column::Chain)
            .order_by_asc(chained::Column::Seq)
            .all(&self.db)
            .await?
            .into_iter()
            .map(read)
            .collect()
    }
}

/// The trail within somebody else's transaction.
#[cfg(test)]
pub(crate) mod testing {
    use domain::audit::Line;

    use super::*;

    /// Checkpoints, heads and rows; a row that does not read is its error.
    pub(crate) async fn trail(
        db: &impl ConnectionTrait,
    ) -> Result<Vec<Result<Line, String>>, StoreError> {
        let mut lines = Vec::new();
        for checkpoint in crate::audit::checkpoint::all(db).await? {
            lines.push(Ok(Line::Checkpoint(checkpoint)));
        }
        for head in heads(db).await? {
            lines.push(Ok(Line::Head(head)));
        }
        let rows = chained::Entity::find()
            .order_by_asc(chained::Column::Chain)
            .order_by_asc(chained::Column::Seq)
            .all(db)
            .await?;
        for row in rows {
            lines.push(read(row).map(Line::Row).map_err(|error| error.to_string()));
        }
        Ok(lines)
    }
}
