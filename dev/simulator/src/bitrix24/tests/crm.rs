//! Deals, contacts, comments, tasks, notices, offline events.

use serde_json::{Value, json};

use super::installed::Portal;

#[tokio::test]
async fn both_families_show_the_same_deal_in_their_own_way() {
    let portal = Portal::installed().await;
    let deal = portal
        .deal(json!({ "fields": { "UF_CRM_KITE_PRICE": 450000 } }))
        .await;
    let old = portal.result("crm.deal.get", json!({ "id": deal })).await;
    assert_eq!(old["ID"], deal.to_string());
    assert_eq!(old["UF_CRM_KITE_PRICE"], "450000.00");
    assert_eq!(old["UF_CRM_KITE_CONSENT"], "1");
    assert_eq!(old["UF_CRM_KITE_RESULT"], Value::Null);
    assert_eq!(old["UF_CRM_KITE_FILES"], json!([]));
    let new = portal
        .result("crm.item.get", json!({ "entityTypeId": 2, "id": deal }))
        .await;
    assert_eq!(new["item"]["ufCrmKitePrice"], 450000.0);
    assert_eq!(new["item"]["ufCrmKiteConsent"], "Y");
    assert_eq!(new["item"]["stageId"], "C9:NEW");

    let none = json!({ "entityTypeId": 2, "id": 1 });
    assert_eq!(
        portal.refused("crm.item.get", none).await,
        (400, "NOT_FOUND".to_owned())
    );
    let contact = portal
        .result("crm.contact.get", json!({ "id": old["CONTACT_ID"] }))
        .await;
    assert!(
        contact["PHONE"][0]["VALUE"]
            .as_str()
            .expect("a phone")
            .starts_with("+7")
    );
}

