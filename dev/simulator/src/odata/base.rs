//! What a 1C base holds: objects by entity set and key, counters, sessions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::schema::{Entity, Kind, Schema, Type};

/// An object as it travels in JSON, complete.
pub type Row = Map<String, Value>;

/// Format of dates: local time of the server without a zone.
pub const DATE: &str = "%Y-%m-%dT%H:%M:%S";
/// What 1C says for "no date".
pub const EMPTY_DATE: &str = "0001-01-01T00:00:00";

/// Licences of a base; each session holds one.
const LICENCES: usize = 8;

/// The contents of a base.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Base {
    objects: BTreeMap<String, BTreeMap<Uuid, Row>>,
    /// Last number given, by entity set.
    numbers: BTreeMap<String, u64>,
    /// Counter behind DataVersion: grows with every write, changed or not.
    version: u64,
    /// Sessions opened with `IBSession: start`, and when they were last used.
    pub sessions: BTreeMap<String, DateTime<Utc>>,
    pub licences: usize,
}

impl Default for Base {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            numbers: BTreeMap::new(),
            version: 0,
            sessions: BTreeMap::new(),
            licences: LICENCES,
        }
    }
}

impl Base {
    pub fn get(&self, entity: &str, key: Uuid) -> Option<&Row> {
        self.objects.get(entity)?.get(&key)
    }

    pub fn all(&self, entity: &str) -> impl Iterator<Item = (&Uuid, &Row)> {
        self.objects.get(entity).into_iter().flatten()
    }

    /// Writes the object whole under a new DataVersion.
    pub fn put(&mut self, entity: &str, key: Uuid, mut row: Row) {
        self.version += 1;
        row.insert("Ref_Key".to_owned(), json!(key));
        row.insert(
            "DataVersion".to_owned(),
            json!(STANDARD.encode(self.version.to_be_bytes())),
        );
        self.objects
            .entry(entity.to_owned())
            .or_default()
            .insert(key, row);
    }

    /// Removes the object itself, not merely marks it.
    pub fn remove(&mut self, entity: &str, key: Uuid) -> bool {
        self.objects
            .get_mut(entity)
            .is_some_and(|rows| rows.remove(&key).is_some())
    }

    /// Changes single attributes of an existing object, as a person in 1C does.
    pub fn set(&mut self, entity: &str, key: Uuid, values: &[(&str, Value)]) -> Option<Row> {
        let mut row = self.get(entity, key)?.clone();
        for (name, value) in values {
            row.insert((*name).to_owned(), value.clone());
        }
        self.put(entity, key, row);
        self.get(entity, key).cloned()
    }

    /// The next Code or Number, padded with zeros to its length.
    pub fn next_number(&mut self, entity: &str, prefix: &str, length: usize) -> String {
        let last = self.numbers.entry(entity.to_owned()).or_default();
        *last += 1;
        let digits = length.saturating_sub(prefix.chars().count());
        format!("{prefix}{last:0>digits$}")
    }

    /// Puts a predefined object into a fresh base.
    pub fn seed(&mut self, schema: &Schema, entity: &str, key: Uuid, values: &[(&str, Value)]) {
        let Some(declared) = schema.entities.get(entity) else {
            return;
        };
        let mut row = empty(declared, Schema::kind(entity));
        let number = self.next_number(entity, "", declared.code);
        row.insert("Code".to_owned(), json!(number));
        for (name, value) in values {
            row.insert((*name).to_owned(), value.clone());
        }
        self.put(entity, key, row);
    }
}

/// An object of which nothing is filled yet.
pub fn empty(entity: &Entity, kind: Kind) -> Row {
    let mut row = Row::new();
    for (name, ty) in entity.standard(kind) {
        row.insert(name.to_owned(), empty_value(&ty));
    }
    for (name, ty) in &entity.fields {
        row.insert(name.clone(), empty_value(ty));
    }
    for table in entity.tables.keys() {
        row.insert(table.clone(), json!([]));
    }
    row
}

/// What 1C gives for an attribute that nobody filled.
pub fn empty_value(ty: &Type) -> Value {
    match ty {
        Type::String(_) | Type::Enum(_) => json!(""),
        Type::Int16 | Type::Int32 | Type::Double(_) => json!(0),
        Type::Int64 => json!("0"),
        Type::Boolean => json!(false),
        Type::DateTime => json!(EMPTY_DATE),
        Type::Ref(_) => json!(Uuid::nil()),
    }
}

/// The moment as the server's clock on the wall shows it; both bases stand in Moscow.
pub fn local(at: DateTime<Utc>) -> String {
    let moscow = FixedOffset::east_opt(3 * 3_600)
        .unwrap_or_else(|| unreachable!("three hours are an offset"));
    at.with_timezone(&moscow).format(DATE).to_string()
}

/// Text attribute of an object; empty when it has none.
pub fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Reference attribute of an object; the empty reference when it has none.
pub fn reference(row: &Row, name: &str) -> Uuid {
    text(row, name).parse().unwrap_or_default()
}

pub fn flag(row: &Row, name: &str) -> bool {
    row.get(name).and_then(Value::as_bool).unwrap_or_default()
}

pub fn number(row: &Row, name: &str) -> f64 {
    row.get(name).and_then(Value::as_f64).unwrap_or_default()
}
