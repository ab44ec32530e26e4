//! NotificationService.

use domain::refusal::{FieldViolation, Refusal};
use proto::kite::common::v1::PageInfo;
use proto::kite::notification::v1 as pb;
use proto::kite::notification::v1::notification_service_server::NotificationService;
use store::Page;
use store::notification::NotificationRow;
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert::common::{person, time};
use crate::server::App;
use crate::status;

/// As many as a screen may mark at once; a list's page is not longer.
const IDS_MAX: usize = 500;

#[derive(Clone)]
pub(crate) struct Notifications {
    pub(crate) app: App,
}

fn notification(row: NotificationRow) -> pb::Notification {
    let NotificationRow {
        id,
        at,
        kind,
        title,
        text,
        buyout,
        task,
        actor,
        read,
    } = row;
    pb::Notification {
        id,
        at: Some(time(at)),
        kind: kind.to_string(),
        title,
        text,
        buyout_id: buyout.0,
        task_id: task.map(|task| task.0).unwrap_or_default(),
        read,
        actor: actor.as_ref().map(person),
    }
}

#[tonic::async_trait]
impl NotificationService for Notifications {
    async fn list_notifications(
        &self,
        request: Request<pb::ListNotificationsRequest>,
    ) -> Result<Response<pb::ListNotificationsResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListNotificationsRequest { page, unread } = request.into_inner();
        let page = page.unwrap_or_default();
        let store = &self.app.store;
        let found = store
            .list_notifications(&actor.person, unread, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        let unread = store
            .unread_notifications(&actor.person)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListNotificationsResponse {
            notifications: found.rows.into_iter().map(notification).collect(),
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
            unread,
        }))
    }

    async fn mark_read(
        &self,
        request: Request<pb::MarkReadRequest>,
    ) -> Result<Response<pb::MarkReadResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::MarkReadRequest { ids, all } = request.into_inner();
        if ids.len() > IDS_MAX {
            return Err(status::refused(&Refusal::invalid(vec![
                FieldViolation::new("ids", format!("За раз — не больше {IDS_MAX}.")),
            ])));
        }
        let store = &self.app.store;
        store
            .read_notifications(&actor.person, (!all).then_some(ids.as_slice()))
            .await
            .map_err(status::store)?;
        let unread = store
            .unread_notifications(&actor.person)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::MarkReadResponse { unread }))
    }
}
