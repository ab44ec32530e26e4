//! StaffService.

use proto::kite::staff::v1 as pb;
use proto::kite::staff::v1::staff_service_server::StaffService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct StaffDirectory {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl StaffService for StaffDirectory {
    async fn list_members(
        &self,
        _request: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        Err(Status::unimplemented("ListMembers"))
    }

    async fn invite_member(
        &self,
        _request: Request<pb::InviteMemberRequest>,
    ) -> Result<Response<pb::InviteMemberResponse>, Status> {
        Err(Status::unimplemented("InviteMember"))
    }

    async fn update_member(
        &self,
        _request: Request<pb::UpdateMemberRequest>,
    ) -> Result<Response<pb::UpdateMemberResponse>, Status> {
        Err(Status::unimplemented("UpdateMember"))
    }

    async fn block_member(
        &self,
        _request: Request<pb::BlockMemberRequest>,
    ) -> Result<Response<pb::BlockMemberResponse>, Status> {
        Err(Status::unimplemented("BlockMember"))
    }
}
