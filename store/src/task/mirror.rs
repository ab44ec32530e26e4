//! Which task of a portal mirrors which of ours. Written by whoever makes the mirror; the process's own
//! record names it too, but later.

use domain::task::{HumanTask, TaskId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::column;
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_mirror")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub portal: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub task: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// The portal's task `number` mirrors ours; writing it again changes nothing.
    pub async fn keep_mirror(
        &self,
        portal: &str,
        number: u64,
        task: &TaskId,
    ) -> Result<(), StoreError> {
        let write = self.write().await?;
        row::Entity::insert(row::ActiveModel {
            portal: Set(portal.to_owned()),
            number: Set(column::number("number", number)?),
            task: Set(task.0.clone()),
        })
        .on_conflict(
            OnConflict::columns([row::Column::Portal, row::Column::Number])
                .update_column(row::Column::Task)
                .to_owned(),
        )
        .exec_without_returning(&write.tx)
        .await?;
        write.commit().await
    }

    /// Our task that the portal's task mirrors, as the process last wrote it.
    pub async fn mirrored_task(
        &self,
        portal: &str,
        number: u64,
    ) -> Result<Option<HumanTask>, StoreError> {
        let Ok(number) = column::number("number", number) else {
            return Ok(None);
        };
        let mirror = row::Entity::find_by_id((portal.to_owned(), number))
            .one(&self.db)
            .await?;
        match mirror {
            Some(mirror) => self.task(&TaskId(mirror.task)).await,
            None => Ok(None),
        }
    }
}
