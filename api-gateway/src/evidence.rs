//! The evidence pack of a run: one archive of everything that is known of it, signed, for whoever has to
//! judge it without us. What it holds and how it is checked: docs/evidence.md.

mod contents;
mod summary;

use archive::evidence::{
    Category, FORMAT, LegalEntity, Manifest, Missing, Part, Person, Registered, VERSION,
};
use archive::tape;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::audit::{hex, sha256};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::staff::Actor;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use object_store::{GetResult, ObjectStoreExt, path::Path as ObjectPath};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{AuditEntry, Owner};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use self::contents::{Contents, File, Text};
use crate::files::{Refused, away, signed_in};
use crate::server::App;
use crate::{audit, status};

/// The right to a pack is that of this method, over HTTP too.
const METHOD: &str = "kite.buyout.v1.BuyoutService/ExportEvidence";
/// Bytes of one message.
const CHUNK: usize = 64 * 1024;
/// Messages that wait for a slow reader.
const AHEAD: usize = 4;

/// A pack on its way.
pub(crate) struct Pack {
    pub(crate) name: String,
    pub(crate) chunks: ReceiverStream<Result<Bytes, Status>>,
}

/// Begins a pack of a run that the person may see; it is on record before its first byte goes out.
pub(crate) async fn pack(app: &App, actor: &Actor, buyout: &Buyout) -> Result<Pack, Status> {
    let at = Utc::now();
    let entry = AuditEntry {
        at,
        person: actor.person.0.clone(),
        action: "evidence.export".to_owned(),
        entity: buyout.id.0.clone(),
        detail: json!({ "version": buyout.version, "stage": buyout.stage.to_string() }),
    };
    app.store
        .audit_all(vec![(entry, Owner::Run(buyout.id.clone()))])
        .await
        .map_err(status::store)?;
    // The pack's own row is under a signature, too.
    audit::sign(&app.store, &app.signers).await;
    let contents = Contents::gather(app, buyout, actor, at).await?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        run: buyout.id.0.clone(),
        deal: buyout.deal_id,
        legal_entity: legal_entity(buyout),
        made_at: at,
        made_by: Person {
            id: actor.person.0.clone(),
            name: actor.name.clone(),
        },
        software: env!("CARGO_PKG_VERSION").to_owned(),
        parts: Vec::new(),
        missing: Vec::new(),
    };
    let (sender, receiver) = mpsc::channel(AHEAD);
    let writing = Writing {
        app: app.clone(),
        sender,
        manifest,
    };
    tokio::spawn(writing.run(contents));
    Ok(Pack {
        name: file_name(buyout, at),
        chunks: ReceiverStream::new(receiver),
    })
}

fn file_name(buyout: &Buyout, at: DateTime<Utc>) -> String {
    format!(
        "evidence-{}-{}.tar",
        buyout.deal_id,
        at.format("%Y%m%d-%H%M%S")
    )
}

fn legal_entity(buyout: &Buyout) -> Option<LegalEntity> {
    let entity = &buyout.policy.as_ref()?.legal_entity;
    Some(LegalEntity {
        id: entity.id.clone(),
        name: entity.name.clone(),
        inn: entity.inn.clone(),
    })
}

/// Why a pack ends before its end. Whoever reads it sees an error, and no signature.
enum Stopped {
    /// Nobody reads any more.
    Unread,
    Failed(Status),
}

struct Writing {
    app: App,
    sender: mpsc::Sender<Result<Bytes, Status>>,
    manifest: Manifest,
}

impl Writing {
    async fn run(mut self, contents: Contents) {
        match self.write(contents).await {
            Ok(()) | Err(Stopped::Unread) => {}
            Err(Stopped::Failed(status)) => {
                tracing::error!(run = %self.manifest.run, %status, "an evidence pack was not finished");
                let _ = self.sender.send(Err(status)).await;
            }
        }
    }

    async fn write(&mut self, contents: Contents) -> Result<(), Stopped> {
        let Contents { texts, files } = contents;
        for text in texts {
            self.text(text).await?;
        }
        for file in files {
            self.file(file).await?;
        }
        let end = self
            .manifest
            .seal(&self.app.signers)
            .map_err(|error| failed(&error))?;
        self.send(end).await
    }

