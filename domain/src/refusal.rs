//! A refusal: the sentence that a person reads when the process does not accept what they did.

use serde::{Deserialize, Serialize};

/// Why an action was not accepted. `code` is stable and machine-readable, `sentence` is Russian and
/// says what happened and what to do; `fields` point at the inputs that are at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    pub code: RefusalCode,
    pub sentence: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldViolation>,
}

/// What kind of rule refused; decides the gRPC status at the gateway.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusalCode {
    /// The process is not in a state in which this can be done.
    WrongState,
    /// The record was changed since the person read it.
    StaleVersion,
    /// The task belongs to somebody else, or the role does not fit.
    WrongPerson,
    /// Separation of duties: the person already took another part in this run.
    OwnWork,
    /// The content breaks a rule; `fields` say where.
    Invalid,
    /// No such task, offer or document in this run.
    NotFound,
    /// Money is on its way: the step can be neither cancelled nor repeated.
    MoneyInFlight,
}

/// One input that is at fault: path as in the API (`appraisal.buyout_price`) and a Russian sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldViolation {
    pub field: String,
    pub sentence: String,
}

impl FieldViolation {
    pub fn new(field: &str, sentence: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            sentence: sentence.into(),
        }
    }
}

impl Refusal {
    pub fn new(code: RefusalCode, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            fields: Vec::new(),
        }
    }

    pub fn invalid(fields: Vec<FieldViolation>) -> Self {
        let sentence = fields
            .iter()
            .map(|f| f.sentence.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            code: RefusalCode::Invalid,
            sentence,
            fields,
        }
    }

    /// The form in which a refusal crosses Temporal: an update's rejection carries text only, so the
    /// whole refusal travels as JSON and the gateway reads it back with [`Refusal::from_wire`].
    pub fn to_wire(&self) -> String {
        serde_json::to_string(self).expect("a refusal is plain data")
    }

    /// Reads a refusal out of a failure message that may carry a prefix added by the engine.
    pub fn from_wire(message: &str) -> Option<Self> {
        let start = message.find("{\"code\"")?;
        serde_json::Deserializer::from_str(&message[start..])
            .into_iter()
            .next()?
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_wire_with_the_engines_prefix_and_suffix() {
        let refusal = Refusal::invalid(vec![FieldViolation::new(
            "inspection.mileage_km",
            "Укажите пробег.",
        )]);
        let wire = format!("Update rejected: {} (attempt 1)", refusal.to_wire());
        assert_eq!(Refusal::from_wire(&wire), Some(refusal));
        assert_eq!(Refusal::from_wire("database is locked"), None);
    }
}