#[tokio::test]
async fn an_update_without_a_change_is_no_effect() {
    let portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let update = json!({ "entityTypeId": 2, "id": deal, "useOriginalUfNames": "Y", "fields": {
        "UF_CRM_KITE_PRICE": 450000, "UF_CRM_KITE_RESULT": "DONE", "unknown": 1, "stageId": "C9:OFFER",
    } });
    let item = portal.result("crm.item.update", update.clone()).await;
    assert_eq!(item["item"]["UF_CRM_KITE_PRICE"], 450000.0);
    assert_eq!(item["item"]["stageId"], "C9:OFFER");
    portal.result("crm.item.update", update).await;
    assert_eq!(portal.effects("crm.item.update"), 1);

    let nowhere = json!({ "entityTypeId": 2, "id": deal, "fields": { "stageId": "C9:NOWHERE" } });
    let refused = portal.refused("crm.item.update", nowhere).await;
    assert_eq!(refused, (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID".to_owned()));
    let won = json!({ "id": deal, "fields": { "STAGE_ID": "C9:WON" } });
    assert_eq!(portal.result("crm.deal.update", won).await, true);
    assert_eq!(
        portal.result("crm.deal.get", json!({ "id": deal })).await["CLOSED"],
        "Y"
    );
}

#[tokio::test]
async fn files_are_kept_by_id_or_sent_anew() {
    let portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let update = |files: Value| json!({ "entityTypeId": 2, "id": deal, "useOriginalUfNames": "Y", "fields": { "UF_CRM_KITE_FILES": files } });
    let one = update(json!([["договор.pdf", "JVBERi0="]]));
    let item = portal.result("crm.item.update", one).await;
    let id = item["item"]["UF_CRM_KITE_FILES"][0]["id"]
        .as_u64()
        .expect("a file");
    let two = update(json!([{ "id": id }, ["акт.pdf", "YWN0"]]));
    portal.result("crm.item.update", two).await;
    let card = portal.card(deal).await;
    let names: Vec<&str> = card["files"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|f| f["name"].as_str())
        .collect();
    assert_eq!(names, ["договор.pdf", "акт.pdf"]);
    let content = portal
        .bench
        .simulator
        .control()
        .join(&format!("bitrix24/files/{id}"))
        .expect("a path");
    let content = portal
        .bench
        .http
        .get(content)
        .send()
        .await
        .expect("an answer");
    assert_eq!(content.bytes().await.expect("a body").as_ref(), b"%PDF-");
}

#[tokio::test]
async fn lists_come_in_pages_of_fifty() {
    let portal = Portal::installed().await;
    for _ in 0..52 {
        portal.deal(json!({})).await;
    }
    let select = json!({ "select": ["ID"], "order": { "ID": "DESC" } });
    let (_, first) = portal.call("crm.deal.list", select).await;
    assert_eq!((&first["total"], &first["next"]), (&json!(52), &json!(50)));
    assert_eq!(first["result"].as_array().map(Vec::len), Some(50));
    let (_, second) = portal.call("crm.deal.list", json!({ "start": 50 })).await;
    assert_eq!(second["result"].as_array().map(Vec::len), Some(2));
    assert_eq!(second.get("next"), None);
    let last = first["result"][0]["ID"]
        .as_str()
        .expect("an id")
        .parse::<u64>()
        .expect("a number");
    let keyset = json!({ "start": -1, "filter": { ">ID": last - 3, "UF_CRM_KITE_CONSENT": 1 } });
    let (_, tail) = portal.call("crm.deal.list", keyset).await;
    assert_eq!(
        (&tail["total"], tail["result"].as_array().map(Vec::len)),
        (&json!(0), Some(3))
    );
    let none = json!({ "filter": { "@STAGE_ID": ["C9:WON", "C9:LOSE"] } });
    assert_eq!(portal.result("crm.deal.list", none).await, json!([]));
}

#[tokio::test]
async fn comments_can_be_doubled_and_are_found_by_their_marker() {
    let portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let fields = json!({ "ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": "Осмотр завершён [#abc]",
                         "FILES": [["фото.jpg", "AAAA"]] });
    for _ in 0..2 {
        portal
            .result("crm.timeline.comment.add", json!({ "fields": fields }))
            .await;
    }
    let key = format!("{deal}:abc");
    let kept = portal
        .bench
        .effects(crate::Partner::Bitrix24, "crm.timeline.comment.add", &key)
        .await;
    assert_eq!(kept, 2);
    let filter =
        json!({ "filter": { "ENTITY_ID": deal, "ENTITY_TYPE": "deal", "%COMMENT": "[#abc]" } });
    let found = portal.result("crm.timeline.comment.list", filter).await;
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    let upper = portal
        .refused("crm.timeline.comment.add", json!({ "FIELDS": fields }))
        .await;
    assert_eq!(upper, (400, "100".to_owned()));
    let empty = json!({ "fields": { "ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": "" } });
    let refused = portal.refused("crm.timeline.comment.add", empty).await;
    assert_eq!(refused, (400, "INVALID_ARG_VALUE".to_owned()));
}

#[tokio::test]
async fn a_task_is_made_found_by_its_deal_and_completed_once() {
    let mut portal = Portal::installed().await;
    let deal = portal.deal(json!({})).await;
    let bind = json!({ "event": "OnTaskUpdate", "handler": format!("{}/event", portal.app) });
    portal.result("event.bind", bind.clone()).await;
    assert_eq!(portal.refused("event.bind", bind).await.0, 400);
    let fields = json!({ "TITLE": "Осмотреть", "RESPONSIBLE_ID": 11, "DEADLINE": "2026-11-24T15:00:00Z",
                         "DESCRIPTION": "[#t1]", "UF_CRM_TASK": [format!("D_{deal}")] });
    let made = portal
        .result("tasks.task.add", json!({ "fields": fields }))
        .await;
    assert_eq!(made["task"]["responsibleId"], "11");
    assert_eq!(made["task"]["deadline"], "2026-11-24T18:00:00+03:00");
    let id = made["task"]["id"].as_str().expect("an id").to_owned();

    let list =
        json!({ "filter": { "UF_CRM_TASK": format!("D_{deal}") }, "select": ["ID", "STATUS"] });
    let found = portal.result("tasks.task.list", list).await;
    assert_eq!(found["tasks"][0]["status"], "2");
    assert_eq!(found["tasks"][0].get("title"), None);
    let done = portal
        .result("tasks.task.complete", json!({ "taskId": id }))
        .await;
    assert_eq!(done["task"]["status"], "5");
    let event = portal.told("event").await;
    assert_eq!(event["event"], "ONTASKUPDATE");
    assert_eq!(event["data[FIELDS_AFTER][ID]"], id);
    assert_eq!(
        portal
            .refused("tasks.task.complete", json!({ "taskId": id }))
            .await,
        (400, "0".to_owned())
    );
    assert_eq!(
        portal
            .result("tasks.task.get", json!({ "taskId": 1 }))
            .await,
        json!([])
    );
    let nobody = json!({ "fields": { "TITLE": "x", "RESPONSIBLE_ID": 99 } });
    assert_eq!(
        portal.refused("tasks.task.add", nobody).await,
        (400, "ERROR_CORE".to_owned())
    );
    assert_eq!(
        portal.refused("tasks.task.add", json!({})).await,
        (400, "100".to_owned())
    );
}

#[tokio::test]
async fn a_task_that_an_employee_completed_is_opened_again_and_both_are_told() {
    let mut portal = Portal::installed().await;
    let fields = json!({ "TITLE": "Осмотреть", "RESPONSIBLE_ID": 11 });
    let made = portal
        .result("tasks.task.add", json!({ "fields": fields }))
        .await;
    let id = made["task"]["id"].as_str().expect("an id").to_owned();
    let handler = format!("{}/event", portal.app);
    let bind = json!({ "event": "ONTASKUPDATE", "handler": handler });
    portal.result("event.bind", bind.clone()).await;
    let listed = portal.result("event.get", json!({})).await;
    let expected =
        json!([{ "event": "ONTASKUPDATE", "handler": handler, "auth_type": "0", "offline": 0 }]);
    assert_eq!(listed, expected);

    let open = portal
        .refused("tasks.task.renew", json!({ "taskId": id }))
        .await;
    assert_eq!(open, (400, "0".to_owned()));
    let path = format!("bitrix24/tasks/{id}/complete");
    portal.bench.person(&path, json!({ "user": 21 })).await;
    let told = portal.told("event").await;
    assert_eq!(told["data[FIELDS_AFTER][ID]"], id);
    assert_eq!(told["auth[user_id]"], "21");
    let select = json!({ "taskId": id, "select": ["ID", "STATUS", "CLOSED_BY"] });
    let closed = portal.result("tasks.task.get", select.clone()).await;
    assert_eq!(
        (&closed["task"]["status"], &closed["task"]["closedBy"]),
        (&json!("5"), &json!("21"))
    );

    let renewed = portal
        .result("tasks.task.renew", json!({ "taskId": id }))
        .await;
    assert_eq!(renewed["task"]["status"], "2");
    assert_eq!(renewed["task"]["closedDate"], Value::Null);
    assert_eq!(portal.told("event").await["auth[user_id]"], "1");
    let open = portal.result("tasks.task.get", select).await;
    assert_eq!(
        (&open["task"]["status"], &open["task"]["closedBy"]),
        (&json!("2"), &json!("0"))
    );

    let unbound = portal.result("event.unbind", bind).await;
    assert_eq!(unbound, json!({ "count": 1 }));
    assert_eq!(portal.result("event.get", json!({})).await, json!([]));
}

#[tokio::test]
async fn a_notice_replaces_the_earlier_one_of_its_tag() {
    let portal = Portal::installed().await;
    for text in ["первое", "второе"] {
        let notice = json!({ "USER_ID": 18, "MESSAGE": text, "TAG": "kite|1" });
        assert!(portal.result("im.notify.system.add", notice).await.is_u64());
    }
    let notices = portal.bench.looks("bitrix24/notices?user=18").await;
    assert_eq!(notices.as_array().map(Vec::len), Some(1));
    assert_eq!(notices[0]["message"], "второе");
}

#[tokio::test]
async fn offline_events_collapse_and_wait_until_they_are_cleared() {
    let portal = Portal::installed().await;
    portal
        .result(
            "event.bind",
            json!({ "event": "ONCRMDEALUPDATE", "event_type": "offline" }),
        )
        .await;
    let deal = portal.deal(json!({})).await;
    for stage in ["C9:OFFER", "C9:SIGNING"] {
        portal
            .bench
            .person(
                &format!("bitrix24/deals/{deal}/stage"),
                json!({ "stage": stage }),
            )
            .await;
    }
    let taken = portal
        .result("event.offline.get", json!({ "clear": 0 }))
        .await;
    let process = taken["process_id"].as_str().expect("a process").to_owned();
    assert_eq!(taken["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        taken["events"][0]["EVENT_DATA"]["FIELDS"]["ID"],
        deal.to_string()
    );
    let others = portal
        .result("event.offline.get", json!({ "clear": 0 }))
        .await;
    assert_eq!(others["events"], json!([]));
    let again = portal
        .result(
            "event.offline.get",
            json!({ "clear": 0, "process_id": process }),
        )
        .await;
    assert_eq!(again["events"], taken["events"]);
    portal
        .result("event.offline.clear", json!({ "process_id": process }))
        .await;
    assert_eq!(
        portal.result("event.offline.list", json!({})).await,
        json!([])
    );
}
