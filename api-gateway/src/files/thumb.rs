//! Small versions of images, for galleries: `/files/{id}?size=thumb`. They lie beside what they are of; one that
//! is not there (an image of before, or a store that lost it) is drawn when it is asked for.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use object_store::{
    Error as ObjectError, ObjectStore, ObjectStoreExt, PutPayload, path::Path as ObjectPath,
};
use serde_json::json;
use store::file::FileRow;

use super::{JPEG, Refused, away, draw, image, whole};
use crate::server::App;

fn place(object_key: &str) -> ObjectPath {
    ObjectPath::from(format!("{object_key}.thumb"))
}

pub(super) async fn keep(
    objects: &dyn ObjectStore,
    object_key: &str,
    thumb: Bytes,
) -> Result<(), Refused> {
    objects
        .put(&place(object_key), PutPayload::from_bytes(thumb))
        .await
        .map_err(away)?;
    Ok(())
}

/// `headers` are those of the file itself.
pub(super) async fn download(
    app: &App,
    row: &FileRow,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    if row.file.content_type != JPEG {
        return Ok(none(&row.file.content_type));
    }
    match app.objects.get(&place(&row.object_key)).await {
        Ok(found) => Ok(whole(found, headers)),
        Err(ObjectError::NotFound { .. }) => drawn_now(app, row, headers).await,
        Err(error) => Err(away(error)),
    }
}

async fn drawn_now(app: &App, row: &FileRow, mut headers: HeaderMap) -> Result<Response, Refused> {
    let objects = app.objects.as_ref();
    let found = objects
        .get(&ObjectPath::from(row.object_key.clone()))
        .await
        .map_err(away)?;
    let bytes = found.bytes().await.map_err(away)?;
    let thumb = Bytes::from(draw(move || image::thumb(&bytes)).await?);
    keep(objects, &row.object_key, thumb.clone()).await?;
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(thumb.len()));
    Ok((headers, Body::from(thumb)).into_response())
}

/// A file that is no image: what it is, so that a gallery can say it.
fn none(content_type: &str) -> Response {
    let told = json!({
        "code": "NO_THUMB",
        "message": "У этого файла нет уменьшенной копии.",
        "content_type": content_type,
    });
    let no_store = [(header::CACHE_CONTROL, "private, no-store")];
    (StatusCode::NOT_FOUND, no_store, Json(told)).into_response()
}
