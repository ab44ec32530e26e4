//! Files in and out: an upload by ticket, whole or in parts; a download. Both with the access token.

mod exif;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod image;
mod parts;
mod sniff;
mod thumb;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use domain::file::{FileKind, FileRef};
use domain::place::GeoPoint;
use domain::staff::Actor;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use object_store::{GetResult, ObjectStoreExt, PutPayload, path::Path as ObjectPath};
use serde::Deserialize;
use serde_json::json;
use store::Ticket;
use store::file::FileRow;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::access::{Action, NotAdmitted, Read, TokenError, caller};
use crate::files::image::{Drawn, ImageError};
use crate::files::sniff::Sniffed;
use crate::inbox::digest;
use crate::server::App;

pub(crate) use parts::sweep;

/// An upload that sends nothing for this long is given up.
const IDLE: Duration = Duration::from_secs(30);
const JPEG: &str = "image/jpeg";
const PDF: &str = "application/pdf";
/// Images drawn at once; each may take 256 MiB.
static DRAWING: Semaphore = Semaphore::const_new(2);
/// Namespace of the ids of files: a ticket brings one file, however often its bytes are sent.
const FILES: Uuid = Uuid::from_u128(0x5d0c_2f6e_6a3b_4b0e_9c5f_2f2b_7a1e_90d4);

/// Why a file was not taken or given: status, stable code, Russian sentence.
#[derive(Debug)]
pub(crate) struct Refused(
    pub(crate) StatusCode,
    pub(crate) &'static str,
    pub(crate) String,
);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, code, sentence) = self;
        let mut response =
            (status, Json(json!({ "code": code, "message": sentence }))).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

pub(crate) fn away(error: impl std::fmt::Display) -> Refused {
    tracing::error!(%error, "a file could not be stored or read");
    Refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "Хранилище не отвечает. Файл остался у вас, повторите через минуту.".to_owned(),
    )
}

fn gone() -> Refused {
    Refused(
        StatusCode::GONE,
        "TICKET",
        "Разрешение на загрузку истекло или уже использовано. Запросите новое, файл остался у вас."
            .to_owned(),
    )
}

fn too_large(limit: u64) -> Refused {
    Refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
        format!("Файл больше {} МБ.", limit / (1024 * 1024)),
    )
}

fn cut() -> Refused {
    Refused(
        StatusCode::BAD_REQUEST,
        "CUT",
        "Загрузка прервалась. Повторите её.".to_owned(),
    )
}

pub(crate) fn routes() -> Router<App> {
    // One path: GET takes a file id, the others take an upload ticket.
    Router::new().route(
        "/files/{id}",
        get(download)
            .put(upload)
            .head(parts::offset)
            .patch(parts::append),
    )
}

pub(crate) async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Actor, Refused> {
    caller(&app.tokens, &app.limiter, headers).await.map_err(|reason| match reason {
        NotAdmitted::NoToken
        | NotAdmitted::Token(TokenError::Invalid | TokenError::Unknown | TokenError::Expired) => {
            Refused(StatusCode::UNAUTHORIZED, "ACCESS", "Нет доступа к файлу. Войдите снова.".to_owned())
        }
        NotAdmitted::Token(TokenError::Unavailable) => Refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "Вход сейчас не проверить. Файл остался у вас, повторите через минуту.".to_owned(),
        ),
        NotAdmitted::TooMany(_) => Refused(
            StatusCode::TOO_MANY_REQUESTS,
            "TOO_MANY",
            "Слишком много запросов. Повторите чуть позже.".to_owned(),
        ),
    })
}

/// What a ticket still stands for.
enum Ticketed {
    /// It may be used.
    Open(Ticket),
    /// It brought this file.
    Used(Box<FileRow>),
}

/// The ticket, when it is this person's.
async fn ticketed(app: &App, actor: &Actor, id: &str) -> Result<Ticketed, Refused> {
    // Somebody else's ticket is told like one that never was.
    match app.store.ticket(id).await.map_err(away)? {
        Some(ticket) if ticket.person != actor.person || ticket.expires_at <= Utc::now() => {
            Err(gone())
        }
        Some(ticket) => Ok(Ticketed::Open(ticket)),
        None => match app.store.file(&file_id(id)).await.map_err(away)? {
            Some(row) if row.uploaded_by.as_ref() == Some(&actor.person) => {
                Ok(Ticketed::Used(Box::new(row)))
            }
            Some(_) | None => Err(gone()),
        },
    }
}

