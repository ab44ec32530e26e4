//! At a real socket: payouts, their keys, their ends, what the shop is told.

use serde_json::{Value, json};

use super::{GATEWAY_ID, SECRET};
use crate::Partner::Yookassa;
use crate::bench::{Bench, listener, next, until};

const PHONE: &str = "79000000001";

fn body(value: &str) -> Value {
    json!({
        "amount": { "value": value, "currency": "RUB" },
        "payout_destination_data": { "type": "sbp", "phone": PHONE, "bank_id": "100000000111" },
        "description": "Выкуп автомобиля, сделка 37",
        "metadata": { "run": "buyout:x:37" },
    })
}

async fn pay(bench: &Bench, key: &str, body: &Value) -> (u16, Value) {
    let request = bench
        .http
        .post(bench.url(Yookassa, "v3/payouts"))
        .basic_auth(GATEWAY_ID, Some(SECRET));
    let answer = request
        .header("Idempotence-Key", key)
        .json(body)
        .send()
        .await
        .expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    let request = bench
        .http
        .get(bench.url(Yookassa, path))
        .basic_auth(GATEWAY_ID, Some(SECRET));
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn ended(bench: &Bench, payout: &Value) -> Value {
    let path = format!("v3/payouts/{}", payout["id"].as_str().expect("an id"));
    until(
        || get(bench, &path),
        |(_, payout)| payout["status"] != "pending",
    )
    .await
    .1
}

#[tokio::test]
async fn a_payout_succeeds_once_however_often_it_is_asked_for() {
    let bench = Bench::start().await;
    let (url, mut heard) = listener().await;
    bench
        .person("yookassa/webhooks", json!({ "url": url }))
        .await;
    let (status, first) = pay(&bench, "k-1", &body("320000.00")).await;
    assert_eq!(
        (status, &first["status"], &first["amount"]["value"]),
        (200, &json!("pending"), &json!("320000.00"))
    );
    let (status, second) = pay(&bench, "k-1", &body("320000.00")).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));

    let payout = ended(&bench, &first).await;
    assert_eq!(payout["status"], "succeeded");
    assert!(payout["succeeded_at"].is_string());
    let told = next(&mut heard).await;
    assert_eq!(
        (&told["type"], &told["event"]),
        (&json!("notification"), &json!("payout.succeeded"))
    );
    assert_eq!(told["object"], payout);
    // The answer to a repeat is the payout as it is now.
    assert_eq!(
        pay(&bench, "k-1", &body("320000.00")).await.1["status"],
        "succeeded"
    );
    assert_eq!(bench.effects(Yookassa, "create_payout", "k-1").await, 1);
    assert_eq!(bench.effects(Yookassa, "payout_succeeded", "k-1").await, 1);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let bench = Bench::start().await;
    pay(&bench, "k-1", &body("1000.00")).await;
    let (status, refused) = pay(&bench, "k-1", &body("2000.00")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid_request")));
    assert_eq!(
        (&refused["type"], &refused["parameter"]),
        (&json!("error"), &json!("Idempotence-Key"))
    );
    assert_eq!(
        bench
            .looks("yookassa/payouts")
            .await
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_payout_is_canceled_for_the_scripted_reason_and_told_twice() {
    let bench = Bench::start().await;
    let (url, mut heard) = listener().await;
    bench
        .person("yookassa/webhooks", json!({ "url": url }))
        .await;
    let script = json!({ "phone": PHONE, "outcome": "canceled", "reason": "insufficient_funds" });
    bench.person("yookassa/outcome", script).await;
    bench
        .fault(Yookassa, "payout_canceled", json!("duplicate_callback"))
        .await;
    let (_, payout) = pay(&bench, "k-1", &body("1000.00")).await;
    let payout = ended(&bench, &payout).await;
    assert_eq!(
        payout["cancellation_details"],
        json!({ "party": "merchant", "reason": "insufficient_funds" })
    );
    assert_eq!(next(&mut heard).await["event"], "payout.canceled");
    assert_eq!(next(&mut heard).await["object"]["id"], payout["id"]);
    // Topped up: a new key pays.
    let (_, again) = pay(&bench, "k-2", &body("1000.00")).await;
    assert_eq!(ended(&bench, &again).await["status"], "succeeded");
    let (status, refused) = bench
        .person_tries(
            "yookassa/outcome",
            json!({ "next": 1, "outcome": "canceled", "reason": "mood" }),
        )
        .await;
    assert_eq!(status, 400, "{refused}");
}

#[tokio::test]
async fn above_the_limit_of_sbp_it_is_canceled() {
    let bench = Bench::start().await;
    let (_, payout) = pay(&bench, "k-1", &body("500000.01")).await;
    assert_eq!(
        ended(&bench, &payout).await["cancellation_details"]["reason"],
        "one_time_limit_exceeded"
    );
}

#[tokio::test]
async fn a_payout_in_work_is_asked_for_with_the_same_key() {
    let bench = Bench::start().await;
    bench
        .person(
            "yookassa/outcome",
            json!({ "next": 1, "outcome": "processing" }),
        )
        .await;
    let (status, answer) = pay(&bench, "k-1", &body("1000.00")).await;
    assert_eq!((status, &answer["type"]), (202, &json!("processing")));
    let (status, payout) = pay(&bench, "k-1", &body("1000.00")).await;
    assert_eq!(status, 200);
    assert_eq!(ended(&bench, &payout).await["status"], "succeeded");
    assert_eq!(bench.effects(Yookassa, "create_payout", "k-1").await, 1);
}

#[tokio::test]
async fn a_lost_answer_and_an_error_are_told_apart_by_the_ledger() {
    let bench = Bench::start().await;
    bench
        .fault(Yookassa, "create_payout", json!("drop_after"))
        .await;
    let request = bench
        .http
        .post(bench.url(Yookassa, "v3/payouts"))
        .basic_auth(GATEWAY_ID, Some(SECRET));
    assert!(
        request
            .header("Idempotence-Key", "k-1")
            .json(&body("1000.00"))
            .send()
            .await
            .is_err()
    );
    assert_eq!(bench.effects(Yookassa, "create_payout", "k-1").await, 1);
    assert_eq!(pay(&bench, "k-1", &body("1000.00")).await.0, 200);
    assert_eq!(bench.effects(Yookassa, "create_payout", "k-1").await, 1);

    bench
        .fault(Yookassa, "create_payout", json!({ "status": 500 }))
        .await;
    let (status, failed) = pay(&bench, "k-2", &body("1000.00")).await;
    assert_eq!(
        (status, &failed["code"]),
        (500, &json!("internal_server_error"))
    );
    assert_eq!(bench.effects(Yookassa, "create_payout", "k-2").await, 0);
}

#[tokio::test]
async fn a_pending_payout_is_ended_by_hand() {
    let bench = Bench::start().await;
    bench
        .person(
            "yookassa/outcome",
            json!({ "next": 1, "outcome": "pending" }),
        )
        .await;
    let (_, payout) = pay(&bench, "k-1", &body("1000.00")).await;
    let path = format!(
        "yookassa/payouts/{}/end",
        payout["id"].as_str().expect("an id")
    );
    bench
        .person(
            &path,
            json!({ "outcome": "canceled", "reason": "rejected_by_payee" }),
        )
        .await;
    assert_eq!(ended(&bench, &payout).await["status"], "canceled");
    // It has ended.
    assert_eq!(
        bench.person(&path, json!({ "outcome": "succeeded" })).await["status"],
        "canceled"
    );
    assert_eq!(bench.effects(Yookassa, "payout_succeeded", "k-1").await, 0);
}

#[tokio::test]
async fn wrong_bodies_name_their_field() {
    let bench = Bench::start().await;
    let with = |pointer: &str, value: Value| {
        let mut body = body("1000.00");
        *body.pointer_mut(pointer).expect("a field") = value;
        body
    };
    for (wrong, parameter) in [
        (with("/amount/value", json!(1000)), "amount.value"),
        (with("/amount/value", json!("1000")), "amount.value"),
        (with("/amount/value", json!("0.00")), "amount.value"),
        (with("/amount/currency", json!("USD")), "amount.currency"),
        (
            with("/payout_destination_data/phone", json!("+79000000001")),
            "payout_destination_data.phone",
        ),
        (
            with("/payout_destination_data/bank_id", json!("1")),
            "payout_destination_data.bank_id",
        ),
        (with("/description", json!("я".repeat(129))), "description"),
        (with("/metadata", json!({ "n": 1 })), "metadata"),
    ] {
        let (status, refused) = pay(&bench, "k-1", &wrong).await;
        assert_eq!(
            (status, &refused["parameter"]),
            (400, &json!(parameter)),
            "{wrong}"
        );
    }
    let (status, refused) = pay(&bench, "", &body("1000.00")).await;
    assert_eq!(
        (status, &refused["parameter"]),
        (400, &json!("Idempotence-Key"))
    );
    assert_eq!(bench.looks("yookassa/payouts").await, json!([]));
}

#[tokio::test]
async fn strangers_are_refused_and_banks_are_listed() {
    let bench = Bench::start().await;
    let stranger = bench
        .http
        .get(bench.url(Yookassa, "v3/sbp_banks"))
        .basic_auth(GATEWAY_ID, Some("no"));
    let refused = stranger.send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    let (_, banks) = get(&bench, "v3/sbp_banks").await;
    assert_eq!(
        (&banks["type"], &banks["items"][0]["bank_id"]),
        (&json!("list"), &json!("100000000111"))
    );
    let (status, missing) = get(&bench, "v3/payouts/po-none").await;
    assert_eq!((status, &missing["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn a_recipient_is_described_before_the_payout() {
    let bench = Bench::start().await;
    let describe = || async {
        let request = bench
            .http
            .post(bench.url(Yookassa, "v3/personal_data"))
            .basic_auth(GATEWAY_ID, Some(SECRET));
        let person =
            json!({ "type": "sbp_payout_recipient", "last_name": "Тестов", "first_name": "Тест" });
        let answer = request
            .header("Idempotence-Key", "r-1")
            .json(&person)
            .send()
            .await
            .expect("an answer");
        answer.json::<Value>().await.expect("JSON")["id"].clone()
    };
    let id = describe().await;
    assert_eq!(describe().await, id);
    let mut good = body("1000.00");
    good["personal_data"] = json!([{ "id": id }]);
    assert_eq!(pay(&bench, "k-1", &good).await.0, 200);
    good["personal_data"] = json!([{ "id": "pd-none" }]);
    assert_eq!(
        pay(&bench, "k-2", &good).await.1["parameter"],
        "personal_data"
    );
}
