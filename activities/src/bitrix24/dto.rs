//! The portal's JSON, only what is used. PHP makes it: an empty map is a list, numbers are strings.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An empty map arrives as `[]`.
pub(super) fn map<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum MapOrList<T> {
        Map(BTreeMap<String, T>),
        List(Vec<Value>),
        Nothing(()),
    }
    match MapOrList::deserialize(deserializer)? {
        MapOrList::Map(map) => Ok(map),
        MapOrList::List(list) if list.is_empty() => Ok(BTreeMap::new()),
        MapOrList::Nothing(()) => Ok(BTreeMap::new()),
        MapOrList::List(_) => Err(D::Error::custom("a list with elements instead of a map")),
    }
}

/// A number that may arrive as a string; an empty string and `null` are none.
pub(super) fn number<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    Ok(as_number(&value))
}

pub(super) fn as_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|number| *number > 0)
}

/// A text or a number as text; empty is none.
pub(super) fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

/// Around every answer; an error may come with any HTTP status, 200 too.
#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    pub(super) result: Value,
    /// A code; may be empty or look like a number.
    #[serde(default)]
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) error_description: Option<Value>,
    #[serde(default)]
    pub(super) time: Option<Time>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, deserialize_with = "number")]
    pub(super) next: Option<u64>,
}

/// How much of the method's allowance is used up.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Time {
    /// Seconds of work within the last ten minutes.
    #[serde(default)]
    pub(super) operating: f64,
    /// Unix seconds.
    #[serde(default)]
    pub(super) operating_reset_at: i64,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    pub(super) error: Value,
    #[serde(default)]
    pub(super) error_description: Value,
}

#[derive(Deserialize)]
pub(super) struct Batch {
    #[serde(default, deserialize_with = "map")]
    pub(super) result: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "map")]
    pub(super) result_error: BTreeMap<String, Failure>,
    #[serde(default, deserialize_with = "map")]
    pub(super) result_time: BTreeMap<String, Time>,
}

/// Answer of the authorisation server; refusals may come with status 200.
#[derive(Deserialize)]
pub(super) struct Granted {
    #[serde(default)]
    pub(super) access_token: Option<SecretString>,
    #[serde(default)]
    pub(super) refresh_token: Option<SecretString>,
    /// Seconds.
    #[serde(default)]
    pub(super) expires_in: Option<i64>,
    #[serde(default)]
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Item {
    /// Fields in camelCase, own fields under their original names.
    #[serde(deserialize_with = "map")]
    pub(super) item: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Contact {
    #[serde(default)]
    pub(super) last_name: Value,
    #[serde(default)]
    pub(super) name: Value,
    #[serde(default)]
    pub(super) second_name: Value,
    #[serde(default)]
    pub(super) birthdate: Value,
    /// Absent, empty or a list.
    #[serde(default)]
    pub(super) phone: Value,
    #[serde(default)]
    pub(super) email: Value,
}

/// Values of a multiple field of a contact, in the portal's order.
pub(super) fn multifield(field: &Value) -> Vec<String> {
    let Value::Array(entries) = field else {
        return Vec::new();
    };
    entries
        .iter()
        .filter_map(|entry| as_text(entry.get("VALUE")?))
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct TimelineComment {
    #[serde(default, deserialize_with = "number")]
    pub(super) id: Option<u64>,
    #[serde(default)]
    pub(super) comment: Value,
}

#[derive(Deserialize)]
pub(super) struct Tasks {
    #[serde(default)]
    pub(super) tasks: Vec<Task>,
}

#[derive(Deserialize)]
pub(super) struct OneTask {
    pub(super) task: Task,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    #[serde(default, deserialize_with = "number")]
    pub(super) id: Option<u64>,
    #[serde(default)]
    pub(super) description: Value,
    /// 5: completed.
    #[serde(default, deserialize_with = "number")]
    pub(super) status: Option<u64>,
    /// Nobody is `null` or zero.
    #[serde(default, deserialize_with = "number")]
    pub(super) closed_by: Option<u64>,
}

/// An event's handler of this application.
#[derive(Deserialize)]
pub(super) struct Handler {
    #[serde(default)]
    pub(super) event: String,
    /// Empty for an event that waits to be fetched.
    #[serde(default)]
    pub(super) handler: String,
    #[serde(default)]
    pub(super) offline: Value,
}

/// Deals of a list, fields in camelCase.
#[derive(Deserialize)]
pub(super) struct Items {
    pub(super) items: Vec<BTreeMap<String, Value>>,
}

/// A running workflow.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Instance {
    #[serde(default)]
    pub(super) id: Value,
    #[serde(default)]
    pub(super) document_id: Value,
    #[serde(default)]
    pub(super) started: Value,
}

/// Events that the portal kept, reserved under a process.
#[derive(Deserialize)]
pub(super) struct OfflinePacket {
    #[serde(default)]
    pub(super) process_id: Value,
    #[serde(default)]
    pub(super) events: Vec<OfflineEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct OfflineEvent {
    pub(super) message_id: String,
    pub(super) event_name: String,
    #[serde(default)]
    pub(super) event_data: Value,
}

/// A kept event of the whole list.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct OfflineRow {
    #[serde(default)]
    pub(super) process_id: Value,
}
