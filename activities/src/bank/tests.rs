use std::collections::BTreeMap;
use std::time::Duration;

use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::payment::AccountRequisites;
use domain::policy::LegalEntity;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::testing::{Reply, Script, store};

const CREATE: &str = "POST /fintech/api/v1/payments";

struct Fixture {
    script: Script,
    activities: BankActivities,
    _dir: TempDir,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(replies).await;
    let (store, dir) = store().await;
    let client = BankClient::new(&Config {
        base_url: script.url(),
        access_token: "token".to_owned().into(),
        correspondent_accounts: BTreeMap::from([(
            "044525000".to_owned(),
            "30101810000000000000".to_owned(),
        )]),
        timeout_secs: 1,
        concurrency: 1,
        rate_per_minute: 0,
        extra_ca: None,
    })
    .expect("a client");
    Fixture {
        script,
        activities: BankActivities { client, store },
        _dir: dir,
    }
}

impl Fixture {
    async fn state(&self) -> IntentState {
        let key = order().external_id.to_string();
        let intent = self.activities.store.intent(&key).await.expect("a row");
        intent.expect("a row").state
    }
}

fn order() -> CreateOrder {
    let buyout = BuyoutId::new("portal", 37);
    CreateOrder {
        external_id: buyout.object_key("bank/1"),
        buyout,
        payer: LegalEntity {
            id: "kite".to_owned(),
            name: "ООО «Тест»".to_owned(),
            inn: "7700000000".to_owned(),
            kpp: "770001001".to_owned(),
            ogrn: "1027700000000".to_owned(),
            address: "Москва".to_owned(),
            signatory: "Тестов Т. Т.".to_owned(),
            signatory_basis: "устав".to_owned(),
            account: "40702810000000000001".to_owned(),
            bic: "044525000".to_owned(),
        },
        recipient_name: "Тестов Тест Тестович".to_owned(),
        recipient: AccountRequisites {
            account: "40817810000000000002".to_owned(),
            bic: "044525111".to_owned(),
            correspondent_account: "30101810000000000111".to_owned(),
            bank_name: "Банк".to_owned(),
            inn: "0".to_owned(),
        },
        amount: Money::from_kopecks(65_000_050),
        purpose: "Оплата по договору купли-продажи ТС № 12. НДС не облагается".to_owned(),
    }
}

fn created() -> Reply {
    let order = json!({"externalId": order().external_id, "bankStatus": "CREATED", "number": "1"});
    Reply::json(201, &order)
}

fn state(status: &str) -> Reply {
    Reply::json(200, &json!({"bankStatus": status, "bankComment": null}))
}

fn fault(status: u16, body: &Value) -> Reply {
    Reply::json(status, body)
}

fn absent() -> Reply {
    fault(
        404,
        &json!({"cause": "OBJECT_NOT_FOUND", "message": "Документ не найден", "referenceId": "r"}),
    )
}

fn state_line() -> String {
    format!("GET /fintech/api/v1/payments/{}/state", order().external_id)
}

fn is_open<T: std::fmt::Debug>(result: &Result<T, PartnerError>) -> bool {
    matches!(result, Err(PartnerError::Unavailable { .. }))
}

fn is_protocol<T: std::fmt::Debug>(result: &Result<T, PartnerError>) -> bool {
    matches!(result, Err(PartnerError::Protocol { .. }))
}

#[tokio::test]
async fn an_order_is_a_draft_made_once() {
    let fixture = fixture([created()]).await;
    assert_eq!(fixture.activities.create(&order()).await, Ok(()));
    assert_eq!(fixture.activities.create(&order()).await, Ok(()));
    assert_eq!(fixture.script.calls(), [CREATE]);
    let request = &fixture.script.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer token"));
    let mut body = request.json();
    let date = body["date"].take();
    let date = date.as_str().expect("a date").to_owned();
    assert!(date.parse::<chrono::NaiveDate>().is_ok(), "{date}");
    assert_eq!(
        body,
        json!({
            "externalId": order().external_id, "date": null, "amount": 650_000.5,
            "operationCode": "01", "priority": "5",
            "purpose": "Оплата по договору купли-продажи ТС № 12. НДС не облагается",
            "payerName": "ООО «Тест»", "payerInn": "7700000000", "payerKpp": "770001001",
            "payerAccount": "40702810000000000001", "payerBankBic": "044525000",
            "payerBankCorrAccount": "30101810000000000000",
            "payeeName": "Тестов Тест Тестович", "payeeInn": "0",
            "payeeAccount": "40817810000000000002", "payeeBankBic": "044525111",
            "payeeBankCorrAccount": "30101810000000000111",
            "vat": {"type": "NO_VAT"},
        })
    );
    assert_eq!(fixture.state().await, IntentState::Accepted);
}

