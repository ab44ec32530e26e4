//! At a real socket, as an integration speaks to a base.

mod interface;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PASSWORD, USER};
use crate::Partner::OnecAlfa;
use crate::bench::Bench;

const SELLER: &str = "aaaaaaaa-0000-5000-8000-000000000001";
const CAR: &str = "aaaaaaaa-0000-5000-8000-000000000002";
const RECEIPT: &str = "aaaaaaaa-0000-5000-8000-000000000003";
const VIN: &str = "XTA210990Y2766111";

async fn send(
    bench: &Bench,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let url = bench.url(OnecAlfa, &format!("alfa/odata/standard.odata/{path}"));
    let mut request = bench
        .http
        .request(method, url)
        .basic_auth(USER, Some(PASSWORD))
        .header("accept", "application/json");
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

async fn get(bench: &Bench, path: &str) -> (StatusCode, Value) {
    send(bench, Method::GET, path, None).await
}

async fn post(bench: &Bench, path: &str, body: Value) -> (StatusCode, Value) {
    send(bench, Method::POST, path, Some(body)).await
}

fn object(set: &str, key: &str) -> String {
    format!("{set}(guid'{key}')")
}

async fn key_of(bench: &Bench, set: &str, condition: &str) -> Value {
    let condition = condition.replace(' ', "%20");
    let (status, found) = get(
        bench,
        &format!("{set}?$filter={condition}&$select=Ref_Key&$top=2"),
    )
    .await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1), "{found}");
    found["value"][0]["Ref_Key"].clone()
}

/// Seller, car and an unposted receipt of 450 000 ₽.
async fn receipt(bench: &Bench, key: &str) -> Value {
    let seller =
        json!({ "Ref_Key": SELLER, "Description": "Тестов Тест Тестович", "ЮрФизЛицо": "ФизЛицо" });
    post(bench, "Catalog_Контрагенты", seller).await;
    post(
        bench,
        "Catalog_Автомобили",
        json!({ "Ref_Key": CAR, "VIN": VIN, "ГодВыпуска": 2019 }),
    )
    .await;
    let organization = key_of(bench, "Catalog_Организации", "ИНН eq '5190000010'").await;
    let site = key_of(
        bench,
        "Catalog_ПодразделенияКомпании",
        "Description eq 'Мурманск, пр. Вымышленный'",
    )
    .await;
    let body = json!({
        "Ref_Key": key, "Организация_Key": organization, "ПодразделениеКомпании_Key": site, "Контрагент_Key": SELLER,
        "СуммаДокумента": 450_000, "НомерВходящегоДокумента": "МУР-1", "Комментарий": "Kite, сделка 7",
        "Автомобили": [{ "LineNumber": "1", "Автомобиль_Key": CAR, "Цена": 450_000, "Сумма": 450_000 }],
    });
    let (status, made) = post(bench, "Document_ПоступлениеАвтомобилей", body).await;
    assert_eq!(status, 201, "{made}");
    made
}

#[tokio::test]
async fn a_receipt_is_written_posted_and_counted_once() {
    let bench = Bench::start().await;
    let made = receipt(&bench, RECEIPT).await;
    assert_eq!(made["Number"], "КМ00-000001");
    assert_eq!(
        (&made["Posted"], &made["ХозОперация"]),
        (&json!(false), &json!("ПокупкаАвтомобиля"))
    );
    assert_eq!(made["Автомобили"][0]["LineNumber"], "1");

    let address = object("Document_ПоступлениеАвтомобилей", RECEIPT);
    for action in ["Post?PostingModeOperational=false", "Post()"] {
        let (status, answer) =
            send(&bench, Method::POST, &format!("{address}/{action}"), None).await;
        assert_eq!(status, 200, "{answer}");
    }
    let (_, read) = get(&bench, &format!("{address}?$select=Posted,Number")).await;
    assert_eq!(
        (&read["Posted"], read.get("Комментарий")),
        (&json!(true), None)
    );
    assert_eq!(bench.effects(OnecAlfa, "create_receipt", RECEIPT).await, 1);
    assert_eq!(bench.effects(OnecAlfa, "post_receipt", RECEIPT).await, 1);

    // The same car is not received twice.
    let second = "aaaaaaaa-0000-5000-8000-000000000004";
    receipt(&bench, second).await;
    let (status, refused) = send(
        &bench,
        Method::POST,
        &format!("{}/Post", object("Document_ПоступлениеАвтомобилей", second)),
        None,
    )
    .await;
    assert_eq!(
        (status.as_u16(), &refused["odata.error"]["code"]),
        (500, &json!("-1"))
    );
    let text = refused["odata.error"]["message"]["value"]
        .as_str()
        .expect("a text");
    assert!(text.contains("уже числится на остатках"), "{text}");
}

