//! The directory of staff.

mod held;
mod member;
pub mod session;

use domain::staff::{PersonId, Role, StaffMember};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

use self::held::with_roles;
use crate::audit::{AuditEntry, INSTALLATION, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person: String,
        pub name: String,
        pub login: Option<String>,
        pub password_hash: Option<String>,
        pub blocked: bool,
        pub cities: Json,
        pub email: Option<String>,
        pub bitrix24_user: Option<i64>,
        pub treasury_user: Option<Uuid>,
        pub substitute: Option<String>,
        /// Grows with each change by an administrator.
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod role_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_role")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A member of staff with how they log in, as an administrator writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRecord {
    pub member: StaffMember,
    /// Unique whatever its case; `None` for people who come through another issuer only.
    pub login: Option<String>,
    /// PHC string (argon2id).
    pub password_hash: Option<String>,
    /// May neither log in nor be given work.
    pub blocked: bool,
}

/// What a login attempt is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffLogin {
    pub member: StaffMember,
    pub password_hash: Option<String>,
    pub blocked: bool,
}

/// People whom the person stands in for, as a subquery.
pub(crate) fn represented(person: &PersonId) -> SelectStatement {
    Query::select()
        .column(row::Column::Person)
        .from(row::Entity)
        .and_where(row::Column::Substitute.eq(&person.0))
        .take()
}

impl Store {
    /// Whoever is not blocked.
    pub async fn staff(&self, person: &PersonId) -> Result<Option<StaffMember>, StoreError> {
        self.one_of_staff(present().filter(row::Column::Person.eq(&person.0)))
            .await
    }

    pub async fn staff_by_treasury_user(
        &self,
        user: Uuid,
    ) -> Result<Option<StaffMember>, StoreError> {
        self.one_of_staff(present().filter(row::Column::TreasuryUser.eq(user)))
            .await
    }

    pub async fn staff_by_bitrix24_user(
        &self,
        user: u64,
    ) -> Result<Option<StaffMember>, StoreError> {
        let user = column::number("bitrix24_user", user)?;
        self.one_of_staff(present().filter(row::Column::Bitrix24User.eq(user)))
            .await
    }

    /// The account with that login, blocked or not; case does not matter.
    pub async fn staff_by_login(&self, login: &str) -> Result<Option<StaffLogin>, StoreError> {
        let account = row::Entity::find().filter(row::Column::Login.eq(login_key(login)));
        let Some((row, roles)) = with_roles(&self.db, account).await?.pop() else {
            return Ok(None);
        };
        Ok(Some(StaffLogin {
            password_hash: row.password_hash.clone(),
            blocked: row.blocked,
            member: member(row, roles)?,
        }))
    }

    /// Holders of the role who work in the city (those without cities work in all of them), by name.
    /// An empty city does not restrict.
    pub async fn staff_in(&self, role: Role, city: &str) -> Result<Vec<StaffMember>, StoreError> {
        let holders = Query::select()
            .column(role_row::Column::Person)
            .from(role_row::Entity)
            .and_where(role_row::Column::Role.eq(role.to_string()))
            .take();
        let query = present().filter(row::Column::Person.in_subquery(holders));
        let mut members = self.members(query).await?;
        members.retain(|member| {
            city.is_empty()
                || member.cities.is_empty()
                || member.cities.iter().any(|own| own == city)
        });
        Ok(members)
    }

    /// Everybody who is not blocked, by name.
    pub async fn all_staff(&self) -> Result<Vec<StaffMember>, StoreError> {
        self.members(present()).await
    }

