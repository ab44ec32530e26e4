//! People with the roles that they hold, from one statement: it is read with each call of theirs.

use domain::staff::Role;
use sea_orm::sea_query::JoinType;
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, QueryOrder, QuerySelect, RelationDef, Select,
};

use super::{role_row, row};
use crate::column::At;
use crate::error::StoreError;

/// A person beside one of their roles; without any there is one line, too.
#[derive(FromQueryResult)]
struct Line {
    #[sea_orm(nested)]
    row: row::Model,
    role: Option<String>,
}

/// What the query finds, in its order.
pub(super) async fn with_roles(
    db: &impl ConnectionTrait,
    query: Select<row::Entity>,
) -> Result<Vec<(row::Model, Vec<Role>)>, StoreError> {
    let roles: RelationDef = row::Entity::belongs_to(role_row::Entity)
        .from(row::Column::Person)
        .to(role_row::Column::Person)
        .into();
    let lines = query
        .join(JoinType::LeftJoin, roles)
        .column_as(role_row::Column::Role, "role")
        .order_by_asc(row::Column::Person)
        .order_by_asc(role_row::Column::Role)
        .into_model::<Line>()
        .all(db)
        .await?;
    let mut people: Vec<(row::Model, Vec<Role>)> = Vec::new();
    for Line { row, role } in lines {
        let role = role
            .map(|role| {
                At {
                    table: "staff_role",
                    key: &row.person,
                }
                .parse("role", &role)
            })
            .transpose()?;
        match people.last_mut() {
            Some((last, held)) if last.person == row.person => held.extend(role),
            _ => people.push((row, role.into_iter().collect())),
        }
    }
    Ok(people)
}
