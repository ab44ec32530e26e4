//! Parameters of a call: query, form and JSON merged, brackets nested as PHP does.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::answer::php;

/// Parameters by name. Top-level names are found in any case, as the portal's REST module does for most methods.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(pub(super) Map<String, Value>);

impl Params {
    /// Of an HTTP request, with its body as bytes for the ledger.
    pub(super) async fn of(request: Request) -> Result<(Self, Bytes), String> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut params = Self::from_query(query.as_bytes());
        let kind = content_type(request.headers());
        if kind == "multipart/form-data" {
            params.merge(multipart(request).await?);
            return Ok((params, Bytes::new()));
        }
        let body = Bytes::from_request(request, &())
            .await
            .map_err(|error| error.to_string())?;
        if kind.ends_with("json") {
            if let Ok(Value::Object(fields)) = serde_json::from_slice(&body) {
                params.merge(Self(fields));
            }
        } else {
            params.merge(Self::from_query(&body));
        }
        Ok((params, body))
    }

    /// `fields[PHONE][0][VALUE]=1&select[]=ID`
    pub(super) fn from_query(query: &[u8]) -> Self {
        let mut root = Map::new();
        for (name, value) in url::form_urlencoded::parse(query) {
            put(&mut root, &name, Value::String(value.into_owned()));
        }
        Self(lists(root))
    }

    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// By name in any case.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.exact(name).or_else(|| get_any_case(&self.0, name))
    }

    /// By the name as it is spelled.
    pub(super) fn exact(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(text)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(number)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(flag)
    }

    /// A map; an empty list is an empty map.
    pub(super) fn map(&self, name: &str) -> Option<Map<String, Value>> {
        self.get(name).and_then(map)
    }

    pub(super) fn list(&self, name: &str) -> Vec<Value> {
        self.get(name).map(list).unwrap_or_default()
    }
}

pub(super) fn get_any_case<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.iter()
        .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())
        .map(|(_, value)| value)
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| text(value)?.trim().parse().ok())
}

/// `Y`, `1`, `true`.
pub(super) fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        other => text(other).is_some_and(|text| matches!(text.as_str(), "Y" | "y" | "1" | "true")),
    }
}

pub(super) fn map(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map.clone()),
        Value::Array(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| (index.to_string(), item.clone()))
                .collect(),
        ),
        _ => None,
    }
}

/// A list; a single value is a list of one.
pub(super) fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Object(map) => map.values().cloned().collect(),
        Value::Null => Vec::new(),
        single => vec![single.clone()],
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

async fn multipart(request: Request) -> Result<Params, String> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| error.to_string())?;
    let mut root = Map::new();
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|error| error.to_string())?
    {
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.text().await.map_err(|error| error.to_string())?;
        put(&mut root, &name, Value::String(text));
    }
    Ok(Params(lists(root)))
}

/// Puts a value at `a[b][]`.
fn put(root: &mut Map<String, Value>, name: &str, value: Value) {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let mut keys = vec![first];
    if !rest.is_empty() {
        keys.extend(rest.trim_end_matches(']').split("]["));
    }
    let mut place = root;
    for key in &keys[..keys.len() - 1] {
        let key = numbered(place, key);
        let slot = place
            .entry(key)
            .or_insert_with(|| Value::Object(Map::new()));
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(inner) = slot else { return };
        place = inner;
    }
    let last = numbered(place, keys[keys.len() - 1]);
    place.insert(last, value);
}

/// `[]` takes the next free number.
fn numbered(place: &Map<String, Value>, key: &str) -> String {
    if !key.is_empty() {
        return key.to_owned();
    }
    let next = place
        .keys()
        .filter_map(|key| key.parse::<u64>().ok())
        .max()
        .map_or(0, |last| last + 1);
    next.to_string()
}

fn lists(root: Map<String, Value>) -> Map<String, Value> {
    root.into_iter()
        .map(|(key, value)| (key, php(value)))
        .collect()
}
