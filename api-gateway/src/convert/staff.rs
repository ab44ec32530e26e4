//! Members of staff on the wire.

use domain::refusal::Refusal;
use domain::staff::{Member, MemberDraft, PersonId, PersonRef, Role, StaffMember};
use proto::kite::common::v1::Person;
use proto::kite::staff::v1 as pb;

use crate::convert::common::{Reader, person};

pub(crate) fn member(member: &Member) -> pb::Member {
    let Member {
        staff,
        login,
        blocked,
        version,
        substitute,
    } = member;
    let StaffMember {
        person: id,
        name,
        roles,
        cities,
        email,
        bitrix24_user,
        treasury_user,
        // With the name beside it.
        substitute: _,
    } = staff;
    pb::Member {
        person: Some(person(&PersonRef {
            person: id.clone(),
            name: name.clone(),
        })),
        login: login.clone().unwrap_or_default(),
        roles: roles.iter().map(Role::to_string).collect(),
        cities: cities.clone(),
        email: email.clone().unwrap_or_default(),
        bitrix24_user: bitrix24_user.unwrap_or_default(),
        treasury_user: treasury_user
            .map(|user| user.to_string())
            .unwrap_or_default(),
        blocked: *blocked,
        substitute: substitute.as_ref().map(person),
        version: *version,
    }
}

/// What an administrator typed, tidied; the version is the one that they saw. Block and absence have
/// calls of their own.
pub(crate) fn draft(member: pb::Member) -> Result<(MemberDraft, u32), Refusal> {
    let pb::Member {
        person,
        login,
        roles,
        cities,
        email,
        bitrix24_user,
        treasury_user,
        blocked: _,
        substitute: _,
        version,
    } = member;
    let Person { id, name } = person.unwrap_or_default();
    let mut reader = Reader::default();
    let roles = roles
        .iter()
        .filter_map(|role| reader.one_of("member.roles", role))
        .collect();
    let treasury_user = match treasury_user.trim() {
        "" => None,
        key => {
            let user = key.parse().ok();
            if user.is_none() {
                reader.fail("member.treasury_user", "Ref_Key пользователя 1С — UUID.");
            }
            user
        }
    };
    let id = match id.trim() {
        "" => login.trim().to_lowercase(),
        id => id.to_owned(),
    };
    let draft = MemberDraft {
        person: PersonId::new(id),
        name,
        login: Some(login),
        roles,
        cities,
        email: Some(email),
        bitrix24_user: (bitrix24_user != 0).then_some(bitrix24_user),
        treasury_user,
    };
    let tidy = draft.tidy().map_err(|wrong| {
        for violation in wrong {
            // An unknown role is named above; that none is left says nothing more.
            if !(violation.field == "member.roles" && reader.failed("member.roles")) {
                reader.fail(&violation.field, violation.sentence);
            }
        }
    });
    reader.finish(tidy.ok()).map(|draft| (draft, version))
}
