//! TaskService.

pub(crate) mod banks;
pub(crate) mod behind;
mod export;
mod next;
mod query;

use std::collections::BTreeMap;

use chrono::Utc;
use domain::buyout::decision::{ActOnTask, Decide};
use domain::buyout::start::BuyoutId;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, PersonId, PersonRef, StaffMember};
use domain::task::{HumanTask, Standing, TaskAction, TaskId};
use proto::kite::common::v1::PageInfo;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::task_service_server::TaskService;
use store::Page;
use tonic::{Request, Response, Status};

use crate::access::{Read, actor_of};
use crate::convert;
use crate::convert::common::Files;
use crate::convert::task::OfRun;
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) app: App,
}

impl Tasks {
    /// The task with its run, as this person may see it.
    async fn read(&self, id: &str, actor: &Actor) -> Result<(HumanTask, pb::Task), Status> {
        let id = TaskId(id.to_owned());
        let run = id
            .run()
            .map(|run| BuyoutId(run.to_owned()))
            .ok_or_else(|| status::not_found("Задание"))?;
        let (row, buyout) = self
            .app
            .store
            .buyout_with_row(&run)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Задание"))?;
        let task = buyout
            .tasks
            .get(&id)
            .cloned()
            .ok_or_else(|| status::not_found("Задание"))?;
        self.app.access.see_task(actor, &task)?;
        let refusal = task.may_decide(actor, &buyout.duties).err();
        let run = OfRun::from(&row).told(self.app.access.sees_refusals(actor));
        let message = convert::task::task(&task, run, refusal.as_ref(), Utc::now());
        Ok((task, message))
    }

    async fn act(
        &self,
        actor: Actor,
        id: &str,
        version: u32,
        action: TaskAction,
    ) -> Result<pb::Task, Status> {
        let task = TaskId(id.to_owned());
        let run = task
            .run()
            .map(|run| BuyoutId(run.to_owned()))
            .ok_or_else(|| status::not_found("Задание"))?;
        let act = ActOnTask {
            task,
            version,
            actor: actor.clone(),
            action,
        };
        behind::once_caught_up(&self.app, &act.task, version, || {
            self.app.processes.act(&run, act.clone())
        })
        .await
        .map_err(status::process)?;
        Ok(self.read(id, &actor).await?.1)
    }

    /// Files of this run that a decision names.
    pub(crate) async fn files(
        app: &App,
        run: &BuyoutId,
        ids: Vec<String>,
    ) -> Result<Files, Status> {
        let mut files = BTreeMap::new();
        for id in ids {
            if let Some(row) = app.store.file(&id).await.map_err(status::store)?
                && row.run.as_ref() == Some(run)
            {
                files.insert(id, row.file);
            }
        }
        Ok(files)
    }

    async fn named(&self, person: Option<PersonId>) -> Result<Option<StaffMember>, Status> {
        let Some(person) = person else {
            return Ok(None);
        };
        self.app.store.staff(&person).await.map_err(status::store)
    }
}

#[tonic::async_trait]
impl TaskService for Tasks {
    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let actor = actor_of(&request)?;
        let request = request.into_inner();
        let (filter, order) = query::read(&self.app.access, &actor, &request)?;
        let page = request.page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_tasks(&filter, order, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let now = Utc::now();
        let refusals = self.app.access.sees_refusals(&actor);
        let tasks = found
            .rows
            .iter()
            .map(|row| {
                let run = OfRun::from(row).told(refusals);
                convert::task::task(&row.task, run, None, now)
            })
            .collect();
        Ok(Response::new(pb::ListTasksResponse {
            tasks,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        }))
    }

