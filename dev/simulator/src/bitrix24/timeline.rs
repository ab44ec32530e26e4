//! Comments in a deal's timeline. Nothing here is unique: the same comment can be added twice.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Done, RestError, portal_time};
use super::files;
use super::filter::{fits, id, page, selected, sort};
use super::methods::Call;
use super::oauth::endpoints;
use super::params::{map, number, text};
use super::people;
use super::portal::{Comment, Kind, State};
use crate::core::{Partner, Sim};

/// `fields` is read in lower case only.
pub(super) fn add(call: &Call<'_>) -> Result<Done, RestError> {
    let fields = call
        .params
        .exact("fields")
        .and_then(map)
        .ok_or_else(|| RestError::missing("fields"))?;
    let deal = fields
        .get("ENTITY_ID")
        .and_then(number)
        .ok_or_else(|| RestError::missing("ENTITY_ID"))?;
    let kind = fields
        .get("ENTITY_TYPE")
        .and_then(text)
        .ok_or_else(|| RestError::missing("ENTITY_TYPE"))?;
    let comment = fields.get("COMMENT").and_then(text).unwrap_or_default();
    if comment.is_empty() {
        return Err(RestError::refused(
            "INVALID_ARG_VALUE",
            "Empty comment message.",
        ));
    }
    let mut state = call.sim.state::<State>();
    if !kind.eq_ignore_ascii_case("deal") || !state.deals.contains_key(&deal) {
        return Err(RestError::refused(
            "OWNER_NOT_FOUND",
            "Owner was not found.",
        ));
    }
    let given = fields.get("FILES").cloned().unwrap_or_default();
    let files = files::take(call.sim, &mut state, &given, &[])?;
    let key = format!("{deal}:{}", marker(&comment));
    let detail = json!({ "deal": deal, "files": files.len() });
    let author = fields
        .get("AUTHOR_ID")
        .and_then(number)
        .unwrap_or(call.caller.user);
    let id = state.next_id(Kind::Comment);
    let created_at = call.sim.now();
    state.comments.insert(
        id,
        Comment {
            deal,
            text: comment,
            author,
            created_at,
            files,
        },
    );
    call.sim
        .ledger()
        .record_with(Partner::Bitrix24, call.method, &key, call.body, detail);
    Ok(Done::new(json!(id)))
}

pub(super) fn get(call: &Call<'_>) -> Result<Done, RestError> {
    let state = call.sim.state::<State>();
    let found = id(&call.params).and_then(|id| Some((id, state.comments.get(&id)?)));
    let (id, comment) = found.ok_or_else(|| RestError::refused("NOT_FOUND", "Not found."))?;
    Ok(Done::new(row(call.sim, &state, id, comment)))
}

pub(super) fn list(call: &Call<'_>) -> Result<Done, RestError> {
    let filter = call.params.map("filter").unwrap_or_default();
    let names = |name: &str| filter.keys().any(|key| key.trim_start_matches('=') == name);
    if !names("ENTITY_ID") || !names("ENTITY_TYPE") {
        return Err(RestError::refused("", "Access denied."));
    }
    let state = call.sim.state::<State>();
    // Looked at first, since rows are made to be compared.
    let deal = filter.get("ENTITY_ID").and_then(number);
    let mut rows: Vec<Value> = state
        .comments
        .iter()
        .filter(|(_, comment)| deal.is_none_or(|deal| comment.deal == deal))
        .map(|(id, comment)| row(call.sim, &state, *id, comment))
        .filter(|row| fits(&filter, &|name| row.get(name).cloned()))
        .collect();
    sort(
        &mut rows,
        &call.params.map("order").unwrap_or_default(),
        &|row, name| row.get(name).cloned(),
    );
    let (mut rows, mut done) = page(rows, &call.params);
    if let Some(names) = selected(&call.params) {
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|name, _| names.contains(name));
        }
    }
    done.result = Value::Array(rows);
    Ok(done)
}

fn row(sim: &Sim, state: &State, id: u64, comment: &Comment) -> Value {
    let Comment {
        deal,
        text,
        author,
        created_at,
        files,
    } = comment;
    let created = portal_time(*created_at);
    let (_, rest, _) = endpoints(sim, state);
    let files: Map<String, Value> = files
        .iter()
        .filter_map(|id| {
            let file = state.files.get(id)?;
            let link = files::link(sim, state, *id, super::fields::Naming::Item);
            Some((
                id.to_string(),
                json!({
                    "id": id,
                    "date": created,
                    "type": "file",
                    "name": file.name,
                    "size": file.size,
                    "authorId": author,
                    "authorName": people::find(*author).map(people::Employee::full_name),
                    "urlShow": format!("{rest}disk/showFile/{id}/"),
                    "urlDownload": link["urlMachine"],
                }),
            ))
        })
        .collect();
    json!({
        "ID": id.to_string(),
        "ENTITY_ID": deal.to_string(),
        "ENTITY_TYPE": "deal",
        "CREATED": created,
        "COMMENT": text,
        "AUTHOR_ID": author.to_string(),
        "FILES": files,
    })
}

/// What tells a text from another one in the ledger: the marker `[#…]` in it, else its hash.
pub(super) fn marker(text: &str) -> String {
    let marked = text
        .split_once("[#")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(marker, _)| marker);
    match marked {
        Some(marker) => marker.to_owned(),
        None => hex::encode(Sha256::digest(text))[..16].to_owned(),
    }
}
