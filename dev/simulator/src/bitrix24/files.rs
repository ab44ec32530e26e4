//! Files of deals and comments.

use axum::body::Body;
use axum::extract::{Query, State as Extracted};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::RestError;
use super::fields::{GivenFile, Naming, given_file};
use super::oauth::endpoints;
use super::params::list;
use super::portal::{Kind, State, StoredFile};
use crate::core::Sim;

/// Keeps what a client sent for a multiple file field; `old` are the files that it may keep.
pub(super) fn take(
    sim: &Sim,
    state: &mut State,
    given: &Value,
    old: &[u64],
) -> Result<Vec<u64>, RestError> {
    let mut ids = Vec::new();
    for file in list(given).iter().filter_map(given_file) {
        match file {
            GivenFile::Kept(id) if old.contains(&id) => ids.push(id),
            GivenFile::Kept(_) => {}
            GivenFile::New { name, content } => ids.push(store(sim, state, name, &content)?),
        }
    }
    Ok(ids)
}

fn store(sim: &Sim, state: &mut State, name: String, content: &[u8]) -> Result<u64, RestError> {
    let sha256 = sim.keep(content).map_err(|error| {
        RestError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            error.to_string(),
        )
    })?;
    let id = state.next_id(Kind::File);
    state.files.insert(
        id,
        StoredFile {
            name,
            size: content.len(),
            sha256,
        },
    );
    Ok(id)
}

/// A file of a deal as the two families of methods show it.
pub(super) fn link(sim: &Sim, state: &State, id: u64, naming: Naming) -> Value {
    let (_, rest, _) = endpoints(sim, state);
    let key = key(state, id);
    let machine = format!("{rest}crm.controller.item.getFile/?id={id}&token={key}");
    match naming {
        Naming::Deal => json!({
            "id": id,
            "showUrl": format!("/bitrix/components/bitrix/crm.deal.show/show_file.php?fileId={id}"),
            "downloadUrl": machine,
        }),
        Naming::Item | Naming::ItemOriginal => json!({
            "id": id,
            "url": format!("/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&fileId={id}"),
            "urlMachine": machine,
        }),
    }
}

/// What a person sees of a file.
pub(super) fn described(state: &State, id: u64) -> Value {
    state.files.get(&id).map_or(
        Value::Null,
        |file| json!({ "id": id, "name": file.name, "size": file.size, "sha256": file.sha256 }),
    )
}

/// Nobody without the link reads the file.
fn key(state: &State, id: u64) -> String {
    hex::encode(Sha256::digest(format!(
        "{}/{id}",
        state.app.application_token
    )))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    id: u64,
    token: String,
}

pub(super) async fn download(
    Extracted(sim): Extracted<Sim>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let state = sim.state::<State>();
    let Wanted { id, token } = wanted;
    if token != key(&state, id) {
        return sent(StatusCode::FORBIDDEN, Vec::new(), "");
    }
    content(&sim, &state, id)
}

/// The file itself.
pub(super) fn content(sim: &Sim, state: &State, id: u64) -> Response {
    let found = state
        .files
        .get(&id)
        .and_then(|file| Some((sim.kept(&file.sha256)?, file.name.as_str())));
    match found {
        Some((bytes, name)) => sent(StatusCode::OK, bytes, name),
        None => sent(StatusCode::NOT_FOUND, Vec::new(), ""),
    }
}

fn sent(status: StatusCode, bytes: Vec<u8>, name: &str) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let kind = match name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "pdf" => "application/pdf",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
