use contracts::treasury::SaveRequest;
use domain::money::Money;
use domain::payment::{AccountRequisites, Requisites, TreasuryDecision};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::error::PartnerError;
use crate::testing::{Reply, Script};

const KEY: Uuid = Uuid::from_u128(0x51);
const APPROVER: Uuid = Uuid::from_u128(0x77);
const ORGANIZATION: Uuid = Uuid::from_u128(0x11);

fn client(script: &Script) -> TreasuryClient {
    let config: Config = serde_json::from_value(json!({
        "base_url": script.url(), "user": "kite", "password": "x",
        "organizations": {"kite": ORGANIZATION},
    }))
    .expect("a configuration");
    TreasuryClient::new(&config).expect("a client")
}

fn request() -> SaveRequest {
    SaveRequest {
        ref_key: KEY,
        legal_entity: "kite".to_owned(),
        amount: Money::from_rubles(450_000),
        purpose: "Оплата по договору № ДКП-2026-00001".to_owned(),
        recipient: Requisites {
            recipient_name: "Тестов Тест Тестович".to_owned(),
            sbp: None,
            account: Some(AccountRequisites {
                account: "40817810000000000001".to_owned(),
                bic: "044525225".to_owned(),
                correspondent_account: "30101810400000000225".to_owned(),
                bank_name: "Банк".to_owned(),
                inn: "0".to_owned(),
            }),
        },
        comment: "Kite, сделка 7".to_owned(),
    }
}

fn absent() -> Reply {
    Reply::json(
        404,
        &json!({"odata.error": {"code": "9", "message": {"value": "нет"}}}),
    )
}

/// Writes the request against an empty base; answers what was written.
async fn written() -> Value {
    let organization = json!({"Ref_Key": ORGANIZATION});
    let script = Script::start([Reply::json(200, &organization), absent(), Reply::drop()]).await;
    let lost = client(&script).save_request(&request()).await;
    assert!(
        matches!(lost, Err(PartnerError::Unavailable { .. })),
        "{lost:?}"
    );
    script.requests()[2].json()
}

/// The request as the base gives it after people did `change`.
async fn decided(change: impl FnOnce(&mut Value)) -> Reply {
    let mut request = written().await;
    request["Number"] = json!("КМ00-000001");
    request["Posted"] = json!(true);
    request["DeletionMark"] = json!(false);
    request["Статус"] = json!("НеСогласована");
    request["КтоРешил_Key"] = json!(Uuid::nil());
    change(&mut request);
    Reply::json(200, &request)
}

fn approve(request: &mut Value) {
    request["Статус"] = json!("Согласована");
    request["КтоРешил_Key"] = json!(APPROVER);
}

async fn decision(reply: Reply) -> Result<TreasuryDecision, PartnerError> {
    let script = Script::start([reply]).await;
    client(&script).decision(KEY).await
}

fn code(result: Result<TreasuryDecision, PartnerError>) -> String {
    match result {
        Err(PartnerError::Rejected { code, .. }) => code,
        other => panic!("not rejected: {other:?}"),
    }
}

#[tokio::test]
async fn the_request_says_who_is_paid_and_no_status() {
    let written = written().await;
    assert_eq!(written["Ref_Key"], json!(KEY));
    assert_eq!(written["СуммаДокумента"], json!(450_000.0));
    assert_eq!(written["Организация_Key"], json!(ORGANIZATION));
    assert_eq!(written["ФормаОплатыЗаявки"], json!("Безналичная"));
    let comment = written["Комментарий"].as_str().expect("a comment");
    assert!(
        comment.starts_with("Kite, сделка 7\nПолучатель: Тестов Тест Тестович; счёт 40817810000000000001, БИК 044525225"),
        "{comment}"
    );
    assert_eq!(written.get("Статус"), None);
    assert_eq!(written.get("КтоРешил_Key"), None);
}

