//! Wazzup and SMS.

use serde_json::{Value, json};
use store::message::MessageState;

use super::*;
use crate::error::PartnerError;
use crate::testing::{Reply, Script};

async fn with(replies: impl IntoIterator<Item = Reply>) -> (MessageActivities, Script, TempDir) {
    let script = Script::start(replies).await;
    let (activities, dir) = activities(&script.url(), &mail_config()).await;
    (activities, script, dir)
}

fn taken() -> Reply {
    Reply::json(201, &json!({ "messageId": "m-1", "chatId": "79000000012" }))
}

#[tokio::test]
async fn an_offer_goes_to_the_messenger_once() {
    let (activities, script, _dir) = with([taken()]).await;
    let send = |round, reminder| {
        let activities = &activities;
        async move {
            activities
                .offer_by_messenger(&phone(), &offer(round, reminder))
                .await
        }
    };
    assert_eq!(send(1, 0).await, Ok("m-1".to_owned()));
    assert_eq!(send(1, 0).await, Ok("m-1".to_owned()));
    assert_eq!(script.calls(), ["POST /v3/message"]);
    let request = &script.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer wazzup-key"));
    let body = request.json();
    assert_eq!(body["chatId"], "79000000012");
    assert_eq!(body["chatType"], "whatsapp");
    let text = body["text"].as_str().expect("a text");
    assert!(
        text.contains(links().offer(&offer(1, 0)).as_str()),
        "{text}"
    );
    assert!(text.contains("28 ноября, 14:05"), "{text}");
    let row = activities
        .store
        .message_by_partner_id("m-1")
        .await
        .expect("read")
        .expect("a row");
    assert_eq!((row.run, row.state), (run(), MessageState::Sent));
    // A reminder is a message of its own.
    let reminder = Reply::json(201, &json!({ "messageId": "m-2", "chatId": "79000000012" }));
    script.then(reminder);
    send(1, 1).await.expect("sent");
    assert_ne!(
        script.requests()[1].json()["crmMessageId"],
        body["crmMessageId"]
    );
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_is_no_second_message() {
    for repeated in ["repeatedCrmMessageId", "REPEATED_CRM_MESSAGE_ID"] {
        let repeat = Reply::json(400, &json!({ "error": repeated, "description": "…" }));
        let (activities, script, _dir) = with([Reply::drop(), repeat]).await;
        let send = || async { activities.offer_by_messenger(&phone(), &offer(1, 0)).await };
        assert!(matches!(
            send().await,
            Err(PartnerError::Unavailable { .. })
        ));
        let id = send().await.expect("sent before");
        let ids: Vec<Value> = script
            .requests()
            .iter()
            .map(|r| r.json()["crmMessageId"].clone())
            .collect();
        assert_eq!(ids, [json!(id), json!(id)]);
        assert_eq!(send().await, Ok(id));
        assert_eq!(script.requests().len(), 2);
    }
}

#[tokio::test]
async fn each_answer_of_the_messenger_has_its_class() {
    let refusal = |status, code: &str| Reply::json(status, &json!({ "error": code }));
    let rejected = [
        refusal(400, "BAD_CONTACT"),
        refusal(401, "UNAUTHORIZED"),
        refusal(403, "CHANNEL_BLOCKED"),
    ];
    for reply in rejected {
        let (activities, _script, _dir) = with([reply.clone()]).await;
        let sent = activities.offer_by_messenger(&phone(), &offer(1, 0)).await;
        assert!(
            matches!(sent, Err(PartnerError::Rejected { .. })),
            "{reply:?}: {sent:?}"
        );
    }
    let unavailable = [
        refusal(429, "TOO_MANY").header("retry-after", "7"),
        refusal(500, "INTERNAL"),
        Reply::html(200),
        Reply::html(502),
        Reply::hang(),
    ];
    for reply in unavailable {
        let (activities, _script, _dir) = with([reply.clone()]).await;
        let sent = activities.offer_by_messenger(&phone(), &offer(1, 0)).await;
        assert!(
            matches!(sent, Err(PartnerError::Unavailable { .. })),
            "{reply:?}: {sent:?}"
        );
    }
    for reply in [
        Reply::body(201, "application/json", "{\"messageId\":"),
        Reply::json(201, &json!({ "chatId": "1" })),
    ] {
        let (activities, _script, _dir) = with([reply.clone()]).await;
        let sent = activities.offer_by_messenger(&phone(), &offer(1, 0)).await;
        assert!(
            matches!(sent, Err(PartnerError::Protocol { .. })),
            "{reply:?}: {sent:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_message_may_be_sent_again_later() {
    let refused = Reply::json(400, &json!({ "error": "CHANNEL_REJECTED" }));
    let (activities, script, _dir) = with([refused, taken()]).await;
    let send = || async { activities.offer_by_messenger(&phone(), &offer(1, 0)).await };
    assert!(send().await.is_err());
    assert_eq!(send().await, Ok("m-1".to_owned()));
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn a_code_goes_by_sms_once_per_number() {
    let accepted = |id: &str| Reply::json(201, &json!({ "id": id, "status": "accepted" }));
    let (activities, script, _dir) = with([Reply::drop(), accepted("s-1"), accepted("s-2")]).await;
    assert!(matches!(
        activities.code_by_sms(&code(1)).await,
        Err(PartnerError::Unavailable { .. })
    ));
    for number in [1, 1, 2] {
        activities.code_by_sms(&code(number)).await.expect("sent");
    }
    let bodies: Vec<Value> = script.requests().iter().map(|r| r.json()).collect();
    assert_eq!(bodies.len(), 3);
    // The repeat after the lost answer has the same id, the next code another.
    assert_eq!(bodies[0]["id"], bodies[1]["id"]);
    assert_ne!(bodies[1]["id"], bodies[2]["id"]);
    assert_eq!(bodies[0]["to"], "79000000012");
    assert_eq!(bodies[0]["from"], "KITE");
    let text = bodies[0]["text"].as_str().expect("a text");
    assert!(text.contains("042137"), "{text}");
    assert_eq!(
        script.requests()[0].header("authorization"),
        Some("Bearer sms-key")
    );
}

#[tokio::test]
async fn each_answer_of_the_sms_provider_has_its_class() {
    let refusal = |status, code: &str| {
        Reply::json(
            status,
            &json!({ "error": { "code": code, "message": "…" } }),
        )
    };
    for (status, word) in [
        (400, "телефон"),
        (422, "телефон"),
        (401, "ключ"),
        (402, "денег"),
    ] {
        let (activities, _script, _dir) = with([refusal(status, "code")]).await;
        match activities.code_by_sms(&code(1)).await {
            Err(PartnerError::Rejected { message, .. }) => {
                assert!(message.contains(word), "{message}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    for reply in [refusal(429, "slow"), refusal(503, "down"), Reply::html(200)] {
        let (activities, _script, _dir) = with([reply.clone()]).await;
        let sent = activities.code_by_sms(&code(1)).await;
        assert!(
            matches!(sent, Err(PartnerError::Unavailable { .. })),
            "{reply:?}: {sent:?}"
        );
    }
    let (activities, _script, _dir) = with([Reply::body(201, "application/json", "{")]).await;
    assert!(matches!(
        activities.code_by_sms(&code(1)).await,
        Err(PartnerError::Protocol { .. })
    ));
}

#[tokio::test]
async fn the_messenger_is_asked_to_tell_what_becomes_of_messages() {
    let refused = |code: &str| Reply::json(400, &json!({ "error": code, "description": "…" }));
    let (activities, script, _dir) = with([
        Reply::json(200, &json!({ "ok": true })),
        refused("TEST_POST_NOT_PASSED"),
        refused("URI_NOT_VALID"),
        Reply::html(502),
    ])
    .await;
    let receiver = "https://kite.example/callbacks/wazzup?key=secret".into();
    let subscribe = || activities.wazzup.subscribe(&receiver);
    assert_eq!(subscribe().await, Ok(()));
    assert_eq!(script.calls(), ["PATCH /v3/webhooks"]);
    let request = &script.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer wazzup-key"));
    assert_eq!(
        request.json(),
        json!({
            "webhooksUri": "https://kite.example/callbacks/wazzup?key=secret",
            "subscriptions": { "messagesAndStatuses": true },
        })
    );
    let early = subscribe().await;
    assert!(
        matches!(early, Err(PartnerError::Unavailable { .. })),
        "{early:?}"
    );
    let wrong = subscribe().await;
    assert!(
        matches!(&wrong, Err(PartnerError::Rejected { code, .. }) if code == "URI_NOT_VALID"),
        "{wrong:?}"
    );
    let away = subscribe().await;
    assert!(
        matches!(away, Err(PartnerError::Unavailable { .. })),
        "{away:?}"
    );
    // The address holds our secret.
    assert!(!format!("{wrong:?}{early:?}{away:?}").contains("secret"));
}

#[tokio::test]
async fn a_notice_goes_to_the_messenger_once_and_each_is_its_own() {
    let reply = |id: &str| Reply::json(201, &json!({ "messageId": id, "chatId": "79000000012" }));
    let (activities, script, _dir) = with(["m-1", "m-2", "m-3", "m-4"].map(reply)).await;
    let send = |notice: SendNotice| {
        let activities = &activities;
        async move { activities.notice_by_messenger(&phone(), &notice).await }
    };
    assert_eq!(send(papers(1)).await, Ok("m-1".to_owned()));
    assert_eq!(send(papers(1)).await, Ok("m-1".to_owned()));
    assert_eq!(send(papers(2)).await, Ok("m-2".to_owned()));
    assert_eq!(send(visit(1)).await, Ok("m-3".to_owned()));
    assert_eq!(send(visit(1)).await, Ok("m-3".to_owned()));
    assert_eq!(send(visit(2)).await, Ok("m-4".to_owned()));
    let bodies: Vec<Value> = script.requests().iter().map(|r| r.json()).collect();
    assert_eq!(bodies.len(), 4);
    let text = |number: usize| bodies[number]["text"].as_str().unwrap_or_default();
    let link = links().signing(&run(), &contract(1), valid_until());
    assert!(text(0).contains(link.as_str()), "{}", text(0));
    assert!(text(2).contains("28 ноября, 14:05"), "{}", text(2));
    assert!(!text(2).contains("/l/"), "{}", text(2));
}

#[tokio::test]
async fn an_offer_sent_again_is_another_message_with_the_same_link() {
    let reply = |id: &str| Reply::json(201, &json!({ "messageId": id, "chatId": "79000000012" }));
    let (activities, script, _dir) = with(["m-1", "m-2", "m-3"].map(reply)).await;
    let send = |again: u32| {
        let activities = &activities;
        async move {
            let offer = SendOffer {
                again,
                ..offer(1, 0)
            };
            activities.offer_by_messenger(&phone(), &offer).await
        }
    };
    for (again, id) in [(0, "m-1"), (1, "m-2"), (1, "m-2"), (2, "m-3"), (0, "m-1")] {
        assert_eq!(send(again).await, Ok(id.to_owned()), "{again}");
    }
    let bodies: Vec<Value> = script.requests().iter().map(|r| r.json()).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body["text"] == bodies[0]["text"]));
    assert_ne!(bodies[0]["crmMessageId"], bodies[1]["crmMessageId"]);
    assert_ne!(bodies[1]["crmMessageId"], bodies[2]["crmMessageId"]);
}
