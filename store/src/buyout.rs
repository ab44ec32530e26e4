//! The run's projection: one row that lists read, the events, and the tasks (see [`crate::task`]).

mod audited;
mod derived;
mod event;
mod kin;
mod list;
mod search;
mod trouble;

use chrono::{DateTime, Utc};
use domain::audit::{canonical, sha256};
use domain::buyout::projection::Projection;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::notification;
use domain::task::HumanTask;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult,
    Iterable, ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Statement,
};

pub(crate) use self::derived::Derived;
pub use self::kin::{Analogue, Duplicate, DuplicateKind};
pub use self::list::{BuyoutFilter, BuyoutOrder, BuyoutRow, BuyoutSort, StageCount};
pub(crate) use self::search::{Words, found};
pub(crate) use self::trouble::settle as settle_trouble;
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::{stage_visit, task};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "buyout")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub version: i64,
        pub portal: String,
        pub deal_id: i64,
        pub stage: String,
        pub active: bool,
        pub city: Option<String>,
        pub site: Option<String>,
        pub car: String,
        pub identifier: Option<String>,
        pub plate: Option<String>,
        pub inspector: Option<String>,
        pub waiting_for: Option<String>,
        pub outcome: Option<String>,
        /// Never null, so that it sorts alike everywhere: [`super::NO_DEADLINE`] when nothing is due.
        pub due_at: DateTimeUtc,
        pub price: Option<i64>,
        pub started_at: DateTimeUtc,
        pub stage_since: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
        pub data: Json,
        pub inspector_name: Option<String>,
        /// IANA zone of the site.
        pub time_zone: Option<String>,
        /// Written by [`super::trouble`] alone.
        pub trouble: Option<String>,
        /// Make and model, folded.
        pub make: Option<String>,
        pub model: Option<String>,
        /// Of the last inspection.
        pub mileage_km: Option<i64>,
        pub appraised_at: Option<DateTimeUtc>,
        pub appraised_price: Option<i64>,
        pub forecast_price: Option<i64>,
        /// Who is paid and where, as hashes: they can be compared and not read.
        pub recipient_hash: Option<String>,
        pub phone_hash: Option<String>,
        pub account_hash: Option<String>,
        /// How far along [`domain::report::WAY`] the run came; written by [`crate::stage_visit`] alone.
        pub steps: i64,
        /// Of the policy that it captured: whose audit chain it belongs to.
        pub legal_entity: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 31 December 9999: after everything else, and a date to both databases.
const NO_DEADLINE: DateTime<Utc> = match DateTime::from_timestamp(253_402_214_400, 0) {
    Some(at) => at,
    None => DateTime::UNIX_EPOCH,
};

