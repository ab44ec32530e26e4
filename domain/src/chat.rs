//! Chat on a run between the appraiser and the buyout desk, mirrored to the deal's timeline.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::refusal::{FieldViolation, Refusal};
use crate::staff::PersonRef;

/// Longest message in characters.
pub const MESSAGE_MAX_CHARS: usize = 4_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Number within the run, from 1.
    pub number: u32,
    pub author: PersonRef,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// Checks a message before it is accepted: some text, no more than [`MESSAGE_MAX_CHARS`].
pub fn check_text(text: &str) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            "text",
            "Сообщение пустое.",
        )]));
    }
    if chars > MESSAGE_MAX_CHARS {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            "text",
            format!("Сообщение слишком длинное: {chars} знаков при пределе {MESSAGE_MAX_CHARS}."),
        )]));
    }
    Ok(())
}