    /// Absent people whom the person stands in for now.
    pub async fn substitutes_for(&self, person: &PersonId) -> Result<Vec<PersonId>, StoreError> {
        let rows = present()
            .filter(row::Column::Substitute.eq(&person.0))
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(|row| PersonId(row.person)).collect())
    }

    /// Whoever is not blocked, with the absent people for whom they stand in now: what each call of theirs needs.
    pub async fn acting(
        &self,
        person: &PersonId,
    ) -> Result<Option<(StaffMember, Vec<PersonId>)>, StoreError> {
        let both = present().filter(
            row::Column::Person
                .eq(&person.0)
                .or(row::Column::Substitute.eq(&person.0)),
        );
        // Nobody stands in for themselves.
        let (mut own, absent): (Vec<_>, Vec<_>) = with_roles(&self.db, both)
            .await?
            .into_iter()
            .partition(|(row, _)| row.person == person.0);
        let own = own.pop().map(|(row, roles)| member(row, roles));
        let absent = absent.into_iter().map(|(row, _)| PersonId(row.person));
        Ok(own.transpose()?.map(|own| (own, absent.collect())))
    }

    /// Writes the whole record, absence included. Whoever is blocked is signed out everywhere.
    ///
    /// [`StoreError::Conflict`]: the login or the user of a partner's system is somebody else's.
    pub async fn upsert_staff(&self, record: &StaffRecord) -> Result<(), StoreError> {
        let StaffRecord {
            member,
            login,
            password_hash,
            blocked,
        } = record;
        let StaffMember {
            person,
            name,
            roles,
            cities,
            email,
            bitrix24_user,
            treasury_user,
            substitute,
        } = member;
        let row = row::ActiveModel {
            person: Set(person.0.clone()),
            name: Set(column::text(name)),
            login: Set(login.as_deref().map(login_key)),
            password_hash: Set(password_hash.clone()),
            blocked: Set(*blocked),
            cities: Set(column::json("cities", cities)?),
            email: Set(email.as_deref().map(column::text)),
            bitrix24_user: Set(bitrix24_user
                .map(|user| column::number("bitrix24_user", user))
                .transpose()?),
            treasury_user: Set(*treasury_user),
            substitute: Set(substitute.as_ref().map(|person| person.0.clone())),
            version: Set(1),
        };
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        row::Entity::insert(row)
            .on_conflict(
                OnConflict::column(row::Column::Person)
                    .update_columns(row::Column::iter().filter(|column| {
                        !matches!(column, row::Column::Person | row::Column::Version)
                    }))
                    .value(
                        row::Column::Version,
                        Expr::col((row::Entity, row::Column::Version)).add(1),
                    )
                    .to_owned(),
            )
            .exec_without_returning(&write.tx)
            .await?;
        write_roles(&write.tx, person, roles).await?;
        if *blocked {
            session::end_all(&write.tx, person).await?;
        }
        let now = column::now();
        change::append(&write.tx, vec![changed(person)], now).await?;
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        let entry = AuditEntry {
            at: now,
            person: INSTALLATION.to_owned(),
            action: "staff.write".to_owned(),
            entity: person.0.clone(),
            detail: json!({ "roles": roles, "cities": cities, "blocked": blocked }),
        };
        write.record(entry, Owner::Nobody);
        write.commit().await
    }

    /// Sets or ends an absence: `Some` names who stands in.
    pub async fn set_substitute(
        &self,
        person: &PersonId,
        substitute: Option<&PersonId>,
    ) -> Result<(), StoreError> {
        if substitute == Some(person) {
            return Err(StoreError::Conflict(
                "a person cannot stand in for themselves".to_owned(),
            ));
        }
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        if let Some(substitute) = substitute {
            known(&write.tx, substitute).await?;
        }
        let updated = row::Entity::update_many()
            .set(row::ActiveModel {
                substitute: Set(substitute.map(|person| person.0.clone())),
                ..Default::default()
            })
            .filter(row::Column::Person.eq(&person.0))
            .exec(&write.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(unknown(person));
        }
        let now = column::now();
        change::append(&write.tx, vec![changed(person)], now).await?;
        let entry = AuditEntry {
            at: now,
            person: person.0.clone(),
            action: "staff.substitute".to_owned(),
            entity: person.0.clone(),
            detail: json!({ "substitute": substitute.map(|person| person.0.as_str()) }),
        };
        write.record(entry, Owner::Nobody);
        write.commit().await
    }

    async fn one_of_staff(
        &self,
        query: Select<row::Entity>,
    ) -> Result<Option<StaffMember>, StoreError> {
        Ok(self.members(query).await?.into_iter().next())
    }

    /// What the query finds, as people with their roles, in its order.
    async fn members(&self, query: Select<row::Entity>) -> Result<Vec<StaffMember>, StoreError> {
        with_roles(&self.db, query)
            .await?
            .into_iter()
            .map(|(row, roles)| member(row, roles))
            .collect()
    }
}