    async fn get_task(
        &self,
        request: Request<pb::GetTaskRequest>,
    ) -> Result<Response<pb::GetTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let (known, task) = self.read(&request.into_inner().id, &actor).await?;
        let detail = serde_json::json!({ "kind": known.kind.to_string() });
        let read = known.id.run().map_or_else(Read::nothing, |run| {
            let run = BuyoutId(run.to_owned());
            Read::of_run("task.read", &run, detail)
        });
        Ok(read.with(pb::GetTaskResponse { task: Some(task) }))
    }

    async fn claim_task(
        &self,
        request: Request<pb::ClaimTaskRequest>,
    ) -> Result<Response<pb::ClaimTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ClaimTaskRequest { id, version } = request.into_inner();
        let task = self.act(actor, &id, version, TaskAction::Claim).await?;
        Ok(Response::new(pb::ClaimTaskResponse { task: Some(task) }))
    }

    async fn release_task(
        &self,
        request: Request<pb::ReleaseTaskRequest>,
    ) -> Result<Response<pb::ReleaseTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ReleaseTaskRequest { id, version } = request.into_inner();
        let task = self.act(actor, &id, version, TaskAction::Release).await?;
        Ok(Response::new(pb::ReleaseTaskResponse { task: Some(task) }))
    }

    async fn delegate_task(
        &self,
        request: Request<pb::DelegateTaskRequest>,
    ) -> Result<Response<pb::DelegateTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::DelegateTaskRequest {
            id,
            version,
            to_person_id,
        } = request.into_inner();
        let member = self
            .named(Some(PersonId::new(to_person_id.clone())))
            .await?
            .ok_or_else(|| {
                status::refused(&Refusal::invalid(vec![FieldViolation::new(
                    "to_person_id",
                    format!("Сотрудника «{to_person_id}» нет в справочнике."),
                )]))
            })?;
        let delegate = TaskAction::Delegate {
            to: PersonRef::from(&member),
            standing: Some(Standing::from(&member)),
        };
        let task = self.act(actor, &id, version, delegate).await?;
        Ok(Response::new(pb::DelegateTaskResponse { task: Some(task) }))
    }

    async fn comment_task(
        &self,
        request: Request<pb::CommentTaskRequest>,
    ) -> Result<Response<pb::CommentTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::CommentTaskRequest { id, text } = request.into_inner();
        // The process takes a comment from anybody; whoever may not see the task writes nothing on it.
        self.read(&id, &actor).await?;
        let task = self
            .act(actor, &id, 0, TaskAction::Comment { text })
            .await?;
        Ok(Response::new(pb::CommentTaskResponse { task: Some(task) }))
    }

    async fn decide_task(
        &self,
        request: Request<pb::DecideTaskRequest>,
    ) -> Result<Response<pb::DecideTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::DecideTaskRequest {
            id,
            version,
            decision,
            request_id,
        } = request.into_inner();
        let task = TaskId(id);
        let run = task
            .run()
            .map(|run| BuyoutId(run.to_owned()))
            .ok_or_else(|| status::not_found("Задание"))?;
        let message = decision.unwrap_or_default();
        let files = Self::files(&self.app, &run, convert::task::file_ids(&message)).await?;
        let named = self.named(convert::task::person_id(&message)).await?;
        let named = named.as_ref().map(PersonRef::from);
        let decision = convert::task::decision(message, &files, named)
            .map_err(|refusal| status::refused(&refusal))?;
        let decide = Decide {
            task,
            version,
            actor,
            decision,
        };
        let accepted = behind::once_caught_up(&self.app, &decide.task, version, || {
            let once = Some(request_id.clone());
            self.app.processes.decide(&run, decide.clone(), once)
        })
        .await
        .map_err(status::process)?;
        Ok(Response::new(pb::DecideTaskResponse {
            stage: accepted.stage.to_string(),
            message: accepted.message,
        }))
    }

    async fn take_next_task(
        &self,
        request: Request<pb::TakeNextTaskRequest>,
    ) -> Result<Response<pb::TakeNextTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::TakeNextTaskRequest { kind, cities } = request.into_inner();
        let kind = query::kind(&kind)
            .map_err(|violation| status::refused(&Refusal::invalid(vec![violation])))?;
        for city in &cities {
            // Refused when it is not theirs.
            self.app.access.cities(&actor, city)?;
        }
        let task = self.take_next(&actor, kind, cities).await?;
        Ok(Response::new(pb::TakeNextTaskResponse { task: Some(task) }))
    }

    async fn count_tasks(
        &self,
        request: Request<pb::CountTasksRequest>,
    ) -> Result<Response<pb::CountTasksResponse>, Status> {
        let actor = actor_of(&request)?;
        // What the list shows that asks for nothing in particular.
        let (filter, _) = query::read(&self.app.access, &actor, &pb::ListTasksRequest::default())?;
        let counts = self
            .app
            .store
            .count_tasks(&filter)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::CountTasksResponse {
            counts: counts
                .into_iter()
                .map(|(kind, counts)| convert::task::counts(kind, counts))
                .collect(),
        }))
    }

    async fn list_payout_banks(
        &self,
        request: Request<pb::ListPayoutBanksRequest>,
    ) -> Result<Response<pb::ListPayoutBanksResponse>, Status> {
        actor_of(&request)?;
        let pb::ListPayoutBanksRequest {} = request.into_inner();
        let banks = self.app.store.banks().await.map_err(status::store)?;
        Ok(Response::new(banks::listed(banks, Utc::now())))
    }

    type ExportTasksStream = tonic::codegen::BoxStream<pb::ExportTasksResponse>;

    async fn export_tasks(
        &self,
        request: Request<pb::ExportTasksRequest>,
    ) -> Result<Response<Self::ExportTasksStream>, Status> {
        let actor = actor_of(&request)?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let parts = self.workbook(&actor, &filter).await?;
        Ok(Response::new(Box::pin(tokio_stream::iter(parts))))
    }
}
