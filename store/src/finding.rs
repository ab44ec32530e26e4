//! Differences between systems: found again and again while they stand, taken and settled by a person, over by
//! themselves when the systems agree.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::finding::{Finding, FindingKind, FindingSource};
use domain::notification::{Addressee, Notice, NotificationKind};
use domain::staff::{PersonId, Role};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::audit::{AuditEntry, Owner};
use crate::change::{self, NewChange, Topic};
use crate::column::{self, At};
use crate::connect::{Store, Write};
use crate::error::StoreError;
use crate::notification;
use crate::page::{self, Key, Page, Paged};
use crate::unmatched::Settled;

/// Mark of this list's cursors.
const LIST: &str = "findings";
/// What is written where no person settled it.
const AGREED: &str = "Расхождение исчезло: значения совпали.";

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub kind: String,
        pub source: String,
        pub subject: String,
        pub scope: String,
        pub run: Option<String>,
        pub deal_id: Option<i64>,
        pub system: String,
        pub ours: String,
        pub theirs: String,
        pub proposal: String,
        pub found_at: DateTimeUtc,
        pub seen_at: DateTimeUtc,
        pub claimed_by: Option<String>,
        pub claimed_at: Option<DateTimeUtc>,
        pub settled_at: Option<DateTimeUtc>,
        pub settled_by: Option<String>,
        pub note: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    pub id: i64,
    pub finding: Finding,
    pub found_at: DateTime<Utc>,
    /// When it was found last.
    pub seen_at: DateTime<Utc>,
    /// Who works on it.
    pub claimed: Option<Claimed>,
    pub settled: Option<FindingEnd>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub by: PersonId,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingEnd {
    ByPerson(Settled),
    /// The systems agree.
    Gone {
        at: DateTime<Utc>,
    },
}

/// How a comparison changed the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    pub standing: u32,
    /// Of these, for the first time.
    pub new: u32,
    pub gone: u32,
}

/// Which findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Settled ones, by people or by themselves; else those that stand.
    pub settled: bool,
    pub kinds: Vec<FindingKind>,
    pub run: Option<BuyoutId>,
}

impl Store {
    /// Writes what was found in a scope (a run, a portal) by the sources that answered: a finding that stands is
    /// brought up to date, one of these sources that was not found again is over. Those who keep the engine
    /// running are told of each new one.
    pub async fn keep_findings(
        &self,
        scope: &str,
        answered: &[FindingSource],
        found: &[Finding],
    ) -> Result<Kept, StoreError> {
        let now = column::now();
        let write = self.write().await?;
        let sources: Vec<String> = answered.iter().map(ToString::to_string).collect();
        let open = row::Entity::find()
            .filter(row::Column::Scope.eq(scope))
            .filter(row::Column::Source.is_in(sources))
            .filter(row::Column::SettledAt.is_null())
            .all(&write.tx)
            .await?;
        let mut kept = Kept::default();
        let mut changes = Vec::new();
        let mut standing = BTreeSet::new();
        for finding in found {
            kept.standing += 1;
            standing.insert((finding.kind.to_string(), finding.subject.clone()));
            let known = open
                .iter()
                .find(|row| row.kind == finding.kind.to_string() && row.subject == finding.subject);
            match known {
                Some(known) => changes.extend(refresh(&write.tx, known, finding, now).await?),
                None => {
                    let begun = begin(&write.tx, scope, finding, now).await?;
                    kept.new += u32::from(!begun.is_empty());
                    changes.extend(begun);
                }
            }
        }
        for row in open {
            if standing.contains(&(row.kind.clone(), row.subject.clone())) {
                continue;
            }
            kept.gone += 1;
            row::Entity::update_many()
                .set(row::ActiveModel {
                    settled_at: Set(Some(now)),
                    note: Set(Some(AGREED.to_owned())),
                    ..Default::default()
                })
                .filter(row::Column::Id.eq(row.id))
                .exec(&write.tx)
                .await?;
            changes.push(changed(row.id, row.run));
        }
        change::append(&write.tx, changes, now).await?;
        write.commit().await?;
        Ok(kept)
    }

