//! TemplateService.

use proto::kite::template::v1 as pb;
use proto::kite::template::v1::template_service_server::TemplateService;
use tonic::{Request, Response, Status};

use crate::server::App;

#[derive(Clone)]
pub(crate) struct Templates {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl TemplateService for Templates {
    async fn list_templates(
        &self,
        _request: Request<pb::ListTemplatesRequest>,
    ) -> Result<Response<pb::ListTemplatesResponse>, Status> {
        Err(Status::unimplemented("ListTemplates"))
    }

    async fn preview_template(
        &self,
        _request: Request<pb::PreviewTemplateRequest>,
    ) -> Result<Response<pb::PreviewTemplateResponse>, Status> {
        Err(Status::unimplemented("PreviewTemplate"))
    }
}
