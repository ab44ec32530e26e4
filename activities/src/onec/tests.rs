use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use contracts::onec::{SaveCar, SaveCounterparty, SaveReceipt};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::money::Money;
use domain::plate::Plate;
use domain::vin::{CarIdentifier, Frame, Vin};
use serde_json::{Value, json};
use uuid::Uuid;

use super::mapping::{ALFA_AUTO, Mapping};
use super::*;
use crate::error::PartnerError;
use crate::odata;
use crate::testing::{Reply, Script};

const KEY: Uuid = Uuid::from_u128(0x51);
const OTHER: Uuid = Uuid::from_u128(0x52);

fn client(script: &Script) -> OnecClient {
    let config: Config = serde_json::from_value(json!({
        "base_url": script.url(), "user": "kite", "password": "x",
        "organizations": {"kite": "5190000010"}, "sites": {"murmansk": "Мурманск"},
    }))
    .expect("a configuration");
    OnecClient::new(&config).expect("a client")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn fields() -> PaperFields {
    PaperFields {
        seller_full_name: "Тестов Тест Тестович".to_owned(),
        seller_birthdate: day(1980, 1, 2),
        passport_series: "0000".to_owned(),
        passport_number: "000001".to_owned(),
        passport_issued_by: "отделом проверки".to_owned(),
        passport_issued_on: day(2010, 3, 4),
        seller_address: "Мурманск, пр. Вымышленный, 1".to_owned(),
        owner_full_name: "Тестов Тест Тестович".to_owned(),
        vehicle_passport_number: "164301000000001".to_owned(),
        vehicle_passport_issued_on: day(2021, 5, 6),
        vehicle_passport_issued_by: None,
        vehicle_kind: None,
        vehicle_category: None,
        registration_certificate_number: "9900 000001".to_owned(),
        engine_number: Some("E1".to_owned()),
        chassis_number: None,
        body_number: Some("B1".to_owned()),
        color: "серый".to_owned(),
        power_hp: Some(147),
        keys: 2,
    }
}

fn counterparty() -> SaveCounterparty {
    SaveCounterparty {
        ref_key: KEY,
        client: Client {
            contact_id: 1,
            last_name: "Тестов".to_owned(),
            first_name: "Тест".to_owned(),
            middle_name: None,
            birthdate: None,
            phone: Some(domain::phone::Phone::parse("+79000000012").expect("a phone")),
            email: None,
        },
        fields: fields(),
    }
}

fn car() -> SaveCar {
    SaveCar {
        ref_key: KEY,
        car: CarClaim {
            identifier: CarIdentifier::Vin(Vin::parse("LVVDB21B1PD734288").expect("a VIN")),
            plate: Some(Plate::parse("А001АА51").expect("a plate")),
            make: "Chery".to_owned(),
            model: "Tiggo 7 Pro".to_owned(),
            year: 2021,
        },
        fields: fields(),
        mileage_km: 45_210,
    }
}

fn receipt() -> SaveReceipt {
    SaveReceipt {
        ref_key: KEY,
        car: OTHER,
        counterparty: Uuid::from_u128(3),
        legal_entity: "kite".to_owned(),
        site: "murmansk".to_owned(),
        price: Money::from_rubles(450_000),
        contract_number: "ДКП-2026-00001".to_owned(),
        at: "2026-11-23T11:05:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a time"),
        comment: "Kite, сделка 7".to_owned(),
    }
}

fn absent() -> Reply {
    Reply::json(
        404,
        &json!({"odata.error": {"code": "9", "message": {"value": "нет"}}}),
    )
}

fn list(keys: &[Uuid]) -> Reply {
    let rows: Vec<Value> = keys.iter().map(|key| json!({"Ref_Key": key})).collect();
    Reply::json(200, &json!({"value": rows}))
}

/// What the base answers after it kept everything that was written.
fn kept(written: &Value) -> Reply {
    let mut object = written.clone();
    object["DeletionMark"] = json!(false);
    object["Posted"] = json!(false);
    object["Number"] = json!("КМ00-000001");
    Reply::json(200, &object)
}

fn seller_card() -> Value {
    json!({
        "Ref_Key": KEY,
        "Description": "Тестов Тест Тестович",
        "НаименованиеПолное": "Тестов Тест Тестович",
        "ДатаРождения": "1980-01-02T00:00:00",
        "ДокументУдостоверяющийЛичность":
            "Паспорт гражданина РФ, серия 0000 № 000001, выдан 04.03.2010 отделом проверки",
        "Адрес": "Мурманск, пр. Вымышленный, 1",
        "Телефон": "+79000000012",
        "ЮрФизЛицо": "ФизЛицо",
    })
}

fn car_card() -> Value {
    json!({
        "Ref_Key": KEY,
        "Description": "Chery Tiggo 7 Pro, 2021",
        "VIN": "LVVDB21B1PD734288",
        "НомерКузова": "B1",
        "Марка": "Chery",
        "Модель": "Tiggo 7 Pro",
        "ГодВыпуска": 2021,
        "ГосНомер": "А001АА51",
        "Пробег": 45210,
        "Цвет": "серый",
        "НомерДвигателя": "E1",
        "МощностьЛС": 147,
        "НомерПТС": "164301000000001",
        "ДатаПТС": "2021-05-06T00:00:00",
        "НомерСТС": "9900 000001",
    })
}

