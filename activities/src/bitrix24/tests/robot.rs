//! Robots: registration and answers.

use contracts::bitrix24::{AnswerRobot, RobotAnswered};
use domain::buyout::start::RobotCall;
use domain::money::Money;

use super::*;
use crate::bitrix24::{BUYOUT_ROBOT, Reconciled, reconcile};
use crate::error::PartnerError;

fn answer() -> AnswerRobot {
    AnswerRobot {
        portal: PORTAL.to_owned(),
        robot: RobotCall {
            event_token: "68e0f1c2a1b2c3.12345678|A1_2_3_4|random.signature".to_owned(),
            workflow_id: "68e0f1c2a1b2c3.12345678".to_owned(),
            waits: true,
        },
        result: "DONE".to_owned(),
        message: "Автомобиль выкуплен.".to_owned(),
        price: Some(Money::from_rubles(1_529_000)),
        deal_id: None,
    }
}

#[tokio::test]
async fn a_waiting_robot_gets_its_answer() {
    let fixture = fixture([ok(json!(true))]).await;
    assert_eq!(
        fixture.activities.answer(&answer()).await,
        Ok(RobotAnswered::Delivered)
    );
    let body = fixture.body(0);
    assert_eq!(body["EVENT_TOKEN"], json!(answer().robot.event_token));
    assert_eq!(
        body["RETURN_VALUES"],
        json!({ "result": "DONE", "message": "Автомобиль выкуплен.", "price": "1529000.00" })
    );
}

#[tokio::test]
async fn a_stale_token_is_gone_when_its_workflow_is() {
    for looked in [ok(json!([])), error(403, "ACCESS_DENIED")] {
        let fixture = fixture([error(403, "ACCESS_DENIED"), looked]).await;
        assert_eq!(
            fixture.activities.answer(&answer()).await,
            Ok(RobotAnswered::Gone)
        );
        assert_eq!(
            fixture.methods(),
            ["bizproc.event.send", "bizproc.workflow.instances"]
        );
        assert_eq!(
            fixture.body(1)["filter"],
            json!({ "ID": "68e0f1c2a1b2c3.12345678" })
        );
    }
}

#[tokio::test]
async fn a_workflow_that_still_runs_is_answered_later() {
    let running = json!([{ "ID": "68e0f1c2a1b2c3.12345678" }]);
    let fixture = fixture([error(400, "ERROR_CORE"), ok(running)]).await;
    assert!(matches!(
        fixture.activities.answer(&answer()).await,
        Err(PartnerError::Unavailable { .. })
    ));
}

#[tokio::test]
async fn without_an_answer_or_a_right_the_robot_is_not_given_up() {
    let lost = fixture([Reply::drop()]).await;
    assert!(matches!(
        lost.activities.answer(&answer()).await,
        Err(PartnerError::Unavailable { .. })
    ));
    let locked = fixture([error(400, "423")]).await;
    assert!(matches!(
        locked.activities.answer(&answer()).await,
        Err(PartnerError::Unavailable { .. })
    ));
    let rightless = fixture([error(403, "insufficient_scope")]).await;
    assert!(matches!(
        rightless.activities.answer(&answer()).await,
        Err(PartnerError::Rejected { .. })
    ));
}

#[tokio::test]
async fn a_robot_that_does_not_wait_is_not_called() {
    let fixture = fixture([]).await;
    let mut answer = answer();
    answer.robot.waits = false;
    assert_eq!(
        fixture.activities.answer(&answer).await,
        Ok(RobotAnswered::Gone)
    );
    assert!(fixture.script.requests().is_empty());
}

#[tokio::test]
async fn a_missing_robot_is_added_and_a_known_one_updated() {
    let fixture = fixture([
        ok(json!([])),
        ok(json!(true)),
        ok(json!(["kite_buyout", "another"])),
        ok(json!(true)),
    ])
    .await;
    let run = || reconcile(&fixture.activities.client, PORTAL, &[BUYOUT_ROBOT]);
    let added = Reconciled {
        added: vec!["kite_buyout"],
        updated: Vec::new(),
    };
    assert_eq!(run().await, Ok(added));
    let updated = Reconciled {
        added: Vec::new(),
        updated: vec!["kite_buyout"],
    };
    assert_eq!(run().await, Ok(updated));
    let added = fixture.body(1);
    assert_eq!(added["CODE"], "kite_buyout");
    assert_eq!(
        added["HANDLER"],
        "https://kite.example/bitrix24/robots/kite_buyout"
    );
    assert_eq!(added["USE_SUBSCRIPTION"], "Y");
    assert_eq!(added["RETURN_PROPERTIES"]["price"]["Type"], "double");
    let updated = fixture.body(3);
    assert_eq!(updated["CODE"], "kite_buyout");
    assert_eq!(updated["FIELDS"]["HANDLER"], added["HANDLER"]);
}

#[tokio::test]
async fn a_robot_added_by_another_process_meanwhile_is_updated() {
    let fixture = fixture([
        ok(json!([])),
        error(400, "ERROR_ACTIVITY_ALREADY_INSTALLED"),
        ok(json!(true)),
    ])
    .await;
    let done = reconcile(&fixture.activities.client, PORTAL, &[BUYOUT_ROBOT]).await;
    assert_eq!(done.expect("reconciled").updated, ["kite_buyout"]);
}

#[tokio::test]
async fn without_application_context_the_reconcile_is_rejected() {
    let fixture = fixture([error(403, "ACCESS_DENIED")]).await;
    assert!(matches!(
        reconcile(&fixture.activities.client, PORTAL, &[BUYOUT_ROBOT]).await,
        Err(PartnerError::Rejected { code, .. }) if code == "ACCESS_DENIED"
    ));
}
