use std::time::Duration;

use domain::buyout::start::BuyoutId;
use domain::payment::SbpRequisites;
use domain::phone::Phone;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::testing::{Reply, Script, store};

const KEY: &str = "00000000-0000-5000-8000-000000000001";
const ID: &str = "po-1";
const PAY: &str = "POST /v3/payouts";

struct Fixture {
    script: Script,
    activities: YookassaActivities,
    _dir: TempDir,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    with(false, replies).await
}

async fn with(check_recipient: bool, replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(replies).await;
    let (store, dir) = store().await;
    let client = YookassaClient::new(&Config {
        base_url: script.url(),
        gateway_id: "100500".to_owned(),
        secret: "test".to_owned().into(),
        check_recipient,
        timeout_secs: 1,
        concurrency: 1,
        rate_per_minute: 0,
        extra_ca: None,
    })
    .expect("a client");
    Fixture {
        script,
        activities: YookassaActivities { client, store },
        _dir: dir,
    }
}

impl Fixture {
    async fn state(&self, key: &str) -> IntentState {
        let intent = self.activities.store.intent(key).await.expect("a row");
        intent.expect("a row").state
    }
}

fn payout() -> CreatePayout {
    CreatePayout {
        buyout: BuyoutId::new("portal", 37),
        key: KEY.to_owned(),
        amount: Money::from_rubles(320_000),
        destination: SbpRequisites {
            phone: Phone::parse("+7 900 000-00-12").expect("a phone"),
            bank_id: "100000000111".to_owned(),
        },
        recipient_name: "Тестов Тест Тестович".to_owned(),
        description: "Выкуп автомобиля, сделка 37".to_owned(),
    }
}

fn answer(status: &str) -> Value {
    json!({
        "id": ID, "amount": {"value": "320000.00", "currency": "RUB"}, "status": status,
        "created_at": "2026-11-23T10:00:00.000Z", "test": false,
    })
}

fn answered(status: &str) -> Reply {
    Reply::json(200, &answer(status))
}

fn refused(parameter: &str) -> Reply {
    let body = json!({
        "type": "error", "id": "e-1", "code": "invalid_request",
        "description": "Invalid", "parameter": parameter,
    });
    Reply::json(400, &body)
}

fn is_open<T: std::fmt::Debug>(result: &Result<T, PartnerError>) -> bool {
    matches!(result, Err(PartnerError::Unavailable { .. }))
}

fn is_protocol<T: std::fmt::Debug>(result: &Result<T, PartnerError>) -> bool {
    matches!(result, Err(PartnerError::Protocol { .. }))
}