fn file_id(ticket: &str) -> String {
    Uuid::new_v5(&FILES, ticket.as_bytes()).to_string()
}

async fn upload(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let actor = signed_in(&app, &headers).await?;
    let ticketed = ticketed(&app, &actor, &id).await?;
    let limit = match &ticketed {
        Ticketed::Open(ticket) => ticket.max_bytes,
        Ticketed::Used(_) => app.config.files.max_bytes,
    };
    // What says that it is too large is not read at all.
    if length(&headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let bytes = match read(body, limit).await {
        Ok(bytes) => bytes,
        Err(Broken { error, .. }) => return Err(error),
    };
    match ticketed {
        Ticketed::Open(ticket) => finish(&app, ticket, bytes).await,
        Ticketed::Used(row) => repeated(*row, &bytes),
    }
}

/// The answer to a file that came before: its first answer was lost on the way.
fn repeated(row: FileRow, bytes: &Bytes) -> Result<Response, Refused> {
    if row.file.source_sha256.as_deref() == Some(digest(bytes).as_str()) {
        Ok((StatusCode::OK, Json(json!({ "file": row.file }))).into_response())
    } else {
        Err(gone())
    }
}

/// Makes a file of the bytes and uses the ticket up, both or neither.
async fn finish(app: &App, ticket: Ticket, bytes: Bytes) -> Result<Response, Refused> {
    if bytes.is_empty() {
        return Err(Refused(
            StatusCode::BAD_REQUEST,
            "EMPTY",
            "Файл пустой.".to_owned(),
        ));
    }
    let source = bytes.clone();
    let source_sha256 = digest(&bytes);
    let Clean {
        stored,
        thumb,
        content_type,
        place,
    } = clean(bytes, ticket.kind).await?;
    let sha256 = digest(&stored);
    let key = format!("runs/{}/{sha256}", digest(ticket.run.as_str().as_bytes()));
    let size = stored.len() as u64;
    if let Some(thumb) = thumb {
        thumb::keep(app.objects.as_ref(), &key, thumb).await?;
    }
    // The bytes lie there under their own hash; only the winner of the ticket makes a file of them.
    app.objects
        .put(
            &ObjectPath::from(key.clone()),
            PutPayload::from_bytes(stored),
        )
        .await
        .map_err(away)?;
    let file = FileRef {
        id: file_id(&ticket.id),
        kind: ticket.kind,
        content_type: content_type.to_owned(),
        size,
        sha256,
        source_sha256: Some(source_sha256),
        taken_at: place.filter(|_| ticket.kind == FileKind::Photo),
    };
    let row = FileRow {
        file: file.clone(),
        object_key: key,
        run: Some(ticket.run),
        uploaded_by: Some(ticket.person),
        created_at: Utc::now(),
    };
    if app
        .store
        .finish_upload(&ticket.id, &row)
        .await
        .map_err(away)?
    {
        return Ok((StatusCode::CREATED, Json(json!({ "file": file }))).into_response());
    }
    // Somebody was quicker, perhaps with the very same bytes, or the time ran out.
    match app.store.file(&file.id).await.map_err(away)? {
        Some(there) => repeated(there, &source),
        None => Err(gone()),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// What came before it broke off.
struct Broken {
    error: Refused,
    kept: Bytes,
}

async fn read(body: Body, limit: u64) -> Result<Bytes, Broken> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    loop {
        match tokio::time::timeout(IDLE, stream.next()).await {
            Ok(Some(Ok(chunk))) if bytes.len() as u64 + chunk.len() as u64 > limit => {
                return Err(Broken {
                    error: too_large(limit),
                    kept: Bytes::new(),
                });
            }
            Ok(Some(Ok(chunk))) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes.freeze()),
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Broken {
                    error: cut(),
                    kept: bytes.freeze(),
                });
            }
        }
    }
}

/// What is stored.
struct Clean {
    stored: Bytes,
    /// The small version of an image.
    thumb: Option<Bytes>,
    content_type: &'static str,
    /// Where a photo was taken.
    place: Option<GeoPoint>,
}

