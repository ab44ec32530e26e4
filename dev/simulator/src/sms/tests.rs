//! At a real socket: sent once per id, refusals.

use serde_json::{Value, json};

use crate::Partner::Sms;
use crate::bench::Bench;

async fn send(bench: &Bench, key: Option<&str>, body: &Value) -> (u16, Value) {
    let mut request = bench.http.post(bench.url(Sms, "v1/messages")).json(body);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn message(id: &str, to: &str) -> Value {
    json!({ "id": id, "from": "KITE", "to": to, "text": "Код 123456" })
}

#[tokio::test]
async fn a_message_goes_once_per_id() {
    let bench = Bench::start().await;
    let body = message("m-1", "79000000012");
    let accepted = json!({ "id": "m-1", "status": "accepted" });
    assert_eq!(
        send(&bench, Some("k"), &body).await,
        (201, accepted.clone())
    );
    assert_eq!(send(&bench, Some("k"), &body).await, (200, accepted));
    assert_eq!(bench.effects(Sms, "send_message", "m-1").await, 1);
    send(&bench, Some("k"), &message("m-2", "79000000013")).await;
    let inbox = bench.looks("sms/messages?phone=79000000012").await;
    assert_eq!(inbox.as_array().map(Vec::len), Some(1));
    assert_eq!(inbox[0]["text"], "Код 123456");
}

#[tokio::test]
async fn refusals_name_their_reason_and_send_nothing() {
    let bench = Bench::start().await;
    let code = |answer: (u16, Value)| (answer.0, answer.1["error"]["code"].clone());
    let good = message("m-1", "79000000012");
    assert_eq!(
        code(send(&bench, None, &good).await),
        (401, json!("unauthorized"))
    );
    let bad = message("m-1", "+7 900");
    assert_eq!(
        code(send(&bench, Some("k"), &bad).await),
        (422, json!("invalid_number"))
    );
    let broken = json!({ "id": "m-1" });
    assert_eq!(
        code(send(&bench, Some("k"), &broken).await),
        (400, json!("invalid_request"))
    );
    bench.person("sms/settings", json!({ "balance": 0 })).await;
    assert_eq!(
        code(send(&bench, Some("k"), &good).await),
        (402, json!("no_money"))
    );
    bench
        .person("sms/settings", json!({ "key": "right" }))
        .await;
    assert_eq!(
        code(send(&bench, Some("k"), &good).await),
        (401, json!("unauthorized"))
    );
    assert_eq!(bench.simulator.sim().ledger().count(Sms, "send_message"), 0);
}

#[tokio::test]
async fn a_limit_says_when_to_come_again() {
    let bench = Bench::start().await;
    let fault = json!({ "status": 429, "retry_after": 7 });
    bench.fault(Sms, "send_message", fault).await;
    let url = bench.url(Sms, "v1/messages");
    let request = bench.http.post(url).bearer_auth("k");
    let answer = request.json(&message("m-1", "79000000012")).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["error"]["code"], "too_many_requests");
}
