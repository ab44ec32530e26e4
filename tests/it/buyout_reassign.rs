//! An inspection is handed over to another inspector; nobody is given what they could not decide.

use domain::staff::{PersonId, Role, StaffMember};
use proto::kite::buyout::v1::ListBuyoutsRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::people::Person;
use stack::play::Play;
use stack::seed;
use store::staff::StaffRecord;
use tests::World;
use tonic::{Code, Status};
use tonic_types::StatusExt;

async fn give(person: &Person, task: &pb::Task, to: &str) -> Result<pb::Task, Status> {
    let request = pb::DelegateTaskRequest {
        id: task.id.clone(),
        version: task.version,
        to_person_id: to.to_owned(),
    };
    let answer = person.tasks().delegate_task(request).await?;
    Ok(answer.into_inner().task.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_hands_an_inspection_over_and_the_run_follows() -> anyhow::Result<()> {
    let world = World::start().await?;
    // Somebody of the same role whose city is another one.
    let stranger = StaffRecord {
        member: StaffMember {
            person: PersonId::new("u-pskov"),
            name: "Инспектор Псковский".to_owned(),
            roles: vec![Role::Inspector],
            cities: vec!["Псков".to_owned()],
            email: None,
            bitrix24_user: None,
            treasury_user: None,
            substitute: None,
        },
        login: None,
        password_hash: None,
        blocked: false,
    };
    world.stack.store.upsert_staff(&stranger).await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let first = play.inspector().await?;
    let other = seed::ACCOUNTS
        .iter()
        .filter(|account| account.role == Role::Inspector)
        .find(|account| account.name != first.name)
        .expect("two inspectors");
    let second = world.stack.sign_in(other.login).await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;

    // Taken in hand already: it is handed over all the same.
    let task = first.wait_for(&play.id, "INSPECT", play.patience).await?;
    let claim = pb::ClaimTaskRequest {
        id: task.id.clone(),
        version: task.version,
    };
    let task = first
        .tasks()
        .claim_task(claim)
        .await?
        .into_inner()
        .task
        .expect("a task");
    for (to, why) in [
        ("u-appraiser", "её решает осмотрщик"),
        ("u-pskov", "не работает в городе Мурманск"),
        (first.id.as_str(), "уже у сотрудника"),
        ("u-nobody", "нет в справочнике"),
    ] {
        let refused = give(&dispatcher, &task, to).await.expect_err(to);
        assert_eq!(refused.code(), Code::InvalidArgument, "{to}: {refused}");
        assert!(refused.message().contains(why), "{to}: {refused}");
        let fields: Vec<String> = refused
            .get_details_bad_request()
            .map(|bad| bad.field_violations)
            .unwrap_or_default()
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["to_person_id"], "{to}");
    }
    let refused = give(&second, &task, &second.id)
        .await
        .expect_err("a colleague helps themselves");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let stale = pb::Task {
        version: task.version - 1,
        ..task.clone()
    };
    let refused = give(&dispatcher, &stale, &second.id)
        .await
        .expect_err("a version of before");
    assert_eq!(refused.code(), Code::Aborted, "{refused}");

    let given = give(&dispatcher, &task, &second.id).await?;
    assert_eq!(
        given.assignee.as_ref().map(|person| person.id.as_str()),
        Some(second.id.as_str())
    );
    let head = world.stack.sign_in("head").await?;
    let run = head.buyout(&play.id).await?;
    assert_eq!(
        run.inspector.map(|person| person.id).as_deref(),
        Some(second.id.as_str())
    );
    let listed = async |person: &Person| {
        let answer = person
            .buyouts()
            .list_buyouts(ListBuyoutsRequest::default())
            .await?;
        let rows = answer.into_inner().buyouts;
        Ok::<_, Status>(
            rows.iter()
                .filter_map(|row| row.inspector.as_ref())
                .map(|person| person.name.clone())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(listed(&first).await?, [""; 0], "it is not theirs any more");
    assert_eq!(listed(&second).await?, std::slice::from_ref(&second.name));
    let no_show = || {
        Kind::NoShow(pb::Reason {
            text: "Не приехал.".to_owned(),
        })
    };
    let refused = first
        .decide(&given, no_show())
        .await
        .expect_err("not theirs");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    // The inspection is brought by whoever has it now.
    let inspector = play.inspect().await?;
    assert_eq!(inspector.id, second.id);

    // Other kinds of tasks are given to those who could decide them, too.
    let appraiser = world.stack.sign_in("appraiser").await?;
    let appraisal = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let refused = give(&appraiser, &appraisal, "u-verifier")
        .await
        .expect_err("a verifier cannot appraise");
    assert!(refused.message().contains("её решает оценщик"), "{refused}");
    let refused = give(&dispatcher, &appraisal, "u-senior")
        .await
        .expect_err("dispatchers hand over inspections alone");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    world.stop().await
}
