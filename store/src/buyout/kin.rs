//! Runs that have to do with one another: the same money, the same car, the same make and model.

use chrono::{DateTime, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::money::Money;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use strum::{Display, EnumString};

use super::{Derived, row};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

/// The most that is told of each.
const MOST: u64 = 50;

/// In what another run is like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DuplicateKind {
    /// The car, in a run that is under way or bought it.
    SameCar,
    /// The name of the one who is paid.
    SameRecipient,
    /// The phone or the account that is paid to.
    SameRequisites,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    pub buyout: BuyoutId,
    pub deal_id: u64,
    pub kind: DuplicateKind,
    pub stage: Stage,
    pub started_at: DateTime<Utc>,
}

/// An earlier run whose car is of the same make and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analogue {
    pub buyout: BuyoutId,
    pub car: String,
    pub mileage_km: Option<u32>,
    pub buyout_price: Money,
    pub forecast_price: Money,
    /// When it was appraised.
    pub at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Alike {
    id: String,
    deal_id: i64,
    stage: String,
    active: bool,
    started_at: DateTime<Utc>,
    identifier: Option<String>,
    recipient_hash: Option<String>,
    phone_hash: Option<String>,
    account_hash: Option<String>,
}

#[derive(FromQueryResult)]
struct Appraised {
    id: String,
    car: String,
    mileage_km: Option<i64>,
    appraised_price: Option<i64>,
    forecast_price: Option<i64>,
    appraised_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Other runs, in every city, with the same car, recipient or requisites; the latest first. A run that
    /// is alike in several ways stands there once for each.
    pub async fn duplicates(&self, buyout: &Buyout) -> Result<Vec<Duplicate>, StoreError> {
        let own = Derived::of(buyout);
        let identifier = buyout
            .deal
            .as_ref()
            .map(|deal| deal.car.identifier.as_str().to_owned());
        let same = |column: row::Column, value: &Option<String>| {
            value.as_ref().map(|value| column.eq(value))
        };
        let bought = [Stage::Done, Stage::DoneNeedsManual].map(|stage| stage.to_string());
        let same_car = same(row::Column::Identifier, &identifier).map(|same| {
            Condition::all().add(same).add(
                Condition::any()
                    .add(row::Column::Active.eq(true))
                    .add(row::Column::Stage.is_in(bought.clone())),
            )
        });
        let alike = Condition::any()
            .add_option(same_car)
            .add_option(same(row::Column::RecipientHash, &own.recipient_hash))
            .add_option(same(row::Column::PhoneHash, &own.phone_hash))
            .add_option(same(row::Column::AccountHash, &own.account_hash));
        if alike.is_empty() {
            return Ok(Vec::new());
        }
        let rows = row::Entity::find()
            .select_only()
            .columns([
                row::Column::Id,
                row::Column::DealId,
                row::Column::Stage,
                row::Column::Active,
                row::Column::StartedAt,
                row::Column::Identifier,
                row::Column::RecipientHash,
                row::Column::PhoneHash,
                row::Column::AccountHash,
            ])
            .filter(row::Column::Id.ne(buyout.id.as_str()))
            .filter(alike)
            .order_by_desc(row::Column::StartedAt)
            .order_by_desc(row::Column::Id)
            .limit(MOST)
            .into_model::<Alike>()
            .all(&self.db)
            .await?;
        let equal = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let mut found = Vec::new();
        for row in rows {
            let at = At {
                table: "buyout",
                key: &row.id,
            };
            let stage: Stage = at.parse("stage", &row.stage)?;
            let deal_id = at.number("deal_id", row.deal_id)?;
            let live = row.active || bought.contains(&row.stage);
            let kinds = [
                (
                    DuplicateKind::SameCar,
                    live && equal(&identifier, &row.identifier),
                ),
                (
                    DuplicateKind::SameRecipient,
                    equal(&own.recipient_hash, &row.recipient_hash),
                ),
                (
                    DuplicateKind::SameRequisites,
                    equal(&own.phone_hash, &row.phone_hash)
                        || equal(&own.account_hash, &row.account_hash),
                ),
            ];
            found.extend(
                kinds
                    .into_iter()
                    .filter(|(_, is)| *is)
                    .map(|(kind, _)| Duplicate {
                        buyout: BuyoutId(row.id.clone()),
                        deal_id,
                        kind,
                        stage,
                        started_at: row.started_at,
                    }),
            );
        }
        Ok(found)
    }

    /// Runs of these cities (empty: every one) whose car is of the same make and model and was appraised
    /// before `before`, the latest first.
    pub async fn analogues(
        &self,
        buyout: &Buyout,
        cities: &[String],
        before: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<Analogue>, StoreError> {
        let own = Derived::of(buyout);
        let (Some(make), Some(model)) = (own.make, own.model) else {
            return Ok(Vec::new());
        };
        let mut query = row::Entity::find()
            .select_only()
            .columns([
                row::Column::Id,
                row::Column::Car,
                row::Column::MileageKm,
                row::Column::AppraisedPrice,
                row::Column::ForecastPrice,
                row::Column::AppraisedAt,
            ])
            .filter(row::Column::Make.eq(make))
            .filter(row::Column::Model.eq(model))
            .filter(row::Column::AppraisedAt.lt(column::instant(before)))
            .filter(row::Column::Id.ne(buyout.id.as_str()));
        if !cities.is_empty() {
            query = query.filter(row::Column::City.is_in(cities));
        }
        query
            .order_by_desc(row::Column::AppraisedAt)
            .order_by_desc(row::Column::Id)
            .limit(most)
            .into_model::<Appraised>()
            .all(&self.db)
            .await?
            .into_iter()
            .map(analogue)
            .collect()
    }
}

fn analogue(row: Appraised) -> Result<Analogue, StoreError> {
    let Appraised {
        id,
        car,
        mileage_km,
        appraised_price,
        forecast_price,
        appraised_at,
    } = row;
    let at = At {
        table: "buyout",
        key: &id,
    };
    let mileage_km = mileage_km
        .map(|km| at.number("mileage_km", km))
        .transpose()?;
    let missing = || at.corrupt("appraised_at", "the columns of an appraisal go together");
    Ok(Analogue {
        car,
        mileage_km,
        buyout_price: Money::from_kopecks(appraised_price.ok_or_else(missing)?),
        forecast_price: Money::from_kopecks(forecast_price.ok_or_else(missing)?),
        at: appraised_at.ok_or_else(missing)?,
        buyout: BuyoutId(id),
    })
}
