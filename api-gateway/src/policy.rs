//! PolicyService.

use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::PersonRef;
use proto::kite::policy::v1 as pb;
use proto::kite::policy::v1::policy_service_server::PolicyService;
use store::policy::{NewPolicy, PolicyVersion};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert::policy::{Asked, policy};
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct PolicyBook {
    pub(crate) app: App,
}

impl PolicyBook {
    async fn newest(&self, city: Option<&str>) -> Result<Option<PolicyVersion>, Status> {
        let versions = self.app.store.policy_versions(city).await;
        Ok(versions.map_err(status::store)?.into_iter().next())
    }
}

#[tonic::async_trait]
impl PolicyService for PolicyBook {
    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        actor_of(&request)?;
        let policies = self.app.store.policies().await.map_err(status::store)?;
        Ok(Response::new(pb::ListPoliciesResponse {
            policies: policies.iter().map(policy).collect(),
        }))
    }

    async fn list_policy_versions(
        &self,
        request: Request<pb::ListPolicyVersionsRequest>,
    ) -> Result<Response<pb::ListPolicyVersionsResponse>, Status> {
        actor_of(&request)?;
        let pb::ListPolicyVersionsRequest { city } = request.into_inner();
        let city = (!city.is_empty()).then_some(city.as_str());
        let versions = self
            .app
            .store
            .policy_versions(city)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListPolicyVersionsResponse {
            policies: versions.iter().map(policy).collect(),
        }))
    }

    async fn put_policy(
        &self,
        request: Request<pb::PutPolicyRequest>,
    ) -> Result<Response<pb::PutPolicyResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::PutPolicyRequest { policy: asked } = request.into_inner();
        let asked = asked.ok_or_else(|| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "policy",
                "Правила не указаны.",
            )]))
        })?;
        let asked = Asked::read(asked).map_err(|refusal| status::refused(&refusal))?;
        let (city, seen, comment) = (asked.city.clone(), asked.seen, asked.comment.clone());
        // A city without rules of its own begins with a copy of the default's days and inspection.
        let base = match self.newest(city.as_deref()).await? {
            Some(own) => own,
            None => self.newest(None).await?.ok_or_else(|| {
                status::refused(&Refusal::new(
                    RefusalCode::WrongState,
                    "Нет правил по умолчанию, из которых копируется город. Обратитесь в сопровождение.",
                ))
            })?,
        };
        let new = NewPolicy {
            city,
            policy: asked
                .over(&base.policy)
                .map_err(|refusal| status::refused(&refusal))?,
            seen,
            by: PersonRef::from(&actor),
            comment,
        };
        let added = self
            .app
            .store
            .add_policy(&new)
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::PutPolicyResponse {
            policy: Some(policy(&added)),
        }))
    }
}