#[tokio::test]
async fn the_key_is_the_clients_and_a_repeat_is_code_15() {
    let bench = Bench::start().await;
    let body = json!({ "Ref_Key": CAR, "VIN": VIN });
    let url = bench.url(
        OnecAlfa,
        "alfa/odata/standard.odata/Catalog_Автомобили?$format=json",
    );
    let request = || {
        bench
            .http
            .post(url.clone())
            .basic_auth(USER, Some(PASSWORD))
            .json(&body)
    };
    let first = request().send().await.expect("an answer");
    assert_eq!(first.status(), 201);
    let location = first.headers()["location"].as_bytes();
    assert!(
        String::from_utf8_lossy(location).ends_with(&format!("Catalog_Автомобили(guid'{CAR}')"))
    );
    let second = request().send().await.expect("an answer");
    assert_eq!(second.status(), 400);
    let refused: Value = second.json().await.expect("JSON");
    assert_eq!(refused["odata.error"]["code"], "15");
    assert_eq!(bench.effects(OnecAlfa, "create_car", CAR).await, 1);
}

#[tokio::test]
async fn a_long_text_is_cut_and_strange_fields_are_ignored() {
    let bench = Bench::start().await;
    let long = "я".repeat(140);
    let body =
        json!({ "Ref_Key": SELLER, "Description": long, "НетТакогоПоля": 1, "Posted": true });
    let (status, made) = post(&bench, "Catalog_Контрагенты", body).await;
    assert_eq!(status, 201);
    assert_eq!(
        made["Description"]
            .as_str()
            .map(|text| text.chars().count()),
        Some(100)
    );
    assert_eq!(
        (made.get("НетТакогоПоля"), made.get("Posted")),
        (None, None)
    );
}

#[tokio::test]
async fn a_change_is_partial_and_makes_a_new_version() {
    let bench = Bench::start().await;
    post(
        &bench,
        "Catalog_Автомобили",
        json!({ "Ref_Key": CAR, "VIN": VIN, "Цвет": "Белый" }),
    )
    .await;
    let address = object("Catalog_Автомобили", CAR);
    let (_, before) = get(&bench, &address).await;
    let (status, after) = send(
        &bench,
        Method::PATCH,
        &address,
        Some(json!({ "Цвет": "Синий" })),
    )
    .await;
    assert_eq!(
        (status.as_u16(), &after["Цвет"], &after["VIN"]),
        (200, &json!("Синий"), &json!(VIN))
    );
    assert_ne!(before["DataVersion"], after["DataVersion"]);
    // Nothing changed: a version, but no effect.
    let (_, same) = send(
        &bench,
        Method::PATCH,
        &address,
        Some(json!({ "Цвет": "Синий" })),
    )
    .await;
    assert_ne!(same["DataVersion"], after["DataVersion"]);
    assert_eq!(bench.effects(OnecAlfa, "patch_car", CAR).await, 1);
    let (status, _) = send(&bench, Method::DELETE, &address, None).await;
    assert_eq!(status, 204);
    let (status, gone) = get(&bench, &address).await;
    assert_eq!(
        (status.as_u16(), &gone["odata.error"]["code"]),
        (404, &json!("9"))
    );
}