/// Somebody who is not blocked, as far as it takes to find whom something concerns.
pub(crate) struct Listed {
    pub(crate) person: String,
    pub(crate) login: Option<String>,
    pub(crate) roles: Vec<Role>,
    /// Empty: every city.
    cities: Vec<String>,
    pub(crate) substitute: Option<String>,
}

impl Listed {
    /// An empty city does not restrict.
    pub(crate) fn works_in(&self, city: &str) -> bool {
        city.is_empty() || self.cities.is_empty() || self.cities.iter().any(|own| own == city)
    }
}

/// Everybody who is not blocked.
pub(crate) async fn listed(db: &impl ConnectionTrait) -> Result<Vec<Listed>, StoreError> {
    with_roles(db, present())
        .await?
        .into_iter()
        .map(|(row, roles)| {
            let at = At {
                table: "staff",
                key: &row.person,
            };
            Ok(Listed {
                login: row.login,
                roles,
                cities: at.json("cities", row.cities)?,
                substitute: row.substitute,
                person: row.person,
            })
        })
        .collect()
}

/// Names by id, of blocked people too.
pub(crate) async fn names<'a>(
    db: &impl ConnectionTrait,
    people: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, StoreError> {
    Ok(row::Entity::find()
        .select_only()
        .columns([row::Column::Person, row::Column::Name])
        .filter(row::Column::Person.is_in(people))
        .into_tuple::<(String, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect())
}

/// Replaces the person's roles.
async fn write_roles(
    db: &impl ConnectionTrait,
    person: &PersonId,
    roles: &[Role],
) -> Result<(), StoreError> {
    role_row::Entity::delete_many()
        .filter(role_row::Column::Person.eq(&person.0))
        .exec(db)
        .await?;
    role_row::Entity::insert_many(roles.iter().map(|role| role_row::ActiveModel {
        person: Set(person.0.clone()),
        role: Set(role.to_string()),
    }))
    .on_conflict_do_nothing()
    .exec_without_returning(db)
    .await?;
    Ok(())
}

fn present() -> Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::Blocked.eq(false))
        .order_by_asc(row::Column::Name)
}

fn login_key(login: &str) -> String {
    column::text(&login.trim().to_lowercase())
}

fn changed(person: &PersonId) -> NewChange {
    NewChange {
        topic: Topic::Staff,
        entity: person.0.clone(),
        run: None,
        city: None,
    }
}

async fn known(db: &impl ConnectionTrait, person: &PersonId) -> Result<(), StoreError> {
    match row::Entity::find_by_id(person.0.as_str()).one(db).await? {
        Some(_) => Ok(()),
        None => Err(unknown(person)),
    }
}

fn unknown(person: &PersonId) -> StoreError {
    StoreError::NotFound {
        noun: "member of staff",
        key: person.0.clone(),
    }
}

fn member(row: row::Model, roles: Vec<Role>) -> Result<StaffMember, StoreError> {
    let row::Model {
        person,
        name,
        login: _,
        password_hash: _,
        blocked: _,
        cities,
        email,
        bitrix24_user,
        treasury_user,
        substitute,
        version: _,
    } = row;
    let at = At {
        table: "staff",
        key: &person,
    };
    Ok(StaffMember {
        name,
        roles,
        cities: at.json("cities", cities)?,
        email,
        bitrix24_user: bitrix24_user
            .map(|user| at.number("bitrix24_user", user))
            .transpose()?,
        treasury_user,
        substitute: substitute.map(PersonId),
        person: PersonId(person),
    })
}
