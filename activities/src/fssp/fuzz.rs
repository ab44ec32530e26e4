use chrono::Utc;

use super::{client, interpret};
use crate::fuzz::raw;
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    if let Ok(found) = client::found(answer) {
        interpret::result(&found, Utc::now(), raw());
    }
}