#[tokio::test]
async fn a_reply_lost_after_the_write_leads_to_one_request() {
    let organization = json!({"Ref_Key": ORGANIZATION});
    let script = Script::start([Reply::json(200, &organization), decided(|_| {}).await]).await;
    let saved = client(&script)
        .save_request(&request())
        .await
        .expect("saved");
    assert_eq!(saved.number, "КМ00-000001");
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[tokio::test]
async fn an_approval_names_who_approved() {
    assert_eq!(
        decision(decided(approve).await).await,
        Ok(TreasuryDecision::Approved { by: APPROVER })
    );
    let reply = decided(|request| {
        approve(request);
        request["Статус"] = json!("КОплате");
        let comment = request["Комментарий"]
            .as_str()
            .expect("a comment")
            .replace('\n', "\r\n");
        request["Комментарий"] = json!(format!("{comment}\r\nсогласовано с директором"));
    })
    .await;
    assert_eq!(
        decision(reply).await,
        Ok(TreasuryDecision::Approved { by: APPROVER })
    );
}

#[tokio::test]
async fn a_rejection_and_a_deletion_are_rejections() {
    let reply = decided(|request| {
        approve(request);
        request["Статус"] = json!("Отклонена");
    })
    .await;
    assert_eq!(
        decision(reply).await,
        Ok(TreasuryDecision::Rejected { by: APPROVER })
    );
    let reply = decided(|request| request["DeletionMark"] = json!(true)).await;
    assert_eq!(
        decision(reply).await,
        Ok(TreasuryDecision::Rejected { by: Uuid::nil() })
    );
}

#[tokio::test]
async fn until_people_decide_it_is_pending() {
    assert_eq!(
        decision(decided(|_| {}).await).await,
        Err(PartnerError::Pending)
    );
    let unposted = decided(|request| {
        approve(request);
        request["Posted"] = json!(false);
    })
    .await;
    assert_eq!(decision(unposted).await, Err(PartnerError::Pending));
}

#[tokio::test]
async fn an_approval_of_something_else_does_not_count() {
    let dearer = decided(|request| {
        approve(request);
        request["СуммаДокумента"] = json!(950_000);
    });
    assert_eq!(code(decision(dearer.await).await), "changed");
    let payer = decided(|request| {
        approve(request);
        request["Организация_Key"] = json!(APPROVER);
    });
    assert_eq!(code(decision(payer.await).await), "changed");
    let recipient = decided(|request| {
        approve(request);
        let comment = request["Комментарий"].as_str().expect("a comment");
        request["Комментарий"] =
            json!(comment.replace("40817810000000000001", "40817810000000000002"));
    });
    assert_eq!(code(decision(recipient.await).await), "changed");
    let erased = decided(|request| {
        approve(request);
        request["Комментарий"] = json!("");
    });
    assert_eq!(code(decision(erased.await).await), "changed");
}

#[tokio::test]
async fn an_approval_by_nobody_and_a_lost_request_are_for_people() {
    let nobody = decided(|request| {
        approve(request);
        request["КтоРешил_Key"] = json!(Uuid::nil());
    });
    assert_eq!(code(decision(nobody.await).await), "nobody");
    assert_eq!(code(decision(absent()).await), "absent");
}

#[tokio::test]
async fn an_unknown_status_is_never_an_approval() {
    let reply = decided(|request| {
        approve(request);
        request["Статус"] = json!("вс_Оплачена");
    });
    let answer = decision(reply.await).await;
    assert!(
        matches!(&answer, Err(PartnerError::Protocol { detail }) if detail.contains("вс_Оплачена")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_sleeping_base_keeps_the_question_open() {
    let answer = decision(Reply::html(200)).await;
    assert!(
        matches!(answer, Err(PartnerError::Unavailable { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_request_that_never_came_to_be_is_withdrawn() {
    let script = Script::start([absent()]).await;
    client(&script)
        .withdraw_request(KEY)
        .await
        .expect("withdrawn");
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn a_mapping_that_writes_the_status_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("mapping.toml");
    let text = super::mapping::ERP.replace(
        "[request.constants]",
        "[request.constants]\n\"Статус\" = \"Согласована\"",
    );
    std::fs::write(&path, text).expect("a file");
    let config: Config = serde_json::from_value(json!({
        "base_url": "http://1c/", "user": "kite", "password": "x", "organizations": {}, "mapping": path,
    }))
    .expect("a configuration");
    crate::testing::crypto();
    let error = TreasuryClient::new(&config)
        .err()
        .map(|error| error.to_string());
    assert_eq!(
        error.as_deref(),
        Some("onec_treasury.mapping: request.constants must not write Статус")
    );
}
