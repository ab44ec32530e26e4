//! An upload in parts, for a phone that loses its network: what arrived stays, the rest is sent later.
//!
//! The manner of draft-ietf-httpbis-resumable-upload: `HEAD /files/{ticket}` answers `Upload-Offset`, how
//! many bytes are here. `PATCH /files/{ticket}` with `Upload-Offset` adds bytes from there; the last one
//! says `Upload-Complete: ?1` and is answered like a whole upload. A part that was cut keeps what came.
//!
//! Parts lie in the object store beside the files, under a hash of their ticket, each named by its
//! offset; the name is written once, so of two that begin at one place one is taken.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use object_store::{
    Error as ObjectError, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
    path::Path as ObjectPath,
};
use store::Ticket;

use super::{
    Broken, Refused, Ticketed, away, finish, length, read, signed_in, ticketed, too_large,
};
use crate::inbox::digest;
use crate::server::App;

const FOLDER: &str = "uploads";
/// Parts of an upload that nobody finished go after this; their ticket ended long before.
const KEPT_HOURS: i64 = 24;
/// Most parts of one file: more of them would only burden the store.
const MAX_PARTS: usize = 1_000;

static OFFSET: HeaderName = HeaderName::from_static("upload-offset");
static COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// How far an upload has come.
struct Arrived {
    parts: Vec<ObjectMeta>,
    bytes: u64,
}

fn folder(ticket: &str) -> ObjectPath {
    // The ticket itself is a secret and is no name of a file.
    ObjectPath::from_iter([FOLDER, &digest(ticket.as_bytes())])
}

async fn arrived(objects: &dyn ObjectStore, ticket: &str) -> Result<Arrived, Refused> {
    let mut parts: Vec<ObjectMeta> = objects
        .list(Some(&folder(ticket)))
        .try_collect()
        .await
        .map_err(away)?;
    parts.sort_by(|one, other| one.location.cmp(&other.location));
    let mut bytes = 0;
    let mut whole = 0;
    for part in &parts {
        let begins = part
            .location
            .filename()
            .and_then(|name| name.parse::<u64>().ok());
        if begins != Some(bytes) {
            break;
        }
        bytes += part.size;
        whole += 1;
    }
    parts.truncate(whole);
    Ok(Arrived { parts, bytes })
}

fn progress(bytes: u64, complete: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET.clone(), HeaderValue::from(bytes));
    headers.insert(
        COMPLETE.clone(),
        HeaderValue::from_static(if complete { "?1" } else { "?0" }),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}

/// `HEAD`: how much is here, or where the finished file is.
pub(super) async fn offset(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let actor = signed_in(&app, &headers).await?;
    match ticketed(&app, &actor, &id).await? {
        Ticketed::Open(ticket) => {
            let here = arrived(app.objects.as_ref(), &ticket.id).await?;
            Ok((StatusCode::NO_CONTENT, progress(here.bytes, false)).into_response())
        }
        Ticketed::Used(row) => {
            let mut headers = progress(row.file.size, true);
            headers.remove(&OFFSET);
            if let Ok(place) = HeaderValue::from_str(&format!("/files/{}", row.file.id)) {
                headers.insert(header::LOCATION, place);
            }
            Ok((StatusCode::NO_CONTENT, headers).into_response())
        }
    }
}

/// `PATCH`: the next bytes.
pub(super) async fn append(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let actor = signed_in(&app, &headers).await?;
    let Ticketed::Open(ticket) = ticketed(&app, &actor, &id).await? else {
        return Err(super::gone());
    };
    let wrong = |sentence: &str| Refused(StatusCode::BAD_REQUEST, "OFFSET", sentence.to_owned());
    let offset: u64 = headers
        .get(&OFFSET)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .ok_or_else(|| wrong("Не указано, с какого места продолжать (Upload-Offset)."))?;
    let last = match headers.get(&COMPLETE).map(HeaderValue::as_bytes) {
        Some(b"?1") => true,
        Some(b"?0") | None => false,
        Some(_) => return Err(wrong("Upload-Complete принимает значения ?0 и ?1.")),
    };
    let length = length(&headers);
    // A caller that goes away takes its request with it; what it sent is kept all the same.
    let taken = tokio::spawn(async move {
        let next = Next {
            ticket,
            offset,
            last,
            length,
        };
        next.take(&app, body).await
    });
    taken.await.map_err(away)?
}

