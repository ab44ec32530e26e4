//! Robots: registration, the call, the answer.

use serde_json::{Value, json};

use super::installed::Portal;

const CODE: &str = "kite_buyout";

async fn register(portal: &Portal, waits: &str) {
    let robot = json!({
        "CODE": CODE,
        "HANDLER": format!("{}/robot", portal.app),
        "AUTH_USER_ID": 1,
        "USE_SUBSCRIPTION": waits,
        "NAME": { "ru": "Выкуп" },
        "PROPERTIES": { "note": { "Name": "Пометка", "Type": "string", "Default": "из воронки" } },
        "RETURN_PROPERTIES": { "result": { "Name": "Итог", "Type": "string" } },
    });
    assert_eq!(portal.result("bizproc.robot.add", robot).await, true);
}

async fn inspection(portal: &Portal) -> u64 {
    let deal = portal.deal(json!({})).await;
    portal
        .bench
        .person(
            &format!("bitrix24/deals/{deal}/stage"),
            json!({ "stage": "C9:INSPECTION" }),
        )
        .await;
    deal
}

#[tokio::test]
async fn a_stage_calls_the_robot_with_the_whole_form() {
    let mut portal = Portal::installed().await;
    register(&portal, "Y").await;
    let deal = inspection(&portal).await;
    let form = portal.told_pairs("robot").await;
    let app = portal.bench.looks("bitrix24/app").await;
    let domain = app["domain"].as_str().expect("a domain").to_owned();
    let masked: Vec<String> = form
        .iter()
        .map(|(name, value)| match name.as_str() {
            "workflow_id"
            | "event_token"
            | "ts"
            | "auth[access_token]"
            | "auth[refresh_token]"
            | "auth[expires]"
            | "auth[application_token]"
            | "auth[WORKFLOW_ID]"
            | "auth[ACTIVITY_NAME]" => format!("{name}=…"),
            _ => format!(
                "{name}={}",
                value
                    .replace(&domain, "PORTAL")
                    .replace(&deal.to_string(), "ID")
            ),
        })
        .collect();
    insta::assert_snapshot!(masked.join("\n"), @r"
    workflow_id=…
    code=kite_buyout
    document_id[0]=crm
    document_id[1]=CCrmDocumentDeal
    document_id[2]=DEAL_ID
    document_type[0]=crm
    document_type[1]=CCrmDocumentDeal
    document_type[2]=DEAL
    event_token=…
    properties[note]=из воронки
    use_subscription=Y
    timeout_duration=0
    ts=…
    auth[access_token]=…
    auth[expires]=…
    auth[expires_in]=3600
    auth[scope]=crm,task,tasks,bizproc,im,user,user_basic,disk,placement
    auth[domain]=PORTAL
    auth[server_endpoint]=https://PORTAL/rest/
    auth[status]=L
    auth[client_endpoint]=https://PORTAL/rest/
    auth[member_id]=6b697465706f7274616c000000000001
    auth[user_id]=1
    auth[refresh_token]=…
    auth[application_token]=…
    auth[WORKFLOW_ID]=…
    auth[ACTIVITY_NAME]=…
    auth[CODE]=kite_buyout
    ");
    let of = |name: &str| {
        form.iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
            .expect("a field")
    };
    assert_eq!(
        of("auth[application_token]"),
        app["application_token"].as_str().expect("a token")
    );
    let token = of("event_token");
    let parts: Vec<&str> = token.split('|').collect();
    assert_eq!(parts[0], of("workflow_id"));
    let (random, signature) = parts[2].split_once('.').expect("a signature");
    assert_eq!(
        (parts.len(), random.len(), signature.len()),
        (3, 32, 64),
        "{token}"
    );
}

#[tokio::test]
async fn a_waiting_robot_is_answered_once_and_only_with_what_it_declared() {
    let mut portal = Portal::installed().await;
    register(&portal, "Y").await;
    let deal = inspection(&portal).await;
    let token = portal.told("robot").await["event_token"].clone();
    let running = portal
        .result(
            "bizproc.workflow.instances",
            json!({ "select": ["ID", "DOCUMENT_ID"] }),
        )
        .await;
    assert_eq!(running[0]["DOCUMENT_ID"], format!("DEAL_{deal}"));

    let answer = json!({ "EVENT_TOKEN": token, "RETURN_VALUES": { "RESULT": "DONE", "other": 1 }, "LOG_MESSAGE": "Готово" });
    assert_eq!(
        portal.result("bizproc.event.send", answer.clone()).await,
        true
    );
    assert_eq!(
        portal.refused("bizproc.event.send", answer.clone()).await,
        (403, "ACCESS_DENIED".to_owned())
    );
    let stranger = json!({ "EVENT_TOKEN": "1.1|A1_1_1_1|x.y" });
    assert_eq!(
        portal.refused("bizproc.event.send", stranger).await,
        (403, "ACCESS_DENIED".to_owned())
    );
    assert_eq!(portal.effects("bizproc.event.send"), 1);
    let robots = &portal.card(deal).await["robots"];
    assert_eq!(robots[0]["state"], "answered");
    assert_eq!(robots[0]["answer"], json!({ "result": "DONE" }));
    assert_eq!(robots[0]["log"], json!(["Готово"]));
    assert_eq!(
        portal.result("bizproc.workflow.instances", json!({})).await,
        json!([])
    );

    portal.behave(json!({ "late_answers": "ignore" })).await;
    assert_eq!(portal.result("bizproc.event.send", answer).await, true);
    assert_eq!(portal.effects("bizproc.event.send"), 1);
}

#[tokio::test]
async fn a_repeat_of_the_queue_is_the_same_call_and_a_new_start_another_one() {
    let mut portal = Portal::installed().await;
    register(&portal, "Y").await;
    let deal = inspection(&portal).await;
    let first = portal.told_pairs("robot").await;
    let path = format!("bitrix24/deals/{deal}/robot");
    portal.bench.person(&path, json!({})).await;
    assert_eq!(portal.told_pairs("robot").await, first);
    portal.bench.person(&path, json!({ "start": CODE })).await;
    let again = portal.told("robot").await;
    assert_ne!(
        Some(&again["event_token"]),
        first
            .iter()
            .find(|(n, _)| n == "event_token")
            .map(|(_, v)| v)
    );
}

#[tokio::test]
async fn a_robot_that_timed_out_is_no_longer_answered() {
    let mut portal = Portal::installed().await;
    register(&portal, "Y").await;
    portal
        .bench
        .person(
            &format!("bitrix24/robots/{CODE}"),
            json!({ "timeout_secs": 1, "stages": ["C9:OFFER"] }),
        )
        .await;
    let deal = portal.deal(json!({ "stage": "C9:OFFER" })).await;
    let form = portal.told("robot").await;
    assert_eq!(form["timeout_duration"], "1");
    let robots = crate::bench::until(
        || portal.card(deal),
        |card: &Value| card["robots"][0]["state"] == "timed_out",
    )
    .await;
    assert_eq!(robots["robots"][0]["waits"], false);
    let late = json!({ "EVENT_TOKEN": form["event_token"] });
    assert_eq!(
        portal.refused("bizproc.event.send", late).await,
        (403, "ACCESS_DENIED".to_owned())
    );
}

#[tokio::test]
async fn registration_is_checked_as_the_documentation_says() {
    let portal = Portal::installed().await;
    register(&portal, "N").await;
    assert_eq!(
        portal.result("bizproc.robot.list", json!({})).await,
        json!([CODE])
    );
    let handler = "https://kite.example/robot";
    let cases = [
        (
            json!({ "CODE": CODE, "HANDLER": handler, "NAME": "x" }),
            "ERROR_ACTIVITY_ALREADY_INSTALLED",
        ),
        (
            json!({ "CODE": "a b", "HANDLER": handler, "NAME": "x" }),
            "ERROR_ACTIVITY_VALIDATION_FAILURE",
        ),
        (
            json!({ "CODE": "a", "HANDLER": handler }),
            "ERROR_ACTIVITY_VALIDATION_FAILURE",
        ),
        (
            json!({ "CODE": "a", "HANDLER": "ftp://kite.example/", "NAME": "x" }),
            "ERROR_UNSUPPORTED_PROTOCOL",
        ),
        (
            json!({ "CODE": "a", "HANDLER": "here", "NAME": "x" }),
            "ERROR_WRONG_HANDLER_URL",
        ),
    ];
    for (robot, error) in cases {
        assert_eq!(
            portal.refused("bizproc.robot.add", robot).await,
            (400, error.to_owned())
        );
    }
    let update = json!({ "CODE": CODE, "FIELDS": { "USE_SUBSCRIPTION": "Y" } });
    portal.result("bizproc.robot.update", update).await;
    assert_eq!(
        portal.bench.looks("bitrix24/robots").await[CODE]["waits"],
        true
    );
    portal
        .result("bizproc.robot.delete", json!({ "CODE": CODE }))
        .await;
    let gone = portal
        .refused("bizproc.robot.delete", json!({ "CODE": CODE }))
        .await;
    assert_eq!(gone, (400, "ERROR_ACTIVITY_NOT_FOUND".to_owned()));
}
