//! A mirrored task that somebody completed on the portal: read, opened again, told.

use contracts::bitrix24::{PortalTask, TellUser};
use domain::staff::{Actor, PersonId, Role};
use domain::task::TaskId;

use super::task::employ;
use super::*;
use crate::error::PartnerError;

fn task(status: &str, closed_by: Value) -> Reply {
    ok(json!({ "task": { "id": "31", "status": status, "closedBy": closed_by } }))
}

#[tokio::test]
async fn who_completed_a_task_is_found_among_our_staff() {
    let fixture = fixture([
        task("5", json!("21")),
        task("5", json!("99")),
        task("2", json!("0")),
        // Whose hand closed it before it was opened again says nothing of now.
        task("3", json!("21")),
        ok(json!([])),
    ])
    .await;
    employ(&fixture, "ops", Role::Ops, Some(21), None).await;
    employ(&fixture, "absent", Role::Ops, Some(22), Some("ops")).await;
    let read = || fixture.activities.read_mirror(PORTAL, 31);
    let by_ours = PortalTask {
        completed: true,
        closed_by: Some(21),
        actor: Some(Actor {
            person: PersonId::new("ops"),
            name: "ops".to_owned(),
            roles: vec![Role::Ops],
            cities: vec!["Казань".to_owned()],
            substitutes_for: vec![PersonId::new("absent")],
        }),
    };
    assert_eq!(read().await, Ok(by_ours));
    let by_a_stranger = PortalTask {
        completed: true,
        closed_by: Some(99),
        actor: None,
    };
    assert_eq!(read().await, Ok(by_a_stranger));
    let open = PortalTask {
        completed: false,
        closed_by: None,
        actor: None,
    };
    for case in ["open", "begun", "deleted"] {
        assert_eq!(read().await, Ok(open.clone()), "{case}");
    }
    assert_eq!(
        fixture.body(0)["select"],
        json!(["ID", "STATUS", "CLOSED_BY"])
    );
}

#[tokio::test]
async fn a_task_that_cannot_be_read_is_classified() {
    let away = fixture([Reply::drop()]).await;
    assert!(matches!(
        away.activities.read_mirror(PORTAL, 31).await,
        Err(PartnerError::Unavailable { .. })
    ));
    let refused = fixture([error(403, "ACCESS_DENIED")]).await;
    assert!(matches!(
        refused.activities.read_mirror(PORTAL, 31).await,
        Err(PartnerError::Rejected { .. })
    ));
    let broken = fixture([ok(json!("yes"))]).await;
    assert!(matches!(
        broken.activities.read_mirror(PORTAL, 31).await,
        Err(PartnerError::Protocol { .. })
    ));
}

#[tokio::test]
async fn opening_again_tolerates_what_is_open_or_gone() {
    let renewed = fixture([task("2", json!("0"))]).await;
    assert_eq!(renewed.activities.reopen(PORTAL, 31).await, Ok(()));
    assert_eq!(renewed.methods(), ["tasks.task.renew"]);
    assert_eq!(renewed.body(0)["taskId"], 31);
    for looked in [
        task("2", json!("0")),
        ok(json!([])),
        error(400, "ERROR_CORE"),
    ] {
        let fixture = fixture([error(400, "0"), looked]).await;
        assert_eq!(fixture.activities.reopen(PORTAL, 31).await, Ok(()));
        assert_eq!(fixture.methods(), ["tasks.task.renew", "tasks.task.get"]);
    }
    let forbidden = fixture([error(400, "0"), task("5", json!("21"))]).await;
    assert!(matches!(
        forbidden.activities.reopen(PORTAL, 31).await,
        Err(PartnerError::Rejected { .. })
    ));
    let lost = fixture([Reply::drop()]).await;
    assert!(matches!(
        lost.activities.reopen(PORTAL, 31).await,
        Err(PartnerError::Unavailable { .. })
    ));
}

#[tokio::test]
async fn a_notice_names_the_task_in_kite_and_replaces_the_earlier_one() {
    let fixture = fixture([ok(json!(501)), error(400, "USER_ID_EMPTY")]).await;
    let notice = TellUser {
        portal: PORTAL.to_owned(),
        user: 21,
        tag: "kite:buyout:portal:777/3/tick".to_owned(),
        text: "Задача решается в Kite.".to_owned(),
        task: TaskId::new("buyout:portal:777", 3),
    };
    assert_eq!(fixture.activities.tell_one(&notice).await, Ok(()));
    let body = fixture.body(0);
    assert_eq!(body["USER_ID"], 21);
    assert_eq!(body["TAG"], notice.tag);
    assert_eq!(
        body["MESSAGE"],
        "Задача решается в Kite.\n\nОткрыть в Kite: https://kite.example/tasks/buyout:portal:777%2F3"
    );
    assert!(matches!(
        fixture.activities.tell_one(&notice).await,
        Err(PartnerError::Rejected { code, .. }) if code == "USER_ID_EMPTY"
    ));
}
