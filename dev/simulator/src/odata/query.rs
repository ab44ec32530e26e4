//! Query options and lists.

use std::collections::BTreeMap;

use serde_json::Value;

use super::base::{Row, empty};
use super::configuration::Configuration;
use super::error::Fail;
use super::filter::{self, Scope};
use super::path::decode;
use super::schema::{Entity, Schema};

/// Options of a request by name, decoded.
#[derive(Debug, Default)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    pub fn read(query: Option<&str>) -> Self {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Result<Option<usize>, Fail> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| Fail::option(name)))
            .transpose()
    }
}

/// A page of objects and, when asked for, how many there are.
pub struct Page {
    pub rows: Vec<Row>,
    pub count: Option<usize>,
}

/// Objects of a set: filtered, ordered, cut to the page, cut to the attributes.
pub fn find<C: Configuration>(state: &C, entity: &str, options: &Options) -> Result<Page, Fail> {
    let schema = C::schema();
    let declared = schema
        .entities
        .get(entity)
        .ok_or_else(|| Fail::entity_type(entity))?;
    let condition = options.get("$filter").map(filter::parse).transpose()?;
    if let Some(condition) = &condition {
        // A wrong name is an error when there are no objects, too.
        let row = &empty(declared, Schema::kind(entity));
        let base = state.base();
        filter::matches(
            Scope {
                schema,
                base,
                entity,
                row,
                line: None,
            },
            condition,
        )?;
    }
    let mut rows = Vec::new();
    for (_, row) in state.base().all(entity) {
        let scope = Scope {
            schema,
            base: state.base(),
            entity,
            row,
            line: None,
        };
        let fits = match &condition {
            Some(condition) => filter::matches(scope, condition)?,
            None => true,
        };
        if fits {
            rows.push(row.clone());
        }
    }
    if let Some(order) = options.get("$orderby") {
        sort(declared, entity, order, &mut rows)?;
    }
    let counted = options.get("$inlinecount") == Some("allpages");
    let count = counted.then_some(rows.len());
    let skip = options.number("$skip")?.unwrap_or_default();
    let top = options.number("$top")?.unwrap_or(usize::MAX);
    let mut rows: Vec<Row> = rows.into_iter().skip(skip).take(top).collect();
    if let Some(select) = options.get("$select") {
        for row in &mut rows {
            cut(declared, entity, select, row)?;
        }
        // Wrong names are an error on an empty page too.
        cut(declared, entity, select, &mut Row::new())?;
    }
    Ok(Page { rows, count })
}

fn sort(declared: &Entity, entity: &str, order: &str, rows: &mut [Row]) -> Result<(), Fail> {
    let mut by = Vec::new();
    for part in order.split(',').map(str::trim) {
        let (name, descending) = match part.split_once(' ') {
            Some((name, "desc")) => (name, true),
            Some((name, "asc")) => (name, false),
            Some(_) => return Err(Fail::option("$orderby")),
            None => (part, false),
        };
        declared
            .field(Schema::kind(entity), name)
            .ok_or_else(|| Fail::property(name))?;
        by.push((name, descending));
    }
    rows.sort_by(|a, b| {
        let orders = by.iter().map(|(name, descending)| {
            let order = filter::compare(
                a.get(*name).unwrap_or(&Value::Null),
                b.get(*name).unwrap_or(&Value::Null),
            );
            if *descending { order.reverse() } else { order }
        });
        orders
            .into_iter()
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(())
}

/// `$select`: attributes and table parts by name; `*` is all of them.
pub fn cut(declared: &Entity, entity: &str, select: &str, row: &mut Row) -> Result<(), Fail> {
    let names: Vec<&str> = select.split(',').map(str::trim).collect();
    for name in &names {
        let known = matches!(*name, "*" | "**")
            || declared.field(Schema::kind(entity), name).is_some()
            || declared.tables.contains_key(*name);
        if !known {
            return Err(Fail::property(name));
        }
    }
    if !names.iter().any(|name| matches!(*name, "*" | "**")) {
        row.retain(|name, _| names.contains(&name.as_str()));
    }
    Ok(())
}
