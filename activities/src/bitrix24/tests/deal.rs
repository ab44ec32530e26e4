//! Reading the deal and bringing it to values.

use contracts::bitrix24::{ReadDeal, UpdateDeal};
use domain::buyout::start::BuyoutId;
use domain::car::Deal;
use domain::file::FileKind;
use domain::money::Money;

use super::*;
use crate::error::PartnerError;

fn item() -> Value {
    json!({
        "id": 777, "title": "Выкуп", "stageId": "C9:INSPECTION", "contactId": 7, "assignedById": 12,
        "UF_CRM_KITE_VIN": " хта210990y2766111 ", "UF_CRM_KITE_PLATE": "А123ВС77",
        "UF_CRM_KITE_MAKE": "LADA", "UF_CRM_KITE_MODEL": "Granta", "UF_CRM_KITE_YEAR": "2021",
        "UF_CRM_KITE_CITY": "Казань", "UF_CRM_KITE_ADDRESS": "ул. Ясная, 1",
        "UF_CRM_KITE_VISIT_AT": "2026-11-28T10:00:00+03:00", "UF_CRM_KITE_CONSENT": "Y",
        "UF_CRM_KITE_PRICE": null, "UF_CRM_KITE_RESULT": null, "UF_CRM_KITE_FILES": [],
    })
}

fn contact() -> Value {
    json!({
        "ID": "7", "LAST_NAME": "Тестов", "NAME": "Пётр", "SECOND_NAME": "", "HAS_PHONE": "Y",
        "BIRTHDATE": "1985-03-12T03:00:00+03:00",
        "PHONE": [
            { "ID": "1", "VALUE_TYPE": "WORK", "VALUE": "12" },
            { "ID": "2", "VALUE_TYPE": "MOBILE", "VALUE": "8 (900) 000-00-12" },
        ],
        "EMAIL": [{ "ID": "3", "VALUE": "test@example.ru" }],
    })
}

fn batch(deal: Value, contact: Value) -> Reply {
    ok(json!({
        "result": { "deal": { "item": deal }, "deal_contact": contact },
        "result_error": [], "result_total": [], "result_next": [],
        "result_time": { "deal": time(0.1, 0), "deal_contact": time(0.1, 0) },
    }))
}

async fn read(fixture: &Fixture) -> Result<Deal, PartnerError> {
    let query = ReadDeal {
        portal: PORTAL.to_owned(),
        deal_id: 777,
    };
    fixture.activities.read(&query).await
}

#[tokio::test]
async fn deal_and_contact_come_in_one_batch() {
    let fixture = fixture([batch(item(), contact())]).await;
    let deal = read(&fixture).await.expect("a deal");
    assert_eq!(deal.car.identifier.as_str(), "XTA210990Y2766111");
    assert_eq!(deal.car.title(), "LADA Granta, 2021");
    assert_eq!(deal.client.full_name(), "Тестов Пётр");
    assert_eq!(deal.client.contact_id, 7);
    assert_eq!(
        deal.client.birthdate.expect("a date").to_string(),
        "1985-03-12"
    );
    assert_eq!(deal.client.phone.expect("a phone").digits(), "79000000012");
    assert_eq!(deal.client.email.as_deref(), Some("test@example.ru"));
    assert_eq!(deal.visit.city, "Казань");
    assert_eq!(
        deal.visit.at.expect("a time").to_rfc3339(),
        "2026-11-28T07:00:00+00:00"
    );
    assert!(deal.consent);
    assert_eq!(
        (deal.stage.as_str(), deal.responsible),
        ("C9:INSPECTION", Some(12))
    );
    assert_eq!(fixture.methods(), ["batch"]);
    let sent = fixture.script.requests()[0].text();
    // The portal runs commands as they stand.
    assert!(
        sent.find("\"deal\"") < sent.find("\"deal_contact\""),
        "{sent}"
    );
    let cmd = &fixture.body(0)["cmd"];
    assert_eq!(
        cmd["deal"],
        "crm.item.get?entityTypeId=2&id=777&useOriginalUfNames=Y"
    );
    let command = cmd["deal_contact"].as_str().expect("a command");
    let query = command
        .strip_prefix("crm.contact.get?")
        .expect("the method");
    let reference: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(
        reference,
        [("id".to_owned(), "$result[deal][item][contactId]".to_owned())]
    );
}