    async fn text(&mut self, text: Text) -> Result<(), Stopped> {
        let Text {
            path,
            category,
            title,
            content_type,
            bytes,
        } = text;
        let entry = tape::entry(&path, &bytes).map_err(|error| failed(&error))?;
        self.send(entry).await?;
        self.manifest.parts.push(Part {
            path,
            category,
            title,
            content_type: content_type.to_owned(),
            size: bytes.len() as u64,
            sha256: sha256(&bytes),
            registered: None,
        });
        Ok(())
    }

    /// A kept file as the object store has it now, beside what was noted when it came in.
    async fn file(&mut self, file: File) -> Result<(), Stopped> {
        let key = ObjectPath::from(file.row.object_key.clone());
        match self.app.objects.get(&key).await {
            Ok(found) => self.found(file, found).await,
            Err(object_store::Error::NotFound { .. }) => {
                self.manifest.missing.push(Missing {
                    file: file.row.file.id,
                    title: file.title,
                    sha256: file.row.file.sha256,
                    why: "the object store does not have it".to_owned(),
                });
                Ok(())
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn found(&mut self, file: File, found: GetResult) -> Result<(), Stopped> {
        let File {
            path,
            category,
            title,
            row,
        } = file;
        let size = found.meta.size;
        let header = tape::header(&path, size).map_err(|error| failed(&error))?;
        self.send(header.to_vec()).await?;
        let (mut hasher, mut left) = (Sha256::new(), size);
        let mut stream = found.into_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(&error))?;
            left = left
                .checked_sub(chunk.len() as u64)
                .ok_or_else(|| failed(&"an object is longer than the store said"))?;
            hasher.update(&chunk);
            self.send(chunk.into()).await?;
        }
        if left > 0 {
            return Err(failed(&"an object is shorter than the store said"));
        }
        self.send(vec![0; tape::padding(size)]).await?;
        self.manifest.parts.push(Part {
            path,
            category,
            title,
            content_type: row.file.content_type,
            size,
            sha256: hex(&hasher.finalize()),
            registered: Some(Registered {
                file: row.file.id,
                at: row.created_at,
                by: row.uploaded_by.map(|person| person.0),
                sha256: row.file.sha256,
                source_sha256: row.file.source_sha256,
            }),
        });
        Ok(())
    }

    async fn send(&self, bytes: Vec<u8>) -> Result<(), Stopped> {
        let mut bytes = Bytes::from(bytes);
        while !bytes.is_empty() {
            let chunk = bytes.split_to(bytes.len().min(CHUNK));
            self.sender
                .send(Ok(chunk))
                .await
                .map_err(|_| Stopped::Unread)?;
        }
        Ok(())
    }
}

fn failed(error: &dyn std::fmt::Display) -> Stopped {
    tracing::error!(%error, "a part of an evidence pack could not be read");
    Stopped::Failed(Status::unavailable(
        "Выгрузка прервалась: хранилище не отвечает. Ничего не изменено, повторите через минуту.",
    ))
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/evidence/{id}", get(download))
}

/// The same bytes for a browser.
async fn download(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let actor = signed_in(&app, &headers).await?;
    if !app.access.may_call(&actor, METHOD) {
        return Err(Refused(
            StatusCode::FORBIDDEN,
            "ACCESS",
            "У вашей роли нет этого действия.".to_owned(),
        ));
    }
    let missing = || Refused(StatusCode::NOT_FOUND, "NOT_FOUND", "Дела нет.".to_owned());
    let buyout = app
        .store
        .buyout(&BuyoutId(id))
        .await
        .map_err(away)?
        .ok_or_else(missing)?;
    app.access
        .see_buyout(&actor, &buyout)
        .map_err(|_| missing())?;
    let pack = pack(&app, &actor, &buyout).await.map_err(away)?;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", pack.name),
        ),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok((headers, Body::from_stream(pack.chunks)).into_response())
}

/// Where the parts of a kind lie in the archive.
fn folder(category: Category) -> &'static str {
    match category {
        Category::Photo => "photos",
        Category::Scan => "papers",
        Category::Document => "documents",
        Category::PartnerAnswer => "checks/raw",
        Category::Check => "checks",
        Category::Summary
        | Category::State
        | Category::Decision
        | Category::Offer
        | Category::PartnerCall
        | Category::Event
        | Category::Audit => "",
    }
}