#[tokio::test]
async fn after_an_unknown_outcome_the_order_is_looked_up_and_not_sent_again() {
    for lost in [
        Reply::drop(),
        Reply::hang(),
        Reply::html(200),
        Reply::status(503),
    ] {
        let fixture = fixture([lost, state("CREATED")]).await;
        let first = fixture.activities.create(&order()).await;
        assert!(is_open(&first), "{first:?}");
        assert_eq!(fixture.state().await, IntentState::Unknown);
        assert_eq!(fixture.activities.create(&order()).await, Ok(()));
        assert_eq!(fixture.script.calls(), [CREATE.to_owned(), state_line()]);
        assert_eq!(fixture.state().await, IntentState::Accepted);
    }
}

#[tokio::test]
async fn an_order_that_never_came_to_be_is_sent_again_under_the_same_id() {
    let fixture = fixture([Reply::status(503), absent(), created()]).await;
    let first = fixture.activities.create(&order()).await;
    assert!(is_open(&first), "{first:?}");
    assert_eq!(fixture.activities.create(&order()).await, Ok(()));
    assert_eq!(
        fixture.script.calls(),
        [CREATE.to_owned(), state_line(), CREATE.to_owned()]
    );
    let requests = fixture.script.requests();
    assert_eq!(
        requests[0].json()["externalId"],
        requests[2].json()["externalId"]
    );
}

#[tokio::test]
async fn nothing_is_sent_again_while_the_look_up_is_silent() {
    for silent in [
        Reply::status(500),
        Reply::html(404),
        Reply::status(404),
        Reply::status(403),
    ] {
        let fixture = fixture([Reply::drop(), silent]).await;
        let first = fixture.activities.create(&order()).await;
        assert!(is_open(&first), "{first:?}");
        let second = fixture.activities.create(&order()).await;
        assert!(is_open(&second) || is_protocol(&second), "{second:?}");
        assert_eq!(fixture.script.calls(), [CREATE.to_owned(), state_line()]);
    }
}

#[tokio::test]
async fn wrong_requisites_are_refused_in_the_banks_words() {
    let fault = fault(
        400,
        &json!({
            "cause": "VALIDATION_FAULT", "message": "Ошибка валидации", "referenceId": "r",
            "checks": [{"level": "ERROR", "message": "Неверный счёт получателя.", "fields": ["payeeAccount"]}],
        }),
    );
    let fixture = fixture([fault]).await;
    assert_eq!(
        fixture.activities.create(&order()).await,
        Err(PartnerError::rejected(
            "VALIDATION_FAULT",
            "Банк не принял поручение: Неверный счёт получателя."
        ))
    );
    assert_eq!(fixture.state().await, IntentState::Refused);
    let again = fixture.activities.create(&order()).await;
    assert!(
        matches!(again, Err(PartnerError::Rejected { .. })),
        "{again:?}"
    );
    assert_eq!(fixture.script.requests().len(), 1);
}

#[tokio::test]
async fn an_id_that_is_taken_is_looked_up() {
    let taken = || {
        fault(
            400,
            &json!({"cause": "WORKFLOW_FAULT", "message": "Документ уже существует"}),
        )
    };
    let ours = fixture([taken(), state("CREATED")]).await;
    assert_eq!(ours.activities.create(&order()).await, Ok(()));
    assert_eq!(ours.state().await, IntentState::Accepted);
    let strange = fixture([taken(), absent()]).await;
    let result = strange.activities.create(&order()).await;
    assert!(is_protocol(&result), "{result:?}");
    assert_eq!(strange.state().await, IntentState::Unknown);
}

