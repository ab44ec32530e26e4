//! Our tasks as tasks of the portal, and notices to employees.

use std::collections::BTreeSet;

use contracts::bitrix24::{MirrorTask, Notify, PortalTask, TellUser};
use domain::staff::{Actor, PersonId, Role, StaffMember};
use domain::task::TaskId;
use serde_json::json;

use super::client::{CallError, Command};
use super::{Bitrix24Activities, dto, marker};
use crate::error::PartnerError;

/// `STATUS` of a completed task.
const COMPLETED: u64 = 5;
/// Pages of fifty: a deal does not have more tasks than this.
const PAGES: usize = 20;
/// Commands in one batch.
const BATCH: usize = 50;

impl Bitrix24Activities {
    /// Search, add, and search again, see [`marker::settle`]. `None`: nobody on the portal could be responsible.
    pub(super) async fn mirror(
        &self,
        task: &MirrorTask,
        attempt: u32,
    ) -> Result<Option<u64>, PartnerError> {
        let MirrorTask {
            portal,
            deal_id,
            task: id,
            title,
            details,
            role: _,
            city: _,
            person: _,
            excluded: _,
            due_at,
        } = task;
        let marker = marker::of(&id.0);
        if let Some(number) = self.tasks(portal, *deal_id, &marker).await?.first() {
            self.keep(portal, *number, id).await?;
            return Ok(Some(*number));
        }
        let Some(responsible) = self.responsible(task).await? else {
            return Ok(None);
        };
        let link = self.client.public_url(["tasks", id.0.as_str()]);
        let fields = json!({
            "TITLE": title,
            "DESCRIPTION": format!("{details}\n\nОткрыть в Kite: {link}\n{marker}"),
            "RESPONSIBLE_ID": responsible,
            "DEADLINE": due_at.to_rfc3339(),
            "UF_CRM_TASK": [format!("D_{deal_id}")],
        });
        let added = self
            .client
            .call::<dto::OneTask>(portal, "tasks.task.add", json!({ "fields": fields }))
            .await
            .and_then(|reply| {
                reply.result.task.id.ok_or_else(|| {
                    CallError::Failed(PartnerError::protocol(
                        "bitrix24 tasks.task.add: a task without an id",
                    ))
                })
            });
        let search = self.tasks(portal, *deal_id, &marker);
        let number = marker::settle("task", attempt, added, search).await?;
        self.keep(portal, number, id).await?;
        Ok(Some(number))
    }

    /// By this the portal's events find our task.
    async fn keep(&self, portal: &str, number: u64, task: &TaskId) -> Result<(), PartnerError> {
        self.store
            .keep_mirror(portal, number, task)
            .await
            .map_err(PartnerError::from_store)
    }

