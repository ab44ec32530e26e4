//! The next task of somebody who asks for work.

use domain::buyout::decision::ActOnTask;
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::Actor;
use domain::task::{TaskAction, TaskKind, TaskState};
use proto::kite::task::v1 as pb;
use store::page::MAX_SIZE;
use store::{Page, TaskFilter, TaskOrder, TaskRow};
use tonic::Status;

use super::Tasks;
use crate::process::ProcessError;
use crate::status;

impl Tasks {
    /// Claims the task that is due first among those that the person may decide. Somebody who was quicker,
    /// or a process that says no, leaves the one after it.
    pub(super) async fn take_next(
        &self,
        actor: &Actor,
        kind: Option<TaskKind>,
        in_cities: Vec<String>,
    ) -> Result<pb::Task, Status> {
        let filter = TaskFilter {
            // Their own roles, even of those who see the tasks of every role.
            roles: actor.roles.clone(),
            cities: actor.cities.clone(),
            person: Some(actor.person.clone()),
            states: vec![TaskState::Open],
            kind,
            in_cities,
            ..TaskFilter::default()
        };
        let mut page = Page::new(MAX_SIZE, String::new());
        loop {
            let found = self
                .app
                .store
                .list_tasks(&filter, TaskOrder::Deadline, &page)
                .await
                .map_err(status::store)?;
            for row in found.rows {
                if let Some(task) = self.take(actor, &row).await? {
                    return Ok(task);
                }
            }
            let Some(next) = found.next_cursor else {
                return Err(status::refused(&Refusal::new(
                    RefusalCode::NotFound,
                    "Свободных задач нет.",
                )));
            };
            page.cursor = Some(next);
        }
    }

    /// The task, once it is theirs; nothing when it cannot be.
    async fn take(&self, actor: &Actor, row: &TaskRow) -> Result<Option<pb::Task>, Status> {
        if row.task.kind.decided_outside() || self.app.access.see_task(actor, &row.task).is_err() {
            return Ok(None);
        }
        let run = self
            .app
            .store
            .buyout(&row.buyout)
            .await
            .map_err(status::store)?;
        let Some(version) = run.and_then(|run| {
            let task = run.tasks.get(&row.task.id)?;
            let free = task.owner.is_none() && task.may_decide(actor, &run.duties).is_ok();
            free.then_some(task.version)
        }) else {
            return Ok(None);
        };
        let claim = ActOnTask {
            task: row.task.id.clone(),
            version,
            actor: actor.clone(),
            action: TaskAction::Claim,
        };
        match self.app.processes.act(&row.buyout, claim).await {
            Ok(_) => Ok(Some(self.read(&row.task.id.0, actor).await?.1)),
            Err(ProcessError::Refused(_) | ProcessError::NotRunning) => Ok(None),
            Err(
                error @ (ProcessError::Unavailable(_)
                | ProcessError::Kept(_)
                | ProcessError::Behind),
            ) => Err(status::process(error)),
        }
    }
}
