//! OpsService.

mod explain;
mod finding;
mod hold;
mod retry;

use std::collections::{BTreeMap, BTreeSet};

use contracts::queues;
use domain::buyout::start::BuyoutId;
use domain::chat;
use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::{PersonId, PersonRef};
use proto::kite::common::v1::PageInfo;
use proto::kite::ops::v1 as pb;
use proto::kite::ops::v1::ops_service_server::OpsService;
use store::inbox::{InboxFilter, InboxState};
use store::{Page, StoreError};
use tonic::{Request, Response, Status};

use crate::access::{Read, actor_of};
use crate::convert;
use crate::process::ProcessError;
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Operations {
    pub(crate) app: App,
}

impl Operations {
    /// People by their ids, those whom the directory knows.
    async fn people(
        &self,
        ids: BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, PersonRef>, Status> {
        let mut known = BTreeMap::new();
        for person in ids {
            let member = self.app.store.staff(&person).await;
            if let Some(member) = member.map_err(status::store)? {
                known.insert(person, PersonRef::from(&member));
            }
        }
        Ok(known)
    }

    /// Address of the run in Temporal UI; empty when none is configured.
    fn temporal_url(&self, run: &BuyoutId) -> String {
        let Some(mut url) = self.app.config.temporal.ui_url.clone() else {
            return String::new();
        };
        let path = ["namespaces", &self.app.namespace, "workflows", &run.0];
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.into()
    }
}

/// A row's number; none is as large as half of what the API can say.
fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

#[tonic::async_trait]
impl OpsService for Operations {
    async fn list_partners(
        &self,
        _request: Request<pb::ListPartnersRequest>,
    ) -> Result<Response<pb::ListPartnersResponse>, Status> {
        Ok(Response::new(pb::ListPartnersResponse {
            partners: self.partners(queues::ALL).await?,
        }))
    }

    async fn list_inbox(
        &self,
        request: Request<pb::ListInboxRequest>,
    ) -> Result<Response<pb::ListInboxResponse>, Status> {
        let pb::ListInboxRequest {
            page,
            states,
            source,
        } = request.into_inner();
        let mut wrong = Vec::new();
        let states = states
            .iter()
            .filter_map(|state| match state.parse::<InboxState>() {
                Ok(state) => Some(state),
                Err(_) => {
                    wrong.push(FieldViolation::new(
                        "states",
                        format!("Неизвестное состояние «{state}»."),
                    ));
                    None
                }
            })
            .collect();
        if !wrong.is_empty() {
            return Err(status::refused(&Refusal::invalid(wrong)));
        }
        let filter = InboxFilter {
            states,
            source: Some(source).filter(|source| !source.is_empty()),
        };
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_inbox(&filter, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListInboxResponse {
            messages: found.rows.into_iter().map(convert::ops::message).collect(),
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        }))
    }

