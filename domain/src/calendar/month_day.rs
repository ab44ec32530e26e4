//! A date without a year.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A date of every year, written "01-31" (month, day).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// The text is not a month and a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a yearly date is written month-day, like 01-31")]
pub struct MonthDayError;

impl MonthDay {
    pub(super) const NEW_YEAR: Self = Self { month: 1, day: 1 };
    pub(super) const SECOND_OF_JANUARY: Self = Self { month: 1, day: 2 };

    /// `None` if no year has such a date; 29 February is one.
    pub fn new(month: u32, day: u32) -> Option<Self> {
        const LEAP_YEAR: i32 = 2024;
        NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).map(Self::of)
    }

    pub(super) fn of(date: NaiveDate) -> Self {
        Self {
            month: date.month(),
            day: date.day(),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl FromStr for MonthDay {
    type Err = MonthDayError;

    fn from_str(text: &str) -> Result<Self, MonthDayError> {
        let (month, day) = text.split_once('-').ok_or(MonthDayError)?;
        match (month.parse(), day.parse()) {
            (Ok(month), Ok(day)) => Self::new(month, day).ok_or(MonthDayError),
            (_, _) => Err(MonthDayError),
        }
    }
}

impl TryFrom<String> for MonthDay {
    type Error = MonthDayError;

    fn try_from(text: String) -> Result<Self, MonthDayError> {
        text.parse()
    }
}

impl From<MonthDay> for String {
    fn from(date: MonthDay) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_date_of_some_year() {
        for wrong in ["13-01", "02-30", "1", "", "01-01-01"] {
            assert_eq!(wrong.parse::<MonthDay>(), Err(MonthDayError), "{wrong}");
        }
        assert_eq!("02-29".parse::<MonthDay>().unwrap().to_string(), "02-29");
    }
}