/// One `PATCH`.
struct Next {
    ticket: Ticket,
    offset: u64,
    last: bool,
    /// As announced.
    length: Option<u64>,
}

impl Next {
    async fn take(self, app: &App, body: Body) -> Result<Response, Refused> {
        let Self {
            ticket,
            offset,
            last,
            length,
        } = self;
        let objects = app.objects.as_ref();
        let here = arrived(objects, &ticket.id).await?;
        if here.bytes != offset {
            return Ok(elsewhere(here.bytes));
        }
        let room = ticket.max_bytes.saturating_sub(offset);
        if length.is_some_and(|length| length > room) || (!last && here.parts.len() >= MAX_PARTS) {
            return Err(too_large(ticket.max_bytes));
        }
        match read(body, room).await {
            Ok(bytes) if last => {
                let answer = finish(app, ticket, whole(objects, &here, bytes).await?).await;
                // A file that is not taken is not taken later either: the next attempt begins anew.
                let settled = match &answer {
                    Ok(_) => true,
                    Err(Refused(status, _, _)) => !status.is_server_error(),
                };
                if settled {
                    drop_parts(objects, &here.parts).await;
                }
                answer
            }
            Ok(bytes) => keep(objects, &ticket.id, offset, bytes).await,
            Err(Broken { error, kept }) => {
                // Nobody may be there to hear it; the next HEAD tells.
                keep(objects, &ticket.id, offset, kept).await?;
                Err(error)
            }
        }
    }
}

async fn keep(
    objects: &dyn ObjectStore,
    ticket: &str,
    offset: u64,
    bytes: Bytes,
) -> Result<Response, Refused> {
    let end = offset + bytes.len() as u64;
    if bytes.is_empty() {
        return Ok((StatusCode::NO_CONTENT, progress(end, false)).into_response());
    }
    // Padded, so that names sort as numbers do.
    let name = folder(ticket).join(format!("{offset:020}"));
    match objects
        .put_opts(&name, PutPayload::from_bytes(bytes), PutMode::Create.into())
        .await
    {
        Ok(_) => Ok((StatusCode::NO_CONTENT, progress(end, false)).into_response()),
        Err(ObjectError::AlreadyExists { .. }) => {
            Ok(elsewhere(arrived(objects, ticket).await?.bytes))
        }
        Err(error) => Err(away(error)),
    }
}

/// The sender stands at another place than we do; it goes on from ours.
fn elsewhere(here: u64) -> Response {
    let refused = Refused(
        StatusCode::CONFLICT,
        "OFFSET",
        "Часть файла уже принята. Продолжите с указанного места (Upload-Offset).".to_owned(),
    );
    let mut response = refused.into_response();
    response.headers_mut().extend(progress(here, false));
    response
}

async fn whole(objects: &dyn ObjectStore, here: &Arrived, last: Bytes) -> Result<Bytes, Refused> {
    let mut bytes = BytesMut::new();
    for part in &here.parts {
        let found = objects.get(&part.location).await.map_err(away)?;
        bytes.extend_from_slice(&found.bytes().await.map_err(away)?);
    }
    bytes.extend_from_slice(&last);
    Ok(bytes.freeze())
}

async fn drop_parts(objects: &dyn ObjectStore, parts: &[ObjectMeta]) {
    for part in parts {
        if let Err(error) = objects.delete(&part.location).await {
            tracing::warn!(%error, "a part of an upload stays until the sweep");
        }
    }
}

/// Removes what unfinished uploads left.
pub(crate) async fn sweep(objects: &dyn ObjectStore) {
    let before = Utc::now() - chrono::Duration::hours(KEPT_HOURS);
    let listed: Result<Vec<ObjectMeta>, _> = objects
        .list(Some(&ObjectPath::from(FOLDER)))
        .try_collect()
        .await;
    match listed {
        Ok(parts) => {
            let old: Vec<ObjectMeta> = parts
                .into_iter()
                .filter(|part| part.last_modified < before)
                .collect();
            drop_parts(objects, &old).await;
        }
        Err(error) => tracing::warn!(%error, "parts of uploads could not be listed"),
    }
}
