//! TemplateService, and the pages on which a browser shows what it previews.

mod page;

use proto::kite::template::v1 as pb;
use proto::kite::template::v1::template_service_server::TemplateService;
use templates::catalogue::{self, Entry, Preview};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::server::App;
use crate::status;

pub(crate) use self::page::routes;

#[derive(Clone)]
pub(crate) struct Templates {
    pub(crate) app: App,
}

fn template(entry: &Entry) -> pb::Template {
    pb::Template {
        code: entry.code.to_owned(),
        title: entry.title.to_owned(),
        content_type: entry.content_type.to_owned(),
    }
}

fn entry(code: &str) -> Option<&'static Entry> {
    catalogue::ENTRIES.iter().find(|entry| entry.code == code)
}

/// The template filled in; a document takes a core for a while. `None` when it cannot be, which the log tells.
async fn preview(entry: &'static Entry) -> Option<Preview> {
    match tokio::task::spawn_blocking(|| entry.preview()).await {
        Ok(Ok(preview)) => Some(preview),
        Ok(Err(error)) => {
            tracing::error!(%error, code = entry.code, "a template has no preview");
            None
        }
        Err(error) => {
            tracing::error!(%error, code = entry.code, "a template has no preview");
            None
        }
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
        let entry = entry(&code).ok_or_else(|| status::not_found("Шаблон"))?;
        let Some(Preview { subject, content }) = preview(entry).await else {
            return Err(Status::internal(
                "Шаблон не собирается. Сообщите в сопровождение.",
            ));
        };
        Ok(Response::new(pb::PreviewTemplateResponse {
            template: Some(template(entry)),
            subject,
            content,
            page_path: page::path(&self.app.links, entry),
        }))
    }
}
