//! TaskService.

use std::collections::BTreeMap;

use chrono::Utc;
use domain::buyout::decision::{ActOnTask, Decide};
use domain::buyout::start::BuyoutId;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, PersonId, PersonRef};
use domain::task::{HumanTask, TaskAction, TaskId, TaskKind, TaskState};
use proto::kite::common::v1::PageInfo;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::task_service_server::TaskService;
use store::{Page, TaskFilter};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert;
use crate::convert::common::Files;
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
        let buyout = self
            .app
            .store
            .buyout(&run)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Задание"))?;
        let task = buyout
            .tasks
            .get(&id)
            .cloned()
            .ok_or_else(|| status::not_found("Задание"))?;
        self.app.access.see_task(actor, &task)?;
        let car = buyout
            .deal
            .as_ref()
            .map(|d| d.car.title())
            .unwrap_or_default();
        let refusal = task.may_decide(actor, &buyout.duties).err();
        let message = convert::task::task(
            &task,
            &car,
            &buyout.stage.to_string(),
            refusal.as_ref(),
            Utc::now(),
        );
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
        self.app
            .processes
            .act(&run, act)
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

    async fn named(&self, person: Option<PersonId>) -> Result<Option<PersonRef>, Status> {
        let Some(person) = person else {
            return Ok(None);
        };
        let member = self.app.store.staff(&person).await.map_err(status::store)?;
        Ok(member.as_ref().map(PersonRef::from))
    }
}

#[tonic::async_trait]
impl TaskService for Tasks {
    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListTasksRequest {
            page,
            mine,
            states,
            kind,
            buyout_id,
            overdue,
            ..
        } = request.into_inner();
        let mut wrong = Vec::new();
        let states = if states.is_empty() {
            vec![TaskState::Open, TaskState::Claimed]
        } else {
            states
                .iter()
                .filter_map(|state| {
                    state
                        .parse()
                        .map_err(|_| {
                            wrong.push(FieldViolation::new(
                                "states",
                                format!("Неизвестное состояние «{state}»."),
                            ))
                        })
                        .ok()
                })
                .collect()
        };
        let kind: Option<TaskKind> = if kind.is_empty() {
            None
        } else {
            match kind.parse() {
                Ok(kind) => Some(kind),
                Err(_) => {
                    wrong.push(FieldViolation::new(
                        "kind",
                        format!("Неизвестный вид задачи «{kind}»."),
                    ));
                    None
                }
            }
        };
        if !wrong.is_empty() {
            return Err(status::refused(&Refusal::invalid(wrong)));
        }
        let everything = self.app.access.sees_every_task(&actor);
        let filter = TaskFilter {
            roles: if everything {
                Vec::new()
            } else {
                actor.roles.clone()
            },
            cities: actor.cities.clone(),
            person: Some(actor.person.clone()),
            mine,
            states,
            kind,
            buyout: (!buyout_id.is_empty()).then_some(BuyoutId(buyout_id)),
            overdue,
        };
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_tasks(&filter, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let now = Utc::now();
        let tasks = found
            .rows
            .iter()
            .map(|row| convert::task::task(&row.task, &row.car, &row.stage.to_string(), None, now))
            .collect();
        Ok(Response::new(pb::ListTasksResponse {
            tasks,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
            }),
        }))
    }

    async fn get_task(
        &self,
        request: Request<pb::GetTaskRequest>,
    ) -> Result<Response<pb::GetTaskResponse>, Status> {
        let actor = actor_of(&request)?;
        let (_, task) = self.read(&request.into_inner().id, &actor).await?;
        Ok(Response::new(pb::GetTaskResponse { task: Some(task) }))
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
        let to = self
            .named(Some(PersonId::new(to_person_id.clone())))
            .await?
            .ok_or_else(|| {
                status::refused(&Refusal::invalid(vec![FieldViolation::new(
                    "to_person_id",
                    format!("Сотрудника «{to_person_id}» нет в справочнике."),
                )]))
            })?;
        let task = self
            .act(actor, &id, version, TaskAction::Delegate { to })
            .await?;
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
        let decision = convert::task::decision(message, &files, named)
            .map_err(|refusal| status::refused(&refusal))?;
        let decide = Decide {
            task,
            version,
            actor,
            decision,
        };
        let accepted = self
            .app
            .processes
            .decide(&run, decide, Some(request_id))
            .await
            .map_err(status::process)?;
        Ok(Response::new(pb::DecideTaskResponse {
            stage: accepted.stage.to_string(),
            message: accepted.message,
        }))
    }

    async fn take_next_task(
        &self,
        _request: Request<pb::TakeNextTaskRequest>,
    ) -> Result<Response<pb::TakeNextTaskResponse>, Status> {
        Err(Status::unimplemented("TakeNextTask"))
    }

    async fn count_tasks(
        &self,
        _request: Request<pb::CountTasksRequest>,
    ) -> Result<Response<pb::CountTasksResponse>, Status> {
        Err(Status::unimplemented("CountTasks"))
    }

    type ExportTasksStream = tonic::codegen::BoxStream<pb::ExportTasksResponse>;

    async fn export_tasks(
        &self,
        _request: Request<pb::ExportTasksRequest>,
    ) -> Result<Response<Self::ExportTasksStream>, Status> {
        Err(Status::unimplemented("ExportTasks"))
    }
}
