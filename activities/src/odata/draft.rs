//! An object as it shall be.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::record::Record;
use super::value::Field;
use super::{DELETED, POSTED, REF_KEY};

/// What one of our objects shall hold. Fields of the base that are not here are left alone.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Name of the entity set.
    pub(crate) object: String,
    pub(crate) key: Uuid,
    pub(crate) fields: Vec<(String, Field)>,
    /// Written with the object's creation and never compared: 1C has its own say in them.
    pub(crate) at_creation: Vec<(String, Field)>,
    pub(crate) parts: Vec<Part>,
}

/// A table part, written as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) rows: Vec<Vec<(String, Field)>>,
}

impl Draft {
    /// What to read to see whether the object is as it shall be.
    pub(super) fn select(&self, is_document: bool, also: &[&str]) -> Vec<String> {
        let mut select = vec![REF_KEY.to_owned(), DELETED.to_owned()];
        if is_document {
            select.push(POSTED.to_owned());
        }
        select.extend(also.iter().map(|field| (*field).to_owned()));
        select.extend(self.fields.iter().map(|(name, _)| name.clone()));
        select.extend(self.parts.iter().map(|part| part.name.clone()));
        select
    }

    /// The body that creates the object.
    pub(super) fn body(&self) -> Value {
        let mut body = Map::from_iter([(REF_KEY.to_owned(), self.key.to_string().into())]);
        for (name, field) in self.fields.iter().chain(&self.at_creation) {
            body.insert(name.clone(), field.json());
        }
        for part in &self.parts {
            body.insert(part.name.clone(), part.json());
        }
        Value::Object(body)
    }

    /// The body that changes what is named in `names`.
    pub(super) fn change(&self, names: &[String]) -> Value {
        let fields = self
            .fields
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(name, field)| (name.clone(), field.json()));
        let parts = self
            .parts
            .iter()
            .filter(|part| names.contains(&part.name))
            .map(|part| (part.name.clone(), part.json()));
        Value::Object(fields.chain(parts).collect())
    }

    /// Fields and table parts that are not as they shall be.
    pub(super) fn differing(&self, record: &Record) -> Vec<String> {
        let fields = self
            .fields
            .iter()
            .filter(|(name, field)| !record.get(name).is_some_and(|read| field.is(read)))
            .map(|(name, _)| name.clone());
        let parts = self
            .parts
            .iter()
            .filter(|part| !part.is(record.rows(&part.name)))
            .map(|part| part.name.clone());
        fields.chain(parts).collect()
    }
}

impl Part {
    fn json(&self) -> Value {
        self.rows
            .iter()
            .zip(1_u32..)
            .map(|(row, number)| {
                // 1C refuses rows that are not numbered from 1; the type is Edm.Int64, hence a string.
                let number = ("LineNumber".to_owned(), number.to_string().into());
                let fields = row.iter().map(|(name, field)| (name.clone(), field.json()));
                Value::Object(std::iter::once(number).chain(fields).collect())
            })
            .collect()
    }

    fn is(&self, read: Option<&Vec<Value>>) -> bool {
        let Some(read) = read.filter(|read| read.len() == self.rows.len()) else {
            return false;
        };
        self.rows.iter().zip(read).all(|(row, read)| {
            row.iter()
                .all(|(name, field)| read.get(name).is_some_and(|read| field.is(read)))
        })
    }
}