    /// Ids of the deal's tasks with the marker, the oldest first.
    async fn tasks(
        &self,
        portal: &str,
        deal_id: u64,
        marker: &str,
    ) -> Result<Vec<u64>, PartnerError> {
        let mut found = Vec::new();
        let mut start = 0;
        for _ in 0..PAGES {
            let query = json!({
                "filter": { "UF_CRM_TASK": format!("D_{deal_id}") },
                "select": ["ID", "DESCRIPTION"],
                "order": { "ID": "asc" },
                "start": start,
            });
            let reply = self
                .client
                .call::<dto::Tasks>(portal, "tasks.task.list", query)
                .await?;
            found.extend(reply.result.tasks.into_iter().filter_map(|task| {
                let text = dto::as_text(&task.description)?;
                text.contains(marker).then_some(task.id?)
            }));
            match reply.next {
                Some(next) => start = next,
                None => break,
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The named person, else the first holder of the role in the city; an absent one is stood in for.
    async fn responsible(&self, task: &MirrorTask) -> Result<Option<u64>, PartnerError> {
        let candidates = match &task.person {
            Some(person) => self.member(person).await?.into_iter().collect(),
            None => self.holders(task.role, &task.city).await?,
        };
        for candidate in candidates {
            let present = self.present(candidate).await?;
            if let Some(member) = present
                && !task.excluded.contains(&member.person)
                && let Some(user) = member.bitrix24_user
            {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// Completes the task. Whatever is refused is looked at: completed, deleted and out of sight are
    /// as good as done.
    pub(super) async fn complete(&self, portal: &str, task: u64) -> Result<(), PartnerError> {
        let completed = self
            .client
            .call::<serde_json::Value>(portal, "tasks.task.complete", json!({ "taskId": task }))
            .await;
        let refused = match completed {
            Ok(_) => return Ok(()),
            Err(CallError::Refused(error)) => error,
            Err(CallError::Failed(error)) => return Err(error),
        };
        match self.look(portal, task).await {
            Ok(Some(found)) if found.status != Some(COMPLETED) => Err(refused),
            Ok(_) | Err(CallError::Refused(_)) => Ok(()),
            Err(CallError::Failed(error)) => Err(error),
        }
    }

    /// Opens a completed task again. The portal renews what is completed only: whatever is refused is looked
    /// at, and open, deleted and out of sight are as good as done.
    pub(super) async fn reopen(&self, portal: &str, task: u64) -> Result<(), PartnerError> {
        let renewed = self
            .client
            .call::<serde_json::Value>(portal, "tasks.task.renew", json!({ "taskId": task }))
            .await;
        let refused = match renewed {
            Ok(_) => return Ok(()),
            Err(CallError::Refused(error)) => error,
            Err(CallError::Failed(error)) => return Err(error),
        };
        match self.look(portal, task).await {
            Ok(Some(found)) if found.status == Some(COMPLETED) => Err(refused),
            Ok(_) | Err(CallError::Refused(_)) => Ok(()),
            Err(CallError::Failed(error)) => Err(error),
        }
    }

    /// The task as it is, and who of ours completed it.
    pub(super) async fn read_mirror(
        &self,
        portal: &str,
        task: u64,
    ) -> Result<PortalTask, PartnerError> {
        let found = self.look(portal, task).await?;
        let completed = found
            .as_ref()
            .is_some_and(|found| found.status == Some(COMPLETED));
        let closed_by = found
            .and_then(|found| found.closed_by)
            .filter(|_| completed);
        let actor = match closed_by {
            Some(user) => self.actor(user).await?,
            None => None,
        };
        Ok(PortalTask {
            completed,
            closed_by,
            actor,
        })
    }

    /// The portal's employee with the rights that our directory gives them now.
    async fn actor(&self, user: u64) -> Result<Option<Actor>, PartnerError> {
        let member = self
            .store
            .staff_by_bitrix24_user(user)
            .await
            .map_err(PartnerError::from_store)?;
        let Some(member) = member else {
            return Ok(None);
        };
        let substitutes_for = self
            .store
            .substitutes_for(&member.person)
            .await
            .map_err(PartnerError::from_store)?;
        let StaffMember {
            person,
            name,
            roles,
            cities,
            email: _,
            bitrix24_user: _,
            treasury_user: _,
            substitute: _,
        } = member;
        Ok(Some(Actor {
            person,
            name,
            roles,
            cities,
            substitutes_for,
        }))
    }

    /// `None`: the portal answers an empty list for a task that is deleted.
    async fn look(&self, portal: &str, task: u64) -> Result<Option<dto::Task>, CallError> {
        let query = json!({ "taskId": task, "select": ["ID", "STATUS", "CLOSED_BY"] });
        let looked = self
            .client
            .call::<serde_json::Value>(portal, "tasks.task.get", query)
            .await?;
        if looked.result.as_array().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        match serde_json::from_value::<dto::OneTask>(looked.result) {
            Ok(found) => Ok(Some(found.task)),
            Err(_) => Err(CallError::Failed(PartnerError::protocol(
                "bitrix24 tasks.task.get: a result of another shape",
            ))),
        }
    }

    /// One notice with a link to the task.
    pub(super) async fn tell_one(&self, notice: &TellUser) -> Result<(), PartnerError> {
        let TellUser {
            portal,
            user,
            tag,
            text,
            task,
        } = notice;
        let link = self.client.public_url(["tasks", task.0.as_str()]);
        let message = json!({
            "USER_ID": user,
            "MESSAGE": format!("{text}\n\nОткрыть в Kite: {link}"),
            "TAG": tag,
        });
        self.client
            .call::<serde_json::Value>(portal, "im.notify.system.add", message)
            .await?;
        Ok(())
    }

    /// One notice to each employee concerned; who cannot be reached is skipped.
    pub(super) async fn tell(&self, notice: &Notify) -> Result<(), PartnerError> {
        let Notify {
            portal,
            roles,
            city,
            person,
            tag,
            text,
        } = notice;
        let mut concerned = Vec::new();
        if let Some(person) = person {
            concerned.extend(self.member(person).await?);
        }
        // Somebody holds the task: of the roles only those that it has escalated to are told.
        let roles = match person {
            Some(_) => roles.get(1..).unwrap_or_default(),
            None => roles.as_slice(),
        };
        for role in roles {
            concerned.extend(self.holders(*role, city).await?);
        }
        let mut users = BTreeSet::new();
        for member in concerned {
            let present = self.present(member).await?;
            users.extend(present.and_then(|member| member.bitrix24_user));
        }
        let users: Vec<u64> = users.into_iter().collect();
        for part in users.chunks(BATCH) {
            let commands: Vec<Command> = part
                .iter()
                .map(|user| Command {
                    key: format!("u{user}"),
                    method: "im.notify.system.add",
                    params: vec![
                        ("USER_ID", user.to_string()),
                        ("MESSAGE", text.clone()),
                        ("TAG", tag.clone()),
                    ],
                })
                .collect();
            let batch = self.client.batch(portal, &commands).await?;
            if !batch.errors.is_empty() {
                tracing::warn!(refused = batch.errors.len(), "some notices were not taken");
            }
        }
        Ok(())
    }

    async fn member(&self, person: &PersonId) -> Result<Option<StaffMember>, PartnerError> {
        self.store
            .staff(person)
            .await
            .map_err(PartnerError::from_store)
    }

    async fn holders(&self, role: Role, city: &str) -> Result<Vec<StaffMember>, PartnerError> {
        self.store
            .staff_in(role, city)
            .await
            .map_err(PartnerError::from_store)
    }

    /// The person, or who stands in for them now.
    async fn present(&self, member: StaffMember) -> Result<Option<StaffMember>, PartnerError> {
        match &member.substitute {
            None => Ok(Some(member)),
            Some(substitute) => self.member(substitute).await,
        }
    }
}
