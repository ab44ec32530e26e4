//! SessionService.

use chrono::Utc;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{PersonId, PersonRef, Role};
use proto::kite::session::v1 as pb;
use proto::kite::session::v1::session_service_server::SessionService;
use tonic::{Request, Response, Status};

use crate::access::{self, actor_of};
use crate::convert::common::{person, time};
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) app: App,
}

fn session(actor: &domain::staff::Actor) -> pb::Session {
    pb::Session {
        person: Some(person(&PersonRef::from(actor))),
        roles: actor.roles.iter().map(ToString::to_string).collect(),
        cities: actor.cities.clone(),
        substitutes_for: actor.substitutes_for.iter().map(|p| p.0.clone()).collect(),
        actions: Vec::new(),
        substitute: None,
    }
}

#[tonic::async_trait]
impl SessionService for Sessions {
    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        let pb::SignInRequest { login, password } = request.into_inner();
        if !self.app.config.access.development_accounts {
            return Err(Status::unimplemented(
                "Вход по паролю выключен. Войдите через корпоративную учётную запись.",
            ));
        }
        let known = self
            .app
            .store
            .staff_by_login(&login)
            .await
            .map_err(status::store)?;
        let stored = known
            .as_ref()
            .filter(|k| !k.blocked)
            .and_then(|k| k.password_hash.clone());
        let fits = access::verify(password, stored).await;
        let Some(member) = known.filter(|_| fits).map(|k| k.member) else {
            return Err(Status::unauthenticated("Логин или пароль не подходит."));
        };
        let (access_token, expires) = self
            .app
            .tokens
            .issue(&member.person, Utc::now())
            .map_err(|_| Status::internal("Вход не удался. Повторите."))?;
        let actor = self
            .app
            .tokens
            .actor_of(&member.person)
            .await
            .map_err(|_| {
                Status::unavailable("Справочник сотрудников не отвечает. Повторите через минуту.")
            })?;
        Ok(Response::new(pb::SignInResponse {
            access_token,
            expires_at: Some(time(expires)),
            session: Some(session(&actor)),
        }))
    }

    async fn get_session(
        &self,
        request: Request<pb::GetSessionRequest>,
    ) -> Result<Response<pb::GetSessionResponse>, Status> {
        let actor = actor_of(&request)?;
        Ok(Response::new(pb::GetSessionResponse {
            session: Some(session(&actor)),
        }))
    }

    async fn set_substitute(
        &self,
        request: Request<pb::SetSubstituteRequest>,
    ) -> Result<Response<pb::SetSubstituteResponse>, Status> {
        let actor = actor_of(&request)?;
        let id = request.into_inner().substitute_id;
        let substitute = (!id.is_empty()).then(|| PersonId::new(id));
        if let Some(substitute) = &substitute {
            let member = self
                .app
                .store
                .staff(substitute)
                .await
                .map_err(status::store)?;
            let sentence = match &member {
                None => Some("Такого сотрудника нет в справочнике.".to_owned()),
                Some(member) if member.person == actor.person => {
                    Some("Нельзя замещать самого себя.".to_owned())
                }
                Some(member) if !member.roles.iter().any(|role| actor.has_role(*role)) => Some(
                    format!("У сотрудника {} нет ни одной вашей роли.", member.name),
                ),
                Some(_) => None,
            };
            if let Some(sentence) = sentence {
                return Err(status::refused(&Refusal::invalid(vec![
                    FieldViolation::new("substitute_id", sentence),
                ])));
            }
        }
        self.app
            .store
            .set_substitute(&actor.person, substitute.as_ref())
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::SetSubstituteResponse {}))
    }

    async fn list_staff(
        &self,
        request: Request<pb::ListStaffRequest>,
    ) -> Result<Response<pb::ListStaffResponse>, Status> {
        actor_of(&request)?;
        let pb::ListStaffRequest { role, city } = request.into_inner();
        let role: Role = role.parse().map_err(|_| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "role",
                format!("Неизвестная роль «{role}»."),
            )]))
        })?;
        let staff = self
            .app
            .store
            .staff_in(role, &city)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::ListStaffResponse {
            staff: staff
                .iter()
                .map(|member| pb::StaffMember {
                    person: Some(person(&PersonRef::from(member))),
                    roles: member.roles.iter().map(ToString::to_string).collect(),
                    cities: member.cities.clone(),
                    absent: member.substitute.is_some(),
                })
                .collect(),
        }))
    }

    async fn get_sign_in_options(
        &self,
        _request: Request<pb::GetSignInOptionsRequest>,
    ) -> Result<Response<pb::GetSignInOptionsResponse>, Status> {
        Err(Status::unimplemented("GetSignInOptions"))
    }

    async fn start_session(
        &self,
        _request: Request<pb::StartSessionRequest>,
    ) -> Result<Response<pb::StartSessionResponse>, Status> {
        Err(Status::unimplemented("StartSession"))
    }

    async fn refresh_session(
        &self,
        _request: Request<pb::RefreshSessionRequest>,
    ) -> Result<Response<pb::RefreshSessionResponse>, Status> {
        Err(Status::unimplemented("RefreshSession"))
    }

    async fn redeem_ticket(
        &self,
        _request: Request<pb::RedeemTicketRequest>,
    ) -> Result<Response<pb::RedeemTicketResponse>, Status> {
        Err(Status::unimplemented("RedeemTicket"))
    }

    async fn sign_out(
        &self,
        _request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        Err(Status::unimplemented("SignOut"))
    }
}
