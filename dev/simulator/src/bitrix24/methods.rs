//! The REST methods that the portal knows.

use chrono::{DateTime, Utc};

use super::answer::{Done, RestError};
use super::params::Params;
use super::{
    batch, contacts, deals, directory, events, notices, placements, robots, system, tasks,
    timeline, workflows,
};
use crate::core::Sim;

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) user: u64,
    /// Through the application; an incoming webhook has no application context.
    pub(super) app: bool,
    /// Of the access token; a webhook has no end.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// One call of a method.
pub(super) struct Call<'a> {
    pub(super) sim: &'a Sim,
    pub(super) caller: Caller,
    pub(super) method: &'static str,
    pub(super) params: Params,
    /// For the ledger; of a command in a batch, the command.
    pub(super) body: &'a [u8],
}

/// What a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Anybody,
    /// Application context.
    App,
    Admin,
    /// An administrator through the application.
    AppAdmin,
}

pub(super) struct Method {
    pub(super) name: &'static str,
    /// Empty: no permission is needed.
    pub(super) scope: &'static str,
    pub(super) needs: Needs,
    pub(super) run: fn(&Call<'_>) -> Result<Done, RestError>,
}

const fn method(
    name: &'static str,
    scope: &'static str,
    needs: Needs,
    run: fn(&Call<'_>) -> Result<Done, RestError>,
) -> Method {
    Method {
        name,
        scope,
        needs,
        run,
    }
}

use Needs::{Admin, Anybody, App, AppAdmin};

static METHODS: &[Method] = &[
    method("app.info", "", App, system::app_info),
    method("batch", "", Anybody, batch::run),
    method("bizproc.activity.log", "bizproc", App, workflows::log),
    method("bizproc.event.send", "bizproc", Anybody, workflows::send),
    method("bizproc.robot.add", "bizproc", AppAdmin, robots::add),
    method("bizproc.robot.delete", "bizproc", AppAdmin, robots::delete),
    method("bizproc.robot.list", "bizproc", AppAdmin, robots::list),
    method("bizproc.robot.update", "bizproc", AppAdmin, robots::update),
    method(
        "bizproc.workflow.instances",
        "bizproc",
        Admin,
        workflows::instances,
    ),
    method(
        "bizproc.workflow.terminate",
        "bizproc",
        Admin,
        workflows::terminate,
    ),
    method("crm.category.list", "crm", Anybody, directory::categories),
    method("crm.contact.get", "crm", Anybody, contacts::get),
    method("crm.contact.list", "crm", Anybody, contacts::list),
    method("crm.deal.fields", "crm", Anybody, deals::deal_fields),
    method("crm.deal.get", "crm", Anybody, deals::deal_get),
    method("crm.deal.list", "crm", Anybody, deals::deal_list),
    method("crm.deal.update", "crm", Anybody, deals::deal_update),
    method("crm.item.fields", "crm", Anybody, deals::item_fields),
    method("crm.item.get", "crm", Anybody, deals::item_get),
    method("crm.item.list", "crm", Anybody, deals::item_list),
    method("crm.item.update", "crm", Anybody, deals::item_update),
    method("crm.status.list", "crm", Anybody, directory::statuses),
    method("crm.timeline.comment.add", "crm", Anybody, timeline::add),
    method("crm.timeline.comment.get", "crm", Anybody, timeline::get),
    method("crm.timeline.comment.list", "crm", Anybody, timeline::list),
    method("event.bind", "", App, events::bind),
    method("event.get", "", App, events::get),
    method("event.offline.clear", "", AppAdmin, events::offline_clear),
    method("event.offline.error", "", AppAdmin, events::offline_error),
    method("event.offline.get", "", App, events::offline_get),
    method("event.offline.list", "", AppAdmin, events::offline_list),
    method("event.test", "", App, events::test),
    method("event.unbind", "", App, events::unbind),
    method("events", "", Anybody, events::names),
    method("feature.get", "", Anybody, system::feature),
    method("im.notify.personal.add", "im", Anybody, notices::add),
    method("im.notify.system.add", "im", Anybody, notices::add),
    method("method.get", "", Anybody, system::method_get),
    method("methods", "", Anybody, system::methods),
    method("placement.bind", "placement", AppAdmin, placements::bind),
    method("placement.get", "placement", AppAdmin, placements::get),
    method("placement.list", "placement", App, placements::list),
    method(
        "placement.unbind",
        "placement",
        AppAdmin,
        placements::unbind,
    ),
    method("profile", "", Anybody, system::profile),
    method("scope", "", Anybody, system::scope),
    method("server.time", "", Anybody, system::server_time),
    method("tasks.task.add", "task", Anybody, tasks::add),
    method("tasks.task.complete", "task", Anybody, tasks::complete),
    method("tasks.task.get", "task", Anybody, tasks::get),
    method("tasks.task.list", "task", Anybody, tasks::list),
    method("tasks.task.renew", "task", Anybody, tasks::renew),
    method("tasks.task.update", "task", Anybody, tasks::update),
    method("user.current", "user_basic", Anybody, system::user_current),
    method("user.get", "user_basic", Anybody, system::user_get),
];

/// By its name in lower case.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

pub(super) fn names() -> Vec<&'static str> {
    METHODS.iter().map(|method| method.name).collect()
}