impl Store {
    /// Runs that go on, and those that ended at the moment or later, by id; at most `limit` after the id `after`.
    pub async fn runs_since(
        &self,
        since: DateTime<Utc>,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Buyout>, StoreError> {
        let recent = row::Column::EndedAt
            .is_null()
            .or(row::Column::EndedAt.gte(column::instant(since)));
        let mut query = row::Entity::find().filter(recent);
        if let Some(after) = after {
            query = query.filter(row::Column::Id.gt(after));
        }
        query
            .order_by_asc(row::Column::Id)
            .limit(limit)
            .all(&self.db)
            .await?
            .into_iter()
            .map(|row| {
                let at = At {
                    table: "buyout",
                    key: &row.id,
                };
                at.json("data", row.data)
            })
            .collect()
    }

    /// Writes the run, its tasks and its new events in one transaction, with the changes for the feed.
    ///
    /// May be repeated and may arrive late. The row is replaced only by a newer version of the same
    /// execution or by a later execution of the same id (a run that failed and was started anew begins
    /// again from version 1, and its start tells it from the former one); an event is written once.
    pub async fn save_buyout(&self, projection: &Projection) -> Result<(), StoreError> {
        let Projection { buyout, events } = projection;
        let row = row(buyout)?;
        let document = column::json("buyout", buyout)?;
        let text = canonical(&document);
        let state_sha256 = sha256(text.as_bytes());
        let now = column::now();
        let mut write = self.write().await?;
        let before = known(&write.tx, &buyout.id).await?;
        let before = before.as_ref();
        // What its last version said need not be read or written again.
        let former = before.filter(|before| before.is_execution_of(buyout));

        let replaced = match former {
            Some(former) => replace(&write.tx, &former.row, row, text).await?,
            None => insert(&write.tx, row, document).await?,
        };
        // A row that was not replaced holds later versions of all these tasks.
        let tasks = if replaced {
            search::save(&write.tx, before.map(|before| &before.buyout), buyout).await?;
            task::save(&write.tx, former.map(|former| &former.buyout), buyout).await?
        } else {
            Vec::new()
        };
        let closed: Vec<&HumanTask> = tasks.clone();
        let added = event::add(&write.tx, buyout, events).await?;
        // What a late version tells was told by the newer one, save its own lines.
        let present = if replaced {
            Some(buyout)
        } else {
            before.map(|before| &before.buyout)
        };
        if !former.is_some_and(|former| former.is_at_the_stage_of(buyout)) {
            let steps = former.map(|former| former.row.steps);
            stage_visit::add(&write.tx, buyout, present.unwrap_or(buyout), steps).await?;
        }
        let notices = present.map_or_else(Vec::new, |present| {
            notification::notices(before.map(|before| &before.buyout), present, &added)
        });
        let told = crate::notification::add(&write.tx, buyout, notices, now).await?;
        let is_well = former.is_some_and(|former| former.row.trouble.is_none());
        if (replaced || !added.is_empty()) && !(is_well && trouble::is_silent(&added)) {
            trouble::settle(&write.tx, &buyout.id, buyout.started_at).await?;
        }

        let change = |topic, entity: &str, city: Option<&str>| NewChange {
            topic,
            entity: entity.to_owned(),
            run: Some(buyout.id.0.clone()),
            city: city.map(str::to_owned),
        };
        let mut changes = Vec::with_capacity(tasks.len() + 1);
        if replaced || !added.is_empty() {
            changes.push(change(Topic::Buyout, buyout.id.as_str(), city(buyout)));
        }
        for task in tasks {
            changes.push(change(Topic::Task, &task.id.0, task.city.as_deref()));
        }
        changes.extend(told);
        change::append(&write.tx, changes, now).await?;
        let saved = audited::Saved {
            before: before.map(|before| &before.buyout),
            buyout,
            replaced,
            added: &added,
            tasks: &closed,
            state_sha256,
        };
        write.audit.extend(saved.entries(now)?);
        write.commit().await
    }

    /// The run as lists show it, and the whole of it, from one reading.
    pub async fn buyout_with_row(
        &self,
        id: &BuyoutId,
    ) -> Result<Option<(BuyoutRow, Buyout)>, StoreError> {
        let Some(row) = row::Entity::find_by_id(id.as_str()).one(&self.db).await? else {
            return Ok(None);
        };
        let at = At {
            table: "buyout",
            key: id.as_str(),
        };
        let buyout = at.json("data", row.data.clone())?;
        Ok(Some((list::of_model(row)?, buyout)))
    }

    /// Those of the runs that have a record: a worker has begun them. Each with whether it has ended.
    pub async fn recorded(&self, runs: &[BuyoutId]) -> Result<Vec<(BuyoutId, bool)>, StoreError> {
        // One parameter however many they are: a gateway asks ten times a second, and each number of parameters would be
        // a statement of its own.
        let backend = self.db.get_database_backend();
        let wanted = match backend {
            DbBackend::Postgres => "SELECT jsonb_array_elements_text($1::jsonb)",
            _ => "SELECT value FROM json_each($1)",
        };
        let ids = serde_json::to_string(runs).map_err(|_| StoreError::Invalid {
            what: "ids of runs",
        })?;
        let query = Statement::from_sql_and_values(
            backend,
            format!("SELECT id, ended_at IS NOT NULL AS ended FROM buyout WHERE id IN ({wanted})"),
            [ids.into()],
        );
        self.db
            .query_all_raw(query)
            .await?
            .into_iter()
            .map(|row| Ok((BuyoutId(row.try_get("", "id")?), row.try_get("", "ended")?)))
            .collect()
    }

    /// The whole run as it was last written.
    pub async fn buyout(&self, id: &BuyoutId) -> Result<Option<Buyout>, StoreError> {
        let Some(row) = row::Entity::find_by_id(id.as_str()).one(&self.db).await? else {
            return Ok(None);
        };
        let at = At {
            table: "buyout",
            key: id.as_str(),
        };
        at.json("data", row.data).map(Some)
    }
}

/// The run as it was last written.
struct Known {
    buyout: Buyout,
    /// Without the document, which `buyout` is.
    row: row::Model,
}

impl Known {
    fn is_execution_of(&self, buyout: &Buyout) -> bool {
        column::instant(self.buyout.started_at) == column::instant(buyout.started_at)
    }

