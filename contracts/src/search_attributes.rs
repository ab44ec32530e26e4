//! Search attributes of every process. They are stored in clear: no personal data, no names.

use chrono::{DateTime, Utc};
use temporalio_common::search_attributes::{SearchAttributeKey, Timestamp};

pub const STAGE: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteStage");
pub const WAITING_FOR: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteWaitingFor");
/// When the wait is due; [`no_deadline`] while nobody is awaited, so that a list sorted by deadline ends
/// with those runs. The server refuses the way in which the SDK unsets one.
pub const DEADLINE: SearchAttributeKey<Timestamp> = SearchAttributeKey::datetime("KiteDeadline");
pub const CITY: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteCity");
pub const VIN: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteVin");
pub const DEAL: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteDeal");

/// 9999-12-31: nobody is awaited.
pub fn no_deadline() -> DateTime<Utc> {
    const LAST_DAY: i64 = 253_402_214_400;
    DateTime::from_timestamp(LAST_DAY, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Name and type of each, as the server registers them.
pub const ALL: [(&str, &str); 6] = [
    ("KiteStage", "Keyword"),
    ("KiteWaitingFor", "Keyword"),
    ("KiteDeadline", "Datetime"),
    ("KiteCity", "Keyword"),
    ("KiteVin", "Keyword"),
    ("KiteDeal", "Keyword"),
];
