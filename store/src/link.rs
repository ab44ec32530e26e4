//! Signed links that were taken back. A link is valid by its signature alone until it is here.

use domain::buyout::start::BuyoutId;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub run: String,
        pub revoked_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// Takes a link of the run back, by the random id in its claims. Repeats change nothing.
    pub async fn revoke_link(&self, id: &str, run: &BuyoutId) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            id: Set(id.to_owned()),
            run: Set(run.0.clone()),
            revoked_at: Set(column::now()),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(&write.tx)
        .await?;
        write.commit().await
    }

    pub async fn link_revoked(&self, id: &str) -> Result<bool, StoreError> {
        Ok(row::Entity::find_by_id(id).one(&self.db).await?.is_some())
    }
}