/// An image drawn anew without its metadata, a PDF scan as it is, nothing else.
async fn clean(bytes: Bytes, kind: FileKind) -> Result<Clean, Refused> {
    match (sniff::sniff(&bytes), kind) {
        (Some(Sniffed::Jpeg | Sniffed::Png | Sniffed::Webp), _) => {
            let Drawn {
                whole,
                thumb,
                place,
            } = draw(move || image::redraw(&bytes)).await?;
            Ok(Clean {
                stored: whole.into(),
                thumb: Some(thumb.into()),
                content_type: JPEG,
                place,
            })
        }
        (Some(Sniffed::Pdf), FileKind::Scan) => Ok(Clean {
            stored: bytes,
            thumb: None,
            content_type: PDF,
            place: None,
        }),
        (Some(Sniffed::Pdf), FileKind::Photo | FileKind::Document | FileKind::PartnerAnswer) => {
            Err(Refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "TYPE",
                "Фото нужно в JPEG, PNG или WebP.".to_owned(),
            ))
        }
        (None, _) => Err(Refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
            "Такой файл не принимаем: нужны JPEG, PNG, WebP или (для сканов) PDF.".to_owned(),
        )),
    }
}

/// Work on pixels: a core for a while, and much memory.
async fn draw<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageError> + Send + 'static,
) -> Result<T, Refused> {
    let _turn = DRAWING.acquire().await.map_err(away)?;
    let drawn = tokio::task::spawn_blocking(work).await.map_err(away)?;
    drawn.map_err(|error| {
        Refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IMAGE",
            error.sentence().to_owned(),
        )
    })
}

/// What of a file is asked for.
#[derive(Deserialize)]
struct Wanted {
    /// Absent: the whole file.
    size: Option<WantedSize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WantedSize {
    Thumb,
}

async fn download(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(Wanted { size }): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let actor = signed_in(&app, &headers).await?;
    let row = readable(&app, &actor, &id).await?;
    let headers = safe_headers(&row.file);
    if let Some(WantedSize::Thumb) = size {
        return thumb::download(&app, &row, headers).await;
    }
    let found = app
        .objects
        .get(&ObjectPath::from(row.object_key))
        .await
        .map_err(away)?;
    Ok(whole(found, headers))
}

fn whole(found: GetResult, mut headers: HeaderMap) -> Response {
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(found.meta.size));
    (headers, Body::from_stream(found.into_stream())).into_response()
}

/// The file, when this person may read it.
async fn readable(app: &App, actor: &Actor, id: &str) -> Result<FileRow, Refused> {
    let missing = || Refused(StatusCode::NOT_FOUND, "NOT_FOUND", "Файла нет.".to_owned());
    let row = app
        .store
        .file(id)
        .await
        .map_err(away)?
        .ok_or_else(missing)?;
    if !app.access.allowed(actor, Action::ReadFile) {
        return Err(Refused(
            StatusCode::FORBIDDEN,
            "ACCESS",
            "У вашей роли нет доступа к файлам.".to_owned(),
        ));
    }
    if let Some(run) = &row.run {
        let buyout = app
            .store
            .buyout(run)
            .await
            .map_err(away)?
            .ok_or_else(missing)?;
        // Whoever may not see the run does not learn that the file exists.
        app.access
            .see_buyout(actor, &buyout)
            .map_err(|_| missing())?;
        if row.file.kind != FileKind::Photo && !app.access.sees_prices(actor) {
            return Err(missing());
        }
    }
    let detail = json!({ "kind": row.file.kind.to_string() });
    let entity = format!("file/{id}");
    let read = match &row.run {
        Some(run) => Read::of_file(entity, run, detail),
        None => Read::of("file.read", entity, detail),
    };
    // Nothing is given out that is not on record first.
    app.reads
        .record(&actor.person, read)
        .await
        .map_err(|status| {
            Refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "AUDIT",
                status.message().to_owned(),
            )
        })?;
    Ok(row)
}

/// A stored file is never a page: no sniffing, no scripts, not kept by anybody in between.
fn safe_headers(file: &FileRef) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let shown = [JPEG, PDF].contains(&file.content_type.as_str());
    let disposition = if shown { "inline" } else { "attachment" };
    for (name, value) in [
        (header::CONTENT_TYPE, file.content_type.as_str()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers
}
