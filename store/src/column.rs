//! How values lie in columns: the same on both databases.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::StoreError;

/// PostgreSQL keeps microseconds, SQLite whatever it is given; both get microseconds.
pub(crate) fn instant(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

pub(crate) fn now() -> DateTime<Utc> {
    instant(Utc::now())
}

/// Text that both databases take: PostgreSQL refuses U+0000.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "\u{fffd}")
}

/// A domain value as JSON that both databases take.
pub(crate) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<Value, StoreError> {
    let mut json = serde_json::to_value(value).map_err(|_| StoreError::Invalid { what })?;
    without_nul(&mut json);
    Ok(json)
}

fn without_nul(json: &mut Value) {
    match json {
        Value::String(string) if string.contains('\0') => *string = text(string),
        Value::Array(items) => items.iter_mut().for_each(without_nul),
        Value::Object(fields) => fields.values_mut().for_each(without_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a value was read, for the error when it does not parse.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) key: &'a str,
}

impl At<'_> {
    pub(crate) fn corrupt(self, column: &'static str, detail: impl Display) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            key: self.key.to_owned(),
            detail: detail.to_string(),
        }
    }

    pub(crate) fn json<T: DeserializeOwned>(
        self,
        column: &'static str,
        value: Value,
    ) -> Result<T, StoreError> {
        // serde's message may quote the value, which may be personal: only its place is kept.
        serde_json::from_value(value).map_err(|error| {
            self.corrupt(column, format_args!("{:?} error in JSON", error.classify()))
        })
    }

    pub(crate) fn parse<T: FromStr>(
        self,
        column: &'static str,
        value: &str,
    ) -> Result<T, StoreError> {
        value
            .parse()
            .map_err(|_| self.corrupt(column, format_args!("unknown value {value:?}")))
    }

    pub(crate) fn number<T: TryFrom<i64>>(
        self,
        column: &'static str,
        value: i64,
    ) -> Result<T, StoreError> {
        T::try_from(value)
            .map_err(|_| self.corrupt(column, format_args!("{value} is out of range")))
    }
}

/// Databases know signed numbers only.
pub(crate) fn number(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Invalid { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nul_reaches_a_column() {
        let dirty = serde_json::json!({"a": ["x\0y", {"b": "\0"}], "n": 1});
        let clean = json("test", &dirty).unwrap();
        assert_eq!(
            clean,
            serde_json::json!({"a": ["x\u{fffd}y", {"b": "\u{fffd}"}], "n": 1})
        );
        assert_eq!(text("а\0б"), "а\u{fffd}б");
    }

    #[test]
    fn a_corrupt_value_is_named_without_being_quoted() {
        let at = At {
            table: "buyout",
            key: "buyout:p:1",
        };
        let error = at
            .json::<u32>("data", Value::String("Иванов".to_owned()))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "corrupt buyout.data of buyout:p:1: Data error in JSON"
        );
    }
}
