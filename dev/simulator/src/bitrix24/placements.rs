//! Places of the portal's pages where the application may stand.

use serde_json::json;

use super::answer::{Done, RestError};
use super::methods::Call;
use super::portal::{Placement, State};
use crate::core::Partner;

/// Tab of a deal's card.
pub(super) const DEAL_TAB: &str = "CRM_DEAL_DETAIL_TAB";

/// Where this portal lets an application stand.
const PLACES: [&str; 4] = [
    "CRM_DEAL_DETAIL_TAB",
    "CRM_DEAL_DETAIL_TOOLBAR",
    "CRM_LEAD_DETAIL_TAB",
    "LEFT_MENU",
];

pub(super) fn list(_call: &Call<'_>) -> Result<Done, RestError> {
    Ok(Done::new(json!(PLACES)))
}

pub(super) fn bind(call: &Call<'_>) -> Result<Done, RestError> {
    let placement = call
        .params
        .text("placement")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let handler = call.params.text("handler").unwrap_or_default();
    if placement.is_empty() {
        return Err(RestError::refused(
            "ERROR_ARGUMENT",
            "Argument 'PLACEMENT' is null or empty",
        ));
    }
    if !PLACES.contains(&placement.as_str()) {
        return Err(RestError::refused(
            "ERROR_PLACEMENT_NOT_FOUND",
            "Placement not found",
        ));
    }
    if url::Url::parse(&handler).is_err() {
        return Err(RestError::refused(
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
        ));
    }
    let mut state = call.sim.state::<State>();
    if state
        .placements
        .iter()
        .any(|known| known.placement == placement && known.handler == handler)
    {
        let error = "ERROR_PLACEMENT_HANDLER_ALREADY_BINDED";
        return Err(RestError::refused(
            error,
            "Unable to set placement handler: Handler already binded",
        ));
    }
    call.sim
        .ledger()
        .record(Partner::Bitrix24, call.method, &placement, call.body);
    let title = call.params.text("title").unwrap_or_default();
    state.placements.push(Placement {
        placement,
        handler,
        title,
    });
    Ok(Done::new(json!(true)))
}

pub(super) fn get(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let row = |bound: &Placement| json!({ "placement": bound.placement, "handler": bound.handler, "title": bound.title, "description": "" });
    Ok(Done::new(state.placements.iter().map(row).collect()))
}

pub(super) fn unbind(call: &Call<'_>) -> Result<Done, RestError> {
    let placement = call
        .params
        .text("placement")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let handler = call.params.text("handler");
    let mut state = call.sim.state::<State>();
    let before = state.placements.len();
    state.placements.retain(|bound| {
        bound.placement != placement
            || handler
                .as_ref()
                .is_some_and(|handler| *handler != bound.handler)
    });
    Ok(Done::new(
        json!({ "count": before - state.placements.len() }),
    ))
}
