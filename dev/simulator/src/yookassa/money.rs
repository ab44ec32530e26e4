//! Amounts: strings of roubles with two decimals.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Kopecks; "320000.00" in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kopecks(pub(super) u64);

impl Kopecks {
    /// Exactly two decimals and a positive sum, nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rubles, rest) = text.split_once('.')?;
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if rest.len() != 2 || !digits(rubles) || !digits(rest) {
            return None;
        }
        let sum = rubles
            .parse::<u64>()
            .ok()?
            .checked_mul(100)?
            .checked_add(rest.parse().ok()?)?;
        (sum > 0).then_some(Self(sum))
    }
}

impl fmt::Display for Kopecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Kopecks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Kopecks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an amount has two decimals"))
    }
}