    /// By the moment in which they were found: those that stand the longest first, settled ones the latest first.
    pub async fn list_findings(
        &self,
        filter: &FindingFilter,
        page: &Page,
    ) -> Result<Paged<FindingRow>, StoreError> {
        let FindingFilter {
            settled,
            kinds,
            run,
        } = filter;
        let mut matching = row::Entity::find().filter(if *settled {
            row::Column::SettledAt.is_not_null()
        } else {
            row::Column::SettledAt.is_null()
        });
        if !kinds.is_empty() {
            let kinds = kinds.iter().map(ToString::to_string);
            matching = matching.filter(row::Column::Kind.is_in(kinds));
        }
        if let Some(run) = run {
            matching = matching.filter(row::Column::Run.eq(run.as_str()));
        }
        let total = matching.clone().count(&self.db).await?;
        let mut query = matching;
        if let Some(Key { at, id }) = page.after(LIST)? {
            let id: i64 = id
                .parse()
                .map_err(|_| StoreError::Invalid { what: "cursor" })?;
            let (at_column, id_column) = (row::Column::FoundAt, row::Column::Id);
            query = query.filter(if *settled {
                at_column.lt(at).or(at_column.eq(at).and(id_column.lt(id)))
            } else {
                at_column.gt(at).or(at_column.eq(at).and(id_column.gt(id)))
            });
        }
        query = if *settled {
            query
                .order_by_desc(row::Column::FoundAt)
                .order_by_desc(row::Column::Id)
        } else {
            query
                .order_by_asc(row::Column::FoundAt)
                .order_by_asc(row::Column::Id)
        };
        let limit = page.limit();
        let rows = query.limit(limit + 1).all(&self.db).await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.found_at,
            id: row.id.to_string(),
        });
        Ok(Paged {
            rows: rows.into_iter().map(read).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total: false,
        })
    }

    pub async fn finding(&self, id: i64) -> Result<Option<FindingRow>, StoreError> {
        let found = row::Entity::find_by_id(id).one(&self.db).await?;
        found.map(read).transpose()
    }

    /// A person takes it to work on. Whoever has it already keeps it.
    ///
    /// [`StoreError::Conflict`]: somebody else works on it, or it is over.
    pub async fn claim_finding(&self, id: i64, by: &PersonId) -> Result<FindingRow, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let there = one(&write.tx, id).await?;
        let theirs = there.claimed_by.as_ref() == Some(&by.0);
        if there.settled_at.is_some() || (there.claimed_by.is_some() && !theirs) {
            return Err(StoreError::Conflict(format!(
                "finding {id} is taken or over"
            )));
        }
        if !theirs {
            row::Entity::update_many()
                .set(row::ActiveModel {
                    claimed_by: Set(Some(by.0.clone())),
                    claimed_at: Set(Some(now)),
                    ..Default::default()
                })
                .filter(row::Column::Id.eq(id))
                .exec(&write.tx)
                .await?;
            note(&mut write, &there, "finding.claim", by, now).await?;
        }
        let row = one(&write.tx, id).await?;
        write.commit().await?;
        read(row)
    }

    /// A person has dealt with it. When the systems still differ at the next comparison, it is found anew.
    ///
    /// [`StoreError::Conflict`]: it is over.
    pub async fn settle_finding(
        &self,
        id: i64,
        by: &PersonId,
        words: &str,
    ) -> Result<FindingRow, StoreError> {
        let now = column::now();
        let mut write = self.write().await?;
        let there = one(&write.tx, id).await?;
        if there.settled_at.is_some() {
            return Err(StoreError::Conflict(format!("finding {id} is over")));
        }
        row::Entity::update_many()
            .set(row::ActiveModel {
                settled_at: Set(Some(now)),
                settled_by: Set(Some(by.0.clone())),
                note: Set(Some(column::text(words))),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(id))
            .exec(&write.tx)
            .await?;
        note(&mut write, &there, "finding.settle", by, now).await?;
        let row = one(&write.tx, id).await?;
        write.commit().await?;
        read(row)
    }
}

async fn one(tx: &DatabaseTransaction, id: i64) -> Result<row::Model, StoreError> {
    row::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            noun: "finding",
            key: id.to_string(),
        })
}

async fn note(
    write: &mut Write,
    row: &row::Model,
    action: &str,
    by: &PersonId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        at: now,
        person: by.0.clone(),
        action: action.to_owned(),
        entity: format!("finding/{}", row.id),
        detail: serde_json::json!({ "kind": row.kind, "subject": row.subject }),
    };
    let owner = match &row.run {
        Some(run) => Owner::Run(BuyoutId(run.clone())),
        None => Owner::Nobody,
    };
    write.record(entry, owner);
    change::append(&write.tx, vec![changed(row.id, row.run.clone())], now).await
}

