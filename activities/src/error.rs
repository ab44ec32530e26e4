//! What can be done about a failed call, and its only way into Temporal.

use std::fmt;
use std::time::Duration;

use store::error::StoreError;
use temporalio_common::ActivityError;
use temporalio_common::error::{ApplicationErrorCategory, ApplicationFailure};

/// How a call to a partner failed, named by what the caller can do about it.
///
/// Deliberately not a [`std::error::Error`]: the SDK turns any such error into an unclassified failure
/// that is retried for ever. Without it `?` in an activity can only pass through the one conversion
/// at the end of this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartnerError {
    /// The partner understood and said no: repeating the same does not help, the process decides.
    /// For a payment this also says that no money moved.
    Rejected {
        /// The partner's own code, or ours in the same style.
        code: String,
        /// A Russian sentence for a person.
        message: String,
    },
    /// Our key was already used: the effect exists.
    Conflict { existing: String },
    /// The partner is away, busy or did not say: the same call is repeated. The effect may exist.
    Unavailable {
        /// The pause that the partner asked for.
        retry_after: Option<Duration>,
        /// English, for logs: no personal data.
        detail: String,
    },
    /// Accepted and in work: asked again after the pause of the caller's retry policy.
    Pending,
    /// The partner broke its contract: a person must look, repeating does not help.
    Protocol {
        /// English, for logs: no personal data.
        detail: String,
    },
}

impl PartnerError {
    pub fn rejected(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Rejected {
            code: code.into(),
            message: message.into(),
        }
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable {
            retry_after: None,
            detail: detail.into(),
        }
    }

    pub fn protocol(detail: impl Into<String>) -> Self {
        Self::Protocol {
            detail: detail.into(),
        }
    }

    /// A failure of our own database. Also a defect in it is repeated: the step must not be lost
    /// while somebody repairs the row.
    pub fn from_store(error: StoreError) -> Self {
        Self::unavailable(format!("database: {error}"))
    }

    /// A failure of the object store.
    pub fn from_objects(error: object_store::Error) -> Self {
        Self::unavailable(format!("object store: {error}"))
    }

    /// The failure's type in Temporal; permanent, as processes match on it.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "Rejected",
            Self::Conflict { .. } => "Conflict",
            Self::Unavailable { .. } => "Unavailable",
            Self::Pending => "Pending",
            Self::Protocol { .. } => "Protocol",
        }
    }

    /// The failure's message in Temporal. The process quotes it in tasks, so it begins with words for
    /// people; ops' detail stands in brackets.
    fn message(&self) -> String {
        match self {
            Self::Rejected { message, .. } => message.clone(),
            Self::Conflict { existing } => format!("уже сделано раньше: {existing}"),
            Self::Unavailable { detail, .. } => format!("партнёр временно недоступен ({detail})"),
            Self::Pending => "партнёр ещё готовит ответ".to_owned(),
            Self::Protocol { detail } => {
                format!("ответ партнёра не по его протоколу, нужен разбор ({detail})")
            }
        }
    }
}

/// The message as an error that Temporal's failure is built from.
#[derive(Debug)]
struct Message(String);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Message {}

impl From<PartnerError> for ActivityError {
    fn from(error: PartnerError) -> Self {
        let (non_retryable, retry_after, category) = match &error {
            PartnerError::Rejected { .. }
            | PartnerError::Conflict { .. }
            | PartnerError::Protocol { .. } => (true, None, ApplicationErrorCategory::Unspecified),
            PartnerError::Unavailable { retry_after, .. } => {
                (false, *retry_after, ApplicationErrorCategory::Unspecified)
            }
            PartnerError::Pending => (false, None, ApplicationErrorCategory::Benign),
        };
        ActivityError::application(
            ApplicationFailure::builder(Message(error.message()))
                .type_name(error.type_name().to_owned())
                .non_retryable(non_retryable)
                .maybe_next_retry_delay(retry_after)
                .category(category)
                .build(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(error: PartnerError) -> Box<ApplicationFailure> {
        match ActivityError::from(error) {
            ActivityError::Application(failure) => failure,
            other => panic!("not an application failure: {other:?}"),
        }
    }

    #[test]
    fn each_class_sets_type_retryability_and_delay() {
        let delay = Duration::from_secs(7);
        let cases = [
            (PartnerError::rejected("c", "нет"), "Rejected", true, None),
            (
                PartnerError::Conflict {
                    existing: "1".to_owned(),
                },
                "Conflict",
                true,
                None,
            ),
            (
                PartnerError::Unavailable {
                    retry_after: Some(delay),
                    detail: "503".to_owned(),
                },
                "Unavailable",
                false,
                Some(delay),
            ),
            (PartnerError::Pending, "Pending", false, None),
            (PartnerError::protocol("html"), "Protocol", true, None),
        ];
        for (error, type_name, non_retryable, delay) in cases {
            let benign = error == PartnerError::Pending;
            let failure = failure(error);
            assert_eq!(failure.type_name(), Some(type_name));
            assert_eq!(failure.is_non_retryable(), non_retryable, "{type_name}");
            assert_eq!(failure.next_retry_delay(), delay, "{type_name}");
            assert_eq!(
                failure.category() == ApplicationErrorCategory::Benign,
                benign,
                "{type_name}"
            );
        }
    }

    #[test]
    fn a_rejection_reaches_the_person_as_it_is() {
        let failure = failure(PartnerError::rejected("limit", "Сумма больше предела."));
        assert_eq!(failure.source_error().to_string(), "Сумма больше предела.");
    }
}
