//! Signed checkpoints: what makes a chain that was written anew as a whole differ from what it was.

use domain::audit::{Checkpoint, Head, Problem};
use domain::signing::Signers;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};

use super::trail;
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

/// Rows that are looked at in one go.
const BATCH: u64 = 500;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_checkpoint")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub hash: String,
        pub at: DateTimeUtc,
        pub key: String,
        pub signature: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What became of a chain that was to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub chain: String,
    pub problem: Problem,
}

impl Store {
    /// Signs every chain that has grown since it was signed last. What grew is looked at first: a chain
    /// whose new rows do not follow the signed ones is answered and not signed, since a signature would
    /// vouch for what somebody changed.
    pub async fn sign_audit(&self, signers: &Signers) -> Result<Vec<Refused>, StoreError> {
        let mut refused = Vec::new();
        let write = self.write().await?;
        for head in trail::heads(&write.tx).await? {
            let last = last(&write.tx, &head.chain).await?;
            if last.as_ref().is_some_and(|last| last.seq >= head.seq) || head.seq == 0 {
                continue;
            }
            if let Some(problem) = grown(&write.tx, last.as_ref(), &head).await? {
                refused.push(Refused {
                    chain: head.chain,
                    problem,
                });
                continue;
            }
            let Checkpoint {
                chain,
                seq,
                hash,
                at,
                key,
                signature,
            } = Checkpoint::sign(&head, column::now(), signers);
            row::Entity::insert(row::ActiveModel {
                chain: Set(chain),
                seq: Set(column::number("seq", seq)?),
                hash: Set(hash),
                at: Set(at),
                key: Set(key),
                signature: Set(signature),
            })
            // Another gateway may have been quicker.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&write.tx)
            .await?;
        }
        write.commit().await?;
        Ok(refused)
    }

    /// Every checkpoint, chain by chain in order.
    pub async fn audit_checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        all(&self.db).await
    }

    /// The last checkpoint of a chain.
    pub async fn last_audit_checkpoint(
        &self,
        chain: &str,
    ) -> Result<Option<Checkpoint>, StoreError> {
        last(&self.db, chain).await
    }
}

pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Checkpoint>, StoreError> {
    row::Entity::find()
        .order_by_asc(row::Column::Chain)
        .order_by_asc(row::Column::Seq)
        .all(db)
        .await?
        .into_iter()
        .map(checkpoint)
        .collect()
}

async fn last(db: &impl ConnectionTrait, chain: &str) -> Result<Option<Checkpoint>, StoreError> {
    row::Entity::find()
        .filter(row::Column::Chain.eq(chain))
        .order_by_desc(row::Column::Seq)
        .one(db)
        .await?
        .map(checkpoint)
        .transpose()
}

/// What is wrong with the rows after the last checkpoint, up to the head; `None`: nothing.
async fn grown(
    tx: &DatabaseTransaction,
    last: Option<&Checkpoint>,
    head: &Head,
) -> Result<Option<Problem>, StoreError> {
    // The signed row itself is looked at too: what follows it must follow this very row.
    let mut after = last.map_or(0, |last| last.seq - 1);
    let mut prev: Option<String> = None;
    loop {
        let rows = trail::rows_after(tx, &head.chain, after, BATCH).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let seq = row.seq;
            if seq != after + 1 {
                return Ok(Some(Problem::Missing {
                    from: after + 1,
                    to: seq - 1,
                }));
            }
            if row.hash != row.digest() {
                return Ok(Some(Problem::Altered { seq }));
            }
            if prev.as_ref().is_some_and(|prev| *prev != row.prev) {
                return Ok(Some(Problem::Broken { seq }));
            }
            if last.is_some_and(|last| last.seq == seq && last.hash != row.hash) {
                return Ok(Some(Problem::Rewritten { seq }));
            }
            prev = Some(row.hash);
            after = seq;
        }
    }
    let fits = after == head.seq && prev.as_ref() == Some(&head.hash);
    Ok((!fits).then_some(Problem::HeadDiffers {
        head: head.seq,
        last: after,
    }))
}

fn checkpoint(row: row::Model) -> Result<Checkpoint, StoreError> {
    let row::Model {
        chain,
        seq,
        hash,
        at,
        key,
        signature,
    } = row;
    let place = At {
        table: "audit_checkpoint",
        key: &chain,
    };
    let seq = place.number("seq", seq)?;
    Ok(Checkpoint {
        chain,
        seq,
        hash,
        at,
        key,
        signature,
    })
}