#[tokio::test]
async fn wrong_values_are_named() {
    let bench = Bench::start().await;
    let cars = |lines: Value| json!({ "Автомобили": lines });
    for (set, body, status, code) in [
        (
            "Catalog_Автомобили",
            json!({ "ГодВыпуска": "давно" }),
            400,
            "4",
        ),
        (
            "Catalog_Автомобили",
            json!({ "ДатаПТС": "2020-01-02T00:00:00Z" }),
            400,
            "4",
        ),
        (
            "Catalog_Контрагенты",
            json!({ "ЮрФизЛицо": "Никто" }),
            400,
            "4",
        ),
        (
            "Document_ПоступлениеАвтомобилей",
            cars(json!([{ "LineNumber": "2" }])),
            400,
            "4",
        ),
        (
            "Document_ПоступлениеАвтомобилей",
            cars(json!([{ "Цена": 1 }])),
            500,
            "-1",
        ),
        ("Catalog_Нет", json!({}), 404, "8"),
    ] {
        let (answered, answer) = post(&bench, set, body.clone()).await;
        assert_eq!(
            (answered.as_u16(), &answer["odata.error"]["code"]),
            (status, &json!(code)),
            "{set} {body}: {answer}"
        );
    }
    for (path, status, code) in [
        ("Catalog_Автомобили?$filter=VIN+eq+'x'", 400, "14"),
        ("Catalog_Автомобили?$select=Нет", 400, "6"),
        ("Catalog_Автомобили?$filter=Нет%20eq%20'x'", 400, "6"),
    ] {
        let (answered, answer) = get(&bench, path).await;
        assert_eq!(
            (answered.as_u16(), &answer["odata.error"]["code"]),
            (status, &json!(code)),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let bench = Bench::start().await;
    for (number, year) in [(1, 2015), (2, 2021), (3, 2018)] {
        let key = format!("aaaaaaaa-0000-5000-8000-00000000010{number}");
        post(
            &bench,
            "Catalog_Автомобили",
            json!({ "Ref_Key": key, "ГодВыпуска": year, "Марка": "Лада" }),
        )
        .await;
    }
    let query = "Catalog_Автомобили?$filter=Марка%20eq%20'лада'&$orderby=ГодВыпуска%20desc&$top=1&$skip=1&$select=ГодВыпуска&$inlinecount=allpages";
    let (_, page) = get(&bench, query).await;
    assert_eq!(
        (&page["odata.count"], &page["value"]),
        (&json!("3"), &json!([{ "ГодВыпуска": 2018 }]))
    );
    let (_, count) = get(&bench, "Catalog_Автомобили/$count").await;
    assert_eq!(count, json!(3));
}

#[tokio::test]
async fn posting_is_refused_with_the_bases_own_text() {
    let bench = Bench::start().await;
    receipt(&bench, RECEIPT).await;
    let address = object("Document_ПоступлениеАвтомобилей", RECEIPT);
    let action = format!("{address}/Post");
    let act = || send(&bench, Method::POST, &action, None);
    bench
        .person(
            "onec_alfa/refuse_posting",
            json!({ "text": "Период закрыт для изменений.", "vin": VIN }),
        )
        .await;
    let (status, refused) = act().await;
    assert_eq!(
        (status.as_u16(), &refused["odata.error"]["code"]),
        (500, &json!("-1"))
    );
    let text = refused["odata.error"]["message"]["value"]
        .as_str()
        .expect("a text");
    assert!(
        text.starts_with("Ошибка при выполнении обработчика - 'ОбработкаПроведения'"),
        "{text}"
    );
    assert!(text.contains("Период закрыт для изменений."), "{text}");
    assert_eq!(bench.effects(OnecAlfa, "post_receipt", RECEIPT).await, 0);
    // Said once.
    assert_eq!(act().await.0, 200);

    let empty = "aaaaaaaa-0000-5000-8000-000000000009";
    post(
        &bench,
        "Document_ПоступлениеАвтомобилей",
        json!({ "Ref_Key": empty, "Контрагент_Key": CAR }),
    )
    .await;
    let (_, refused) = send(
        &bench,
        Method::POST,
        &format!("{}/Post", object("Document_ПоступлениеАвтомобилей", empty)),
        None,
    )
    .await;
    let text = refused["odata.error"]["message"]["value"]
        .as_str()
        .expect("a text");
    for part in [
        "ОбработкаПроверкиЗаполнения",
        "«Организация»",
        "объект не найден",
        "«Автомобили»",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
