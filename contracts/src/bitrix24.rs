//! Bitrix24: the deal, its robot, its timeline, mirrored tasks.

use chrono::{DateTime, Utc};
use domain::buyout::start::RobotCall;
use domain::car::Deal;
use domain::file::FileRef;
use domain::money::Money;
use domain::staff::{Actor, Role};
use domain::task::TaskId;
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityError;
use temporalio_macros::activity_definitions;

use crate::sweep::{FindIdleDeals, IdleDeals, ReadStages, SweepPortal, Swept};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadDeal {
    pub portal: String,
    pub deal_id: u64,
}

/// Fields to bring to these values; what is `None` stays. Compared before writing, since every write
/// starts the portal's robots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateDeal {
    pub portal: String,
    pub deal_id: u64,
    pub stage: Option<String>,
    pub price: Option<Money>,
    /// Result in words, Russian.
    pub result: Option<String>,
    /// Files for the deal's file field, replaced as a whole.
    pub files: Vec<FileRef>,
}

/// A comment in the deal's timeline. `key` is embedded as a marker, by which a repeat finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    pub portal: String,
    pub deal_id: u64,
    pub key: String,
    pub text: String,
    pub files: Vec<FileRef>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerRobot {
    pub portal: String,
    pub robot: RobotCall,
    /// Stage at the end, e.g. `DONE`.
    pub result: String,
    pub message: String,
    pub price: Option<Money>,
    /// Whose timeline gets the answer when the robot no longer waits; `None`: it stands there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal_id: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RobotAnswered {
    Delivered,
    /// The portal no longer waits: the answer stands in the timeline only.
    Gone,
}

/// A task of ours as a task of the portal; the responsible is the owner, the assignee or the first
/// employee with the role in the city.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MirrorTask {
    pub portal: String,
    pub deal_id: u64,
    pub task: TaskId,
    pub title: String,
    pub details: String,
    pub role: Role,
    pub city: String,
    pub person: Option<domain::staff::PersonId>,
    pub excluded: Vec<domain::staff::PersonId>,
    pub due_at: DateTime<Utc>,
}

/// A task of the portal as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortalTask {
    pub completed: bool,
    /// The portal's employee who completed it.
    pub closed_by: Option<u64>,
    /// The same person among our staff; `None` for whoever is not in the directory.
    pub actor: Option<Actor>,
}

/// A notice to one employee of the portal, whether or not they are in our directory, with a link to the
/// task in Kite. `tag` replaces an earlier notice of the same tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TellUser {
    pub portal: String,
    pub user: u64,
    pub tag: String,
    pub text: String,
    pub task: TaskId,
}

/// A notice to everybody whom a task may concern. `tag` replaces an earlier notice of the same tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notify {
    pub portal: String,
    pub roles: Vec<Role>,
    pub city: String,
    pub person: Option<domain::staff::PersonId>,
    pub tag: String,
    pub text: String,
}

/// Markers of the activities, for `#[activity(definition = …)]`.
pub mod markers {
    pub use super::bitrix24_activities::*;
}

pub struct Bitrix24Activities;

#[activity_definitions]
impl Bitrix24Activities {
    /// Reads the deal with its contact. Rejected when a field without which there is no buyout is empty;
    /// the text names the field.
    #[activity(name = "bitrix24.read_deal")]
    pub fn read_deal(query: ReadDeal) -> Result<Deal, ActivityError> {
        unimplemented!()
    }

    /// Brings the deal to the given values.
    #[activity(name = "bitrix24.update_deal")]
    pub fn update_deal(update: UpdateDeal) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Writes into the timeline once per key; answers the comment's id.
    #[activity(name = "bitrix24.comment")]
    pub fn comment(comment: Comment) -> Result<u64, ActivityError> {
        unimplemented!()
    }

    /// Gives the waiting robot its answer.
    #[activity(name = "bitrix24.answer_robot")]
    pub fn answer_robot(answer: AnswerRobot) -> Result<RobotAnswered, ActivityError> {
        unimplemented!()
    }

    /// Makes the portal's task once per our task; answers its id, `None` when no employee fits.
    #[activity(name = "bitrix24.mirror_task")]
    pub fn mirror_task(task: MirrorTask) -> Result<Option<u64>, ActivityError> {
        unimplemented!()
    }

    /// Completes the portal's task; tolerant of a task already completed or deleted.
    #[activity(name = "bitrix24.close_task")]
    pub fn close_task(portal: String, task: u64) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Reads the portal's task; one that is deleted counts as not completed.
    #[activity(name = "bitrix24.read_task")]
    pub fn read_task(portal: String, task: u64) -> Result<PortalTask, ActivityError> {
        unimplemented!()
    }

    /// Opens a completed task of the portal again; tolerant of one that is open or deleted.
    #[activity(name = "bitrix24.reopen_task")]
    pub fn reopen_task(portal: String, task: u64) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// A notice to one employee.
    #[activity(name = "bitrix24.tell_user")]
    pub fn tell_user(notice: TellUser) -> Result<(), ActivityError> {
        unimplemented!()
    }

    /// Looks for what the portal did not tell, and writes it into the inbox.
    #[activity(name = "bitrix24.sweep_portal")]
    pub fn sweep_portal(query: SweepPortal) -> Result<Swept, ActivityError> {
        unimplemented!()
    }

    /// Stages of the deals that there are.
    #[activity(name = "bitrix24.read_stages")]
    pub fn read_stages(query: ReadStages) -> Result<Vec<(u64, String)>, ActivityError> {
        unimplemented!()
    }

    /// Deals that wait for a buyout that there is not, and robots that nobody can answer.
    #[activity(name = "bitrix24.find_idle_deals")]
    pub fn find_idle_deals(query: FindIdleDeals) -> Result<IdleDeals, ActivityError> {
        unimplemented!()
    }

    /// Best effort: one notice per employee concerned.
    #[activity(name = "bitrix24.notify")]
    pub fn notify(notice: Notify) -> Result<(), ActivityError> {
        unimplemented!()
    }
}
