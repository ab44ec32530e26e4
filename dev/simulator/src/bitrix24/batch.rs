//! `batch`: up to fifty commands in one call, later ones with results of earlier ones.

use chrono::Utc;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Done, RestError, Times};
use super::methods::{self, Call};
use super::params::{Params, flag, map, text};
use super::rest::{self, method_name};

const LONGEST: usize = 50;

pub(super) fn run(call: &Call<'_>) -> Result<Done, RestError> {
    let commands = call.params.map("cmd").unwrap_or_default();
    if commands.len() > LONGEST {
        return Err(RestError::refused(
            "ERROR_BATCH_LENGTH_EXCEEDED",
            "Max batch length exceeded",
        ));
    }
    let halt = call.params.get("halt").is_some_and(flag);
    let (mut results, mut errors, mut totals, mut nexts, mut times) =
        (Map::new(), Map::new(), Map::new(), Map::new(), Map::new());
    for (key, command) in commands {
        let (done, spent) = one(call, &text(&command).unwrap_or_default(), &results);
        match done {
            Ok(Done {
                result,
                total,
                next,
            }) => {
                results.insert(key.clone(), result);
                if let Some(total) = total {
                    totals.insert(key.clone(), json!(total));
                }
                if let Some(next) = next {
                    nexts.insert(key.clone(), json!(next));
                }
                if let Some(spent) = spent {
                    times.insert(key, spent.block());
                }
            }
            Err(error) => {
                errors.insert(key, error.body());
                if halt {
                    break;
                }
            }
        }
    }
    Ok(Done::new(json!({
        "result": results,
        "result_error": errors,
        "result_total": totals,
        "result_next": nexts,
        "result_time": times,
    })))
}

fn one(
    call: &Call<'_>,
    command: &str,
    results: &Map<String, Value>,
) -> (Result<Done, RestError>, Option<Times>) {
    let (name, query) = command.split_once('?').unwrap_or((command, ""));
    let Some(method) = methods::find(&method_name(name)) else {
        return (Err(rest::not_found()), None);
    };
    if method.name == "batch" {
        let error = "ERROR_BATCH_METHOD_NOT_ALLOWED";
        let words = "Method is not allowed for batch usage";
        return (
            Err(RestError::new(StatusCode::METHOD_NOT_ALLOWED, error, words)),
            None,
        );
    }
    let Params(given) = Params::from_query(query.as_bytes());
    let params = given
        .into_iter()
        .map(|(name, value)| (name, filled(value, results)))
        .collect();
    let (done, times) = rest::run(
        call.sim,
        call.caller,
        method,
        Params(params),
        command.as_bytes(),
        Utc::now(),
    );
    (done, Some(times))
}

/// Puts results of earlier commands where `$result[key][field]` stands.
fn filled(value: Value, results: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => referred(&text, results),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| filled(item, results))
                .collect(),
        ),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, filled(value, results)))
                .collect(),
        ),
        other => other,
    }
}

const REFERENCE: &str = "$result";

fn referred(given: &str, results: &Map<String, Value>) -> Value {
    let mut written = String::new();
    let mut rest = given;
    while let Some(start) = rest.find(REFERENCE) {
        written.push_str(&rest[..start]);
        let path = &rest[start + REFERENCE.len()..];
        let mut length = 0;
        let mut found = Some(Value::Object(results.clone()));
        while let Some(key) = path[length..]
            .strip_prefix('[')
            .and_then(|open| open.split_once(']'))
            .map(|(key, _)| key)
        {
            found = found
                .as_ref()
                .and_then(map)
                .and_then(|map| map.get(key).cloned());
            length += key.len() + 2;
        }
        if written.is_empty() && length == path.len() {
            return found.unwrap_or_default();
        }
        written.push_str(&found.as_ref().and_then(text).unwrap_or_default());
        rest = &path[length..];
    }
    written.push_str(rest);
    Value::String(written)
}
