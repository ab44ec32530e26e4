//! At a real socket: messages sent once, their statuses, clients who write, refusals.

use serde_json::{Value, json};

use super::CHANNEL;
use crate::Partner::Wazzup;
use crate::bench::{Bench, listener, next};

const PHONE: &str = "79000000012";

async fn send(bench: &Bench, body: &Value) -> (u16, Value) {
    let url = bench.url(Wazzup, "v3/message");
    let request = bench.http.post(url).bearer_auth("k").json(body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn message(id: &str) -> Value {
    json!({
        "channelId": CHANNEL, "chatType": "whatsapp", "chatId": PHONE,
        "text": "Ваше предложение", "crmMessageId": id,
    })
}

async fn connect(bench: &Bench, url: &str) -> (u16, Value) {
    let body = json!({ "webhooksUri": url, "subscriptions": { "messagesAndStatuses": true } });
    let request = bench.http.patch(bench.url(Wazzup, "v3/webhooks"));
    let answer = request.bearer_auth("k").json(&body).send().await;
    let answer = answer.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_message_goes_once_per_crm_message_id() {
    let bench = Bench::start().await;
    let (status, sent) = send(&bench, &message("c-1")).await;
    assert_eq!((status, &sent["chatId"]), (201, &json!(PHONE)));
    let (status, refused) = send(&bench, &message("c-1")).await;
    assert_eq!(
        (status, &refused["error"]),
        (400, &json!("repeatedCrmMessageId"))
    );
    assert_eq!(bench.effects(Wazzup, "send_message", "c-1").await, 1);
    let chat = bench.looks(&format!("wazzup/messages?phone={PHONE}")).await;
    assert_eq!(chat.as_array().map(Vec::len), Some(1));
    assert_eq!(chat[0]["text"], "Ваше предложение");
}

#[tokio::test]
async fn statuses_follow_to_the_connected_receiver() {
    let bench = Bench::start().await;
    let (url, mut heard) = listener().await;
    assert_eq!(connect(&bench, &url).await.0, 200);
    assert_eq!(next(&mut heard).await, json!({ "test": true }));
    let (_, sent) = send(&bench, &message("c-1")).await;
    for expected in ["sent", "delivered", "read"] {
        let told = next(&mut heard).await["statuses"][0].clone();
        assert_eq!(told["messageId"], sent["messageId"]);
        assert_eq!(told["status"], expected);
    }
    let settings = json!({ "unreachable": [PHONE] });
    bench.person("wazzup/settings", settings).await;
    send(&bench, &message("c-2")).await;
    let told = next(&mut heard).await["statuses"][0].clone();
    assert_eq!(
        (&told["status"], &told["error"]["error"]),
        (&json!("error"), &json!("BAD_CONTACT"))
    );
}

#[tokio::test]
async fn a_client_writes_and_the_receiver_is_told_with_the_key() {
    let bench = Bench::start().await;
    let (url, mut heard) = listener().await;
    let hooks = json!({ "webhooksUri": url, "subscriptions": { "messagesAndStatuses": true } });
    bench.person("wazzup/webhooks", hooks).await;
    let wrote = json!({ "phone": PHONE, "text": "Согласен" });
    let id = bench.person("wazzup/messages", wrote).await["message_id"].clone();
    let told = next(&mut heard).await["messages"][0].clone();
    assert_eq!(
        (&told["messageId"], &told["text"]),
        (&id, &json!("Согласен"))
    );
    assert_eq!(
        (&told["status"], &told["isEcho"]),
        (&json!("inbound"), &json!(false))
    );
    let path = format!("wazzup/messages/{}/status", id.as_str().expect("an id"));
    bench.person(&path, json!({ "status": "read" })).await;
    assert_eq!(next(&mut heard).await["statuses"][0]["status"], "read");
    let (status, _) = bench
        .person_tries("wazzup/messages/none/status", json!({ "status": "read" }))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_the_test_is_not_connected() {
    let bench = Bench::start().await;
    let (status, body) = connect(&bench, "http://127.0.0.1:9/").await;
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("TEST_POST_NOT_PASSED"))
    );
    let (status, _) = connect(&bench, "nowhere").await;
    assert_eq!(status, 400);
    assert_eq!(bench.looks("wazzup/webhooks").await, Value::Null);
}

#[tokio::test]
async fn refusals_name_their_reason_and_send_nothing() {
    let bench = Bench::start().await;
    let changed = |field: &str, value: Value| {
        let mut body = message("c-1");
        body[field] = value;
        body
    };
    for (body, error) in [
        (changed("channelId", json!("x")), "CHANNEL_NOT_FOUND"),
        (changed("chatType", json!("fax")), "validationError"),
        (changed("chatId", json!("+7900")), "BAD_CONTACT"),
        (changed("chatId", Value::Null), "validationError"),
        (changed("text", Value::Null), "validationError"),
        (
            changed("contentUri", json!("https://example.com/a")),
            "validationError",
        ),
        (
            changed("text", json!("я".repeat(10_001))),
            "MESSAGE_TEXT_TOO_LONG",
        ),
    ] {
        let (status, refused) = send(&bench, &body).await;
        assert_eq!((status, &refused["error"]), (400, &json!(error)));
    }
    bench
        .person("wazzup/settings", json!({ "key": "right" }))
        .await;
    let (status, refused) = send(&bench, &message("c-1")).await;
    assert_eq!((status, &refused["error"]), (401, &json!("UNAUTHORIZED")));
    let sim = bench.simulator.sim();
    assert_eq!(sim.ledger().count(Wazzup, "send_message"), 0);
}

#[tokio::test]
async fn the_channel_is_listed_as_active() {
    let bench = Bench::start().await;
    let url = bench.url(Wazzup, "v3/channels");
    let answer = bench.http.get(url).bearer_auth("k").send().await;
    let channels: Value = answer.expect("an answer").json().await.expect("JSON");
    assert_eq!(channels[0]["channelId"], CHANNEL);
    assert_eq!(channels[0]["state"], "active");
}
