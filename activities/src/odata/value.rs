//! Values as 1C writes them, and how a written one is recognised when it is read back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use domain::money::Money;
use serde_json::{Number, Value};
use uuid::Uuid;

/// What goes into one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Text(String),
    Number(i64),
    Amount(Money),
    /// A day or a moment: 1C has no other type for either and knows no zones.
    Date(NaiveDateTime),
    /// A reference to another object.
    Key(Uuid),
    /// A value of the mapping, written as it stands there.
    Constant(Value),
}

impl Field {
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    pub(crate) fn day(date: NaiveDate) -> Self {
        Self::Date(date.and_time(chrono::NaiveTime::MIN))
    }

    /// A moment by the clock on the wall of the base's server.
    pub(crate) fn moment(at: DateTime<Utc>, zone: Tz) -> Self {
        Self::Date(at.with_timezone(&zone).naive_local())
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Number(number) => Value::from(*number),
            // Edm.Double; whole kopecks stay exact far beyond any price.
            Self::Amount(amount) => Number::from_f64(amount.kopecks() as f64 / 100.0)
                .map_or_else(|| Value::String(amount.to_partner()), Value::Number),
            Self::Date(at) => Value::String(at.format(DATE_FORMAT).to_string()),
            Self::Key(key) => Value::String(key.to_string()),
            Self::Constant(value) => value.clone(),
        }
    }

    /// Whether 1C kept the value. Numbers come as numbers or, when they are Edm.Int64, as strings;
    /// trailing spaces and the kind of line break are not kept by every field.
    pub(super) fn is(&self, read: &Value) -> bool {
        match self {
            Self::Text(text) => read.as_str().is_some_and(|read| plain(read) == plain(text)),
            Self::Number(number) => {
                amount(read) == number.checked_mul(100).map(Money::from_kopecks)
            }
            Self::Amount(sum) => amount(read) == Some(*sum),
            Self::Date(at) => moment(read) == Some(at.format(DATE_FORMAT).to_string()),
            Self::Key(key) => {
                read.as_str().and_then(|text| text.parse::<Uuid>().ok()) == Some(*key)
            }
            Self::Constant(value) => match (value, read) {
                (Value::String(a), Value::String(b)) => {
                    // A guid may come back in another case.
                    plain(a).eq_ignore_ascii_case(&plain(b))
                }
                (Value::Number(_), _) => amount(value) == amount(read),
                (a, b) => a == b,
            },
        }
    }
}

const DATE_FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

/// A number with at most two places after the point, whichever JSON type it came in.
pub(super) fn amount(read: &Value) -> Option<Money> {
    match read {
        Value::Number(number) => Money::parse_partner(&number.to_string()).ok(),
        Value::String(text) => Money::parse_partner(text).ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// To the second, without the zone that some versions append.
fn moment(read: &Value) -> Option<String> {
    read.as_str()?.get(..19).map(str::to_owned)
}

/// A text as a literal of `$filter`.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kept_value_is_recognised_in_every_form_that_1c_gives_it() {
        let price = Field::Amount(Money::from_kopecks(45_000_050));
        assert_eq!(price.json(), json!(450_000.5));
        let key = Uuid::from_u128(0xAB);
        for (field, read) in [
            (price.clone(), json!(450_000.5)),
            (price.clone(), json!("450000.50")),
            (Field::Number(45_210), json!(45_210)),
            (Field::Number(45_210), json!("45210")),
            (Field::text("Kite\nда "), json!("Kite\r\nда")),
            (
                Field::day(NaiveDate::from_ymd_opt(1980, 1, 2).expect("a date")),
                json!("1980-01-02T00:00:00"),
            ),
            (Field::Key(key), json!(key.to_string().to_uppercase())),
            (Field::Constant(json!("ФизЛицо")), json!("ФизЛицо")),
        ] {
            assert!(field.is(&read), "{field:?} {read}");
        }
    }

    #[test]
    fn a_cut_or_lost_value_is_not_recognised() {
        for (field, read) in [
            (Field::text("Иванов Иван"), json!("Иванов Ив")),
            (Field::Number(45_210), json!("0")),
            (Field::Number(45_210), json!(0)),
            (Field::Amount(Money::from_rubles(1)), json!(1.01)),
            (
                Field::Key(Uuid::from_u128(1)),
                json!("00000000-0000-0000-0000-000000000000"),
            ),
            (Field::text("x"), Value::Null),
            (Field::Constant(json!("ФизЛицо")), json!("")),
        ] {
            assert!(!field.is(&read), "{field:?} {read}");
        }
    }

    #[test]
    fn moments_are_by_the_clock_of_the_base() {
        let at = "2026-11-23T21:30:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a time");
        assert_eq!(
            Field::moment(at, chrono_tz::Europe::Moscow).json(),
            json!("2026-11-24T00:30:00")
        );
        assert_eq!(literal("ООО 'Кайт'"), "'ООО ''Кайт'''");
    }
}
