//! A payout and how it is shown.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::money::Kopecks;

/// A payout to a person by SBP.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payout {
    pub(super) id: String,
    /// The key under which it was made.
    pub(super) key: String,
    pub(super) amount: Kopecks,
    pub(super) phone: String,
    pub(super) bank_id: String,
    pub(super) description: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) status: Status,
    /// How it will end; decided when it is made.
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    Succeeded,
    Canceled,
}

/// What a script may tell a payout to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Succeeded,
    Canceled,
    /// Stays pending until a person ends it.
    Pending,
    /// Succeeds, but the first POST is answered with 202: the request is still in work.
    Processing,
}

/// Reasons of a cancellation that the partner documents.
pub(super) const REASONS: [&str; 10] = [
    "insufficient_funds",
    "fraud_suspected",
    "one_time_limit_exceeded",
    "periodic_limit_exceeded",
    "rejected_by_payee",
    "general_decline",
    "issuer_unavailable",
    "recipient_not_found",
    "recipient_check_failed",
    "identification_required",
];

impl Payout {
    pub(super) fn json(&self) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut answer = json!({
            "id": self.id,
            "amount": { "value": self.amount, "currency": "RUB" },
            "status": self.status,
            "payout_destination": {
                "type": "sbp",
                "phone": self.phone,
                "bank_id": self.bank_id,
                "recipient_checked": false,
            },
            "created_at": time(self.created_at),
            "metadata": self.metadata,
            "test": false,
        });
        if let Some(description) = &self.description {
            answer["description"] = json!(description);
        }
        match (self.status, self.ended_at) {
            (Status::Succeeded, Some(at)) => answer["succeeded_at"] = json!(time(at)),
            (Status::Canceled, _) => {
                answer["cancellation_details"] =
                    json!({ "party": self.party(), "reason": self.reason });
            }
            (Status::Pending | Status::Succeeded, _) => {}
        }
        answer
    }

    /// Who cancelled, as the partner's samples name it.
    fn party(&self) -> &'static str {
        match self.reason.as_str() {
            "insufficient_funds" => "merchant",
            "fraud_suspected" | "one_time_limit_exceeded" | "periodic_limit_exceeded" => {
                "yoo_money"
            }
            _ => "payment_network",
        }
    }
}
