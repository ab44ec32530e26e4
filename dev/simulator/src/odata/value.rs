//! What 1C makes of a value that a client writes: cuts, rounds, ignores, seldom refuses.

use chrono::NaiveDateTime;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::base::{DATE, empty_value};
use super::error::Fail;
use super::schema::{Schema, Type};

/// The value as it is kept.
pub fn accept(schema: &Schema, name: &str, ty: &Type, value: &Value) -> Result<Value, Fail> {
    if value.is_null() {
        return Ok(empty_value(ty));
    }
    let refuse = || Fail::value(name);
    Ok(match ty {
        Type::String(length) => {
            let text = value.as_str().ok_or_else(refuse)?;
            match length {
                Some(length) => json!(text.chars().take(*length).collect::<String>()),
                None => json!(text),
            }
        }
        Type::Int16 => json!(
            integer(value)
                .and_then(|n| i16::try_from(n).ok())
                .ok_or_else(refuse)?
        ),
        Type::Int32 => json!(
            integer(value)
                .and_then(|n| i32::try_from(n).ok())
                .ok_or_else(refuse)?
        ),
        // A string that is no number becomes 0 and nobody is told.
        Type::Int64 => json!(integer(value).unwrap_or_default().to_string()),
        Type::Double(digits) => {
            let number = value
                .as_f64()
                .or_else(|| value.as_str()?.parse().ok())
                .ok_or_else(refuse)?;
            let scale = 10_f64.powi(i32::try_from(*digits).unwrap_or_default());
            let rounded = (number * scale).round() / scale;
            // Whole numbers travel without a point.
            if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
                json!(rounded as i64)
            } else {
                json!(rounded)
            }
        }
        Type::Boolean => json!(value.as_bool().ok_or_else(refuse)?),
        Type::DateTime => {
            let text = value.as_str().ok_or_else(refuse)?;
            let date = NaiveDateTime::parse_from_str(text, DATE).map_err(|_| refuse())?;
            json!(date.format(DATE).to_string())
        }
        Type::Ref(_) => json!(
            value
                .as_str()
                .and_then(|text| text.parse::<Uuid>().ok())
                .ok_or_else(refuse)?
        ),
        Type::Enum(of) => {
            let text = value.as_str().ok_or_else(refuse)?;
            let known = text.is_empty()
                || schema
                    .enums
                    .get(of)
                    .is_some_and(|all| all.iter().any(|one| one == text));
            if !known {
                return Err(refuse());
            }
            json!(text)
        }
    })
}

/// A table part, which is always written whole. Lines are numbered by the client from 1 on.
pub fn accept_table(
    schema: &Schema,
    name: &str,
    columns: &std::collections::BTreeMap<String, Type>,
    value: &Value,
    key: Uuid,
) -> Result<Value, Fail> {
    let lines = value.as_array().ok_or_else(|| Fail::value(name))?;
    let mut kept = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let line = line.as_object().ok_or_else(|| Fail::value(name))?;
        let number = line.get("LineNumber").and_then(integer).ok_or_else(|| {
            Fail::platform("Значение не является значением объектного типа (LineNumber)")
        })?;
        if usize::try_from(number).ok() != Some(index + 1) {
            return Err(Fail::value(&format!("{name}.LineNumber")));
        }
        let mut row = Map::new();
        row.insert("Ref_Key".to_owned(), json!(key));
        row.insert("LineNumber".to_owned(), json!(number.to_string()));
        for (column, ty) in columns {
            let value = match line.get(column) {
                Some(value) => accept(schema, column, ty, value)?,
                None => empty_value(ty),
            };
            row.insert(column.clone(), value);
        }
        kept.push(Value::Object(row));
    }
    Ok(Value::Array(kept))
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
