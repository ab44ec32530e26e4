//! TemplateService.

use proto::kite::template::v1 as pb;
use proto::kite::template::v1::template_service_server::TemplateService;
use templates::catalogue::{self, Entry};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::status;

#[derive(Clone)]
pub(crate) struct Templates;

fn template(entry: &Entry) -> pb::Template {
    pb::Template {
        code: entry.code.to_owned(),
        title: entry.title.to_owned(),
        content_type: entry.content_type.to_owned(),
    }
}

#[tonic::async_trait]
impl TemplateService for Templates {
    async fn list_templates(
        &self,
        request: Request<pb::ListTemplatesRequest>,
    ) -> Result<Response<pb::ListTemplatesResponse>, Status> {
        actor_of(&request)?;
        Ok(Response::new(pb::ListTemplatesResponse {
            templates: catalogue::ENTRIES.iter().map(template).collect(),
        }))
    }

    async fn preview_template(
        &self,
        request: Request<pb::PreviewTemplateRequest>,
    ) -> Result<Response<pb::PreviewTemplateResponse>, Status> {
        actor_of(&request)?;
        let pb::PreviewTemplateRequest { code } = request.into_inner();
        let entry = catalogue::ENTRIES
            .iter()
            .find(|entry| entry.code == code)
            .ok_or_else(|| status::not_found("Шаблон"))?;
        // A document takes a core for a while.
        let made = tokio::task::spawn_blocking(|| entry.preview()).await;
        let preview = match made {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => {
                tracing::error!(%error, code = entry.code, "a template has no preview");
                return Err(Status::internal(
                    "Шаблон не собирается. Сообщите в сопровождение.",
                ));
            }
            Err(_) => {
                return Err(Status::internal(
                    "Шаблон не собирается. Сообщите в сопровождение.",
                ));
            }
        };
        Ok(Response::new(pb::PreviewTemplateResponse {
            template: Some(template(entry)),
            subject: preview.subject,
            content: preview.content,
        }))
    }
}
