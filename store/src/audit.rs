//! Who did what, and who read whose data: chains of rows that name one another by their hashes (see
//! [`domain::audit`]). Rows are added only, as the last act of the transaction that they tell of; the
//! database itself refuses to change one.

mod checkpoint;
mod list;
mod trail;

#[cfg(test)]
pub(crate) use self::trail::testing;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::audit::{AuditRow, GENESIS, chain_of, plain};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use crate::column::{self, At};
use crate::connect::{Store, Write};
use crate::error::StoreError;

pub use self::checkpoint::Refused;
pub use self::list::AuditFilter;

pub(crate) mod chained {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub at: DateTimeUtc,
        pub person: String,
        pub action: String,
        pub entity: String,
        pub run: Option<String>,
        pub detail: Json,
        pub prev: String,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The last row of each chain. Whoever writes a chain holds its row until the commit.
pub(crate) mod head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        pub seq: i64,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    /// Id of the person, or the name of what acted without one.
    pub person: String,
    /// `<noun>.<verb>`.
    pub action: String,
    /// Id of what it was done to.
    pub entity: String,
    /// No personal data.
    pub detail: Value,
}

/// Who acts before there is anybody: the records that an installation begins with.
pub(crate) const INSTALLATION: &str = "installation";
/// What the gateway does by itself.
pub(crate) const GATEWAY: &str = "gateway";
/// A run that acts by its own story.
pub(crate) const PROCESS: &str = "process";

/// Whose chain a row goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Sign-ins, staff, lists over several cities, the engine.
    Nobody,
    LegalEntity(String),
    /// The legal entity of the run's policy; nobody's until the run has captured one.
    Run(BuyoutId),
}

/// An entry that waits for the end of its transaction.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) entry: AuditEntry,
    pub(crate) run: Option<BuyoutId>,
    /// `None`: ask the run's row, if there is a run.
    pub(crate) legal_entity: Option<String>,
}

impl Pending {
    pub(crate) fn new(entry: AuditEntry, owner: Owner) -> Self {
        let (run, legal_entity) = match owner {
            Owner::Nobody => (None, None),
            Owner::LegalEntity(id) => (None, Some(id)),
            Owner::Run(run) => (Some(run), None),
        };
        Self {
            entry,
            run,
            legal_entity,
        }
    }
}

/// Adds the entries to their chains. The last statements of a transaction, after the change feed's, and
/// chain by chain in the order of their names: writers meet in one order and none waits for another in
/// a circle.
pub(crate) async fn append(
    tx: &DatabaseTransaction,
    entries: Vec<Pending>,
) -> Result<(), StoreError> {
    let mut chains: BTreeMap<String, Vec<Pending>> = BTreeMap::new();
    let mut known: BTreeMap<BuyoutId, Option<String>> = BTreeMap::new();
    for pending in entries {
        let legal_entity = match (&pending.legal_entity, &pending.run) {
            (Some(id), _) => Some(id.clone()),
            (None, None) => None,
            (None, Some(run)) => match known.get(run) {
                Some(id) => id.clone(),
                None => {
                    let id = crate::buyout::legal_entity(tx, run).await?;
                    known.insert(run.clone(), id.clone());
                    id
                }
            },
        };
        let chain = column::text(&plain(&chain_of(legal_entity.as_deref())));
        chains.entry(chain).or_default().push(pending);
    }
    for (chain, entries) in chains {
        extend(tx, chain, entries).await?;
    }
    Ok(())
}

