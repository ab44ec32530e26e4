//! ViewService.

use proto::kite::view::v1 as pb;
use proto::kite::view::v1::view_service_server::ViewService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct Views {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl ViewService for Views {
    async fn list_views(
        &self,
        _request: Request<pb::ListViewsRequest>,
    ) -> Result<Response<pb::ListViewsResponse>, Status> {
        Err(Status::unimplemented("ListViews"))
    }

    async fn save_view(
        &self,
        _request: Request<pb::SaveViewRequest>,
    ) -> Result<Response<pb::SaveViewResponse>, Status> {
        Err(Status::unimplemented("SaveView"))
    }

    async fn delete_view(
        &self,
        _request: Request<pb::DeleteViewRequest>,
    ) -> Result<Response<pb::DeleteViewResponse>, Status> {
        Err(Status::unimplemented("DeleteView"))
    }
}
