//! Partners on hold: who holds them and since when, and when they were held before.

use chrono::{DateTime, Utc};
use domain::hold::{HeldTime, HoldCause};
use domain::notification::{Addressee, Notice, NotificationKind};
use domain::staff::{PersonId, Role};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::audit::{AuditEntry, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::Store;
use crate::error::StoreError;
use crate::notification;
use crate::page::{self, Key, Page, Paged};

/// Mark of this list's cursors.
const LIST: &str = "holds";

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "hold")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub partner: String,
        pub cause: String,
        pub reason: String,
        pub since: DateTimeUtc,
        pub held_by: Option<String>,
        pub probe_at: Option<DateTimeUtc>,
        /// When another waiting run may be sent to try.
        pub invite_at: Option<DateTimeUtc>,
        pub released_at: Option<DateTimeUtc>,
        pub released_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    pub id: i64,
    /// Code of the partner.
    pub partner: String,
    pub cause: HoldCause,
    /// Russian; no personal data.
    pub reason: String,
    pub since: DateTime<Utc>,
    /// Who holds it; `None`: its circuit.
    pub held_by: Option<PersonId>,
    /// When a call may find out whether the partner is back; `None` for a hold of ops.
    pub probe_at: Option<DateTime<Utc>>,
    pub released_at: Option<DateTime<Utc>>,
    /// Who released it; `None`: the partner answered.
    pub released_by: Option<PersonId>,
}

