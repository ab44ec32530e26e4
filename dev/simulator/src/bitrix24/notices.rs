//! im.notify.*: a notice with a tag replaces the earlier one of the same tag.

use serde_json::json;

use super::answer::{Done, RestError};
use super::methods::Call;
use super::people;
use super::portal::{Kind, Notice, State};
use super::timeline::marker;
use crate::core::Partner;

pub(super) fn add(call: &Call<'_>) -> Result<Done, RestError> {
    let user = call
        .params
        .number("user_id")
        .or_else(|| call.params.number("to"))
        .unwrap_or_default();
    if people::find(user).is_none() {
        return Err(RestError::refused(
            "USER_ID_EMPTY",
            "User ID can't be empty",
        ));
    }
    let message = call.params.text("message").filter(|text| !text.is_empty());
    let message =
        message.ok_or_else(|| RestError::refused("MESSAGE_EMPTY", "Message can't be empty"))?;
    let tag = call.params.text("tag").filter(|tag| !tag.is_empty());
    let key = format!("{user}:{}", tag.clone().unwrap_or_else(|| marker(&message)));
    let mut state = call.sim.state::<State>();
    let before = state.notices.len();
    if tag.is_some() {
        state
            .notices
            .retain(|_, notice| notice.user != user || notice.tag != tag);
    }
    let replaced = state.notices.len() < before;
    let id = state.next_id(Kind::Notice);
    let at = call.sim.now();
    state.notices.insert(
        id,
        Notice {
            user,
            message,
            tag,
            at,
        },
    );
    let detail = json!({ "user": user, "replaced": replaced });
    call.sim
        .ledger()
        .record_with(Partner::Bitrix24, call.method, &key, call.body, detail);
    Ok(Done::new(json!(id)))
}
