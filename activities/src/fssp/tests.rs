use std::time::Duration;

use chrono::NaiveDate;
use domain::buyout::start::BuyoutId;
use domain::checks::{CheckKind, CheckOutcome, CheckResult};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::testing::{Reply, Script, evidence};

const NAME: &str = "Тестов Тест Тестович";

struct Fixture {
    script: Script,
    activities: FsspActivities,
    _dir: TempDir,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(replies).await;
    let (evidence, dir) = evidence().await;
    let client = FsspClient::new(&Config {
        base_url: script.url(),
        key: "k-1".to_owned().into(),
        timeout_secs: 1,
        concurrency: 1,
        rate_per_minute: 0,
        extra_ca: None,
    })
    .expect("a client");
    Fixture {
        script,
        activities: FsspActivities { client, evidence },
        _dir: dir,
    }
}

fn query(birthdate: Option<NaiveDate>) -> SearchPerson {
    SearchPerson {
        buyout: BuyoutId::new("portal", 1),
        full_name: NAME.to_owned(),
        birthdate,
    }
}

fn born() -> SearchPerson {
    query(NaiveDate::from_ymd_opt(1980, 5, 7))
}

fn person(proceedings: &Value) -> Reply {
    Reply::json(200, &json!({ NAME: { "ip": proceedings } }))
}

async fn search(reply: Reply) -> Result<ReportResult, PartnerError> {
    fixture([reply]).await.activities.search(&born()).await
}

fn only(found: ReportResult) -> CheckResult {
    let [result] = <[CheckResult; 1]>::try_from(found.results).expect("one result");
    assert_eq!(result.kind, CheckKind::Bailiffs);
    result
}

#[tokio::test]
async fn debts_are_summed_and_listed_without_the_bailiffs() {
    let fixture = fixture([person(&json!([
        {
            "nomer": "12345/22/74033-ИП", "ddd": "15.03.2022", "predmet": "Задолженность по кредитам.",
            "summa": "150000.00", "ostatok": "75000.00", "prist": {"fio": "Приставов П. П.", "tel": "1"},
        },
        {"nomer": "2/23/74033-ИП", "summa": "1 234,56", "ostatok": null},
        {"nomer": "3/23/74033-ИП", "ostatok": 100.1},
        {"nomer": "4/23/74033-ИП", "ostatok": "нет данных"},
    ]))])
    .await;
    let result = only(fixture.activities.search(&born()).await.expect("an answer"));
    assert_eq!(result.outcome, CheckOutcome::Attention);
    assert_eq!(
        result.findings[0].text,
        "Исполнительных производств: 4, остаток долга 76\u{a0}334,66\u{a0}₽, без суммы: 1."
    );
    assert_eq!(
        result.findings[1].text,
        "Производство 12345/22/74033-ИП от 15.03.2022: Задолженность по кредитам, остаток 75\u{a0}000,00\u{a0}₽."
    );
    assert!(
        result
            .findings
            .iter()
            .all(|f| !f.text.contains("Приставов"))
    );
    let request = &fixture.script.requests()[0];
    assert_eq!(request.line(), "GET /api");
    let asked = request.query();
    assert_eq!(
        (
            asked["fio"].as_str(),
            asked["dataR"].as_str(),
            asked["key"].as_str()
        ),
        (NAME, "07.05.1980", "k-1")
    );
    let raw = fixture
        .activities
        .evidence
        .load(result.raw.as_ref().expect("evidence"))
        .await;
    let raw: Value = serde_json::from_slice(&raw.expect("bytes")).expect("JSON");
    assert_eq!(raw[NAME]["ip"][1]["nomer"], "2/23/74033-ИП");
}

#[tokio::test]
async fn a_person_without_proceedings_is_clear() {
    let nothing = Reply::json(200, &json!({"status": "Ничего не найдено"}));
    for reply in [person(&json!([])), nothing] {
        let result = only(search(reply).await.expect("an answer"));
        assert_eq!(result.outcome, CheckOutcome::Clear);
        assert!(
            result.findings.is_empty() && result.raw.is_some(),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn without_a_birthdate_nobody_is_asked() {
    let fixture = fixture([]).await;
    let result = only(
        fixture
            .activities
            .search(&query(None))
            .await
            .expect("a result"),
    );
    assert_eq!(result.outcome, CheckOutcome::Unknown);
    assert_eq!(fixture.script.requests().len(), 0);
}

#[tokio::test]
async fn a_state_that_is_no_answer_is_pending() {
    let working = Reply::json(200, &json!({"status": "Запрос в обработке"}));
    assert_eq!(search(working).await, Err(PartnerError::Pending));
}

#[tokio::test]
async fn errors_in_words_are_told_apart_and_not_quoted() {
    for (text, code) in [
        ("Неверный ключ доступа", "credentials"),
        ("Некорректное ФИО: Тестов", "error"),
    ] {
        match search(Reply::json(200, &json!({"error": text}))).await {
            Err(PartnerError::Rejected { code: got, message }) => {
                assert_eq!(got, code);
                assert!(!message.contains("Тестов"), "{message}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in [
        "Исчерпан лимит запросов",
        "Сервис ФССП временно недоступен",
        "Ошибка подключения к источнику",
    ] {
        let away = search(Reply::json(200, &json!({"error": text}))).await;
        assert!(
            matches!(away, Err(PartnerError::Unavailable { .. })),
            "{away:?}"
        );
    }
}

#[tokio::test]
async fn statuses_say_what_to_do() {
    let limited = Reply::status(429).header("Retry-After", "3");
    match search(limited).await {
        Err(PartnerError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(3)));
        }
        other => panic!("{other:?}"),
    }
    for reply in [
        Reply::status(503),
        Reply::html(200),
        Reply::drop(),
        Reply::hang(),
    ] {
        let away = search(reply).await;
        assert!(
            matches!(away, Err(PartnerError::Unavailable { .. })),
            "{away:?}"
        );
    }
    let refused = search(Reply::status(403)).await;
    assert!(
        matches!(refused, Err(PartnerError::Rejected { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_not_clean() {
    for body in [
        json!({}),
        json!({ NAME: {} }),
        json!([]),
        json!({ NAME: {"ip": [{}]} }),
    ] {
        let broken = search(Reply::json(200, &body)).await;
        assert!(
            matches!(broken, Err(PartnerError::Protocol { .. })),
            "{body}: {broken:?}"
        );
    }
}

#[tokio::test]
async fn a_repeat_after_a_lost_answer_is_a_new_question_with_one_result() {
    let fixture = fixture([Reply::drop(), person(&json!([]))]).await;
    let lost = fixture.activities.search(&born()).await;
    assert!(
        matches!(lost, Err(PartnerError::Unavailable { .. })),
        "{lost:?}"
    );
    let result = only(fixture.activities.search(&born()).await.expect("an answer"));
    assert_eq!(result.outcome, CheckOutcome::Clear);
}
