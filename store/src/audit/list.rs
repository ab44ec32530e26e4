//! The trail as a list: the latest first.

use chrono::{DateTime, Utc};
use domain::audit::AuditRow;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{chained, read};
use crate::column;
use crate::connect::Store;
use crate::error::StoreError;
use crate::page::{self, Key, Page, Paged};

/// Mark of this list's cursors.
const LIST: &str = "audit";
/// Between number and chain in a cursor.
const BETWEEN: char = '/';

/// What is looked for; empty fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub person: String,
    /// `buyout.save`, or `buyout` for every action on that noun.
    pub action: String,
    pub entity: String,
    pub run: String,
    pub chain: String,
    pub from: Option<DateTime<Utc>>,
    /// Not included.
    pub to: Option<DateTime<Utc>>,
}

impl Store {
    pub async fn search_audit(
        &self,
        filter: &AuditFilter,
        page: &Page,
    ) -> Result<Paged<AuditRow>, StoreError> {
        let matching = matching(filter);
        let total = matching.clone().count(&self.db).await?;
        let mut query = matching;
        if let Some(Key { at, id }) = page.after(LIST)? {
            let (seq, chain) = id
                .split_once(BETWEEN)
                .and_then(|(seq, chain)| Some((seq.parse::<i64>().ok()?, chain)))
                .ok_or(StoreError::Invalid { what: "cursor" })?;
            let before = chained::Column::Chain.lt(chain).or(chained::Column::Chain
                .eq(chain)
                .and(chained::Column::Seq.lt(seq)));
            query = query.filter(
                chained::Column::At
                    .lt(at)
                    .or(chained::Column::At.eq(at).and(before)),
            );
        }
        let limit = page.limit();
        let rows = query
            .order_by_desc(chained::Column::At)
            .order_by_desc(chained::Column::Chain)
            .order_by_desc(chained::Column::Seq)
            .limit(limit + 1)
            .all(&self.db)
            .await?;
        let (rows, next_cursor) = page::cut(rows, limit, LIST, |row| Key {
            at: row.at,
            id: format!("{}{BETWEEN}{}", row.seq, row.chain),
        });
        Ok(Paged {
            rows: rows.into_iter().map(read).collect::<Result<_, _>>()?,
            next_cursor,
            total,
            more_than_total: false,
        })
    }
}

fn matching(filter: &AuditFilter) -> Select<chained::Entity> {
    let AuditFilter {
        person,
        action,
        entity,
        run,
        chain,
        from,
        to,
    } = filter;
    let mut query = chained::Entity::find();
    for (column, wanted) in [
        (chained::Column::Person, person),
        (chained::Column::Entity, entity),
        (chained::Column::Run, run),
        (chained::Column::Chain, chain),
    ] {
        if !wanted.is_empty() {
            query = query.filter(column.eq(column::text(wanted)));
        }
    }
    if !action.is_empty() {
        let action = column::text(action);
        // "buyout" is every verb of it: between "buyout." and the character after the dot.
        let verbs = chained::Column::Action
            .gte(format!("{action}."))
            .and(chained::Column::Action.lt(format!("{action}/")));
        query = query.filter(chained::Column::Action.eq(action).or(verbs));
    }
    if let Some(from) = from {
        query = query.filter(chained::Column::At.gte(column::instant(*from)));
    }
    if let Some(to) = to {
        query = query.filter(chained::Column::At.lt(column::instant(*to)));
    }
    query
}
