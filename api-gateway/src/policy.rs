//! PolicyService.

use proto::kite::policy::v1 as pb;
use proto::kite::policy::v1::policy_service_server::PolicyService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct PolicyBook {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl PolicyService for PolicyBook {
    async fn list_policies(
        &self,
        _request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        Err(Status::unimplemented("ListPolicies"))
    }

    async fn list_policy_versions(
        &self,
        _request: Request<pb::ListPolicyVersionsRequest>,
    ) -> Result<Response<pb::ListPolicyVersionsResponse>, Status> {
        Err(Status::unimplemented("ListPolicyVersions"))
    }

    async fn put_policy(
        &self,
        _request: Request<pb::PutPolicyRequest>,
    ) -> Result<Response<pb::PutPolicyResponse>, Status> {
        Err(Status::unimplemented("PutPolicy"))
    }
}
