//! The partner's JSON, only what is used.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(super) struct NewPayout<'a> {
    pub(super) amount: Amount,
    pub(super) payout_destination_data: Destination<'a>,
    pub(super) description: &'a str,
    pub(super) metadata: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) personal_data: Vec<PersonalDataId>,
}

/// "320000.00" and "RUB".
#[derive(Serialize, Deserialize)]
pub(super) struct Amount {
    pub(super) value: String,
    pub(super) currency: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Destination<'a> {
    Sbp {
        /// Digits with the country's code.
        phone: &'a str,
        bank_id: &'a str,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct PersonalDataId {
    pub(super) id: String,
}

/// Whom the partner compares with the name that the receiving bank knows.
#[derive(Serialize)]
pub(super) struct NewPersonalData<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) last_name: &'a str,
    pub(super) first_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) middle_name: Option<&'a str>,
}

#[derive(Deserialize)]
pub(super) struct Payout {
    pub(super) id: String,
    pub(super) amount: Amount,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) succeeded_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) cancellation_details: Option<Cancellation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    Succeeded,
    Canceled,
    #[serde(other)]
    Unknown,
}

/// The partner's `party` (merchant, payment_network, yoo_money or yoo_kassa) changes nothing for us.
#[derive(Deserialize)]
pub(super) struct Cancellation {
    pub(super) reason: String,
}

/// Answer of `GET /v3/sbp_banks`.
#[derive(Deserialize)]
pub(super) struct BankList {
    pub(super) items: Vec<Bank>,
}

/// The bank's БИК is not read: a payout names the bank by its id.
#[derive(Deserialize)]
pub(super) struct Bank {
    pub(super) bank_id: String,
    pub(super) name: String,
}

/// Body of a failure; its text is not read, as it may quote what we sent.
#[derive(Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) code: Option<String>,
    /// Which field is wrong: "payout_destination_data.phone".
    #[serde(default)]
    pub(super) parameter: Option<String>,
    /// Of a request that is still being processed: milliseconds until it may be repeated.
    #[serde(default)]
    pub(super) retry_after: Option<u64>,
}
