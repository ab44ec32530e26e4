//! Saved filters.

use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::{PersonId, PersonRef, Role};
use domain::view::{VIEWS_MAX, View, ViewDraft, ViewList};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::{ChangeError, StoreError};
use crate::{search, staff};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "view")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub owner: String,
        pub list: String,
        pub name: String,
        pub name_key: String,
        pub query: String,
        pub shared_with: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// The person's own views of the list and those shared with one of the roles, by name.
    pub async fn views(
        &self,
        person: &PersonId,
        roles: &[Role],
        list: ViewList,
    ) -> Result<Vec<View>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::List.eq(list.to_string()))
            .filter(
                row::Column::Owner
                    .eq(&person.0)
                    .or(row::Column::SharedWith.is_in(roles.iter().map(Role::to_string))),
            )
            .order_by_asc(row::Column::NameKey)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?;
        let names = staff::names(&self.db, rows.iter().map(|row| row.owner.as_str())).await?;
        rows.into_iter()
            .map(|row| {
                let owner = PersonRef {
                    name: names.get(&row.owner).cloned().unwrap_or_default(),
                    person: PersonId(row.owner.clone()),
                };
                view(row, owner)
            })
            .collect()
    }

    /// Keeps a new view or changes one of the owner's; a draft was checked by [`ViewDraft::read`].
    pub async fn save_view(
        &self,
        owner: &PersonRef,
        draft: &ViewDraft,
    ) -> Result<View, ChangeError> {
        let ViewDraft {
            id,
            list,
            name,
            query,
            shared_with,
        } = draft;
        let write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        let name_key = search::fold(name);
        let same = row::Entity::find()
            .filter(row::Column::Owner.eq(&owner.person.0))
            .filter(row::Column::List.eq(list.to_string()))
            .filter(row::Column::NameKey.eq(&name_key))
            .one(&write.tx)
            .await?;
        if same.is_some_and(|same| id.as_ref() != Some(&same.id)) {
            return Err(Refusal::invalid(vec![FieldViolation::new(
                "view.name",
                format!("Фильтр «{name}» у вас уже есть."),
            )])
            .into());
        }
        let own = row::Entity::find().filter(row::Column::Owner.eq(&owner.person.0));
        let is_new = match id {
            Some(id) => {
                let known = row::Entity::find_by_id(id.as_str()).one(&write.tx).await?;
                may_change(known.as_ref(), &owner.person)?;
                false
            }
            None => true,
        };
        if is_new && own.count(&write.tx).await? >= VIEWS_MAX {
            return Err(Refusal::new(
                RefusalCode::WrongState,
                format!("Фильтров уже {VIEWS_MAX}. Удалите ненужные."),
            )
            .into());
        }
        let id = id.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
        let model = row::ActiveModel {
            id: Set(id.clone()),
            owner: Set(owner.person.0.clone()),
            list: Set(list.to_string()),
            name: Set(column::text(name)),
            name_key: Set(name_key),
            query: Set(column::text(query)),
            shared_with: Set(shared_with.map(|role| role.to_string())),
        };
        if is_new {
            row::Entity::insert(model)
                .exec_without_returning(&write.tx)
                .await?;
        } else {
            row::Entity::update(model).exec(&write.tx).await?;
        }
        change::append(&write.tx, vec![changed(&id)], column::now()).await?;
        write.commit().await?;
        Ok(View {
            id,
            list: *list,
            name: name.clone(),
            query: query.clone(),
            shared_with: *shared_with,
            owner: owner.clone(),
        })
    }

    pub async fn delete_view(&self, owner: &PersonId, id: &str) -> Result<(), ChangeError> {
        let write = self.write().await?;
        let known = row::Entity::find_by_id(id).one(&write.tx).await?;
        may_change(known.as_ref(), owner)?;
        row::Entity::delete_by_id(id).exec(&write.tx).await?;
        change::append(&write.tx, vec![changed(id)], column::now()).await?;
        Ok(write.commit().await?)
    }
}

/// The owner alone; for others, who may see it, a sentence, and for the rest it is not there.
fn may_change(view: Option<&row::Model>, person: &PersonId) -> Result<(), Refusal> {
    match view {
        Some(view) if view.owner == person.0 => Ok(()),
        Some(view) if view.shared_with.is_some() => Err(Refusal::new(
            RefusalCode::WrongPerson,
            "Изменить или удалить общий фильтр может только тот, кто его сохранил.",
        )),
        Some(_) | None => Err(Refusal::new(
            RefusalCode::NotFound,
            "Фильтр не найден. Обновите список.",
        )),
    }
}

fn changed(id: &str) -> NewChange {
    NewChange {
        topic: Topic::View,
        entity: id.to_owned(),
        run: None,
        city: None,
    }
}

fn view(row: row::Model, owner: PersonRef) -> Result<View, StoreError> {
    let row::Model {
        id,
        owner: _,
        list,
        name,
        name_key: _,
        query,
        shared_with,
    } = row;
    let at = At {
        table: "view",
        key: &id,
    };
    Ok(View {
        list: at.parse("list", &list)?,
        name,
        query,
        shared_with: shared_with
            .map(|role| at.parse("shared_with", &role))
            .transpose()?,
        owner,
        id,
    })
}
