//! Files in and out: an upload by ticket, a download by access token.

mod image;
mod sniff;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use domain::file::{FileKind, FileRef};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use object_store::{ObjectStoreExt, PutPayload, path::Path as ObjectPath};
use serde_json::json;
use store::file::FileRow;

use crate::access::{Action, bearer};
use crate::files::sniff::Sniffed;
use crate::inbox::digest;
use crate::server::App;

/// Why a file was not taken: status, stable code, Russian sentence.
struct Refused(StatusCode, &'static str, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, code, sentence) = self;
        (status, Json(json!({ "code": code, "message": sentence }))).into_response()
    }
}

fn away(error: impl std::fmt::Display) -> Refused {
    tracing::error!(%error, "a file could not be stored or read");
    Refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "Хранилище не отвечает. Файл остался у вас, повторите загрузку через минуту.".to_owned(),
    )
}

pub(crate) fn routes() -> Router<App> {
    // One path: PUT takes an upload ticket, GET takes a file id.
    Router::new().route("/files/{id}", get(download).put(upload))
}

async fn upload(State(app): State<App>, Path(ticket): Path<String>, body: Body) -> Result<Response, Refused> {
    let gone = || {
        Refused(
            StatusCode::GONE,
            "TICKET",
            "Разрешение на загрузку истекло или уже использовано. Запросите новое, файл остался у вас.".to_owned(),
        )
    };
    let ticket = app.store.ticket(&ticket).await.map_err(away)?.filter(|t| t.expires_at > Utc::now()).ok_or_else(gone)?;
    let bytes = read(body, ticket.max_bytes).await?;
    let source_sha256 = digest(&bytes);
    let (stored, content_type) = clean(bytes, ticket.kind).await?;
    let sha256 = digest(&stored);
    let key = format!("runs/{}/{sha256}", digest(ticket.run.as_str().as_bytes()));
    app.objects
        .put(&ObjectPath::from(key.clone()), PutPayload::from_bytes(stored.clone()))
        .await
        .map_err(away)?;
    // The bytes lie there under their own hash; only the winner of the ticket makes a file of them.
    if !app.store.consume_ticket(&ticket.id).await.map_err(away)? {
        return Err(gone());
    }
    let file = FileRef {
        id: uuid::Uuid::new_v4().to_string(),
        kind: ticket.kind,
        content_type: content_type.to_owned(),
        size: stored.len() as u64,
        sha256,
        source_sha256: Some(source_sha256),
    };
    let row = FileRow {
        file: file.clone(),
        object_key: key,
        run: Some(ticket.run),
        uploaded_by: Some(ticket.person),
        created_at: Utc::now(),
    };
    app.store.add_file(&row).await.map_err(away)?;
    Ok((StatusCode::CREATED, Json(json!({ "file": file }))).into_response())
}

async fn read(body: Body, limit: u64) -> Result<Bytes, Refused> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Refused(StatusCode::BAD_REQUEST, "CUT", "Загрузка прервалась. Повторите её.".to_owned())
        })?;
        if bytes.len() as u64 + chunk.len() as u64 > limit {
            return Err(Refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "TOO_LARGE",
                format!("Файл больше {} МБ.", limit / (1024 * 1024)),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.is_empty() {
        return Err(Refused(StatusCode::BAD_REQUEST, "EMPTY", "Файл пустой.".to_owned()));
    }
    Ok(bytes.freeze())
}

/// What is stored: an image drawn anew without its metadata, a PDF scan as it is, nothing else.
async fn clean(bytes: Bytes, kind: FileKind) -> Result<(Bytes, &'static str), Refused> {
    match (sniff::sniff(&bytes), kind) {
        (Some(Sniffed::Jpeg | Sniffed::Png | Sniffed::Webp), _) => {
            let drawn = tokio::task::spawn_blocking(move || image::redraw(&bytes)).await.map_err(away)?;
            drawn.map(|jpeg| (Bytes::from(jpeg), "image/jpeg")).map_err(|error| {
                Refused(StatusCode::UNPROCESSABLE_ENTITY, "IMAGE", error.sentence().to_owned())
            })
        }
        (Some(Sniffed::Pdf), FileKind::Scan) => Ok((bytes, "application/pdf")),
        (Some(Sniffed::Pdf), FileKind::Photo | FileKind::Document | FileKind::PartnerAnswer) => {
            Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "TYPE", "Фото нужно в JPEG, PNG или WebP.".to_owned()))
        }
        (None, _) => Err(Refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "TYPE",
            "Такой файл не принимаем: нужны JPEG, PNG, WebP или (для сканов) PDF.".to_owned(),
        )),
    }
}

async fn download(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refused> {
    let denied = |status| Refused(status, "ACCESS", "Нет доступа к файлу. Войдите снова.".to_owned());
    let token = bearer(&headers).ok_or_else(|| denied(StatusCode::UNAUTHORIZED))?;
    let actor = app.tokens.actor(token).await.map_err(|_| denied(StatusCode::UNAUTHORIZED))?;
    let missing = || Refused(StatusCode::NOT_FOUND, "NOT_FOUND", "Файла нет.".to_owned());
    let row = app.store.file(&id).await.map_err(away)?.ok_or_else(missing)?;
    if !app.access.allowed(&actor, Action::ReadFile) {
        return Err(denied(StatusCode::FORBIDDEN));
    }
    if let Some(run) = &row.run {
        let buyout = app.store.buyout(run).await.map_err(away)?.ok_or_else(missing)?;
        // Whoever may not see the run does not learn that the file exists.
        app.access.see_buyout(&actor, &buyout).map_err(|_| missing())?;
        if row.file.kind != FileKind::Photo && !app.access.sees_prices(&actor) {
            return Err(missing());
        }
    }
    let bytes = app
        .objects
        .get(&ObjectPath::from(row.object_key.clone()))
        .await
        .map_err(away)?
        .bytes()
        .await
        .map_err(away)?;
    Ok((safe_headers(&row.file), bytes).into_response())
}

/// A stored file is never a page: no sniffing, no scripts, not kept by anybody in between.
fn safe_headers(file: &FileRef) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let shown = matches!(file.content_type.as_str(), "image/jpeg" | "application/pdf");
    let disposition = if shown { "inline" } else { "attachment" };
    for (name, value) in [
        (header::CONTENT_TYPE, file.content_type.as_str()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers
}