#[test]
fn the_built_in_mapping_is_read() {
    let mapping: Mapping = odata::mapping("onec_alfa", None, ALFA_AUTO).expect("a mapping");
    assert_eq!(mapping.needs().len(), 5);
    let missing = odata::mapping::<Mapping>("onec_alfa", Some("/nowhere.toml".as_ref()), "");
    assert_eq!(
        missing.err().map(|error| error.to_string()).as_deref(),
        Some("onec_alfa.mapping: /nowhere.toml does not exist")
    );
    let broken =
        odata::mapping::<Mapping>("onec_alfa", None, &ALFA_AUTO.replace("vin =", "wine ="));
    let error = broken
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains("wine"), "{error}");
}

#[tokio::test]
async fn the_seller_is_written_as_in_the_passport() {
    let script = Script::start([absent(), kept(&seller_card()), kept(&seller_card())]).await;
    client(&script)
        .save_counterparty(&counterparty())
        .await
        .expect("saved");
    assert_eq!(script.requests()[1].json(), seller_card());
}

#[tokio::test]
async fn a_new_car_gets_a_card_under_our_key() {
    let script = Script::start([
        absent(),
        list(&[]),
        absent(),
        kept(&car_card()),
        kept(&car_card()),
    ])
    .await;
    assert_eq!(client(&script).save_car(&car()).await, Ok(KEY));
    let requests = script.requests();
    assert_eq!(
        requests[1].query()["$filter"],
        "VIN eq 'LVVDB21B1PD734288' and DeletionMark eq false"
    );
    assert_eq!(requests[3].json(), car_card());
}

#[tokio::test]
async fn a_car_bought_before_keeps_its_card() {
    let script = Script::start([absent(), list(&[OTHER])]).await;
    assert_eq!(client(&script).save_car(&car()).await, Ok(OTHER));
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[tokio::test]
async fn our_own_card_goes_before_others_of_the_same_car() {
    let script = Script::start([kept(&car_card()), kept(&car_card())]).await;
    assert_eq!(client(&script).save_car(&car()).await, Ok(KEY));
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[tokio::test]
async fn two_cards_of_one_car_are_for_people() {
    let script = Script::start([absent(), list(&[OTHER, Uuid::from_u128(9)])]).await;
    let error = client(&script).save_car(&car()).await.expect_err("refused");
    let PartnerError::Rejected { code, message } = error else {
        panic!("{error:?}")
    };
    assert_eq!(code, "double");
    assert!(!message.contains("LVVDB"), "{message}");
}

#[tokio::test]
async fn a_car_without_a_vin_is_found_by_its_body() {
    let script = Script::start([absent(), list(&[OTHER])]).await;
    let mut card = car();
    card.car.identifier = CarIdentifier::Frame(Frame::parse("NZE121-3012345").expect("a frame"));
    assert_eq!(client(&script).save_car(&card).await, Ok(OTHER));
    assert!(script.requests()[1].query()["$filter"].starts_with("НомерКузова eq 'NZE121"));
}

#[tokio::test]
async fn the_receipt_names_what_the_base_knows_and_answers_its_number() {
    let (organization, site) = (Uuid::from_u128(11), Uuid::from_u128(12));
    let written = json!({
        "Ref_Key": KEY,
        "Date": "2026-11-23T14:05:00",
        "Организация_Key": organization,
        "ПодразделениеКомпании_Key": site,
        "Контрагент_Key": Uuid::from_u128(3),
        "НомерВходящегоДокумента": "ДКП-2026-00001",
        "СуммаДокумента": 450_000.0,
        "Комментарий": "Kite, сделка 7",
        "Автомобили": [{
            "LineNumber": "1", "Автомобиль_Key": OTHER, "Цена": 450_000.0, "Сумма": 450_000.0,
        }],
    });
    let script = Script::start([
        list(&[organization]),
        list(&[site]),
        absent(),
        kept(&written),
        kept(&written),
    ])
    .await;
    let number = client(&script).save_receipt(&receipt()).await;
    assert_eq!(number.as_deref(), Ok("КМ00-000001"));
    assert_eq!(script.requests()[3].json(), written);
}

#[tokio::test]
async fn an_unknown_legal_entity_stops_before_the_base_is_asked() {
    let script = Script::start([]).await;
    let mut receipt = receipt();
    receipt.legal_entity = "другое".to_owned();
    let error = client(&script)
        .save_receipt(&receipt)
        .await
        .expect_err("refused");
    assert!(
        matches!(&error, PartnerError::Rejected { message, .. } if message.contains("partners.onec_alfa.organizations")),
        "{error:?}"
    );
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_posting_that_the_base_refuses_says_why() {
    let text = "Автомобиль уже числится на остатках";
    let refused = json!({"odata.error": {"code": "-1", "message": {"lang": "ru", "value": text}}});
    let script = Script::start([kept(&json!({"Ref_Key": KEY})), Reply::json(500, &refused)]).await;
    let error = client(&script)
        .post_receipt(KEY)
        .await
        .expect_err("refused");
    assert_eq!(
        error,
        PartnerError::rejected("-1", format!("1С («Альфа-Авто») отказала: {text}"))
    );
}

#[test]
fn a_misspelt_setting_is_named() {
    let config = json!({
        "base_url": "http://1c/", "user": "kite", "password": "x",
        "organizations": BTreeMap::<String, String>::new(), "sites": {}, "time_zome": "Europe/Moscow",
    });
    let error = serde_json::from_value::<Config>(config)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("time_zome"), "{error}");
}
