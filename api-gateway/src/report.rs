//! ReportService.

use proto::kite::report::v1 as pb;
use proto::kite::report::v1::report_service_server::ReportService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct Reports {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl ReportService for Reports {
    async fn get_funnel(
        &self,
        _request: Request<pb::GetFunnelRequest>,
    ) -> Result<Response<pb::GetFunnelResponse>, Status> {
        Err(Status::unimplemented("GetFunnel"))
    }

    async fn get_cycle_times(
        &self,
        _request: Request<pb::GetCycleTimesRequest>,
    ) -> Result<Response<pb::GetCycleTimesResponse>, Status> {
        Err(Status::unimplemented("GetCycleTimes"))
    }

    async fn get_refusals(
        &self,
        _request: Request<pb::GetRefusalsRequest>,
    ) -> Result<Response<pb::GetRefusalsResponse>, Status> {
        Err(Status::unimplemented("GetRefusals"))
    }

    async fn get_service_levels(
        &self,
        _request: Request<pb::GetServiceLevelsRequest>,
    ) -> Result<Response<pb::GetServiceLevelsResponse>, Status> {
        Err(Status::unimplemented("GetServiceLevels"))
    }
}
