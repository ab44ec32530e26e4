use chrono::{DateTime, NaiveDate, Utc};
use domain::buyout::start::BuyoutId;
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::money::Money;
use domain::policy::{LegalEntity, Site};
use domain::vin::{CarIdentifier, Vin};

use super::*;
use crate::testing::evidence;

fn document(kind: DocumentKind) -> RenderDocument {
    let day = |year| NaiveDate::from_ymd_opt(year, 3, 4).expect("a date");
    RenderDocument {
        buyout: BuyoutId::new("portal", 7),
        kind,
        number: "ДКП-2026-00001".to_owned(),
        version: 1,
        at: "2026-11-23T11:05:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a time"),
        date_local: "23 ноября 2026 г.".to_owned(),
        time_local: "14:05".to_owned(),
        legal_entity: LegalEntity {
            id: "kite".to_owned(),
            name: "ООО «Кайт»".to_owned(),
            inn: "5190000010".to_owned(),
            kpp: "519001001".to_owned(),
            ogrn: "1265100000001".to_owned(),
            address: "Мурманск".to_owned(),
            signatory: "Чайкин Глеб Андреевич".to_owned(),
            signatory_basis: "доверенность № 12".to_owned(),
            account: "40702810000000000010".to_owned(),
            bic: "044525225".to_owned(),
        },
        site: Site {
            id: "murmansk".to_owned(),
            city: "Мурманск".to_owned(),
            name: "Мурманск".to_owned(),
            address: "пр. Вымышленный, 10".to_owned(),
        },
        client: Client {
            contact_id: 1,
            last_name: "Тестов".to_owned(),
            first_name: "Тест".to_owned(),
            middle_name: None,
            birthdate: None,
            phone: None,
            email: None,
        },
        car: CarClaim {
            identifier: CarIdentifier::Vin(Vin::parse("LVVDB21B1PD734288").expect("a VIN")),
            plate: None,
            make: "Chery".to_owned(),
            model: "Tiggo 7 Pro".to_owned(),
            year: 2021,
        },
        fields: PaperFields {
            seller_full_name: "Тестов Тест".to_owned(),
            seller_birthdate: day(1980),
            passport_series: "0000".to_owned(),
            passport_number: "000001".to_owned(),
            passport_issued_by: "отделом".to_owned(),
            passport_issued_on: day(2010),
            seller_address: "Мурманск".to_owned(),
            owner_full_name: "Тестов Тест".to_owned(),
            vehicle_passport_number: "164301000000001".to_owned(),
            vehicle_passport_issued_on: day(2021),
            vehicle_passport_issued_by: None,
            vehicle_kind: None,
            vehicle_category: None,
            registration_certificate_number: "9900 000001".to_owned(),
            engine_number: None,
            chassis_number: None,
            body_number: None,
            color: "серый".to_owned(),
            power_hp: None,
            keys: 2,
        },
        price: Money::from_rubles(450_000),
        payment_method: "платёжным поручением".to_owned(),
        mileage_km: 45_210,
        defects: Vec::new(),
        contract_number: "ДКП-2026-00001".to_owned(),
    }
}

#[tokio::test]
async fn a_document_made_again_is_the_same_file() {
    let (evidence, _dir) = evidence().await;
    let documents = DocumentActivities { evidence };
    let contract = documents
        .make(document(DocumentKind::Contract))
        .await
        .expect("a file");
    assert_eq!(contract.kind, FileKind::Document);
    assert_eq!(contract.content_type, "application/pdf");
    let again = documents
        .make(document(DocumentKind::Contract))
        .await
        .expect("a file");
    assert_eq!(again, contract);
    let act = documents
        .make(document(DocumentKind::Act))
        .await
        .expect("a file");
    assert_ne!(act.sha256, contract.sha256);
    let bytes = documents.evidence.load(&act).await.expect("bytes");
    assert!(bytes.starts_with(b"%PDF-"));
}
