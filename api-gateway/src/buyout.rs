//! BuyoutService.

use chrono::Utc;
use domain::buyout::decision::{Cancel, PostMessage};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::Actor;
use proto::kite::buyout::v1 as pb;
use proto::kite::buyout::v1::buyout_service_server::BuyoutService;
use proto::kite::common::v1::PageInfo;
use store::{BuyoutFilter, BuyoutRow, Page};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert;
use crate::convert::common::{money, time};
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
}

fn row(row: &BuyoutRow) -> pb::BuyoutSummary {
    pb::BuyoutSummary {
        id: row.id.0.clone(),
        deal_id: row.deal_id,
        stage: row.stage.to_string(),
        stage_title: row.stage.title_ru().to_owned(),
        waiting_for: row.waiting_for.clone().unwrap_or_default(),
        deadline: row.deadline.map(time),
        identifier: row.identifier.clone().unwrap_or_default(),
        plate: row.plate.clone().unwrap_or_default(),
        car: row.car.clone(),
        city: row.city.clone(),
        site: row.site.clone().unwrap_or_default(),
        price: row.price.map(money),
        started_at: Some(time(row.started_at)),
        stage_since: Some(time(row.stage_since)),
        ended_at: row.ended_at.map(time),
        outcome: row.outcome.clone().unwrap_or_default(),
        ..pb::BuyoutSummary::default()
    }
}

/// Clears the fields that a mask does not name; an unknown path is refused.
fn masked(summary: pb::BuyoutSummary, paths: &[String]) -> Result<pb::BuyoutSummary, Refusal> {
    if paths.is_empty() {
        return Ok(summary);
    }
    let full = summary;
    let mut kept = pb::BuyoutSummary {
        id: full.id.clone(),
        ..pb::BuyoutSummary::default()
    };
    for path in paths {
        match path.as_str() {
            "id" => {}
            "deal_id" => kept.deal_id = full.deal_id,
            "stage" => kept.stage = full.stage.clone(),
            "stage_title" => kept.stage_title = full.stage_title.clone(),
            "waiting_for" => kept.waiting_for = full.waiting_for.clone(),
            "deadline" => kept.deadline = full.deadline,
            "identifier" => kept.identifier = full.identifier.clone(),
            "plate" => kept.plate = full.plate.clone(),
            "car" => kept.car = full.car.clone(),
            "city" => kept.city = full.city.clone(),
            "site" => kept.site = full.site.clone(),
            "price" => kept.price = full.price,
            "started_at" => kept.started_at = full.started_at,
            "stage_since" => kept.stage_since = full.stage_since,
            "ended_at" => kept.ended_at = full.ended_at,
            "outcome" => kept.outcome = full.outcome.clone(),
            other => {
                return Err(Refusal::invalid(vec![FieldViolation::new(
                    "fields",
                    format!("Нет поля «{other}»."),
                )]));
            }
        }
    }
    Ok(kept)
}

#[tonic::async_trait]
impl BuyoutService for Buyouts {
    async fn list_buyouts(
        &self,
        request: Request<pb::ListBuyoutsRequest>,
    ) -> Result<Response<pb::ListBuyoutsResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListBuyoutsRequest {
            page,
            stages,
            city,
            text,
            active,
            fields,
            ..
        } = request.into_inner();
        let stages = stages
            .iter()
            .map(|stage| {
                stage.parse::<Stage>().map_err(|_| {
                    status::refused(&Refusal::invalid(vec![FieldViolation::new(
                        "stages",
                        format!("Неизвестный этап «{stage}»."),
                    )]))
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let filter = BuyoutFilter {
            stages,
            cities: self.app.access.cities(&actor, &city)?,
            text: (!text.trim().is_empty()).then_some(text),
            active,
            inspector: self
                .app
                .access
                .only_own_inspections(&actor)
                .then(|| actor.person.clone()),
        };
        let paths = fields.map(|mask| mask.paths).unwrap_or_default();
        // Before the rows, so that a wrong mask is refused over an empty list too.
        masked(pb::BuyoutSummary::default(), &paths)
            .map_err(|refusal| status::refused(&refusal))?;
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_buyouts(&filter, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let prices = self.app.access.sees_prices(&actor);
        let buyouts = found
            .rows
            .iter()
            .map(|found| {
                let mut summary = row(found);
                if !prices {
                    summary.price = None;
                    summary.outcome.clear();
                }
                masked(summary, &paths).map_err(|refusal| status::refused(&refusal))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Response::new(pb::ListBuyoutsResponse {
            buyouts,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
            }),
        }))
    }

    async fn get_buyout(
        &self,
        request: Request<pb::GetBuyoutRequest>,
    ) -> Result<Response<pb::GetBuyoutResponse>, Status> {
        let actor = actor_of(&request)?;
        let buyout = self.read(&request.into_inner().id, &actor).await?;
        let prices = self.app.access.sees_prices(&actor);
        let detail = convert::buyout::detail(&buyout, &actor, prices, Utc::now());
        Ok(Response::new(pb::GetBuyoutResponse {
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
            return Ok(Response::new(pb::ListBuyoutEventsResponse {
                events: Vec::new(),
            }));
        }
        let events = self
            .app
            .store
            .events(&buyout.id, after_seq)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListBuyoutEventsResponse {
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
        _request: Request<pb::CountBuyoutsRequest>,
    ) -> Result<Response<pb::CountBuyoutsResponse>, Status> {
        Err(Status::unimplemented("CountBuyouts"))
    }

    type ExportBuyoutsStream = tonic::codegen::BoxStream<pb::ExportBuyoutsResponse>;

    async fn export_buyouts(
        &self,
        _request: Request<pb::ExportBuyoutsRequest>,
    ) -> Result<Response<Self::ExportBuyoutsStream>, Status> {
        Err(Status::unimplemented("ExportBuyouts"))
    }

    async fn preview_appraisal(
        &self,
        _request: Request<pb::PreviewAppraisalRequest>,
    ) -> Result<Response<pb::PreviewAppraisalResponse>, Status> {
        Err(Status::unimplemented("PreviewAppraisal"))
    }

    async fn repeat_checks(
        &self,
        _request: Request<pb::RepeatChecksRequest>,
    ) -> Result<Response<pb::RepeatChecksResponse>, Status> {
        Err(Status::unimplemented("RepeatChecks"))
    }

    async fn resend_offer(
        &self,
        _request: Request<pb::ResendOfferRequest>,
    ) -> Result<Response<pb::ResendOfferResponse>, Status> {
        Err(Status::unimplemented("ResendOffer"))
    }
}
