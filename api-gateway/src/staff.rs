//! StaffService.

use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Member, PersonId, Role, check_reason};
use proto::kite::staff::v1 as pb;
use proto::kite::staff::v1::staff_service_server::StaffService;
use tonic::{Request, Response, Status};

use crate::access::{Cost, Read, actor_of, hash};
use crate::convert::staff::{draft, member};
use crate::server::App;
use crate::status;

/// Characters of a first password: none looks like another, 32 of them, so five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const PASSWORD_CHARS: usize = 16;

#[derive(Clone)]
pub(crate) struct StaffDirectory {
    pub(crate) app: App,
}

/// Random, to be changed or forgotten: 80 bits.
fn first_password() -> String {
    rand::random::<[u8; PASSWORD_CHARS]>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

/// Whether the list that was asked for holds the member. Words are parts of name, login, id or mail.
fn fits(member: &Member, text: &str, role: Option<Role>, city: &str) -> bool {
    let staff = &member.staff;
    let described = [
        staff.name.as_str(),
        member.login.as_deref().unwrap_or_default(),
        staff.person.0.as_str(),
        staff.email.as_deref().unwrap_or_default(),
    ]
    .join(" ")
    .to_lowercase()
    .replace('ё', "е");
    text.to_lowercase()
        .replace('ё', "е")
        .split_whitespace()
        .all(|word| described.contains(word))
        && role.is_none_or(|role| staff.roles.contains(&role))
        && (city.is_empty()
            || staff.cities.is_empty()
            || staff.cities.iter().any(|own| own == city))
}

#[tonic::async_trait]
impl StaffService for StaffDirectory {
    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        actor_of(&request)?;
        let pb::ListMembersRequest { text, role, city } = request.into_inner();
        let role = match role.as_str() {
            "" => None,
            role => Some(role.parse::<Role>().map_err(|_| {
                status::refused(&Refusal::invalid(vec![FieldViolation::new(
                    "role",
                    format!("Неизвестная роль «{role}»."),
                )]))
            })?),
        };
        let members = self
            .app
            .store
            .members_of_staff()
            .await
            .map_err(status::store)?;
        let detail = serde_json::json!({ "members": members.len() });
        let read = Read::of("staff.read", "members", detail);
        Ok(read.with(pb::ListMembersResponse {
            members: members
                .iter()
                .filter(|member| fits(member, &text, role, &city))
                .map(member)
                .collect(),
        }))
    }

    async fn invite_member(
        &self,
        request: Request<pb::InviteMemberRequest>,
    ) -> Result<Response<pb::InviteMemberResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::InviteMemberRequest { member: asked } = request.into_inner();
        let (draft, _) =
            draft(asked.unwrap_or_default()).map_err(|refusal| status::refused(&refusal))?;
        // Elsewhere people come through their issuer; without a login there is nothing to type either.
        let first = (self.app.config.access.development_accounts && draft.login.is_some())
            .then(first_password);
        let password_hash = match &first {
            None => None,
            Some(password) => {
                Some(hash(password.clone(), Cost::Secret).await.ok_or_else(|| {
                    Status::internal("Пароль создать не удалось. Никто не добавлен, повторите.")
                })?)
            }
        };
        let invited = self
            .app
            .store
            .invite_member(&draft, password_hash, &actor.person)
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::InviteMemberResponse {
            member: Some(member(&invited)),
            first_password: first.unwrap_or_default(),
        }))
    }

    async fn update_member(
        &self,
        request: Request<pb::UpdateMemberRequest>,
    ) -> Result<Response<pb::UpdateMemberResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::UpdateMemberRequest { member: asked } = request.into_inner();
        let (draft, version) =
            draft(asked.unwrap_or_default()).map_err(|refusal| status::refused(&refusal))?;
        let updated = self
            .app
            .store
            .update_member(&draft, version, &actor.person)
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::UpdateMemberResponse {
            member: Some(member(&updated)),
        }))
    }

    async fn block_member(
        &self,
        request: Request<pb::BlockMemberRequest>,
    ) -> Result<Response<pb::BlockMemberResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::BlockMemberRequest {
            person_id,
            blocked,
            reason,
        } = request.into_inner();
        if blocked {
            check_reason(&reason).map_err(|refusal| status::refused(&refusal))?;
        }
        let blocked = self
            .app
            .store
            .block_member(
                &PersonId::new(person_id),
                blocked,
                reason.trim(),
                &actor.person,
            )
            .await
            .map_err(status::change)?;
        Ok(Response::new(pb::BlockMemberResponse {
            member: Some(member(&blocked)),
        }))
    }
}
