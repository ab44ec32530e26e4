//! What changed, in order: the feed from which screens refresh themselves.
//!
//! A reader remembers the last number it saw and asks for what came after. That misses nothing only
//! if a lower number is never seen after a higher one. A database sequence does not promise it: two
//! transactions may take 5 and 6 and commit 6 first, and whoever reads in between loses 5. So the
//! number comes from a counter row whose lock is held until the commit: numbers appear in their
//! order and without gaps, on both databases. The counter is taken as the last act of a transaction,
//! so that writers wait for one another's commit only.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use strum::{Display, EnumString};

use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

pub(crate) use self::head::Entity as Head;

/// What kind of thing changed; [`Change::entity`] is its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    /// A run, its row or its events; entity: the run.
    Buyout,
    /// A human task; entity: the task.
    Task,
    /// A fact that fits nowhere was kept or settled; entity: its number.
    Unmatched,
    /// A message of the inbox came or changed its state; entity: its number.
    Inbox,
    /// A member of staff: roles, cities, absence; entity: the person.
    Staff,
    /// A new policy; entity: the city, empty for the default.
    Policy,
    /// Something was told to a person or read by them; entity: the person, who alone hears of it.
    Notification,
    /// A saved filter; entity: the view.
    View,
    /// A partner was held or released; entity: its code.
    Partner,
    /// A difference between systems was found, taken or settled; entity: its number.
    Finding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From 1, without gaps.
    pub seq: i64,
    pub topic: Topic,
    pub entity: String,
    pub run: Option<BuyoutId>,
    /// The city that the thing belongs to, for readers who see some cities only.
    pub city: Option<String>,
    pub at: DateTime<Utc>,
}

/// A change about to be written.
pub(crate) struct NewChange {
    pub(crate) topic: Topic,
    pub(crate) entity: String,
    pub(crate) run: Option<String>,
    pub(crate) city: Option<String>,
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub topic: String,
        pub entity: String,
        pub run: Option<String>,
        pub city: Option<String>,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod head {
    use sea_orm::entity::prelude::*;

    /// One row: the last number given, and the last number pruned.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "change_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub seq: i64,
        pub pruned: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Makes the writers of the same thing go one after another from here on: what is read next stays true
/// until the commit. For rare writes that depend on several rows; whoever only adds takes the counter last.
pub(crate) async fn one_at_a_time(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    head::Entity::find()
        .lock_exclusive()
        .one(tx)
        .await?
        .map(|_| ())
        .ok_or_else(no_head)
}

/// Writes changes; the last statements of a transaction.
pub(crate) async fn append(
    tx: &DatabaseTransaction,
    changes: Vec<NewChange>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let count =
        i64::try_from(changes.len()).map_err(|_| StoreError::Invalid { what: "changes" })?;
    let head = head::Entity::update_many()
        .col_expr(head::Column::Seq, Expr::col(head::Column::Seq).add(count))
        .exec_with_returning(tx)
        .await?
        .pop()
        .ok_or_else(no_head)?;
    let rows = changes
        .into_iter()
        .zip(head.seq - count + 1..)
        .map(|(change, seq)| row::ActiveModel {
            seq: Set(seq),
            topic: Set(change.topic.to_string()),
            entity: Set(change.entity),
            run: Set(change.run),
            city: Set(change.city),
            at: Set(at),
        });
    row::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn no_head() -> StoreError {
    StoreError::NotFound {
        noun: "row of change_head",
        key: "1".to_owned(),
    }
}

impl Store {
    /// Changes after `seq` in order, at most `limit`; no topics means all of them. Topics are named as
    /// [`Topic`] shows them, since they come from clients; nothing changes under another name.
    ///
    /// Compare `seq` with [`Store::change_horizon`] when it comes from a client: what was pruned is
    /// not in the answer.
    pub async fn changes_after(
        &self,
        seq: i64,
        topics: &[String],
        limit: u64,
    ) -> Result<Vec<Change>, StoreError> {
        let mut query = row::Entity::find()
            .filter(row::Column::Seq.gt(seq))
            .order_by_asc(row::Column::Seq)
            .limit(limit);
        if !topics.is_empty() {
            query = query.filter(row::Column::Topic.is_in(topics));
        }
        query
            .all(&self.db)
            .await?
            .into_iter()
            .map(|row| {
                let row::Model {
                    seq,
                    topic,
                    entity,
                    run,
                    city,
                    at,
                } = row;
                let topic = At {
                    table: "change",
                    key: &entity,
                }
                .parse("topic", &topic)?;
                Ok(Change {
                    seq,
                    topic,
                    entity,
                    run: run.map(BuyoutId),
                    city,
                    at,
                })
            })
            .collect()
    }

    /// The number of the newest change, 0 before the first one.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        Ok(self.change_head().await?.seq)
    }

    /// Changes up to this number were pruned: a reader that stands before it missed some and must
    /// load everything anew.
    pub async fn change_horizon(&self) -> Result<i64, StoreError> {
        Ok(self.change_head().await?.pruned)
    }

    async fn change_head(&self) -> Result<head::Model, StoreError> {
        head::Entity::find()
            .one(&self.db)
            .await?
            .ok_or_else(no_head)
    }

    /// Deletes changes older than the instant and answers how many.
    pub async fn prune_changes(&self, older_than: DateTime<Utc>) -> Result<u64, StoreError> {
        let write = self.write().await?;
        // The first change that stays bounds what goes: numbers are pruned from the beginning only,
        // even if the clocks of writers differ.
        let stays = row::Entity::find()
            .filter(row::Column::At.gte(column::instant(older_than)))
            .order_by_asc(row::Column::Seq)
            .one(&write.tx)
            .await?;
        let bound = match stays {
            Some(row) => row.seq,
            None => {
                head::Entity::find()
                    .one(&write.tx)
                    .await?
                    .ok_or_else(no_head)?
                    .seq
                    + 1
            }
        };
        let deleted = row::Entity::delete_many()
            .filter(row::Column::Seq.lt(bound))
            .filter(row::Column::At.lt(column::instant(older_than)))
            .exec(&write.tx)
            .await?
            .rows_affected;
        head::Entity::update_many()
            .col_expr(head::Column::Pruned, Expr::val(bound - 1))
            .filter(head::Column::Pruned.lt(bound - 1))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(deleted)
    }
}
