//! AuditService, and the signing of what was put on record.

use std::collections::BTreeMap;

use chrono::Utc;
use domain::audit::{AuditRow, Line};
use domain::signing::Signers;
use futures::StreamExt;
use platform::config::ConfigError;
use platform::keys::KeysConfig;
use proto::kite::audit::v1 as pb;
use proto::kite::audit::v1::audit_service_server::AuditService;
use proto::kite::common::v1::{PageInfo, Person};
use serde_json::json;
use store::{AuditEntry, AuditFilter, Page, Store, StoreError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::access::{Read, actor_of};
use crate::convert::common::{instant, time};
use crate::server::App;
use crate::status;

/// Rows of one reading of an export.
const BATCH: u64 = 500;
/// Messages of an export that wait for a slow reader.
const AHEAD: usize = 4;

#[derive(Clone)]
pub(crate) struct AuditTrail {
    pub(crate) app: App,
}

/// The keys of the configuration.
pub(crate) fn signers(config: &KeysConfig) -> Result<Signers, ConfigError> {
    let keys = config.decode("signing")?;
    Signers::new(config.current.clone(), keys)
        .map_err(|error| ConfigError::value("signing.current", error.to_string()))
}

/// The public halves, for whoever is to trust them.
pub(crate) fn print_keys(signers: &Signers) {
    for (id, public_key) in signers.public().iter() {
        let current = id == signers.current();
        tracing::info!(%id, %public_key, current, "a key that signs audit and evidence");
    }
}

/// Signs what has grown. A chain that was changed by hand is not signed, and says so every minute.
pub(crate) async fn sign(store: &Store, signers: &Signers) {
    match store.sign_audit(signers).await {
        Ok(refused) => {
            metrics::gauge!("kite_audit_broken_chains").set(refused.len() as f64);
            for refused in refused {
                let store::audit::Refused { chain, problem } = refused;
                tracing::error!(%chain, %problem, "the audit was changed by hand: it is not signed; run `kite audit verify`");
            }
        }
        Err(error) => {
            tracing::warn!(%error, "the audit is signed later: the store does not answer");
        }
    }
}

/// The trail as text, piece by piece: checkpoints and heads, then the rows of each chain.
pub(crate) struct Trail {
    store: Store,
    begun: bool,
    /// Chains whose rows are still to come, the next one last.
    chains: Vec<String>,
    /// The last row that was given of the next chain.
    after: u64,
}

impl Trail {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            begun: false,
            chains: Vec::new(),
            after: 0,
        }
    }

    /// The next piece, whole lines; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.begun {
            self.begun = true;
            let begin = self.begin().await?;
            if !begin.is_empty() {
                return Ok(Some(begin.into_bytes()));
            }
        }
        while let Some(chain) = self.chains.last() {
            let rows = self.store.audit_rows(chain, self.after, BATCH).await?;
            let Some(last) = rows.last() else {
                self.chains.pop();
                self.after = 0;
                continue;
            };
            self.after = last.seq;
            let mut text = String::new();
            for row in rows {
                push(&mut text, &Line::Row(row))?;
            }
            return Ok(Some(text.into_bytes()));
        }
        Ok(None)
    }

    async fn begin(&mut self) -> Result<String, StoreError> {
        let mut text = String::new();
        // Heads before checkpoints are read: what is signed meanwhile lies beyond them, never before.
        let heads = self.store.audit_heads().await?;
        for checkpoint in self.store.audit_checkpoints().await? {
            push(&mut text, &Line::Checkpoint(checkpoint))?;
        }
        for head in heads {
            push(&mut text, &Line::Head(head))?;
        }
        self.chains = self.store.audit_chains().await?;
        self.chains.reverse();
        Ok(text)
    }
}

fn push(text: &mut String, line: &Line) -> Result<(), StoreError> {
    let line = line
        .write()
        .map_err(|_| StoreError::Invalid { what: "audit row" })?;
    text.push_str(&line);
    Ok(())
}

impl AuditTrail {
    /// Names of people by their ids.
    async fn names(&self) -> Result<BTreeMap<String, String>, Status> {
        let members = self
            .app
            .store
            .members_of_staff()
            .await
            .map_err(status::store)?;
        Ok(members
            .into_iter()
            .map(|member| (member.staff.person.0, member.staff.name))
            .collect())
    }
}

fn entry(row: AuditRow, names: &BTreeMap<String, String>) -> pb::AuditEntry {
    let AuditRow {
        chain,
        seq,
        at,
        person,
        action,
        entity,
        run,
        detail,
        prev: _,
        hash,
    } = row;
    pb::AuditEntry {
        chain,
        seq,
        at: Some(time(at)),
        person: Some(Person {
            name: names.get(&person).cloned().unwrap_or_default(),
            id: person,
        }),
        action,
        entity,
        buyout_id: run.unwrap_or_default(),
        detail: detail.to_string(),
        hash,
    }
}

#[tonic::async_trait]
impl AuditService for AuditTrail {
    async fn search_audit(
        &self,
        request: Request<pb::SearchAuditRequest>,
    ) -> Result<Response<pb::SearchAuditResponse>, Status> {
        let pb::SearchAuditRequest {
            page,
            person_id,
            action,
            entity: wanted,
            buyout_id,
            chain,
            from,
            to,
        } = request.into_inner();
        let page = page.unwrap_or_default();
        let filter = AuditFilter {
            person: person_id,
            action,
            entity: wanted,
            run: buyout_id,
            chain,
            from: instant(from),
            to: instant(to),
        };
        let found = self
            .app
            .store
            .search_audit(&filter, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let names = self.names().await?;
        let read = Read::of("audit.read", "audit", json!({ "found": found.total }));
        Ok(read.with(pb::SearchAuditResponse {
            entries: found
                .rows
                .into_iter()
                .map(|row| entry(row, &names))
                .collect(),
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        }))
    }

    type ExportAuditStream = tonic::codegen::BoxStream<pb::ExportAuditResponse>;

    async fn export_audit(
        &self,
        request: Request<pb::ExportAuditRequest>,
    ) -> Result<Response<Self::ExportAuditStream>, Status> {
        let actor = actor_of(&request)?;
        let store = self.app.store.clone();
        let export = AuditEntry {
            at: Utc::now(),
            person: actor.person.0,
            action: "audit.export".to_owned(),
            entity: "audit".to_owned(),
            detail: json!({}),
        };
        store.audit(&export).await.map_err(status::store)?;
        // The export itself is under a signature, too.
        sign(&store, &self.app.signers).await;
        let (sender, receiver) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let mut trail = Trail::new(store);
            loop {
                let part = match trail.next().await {
                    Ok(Some(chunk)) => Ok(chunk),
                    Ok(None) => return,
                    // Whoever reads must not take a part for the whole.
                    Err(error) => Err(status::store(error)),
                };
                let failed = part.is_err();
                if sender.send(part).await.is_err() || failed {
                    return;
                }
            }
        });
        let parts = ReceiverStream::new(receiver)
            .map(|part| part.map(|chunk| pb::ExportAuditResponse { chunk }));
        Ok(Response::new(Box::pin(parts)))
    }

    async fn list_signing_keys(
        &self,
        _request: Request<pb::ListSigningKeysRequest>,
    ) -> Result<Response<pb::ListSigningKeysResponse>, Status> {
        let signers = &self.app.signers;
        let keys = signers
            .public()
            .iter()
            .map(|(id, public_key)| pb::SigningKey {
                id: id.to_owned(),
                public_key,
                current: id == signers.current(),
            })
            .collect();
        Ok(Response::new(pb::ListSigningKeysResponse { keys }))
    }
}
