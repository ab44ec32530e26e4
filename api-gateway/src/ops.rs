//! OpsService.

use proto::kite::ops::v1 as pb;
use proto::kite::ops::v1::ops_service_server::OpsService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct Operations {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl OpsService for Operations {
    async fn list_partners(
        &self,
        _request: Request<pb::ListPartnersRequest>,
    ) -> Result<Response<pb::ListPartnersResponse>, Status> {
        Err(Status::unimplemented("ListPartners"))
    }

    async fn list_inbox(
        &self,
        _request: Request<pb::ListInboxRequest>,
    ) -> Result<Response<pb::ListInboxResponse>, Status> {
        Err(Status::unimplemented("ListInbox"))
    }

    async fn retry_inbox(
        &self,
        _request: Request<pb::RetryInboxRequest>,
    ) -> Result<Response<pb::RetryInboxResponse>, Status> {
        Err(Status::unimplemented("RetryInbox"))
    }

    async fn list_unmatched(
        &self,
        _request: Request<pb::ListUnmatchedRequest>,
    ) -> Result<Response<pb::ListUnmatchedResponse>, Status> {
        Err(Status::unimplemented("ListUnmatched"))
    }

    async fn settle_unmatched(
        &self,
        _request: Request<pb::SettleUnmatchedRequest>,
    ) -> Result<Response<pb::SettleUnmatchedResponse>, Status> {
        Err(Status::unimplemented("SettleUnmatched"))
    }

    async fn get_run(
        &self,
        _request: Request<pb::GetRunRequest>,
    ) -> Result<Response<pb::GetRunResponse>, Status> {
        Err(Status::unimplemented("GetRun"))
    }
}
