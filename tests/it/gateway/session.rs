//! Signing in, absence and substitutes, and people who leave.

use domain::staff::Role;
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use proto::kite::session::v1::{
    GetSessionRequest, GetSignInOptionsRequest, ListStaffRequest, SetSubstituteRequest,
    SignInRequest, SignInResponse,
};
use proto::kite::task::v1::decision::Kind;
use stack::papers;
use stack::people::Person;
use stack::play::Play;
use stack::seed;
use tests::World;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{newcomer, violations, write_staff};

async fn sign_in(world: &World, login: &str, password: &str) -> Result<SignInResponse, Status> {
    let request = SignInRequest {
        login: login.to_owned(),
        password: password.to_owned(),
    };
    let mut sessions = SessionServiceClient::new(world.stack.door.channel.clone());
    Ok(sessions.sign_in(request).await?.into_inner())
}

async fn stand_in(person: &Person, substitute: &str) -> Result<(), Status> {
    let request = SetSubstituteRequest {
        substitute_id: substitute.to_owned(),
    };
    person.sessions().set_substitute(request).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_of_somebody_who_works_here_signs_in() -> anyhow::Result<()> {
    let world = World::start().await?;
    let before = chrono::Utc::now().timestamp();
    let signed = sign_in(&world, "OPS", seed::PASSWORD).await?;
    let session = signed.session.unwrap_or_default();
    assert_eq!(session.roles, ["OPS"]);
    assert_eq!(
        session.person.map(|person| person.id).as_deref(),
        Some("u-ops")
    );
    let expires = signed.expires_at.map(|at| at.seconds).unwrap_or_default();
    assert!(
        (before + 3_590..before + 3_700).contains(&expires),
        "a token lives {} s",
        expires - before
    );

    newcomer(&world, "leaver", &[Role::Ops], &[]).await?;
    write_staff(&world, "leaver", &[Role::Ops], &[], true).await?;
    let mut sentences = std::collections::BTreeSet::new();
    for (name, login, password) in [
        ("a wrong password", "ops", "kite-dev2"),
        ("an empty password", "ops", ""),
        ("an unknown login", "nobody", seed::PASSWORD),
        ("a blocked person", "leaver", seed::PASSWORD),
        ("the hash of nobody", "nobody", "nobody signs in with this"),
        ("a pattern", "%", seed::PASSWORD),
    ] {
        let refused = sign_in(&world, login, password).await.expect_err(name);
        assert_eq!(refused.code(), Code::Unauthenticated, "{name}");
        sentences.insert(refused.message().to_owned());
    }
    assert_eq!(
        sentences.len(),
        1,
        "the answer tells who exists: {sentences:?}"
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_one_login_cannot_be_tried_for_ever() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut sentences = std::collections::BTreeSet::new();
    // Whether there is such a login makes no difference.
    for login in ["ops", "nobody"] {
        for number in 0..10 {
            let refused = sign_in(&world, login, "guess")
                .await
                .expect_err("a wrong password");
            assert_eq!(refused.code(), Code::Unauthenticated, "{login} {number}");
        }
        for spelled in [login.to_owned(), format!(" {} ", login.to_uppercase())] {
            let refused = sign_in(&world, &spelled, seed::PASSWORD)
                .await
                .expect_err("too many tries");
            assert_eq!(refused.code(), Code::ResourceExhausted, "{spelled}");
            let wait = refused
                .get_details_retry_info()
                .and_then(|info| info.retry_delay)
                .unwrap_or_default();
            assert!((1..=60).contains(&wait.as_secs()), "{wait:?}");
            sentences.insert(refused.message().to_owned());
        }
    }
    assert_eq!(
        sentences.len(),
        1,
        "the answer tells who exists: {sentences:?}"
    );
    // Others sign in, and as often as they like.
    for _ in 0..12 {
        sign_in(&world, "head", seed::PASSWORD).await?;
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_says_what_may_be_done_and_who_stands_in() -> anyhow::Result<()> {
    let world = World::start().await?;
    let options = SessionServiceClient::new(world.stack.door.channel.clone())
        .get_sign_in_options(GetSignInOptionsRequest {})
        .await?
        .into_inner();
    assert!(options.development_accounts);
    assert_eq!(options.issuers, []);
    assert_eq!(options.temporal_ui, "");
    assert_eq!(options.temporal_namespace, world.stack.settings.namespace);
    assert_eq!(options.version, env!("CARGO_PKG_VERSION"));

    let inspector = world.stack.sign_in("inspector").await?;
    let session = async || {
        let answer = inspector
            .sessions()
            .get_session(GetSessionRequest {})
            .await?;
        anyhow::Ok(answer.into_inner().session.unwrap_or_default())
    };
    let before = session().await?;
    for (action, permitted) in [
        ("kite.inspection.v1.InspectionService/ReportVisit", true),
        ("kite.task.v1.TaskService/DecideTask", true),
        ("client.see", true),
        ("price.see", false),
        ("buyout.see_every", false),
        ("kite.staff.v1.StaffService/BlockMember", false),
    ] {
        assert_eq!(
            before.actions.iter().any(|own| own == action),
            permitted,
            "{action}"
        );
    }
    assert!(before.actions.is_sorted());
    assert_eq!(before.substitute, None);
    stand_in(&inspector, "u-inspector2").await?;
    let substitute = session().await?.substitute.unwrap_or_default();
    assert_eq!(
        (substitute.id.as_str(), substitute.name.as_str()),
        ("u-inspector2", "Лев Морозов")
    );
    let admin = sign_in(&world, "admin", seed::PASSWORD).await?;
    let actions = admin.session.unwrap_or_default().actions;
    assert!(actions.contains(&"kite.staff.v1.StaffService/BlockMember".to_owned()));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_or_loses_a_role_is_so_at_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let person = newcomer(&world, "mover", &[Role::BuyoutHead], &[]).await?;
    let session = async || person.sessions().get_session(GetSessionRequest {}).await;
    let cancel = proto::kite::buyout::v1::CancelBuyoutRequest {
        id: "buyout:nobody:1".to_owned(),
        reason: "-".to_owned(),
    };
    let refused = person
        .buyouts()
        .cancel_buyout(cancel.clone())
        .await
        .expect_err("no such run");
    assert_eq!(refused.code(), Code::NotFound);
    write_staff(&world, "mover", &[Role::Accountant], &["Псков"], false).await?;
    let now = session().await?.into_inner().session.unwrap_or_default();
    assert_eq!(
        (now.roles, now.cities),
        (vec!["ACCOUNTANT".to_owned()], vec!["Псков".to_owned()])
    );
    let refused = person
        .buyouts()
        .cancel_buyout(cancel)
        .await
        .expect_err("a role that may not");
    assert_eq!(refused.code(), Code::PermissionDenied);
    write_staff(&world, "mover", &[Role::Accountant], &[], true).await?;
    assert_eq!(
        session().await.expect_err("blocked").code(),
        Code::Unauthenticated
    );
    write_staff(&world, "mover", &[], &[], false).await?;
    assert_eq!(
        session().await.expect_err("without any role").code(),
        Code::PermissionDenied
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_substitute_decides_for_an_absent_colleague() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let login = if inspector.id == "u-inspector" {
        "inspector2"
    } else {
        "inspector"
    };
    let colleague = world.stack.sign_in(login).await?;
    let head = world.stack.sign_in("head").await?;

    for (name, substitute) in [
        ("nobody", "u-nobody"),
        ("oneself", inspector.id.as_str()),
        ("another role", "u-ops"),
    ] {
        let refused = stand_in(&inspector, substitute).await.expect_err(name);
        assert_eq!(
            (refused.code(), violations(&refused)),
            (Code::InvalidArgument, vec!["substitute_id".to_owned()]),
            "{name}"
        );
    }
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let no_show = || {
        Kind::NoShow(proto::kite::task::v1::Reason {
            text: "Клиент не приехал.".to_owned(),
        })
    };
    let refused = colleague
        .decide(&task, no_show())
        .await
        .expect_err("another's task");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");

    stand_in(&inspector, &colleague.id).await?;
    let session = colleague
        .sessions()
        .get_session(GetSessionRequest {})
        .await?
        .into_inner()
        .session;
    assert_eq!(
        session.map(|session| session.substitutes_for),
        Some(vec![inspector.id.clone()])
    );
    let request = ListStaffRequest {
        role: "INSPECTOR".to_owned(),
        city: seed::CITY.to_owned(),
    };
    let staff = head
        .sessions()
        .list_staff(request)
        .await?
        .into_inner()
        .staff;
    let absent: Vec<String> = staff
        .into_iter()
        .filter(|member| member.absent)
        .filter_map(|member| member.person)
        .map(|p| p.id)
        .collect();
    assert_eq!(absent, std::slice::from_ref(&inspector.id));

    // The colleague finds the task among their own, brings the photos and hands in.
    let task = colleague
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    assert_eq!(task.refusal, "");
    let template = colleague.template(&play.id).await?;
    let mut photos = Vec::new();
    for number in 0..template.required_angles.len() as u32 {
        photos.push(
            colleague
                .upload(&play.id, "PHOTO", papers::photo(900 + number))
                .await?
                .id,
        );
    }
    colleague
        .decide(
            &task,
            Kind::SubmitInspection(papers::inspection(&template, &play.car, &photos)),
        )
        .await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let buyout = head.buyout(&play.id).await?;
    let done_by = buyout.inspections[0]
        .inspector
        .as_ref()
        .map(|person| person.id.as_str());
    assert_eq!(
        done_by,
        Some(colleague.id.as_str()),
        "the inspection is of whoever did it"
    );

    // Back from the absence.
    stand_in(&inspector, "").await?;
    let session = colleague
        .sessions()
        .get_session(GetSessionRequest {})
        .await?
        .into_inner()
        .session;
    assert_eq!(
        session.map(|session| session.substitutes_for),
        Some(Vec::new())
    );
    world.stop().await
}
