//! Lists by pages: stable under inserts, since a page begins after a key and not at an offset.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, QueryTrait, Select};

use crate::connect::Store;
use crate::error::StoreError;

/// Rows of a page when the caller asks for none, and the most that a page holds.
pub const DEFAULT_SIZE: u32 = 50;
pub const MAX_SIZE: u32 = 200;

/// Which page: its size (0 means [`DEFAULT_SIZE`], larger than [`MAX_SIZE`] means that) and the cursor
/// that the page before it gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub size: u32,
    pub cursor: Option<String>,
}

/// How far the rows of a list are counted: nobody reads that many, and counting them all is what would
/// make a long list slow.
pub const COUNTED: u64 = 1_000;

/// A page of a list. `total` counts the rows of all pages under the same filter, at the time of the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<T> {
    pub rows: Vec<T>,
    /// `None` on the last page. Opaque; belongs to the list and the sort that gave it.
    pub next_cursor: Option<String>,
    pub total: u64,
    /// There are more rows than `total`: counting stopped there, see [`COUNTED`].
    pub more_than_total: bool,
}

impl Page {
    /// As it comes from a request: an empty cursor means the first page.
    pub fn new(size: u32, cursor: String) -> Self {
        Self {
            size,
            cursor: Some(cursor).filter(|cursor| !cursor.is_empty()),
        }
    }

    pub(crate) fn limit(&self) -> u64 {
        match self.size {
            0 => DEFAULT_SIZE.into(),
            size => size.min(MAX_SIZE).into(),
        }
    }

    /// Where the page begins, for a list whose cursors are marked with `list`.
    pub(crate) fn after(&self, list: &str) -> Result<Option<Key>, StoreError> {
        match &self.cursor {
            None => Ok(None),
            Some(cursor) => Key::read(list, cursor)
                .map(Some)
                .ok_or(StoreError::Invalid { what: "cursor" }),
        }
    }
}

impl Store {
    /// How many rows a query finds, up to [`COUNTED`], and whether there are more. A first page that holds
    /// them all has counted them already: `found` of at most `limit`.
    pub(crate) async fn count_most<E: EntityTrait>(
        &self,
        rows: Select<E>,
        page: &Page,
        found: usize,
    ) -> Result<(u64, bool), StoreError> {
        let found = found as u64;
        if page.cursor.is_none() && found <= page.limit() {
            return Ok((found, false));
        }
        let count = Query::select()
            .expr_as(Expr::cust("COUNT(*)"), "rows")
            .from_subquery(rows.limit(COUNTED + 1).into_query(), "found")
            .take();
        let found: i64 = match self.db.query_one(&count).await? {
            Some(row) => row.try_get("", "rows")?,
            None => 0,
        };
        let found = u64::try_from(found).unwrap_or_default();
        Ok((found.min(COUNTED), found > COUNTED))
    }
}

/// The sort key of the last row of a page: an instant, and the row's id to tell equal instants apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) at: DateTime<Utc>,
    pub(crate) id: String,
}

impl Key {
    pub(crate) fn write(&self, list: &str) -> String {
        format!("{list}.{}.{}", self.at.timestamp_micros(), self.id)
    }

    fn read(list: &str, cursor: &str) -> Option<Self> {
        let (marked, rest) = cursor.split_once('.')?;
        let (micros, id) = rest.split_once('.')?;
        if marked != list {
            return None;
        }
        Some(Self {
            at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
            id: id.to_owned(),
        })
    }
}

/// Cuts the row that was read beyond the page, which tells whether there is a next one.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    limit: u64,
    list: &str,
    key: impl Fn(&T) -> Key,
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().map(|row| key(row).write(list));
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_fits_its_own_list_only() {
        let key = Key {
            at: DateTime::from_timestamp_micros(1_763_931_200_123_456).unwrap(),
            id: "buyout:portal.ru:7/3".to_owned(),
        };
        let page = |cursor: &str| Page {
            size: 0,
            cursor: Some(cursor.to_owned()),
        };
        let cursor = key.write("due");
        assert_eq!(page(&cursor).after("due").unwrap(), Some(key));
        for wrong in ["", "due", "due.x.y", "due.1", "started.1.x"] {
            assert!(
                matches!(
                    page(wrong).after("due"),
                    Err(StoreError::Invalid { what: "cursor" })
                ),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn size_has_a_default_and_a_bound() {
        let limit = |size| Page { size, cursor: None }.limit();
        assert_eq!([limit(0), limit(10), limit(10_000)], [50, 10, 200]);
    }
}