/// A new finding with its notices; nothing when another comparison was faster.
async fn begin(
    tx: &DatabaseTransaction,
    scope: &str,
    finding: &Finding,
    now: DateTime<Utc>,
) -> Result<Vec<NewChange>, StoreError> {
    let Finding {
        kind,
        subject,
        run,
        deal_id,
        system,
        ours,
        theirs,
        proposal,
    } = finding;
    let inserted = row::Entity::insert(row::ActiveModel {
        kind: Set(kind.to_string()),
        source: Set(kind.source().to_string()),
        subject: Set(subject.clone()),
        scope: Set(scope.to_owned()),
        run: Set(run.as_ref().map(|run| run.0.clone())),
        deal_id: Set(deal_id
            .map(|id| column::number("deal_id", id))
            .transpose()?),
        system: Set(column::text(system)),
        ours: Set(column::text(ours)),
        theirs: Set(column::text(theirs)),
        proposal: Set(column::text(proposal)),
        found_at: Set(now),
        seen_at: Set(now),
        ..Default::default()
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    if inserted == 0 {
        return Ok(Vec::new());
    }
    let row = row::Entity::find()
        .filter(row::Column::Kind.eq(kind.to_string()))
        .filter(row::Column::Subject.eq(subject))
        .filter(row::Column::SettledAt.is_null())
        .one(tx)
        .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let deal = deal_id.map_or_else(String::new, |id| format!(": сделка {id}"));
    let notice = Notice {
        cause: format!("finding:{}", row.id),
        kind: NotificationKind::Trouble,
        title: format!("{}{deal}", kind.title_ru()),
        text: format!("Kite: {ours}. {system}: {theirs}. {proposal}"),
        task: None,
        actor: None,
        to: vec![Addressee::Role {
            role: Role::Ops,
            city: String::new(),
            except: Vec::new(),
        }],
    };
    let mut changes = vec![changed(row.id, row.run)];
    changes.extend(notification::tell_ops(tx, notice, now).await?);
    Ok(changes)
}

/// What stands, with the values of now.
async fn refresh(
    tx: &DatabaseTransaction,
    known: &row::Model,
    finding: &Finding,
    now: DateTime<Utc>,
) -> Result<Option<NewChange>, StoreError> {
    let differs = known.ours != finding.ours || known.theirs != finding.theirs;
    row::Entity::update_many()
        .set(row::ActiveModel {
            ours: Set(column::text(&finding.ours)),
            theirs: Set(column::text(&finding.theirs)),
            proposal: Set(column::text(&finding.proposal)),
            seen_at: Set(now),
            ..Default::default()
        })
        .filter(row::Column::Id.eq(known.id))
        .exec(tx)
        .await?;
    Ok(differs.then(|| changed(known.id, known.run.clone())))
}

fn changed(id: i64, run: Option<String>) -> NewChange {
    NewChange {
        topic: Topic::Finding,
        entity: id.to_string(),
        run,
        city: None,
    }
}

fn read(row: row::Model) -> Result<FindingRow, StoreError> {
    let row::Model {
        id,
        kind,
        source: _,
        subject,
        scope: _,
        run,
        deal_id,
        system,
        ours,
        theirs,
        proposal,
        found_at,
        seen_at,
        claimed_by,
        claimed_at,
        settled_at,
        settled_by,
        note,
    } = row;
    let key = id.to_string();
    let at = At {
        table: "finding",
        key: &key,
    };
    Ok(FindingRow {
        id,
        finding: Finding {
            kind: at.parse("kind", &kind)?,
            subject,
            run: run.map(BuyoutId),
            deal_id: deal_id.map(|id| at.number("deal_id", id)).transpose()?,
            system,
            ours,
            theirs,
            proposal,
        },
        found_at,
        seen_at,
        claimed: claimed_by.zip(claimed_at).map(|(by, at)| Claimed {
            by: PersonId(by),
            at,
        }),
        settled: settled_at.map(|at| match settled_by {
            Some(by) => FindingEnd::ByPerson(Settled {
                at,
                by: PersonId(by),
                note: note.unwrap_or_default(),
            }),
            None => FindingEnd::Gone { at },
        }),
    })
}