impl Store {
    /// Ops hold a partner; `title` names it in notices.
    ///
    /// [`StoreError::Conflict`]: a person holds it already.
    pub async fn hold_partner(
        &self,
        partner: &str,
        title: &str,
        reason: &str,
        by: &PersonId,
    ) -> Result<HoldRow, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let new = NewHold {
            partner,
            cause: HoldCause::Ops,
            reason,
            by: Some(by),
            probe_at: None,
        };
        let Some(held) = begin(&write.tx, new, now).await? else {
            return Err(StoreError::Conflict(format!("{partner} is held already")));
        };
        let entry = AuditEntry {
            at: now,
            person: by.0.clone(),
            action: "partner.hold".to_owned(),
            entity: format!("partner/{partner}"),
            detail: serde_json::json!({ "hold": held.id }),
        };
        write.record(entry, Owner::Nobody);
        let mut changes = vec![changed(partner)];
        changes.extend(tell(&write.tx, &held, title, Some(by), now).await?);
        change::append(&write.tx, changes, now).await?;
        write.commit().await?;
        Ok(held)
    }

    /// The circuit of a partner opened. `false`: another worker's had opened before.
    pub async fn open_circuit(
        &self,
        partner: &str,
        title: &str,
        reason: &str,
        probe_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let new = NewHold {
            partner,
            cause: HoldCause::Circuit,
            reason,
            by: None,
            probe_at: Some(probe_at),
        };
        let Some(held) = begin(&write.tx, new, now).await? else {
            return Ok(false);
        };
        let mut changes = vec![changed(partner)];
        changes.extend(tell(&write.tx, &held, title, None, now).await?);
        change::append(&write.tx, changes, now).await?;
        write.commit().await?;
        Ok(true)
    }

    /// The partner answered: its circuit closes. `false`: it was closed.
    pub async fn close_circuit(&self, partner: &str) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let closed = end(&write.tx, partner, Some(HoldCause::Circuit), None).await?;
        if closed > 0 {
            change::append(&write.tx, vec![changed(partner)], column::now()).await?;
        }
        write.commit().await?;
        Ok(closed > 0)
    }

    /// Ops release a partner, whoever or whatever holds it.
    ///
    /// [`StoreError::Conflict`]: nobody holds it.
    pub async fn resume_partner(&self, partner: &str, by: &PersonId) -> Result<(), StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        if end(&write.tx, partner, None, Some(by)).await? == 0 {
            return Err(StoreError::Conflict(format!("{partner} is not held")));
        }
        let entry = AuditEntry {
            at: now,
            person: by.0.clone(),
            action: "partner.resume".to_owned(),
            entity: format!("partner/{partner}"),
            detail: serde_json::json!({}),
        };
        write.record(entry, Owner::Nobody);
        change::append(&write.tx, vec![changed(partner)], now).await?;
        write.commit().await
    }

    /// Takes the turn to try an open circuit's partner: of all workers one may, until `next`.
    pub async fn take_probe(
        &self,
        partner: &str,
        now: DateTime<Utc>,
        next: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let taken = row::Entity::update_many()
            .col_expr(row::Column::ProbeAt, Expr::val(column::instant(next)))
            .filter(row::Column::Partner.eq(partner))
            .filter(row::Column::Cause.eq(HoldCause::Circuit.to_string()))
            .filter(row::Column::ReleasedAt.is_null())
            .filter(row::Column::ProbeAt.lte(column::instant(now)))
            .exec(&write.tx)
            .await?
            .rows_affected;
        write.commit().await?;
        Ok(taken > 0)
    }

    /// Sends one of the runs that wait for an open circuit to try its partner, when it is time; until `next`
    /// no other one. `false`: it is somebody else's turn, or a person holds the partner.
    pub async fn take_invite(
        &self,
        partner: &str,
        now: DateTime<Utc>,
        next: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let now = column::instant(now);
        let free = row::Column::InviteAt
            .is_null()
            .or(row::Column::InviteAt.lte(now));
        let write = self.write().await?;
        let taken = row::Entity::update_many()
            .col_expr(row::Column::InviteAt, Expr::val(column::instant(next)))
            .filter(row::Column::Partner.eq(partner))
            .filter(row::Column::Cause.eq(HoldCause::Circuit.to_string()))
            .filter(row::Column::ReleasedAt.is_null())
            .filter(row::Column::ProbeAt.lte(now))
            .filter(free)
            .exec(&write.tx)
            .await?
            .rows_affected;
        write.commit().await?;
        Ok(taken > 0)
    }

    /// Holds that nobody released, the longest first.
    pub async fn holds_in_force(&self) -> Result<Vec<HoldRow>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::ReleasedAt.is_null())
            .order_by_asc(row::Column::Since)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// When the partner was held since then.
    pub async fn held_since(
        &self,
        partner: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<HeldTime>, StoreError> {
        let still = row::Column::ReleasedAt
            .is_null()
            .or(row::Column::ReleasedAt.gt(column::instant(since)));
        let rows = row::Entity::find()
            .filter(row::Column::Partner.eq(partner))
            .filter(still)
            .order_by_asc(row::Column::Since)
            .all(&self.db)
            .await?;
        let held = |row: row::Model| HeldTime {
            from: row.since,
            to: row.released_at,
        };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Every hold there was, the latest first; of one partner when it is named.
    pub async fn list_holds(
        &self,
        partner: Option<&str>,
        page: &Page,
    ) -> Result<Paged<HoldRow>, StoreError> {
        let mut matching = row::Entity::find();
        if let Some(partner) = partner {
            matching = matching.filter(row::Column::Partner.eq(partner));
        }
        let total = matching.clone().count(&self.db).await?;
        let mut query = matching;
        if let Some(Key { at, id }) = page.after(LIST)? {
            let id: i64 = id
                .parse()
                .map_err(|_| StoreError::Invalid { what: "cursor" })?;
            query = query.filter(
                row::Column::Since
                    .lt(at)
                    .or(row::Column::Since.eq(at).and(row::Column::Id.lt(id))),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_desc(row::Column::Since)
            .order_by_desc(row::Column::Id)
            .limit(limit + 1)
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.since,
            id: row.id.to_string(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(read).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total: false,
        })
    }
}

struct NewHold<'a> {
    partner: &'a str,
    cause: HoldCause,
    reason: &'a str,
    by: Option<&'a PersonId>,
    probe_at: Option<DateTime<Utc>>,
}

/// `None`: there is one of this cause.
async fn begin(
    tx: &DatabaseTransaction,
    new: NewHold<'_>,
    now: DateTime<Utc>,
) -> Result<Option<HoldRow>, StoreError> {
    let NewHold {
        partner,
        cause,
        reason,
        by,
        probe_at,
    } = new;
    let inserted = row::Entity::insert(row::ActiveModel {
        partner: Set(partner.to_owned()),
        cause: Set(cause.to_string()),
        reason: Set(column::text(reason)),
        since: Set(now),
        held_by: Set(by.map(|person| person.0.clone())),
        probe_at: Set(probe_at.map(column::instant)),
        ..Default::default()
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    if inserted == 0 {
        return Ok(None);
    }
    row::Entity::find()
        .filter(row::Column::Partner.eq(partner))
        .filter(row::Column::Cause.eq(cause.to_string()))
        .filter(row::Column::ReleasedAt.is_null())
        .one(tx)
        .await?
        .map(read)
        .transpose()
}

/// Answers how many holds it ended; `cause` is `None` for all of them.
async fn end(
    tx: &DatabaseTransaction,
    partner: &str,
    cause: Option<HoldCause>,
    by: Option<&PersonId>,
) -> Result<u64, StoreError> {
    let mut which = Condition::all()
        .add(row::Column::Partner.eq(partner))
        .add(row::Column::ReleasedAt.is_null());
    if let Some(cause) = cause {
        which = which.add(row::Column::Cause.eq(cause.to_string()));
    }
    let ended = row::Entity::update_many()
        .set(row::ActiveModel {
            released_at: Set(Some(column::now())),
            released_by: Set(by.map(|person| person.0.clone())),
            ..Default::default()
        })
        .filter(which)
        .exec(tx)
        .await?;
    Ok(ended.rows_affected)
}

/// Those who keep the engine running learn that a partner is held; whoever did it knows.
async fn tell(
    tx: &DatabaseTransaction,
    held: &HoldRow,
    title: &str,
    by: Option<&PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<NewChange>, StoreError> {
    let role = |role| Addressee::Role {
        role,
        city: String::new(),
        except: by.cloned().into_iter().collect(),
    };
    let notice = Notice {
        cause: format!("hold:{}", held.id),
        kind: NotificationKind::Trouble,
        title: format!("{title}: партнёр {}", held.cause.title_ru()),
        text: held.reason.clone(),
        task: None,
        actor: None,
        to: vec![role(Role::Ops), role(Role::Admin)],
    };
    notification::tell_ops(tx, notice, now).await
}

fn changed(partner: &str) -> NewChange {
    NewChange {
        topic: Topic::Partner,
        entity: partner.to_owned(),
        run: None,
        city: None,
    }
}

fn read(row: row::Model) -> Result<HoldRow, StoreError> {
    let row::Model {
        id,
        partner,
        cause,
        reason,
        since,
        held_by,
        probe_at,
        invite_at: _,
        released_at,
        released_by,
    } = row;
    let key = id.to_string();
    let at = At {
        table: "hold",
        key: &key,
    };
    Ok(HoldRow {
        id,
        partner,
        cause: at.parse("cause", &cause)?,
        reason,
        since,
        held_by: held_by.map(PersonId),
        probe_at,
        released_at,
        released_by: released_by.map(PersonId),
    })
}