async fn extend(
    tx: &DatabaseTransaction,
    chain: String,
    entries: Vec<Pending>,
) -> Result<(), StoreError> {
    let count = i64::try_from(entries.len()).map_err(|_| StoreError::Invalid { what: "audit" })?;
    let taken = take(tx, &chain, count).await?;
    let at = At {
        table: "audit_head",
        key: &chain,
    };
    let last: u64 = at.number("seq", taken.seq - count)?;
    let mut prev = taken.hash;
    let mut rows = Vec::with_capacity(entries.len());
    for (seq, pending) in (last + 1..).zip(entries) {
        let Pending {
            entry,
            run,
            legal_entity: _,
        } = pending;
        let AuditEntry {
            at,
            person,
            action,
            entity,
            detail,
        } = entry;
        let row = AuditRow {
            chain: chain.clone(),
            seq,
            at: column::instant(at),
            person: plain(&person),
            action: plain(&action),
            entity: plain(&entity),
            run: run.map(|run| plain(run.as_str())),
            detail: column::json("detail", &detail)?,
            prev,
            hash: String::new(),
        }
        .sealed();
        prev = row.hash.clone();
        rows.push(of_row(row)?);
    }
    chained::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    head::Entity::update_many()
        .col_expr(head::Column::Hash, Expr::val(prev))
        .filter(head::Column::Chain.eq(&chain))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes numbers of a chain; answers its head with the last of them and with the hash of the row before
/// the first.
async fn take(
    tx: &DatabaseTransaction,
    chain: &str,
    count: i64,
) -> Result<head::Model, StoreError> {
    let taken = || {
        head::Entity::update_many()
            .col_expr(head::Column::Seq, Expr::col(head::Column::Seq).add(count))
            .filter(head::Column::Chain.eq(chain))
            .exec_with_returning(tx)
    };
    if let Some(head) = taken().await?.pop() {
        return Ok(head);
    }
    head::Entity::insert(head::ActiveModel {
        chain: Set(chain.to_owned()),
        seq: Set(0),
        hash: Set(GENESIS.to_owned()),
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    taken().await?.pop().ok_or_else(|| StoreError::NotFound {
        noun: "head of the audit chain",
        key: chain.to_owned(),
    })
}

impl Write {
    /// Puts an entry on record with this transaction, for [`Write::commit`] to write.
    pub(crate) fn record(&mut self, entry: AuditEntry, owner: Owner) {
        self.audit.push(Pending::new(entry, owner));
    }
}

impl Store {
    /// Puts on record what changes nothing here, in the common chain.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_all(vec![(entry.clone(), Owner::Nobody)]).await
    }

    /// Puts several entries on record in one transaction.
    pub async fn audit_all(&self, entries: Vec<(AuditEntry, Owner)>) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        for (entry, owner) in entries {
            write.record(entry, owner);
        }
        write.commit().await
    }

    /// What was done to the entity, in order.
    pub async fn audit_of(&self, entity: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = chained::Entity::find()
            .filter(chained::Column::Entity.eq(entity))
            .order_by_asc(chained::Column::At)
            .order_by_asc(chained::Column::Chain)
            .order_by_asc(chained::Column::Seq)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }
}

pub(crate) fn of_row(row: AuditRow) -> Result<chained::ActiveModel, StoreError> {
    let AuditRow {
        chain,
        seq,
        at,
        person,
        action,
        entity,
        run,
        detail,
        prev,
        hash,
    } = row;
    Ok(chained::ActiveModel {
        chain: Set(chain),
        seq: Set(column::number("seq", seq)?),
        at: Set(at),
        person: Set(person),
        action: Set(action),
        entity: Set(entity),
        run: Set(run),
        detail: Set(detail),
        prev: Set(prev),
        hash: Set(hash),
    })
}

/// A row as it lies there, whether or not its hash fits.
fn read(row: chained::Model) -> Result<AuditRow, StoreError> {
    let chained::Model {
        chain,
        seq,
        at,
        person,
        action,
        entity,
        run,
        detail,
        prev,
        hash,
    } = row;
    let place = At {
        table: "audit",
        key: &chain,
    };
    let seq = place.number("seq", seq)?;
    Ok(AuditRow {
        chain,
        seq,
        at,
        person,
        action,
        entity,
        run,
        detail,
        prev,
        hash,
    })
}

fn entry(row: chained::Model) -> AuditEntry {
    let chained::Model {
        chain: _,
        seq: _,
        at,
        person,
        action,
        entity,
        run: _,
        detail,
        prev: _,
        hash: _,
    } = row;
    AuditEntry {
        at,
        person,
        action,
        entity,
        detail,
    }
}
