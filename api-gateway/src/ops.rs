//! OpsService.

use std::collections::BTreeMap;

use chrono::Utc;
use contracts::queues;
use domain::buyout::start::BuyoutId;
use domain::chat;
use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::{PersonId, PersonRef};
use futures::future::join_all;
use proto::kite::common::v1::PageInfo;
use proto::kite::ops::v1 as pb;
use proto::kite::ops::v1::ops_service_server::OpsService;
use store::inbox::{InboxFilter, InboxState};
use store::unmatched::UnmatchedRow;
use store::{Page, StoreError};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert;
use crate::process::ProcessError;
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Operations {
    pub(crate) app: App,
}

impl Operations {
    /// Whoever settled each of the facts, by their ids.
    async fn settlers(
        &self,
        rows: &[UnmatchedRow],
    ) -> Result<BTreeMap<PersonId, PersonRef>, Status> {
        let mut known = BTreeMap::new();
        for person in rows
            .iter()
            .filter_map(|row| Some(&row.settled.as_ref()?.by))
        {
            if known.contains_key(person) {
                continue;
            }
            let member = self.app.store.staff(person).await.map_err(status::store)?;
            if let Some(member) = member {
                known.insert(person.clone(), PersonRef::from(&member));
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
        let calls = self
            .app
            .store
            .partner_calls(Utc::now())
            .await
            .map_err(status::store)?;
        let partners = queues::ALL.into_iter().filter_map(|queue| {
            let code = queues::partner(queue)?;
            let calls = calls.get(code).cloned().unwrap_or_default();
            Some(async move {
                let backlog = self.app.processes.backlog(queue).await;
                convert::ops::partner(code, queues::title_ru(queue), &calls, backlog)
            })
        });
        Ok(Response::new(pb::ListPartnersResponse {
            partners: join_all(partners).await,
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
        let people = self.settlers(&found.rows).await?;
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
        Ok(Response::new(convert::ops::run(description, url)))
    }
}
