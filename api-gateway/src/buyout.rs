//! BuyoutService.

mod detail;
mod export;
mod preview;
mod query;
mod start;

use std::collections::BTreeSet;

use chrono::Utc;
use domain::buyout::action::{ActOnRun, RunAction};
use domain::buyout::decision::{Cancel, PostMessage};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::checks::CheckKind;
use domain::staff::Actor;
use futures::StreamExt;
use proto::kite::buyout::v1 as pb;
use proto::kite::buyout::v1::buyout_service_server::BuyoutService;
use proto::kite::common::v1::PageInfo;
use store::Page;
use tonic::{Request, Response, Status};

use crate::access::{Read, actor_of};
use crate::convert;
use crate::convert::common::Reader;
use crate::convert::summary::{Told, masked, summary};
use crate::evidence;
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Buyouts {
    pub(crate) app: App,
}

impl Buyouts {
    /// The run, when this person may see it.
    async fn read(&self, id: &str, actor: &Actor) -> Result<Buyout, Status> {
        let id = BuyoutId(id.to_owned());
        let buyout = self
            .app
            .store
            .buyout(&id)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Дело"))?;
        self.app.access.see_buyout(actor, &buyout)?;
        Ok(buyout)
    }

    /// What a person does to the run beside its tasks; answers the process's sentence.
    pub(crate) async fn act(
        &self,
        id: &str,
        actor: Actor,
        action: RunAction,
        request_id: String,
    ) -> Result<String, Status> {
        let buyout = self.read(id, &actor).await?;
        let act = ActOnRun { actor, action };
        let accepted = self
            .app
            .processes
            .act_on_run(&buyout.id, act, request_id)
            .await
            .map_err(status::process)?;
        Ok(accepted.message)
    }
}

#[tonic::async_trait]
impl BuyoutService for Buyouts {
    async fn list_buyouts(
        &self,
        request: Request<pb::ListBuyoutsRequest>,
    ) -> Result<Response<pb::ListBuyoutsResponse>, Status> {
        let actor = actor_of(&request)?;
        let request = request.into_inner();
        let (filter, sort) = query::read(&self.app.access, &actor, &request)?;
        let pb::ListBuyoutsRequest { page, fields, .. } = request;
        let paths = fields.map(|mask| mask.paths).unwrap_or_default();
        // Before the rows, so that a wrong mask is refused over an empty list too.
        masked(pb::BuyoutSummary::default(), &paths)
            .map_err(|refusal| status::refused(&refusal))?;
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_buyouts(&filter, sort, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let told = Told {
            prices: self.app.access.sees_prices(&actor),
            refusals: self.app.access.sees_refusals(&actor),
        };
        let now = Utc::now();
        let buyouts = found
            .rows
            .iter()
            .map(|row| {
                masked(summary(row, told, now), &paths).map_err(|refusal| status::refused(&refusal))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(
            query::searched(&filter, found.total).with(pb::ListBuyoutsResponse {
                buyouts,
                page: Some(PageInfo {
                    next_cursor: found.next_cursor.unwrap_or_default(),
                    total: found.total,
                    more_than_total: found.more_than_total,
                }),
            }),
        )
    }

    async fn get_buyout(
        &self,
        request: Request<pb::GetBuyoutRequest>,
    ) -> Result<Response<pb::GetBuyoutResponse>, Status> {
        let actor = actor_of(&request)?;
        let (detail, read) = self.detail(&request.into_inner().id, &actor).await?;
        Ok(read.with(pb::GetBuyoutResponse {
            buyout: Some(detail),
        }))
    }

    async fn list_buyout_events(
        &self,
        request: Request<pb::ListBuyoutEventsRequest>,
    ) -> Result<Response<pb::ListBuyoutEventsResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListBuyoutEventsRequest { id, after_seq } = request.into_inner();
        let buyout = self.read(&id, &actor).await?;
        if !self.app.access.sees_prices(&actor) {
            // Events name prices in words.
            return Ok(Read::nothing().with(pb::ListBuyoutEventsResponse { events: Vec::new() }));
        }
        let events = self
            .app
            .store
            .events(&buyout.id, after_seq)
            .await
            .map_err(status::store)?;
        let read = match events.len() {
            0 => Read::nothing(),
            count => {
                let detail = serde_json::json!({ "events": count });
                Read::of_run("buyout.read_events", &buyout.id, detail)
            }
        };
        Ok(read.with(pb::ListBuyoutEventsResponse {
            events: events.iter().map(convert::common::event).collect(),
        }))
    }

    async fn cancel_buyout(
        &self,
        request: Request<pb::CancelBuyoutRequest>,
    ) -> Result<Response<pb::CancelBuyoutResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::CancelBuyoutRequest { id, reason } = request.into_inner();
        let buyout = self.read(&id, &actor).await?;
        let accepted = self
            .app
            .processes
            .cancel(&buyout.id, Cancel { actor, reason })
            .await
            .map_err(status::process)?;
        Ok(Response::new(pb::CancelBuyoutResponse {
            stage: accepted.stage.to_string(),
            message: accepted.message,
        }))
    }

    async fn post_message(
        &self,
        request: Request<pb::PostMessageRequest>,
    ) -> Result<Response<pb::PostMessageResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::PostMessageRequest {
            id,
            text,
            request_id,
        } = request.into_inner();
        let buyout = self.read(&id, &actor).await?;
        let message = PostMessage { actor, text };
        let accepted = self
            .app
            .processes
            .post_message(&buyout.id, message, Some(request_id))
            .await
            .map_err(status::process)?;
        Ok(Response::new(pb::PostMessageResponse {
            message: accepted.message,
        }))
    }

