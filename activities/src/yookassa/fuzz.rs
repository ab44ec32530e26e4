use domain::money::Money;

use super::{client, dto, interpret};
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    let _ = client::accepted(answer);
    let _ = answer.json::<dto::PersonalDataId>();
    if let Ok(payout) = answer.json::<dto::Payout>() {
        let _ = Money::parse_partner(&payout.amount.value);
        let _ = interpret::result(payout);
    }
}
