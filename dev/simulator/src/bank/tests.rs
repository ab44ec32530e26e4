//! At a real socket: a draft, its signature by a person, its execution or refusal.

use serde_json::{Value, json};

use super::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};
use crate::Partner::Bank;
use crate::bench::{Bench, listener, next, until};

const ORDER: &str = "cccccccc-0000-5000-8000-000000000001";

fn body() -> Value {
    json!({
        "externalId": ORDER, "date": "2026-11-24", "amount": 650_000.5, "operationCode": "01", "priority": "5",
        "purpose": "Оплата по договору купли-продажи ТС № МУР-1. НДС не облагается",
        "payerName": "ООО «Кайт Мурманск»", "payerInn": "5190000010", "payerKpp": "519001001",
        "payerAccount": "40702810000000000010", "payerBankBic": "044525225",
        "payeeName": "Тестов Тест Тестович", "payeeInn": "0", "payeeAccount": "40817810000000000001",
        "payeeBankBic": "044525225", "payeeBankCorrAccount": "30101810400000000225", "vat": { "type": "NO_VAT" },
    })
}

async fn create(bench: &Bench, token: &str, body: &Value) -> (u16, Value) {
    let request = bench
        .http
        .post(bench.url(Bank, "fintech/api/v1/payments"))
        .bearer_auth(token)
        .json(body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn state(bench: &Bench, id: &str) -> (u16, Value) {
    let url = bench.url(Bank, &format!("fintech/api/v1/payments/{id}/state"));
    let answer = bench
        .http
        .get(url)
        .bearer_auth(ACCESS_TOKEN)
        .send()
        .await
        .expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_draft_is_executed_after_a_person_signed_it() {
    let bench = Bench::start().await;
    let (url, mut heard) = listener().await;
    bench.person("bank/webhooks", json!({ "url": url })).await;
    let (status, order) = create(&bench, ACCESS_TOKEN, &body()).await;
    assert_eq!(
        (status, &order["externalId"], &order["bankStatus"]),
        (201, &json!(ORDER), &json!("CREATED"))
    );
    assert_eq!(
        state(&bench, ORDER).await,
        (200, json!({ "bankStatus": "CREATED", "bankComment": null }))
    );

    let sign = format!("bank/orders/{ORDER}/sign");
    assert_eq!(
        bench.person(&sign, json!({ "partial": true })).await["bankStatus"],
        "PARTSIGNED"
    );
    assert_eq!(bench.person(&sign, json!({})).await["bankStatus"], "SIGNED");
    assert_eq!(bench.person_tries(&sign, json!({})).await.0, 409);
    let told = next(&mut heard).await;
    assert_eq!(
        (&told["externalId"], &told["bankStatus"]),
        (&json!(ORDER), &json!("IMPLEMENTED"))
    );
    assert_eq!(state(&bench, ORDER).await.1["bankStatus"], "IMPLEMENTED");
    for operation in ["create_order", "sign_order", "execute_order"] {
        assert_eq!(
            bench.effects(Bank, operation, ORDER).await,
            1,
            "{operation}"
        );
    }
}

#[tokio::test]
async fn an_external_id_is_taken_once() {
    let bench = Bench::start().await;
    bench.fault(Bank, "create_order", json!("drop_after")).await;
    let request = bench
        .http
        .post(bench.url(Bank, "fintech/api/v1/payments"))
        .bearer_auth(ACCESS_TOKEN)
        .json(&body());
    assert!(request.send().await.is_err());
    assert_eq!(state(&bench, ORDER).await.0, 200);
    let (status, refused) = create(&bench, ACCESS_TOKEN, &body()).await;
    assert_eq!((status, &refused["cause"]), (400, &json!("WORKFLOW_FAULT")));
    assert_eq!(bench.effects(Bank, "create_order", ORDER).await, 1);
    let (status, missing) = state(&bench, "cccccccc-0000-5000-8000-000000000009").await;
    assert_eq!(
        (status, &missing["cause"]),
        (404, &json!("DATA_NOT_FOUND_EXCEPTION"))
    );
}

#[tokio::test]
async fn the_bank_refuses_with_its_comment() {
    let bench = Bench::start().await;
    create(&bench, ACCESS_TOKEN, &body()).await;
    let reject = format!("bank/orders/{ORDER}/reject");
    bench
        .person(&reject, json!({ "reason": "Счёт получателя закрыт" }))
        .await;
    let refused = json!({ "bankStatus": "REFUSEDBYBANK", "bankComment": "Счёт получателя закрыт" });
    assert_eq!(state(&bench, ORDER).await.1, refused);
    assert_eq!(
        bench
            .person_tries(&format!("bank/orders/{ORDER}/sign"), json!({}))
            .await
            .0,
        409
    );
    assert_eq!(
        bench
            .person_tries(&reject, json!({ "reason": "x", "status": "IMPLEMENTED" }))
            .await
            .0,
        400
    );
    assert_eq!(bench.effects(Bank, "execute_order", ORDER).await, 0);
    assert_eq!(bench.effects(Bank, "refuse_order", ORDER).await, 1);
}

#[tokio::test]
async fn a_draft_is_deleted_by_a_person_and_a_signed_body_is_executed_at_once() {
    let bench = Bench::start().await;
    create(&bench, ACCESS_TOKEN, &body()).await;
    bench
        .person(&format!("bank/orders/{ORDER}/delete"), json!({}))
        .await;
    assert_eq!(state(&bench, ORDER).await.1["bankStatus"], "DELETED");

    let second = "cccccccc-0000-5000-8000-000000000002";
    let mut signed = body();
    signed["externalId"] = json!(second);
    signed["digestSignatures"] = json!([{ "signature": "AA==", "certificateUuid": "x" }]);
    assert_eq!(
        create(&bench, ACCESS_TOKEN, &signed).await.1["bankStatus"],
        "SIGNED"
    );
    until(
        || state(&bench, second),
        |(_, state)| state["bankStatus"] == "IMPLEMENTED",
    )
    .await;
}

#[tokio::test]
async fn wrong_bodies_are_refused_field_by_field() {
    let bench = Bench::start().await;
    let with = |name: &str, value: Value| {
        let mut body = body();
        body[name] = value;
        body
    };
    for (wrong, cause, field) in [
        (
            with("payeeAccount", json!("123")),
            "VALIDATION_FAULT",
            "payeeAccount",
        ),
        (with("payeeInn", json!("1")), "VALIDATION_FAULT", "payeeInn"),
        (
            with("purpose", json!("я".repeat(211))),
            "VALIDATION_FAULT",
            "purpose",
        ),
        (with("amount", json!(0)), "VALIDATION_FAULT", "amount"),
        (with("amount", json!(1.005)), "VALIDATION_FAULT", "amount"),
        (
            with("externalId", json!("x")),
            "VALIDATION_FAULT",
            "externalId",
        ),
        (
            with("payerName", json!(null)),
            "VALIDATION_FAULT",
            "payerName",
        ),
        (
            with("amount", json!("650000.50")),
            "DESERIALIZATION_FAULT",
            "amount",
        ),
        (
            with("priority", json!(5)),
            "DESERIALIZATION_FAULT",
            "priority",
        ),
    ] {
        let (status, refused) = create(&bench, ACCESS_TOKEN, &wrong).await;
        assert_eq!((status, &refused["cause"]), (400, &json!(cause)), "{field}");
        assert_eq!(refused["fieldNames"], json!([field]));
        assert!(refused["referenceId"].is_string());
    }
    assert_eq!(bench.looks("bank/orders").await, json!([]));
}

#[tokio::test]
async fn tokens_are_exchanged_and_end() {
    let bench = Bench::start().await;
    let url = bench.url(Bank, "ic/sso/api/v2/oauth/token");
    let exchange = |secret: &'static str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("client_secret", secret),
            ("refresh_token", REFRESH_TOKEN),
        ];
        bench.http.post(url.clone()).form(&form).send()
    };
    assert_eq!(exchange("wrong").await.expect("an answer").status(), 400);
    let issued: Value = exchange(CLIENT_SECRET)
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let token = issued["access_token"].as_str().expect("a token");
    assert_eq!((token.len(), &issued["expires_in"]), (38, &json!(3_600)));
    assert_eq!(create(&bench, token, &body()).await.0, 201);
    bench.person("bank/tokens/expire", json!({})).await;
    let (status, refused) = create(&bench, token, &body()).await;
    assert_eq!((status, &refused["cause"]), (401, &json!("UNAUTHORIZED")));
}