    async fn count_buyouts(
        &self,
        request: Request<pb::CountBuyoutsRequest>,
    ) -> Result<Response<pb::CountBuyoutsResponse>, Status> {
        let actor = actor_of(&request)?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let (filter, _) = query::read(&self.app.access, &actor, &filter)?;
        let counts = self
            .app
            .store
            .count_buyouts(&filter)
            .await
            .map_err(status::store)?;
        let total = counts.iter().map(|count| count.count).sum();
        let refusals = self.app.access.sees_refusals(&actor);
        Ok(
            query::searched(&filter, total).with(pb::CountBuyoutsResponse {
                counts: convert::summary::counts(counts, refusals),
            }),
        )
    }

    async fn start_buyout(
        &self,
        request: Request<pb::StartBuyoutRequest>,
    ) -> Result<Response<pb::StartBuyoutResponse>, Status> {
        let actor = actor_of(&request)?;
        let started = self.start(&actor, request.into_inner()).await?;
        Ok(Response::new(started))
    }

    type ExportBuyoutsStream = tonic::codegen::BoxStream<pb::ExportBuyoutsResponse>;

    async fn export_buyouts(
        &self,
        request: Request<pb::ExportBuyoutsRequest>,
    ) -> Result<Response<Self::ExportBuyoutsStream>, Status> {
        let actor = actor_of(&request)?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let parts = self.workbook(&actor, &filter).await?;
        Ok(Response::new(Box::pin(tokio_stream::iter(parts))))
    }

    type ExportEvidenceStream = tonic::codegen::BoxStream<pb::ExportEvidenceResponse>;

    async fn export_evidence(
        &self,
        request: Request<pb::ExportEvidenceRequest>,
    ) -> Result<Response<Self::ExportEvidenceStream>, Status> {
        let actor = actor_of(&request)?;
        let buyout = self.read(&request.into_inner().id, &actor).await?;
        let pack = evidence::pack(&self.app, &actor, &buyout).await?;
        let mut name = Some(pack.name);
        let parts = pack.chunks.map(move |chunk| {
            Ok(pb::ExportEvidenceResponse {
                file_name: name.take().unwrap_or_default(),
                chunk: chunk?.into(),
            })
        });
        Ok(Response::new(Box::pin(parts)))
    }

    async fn preview_appraisal(
        &self,
        request: Request<pb::PreviewAppraisalRequest>,
    ) -> Result<Response<pb::PreviewAppraisalResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::PreviewAppraisalRequest { id, appraisal } = request.into_inner();
        let buyout = self.read(&id, &actor).await?;
        let answer = preview::preview(&buyout, &appraisal.unwrap_or_default());
        Ok(Response::new(answer))
    }

    async fn repeat_checks(
        &self,
        request: Request<pb::RepeatChecksRequest>,
    ) -> Result<Response<pb::RepeatChecksResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::RepeatChecksRequest {
            id,
            kinds,
            request_id,
        } = request.into_inner();
        let mut read = Reader::default();
        let kinds: BTreeSet<CheckKind> = kinds
            .iter()
            .filter_map(|kind| read.one_of("kinds", kind))
            .collect();
        let kinds = read
            .finish(Some(kinds))
            .map_err(|refusal| status::refused(&refusal))?;
        let action = RunAction::RepeatChecks { kinds };
        let message = self.act(&id, actor, action, request_id).await?;
        Ok(Response::new(pb::RepeatChecksResponse { message }))
    }

    async fn resend_offer(
        &self,
        request: Request<pb::ResendOfferRequest>,
    ) -> Result<Response<pb::ResendOfferResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ResendOfferRequest { id, request_id } = request.into_inner();
        let action = RunAction::ResendOffer;
        let message = self.act(&id, actor, action, request_id).await?;
        Ok(Response::new(pb::ResendOfferResponse { message }))
    }
}
