//! What people are told: a row for each person and occurrence, written with the projection that it
//! tells of.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::notification::{Addressee, Notice, NotificationKind};
use domain::staff::{PersonId, PersonRef};
use domain::task::TaskId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};
use crate::staff::{self, Listed};

/// Mark of this list's cursors.
const LIST: &str = "told";
/// Rows of one statement.
const BATCH: usize = 500;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "notification")]
    pub struct Model {
        /// Made of run, cause and person, so that the same is told once.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub person: String,
        pub at: DateTimeUtc,
        pub kind: String,
        pub title: String,
        pub text: String,
        pub run: String,
        pub task: Option<String>,
        pub actor: Option<String>,
        pub actor_name: Option<String>,
        pub read: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something that a person was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    pub id: String,
    pub at: DateTime<Utc>,
    pub kind: NotificationKind,
    /// Russian.
    pub title: String,
    pub text: String,
    /// Empty for what concerns no run.
    pub buyout: BuyoutId,
    /// Where it leads; `None`: to the run.
    pub task: Option<TaskId>,
    pub actor: Option<PersonRef>,
    pub read: bool,
}

/// Writes the notices for the people whom they concern and answers the changes to tell of.
///
/// Roles become people here and now: who is hired later is not told of what was. What was told before,
/// by whatever version of the run, is not told again. Absent people's substitutes are told too.
pub(crate) async fn add(
    tx: &DatabaseTransaction,
    buyout: &Buyout,
    notices: Vec<Notice>,
    now: DateTime<Utc>,
) -> Result<Vec<NewChange>, StoreError> {
    let started = column::instant(buyout.started_at).timestamp_micros();
    let execution = format!("{}:{started}", buyout.id);
    write(tx, buyout.id.as_str(), &execution, notices, now).await
}

/// The same for what concerns no run: the engine, its partners, differences between systems.
pub(crate) async fn tell_ops(
    tx: &DatabaseTransaction,
    notice: Notice,
    now: DateTime<Utc>,
) -> Result<Vec<NewChange>, StoreError> {
    write(tx, "", "ops", vec![notice], now).await
}

/// `run` is empty for what concerns none; a cause is told once within the `execution`.
async fn write(
    tx: &DatabaseTransaction,
    run: &str,
    execution: &str,
    notices: Vec<Notice>,
    now: DateTime<Utc>,
) -> Result<Vec<NewChange>, StoreError> {
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let staff = staff::listed(tx).await?;
    let mut rows: BTreeMap<String, row::ActiveModel> = BTreeMap::new();
    for notice in &notices {
        for person in audience(notice, &staff) {
            let id = id(execution, &notice.cause, person);
            // The first of two notices of one occurrence counts.
            rows.entry(id.clone())
                .or_insert_with(|| row(run, id, person, notice, now));
        }
    }
    let mut told = BTreeSet::new();
    let ids: Vec<String> = rows.keys().cloned().collect();
    for ids in ids.chunks(BATCH) {
        let new = ids.iter().filter_map(|id| rows.get(id).cloned());
        let inserted = row::Entity::insert_many(new)
            .on_conflict_do_nothing()
            .exec_with_returning_keys(tx)
            .await?;
        if let TryInsertResult::Inserted(ids) = inserted {
            let new = ids.iter().filter_map(|id| rows.get(id));
            told.extend(new.filter_map(|row| row.person.try_as_ref().cloned()));
        }
    }
    Ok(told
        .into_iter()
        .map(|person| changed(person, (!run.is_empty()).then(|| run.to_owned())))
        .collect())
}

fn changed(person: String, run: Option<String>) -> NewChange {
    NewChange {
        topic: Topic::Notification,
        entity: person,
        run,
        city: None,
    }
}

/// Whom the notice concerns, without whoever did it.
fn audience<'a>(notice: &Notice, staff: &'a [Listed]) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for addressee in &notice.to {
        let fits = |listed: &&Listed| match addressee {
            Addressee::Person(person) => listed.person == person.0,
            Addressee::Mentioned(name) => {
                listed.person.to_lowercase() == *name || listed.login.as_ref() == Some(name)
            }
            Addressee::Role { role, city, except } => {
                listed.roles.contains(role)
                    && listed.works_in(city)
                    && !except.iter().any(|person| person.0 == listed.person)
            }
        };
        found.extend(
            staff
                .iter()
                .filter(fits)
                .map(|listed| listed.person.as_str()),
        );
    }
    let absent = |listed: &&Listed| found.contains(listed.person.as_str());
    let substitutes: Vec<&str> = staff
        .iter()
        .filter(absent)
        .filter_map(|listed| listed.substitute.as_deref())
        .filter_map(|id| staff.iter().find(|listed| listed.person == id))
        .map(|listed| listed.person.as_str())
        .collect();
    found.extend(substitutes);
    if let Some(actor) = &notice.actor {
        found.remove(actor.person.0.as_str());
    }
    found
}

