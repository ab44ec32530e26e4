//! People, cars and firms that do not exist.

use chrono::{DateTime, NaiveDate, Utc};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::file::{FileKind, FileRef};
use domain::inspection::{BodyElement, Defect, DefectKind};
use domain::phone::Phone;
use domain::plate::Plate;
use domain::policy::{LegalEntity, Site};
use domain::vin::{CarIdentifier, Vin};

pub(crate) fn at() -> DateTime<Utc> {
    "2026-11-23T11:05:00Z".parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn phone() -> Phone {
    Phone::parse("+7 900 000-00-12").unwrap()
}

pub(crate) fn client() -> Client {
    Client {
        contact_id: 12,
        last_name: "Северова".to_owned(),
        first_name: "Дарья".to_owned(),
        middle_name: Some("Ильинична".to_owned()),
        birthdate: Some(day("1987-06-04")),
        phone: Some(phone()),
        email: Some("darya@example.org".to_owned()),
    }
}

pub(crate) fn car() -> CarClaim {
    CarClaim {
        identifier: CarIdentifier::Vin(Vin::parse("LVVDB21B0MD000001").unwrap()),
        plate: Some(Plate::parse("А123ВС51").unwrap()),
        make: "Chery".to_owned(),
        model: "Tiggo 7 Pro".to_owned(),
        year: 2021,
    }
}

pub(crate) fn fields() -> PaperFields {
    PaperFields {
        seller_full_name: "Северова Дарья Ильинична".to_owned(),
        seller_birthdate: day("1987-06-04"),
        passport_series: "9900".to_owned(),
        passport_number: "000012".to_owned(),
        passport_issued_by: "отделом внутренних дел вымышленного района".to_owned(),
        passport_issued_on: day("2012-05-14"),
        seller_address: "183000, г. Мурманск, ул. Примерная, д. 1, кв. 2".to_owned(),
        owner_full_name: "Северова Дарья Ильинична".to_owned(),
        vehicle_passport_number: "164301000000001".to_owned(),
        vehicle_passport_issued_on: day("2021-03-02"),
        vehicle_passport_issued_by: Some("АО «Вымышленный автомобильный завод»".to_owned()),
        vehicle_kind: Some("легковой универсал".to_owned()),
        vehicle_category: Some("B (M1)".to_owned()),
        registration_certificate_number: "9900 000001".to_owned(),
        engine_number: Some("SQRE4T15C-000001".to_owned()),
        chassis_number: None,
        body_number: Some("LVVDB21B0MD000001".to_owned()),
        color: "белый".to_owned(),
        power_hp: Some(147),
        keys: 2,
    }
}

pub(crate) fn legal_entity() -> LegalEntity {
    LegalEntity {
        id: "kite-murmansk".to_owned(),
        name: "ООО «Кайт Мурманск»".to_owned(),
        inn: "5190000010".to_owned(),
        kpp: "519001001".to_owned(),
        ogrn: "1025100000010".to_owned(),
        address: "183000, г. Мурманск, ул. Вымышленная, д. 5".to_owned(),
        signatory: "Чайкин Глеб Андреевич".to_owned(),
        signatory_basis: "доверенность № 12 от 01.02.2026".to_owned(),
        account: "40702810000000000010".to_owned(),
        bic: "044525225".to_owned(),
    }
}

pub(crate) fn site() -> Site {
    Site {
        id: "murmansk".to_owned(),
        city: "г. Мурманск".to_owned(),
        name: "Кайт Мурманск".to_owned(),
        address: "г. Мурманск, ул. Вымышленная, д. 5".to_owned(),
    }
}

fn photo(sha256: &str) -> FileRef {
    FileRef {
        id: "photo".to_owned(),
        kind: FileKind::Photo,
        content_type: "image/jpeg".to_owned(),
        size: 1,
        sha256: sha256.to_owned(),
        source_sha256: None,
        taken_at: None,
    }
}

pub(crate) fn defects() -> Vec<Defect> {
    vec![
        Defect {
            element: BodyElement::Hood,
            kind: DefectKind::Chip,
            comment: "до грунта, 3 мм".to_owned(),
            photos: vec![photo("0a1b2c3d4e5f")],
        },
        Defect {
            element: BodyElement::FrontLeftDoor,
            kind: DefectKind::Scratch,
            comment: "вдоль ручки, 12 см".to_owned(),
            photos: vec![photo("11aa22bb33cc"), photo("22bb33cc44dd")],
        },
        Defect {
            element: BodyElement::FrontLeftDoor,
            kind: DefectKind::Dent,
            comment: String::new(),
            photos: Vec::new(),
        },
        Defect {
            element: BodyElement::Interior,
            kind: DefectKind::Wear,
            comment: "кожа руля".to_owned(),
            photos: vec![photo("99ff00ee11dd")],
        },
    ]
}
