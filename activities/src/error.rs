//! What can be done about a failed call, and its only way into Temporal.

use std::fmt;
use std::time::Duration;

use contracts::hold::HELD;
use domain::partner::FailureClass;
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
    /// The partner is held and was not called.
    Held {
        /// When the call asks again; `None` hands it back to the process, which waits for the release.
        retry_after: Option<Duration>,
        /// A Russian sentence for a person: who holds it, and why.
        reason: String,
    },
    /// The partner broke its contract: a person must look, repeating does not help.
    Protocol {
        /// English, for logs: no personal data.
        detail: String,
    },
}

/// What an attempt says of the partner itself, whatever it means for the one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It answered: also a refusal, a conflict and "still in work" are answers.
    Answered,
    /// It did not do its part; a text for people without personal data.
    Failed { class: FailureClass, text: String },
    /// The attempt did not come as far as the partner, or ended for a reason of our own.
    Nothing,
}

impl Said {
    pub fn of(ended: Result<(), &ActivityError>) -> Self {
        match ended {
            Ok(()) => Self::Answered,
            Err(ActivityError::Application(failure)) => failure
                .source_error()
                .downcast_ref::<Message>()
                .map_or(Self::Nothing, |message| message.said.clone()),
            Err(_) => Self::Nothing,
        }
    }
}

/// Codes of refusals that concern every call: nobody is let in until somebody changes settings.
const LOCKED: [&str; 4] = ["credentials", "http_401", "http_403", "not_installed"];
/// How details begin that tell of our own parts and not of the partner.
const DATABASE: &str = "database: ";
const OBJECTS: &str = "object store: ";

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
        Self::unavailable(format!("{DATABASE}{error}"))
    }

    /// A failure of the object store.
    pub fn from_objects(error: object_store::Error) -> Self {
        Self::unavailable(format!("{OBJECTS}{error}"))
    }

    /// The failure's type in Temporal; permanent, as processes match on it.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "Rejected",
            Self::Conflict { .. } => "Conflict",
            Self::Unavailable { .. } => "Unavailable",
            Self::Pending => "Pending",
            Self::Held { .. } => HELD,
            Self::Protocol { .. } => "Protocol",
        }
    }

    /// What it says of the partner. A refusal's own text may quote a person and is not passed on.
    fn said(&self) -> Said {
        let failed = |class, text| Said::Failed { class, text };
        match self {
            Self::Rejected { code, message: _ } if LOCKED.contains(&code.as_str()) => failed(
                FailureClass::Locked,
                format!("не пускает нас: учётные данные, права или установка ({code})"),
            ),
            Self::Unavailable { detail, .. }
                if detail.starts_with(DATABASE) || detail.starts_with(OBJECTS) =>
            {
                Said::Nothing
            }
            Self::Unavailable { .. } => failed(FailureClass::Unavailable, self.message()),
            Self::Protocol { .. } => failed(FailureClass::Protocol, self.message()),
            Self::Held { .. } => Said::Nothing,
            Self::Rejected { .. } | Self::Conflict { .. } | Self::Pending => Said::Answered,
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
            Self::Held { reason, .. } => format!("партнёр остановлен: {reason}"),
            Self::Protocol { detail } => {
                format!("ответ партнёра не по его протоколу, нужен разбор ({detail})")
            }
        }
    }
}

/// The message as an error that Temporal's failure is built from, with what it says of the partner.
#[derive(Debug)]
struct Message {
    text: String,
    said: Said,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
            PartnerError::Held { retry_after, .. } => (
                retry_after.is_none(),
                *retry_after,
                ApplicationErrorCategory::Benign,
            ),
        };
        ActivityError::application(
            ApplicationFailure::builder(Message {
                text: error.message(),
                said: error.said(),
            })
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
    fn a_refusal_is_an_answer_and_only_the_partners_own_trouble_is_a_failure() {
        let said = |error: PartnerError| Said::of(Err(&ActivityError::from(error)));
        let class = |error: PartnerError| match said(error) {
            Said::Failed { class, text: _ } => Some(class),
            Said::Answered | Said::Nothing => None,
        };
        assert_eq!(Said::of(Ok(())), Said::Answered);
        assert_eq!(
            said(PartnerError::rejected("limit", "Иванову нельзя.")),
            Said::Answered
        );
        assert_eq!(said(PartnerError::Pending), Said::Answered);
        let away = PartnerError::unavailable("fssp search_person: HTTP 500: the partner failed");
        assert_eq!(
            said(away),
            Said::Failed {
                class: FailureClass::Unavailable,
                text:
                    "партнёр временно недоступен (fssp search_person: HTTP 500: the partner failed)"
                        .to_owned(),
            }
        );
        assert_eq!(
            class(PartnerError::protocol("html")),
            Some(FailureClass::Protocol)
        );
        let locked = PartnerError::rejected("http_401", "Ключ Иванова не принят.");
        match said(locked) {
            Said::Failed { class, text } => {
                assert_eq!(class, FailureClass::Locked);
                assert!(
                    text.contains("http_401") && !text.contains("Иванов"),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
        // Our own database is no trouble of the partner.
        let own = PartnerError::from_store(StoreError::Conflict("x".to_owned()));
        assert_eq!(said(own), Said::Nothing);
        assert_eq!(
            Said::of(Err(&ActivityError::WillCompleteAsync)),
            Said::Nothing
        );
    }

    #[test]
    fn a_held_call_asks_again_or_is_handed_back_and_says_nothing_of_the_partner() {
        for (retry_after, handed_back) in [(Some(Duration::from_secs(9)), false), (None, true)] {
            let error = || PartnerError::Held {
                retry_after,
                reason: "плановые работы".to_owned(),
            };
            assert_eq!(Said::of(Err(&ActivityError::from(error()))), Said::Nothing);
            let failure = failure(error());
            assert_eq!(failure.type_name(), Some("Held"));
            assert_eq!(failure.is_non_retryable(), handed_back);
            assert_eq!(failure.next_retry_delay(), retry_after);
            assert_eq!(failure.category(), ApplicationErrorCategory::Benign);
            assert_eq!(
                failure.source_error().to_string(),
                "партнёр остановлен: плановые работы"
            );
        }
    }

    #[test]
    fn a_rejection_reaches_the_person_as_it_is() {
        let failure = failure(PartnerError::rejected("limit", "Сумма больше предела."));
        assert_eq!(failure.source_error().to_string(), "Сумма больше предела.");
    }
}