fn id(execution: &str, cause: &str, person: &str) -> String {
    let name = format!("urn:kite:notification:{execution}:{cause}:{person}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

fn row(
    run: &str,
    id: String,
    person: &str,
    notice: &Notice,
    now: DateTime<Utc>,
) -> row::ActiveModel {
    let Notice {
        cause: _,
        kind,
        title,
        text,
        task,
        actor,
        to: _,
    } = notice;
    row::ActiveModel {
        id: Set(id),
        person: Set(person.to_owned()),
        at: Set(now),
        kind: Set(kind.to_string()),
        title: Set(column::text(title)),
        text: Set(column::text(text)),
        run: Set(run.to_owned()),
        task: Set(task.as_ref().map(|task| task.0.clone())),
        actor: Set(actor.as_ref().map(|actor| actor.person.0.clone())),
        actor_name: Set(actor.as_ref().map(|actor| column::text(&actor.name))),
        read: Set(false),
    }
}

impl Store {
    /// What the person was told, the latest first.
    pub async fn list_notifications(
        &self,
        person: &PersonId,
        unread: bool,
        page: &Page,
    ) -> Result<Paged<NotificationRow>, StoreError> {
        let mut matching = row::Entity::find().filter(row::Column::Person.eq(&person.0));
        if unread {
            matching = matching.filter(row::Column::Read.eq(false));
        }
        let total = matching.clone().count(&self.db).await?;
        if let Some(Key { at, id }) = page.after(LIST)? {
            matching = matching.filter(
                row::Column::At
                    .lt(at)
                    .or(row::Column::At.eq(at).and(row::Column::Id.lt(id))),
            );
        }
        let limit = page.limit();
        let rows = matching
            .order_by_desc(row::Column::At)
            .order_by_desc(row::Column::Id)
            .limit(limit + 1)
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.at,
            id: row.id.clone(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(told).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total: false,
        })
    }

    pub async fn unread_notifications(&self, person: &PersonId) -> Result<u64, StoreError> {
        Ok(row::Entity::find()
            .filter(row::Column::Person.eq(&person.0))
            .filter(row::Column::Read.eq(false))
            .count(&self.db)
            .await?)
    }

    /// Marks what the person has read; `None`: everything up to now. Ids of others change nothing.
    pub async fn read_notifications(
        &self,
        person: &PersonId,
        ids: Option<&[String]>,
    ) -> Result<(), StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let mut update = row::Entity::update_many()
            .set(row::ActiveModel {
                read: Set(true),
                ..Default::default()
            })
            .filter(row::Column::Person.eq(&person.0))
            .filter(row::Column::Read.eq(false));
        update = match ids {
            Some(ids) => update.filter(row::Column::Id.is_in(ids)),
            None => update.filter(row::Column::At.lte(now)),
        };
        if update.exec(&write.tx).await?.rows_affected > 0 {
            let change = changed(person.0.clone(), None);
            change::append(&write.tx, vec![change], now).await?;
        }
        write.commit().await
    }

    /// Deletes what was told before the instant, read or not, and answers how many.
    pub async fn prune_notifications(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let write = self.write().await?;
        let deleted = row::Entity::delete_many()
            .filter(row::Column::At.lt(column::instant(before)))
            .exec(&write.tx)
            .await?
            .rows_affected;
        write.commit().await?;
        Ok(deleted)
    }
}

fn told(row: row::Model) -> Result<NotificationRow, StoreError> {
    let row::Model {
        id,
        person: _,
        at,
        kind,
        title,
        text,
        run,
        task,
        actor,
        actor_name,
        read,
    } = row;
    let kind = At {
        table: "notification",
        key: &id,
    }
    .parse("kind", &kind)?;
    Ok(NotificationRow {
        id,
        at,
        kind,
        title,
        text,
        buyout: BuyoutId(run),
        task: task.map(TaskId),
        actor: actor.map(|person| PersonRef {
            person: PersonId(person),
            name: actor_name.unwrap_or_default(),
        }),
        read,
    })
}