    fn is_at_the_stage_of(&self, buyout: &Buyout) -> bool {
        self.buyout.stage == buyout.stage
            && column::instant(self.buyout.stage_since) == column::instant(buyout.stage_since)
    }
}

/// Nobody else writes the run until the commit. `None` also when it was written by a version that this one cannot
/// read, which must not keep the new one from being written.
async fn known(tx: &DatabaseTransaction, id: &BuyoutId) -> Result<Option<Known>, StoreError> {
    let backend = tx.get_database_backend();
    // The document is read as it lies there: as a value it would be taken apart twice.
    let of_row = row::Column::iter().filter(|column| !matches!(column, row::Column::Data));
    let found = row::Entity::find_by_id(id.as_str())
        .select_only()
        .columns(of_row)
        .expr_as(Expr::cust(no_document(backend)), "data")
        .expr_as(Expr::col(row::Column::Data).cast_as("text"), DOCUMENT)
        .lock_exclusive()
        .into_query();
    let Some(found) = tx.query_one(&found).await? else {
        return Ok(None);
    };
    let document: String = found.try_get("", DOCUMENT)?;
    let row = row::Model::from_query_result(&found, "")?;
    Ok(serde_json::from_str(&document)
        .ok()
        .map(|buyout| Known { buyout, row }))
}

/// Name of the document's text in an answer.
const DOCUMENT: &str = "document";

/// In place of a document that is not asked for.
fn no_document(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "'null'::json",
        _ => "'null'",
    }
}

/// Columns that a version of the run brings. What went wrong is told by the events, how far it came by the visits,
/// whichever version brings them.
fn is_of_a_version(column: row::Column) -> bool {
    !matches!(
        column,
        row::Column::Id | row::Column::Trouble | row::Column::Steps
    )
}

