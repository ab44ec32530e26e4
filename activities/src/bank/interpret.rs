//! The bank's states and faults, in the words of the process.

use chrono::Utc;
use domain::finding::{PayoutStanding, SeenPayout};
use domain::payment::PayoutResult;

use super::dto::{self, Status};
use crate::error::PartnerError;

/// The final word, `Pending` until there is one: a draft waits for its signature, a signed order for its
/// execution, and an unknown status is never success.
pub(super) fn result(state: dto::State) -> Result<PayoutResult, PartnerError> {
    let dto::State {
        bank_status,
        bank_comment,
    } = state;
    let (code, text) = match bank_status {
        // The state has no time of its own.
        Status::Implemented => return Ok(PayoutResult::Paid { at: Utc::now() }),
        Status::OnItsWay => return Err(PartnerError::Pending),
        Status::Deleted => ("DELETED", "Поручение удалено в банке до исполнения"),
        Status::Recall => ("RECALL", "Поручение отозвано"),
        Status::InvalidSignature => ("INVALIDEDS", "Банк не принял подпись под поручением"),
        Status::RequisiteError => ("REQUISITEERROR", "Ошибка в реквизитах получателя"),
        Status::RefusedByBank => ("REFUSEDBYBANK", "Банк отказал в исполнении поручения"),
        Status::RefusedByAbs => ("REFUSEDBYABS", "Банк отказал в исполнении поручения"),
        Status::RefusedByRzk => ("REFUSED_BY_RZK", "Поручение отклонил контроль расчётов"),
        Status::FraudDeny => ("FRAUDDENY", "Банк отклонил поручение как подозрительное"),
    };
    let comment = bank_comment
        .as_deref()
        .map(|comment| comment.trim().trim_end_matches('.'))
        .filter(|comment| !comment.is_empty());
    Ok(PayoutResult::Refused {
        code: code.to_owned(),
        text: match comment {
            Some(comment) => format!("{text}: {comment}."),
            None => format!("{text}."),
        },
    })
}

/// As it is now; the state tells no sum.
pub(super) fn seen(id: String, state: dto::State) -> SeenPayout {
    let standing = match result(state) {
        Ok(PayoutResult::Paid { at: _ }) => PayoutStanding::Paid,
        Ok(PayoutResult::Refused { code: _, text: _ }) => PayoutStanding::Refused,
        Err(_) => PayoutStanding::OnItsWay,
    };
    SeenPayout {
        id,
        standing,
        amount: None,
    }
}

/// What the bank found wrong in the order.
pub(super) fn validation(failure: dto::Failure) -> String {
    let dto::Failure {
        cause: _,
        message,
        checks,
    } = failure;
    let mut found: Vec<String> = checks
        .unwrap_or_default()
        .into_iter()
        .filter_map(|dto::Check { message }| message)
        .collect();
    if found.is_empty() {
        found.extend(message);
    }
    let found: Vec<&str> = found
        .iter()
        .map(|text| text.trim().trim_end_matches('.'))
        .filter(|text| !text.is_empty())
        .collect();
    if found.is_empty() {
        return "Банк не принял поручение. Проверьте реквизиты получателя.".to_owned();
    }
    format!("Банк не принял поручение: {}.", found.join("; "))
}