#[tokio::test]
async fn an_empty_or_wrong_field_is_named() {
    let cases = [
        ("UF_CRM_KITE_VIN", json!(""), "VIN"),
        ("UF_CRM_KITE_VIN", json!("XTA21099"), "VIN"),
        ("UF_CRM_KITE_MAKE", Value::Null, "Марка"),
        ("UF_CRM_KITE_YEAR", json!("давно"), "Год выпуска"),
        ("UF_CRM_KITE_CITY", json!("  "), "Город"),
        ("UF_CRM_KITE_ADDRESS", json!(""), "Адрес осмотра"),
        ("UF_CRM_KITE_PLATE", json!("12345"), "Госномер"),
        ("UF_CRM_KITE_VISIT_AT", json!("завтра"), "Время осмотра"),
        ("contactId", json!(0), "Контакт"),
    ];
    for (field, value, title) in cases {
        let mut deal = item();
        deal[field] = value;
        let fixture = fixture([batch(deal, contact())]).await;
        match read(&fixture).await {
            Err(PartnerError::Rejected { code, message }) => {
                assert_eq!(code, "deal_field");
                assert!(message.contains(&format!("«{title}»")), "{message}");
                assert!(message.contains(field), "{message}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let mut nameless = contact();
    nameless["NAME"] = json!("");
    nameless["PHONE"] = json!("");
    let fixture = fixture([batch(item(), nameless)]).await;
    assert!(
        matches!(read(&fixture).await, Err(PartnerError::Rejected { message, .. }) if message.contains("«Имя контакта»"))
    );
}

#[tokio::test]
async fn what_may_be_absent_may_be_absent() {
    let mut deal = item();
    for field in [
        "UF_CRM_KITE_PLATE",
        "UF_CRM_KITE_VISIT_AT",
        "UF_CRM_KITE_CONSENT",
    ] {
        deal[field] = Value::Null;
    }
    let bare = json!({ "ID": "7", "LAST_NAME": "Тестов", "NAME": "Пётр", "BIRTHDATE": "" });
    let fixture = fixture([batch(deal, bare)]).await;
    let deal = read(&fixture).await.expect("a deal");
    assert!(deal.car.plate.is_none() && deal.visit.at.is_none() && !deal.consent);
    assert!(deal.client.phone.is_none() && deal.client.email.is_none());
}

#[tokio::test]
async fn each_command_of_a_batch_has_its_own_error() {
    let failed = |code: &str| {
        ok(json!({
            "result": [],
            "result_error": { "deal": { "error": code, "error_description": "" } },
            "result_time": [],
        }))
    };
    let fixture = fixture([failed("NOT_FOUND"), failed("QUERY_LIMIT_EXCEEDED")]).await;
    assert!(matches!(
        read(&fixture).await,
        Err(PartnerError::Rejected { code, .. }) if code == "NOT_FOUND"
    ));
    assert!(matches!(
        read(&fixture).await,
        Err(PartnerError::Unavailable { .. })
    ));
}

fn update() -> UpdateDeal {
    UpdateDeal {
        portal: PORTAL.to_owned(),
        deal_id: 777,
        stage: Some("C9:WON".to_owned()),
        price: Some(Money::from_rubles(1_529_000)),
        result: Some("Автомобиль выкуплен.".to_owned()),
        files: Vec::new(),
    }
}

fn brought(mut deal: Value, files: usize) -> Value {
    deal["stageId"] = json!("C9:WON");
    deal["UF_CRM_KITE_PRICE"] = json!(1_529_000);
    deal["UF_CRM_KITE_RESULT"] = json!("Автомобиль выкуплен.");
    deal["UF_CRM_KITE_FILES"] = (0..files)
        .map(|n| json!({ "id": n, "url": "/file" }))
        .collect();
    deal
}

#[tokio::test]
async fn only_what_differs_is_written_and_nothing_when_nothing_does() {
    let mut half = item();
    half["stageId"] = json!("C9:WON");
    let done = brought(item(), 0);
    let fixture = fixture([
        ok(json!({ "item": half })),
        ok(json!({ "item": done.clone() })),
        ok(json!({ "item": done })),
    ])
    .await;
    fixture.activities.bring(&update()).await.expect("brought");
    fixture
        .activities
        .bring(&update())
        .await
        .expect("brought again");
    assert_eq!(
        fixture.methods(),
        ["crm.item.get", "crm.item.update", "crm.item.get"]
    );
    assert_eq!(
        fixture.body(1)["fields"],
        json!({ "UF_CRM_KITE_PRICE": "1529000.00", "UF_CRM_KITE_RESULT": "Автомобиль выкуплен." })
    );
}

#[tokio::test]
async fn a_lost_answer_to_a_write_with_files_is_one_write() {
    let fixture = fixture([
        ok(json!({ "item": item() })),
        Reply::drop(),
        ok(json!({ "item": brought(item(), 1) })),
    ])
    .await;
    let run = BuyoutId::new(PORTAL, 777);
    let file = fixture
        .activities
        .evidence
        .keep(&run, FileKind::Document, "application/pdf", "%PDF")
        .await
        .expect("kept");
    let update = UpdateDeal {
        files: vec![file],
        ..update()
    };
    assert!(matches!(
        fixture.activities.bring(&update).await,
        Err(PartnerError::Unavailable { .. })
    ));
    fixture.activities.bring(&update).await.expect("brought");
    assert_eq!(
        fixture.methods(),
        ["crm.item.get", "crm.item.update", "crm.item.get"]
    );
    assert_eq!(
        fixture.body(1)["fields"]["UF_CRM_KITE_FILES"],
        json!([["Документ.pdf", "JVBERg=="]])
    );
}

#[tokio::test]
async fn a_field_that_the_portal_does_not_have_is_named() {
    let mut without = brought(item(), 0);
    without["UF_CRM_KITE_PRICE"] = Value::Null;
    let fixture = fixture([
        ok(json!({ "item": item() })),
        ok(json!({ "item": without })),
    ])
    .await;
    assert!(matches!(
        fixture.activities.bring(&update()).await,
        Err(PartnerError::Rejected { message, .. }) if message.contains("UF_CRM_KITE_PRICE")
    ));
}

#[tokio::test]
async fn a_refused_stage_is_rejected_with_the_portals_words() {
    let refusal = json!({
        "error": "CRM_FIELD_ERROR_REQUIRED",
        "error_description": "Не заполнено поле \"Причина\"",
    });
    let fixture = fixture([ok(json!({ "item": item() })), Reply::json(400, &refusal)]).await;
    assert!(matches!(
        fixture.activities.bring(&update()).await,
        Err(PartnerError::Rejected { message, .. }) if message.contains("Причина")
    ));
}