    async fn retry_inbox(
        &self,
        request: Request<pb::RetryInboxRequest>,
    ) -> Result<Response<pb::RetryInboxResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = number(request.into_inner().id);
        let retried = self.app.store.retry_inbox(id, &actor.person.0).await;
        let message = retried.map_err(|error| match error {
            StoreError::NotFound { .. } => status::not_found("Сообщение"),
            StoreError::Conflict(_) => status::refused(&Refusal::new(
                RefusalCode::WrongState,
                "Процесс уже принял это сообщение: повторять нечего. Обновите список.",
            )),
            other => status::store(other),
        })?;
        self.app.arrived.notify_one();
        Ok(Response::new(pb::RetryInboxResponse {
            message: Some(convert::ops::message(message)),
        }))
    }

    async fn list_unmatched(
        &self,
        request: Request<pb::ListUnmatchedRequest>,
    ) -> Result<Response<pb::ListUnmatchedResponse>, Status> {
        let pb::ListUnmatchedRequest { page, settled } = request.into_inner();
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_unmatched(settled, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let settlers = found
            .rows
            .iter()
            .filter_map(|row| Some(row.settled.as_ref()?.by.clone()))
            .collect();
        let people = self.people(settlers).await?;
        let unmatched = found
            .rows
            .into_iter()
            .map(|row| {
                let by = row.settled.as_ref().and_then(|word| people.get(&word.by));
                let by = by.cloned();
                convert::ops::unmatched(row, by)
            })
            .collect();
        Ok(Response::new(pb::ListUnmatchedResponse {
            unmatched,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        }))
    }

    async fn settle_unmatched(
        &self,
        request: Request<pb::SettleUnmatchedRequest>,
    ) -> Result<Response<pb::SettleUnmatchedResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::SettleUnmatchedRequest { id, settlement } = request.into_inner();
        let id = number(id);
        if settlement.trim().is_empty() {
            return Err(status::refused(&Refusal::invalid(vec![
                FieldViolation::new("settlement", "Напишите, что сделано."),
            ])));
        }
        chat::check_text(&settlement).map_err(|refusal| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "settlement",
                refusal.sentence,
            )]))
        })?;
        let settled = self
            .app
            .store
            .settle_unmatched(id, &actor.person, settlement.trim())
            .await;
        settled.map_err(|error| match error {
            StoreError::NotFound { .. } => status::not_found("Событие"),
            StoreError::Conflict(_) => status::refused(&Refusal::new(
                RefusalCode::WrongState,
                "Это событие уже разобрано. Обновите список, чтобы увидеть, кем и как.",
            )),
            other => status::store(other),
        })?;
        let row = self.app.store.unmatched(id).await.map_err(status::store)?;
        let row = row.ok_or_else(|| status::not_found("Событие"))?;
        Ok(Response::new(pb::SettleUnmatchedResponse {
            unmatched: Some(convert::ops::unmatched(row, Some(PersonRef::from(&actor)))),
        }))
    }

    async fn get_run(
        &self,
        request: Request<pb::GetRunRequest>,
    ) -> Result<Response<pb::GetRunResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = BuyoutId(request.into_inner().buyout_id);
        // A run that has saved nothing yet is what ops looks for, too.
        if let Some(buyout) = self.app.store.buyout(&id).await.map_err(status::store)? {
            self.app.access.see_buyout(&actor, &buyout)?;
        }
        let description = self.app.processes.describe(&id).await;
        let description = description.map_err(|error| match error {
            ProcessError::NotRunning => status::not_found("Дело в Temporal"),
            other => status::process(other),
        })?;
        let url = self.temporal_url(&id);
        let read = Read::of_run("buyout.read_engine", &id, serde_json::json!({}));
        Ok(read.with(convert::ops::run(description, url)))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = BuyoutId(request.into_inner().buyout_id);
        let explained = self.explained(&actor, &id).await?;
        let read = Read::of_run("buyout.read_engine", &id, serde_json::json!({}));
        Ok(read.with(explained))
    }

    async fn note_run(
        &self,
        request: Request<pb::NoteRunRequest>,
    ) -> Result<Response<pb::NoteRunResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::NoteRunRequest { buyout_id, text } = request.into_inner();
        let notes = self.note(&actor, &BuyoutId(buyout_id), &text).await?;
        Ok(Response::new(pb::NoteRunResponse { notes }))
    }

    async fn hold_partner(
        &self,
        request: Request<pb::HoldPartnerRequest>,
    ) -> Result<Response<pb::HoldPartnerResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::HoldPartnerRequest { partner, reason } = request.into_inner();
        let hold = self.hold(&actor, &partner, &reason).await?;
        Ok(Response::new(pb::HoldPartnerResponse { hold: Some(hold) }))
    }

    async fn resume_partner(
        &self,
        request: Request<pb::ResumePartnerRequest>,
    ) -> Result<Response<pb::ResumePartnerResponse>, Status> {
        let actor = actor_of(&request)?;
        let partner = request.into_inner().partner;
        let partner = self.resume(&actor, &partner).await?;
        Ok(Response::new(pb::ResumePartnerResponse { partner }))
    }

    async fn list_holds(
        &self,
        request: Request<pb::ListHoldsRequest>,
    ) -> Result<Response<pb::ListHoldsResponse>, Status> {
        let listed = self.every_hold(request.into_inner()).await?;
        Ok(Response::new(listed))
    }

    type RetryBatchStream = tonic::codegen::BoxStream<pb::RetryBatchResponse>;

    async fn retry_batch(
        &self,
        request: Request<pb::RetryBatchRequest>,
    ) -> Result<Response<Self::RetryBatchStream>, Status> {
        let actor = actor_of(&request)?;
        let told = self.retried(actor, request.into_inner())?;
        Ok(Response::new(told))
    }

    async fn list_findings(
        &self,
        request: Request<pb::ListFindingsRequest>,
    ) -> Result<Response<pb::ListFindingsResponse>, Status> {
        let listed = self.findings(request.into_inner()).await?;
        Ok(Response::new(listed))
    }

    async fn claim_finding(
        &self,
        request: Request<pb::ClaimFindingRequest>,
    ) -> Result<Response<pb::ClaimFindingResponse>, Status> {
        let actor = actor_of(&request)?;
        let finding = self.claim(&actor, request.into_inner().id).await?;
        Ok(Response::new(pb::ClaimFindingResponse {
            finding: Some(finding),
        }))
    }

    async fn settle_finding(
        &self,
        request: Request<pb::SettleFindingRequest>,
    ) -> Result<Response<pb::SettleFindingResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::SettleFindingRequest { id, settlement } = request.into_inner();
        let finding = self.settle(&actor, id, &settlement).await?;
        Ok(Response::new(pb::SettleFindingResponse {
            finding: Some(finding),
        }))
    }

    async fn list_sweeps(
        &self,
        _request: Request<pb::ListSweepsRequest>,
    ) -> Result<Response<pb::ListSweepsResponse>, Status> {
        let sweeps = self.sweeps().await?;
        Ok(Response::new(pb::ListSweepsResponse { sweeps }))
    }

    async fn run_sweep(
        &self,
        request: Request<pb::RunSweepRequest>,
    ) -> Result<Response<pb::RunSweepResponse>, Status> {
        let actor = actor_of(&request)?;
        self.sweep(&actor, &request.into_inner().code).await?;
        Ok(Response::new(pb::RunSweepResponse {}))
    }
}
