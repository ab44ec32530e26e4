use uuid::Uuid;

use super::{sms, wazzup};
use crate::http::Answer;

/// Every answer that the clients read, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    let _ = answer.json::<sms::Taken>();
    let _ = sms::refusal(answer);
    let _ = answer.json::<wazzup::Taken>();
    let _ = wazzup::refusal(answer, Uuid::nil());
}