#[tokio::test]
async fn a_payout_is_made_once_under_its_key() {
    let fixture = fixture([answered("pending")]).await;
    assert_eq!(
        fixture.activities.create(&payout()).await,
        Ok(ID.to_owned())
    );
    assert_eq!(
        fixture.activities.create(&payout()).await,
        Ok(ID.to_owned())
    );
    assert_eq!(fixture.script.calls(), [PAY]);
    let request = &fixture.script.requests()[0];
    assert_eq!(request.header("idempotence-key"), Some(KEY));
    assert_eq!(
        request.header("authorization"),
        Some("Basic MTAwNTAwOnRlc3Q=")
    );
    assert_eq!(
        request.json(),
        json!({
            "amount": {"value": "320000.00", "currency": "RUB"},
            "payout_destination_data": {
                "type": "sbp", "phone": "79000000012", "bank_id": "100000000111",
            },
            "description": "Выкуп автомобиля, сделка 37",
            "metadata": {"run": "buyout:portal:37"},
        })
    );
    assert_eq!(fixture.state(KEY).await, IntentState::Accepted);
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_for_with_the_same_key_and_body() {
    for lost in [
        Reply::drop(),
        Reply::hang(),
        Reply::html(200),
        Reply::html(502),
        Reply::status(500),
        Reply::json(
            500,
            &json!({"type": "error", "code": "internal_server_error"}),
        ),
    ] {
        let fixture = fixture([lost, answered("succeeded")]).await;
        let first = fixture.activities.create(&payout()).await;
        assert!(is_open(&first), "{first:?}");
        assert_eq!(fixture.state(KEY).await, IntentState::Unknown);
        assert_eq!(
            fixture.activities.create(&payout()).await,
            Ok(ID.to_owned())
        );
        let requests = fixture.script.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(
            requests[0].header("idempotence-key"),
            requests[1].header("idempotence-key")
        );
        assert_eq!(requests[0].body, requests[1].body);
    }
}

#[tokio::test]
async fn a_key_that_the_partner_has_forgotten_is_not_sent_again() {
    let fixture = fixture([Reply::drop()]).await;
    let first = fixture.activities.create(&payout()).await;
    assert!(is_open(&first), "{first:?}");
    let since = Utc::now() - KEY_MEMORY - TimeDelta::seconds(1);
    let late = fixture
        .activities
        .pay(&payout(), Standing::CalledBefore { since })
        .await;
    assert!(is_protocol(&late), "{late:?}");
    assert_eq!(fixture.script.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_of_our_data_closes_the_attempt_and_opens_another() {
    let fixture = fixture([
        refused("payout_destination_data.phone"),
        answered("pending"),
    ])
    .await;
    let PartnerError::Rejected { code, message } = fixture
        .activities
        .create(&payout())
        .await
        .expect_err("refused")
    else {
        panic!("not a refusal");
    };
    assert_eq!(code, "invalid_request");
    assert_eq!(
        message,
        "ЮKassa не приняла телефон получателя. Проверьте номер."
    );
    assert_eq!(fixture.state(KEY).await, IntentState::Refused);
    let again = fixture.activities.create(&payout()).await;
    assert!(
        matches!(again, Err(PartnerError::Rejected { .. })),
        "{again:?}"
    );
    assert_eq!(fixture.script.requests().len(), 1);
    let second = CreatePayout {
        key: "second".to_owned(),
        ..payout()
    };
    assert_eq!(fixture.activities.create(&second).await, Ok(ID.to_owned()));
}

#[tokio::test]
async fn what_says_nothing_about_the_money_is_no_refusal() {
    let forbidden = json!({"type": "error", "code": "forbidden"});
    for reply in [
        Reply::json(
            401,
            &json!({"type": "error", "code": "invalid_credentials"}),
        ),
        Reply::json(403, &forbidden),
        Reply::json(404, &json!({"type": "error", "code": "not_found"})),
        Reply::status(404),
        refused("Idempotence-Key"),
        Reply::json(200, &json!({"id": ID})),
    ] {
        let fixture = fixture([reply.clone()]).await;
        let result = fixture.activities.create(&payout()).await;
        assert!(is_protocol(&result), "{reply:?}: {result:?}");
        assert_eq!(fixture.state(KEY).await, IntentState::Unknown);
    }
}

#[tokio::test]
async fn another_amount_under_our_key_is_for_a_person() {
    let mut other = answer("pending");
    other["amount"]["value"] = json!("320000.01");
    let fixture = fixture([Reply::json(200, &other)]).await;
    let result = fixture.activities.create(&payout()).await;
    assert!(is_protocol(&result), "{result:?}");
}

#[tokio::test]
async fn a_busy_partner_names_the_pause() {
    let processing = json!({"type": "processing", "retry_after": 1800});
    for (reply, pause) in [
        (
            Reply::status(429).header("Retry-After", "17"),
            Duration::from_secs(17),
        ),
        (Reply::json(202, &processing), Duration::from_millis(1800)),
    ] {
        let fixture = fixture([reply]).await;
        match fixture.activities.create(&payout()).await {
            Err(PartnerError::Unavailable { retry_after, .. }) => {
                assert_eq!(retry_after, Some(pause));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_limits_of_sbp_are_kept_before_anything_is_written() {
    for amount in [Money::from_kopecks(50_000_001), Money::from_kopecks(99)] {
        let fixture = fixture([]).await;
        let payout = CreatePayout { amount, ..payout() };
        match fixture.activities.create(&payout).await {
            Err(PartnerError::Rejected { code, .. }) => assert_eq!(code, "limit"),
            other => panic!("{other:?}"),
        }
        let intent = fixture.activities.store.intent(KEY).await;
        assert_eq!(intent.expect("a database"), None);
        assert_eq!(fixture.script.requests().len(), 0);
    }
    let mut largest = answer("pending");
    largest["amount"]["value"] = json!("500000.00");
    let fixture = fixture([Reply::json(200, &largest)]).await;
    let payout = CreatePayout {
        amount: MOST,
        ..payout()
    };
    assert_eq!(fixture.activities.create(&payout).await, Ok(ID.to_owned()));
}

#[tokio::test]
async fn the_recipient_is_checked_when_that_is_on() {
    let fixture = with(
        true,
        [
            Reply::json(200, &json!({"id": "pd-1"})),
            answered("pending"),
        ],
    )
    .await;
    assert_eq!(
        fixture.activities.create(&payout()).await,
        Ok(ID.to_owned())
    );
    assert_eq!(fixture.script.calls(), ["POST /v3/personal_data", PAY]);
    let requests = fixture.script.requests();
    assert_eq!(
        requests[0].json(),
        json!({
            "type": "sbp_payout_recipient",
            "last_name": "Тестов", "first_name": "Тест", "middle_name": "Тестович",
        })
    );
    assert_ne!(requests[0].header("idempotence-key"), Some(KEY));
    assert_eq!(requests[1].json()["personal_data"], json!([{"id": "pd-1"}]));
}

async fn created(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let fixture = fixture(std::iter::once(answered("pending")).chain(replies)).await;
    fixture
        .activities
        .create(&payout())
        .await
        .expect("a payout");
    fixture
}

#[tokio::test]
async fn a_payout_is_awaited_until_its_final_state() {
    let mut succeeded = answer("succeeded");
    succeeded["succeeded_at"] = json!("2026-11-23T10:00:05.000Z");
    let fixture = created([
        answered("pending"),
        answered("hitherto_unknown"),
        Reply::json(200, &succeeded),
    ])
    .await;
    for _ in 0..2 {
        assert_eq!(fixture.activities.ask(ID).await, Err(PartnerError::Pending));
        assert_eq!(fixture.state(KEY).await, IntentState::Accepted);
    }
    let at = "2026-11-23T10:00:05Z".parse().expect("a moment");
    assert_eq!(
        fixture.activities.ask(ID).await,
        Ok(PayoutResult::Paid { at })
    );
    assert_eq!(fixture.state(KEY).await, IntentState::Paid);
    assert_eq!(fixture.script.calls()[1], "GET /v3/payouts/po-1");
}

#[tokio::test]
async fn a_cancelled_payout_says_why_and_opens_another_attempt() {
    for (reason, says) in [
        ("insufficient_funds", "Пополните баланс"),
        ("recipient_not_found", "Уточните телефон и банк"),
        ("hitherto_unknown", "«hitherto_unknown»"),
    ] {
        let mut canceled = answer("canceled");
        canceled["cancellation_details"] = json!({"party": "yoo_money", "reason": reason});
        let fixture = created([Reply::json(200, &canceled), answered("pending")]).await;
        match fixture.activities.ask(ID).await {
            Ok(PayoutResult::Refused { code, text }) => {
                assert_eq!(code, reason);
                assert!(text.contains(says), "{text}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(fixture.state(KEY).await, IntentState::Refused);
    }
}

#[tokio::test]
async fn a_question_that_fails_never_reads_as_a_refused_payout() {
    for (reply, open) in [
        (
            Reply::json(404, &json!({"type": "error", "code": "not_found"})),
            true,
        ),
        (Reply::status(503), true),
        (Reply::html(200), true),
        (Reply::drop(), true),
        (
            Reply::json(400, &json!({"type": "error", "code": "invalid_request"})),
            false,
        ),
        (
            Reply::json(
                401,
                &json!({"type": "error", "code": "invalid_credentials"}),
            ),
            false,
        ),
        (Reply::json(200, &json!({"status": "succeeded"})), false),
    ] {
        let fixture = created([reply.clone()]).await;
        let result = fixture.activities.ask(ID).await;
        assert_eq!(is_open(&result), open, "{reply:?}: {result:?}");
        assert_eq!(is_protocol(&result), !open, "{reply:?}: {result:?}");
        assert_eq!(fixture.state(KEY).await, IntentState::Accepted);
    }
}

#[tokio::test]
async fn the_banks_are_those_of_the_partner_and_an_empty_list_is_no_answer() {
    let list = |items: Value| Reply::json(200, &json!({"type": "list", "items": items}));
    let fixture = fixture([
        list(json!([
            {"bank_id": "100000000111", "name": " Сбербанк ", "bic": "044525225"},
            {"bank_id": "100000000004", "name": "Т-Банк", "bic": "044525974", "new": true},
            {"bank_id": "", "name": "без номера", "bic": ""},
        ])),
        list(json!([])),
        Reply::json(200, &json!({"type": "list"})),
        Reply::status(503),
    ])
    .await;
    let read = fixture.activities.read_banks().await.expect("a list");
    let found: Vec<(&str, &str)> = read
        .banks
        .iter()
        .map(|bank| (bank.id.as_str(), bank.name.as_str()))
        .collect();
    assert_eq!(
        found,
        [("100000000111", "Сбербанк"), ("100000000004", "Т-Банк")]
    );
    assert!(is_protocol(&fixture.activities.read_banks().await), "empty");
    assert!(is_protocol(&fixture.activities.read_banks().await), "shape");
    assert!(is_open(&fixture.activities.read_banks().await), "away");
    assert_eq!(fixture.script.calls(), ["GET /v3/sbp_banks"; 4]);
    let request = &fixture.script.requests()[0];
    assert_eq!(
        request.header("authorization"),
        Some("Basic MTAwNTAwOnRlc3Q=")
    );
}
