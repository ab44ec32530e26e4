//! Errors as gRPC statuses with google.rpc details, in one place.

use std::time::Duration;

use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use store::{ChangeError, StoreError};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::process::ProcessError;

/// Domain of `google.rpc.ErrorInfo`; the reason is [`RefusalCode`].
const DOMAIN: &str = "kite";

/// A refusal keeps its sentence, its code and the fields at fault.
pub(crate) fn refused(refusal: &Refusal) -> Status {
    let code = match refusal.code {
        RefusalCode::WrongState | RefusalCode::MoneyInFlight => Code::FailedPrecondition,
        RefusalCode::StaleVersion => Code::Aborted,
        RefusalCode::WrongPerson | RefusalCode::OwnWork => Code::PermissionDenied,
        RefusalCode::Invalid => Code::InvalidArgument,
        RefusalCode::NotFound => Code::NotFound,
    };
    let mut details = ErrorDetails::new();
    details.set_error_info(
        refusal.code.to_string(),
        DOMAIN,
        std::collections::HashMap::new(),
    );
    for field in &refusal.fields {
        details.add_bad_request_violation(field.field.clone(), field.sentence.clone());
    }
    Status::with_error_details(code, refusal.sentence.clone(), details)
}

pub(crate) fn not_found(what: &str) -> Status {
    refused(&Refusal::new(
        RefusalCode::NotFound,
        format!("{what} не найдено. Обновите список."),
    ))
}

/// The cause goes to the log, the person learns what to do.
pub(crate) fn store(error: StoreError) -> Status {
    match error {
        // What the caller sent: a cursor of another list, a number beyond the column.
        StoreError::Invalid { what } => refused(&Refusal::invalid(vec![FieldViolation::new(
            what,
            "Значение не подходит. Обновите список и повторите.",
        )])),
        StoreError::NotFound { .. } => not_found("Запись"),
        StoreError::Conflict(cause) => {
            tracing::warn!(%cause, "the store refused a request");
            refused(&Refusal::new(
                RefusalCode::StaleVersion,
                "Запись уже изменили. Обновите страницу и повторите.",
            ))
        }
        StoreError::Unavailable(_) => {
            tracing::error!(%error, "the store failed a request");
            Status::unavailable(
                "База данных не отвечает. Ничего не потеряно, повторите через минуту.",
            )
        }
        StoreError::Corrupt { .. } | StoreError::Migration(_) | StoreError::Query(_) => {
            tracing::error!(%error, "the store failed a request");
            Status::internal("Данные не читаются. Ничего не изменено, сообщите в сопровождение.")
        }
    }
}

/// What came of a change that a person asked for.
pub(crate) fn change(error: ChangeError) -> Status {
    match error {
        ChangeError::Refused(refusal) => refused(&refusal),
        ChangeError::Store(error) => store(error),
    }
}

/// More is asked for than can be done now; the same may be asked again after the time.
pub(crate) fn busy(sentence: &str, wait: Duration) -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(wait));
    Status::with_error_details(Code::ResourceExhausted, sentence, details)
}

pub(crate) fn process(error: ProcessError) -> Status {
    match error {
        ProcessError::Refused(refusal) => refused(&refusal),
        ProcessError::NotRunning => refused(&Refusal::new(
            RefusalCode::WrongState,
            "Процесс уже завершён. Обновите страницу, чтобы увидеть итог.",
        )),
        ProcessError::Unavailable(cause) => {
            tracing::error!(error = %cause, "the process engine failed a request");
            Status::unavailable(
                "Сервер процессов не отвечает. Ничего не потеряно, повторите через минуту.",
            )
        }
        ProcessError::Kept(cause) => {
            tracing::error!(error = %cause, "the process engine did not answer; what was said is kept");
            Status::unavailable(
                "Сервер процессов не отвечает. Сказанное записано и будет передано ему само; \
                 проверьте через минуту.",
            )
        }
        ProcessError::Behind => Status::unavailable(
            "Дело восстанавливается после сбоя. Ничего не потеряно, повторите через минуту.",
        ),
    }
}
