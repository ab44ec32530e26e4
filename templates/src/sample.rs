//! Values for previews. Each says that it is a sample: nobody must take one for a person, a car or a
//! firm.

use chrono::{DateTime, NaiveDate, Utc};
use domain::car::{CarClaim, Client};
use domain::document::PaperFields;
use domain::inspection::{BodyElement, Defect, DefectKind};
use domain::plate::Plate;
use domain::policy::{LegalEntity, Site};
use domain::vin::{CarIdentifier, Vin};

pub(crate) const CLIENT_NAME: &str = "Образец";
pub(crate) const CAR_TITLE: &str = "Образец Модель, 2021";
pub(crate) const COMPANY: &str = "ООО «Образец»";
pub(crate) const UNTIL: &str = "1 января, 12:00";
pub(crate) const DATE: &str = "1 января 2030 г.";
pub(crate) const NUMBER: &str = "ОБРАЗЕЦ-1";
/// Leads nowhere.
pub(crate) const LINK: &str = "https://example.invalid/l/obrazec";
pub(crate) const NONCE: &str = "sample";

/// The day of every sample.
const DAY: NaiveDate = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day");

pub(crate) fn at() -> DateTime<Utc> {
    DAY.and_time(chrono::NaiveTime::MIN).and_utc()
}

pub(crate) fn client() -> Client {
    Client {
        contact_id: 0,
        last_name: "Образцова".to_owned(),
        first_name: "Образец".to_owned(),
        middle_name: Some("Образцовна".to_owned()),
        birthdate: Some(DAY),
        phone: None,
        email: Some("obrazec@example.invalid".to_owned()),
    }
}

pub(crate) fn car() -> CarClaim {
    CarClaim {
        identifier: CarIdentifier::Vin(Vin::parse("XTA21099000000000").expect("a sample VIN")),
        plate: Plate::parse("А000АА00").ok(),
        make: "Образец".to_owned(),
        model: "Модель".to_owned(),
        year: 2021,
    }
}

pub(crate) fn fields() -> PaperFields {
    let seller = "Образцова Образец Образцовна".to_owned();
    PaperFields {
        seller_full_name: seller.clone(),
        seller_birthdate: DAY,
        passport_series: "0000".to_owned(),
        passport_number: "000000".to_owned(),
        passport_issued_by: "образец: кем выдан".to_owned(),
        passport_issued_on: DAY,
        seller_address: "образец: адрес продавца".to_owned(),
        owner_full_name: seller,
        vehicle_passport_number: "000000000000000".to_owned(),
        vehicle_passport_issued_on: DAY,
        vehicle_passport_issued_by: Some("образец: кем оформлен".to_owned()),
        vehicle_kind: Some("легковой".to_owned()),
        vehicle_category: Some("B".to_owned()),
        registration_certificate_number: "0000 000000".to_owned(),
        engine_number: Some("ОБРАЗЕЦ".to_owned()),
        chassis_number: None,
        body_number: None,
        color: "образец: цвет".to_owned(),
        power_hp: Some(100),
        keys: 2,
    }
}

pub(crate) fn legal_entity() -> LegalEntity {
    LegalEntity {
        id: "sample".to_owned(),
        name: COMPANY.to_owned(),
        inn: "0000000000".to_owned(),
        kpp: "000000000".to_owned(),
        ogrn: "0000000000000".to_owned(),
        address: "образец: адрес покупателя".to_owned(),
        signatory: "Образцов Образец Образцович".to_owned(),
        signatory_basis: "образец: основание подписи".to_owned(),
        account: "00000000000000000000".to_owned(),
        bic: "000000000".to_owned(),
    }
}

pub(crate) fn site() -> Site {
    Site {
        id: "sample".to_owned(),
        city: "г. Образец".to_owned(),
        name: "Площадка-образец".to_owned(),
        address: "образец: адрес площадки".to_owned(),
    }
}

pub(crate) fn defects() -> Vec<Defect> {
    vec![Defect {
        element: BodyElement::Hood,
        kind: DefectKind::Chip,
        comment: "образец замечания".to_owned(),
        photos: Vec::new(),
    }]
}
