//! Members of staff as administrators keep them. Every change leaves its trace in the audit.

use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::{Member, MemberDraft, PersonId, PersonRef, Role, may_change};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, Select,
};
use serde_json::{Value, json};

use super::held::with_roles;
use super::{changed, login_key, member, names, role_row, row, session, write_roles};
use crate::audit::{AuditEntry, Owner};
use crate::change;
use crate::column::{self, At};
use crate::connect::{Store, Write};
use crate::error::{ChangeError, StoreError};

impl Store {
    /// Everybody, the blocked ones too, by name.
    pub async fn members_of_staff(&self) -> Result<Vec<Member>, StoreError> {
        let everybody = row::Entity::find().order_by_asc(row::Column::Name);
        members(&self.db, everybody).await
    }

    /// Takes somebody in; a draft was tidied before.
    pub async fn invite_member(
        &self,
        draft: &MemberDraft,
        password_hash: Option<String>,
        by: &PersonId,
    ) -> Result<Member, ChangeError> {
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        let known = row::Entity::find_by_id(draft.person.0.as_str())
            .one(&write.tx)
            .await?;
        let mut taken = taken(&write.tx, draft).await?;
        if known.is_some() {
            taken.insert(
                0,
                FieldViolation::new(
                    "member.person.id",
                    "Сотрудник с таким идентификатором уже есть.",
                ),
            );
        }
        if !taken.is_empty() {
            return Err(Refusal::invalid(taken).into());
        }
        let mut row = columns(draft)?;
        row.password_hash = Set(password_hash);
        row.blocked = Set(false);
        row.substitute = Set(None);
        row.version = Set(1);
        row::Entity::insert(row)
            .exec_without_returning(&write.tx)
            .await?;
        write_roles(&write.tx, &draft.person, &draft.roles).await?;
        let detail = json!({ "roles": titles(&draft.roles), "cities": draft.cities });
        let member = done(&mut write, &draft.person, by, "staff.invite", detail).await?;
        write.commit().await?;
        Ok(member)
    }

    /// Changes what an administrator writes, if `version` is still the newest.
    pub async fn update_member(
        &self,
        draft: &MemberDraft,
        version: u32,
        by: &PersonId,
    ) -> Result<Member, ChangeError> {
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        let before = read(&write.tx, &draft.person).await?;
        if before.version != version {
            return Err(Refusal::new(
                RefusalCode::StaleVersion,
                format!(
                    "Запись сотрудника уже изменили: версия {}, у вас {version}. Обновите и повторите.",
                    before.version
                ),
            )
            .into());
        }
        let stays = !before.blocked && draft.roles.contains(&Role::Admin);
        let others = other_admins(&write.tx, &draft.person).await?;
        may_change(by, &before, stays, others)?;
        let taken = taken(&write.tx, draft).await?;
        if !taken.is_empty() {
            return Err(Refusal::invalid(taken).into());
        }
        let mut row = columns(draft)?;
        row.version = Set(i64::from(version) + 1);
        row::Entity::update(row).exec(&write.tx).await?;
        write_roles(&write.tx, &draft.person, &draft.roles).await?;
        let detail = difference(&before, draft);
        let member = done(&mut write, &draft.person, by, "staff.update", detail).await?;
        write.commit().await?;
        Ok(member)
    }

    /// Blocks somebody, which signs them out everywhere, or lets them in again; what is so already changes nothing.
    pub async fn block_member(
        &self,
        person: &PersonId,
        blocked: bool,
        reason: &str,
        by: &PersonId,
    ) -> Result<Member, ChangeError> {
        let mut write = self.write().await?;
        change::one_at_a_time(&write.tx).await?;
        let before = read(&write.tx, person).await?;
        if before.blocked == blocked {
            return Ok(before);
        }
        let stays = !blocked && before.staff.roles.contains(&Role::Admin);
        let others = other_admins(&write.tx, person).await?;
        may_change(by, &before, stays, others)?;
        row::Entity::update(row::ActiveModel {
            person: Set(person.0.clone()),
            blocked: Set(blocked),
            version: Set(i64::from(before.version) + 1),
            ..Default::default()
        })
        .exec(&write.tx)
        .await?;
        if blocked {
            session::end_all(&write.tx, person).await?;
        }
        let action = if blocked {
            "staff.block"
        } else {
            "staff.unblock"
        };
        let detail = json!({ "reason": reason, "roles": titles(&before.staff.roles) });
        let member = done(&mut write, person, by, action, detail).await?;
        write.commit().await?;
        Ok(member)
    }
}

/// Audit and change feed; answers the record as it is now.
async fn done(
    write: &mut Write,
    person: &PersonId,
    by: &PersonId,
    action: &str,
    detail: Value,
) -> Result<Member, ChangeError> {
    let now = column::now();
    let entry = AuditEntry {
        at: now,
        person: by.0.clone(),
        action: action.to_owned(),
        entity: person.0.clone(),
        detail,
    };
    write.record(entry, Owner::Nobody);
    let member = read(&write.tx, person).await?;
    change::append(&write.tx, vec![changed(person)], now).await?;
    Ok(member)
}

