//! ViewService.

use domain::refusal::{FieldViolation, Refusal};
use domain::staff::PersonRef;
use domain::view::{View, ViewDraft, ViewList};
use proto::kite::view::v1 as pb;
use proto::kite::view::v1::view_service_server::ViewService;
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert::common::person;
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Views {
    pub(crate) app: App,
}

fn view(view: View) -> pb::View {
    let View {
        id,
        list,
        name,
        query,
        shared_with,
        owner,
    } = view;
    pb::View {
        id,
        list: list.to_string(),
        name,
        query,
        shared_with: shared_with.map(|role| role.to_string()).unwrap_or_default(),
        owner: Some(person(&owner)),
    }
}

#[tonic::async_trait]
impl ViewService for Views {
    async fn list_views(
        &self,
        request: Request<pb::ListViewsRequest>,
    ) -> Result<Response<pb::ListViewsResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListViewsRequest { list } = request.into_inner();
        let list: ViewList = list.parse().map_err(|_| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "list",
                format!("Неизвестный список «{list}»."),
            )]))
        })?;
        let views = self
            .app
            .store
            .views(&actor.person, &actor.roles, list)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListViewsResponse {
            views: views.into_iter().map(view).collect(),
        }))
    }

    async fn save_view(
        &self,
        request: Request<pb::SaveViewRequest>,
    ) -> Result<Response<pb::SaveViewResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::SaveViewRequest { view: asked } = request.into_inner();
        let pb::View {
            id,
            list,
            name,
            query,
            shared_with,
            owner: _,
        } = asked.unwrap_or_default();
        let draft = ViewDraft::read(&id, &list, &name, &query, &shared_with, &actor.roles)
            .map_err(|wrong| status::refused(&Refusal::invalid(wrong)))?;
        let saved = self
            .app
            .store
            .save_view(&PersonRef::from(&actor), &draft)
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::SaveViewResponse {
            view: Some(view(saved)),
        }))
    }

    async fn delete_view(
        &self,
        request: Request<pb::DeleteViewRequest>,
    ) -> Result<Response<pb::DeleteViewResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::DeleteViewRequest { id } = request.into_inner();
        self.app
            .store
            .delete_view(&actor.person, &id)
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::DeleteViewResponse {}))
    }
}
