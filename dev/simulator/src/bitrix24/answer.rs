//! What a REST method answers, in the shape PHP gives it.

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, Utc};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// Moscow: the portal's own time zone.
const OFFSET_SECS: i32 = 3 * 3600;

/// A result with its page.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) result: Value,
    pub(super) total: Option<usize>,
    pub(super) next: Option<usize>,
}

impl Done {
    pub(super) fn new(result: Value) -> Self {
        Self {
            result,
            total: None,
            next: None,
        }
    }
}

/// A refusal of the portal: `error` is what clients match on.
#[derive(Debug, Clone)]
pub(super) struct RestError {
    pub(super) status: StatusCode,
    pub(super) error: String,
    pub(super) description: String,
}

impl RestError {
    pub(super) fn new(status: StatusCode, error: &str, description: impl Into<String>) -> Self {
        Self {
            status,
            error: error.to_owned(),
            description: description.into(),
        }
    }

    /// A business refusal: status 400.
    pub(super) fn refused(error: &str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    pub(super) fn access_denied(description: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "ACCESS_DENIED", description)
    }

    /// A parameter without which the method cannot be called.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::refused(
            "100",
            format!("Could not find value for parameter {{{parameter}}} (internal error)"),
        )
    }

    pub(super) fn body(&self) -> Value {
        json!({ "error": self.error, "error_description": self.description })
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        json_response(self.status, &self.body())
    }
}

/// Block `time` of an answer; seconds and fractions of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) start: DateTime<Utc>,
    pub(super) finish: DateTime<Utc>,
    /// Working time of the method within the last ten minutes, seconds.
    pub(super) operating: f64,
    /// When the oldest part of it is forgotten, Unix time.
    pub(super) operating_reset_at: i64,
}

impl Times {
    pub(super) fn block(&self) -> Value {
        let seconds = |at: DateTime<Utc>| at.timestamp_micros() as f64 / 1_000_000.0;
        let duration = seconds(self.finish) - seconds(self.start);
        json!({
            "start": seconds(self.start),
            "finish": seconds(self.finish),
            "duration": duration,
            "processing": duration,
            "date_start": portal_time(self.start),
            "date_finish": portal_time(self.finish),
            "operating_reset_at": self.operating_reset_at,
            "operating": self.operating,
        })
    }
}

pub(super) fn envelope(done: Done, times: &Times) -> Value {
    let mut answer = Map::new();
    answer.insert("result".to_owned(), done.result);
    if let Some(next) = done.next {
        answer.insert("next".to_owned(), json!(next));
    }
    if let Some(total) = done.total {
        answer.insert("total".to_owned(), json!(total));
    }
    answer.insert("time".to_owned(), times.block());
    php(Value::Object(answer))
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// PHP knows one kind of array: an empty map becomes `[]`, and keys 0, 1, 2… make a list.
pub(super) fn php(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(php).collect()),
        Value::Object(map) => {
            let numbered = (0..map.len()).all(|index| map.contains_key(&index.to_string()));
            if !numbered {
                return Value::Object(
                    map.into_iter()
                        .map(|(key, value)| (key, php(value)))
                        .collect(),
                );
            }
            let mut map = map;
            let ordered =
                (0..map.len()).map(|index| map.remove(&index.to_string()).unwrap_or_default());
            Value::Array(ordered.collect::<Vec<_>>().into_iter().map(php).collect())
        }
        other => other,
    }
}

/// "2026-11-24T15:00:00+03:00"
pub(super) fn portal_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&offset())
        .format("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

pub(super) fn offset() -> FixedOffset {
    FixedOffset::east_opt(OFFSET_SECS).unwrap_or_else(|| unreachable!("three hours are an offset"))
}