/// Roles and cities as they were and are, and which other fields changed; no personal data.
fn difference(before: &Member, draft: &MemberDraft) -> Value {
    let MemberDraft {
        person: _,
        name,
        login,
        roles,
        cities,
        email,
        bitrix24_user,
        treasury_user,
    } = draft;
    let staff = &before.staff;
    let fields: Vec<&str> = [
        ("name", staff.name != *name),
        ("login", before.login != *login),
        ("email", staff.email != *email),
        ("bitrix24_user", staff.bitrix24_user != *bitrix24_user),
        ("treasury_user", staff.treasury_user != *treasury_user),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(field, _)| field)
    .collect();
    json!({
        "roles": { "before": titles(&staff.roles), "after": titles(roles) },
        "cities": { "before": staff.cities, "after": cities },
        "fields": fields,
    })
}

fn titles(roles: &[Role]) -> Vec<String> {
    roles.iter().map(Role::to_string).collect()
}

/// Unique names that somebody else has.
async fn taken(
    tx: &DatabaseTransaction,
    draft: &MemberDraft,
) -> Result<Vec<FieldViolation>, StoreError> {
    let mut taken = Vec::new();
    let others = || row::Entity::find().filter(row::Column::Person.ne(&draft.person.0));
    if let Some(login) = &draft.login
        && others()
            .filter(row::Column::Login.eq(login_key(login)))
            .one(tx)
            .await?
            .is_some()
    {
        taken.push(FieldViolation::new("member.login", "Логин занят."));
    }
    if let Some(user) = draft.bitrix24_user
        && let user = column::number("bitrix24_user", user)?
        && others()
            .filter(row::Column::Bitrix24User.eq(user))
            .one(tx)
            .await?
            .is_some()
    {
        taken.push(FieldViolation::new(
            "member.bitrix24_user",
            "Этот сотрудник Битрикс24 уже указан у другого человека.",
        ));
    }
    if let Some(user) = draft.treasury_user
        && others()
            .filter(row::Column::TreasuryUser.eq(user))
            .one(tx)
            .await?
            .is_some()
    {
        taken.push(FieldViolation::new(
            "member.treasury_user",
            "Этот пользователь 1С уже указан у другого человека.",
        ));
    }
    Ok(taken)
}

/// How many administrators there are beside the person.
async fn other_admins(tx: &DatabaseTransaction, person: &PersonId) -> Result<u64, StoreError> {
    let admins = Query::select()
        .column(role_row::Column::Person)
        .from(role_row::Entity)
        .and_where(role_row::Column::Role.eq(Role::Admin.to_string()))
        .take();
    Ok(row::Entity::find()
        .filter(row::Column::Blocked.eq(false))
        .filter(row::Column::Person.ne(&person.0))
        .filter(row::Column::Person.in_subquery(admins))
        .count(tx)
        .await?)
}

/// What the draft says; password, block, absence and version stay out.
fn columns(draft: &MemberDraft) -> Result<row::ActiveModel, StoreError> {
    let MemberDraft {
        person,
        name,
        login,
        roles: _,
        cities,
        email,
        bitrix24_user,
        treasury_user,
    } = draft;
    Ok(row::ActiveModel {
        person: Set(person.0.clone()),
        name: Set(column::text(name)),
        login: Set(login.as_deref().map(login_key)),
        cities: Set(column::json("cities", cities)?),
        email: Set(email.as_deref().map(column::text)),
        bitrix24_user: Set(bitrix24_user
            .map(|user| column::number("bitrix24_user", user))
            .transpose()?),
        treasury_user: Set(*treasury_user),
        ..Default::default()
    })
}

async fn read(tx: &DatabaseTransaction, person: &PersonId) -> Result<Member, ChangeError> {
    members(tx, row::Entity::find_by_id(person.0.as_str()))
        .await?
        .pop()
        .ok_or_else(|| {
            Refusal::new(
                RefusalCode::NotFound,
                "Такого сотрудника нет в справочнике. Обновите список.",
            )
            .into()
        })
}

async fn members(
    db: &impl ConnectionTrait,
    query: Select<row::Entity>,
) -> Result<Vec<Member>, StoreError> {
    let people = with_roles(db, query).await?;
    let substitutes = people
        .iter()
        .filter_map(|(row, _)| row.substitute.as_deref());
    let names = names(db, substitutes).await?;
    people
        .into_iter()
        .map(|(row, held)| {
            let (login, blocked) = (row.login.clone(), row.blocked);
            let version = At {
                table: "staff",
                key: &row.person,
            }
            .number("version", row.version)?;
            let substitute = row.substitute.as_ref().map(|person| PersonRef {
                person: PersonId(person.clone()),
                name: names.get(person).cloned().unwrap_or_default(),
            });
            Ok(Member {
                staff: member(row, held)?,
                login,
                blocked,
                version,
                substitute,
            })
        })
        .collect()
}
