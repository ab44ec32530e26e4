//! Calls as such: encodings, batch, limits, empty maps.

use serde_json::{Value, json};

use super::installed::Portal;

#[tokio::test]
async fn names_in_any_case_and_any_encoding_reach_the_method() {
    let portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let base = portal.bench.simulator.bitrix24_plain();
    let url = base.join(&format!(
        "rest/crm.Item.Get.json?entityTypeId=2&bx24_request_id=7&auth={}",
        portal.access
    ));
    let form = [
        ("id", deal.to_string()),
        ("useOriginalUfNames", "Y".to_owned()),
    ];
    let answer = portal
        .bench
        .http
        .post(url.expect("a path"))
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["result"]["item"]["id"], deal);
    assert_eq!(answer["result"]["item"]["UF_CRM_KITE_CONSENT"], "Y");

    let merged = base
        .join(&format!("rest//profile?auth={}", portal.access))
        .expect("a path");
    assert_eq!(
        portal
            .bench
            .http
            .get(merged)
            .send()
            .await
            .expect("an answer")
            .status(),
        200
    );

    let time = &answer["time"];
    for name in ["start", "finish", "duration", "processing", "operating"] {
        assert!(time[name].is_f64(), "{name}: {time}");
    }
    assert!(time["operating_reset_at"].is_i64(), "{time}");
    assert!(
        time["date_start"]
            .as_str()
            .expect("a date")
            .ends_with("+03:00")
    );
    assert_eq!(
        portal.refused("crm.deal.fly", json!({})).await,
        (404, "ERROR_METHOD_NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn a_batch_refers_to_earlier_results_and_reports_each_error() {
    let portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let commands = json!({
        "deal": format!("crm.deal.get?id={deal}"),
        "contact": "crm.contact.get?id=$result[deal][CONTACT_ID]",
        "note": "im.notify.system.add?USER_ID=16&MESSAGE=deal%20$result[deal][ID]%21&TAG=t",
        "none": "crm.deal.get?id=1",
        "nested": "batch?cmd[a]=profile",
        "rows": "crm.deal.list?select[]=ID",
    });
    let result = portal
        .result("batch", json!({ "halt": 0, "cmd": commands }))
        .await;
    assert_eq!(
        result["result"]["contact"]["ID"],
        result["result"]["deal"]["CONTACT_ID"]
    );
    assert_eq!(result["result_error"]["none"]["error"], "");
    assert_eq!(
        result["result_error"]["nested"]["error"],
        "ERROR_BATCH_METHOD_NOT_ALLOWED"
    );
    assert_eq!(result["result_total"], json!({ "rows": 1 }));
    assert_eq!(result["result_next"], json!([]), "an empty map is []");
    assert!(result["result_time"]["deal"]["operating"].is_f64());
    let notices = portal.bench.looks("bitrix24/notices?user=16").await;
    assert_eq!(notices[0]["message"], format!("deal {deal}!"));

    let halted = json!({ "halt": 1, "cmd": ["crm.deal.get?id=1", "profile"] });
    let result = portal.result("batch", halted).await;
    assert_eq!(result["result"], json!([]));
    assert_eq!(result["result_error"].as_array().map(Vec::len), Some(1));

    let long: Vec<String> = (0..51).map(|_| "profile".to_owned()).collect();
    let refused = portal.refused("batch", json!({ "cmd": long })).await;
    assert_eq!(refused, (400, "ERROR_BATCH_LENGTH_EXCEEDED".to_owned()));
}

#[tokio::test]
async fn the_bucket_overflows_and_leaks() {
    let portal = Portal::installed().await;
    portal
        .behave(json!({ "burst": 3, "per_second": 0.0 }))
        .await;
    let mut last = (200, Value::Null);
    for _ in 0..4 {
        last = portal.call("profile", json!({})).await;
    }
    assert_eq!(last.0, 503);
    assert_eq!(
        last.1,
        json!({ "error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests" })
    );
    portal.behave(json!({ "per_second": 1_000_000.0 })).await;
    assert_eq!(portal.call("profile", json!({})).await.0, 200);
}

#[tokio::test]
async fn a_method_that_worked_too_long_is_blocked_and_others_are_not() {
    let portal = Portal::installed().await;
    let worked = json!({ "method": "crm.deal.list", "seconds": 479.0 });
    let said = portal.bench.person("bitrix24/operating", worked).await;
    let (status, answer) = portal.call("crm.deal.list", json!({})).await;
    assert_eq!(status, 200);
    assert!(answer["time"]["operating"].as_f64().expect("seconds") > 479.0);
    assert_eq!(
        answer["time"]["operating_reset_at"],
        said["operating_reset_at"]
    );
    portal
        .bench
        .person(
            "bitrix24/operating",
            json!({ "method": "crm.deal.list", "seconds": 1.0 }),
        )
        .await;
    let refused = portal.refused("crm.deal.list", json!({})).await;
    assert_eq!(refused, (429, "OPERATION_TIME_LIMIT".to_owned()));
    assert_eq!(portal.call("profile", json!({})).await.0, 200);
}

#[tokio::test]
async fn permissions_of_the_application_are_asked_for() {
    let mut portal = Portal::installed().await;
    let install = json!({ "handler": format!("{}/install", portal.app), "scope": ["crm"] });
    portal.bench.person("bitrix24/install", install).await;
    portal.told("install").await;
    let refused = portal.refused("bizproc.robot.list", json!({})).await;
    assert_eq!(refused, (403, "insufficient_scope".to_owned()));
    let tokens = portal
        .bench
        .person("bitrix24/tokens", json!({ "user": 16 }))
        .await;
    portal.access = tokens["access_token"].as_str().expect("a token").to_owned();
    let refused = portal.refused("event.offline.list", json!({})).await;
    assert_eq!(refused, (403, "ACCESS_DENIED".to_owned()));
}
