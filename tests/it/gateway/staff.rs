//! People who work here, as an administrator keeps them.

use proto::kite::common::v1::Person as Named;
use proto::kite::session::v1::GetSessionRequest;
use proto::kite::staff::v1::{
    BlockMemberRequest, InviteMemberRequest, ListMembersRequest, Member, UpdateMemberRequest,
};
use stack::people::Person;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::events::Ear;
use super::violations;

async fn list(admin: &Person, text: &str, role: &str) -> Result<Vec<Member>, Status> {
    let request = ListMembersRequest {
        text: text.to_owned(),
        role: role.to_owned(),
        city: String::new(),
    };
    Ok(admin
        .staff()
        .list_members(request)
        .await?
        .into_inner()
        .members)
}

async fn invite(admin: &Person, member: Member) -> Result<(Member, String), Status> {
    let request = InviteMemberRequest {
        member: Some(member),
    };
    let answer = admin.staff().invite_member(request).await?.into_inner();
    Ok((answer.member.unwrap_or_default(), answer.first_password))
}

async fn update(admin: &Person, member: Member) -> Result<Member, Status> {
    let request = UpdateMemberRequest {
        member: Some(member),
    };
    let answer = admin.staff().update_member(request).await?.into_inner();
    Ok(answer.member.unwrap_or_default())
}

async fn block(admin: &Person, id: &str, blocked: bool, reason: &str) -> Result<Member, Status> {
    let request = BlockMemberRequest {
        person_id: id.to_owned(),
        blocked,
        reason: reason.to_owned(),
    };
    let answer = admin.staff().block_member(request).await?.into_inner();
    Ok(answer.member.unwrap_or_default())
}

fn newcomer() -> Member {
    Member {
        person: Some(Named {
            id: String::new(),
            name: " Нина  Гагарина ".to_owned(),
        }),
        login: "Nina".to_owned(),
        roles: vec!["APPRAISER".to_owned()],
        cities: vec![seed::CITY.to_owned()],
        email: "nina@kite.example".to_owned(),
        bitrix24_user: 501,
        ..Member::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_changed_blocked_and_let_in_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let admin = world.stack.sign_in("admin").await?;
    let ops = world.stack.sign_in("ops").await?;
    let (mut ear, _) = Ear::open(&ops, "", &["STAFF"]).await?;

    let (nina, password) = invite(&admin, newcomer()).await?;
    let named = nina.person.clone().unwrap_or_default();
    assert_eq!(
        (
            named.id.as_str(),
            named.name.as_str(),
            nina.version,
            nina.blocked
        ),
        ("nina", "Нина Гагарина", 1, false)
    );
    assert_eq!(password.len(), 16, "{password}");
    ear.changes(|change| change.entity_id == "nina").await?;
    let signed = Person::sign_in(&world.stack.door, "nina", &password).await?;
    assert_eq!(signed.name, "Нина Гагарина");
    assert_eq!(
        list(&admin, "гагар", "APPRAISER").await?,
        std::slice::from_ref(&nina),
        "no password any more"
    );
    assert_eq!(list(&admin, "гагар", "OPS").await?, []);
    assert!(list(&admin, "", "").await?.len() > seed::ACCOUNTS.len());

    // Wrong: all fields at once, then names in use.
    let wrong = Member {
        person: None,
        login: "с пробелом".to_owned(),
        roles: vec!["KING".to_owned()],
        cities: vec![String::new()],
        email: "почта".to_owned(),
        treasury_user: "не UUID".to_owned(),
        ..Member::default()
    };
    let refused = invite(&admin, wrong).await.expect_err("wrong");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        violations(&refused),
        [
            "member.roles",
            "member.treasury_user",
            "member.person.id",
            "member.person.name",
            "member.login",
            "member.cities",
            "member.email"
        ]
    );
    let refused = invite(&admin, newcomer()).await.expect_err("there already");
    assert_eq!(violations(&refused), ["member.person.id"]);
    let mut twin = newcomer();
    twin.person = Some(Named {
        id: "nina2".to_owned(),
        ..named.clone()
    });
    let refused = invite(&admin, twin).await.expect_err("in use");
    assert_eq!(
        violations(&refused),
        ["member.login", "member.bitrix24_user"]
    );

    // Roles count at once; a version that is not the newest is refused.
    let mut changed = nina.clone();
    changed.roles = vec!["VERIFIER".to_owned(), "APPRAISER".to_owned()];
    let changed = update(&admin, changed).await?;
    assert_eq!(
        (changed.version, changed.roles.as_slice()),
        (2, &["APPRAISER".to_owned(), "VERIFIER".to_owned()][..])
    );
    let session = signed
        .sessions()
        .get_session(GetSessionRequest {})
        .await?
        .into_inner();
    assert_eq!(session.session.unwrap_or_default().roles, changed.roles);
    let refused = update(&admin, nina.clone()).await.expect_err("stale");
    assert_eq!(refused.code(), Code::Aborted, "{refused}");

    let refused = block(&admin, "nina", true, " ")
        .await
        .expect_err("no reason");
    assert_eq!(violations(&refused), ["reason"]);
    assert!(block(&admin, "nina", true, "уволена").await?.blocked);
    let refused = signed
        .sessions()
        .get_session(GetSessionRequest {})
        .await
        .expect_err("blocked");
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(
        list(&admin, "nina", "").await?[0].blocked,
        "still in the list"
    );
    assert!(!block(&admin, "nina", false, "").await?.blocked);
    signed.sessions().get_session(GetSessionRequest {}).await?;

    let mut trail = world.stack.store.audit_of("nina").await?;
    // Her own signing in is on record as well.
    trail.retain(|entry| entry.action.starts_with("staff."));
    let acts: Vec<(&str, &str)> = trail
        .iter()
        .map(|entry| (entry.action.as_str(), entry.person.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            "staff.invite",
            "staff.update",
            "staff.block",
            "staff.unblock"
        ]
        .map(|act| (act, "u-admin"))
    );
    assert_eq!(
        trail[1].detail["roles"]["after"],
        serde_json::json!(["APPRAISER", "VERIFIER"])
    );
    assert_eq!(trail[2].detail["reason"], "уволена");
    let whole = format!("{trail:?}");
    assert!(
        !whole.contains("Гагарина") && !whole.contains(&password),
        "{whole}"
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_stays_and_others_stay_out() -> anyhow::Result<()> {
    let world = World::start().await?;
    let admin = world.stack.sign_in("admin").await?;
    let head = world.stack.sign_in("head").await?;
    let refused = list(&head, "", "").await.expect_err("no administrator");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = list(&admin, "", "KING").await.expect_err("no such role");
    assert_eq!(violations(&refused), ["role"]);
    let refused = block(&admin, "u-nobody", true, "x")
        .await
        .expect_err("nobody");
    assert_eq!(refused.code(), Code::NotFound);

    let own = list(&admin, "u-admin", "").await?.remove(0);
    let refused = block(&admin, "u-admin", true, "сам")
        .await
        .expect_err("oneself");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    let demoted = Member {
        roles: vec!["OPS".to_owned()],
        ..own.clone()
    };
    let refused = update(&admin, demoted).await.expect_err("oneself");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    let renamed = Member {
        email: "admin2@kite.example".to_owned(),
        ..own
    };
    assert_eq!(update(&admin, renamed).await?.email, "admin2@kite.example");
    world.stop().await
}
