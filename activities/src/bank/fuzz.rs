use super::{client, dto, interpret};
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    let _ = answer.json::<dto::Created>();
    if let Ok(state) = answer.json::<dto::State>() {
        let _ = interpret::result(state);
    }
    let _ = client::refusal(answer);
}
