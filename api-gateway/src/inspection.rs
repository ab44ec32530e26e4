//! InspectionService.

mod load;

use chrono::{Duration, Utc};
use domain::buyout::action::RunAction;
use domain::buyout::decision::{Decide, Decision};
use domain::buyout::start::BuyoutId;
use domain::file::FileKind;
use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::Actor;
use domain::task::TaskId;
use proto::kite::inspection::v1 as pb;
use proto::kite::inspection::v1::inspection_service_server::InspectionService;
use store::Ticket;
use tonic::{Request, Response, Status};

use crate::access::{Action, Read, actor_of};
use crate::buyout::Buyouts;
use crate::convert;
use crate::convert::common::{Reader, time};
use crate::server::App;
use crate::status;
use crate::task::{Tasks, behind};

/// An upload is begun within this time.
const TICKET_LIFE_MINUTES: i64 = 60;

#[derive(Clone)]
pub(crate) struct Inspections {
    pub(crate) app: App,
}

impl Inspections {
    async fn act(
        &self,
        id: &str,
        actor: Actor,
        action: RunAction,
        request_id: String,
    ) -> Result<String, Status> {
        let app = self.app.clone();
        Buyouts { app }.act(id, actor, action, request_id).await
    }
}

#[tonic::async_trait]
impl InspectionService for Inspections {
    async fn get_inspection(
        &self,
        request: Request<pb::GetInspectionRequest>,
    ) -> Result<Response<pb::GetInspectionResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = BuyoutId(request.into_inner().buyout_id);
        let buyout = self
            .app
            .store
            .buyout(&id)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Дело"))?;
        self.app.access.see_buyout(&actor, &buyout)?;
        let (Some(policy), Some(deal)) = (&buyout.policy, &buyout.deal) else {
            return Err(status::not_found("Задание на осмотр"));
        };
        // An appraiser reads the same form and does not learn who the client is.
        let client = self
            .app
            .access
            .allowed(&actor, Action::SeeClient)
            .then_some(&deal.client);
        let read = match client {
            Some(_) => Read::of_run(
                "inspection.read",
                &id,
                serde_json::json!({ "client": true }),
            ),
            None => Read::nothing(),
        };
        Ok(read.with(pb::GetInspectionResponse {
            template: Some(convert::inspection::template(&policy.template)),
            car: deal.car.title(),
            plate: deal
                .car
                .plate
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            city: deal.visit.city.clone(),
            address: deal.visit.address.clone(),
            visit_at: deal.visit.at.map(time),
            client_phone: client
                .and_then(|client| client.phone.as_ref())
                .map(|phone| phone.digits().to_owned())
                .unwrap_or_default(),
            client_name: client
                .map(|client| client.first_name.clone())
                .unwrap_or_default(),
            visit_status: buyout
                .visit
                .reported
                .as_ref()
                .map(|report| report.status.to_string())
                .unwrap_or_default(),
            visit_status_at: buyout.visit.reported.as_ref().map(|report| time(report.at)),
            identifier: deal.car.identifier.as_str().to_owned(),
            time_zone: policy.calendar.tz().name().to_owned(),
        }))
    }

    async fn create_upload_ticket(
        &self,
        request: Request<pb::CreateUploadTicketRequest>,
    ) -> Result<Response<pb::CreateUploadTicketResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::CreateUploadTicketRequest { buyout_id, kind } = request.into_inner();
        let kind = match kind.parse() {
            Ok(kind @ (FileKind::Photo | FileKind::Scan)) => kind,
            Ok(FileKind::Document | FileKind::PartnerAnswer) | Err(_) => {
                return Err(status::refused(&Refusal::invalid(vec![
                    FieldViolation::new("kind", "Загружать можно фото (PHOTO) и сканы (SCAN)."),
                ])));
            }
        };
        let id = BuyoutId(buyout_id);
        let buyout = self
            .app
            .store
            .buyout(&id)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Дело"))?;
        self.app.access.see_buyout(&actor, &buyout)?;
        if buyout.ended_at.is_some() {
            return Err(status::refused(&Refusal::new(
                RefusalCode::WrongState,
                "Дело завершено, файлы к нему больше не принимаются.",
            )));
        }
        let ticket = Ticket {
            id: uuid::Uuid::new_v4().to_string(),
            run: id,
            person: actor.person,
            kind,
            max_bytes: self.app.config.files.max_bytes,
            expires_at: Utc::now() + Duration::minutes(TICKET_LIFE_MINUTES),
        };
        self.app
            .store
            .issue_ticket(&ticket)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::CreateUploadTicketResponse {
            upload_path: format!("/files/{}", ticket.id),
            max_bytes: ticket.max_bytes,
            expires_at: Some(time(ticket.expires_at)),
            ticket: ticket.id,
        }))
    }

    async fn record_inspection(
        &self,
        request: Request<pb::RecordInspectionRequest>,
    ) -> Result<Response<pb::RecordInspectionResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::RecordInspectionRequest {
            task_id,
            task_version,
            inspection,
        } = request.into_inner();
        let task = TaskId(task_id);
        let run = task
            .run()
            .map(|run| BuyoutId(run.to_owned()))
            .ok_or_else(|| status::not_found("Задание"))?;
        let message = inspection.unwrap_or_default();
        let files = Tasks::files(&self.app, &run, convert::inspection::file_ids(&message)).await?;
        let inspection = convert::inspection::inspection(message, &files)
            .map_err(|refusal| status::refused(&refusal))?;
        let decide = Decide {
            task,
            version: task_version,
            actor,
            decision: Decision::SubmitInspection { inspection },
        };
        let accepted = behind::once_caught_up(&self.app, &decide.task, task_version, || {
            self.app.processes.decide(&run, decide.clone(), None)
        })
        .await
        .map_err(status::process)?;
        Ok(Response::new(pb::RecordInspectionResponse {
            stage: accepted.stage.to_string(),
            message: accepted.message,
        }))
    }

    async fn list_inspectors(
        &self,
        request: Request<pb::ListInspectorsRequest>,
    ) -> Result<Response<pb::ListInspectorsResponse>, Status> {
        let actor = actor_of(&request)?;
        let inspectors = self.inspectors(&actor, &request.into_inner().city).await?;
        Ok(Response::new(pb::ListInspectorsResponse { inspectors }))
    }

    async fn report_visit(
        &self,
        request: Request<pb::ReportVisitRequest>,
    ) -> Result<Response<pb::ReportVisitResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ReportVisitRequest {
            buyout_id,
            status: reported,
            request_id,
        } = request.into_inner();
        let mut read = Reader::default();
        let reported = read.one_of("status", &reported);
        let reported = read
            .finish(reported)
            .map_err(|refusal| status::refused(&refusal))?;
        let action = RunAction::ReportVisit { status: reported };
        let message = self.act(&buyout_id, actor, action, request_id).await?;
        Ok(Response::new(pb::ReportVisitResponse { message }))
    }

    async fn reschedule_visit(
        &self,
        request: Request<pb::RescheduleVisitRequest>,
    ) -> Result<Response<pb::RescheduleVisitResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::RescheduleVisitRequest {
            buyout_id,
            visit_at,
            reason,
            request_id,
        } = request.into_inner();
        let mut read = Reader::default();
        let at = read.instant("visit_at", visit_at);
        let at = read
            .finish(at)
            .map_err(|refusal| status::refused(&refusal))?;
        let action = RunAction::RescheduleVisit { at, reason };
        let message = self.act(&buyout_id, actor, action, request_id).await?;
        Ok(Response::new(pb::RescheduleVisitResponse { message }))
    }
}
