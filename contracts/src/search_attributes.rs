//! Search attributes of every process. They are stored in clear: no personal data, no names.

use temporalio_common::search_attributes::{SearchAttributeKey, Timestamp};

pub const STAGE: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteStage");
pub const WAITING_FOR: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteWaitingFor");
pub const DEADLINE: SearchAttributeKey<Timestamp> = SearchAttributeKey::datetime("KiteDeadline");
pub const CITY: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteCity");
pub const VIN: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteVin");
pub const DEAL: SearchAttributeKey<String> = SearchAttributeKey::keyword("KiteDeal");

/// Name and type of each, as the server registers them.
pub const ALL: [(&str, &str); 6] = [
    ("KiteStage", "Keyword"),
    ("KiteWaitingFor", "Keyword"),
    ("KiteDeadline", "Datetime"),
    ("KiteCity", "Keyword"),
    ("KiteVin", "Keyword"),
    ("KiteDeal", "Keyword"),
];
