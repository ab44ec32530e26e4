#![doc = include_str!("bitrix24/README.md")]

mod budget;
mod client;
mod config;
mod deal;
mod dto;
mod event;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod marker;
mod placement;
mod refusal;
mod robot;
mod sweep;
mod task;
#[cfg(test)]
mod tests;
mod timeline;
mod token;

use std::sync::Arc;

use contracts::bitrix24::{
    AnswerRobot, Comment, MirrorTask, Notify, PortalTask, ReadDeal, RobotAnswered, TellUser,
    UpdateDeal, markers,
};
use contracts::sweep::{FindIdleDeals, IdleDeals, ReadStages, SweepPortal, Swept};
use domain::car::Deal;
use store::connect::Store;
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::client::Bitrix24Client;
pub use self::config::{Config, DealFields};
pub use self::event::{EVENTS, Subscribed, keep_events, subscribe};
pub use self::placement::{Tab, bind_tab};
pub use self::robot::{
    BUYOUT_ROBOT, PropertyKind, Reconciled, ReturnProperty, RobotSpec, reconcile,
};
pub use self::token::Sealer;
use crate::evidence::Evidence;

pub struct Bitrix24Activities {
    /// Shared with [`reconcile`] and [`subscribe`]: the limits are kept in it.
    pub client: Arc<Bitrix24Client>,
    pub store: Store,
    pub evidence: Evidence,
}

#[activities]
impl Bitrix24Activities {
    #[activity(definition = markers::ReadDeal)]
    pub async fn read_deal(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: ReadDeal,
    ) -> Result<Deal, ActivityError> {
        Ok(self.read(&query).await?)
    }

    #[activity(definition = markers::UpdateDeal)]
    pub async fn update_deal(
        self: Arc<Self>,
        _ctx: ActivityContext,
        update: UpdateDeal,
    ) -> Result<(), ActivityError> {
        Ok(self.bring(&update).await?)
    }

    #[activity(definition = markers::Comment)]
    pub async fn comment(
        self: Arc<Self>,
        ctx: ActivityContext,
        comment: Comment,
    ) -> Result<u64, ActivityError> {
        Ok(self.write_comment(&comment, ctx.info().attempt).await?)
    }

    #[activity(definition = markers::AnswerRobot)]
    pub async fn answer_robot(
        self: Arc<Self>,
        _ctx: ActivityContext,
        answer: AnswerRobot,
    ) -> Result<RobotAnswered, ActivityError> {
        Ok(self.answer(&answer).await?)
    }

    #[activity(definition = markers::MirrorTask)]
    pub async fn mirror_task(
        self: Arc<Self>,
        ctx: ActivityContext,
        task: MirrorTask,
    ) -> Result<Option<u64>, ActivityError> {
        Ok(self.mirror(&task, ctx.info().attempt).await?)
    }

    #[activity(definition = markers::CloseTask)]
    pub async fn close_task(
        self: Arc<Self>,
        _ctx: ActivityContext,
        portal: String,
        task: u64,
    ) -> Result<(), ActivityError> {
        Ok(self.complete(&portal, task).await?)
    }

    #[activity(definition = markers::ReadTask)]
    pub async fn read_task(
        self: Arc<Self>,
        _ctx: ActivityContext,
        portal: String,
        task: u64,
    ) -> Result<PortalTask, ActivityError> {
        Ok(self.read_mirror(&portal, task).await?)
    }

    #[activity(definition = markers::ReopenTask)]
    pub async fn reopen_task(
        self: Arc<Self>,
        _ctx: ActivityContext,
        portal: String,
        task: u64,
    ) -> Result<(), ActivityError> {
        Ok(self.reopen(&portal, task).await?)
    }

    #[activity(definition = markers::TellUser)]
    pub async fn tell_user(
        self: Arc<Self>,
        _ctx: ActivityContext,
        notice: TellUser,
    ) -> Result<(), ActivityError> {
        Ok(self.tell_one(&notice).await?)
    }

    #[activity(definition = markers::SweepPortal)]
    pub async fn sweep_portal(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: SweepPortal,
    ) -> Result<Swept, ActivityError> {
        Ok(self.sweep(&query).await?)
    }

    #[activity(definition = markers::ReadStages)]
    pub async fn read_stages(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: ReadStages,
    ) -> Result<Vec<(u64, String)>, ActivityError> {
        Ok(self.stages_of(&query).await?)
    }

    #[activity(definition = markers::FindIdleDeals)]
    pub async fn find_idle_deals(
        self: Arc<Self>,
        _ctx: ActivityContext,
        query: FindIdleDeals,
    ) -> Result<IdleDeals, ActivityError> {
        Ok(self.idle(&query).await?)
    }

    #[activity(definition = markers::Notify)]
    pub async fn notify(
        self: Arc<Self>,
        _ctx: ActivityContext,
        notice: Notify,
    ) -> Result<(), ActivityError> {
        Ok(self.tell(&notice).await?)
    }
}
