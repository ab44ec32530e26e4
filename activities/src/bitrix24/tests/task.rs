//! Mirrored tasks and notices.

use contracts::bitrix24::{MirrorTask, Notify};
use domain::staff::{PersonId, Role, StaffMember};
use domain::task::TaskId;
use store::staff::StaffRecord;

use super::*;
use crate::bitrix24::marker;
use crate::error::PartnerError;

pub(super) async fn employ(
    fixture: &Fixture,
    name: &str,
    role: Role,
    user: Option<u64>,
    substitute: Option<&str>,
) {
    let record = StaffRecord {
        member: StaffMember {
            person: PersonId::new(name),
            name: name.to_owned(),
            roles: vec![role],
            cities: vec!["Казань".to_owned()],
            email: None,
            bitrix24_user: user,
            treasury_user: None,
            substitute: substitute.map(PersonId::new),
        },
        login: None,
        password_hash: None,
        blocked: false,
    };
    fixture
        .activities
        .store
        .upsert_staff(&record)
        .await
        .expect("employed");
}

fn task() -> MirrorTask {
    MirrorTask {
        portal: PORTAL.to_owned(),
        deal_id: 777,
        task: TaskId::new("buyout:portal:777", 3),
        title: "Оценить автомобиль".to_owned(),
        details: "Рыночная цена 1 529 000 ₽".to_owned(),
        role: Role::Appraiser,
        city: "Казань".to_owned(),
        person: None,
        excluded: Vec::new(),
        due_at: "2026-11-28T10:00:00Z".parse().expect("an instant"),
    }
}

fn ours(id: u64) -> Value {
    let marker = marker::of(&task().task.0);
    json!({ "id": id.to_string(), "description": format!("…\n{marker}") })
}

#[tokio::test]
async fn a_task_is_searched_added_and_searched_again() {
    let fixture = fixture([
        ok(json!({ "tasks": [{ "id": "1", "description": null }] })),
        ok(json!({ "task": { "id": "31", "title": "…" } })),
        ok(json!({ "tasks": [ours(31)] })),
        ok(json!({ "tasks": [ours(31)] })),
    ])
    .await;
    employ(&fixture, "a-appraiser", Role::Appraiser, Some(21), None).await;
    assert_eq!(fixture.activities.mirror(&task(), 2).await, Ok(Some(31)));
    assert_eq!(fixture.activities.mirror(&task(), 2).await, Ok(Some(31)));
    assert_eq!(
        fixture.methods(),
        [
            "tasks.task.list",
            "tasks.task.add",
            "tasks.task.list",
            "tasks.task.list"
        ]
    );
    assert_eq!(fixture.body(0)["filter"], json!({ "UF_CRM_TASK": "D_777" }));
    let fields = &fixture.body(1)["fields"];
    assert_eq!(fields["RESPONSIBLE_ID"], 21);
    assert_eq!(fields["DEADLINE"], "2026-11-28T10:00:00+00:00");
    assert_eq!(fields["UF_CRM_TASK"], json!(["D_777"]));
    let description = fields["DESCRIPTION"].as_str().expect("a text");
    assert!(
        description.contains("https://kite.example/tasks/buyout:portal:777%2F3"),
        "{description}"
    );
}

#[tokio::test]
async fn the_first_attempt_searches_again_only_for_an_answer_that_was_lost() {
    let fixture = fixture([
        ok(json!({ "tasks": [] })),
        ok(json!({ "task": { "id": "31" } })),
        ok(json!({ "tasks": [] })),
        Reply::drop(),
        ok(json!({ "tasks": [ours(32)] })),
    ])
    .await;
    employ(&fixture, "a-appraiser", Role::Appraiser, Some(21), None).await;
    assert_eq!(fixture.activities.mirror(&task(), 1).await, Ok(Some(31)));
    assert_eq!(fixture.methods().len(), 2);
    assert_eq!(fixture.activities.mirror(&task(), 1).await, Ok(Some(32)));
    assert_eq!(fixture.script.requests().len(), 5);
}

