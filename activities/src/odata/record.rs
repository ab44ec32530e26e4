//! An object as 1C gave it.

use domain::money::Money;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::value;

/// The fields that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Record(pub(super) Map<String, Value>);

impl Record {
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str().map(str::trim)
    }

    /// False when absent.
    pub(crate) fn flag(&self, field: &str) -> bool {
        self.0
            .get(field)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    /// `None` also for the empty reference.
    pub(crate) fn key(&self, field: &str) -> Option<Uuid> {
        let key: Uuid = self.text(field)?.parse().ok()?;
        (!key.is_nil()).then_some(key)
    }

    pub(crate) fn amount(&self, field: &str) -> Option<Money> {
        value::amount(self.0.get(field)?)
    }

    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    pub(super) fn rows(&self, part: &str) -> Option<&Vec<Value>> {
        self.0.get(part)?.as_array()
    }
}