/// Writes a run of which no version of this execution is known; answers whether it is in its row now.
async fn insert(
    tx: &DatabaseTransaction,
    mut new: row::ActiveModel,
    document: serde_json::Value,
) -> Result<bool, StoreError> {
    new.data = Set(document);
    let inserted = row::Entity::insert(new)
        .on_conflict(
            OnConflict::column(row::Column::Id)
                .update_columns(row::Column::iter().filter(|column| is_of_a_version(*column)))
                .action_and_where(newer())
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(inserted > 0)
}

/// Writes a newer version of the same execution over the one that was read under lock. Only what differs: an index
/// whose columns are named in an update is written anew, changed or not, and there are twenty of them.
async fn replace(
    tx: &DatabaseTransaction,
    there: &row::Model,
    mut new: row::ActiveModel,
    document: String,
) -> Result<bool, StoreError> {
    if new.version.as_ref() <= &there.version {
        return Ok(false);
    }
    for column in row::Column::iter() {
        if !is_of_a_version(column) || new.get(column).into_value() == Some(there.get(column)) {
            new.not_set(column);
        }
    }
    row::Entity::update_many()
        .set(new)
        .col_expr(
            row::Column::Data,
            as_json(document, tx.get_database_backend()),
        )
        .filter(row::Column::Id.eq(there.id.as_str()))
        .exec(tx)
        .await?;
    Ok(true)
}

fn as_json(document: String, backend: DbBackend) -> Expr {
    let text = Expr::val(document);
    match backend {
        DbBackend::Postgres => text.cast_as("json"),
        _ => text,
    }
}

/// The legal entity whose run this is, as far as the run knows.
fn legal_entity_of(buyout: &Buyout) -> Option<String> {
    let policy = buyout.policy.as_ref()?;
    Some(column::text(&policy.legal_entity.id))
}

/// The legal entity of a run that may not have been saved yet.
pub(crate) async fn legal_entity(
    tx: &DatabaseTransaction,
    run: &BuyoutId,
) -> Result<Option<String>, StoreError> {
    Ok(row::Entity::find_by_id(run.as_str())
        .select_only()
        .column(row::Column::LegalEntity)
        .into_tuple::<Option<String>>()
        .one(tx)
        .await?
        .flatten())
}

/// What is about to be written is newer than what is there.
fn newer() -> Expr {
    let there = |column| Expr::col((row::Entity, column));
    let new = |column| Expr::col((Alias::new("excluded"), column));
    there(row::Column::StartedAt)
        .lt(new(row::Column::StartedAt))
        .or(there(row::Column::StartedAt)
            .eq(new(row::Column::StartedAt))
            .and(there(row::Column::Version).lt(new(row::Column::Version))))
}

pub(crate) fn city(buyout: &Buyout) -> Option<&str> {
    Some(buyout.city()).filter(|city| !city.is_empty())
}

/// Everything but the document.
fn row(buyout: &Buyout) -> Result<row::ActiveModel, StoreError> {
    let car = buyout.deal.as_ref().map(|deal| &deal.car);
    let price = buyout
        .agreed_price
        .or(buyout.offer.as_ref().map(|offer| offer.price));
    let due_at = buyout
        .waiting_task()
        .map_or(NO_DEADLINE, |task| task.due_at);
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
    Ok(row::ActiveModel {
        id: Set(buyout.id.0.clone()),
        version: Set(column::number("version", buyout.version)?),
        portal: Set(buyout.portal.clone()),
        deal_id: Set(column::number("deal_id", buyout.deal_id)?),
        stage: Set(buyout.stage.to_string()),
        active: Set(!buyout.stage.is_final()),
        city: Set(city(buyout).map(column::text)),
        site: Set(buyout
            .policy
            .as_ref()
            .map(|policy| column::text(&policy.site.name))),
        car: Set(car
            .map(|car| column::text(&car.title()))
            .unwrap_or_default()),
        identifier: Set(car.map(|car| car.identifier.as_str().to_owned())),
        plate: Set(car
            .and_then(|car| car.plate.as_ref())
            .map(|plate| plate.as_str().to_owned())),
        inspector: Set(buyout
            .assignment
            .as_ref()
            .map(|given| given.inspector.person.0.clone())),
        waiting_for: Set(buyout.waiting_for().as_deref().map(column::text)),
        outcome: Set(buyout
            .outcome
            .as_ref()
            .map(|outcome| column::text(&outcome.sentence()))),
        due_at: Set(column::instant(due_at)),
        price: Set(price.map(|price| price.kopecks())),
        started_at: Set(column::instant(buyout.started_at)),
        stage_since: Set(column::instant(buyout.stage_since)),
        ended_at: Set(buyout.ended_at.map(column::instant)),
        data: NotSet,
        inspector_name: Set(inspector_name),
        time_zone: Set(time_zone),
        trouble: Set(None),
        make: Set(make),
        model: Set(model),
        mileage_km: Set(mileage_km),
        appraised_at: Set(appraised_at),
        appraised_price: Set(appraised_price),
        forecast_price: Set(forecast_price),
        recipient_hash: Set(recipient_hash),
        phone_hash: Set(phone_hash),
        account_hash: Set(account_hash),
        steps: Set(0),
        legal_entity: Set(legal_entity_of(buyout)),
    })
}