#[tokio::test]
async fn the_responsible_is_the_named_one_or_the_first_who_may_and_is_there() {
    let reply = |id: u64| {
        [
            ok(json!({ "tasks": [] })),
            ok(json!({ "task": { "id": id } })),
            ok(json!({ "tasks": [] })),
        ]
    };
    let fixture = fixture(
        reply(31)
            .into_iter()
            .chain(reply(32))
            .chain([ok(json!({ "tasks": [] }))]),
    )
    .await;
    employ(&fixture, "a-excluded", Role::Appraiser, Some(21), None).await;
    employ(&fixture, "b-nowhere", Role::Appraiser, None, None).await;
    employ(&fixture, "d-standin", Role::Dispatcher, Some(24), None).await;
    employ(
        &fixture,
        "c-absent",
        Role::Appraiser,
        Some(23),
        Some("d-standin"),
    )
    .await;
    let excluded = vec![PersonId::new("a-excluded")];
    let by_role = MirrorTask {
        excluded: excluded.clone(),
        ..task()
    };
    assert_eq!(fixture.activities.mirror(&by_role, 2).await, Ok(Some(31)));
    assert_eq!(fixture.body(1)["fields"]["RESPONSIBLE_ID"], 24);
    let named = MirrorTask {
        person: Some(PersonId::new("a-excluded")),
        ..task()
    };
    assert_eq!(fixture.activities.mirror(&named, 2).await, Ok(Some(32)));
    assert_eq!(fixture.body(4)["fields"]["RESPONSIBLE_ID"], 21);
    let nobody = MirrorTask {
        role: Role::Verifier,
        ..task()
    };
    assert_eq!(fixture.activities.mirror(&nobody, 2).await, Ok(None));
}

#[tokio::test]
async fn closing_tolerates_what_is_closed_or_gone() {
    let tolerated = [
        ok(json!({ "task": { "id": "31", "status": "5" } })),
        ok(json!([])),
        error(400, "ERROR_CORE"),
    ];
    for looked in tolerated {
        let fixture = fixture([error(400, "ERROR_CORE"), looked]).await;
        assert_eq!(fixture.activities.complete(PORTAL, 31).await, Ok(()));
        assert_eq!(fixture.methods(), ["tasks.task.complete", "tasks.task.get"]);
    }
    let open = ok(json!({ "task": { "id": "31", "status": "3" } }));
    let fixture = fixture([error(400, "ERROR_CORE"), open]).await;
    assert!(matches!(
        fixture.activities.complete(PORTAL, 31).await,
        Err(PartnerError::Rejected { .. })
    ));
}

#[tokio::test]
async fn notices_go_in_one_batch_and_one_refusal_stops_nobody() {
    let answer = json!({
        "result": { "u21": 501 },
        "result_error": { "u24": { "error": "100", "error_description": "" } },
        "result_time": [],
    });
    let fixture = fixture([ok(answer.clone()), ok(answer)]).await;
    employ(&fixture, "a-appraiser", Role::Appraiser, Some(21), None).await;
    employ(&fixture, "b-other", Role::Appraiser, Some(22), None).await;
    employ(&fixture, "c-head", Role::BuyoutHead, Some(24), None).await;
    let mut notice = Notify {
        portal: PORTAL.to_owned(),
        roles: vec![Role::Appraiser, Role::BuyoutHead],
        city: "Казань".to_owned(),
        person: Some(PersonId::new("a-appraiser")),
        tag: "kite:buyout:portal:777/3".to_owned(),
        text: "Оценить автомобиль: срок прошёл.".to_owned(),
    };
    fixture.activities.tell(&notice).await.expect("told");
    let users = |number: usize| {
        let cmd = fixture.body(number)["cmd"].clone();
        cmd.as_object()
            .expect("commands")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    // Who holds the task, and whom it escalated to.
    assert_eq!(users(0), ["u21", "u24"]);
    notice.person = None;
    fixture.activities.tell(&notice).await.expect("told");
    assert_eq!(users(1), ["u21", "u22", "u24"]);
    let command = fixture.body(0)["cmd"]["u21"]
        .as_str()
        .expect("a command")
        .to_owned();
    assert!(
        command.starts_with("im.notify.system.add?USER_ID=21&MESSAGE="),
        "{command}"
    );
    assert!(
        command.ends_with("&TAG=kite%3Abuyout%3Aportal%3A777%2F3"),
        "{command}"
    );
}

#[tokio::test]
async fn nobody_to_tell_is_no_call() {
    let fixture = fixture([]).await;
    let notice = Notify {
        portal: PORTAL.to_owned(),
        roles: vec![Role::Verifier],
        city: String::new(),
        person: None,
        tag: "t".to_owned(),
        text: "t".to_owned(),
    };
    fixture.activities.tell(&notice).await.expect("nothing");
    assert!(fixture.script.requests().is_empty());
}
