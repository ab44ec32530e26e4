//! Paid vehicle reports: written down before they are polled, so that none is ordered twice and a
//! provider's callback finds its run.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "vehicle_report")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub uid: String,
        pub identifier: String,
        pub run: String,
        pub ordered_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An ordered report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleReport {
    /// `autoteka`, `avtocod`.
    pub provider: String,
    /// The provider's id of the report.
    pub uid: String,
    /// VIN or frame number, normalised; whatever the order was for.
    pub identifier: String,
    /// The run that ordered it.
    pub run: BuyoutId,
    pub ordered_at: DateTime<Utc>,
}

impl Store {
    /// Writes the report down; a repeat by the same run changes nothing. A partner may name a report after
    /// the car, so that another run orders the same one again: then it is that run's, to which the
    /// partner's word of it belongs.
    pub async fn put_report(&self, report: &VehicleReport) -> Result<(), StoreError> {
        let VehicleReport {
            provider,
            uid,
            identifier,
            run,
            ordered_at,
        } = report;
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            provider: Set(provider.clone()),
            uid: Set(uid.clone()),
            identifier: Set(identifier.clone()),
            run: Set(run.0.clone()),
            ordered_at: Set(column::instant(*ordered_at)),
        })
        .on_conflict(
            OnConflict::columns([row::Column::Provider, row::Column::Uid])
                .update_columns([row::Column::Run, row::Column::OrderedAt])
                .action_and_where(Expr::col((row::Entity, row::Column::Run)).ne(run.as_str()))
                .to_owned(),
        )
        .exec_without_returning(&write.tx)
        .await?;
        write.commit().await
    }

    /// Reports that belong to the run, in the order in which they were ordered.
    pub async fn reports_of(&self, run: &BuyoutId) -> Result<Vec<VehicleReport>, StoreError> {
        Ok(row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_asc(row::Column::OrderedAt)
            .order_by_asc(row::Column::Uid)
            .all(&self.db)
            .await?
            .into_iter()
            .map(report)
            .collect())
    }

    pub async fn report_by_uid(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<VehicleReport>, StoreError> {
        let key = (provider.to_owned(), uid.to_owned());
        Ok(row::Entity::find_by_id(key)
            .one(&self.db)
            .await?
            .map(report))
    }

    /// The newest report on the car that was ordered at `since` or later, whichever run ordered it.
    pub async fn newest_report(
        &self,
        provider: &str,
        identifier: &str,
        since: DateTime<Utc>,
    ) -> Result<Option<VehicleReport>, StoreError> {
        Ok(row::Entity::find()
            .filter(row::Column::Provider.eq(provider))
            .filter(row::Column::Identifier.eq(identifier))
            .filter(row::Column::OrderedAt.gte(column::instant(since)))
            .order_by_desc(row::Column::OrderedAt)
            .order_by_desc(row::Column::Uid)
            .one(&self.db)
            .await?
            .map(report))
    }
}

fn report(row: row::Model) -> VehicleReport {
    let row::Model {
        provider,
        uid,
        identifier,
        run,
        ordered_at,
    } = row;
    VehicleReport {
        provider,
        uid,
        identifier,
        run: BuyoutId(run),
        ordered_at,
    }
}
