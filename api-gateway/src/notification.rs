//! NotificationService.

use proto::kite::notification::v1 as pb;
use proto::kite::notification::v1::notification_service_server::NotificationService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct Notifications {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl NotificationService for Notifications {
    async fn list_notifications(
        &self,
        _request: Request<pb::ListNotificationsRequest>,
    ) -> Result<Response<pb::ListNotificationsResponse>, Status> {
        Err(Status::unimplemented("ListNotifications"))
    }

    async fn mark_read(
        &self,
        _request: Request<pb::MarkReadRequest>,
    ) -> Result<Response<pb::MarkReadResponse>, Status> {
        Err(Status::unimplemented("MarkRead"))
    }
}
