//! Which run buys a car: while one does, no other begins.

use domain::buyout::start::BuyoutId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_claim")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub identifier: String,
        pub run: String,
        pub claimed_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A claim may be released between losing it and asking who holds it; then it is tried again.
const ATTEMPTS: u32 = 5;

impl Store {
    /// Takes the car (normalised VIN or frame number) for the run. Answers the other run that has it,
    /// `None` when it is ours, now or already.
    pub async fn claim_car(
        &self,
        identifier: &str,
        run: &BuyoutId,
    ) -> Result<Option<BuyoutId>, StoreError> {
        for _ in 0..ATTEMPTS {
            let write = self.write().await?;
            row::Entity::insert(row::ActiveModel {
                identifier: Set(identifier.to_owned()),
                run: Set(run.0.clone()),
                claimed_at: Set(column::now()),
            })
            .on_conflict_do_nothing()
            .exec_without_returning(&write.tx)
            .await?;
            let holder = row::Entity::find_by_id(identifier).one(&write.tx).await?;
            write.commit().await?;
            if let Some(holder) = holder {
                return Ok((holder.run != run.0).then_some(BuyoutId(holder.run)));
            }
        }
        Err(StoreError::Conflict(
            "the car's claim keeps changing hands".to_owned(),
        ))
    }

    /// Gives up the run's claims; tolerant of there being none.
    pub async fn release_car(&self, run: &BuyoutId) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::delete_many()
            .filter(row::Column::Run.eq(run.as_str()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }
}