#[tokio::test]
async fn what_says_nothing_about_the_order_is_no_refusal() {
    for reply in [
        fault(
            400,
            &json!({"cause": "DESERIALIZATION_FAULT", "message": "x"}),
        ),
        fault(401, &json!({"cause": "UNAUTHORIZED", "message": "x"})),
        fault(
            403,
            &json!({"cause": "ACTION_ACCESS_EXCEPTION", "message": "x"}),
        ),
        Reply::status(400),
        Reply::json(201, &json!({})),
        Reply::json(201, &json!({"externalId": Uuid::nil()})),
    ] {
        let fixture = fixture([reply.clone()]).await;
        let result = fixture.activities.create(&order()).await;
        assert!(is_protocol(&result), "{reply:?}: {result:?}");
        assert_eq!(fixture.state().await, IntentState::Unknown);
    }
}

#[tokio::test]
async fn a_busy_bank_names_the_pause() {
    let fixture = fixture([Reply::status(429).header("Retry-After", "11")]).await;
    match fixture.activities.create(&order()).await {
        Err(PartnerError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(11)));
        }
        other => panic!("{other:?}"),
    }
}

async fn drafted(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let fixture = fixture(std::iter::once(created()).chain(replies)).await;
    fixture.activities.create(&order()).await.expect("a draft");
    fixture
}

#[tokio::test]
async fn an_order_waits_for_signature_and_execution() {
    let on_its_way = [
        "CREATED",
        "SIGNED",
        "DELIVERED",
        "ACCEPTED",
        "HITHERTO_UNKNOWN",
    ];
    let replies = on_its_way.into_iter().chain(["IMPLEMENTED"]).map(state);
    let fixture = drafted(replies.collect::<Vec<_>>()).await;
    for status in on_its_way {
        let pending = fixture.activities.ask(order().external_id).await;
        assert_eq!(pending, Err(PartnerError::Pending), "{status}");
        assert_eq!(fixture.state().await, IntentState::Accepted);
    }
    let paid = fixture.activities.ask(order().external_id).await;
    assert!(matches!(paid, Ok(PayoutResult::Paid { .. })), "{paid:?}");
    assert_eq!(fixture.state().await, IntentState::Paid);
}

#[tokio::test]
async fn a_refused_order_says_why() {
    for (status, comment, text) in [
        (
            "REFUSEDBYBANK",
            json!("Счёт получателя закрыт."),
            "Банк отказал в исполнении поручения: Счёт получателя закрыт.",
        ),
        (
            "DELETED",
            Value::Null,
            "Поручение удалено в банке до исполнения.",
        ),
        ("RECALL", json!(" "), "Поручение отозвано."),
    ] {
        let reply = Reply::json(200, &json!({"bankStatus": status, "bankComment": comment}));
        let fixture = drafted([reply]).await;
        assert_eq!(
            fixture.activities.ask(order().external_id).await,
            Ok(PayoutResult::Refused {
                code: status.to_owned(),
                text: text.to_owned(),
            })
        );
        assert_eq!(fixture.state().await, IntentState::Refused);
    }
}

#[tokio::test]
async fn a_question_that_fails_never_reads_as_a_refused_order() {
    for (reply, open) in [
        (absent(), true),
        (Reply::html(200), true),
        (Reply::drop(), true),
        (Reply::status(502), true),
        (fault(400, &json!({"cause": "VALIDATION_FAULT"})), false),
        (fault(401, &json!({"cause": "UNAUTHORIZED"})), false),
        (Reply::json(200, &json!({"bankStatus": 1})), false),
    ] {
        let fixture = drafted([reply.clone()]).await;
        let result = fixture.activities.ask(order().external_id).await;
        assert_eq!(is_open(&result), open, "{reply:?}: {result:?}");
        assert_eq!(is_protocol(&result), !open, "{reply:?}: {result:?}");
        assert_eq!(fixture.state().await, IntentState::Accepted);
    }
}
