//! People, policy and contents of decisions: the smallest that the rules accept.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe;
use domain::appraisal::{Appraisal, SalesChannel};
use domain::calendar::WorkingCalendar;
use domain::car::{CarClaim, Client, Deal, Visit};
use domain::document::{Paper, PaperFields, PaperKind, PaperSet, PaperVerdict};
use domain::file::{FileKind, FileRef};
use domain::inspection::{
    IdentifierPlace, IdentifierReading, Inspection, InspectionPhoto, InspectionTemplate, PhotoAngle,
};
use domain::money::Money;
use domain::payment::{AccountRequisites, Requisites, SbpRequisites};
use domain::phone::Phone;
use domain::policy::{BuyoutPolicy, CrmStages, Deadlines, LegalEntity, Limits, Site};
use domain::staff::{Actor, PersonId, Role};
use domain::vin::CarIdentifier;
use strum::IntoEnumIterator;

pub(crate) const CITY: &str = "Мурманск";
pub(crate) const SELLER: &str = "Иванов Иван";
const VIN: &str = "XTA210990Y2766111";

/// Who works at the site: one of each role, two who do several things, one of another city.
pub(crate) fn people() -> Vec<Actor> {
    let actor = |id: &str, roles: Vec<Role>, city: &str| Actor {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
        roles,
        cities: vec![city.to_owned()],
        substitutes_for: Vec::new(),
    };
    let mut people: Vec<Actor> = Role::iter()
        .map(|role| actor(&format!("p-{role}"), vec![role], CITY))
        .collect();
    people.push(actor("p-all", Role::iter().collect(), CITY));
    people.push(actor(
        "p-both",
        vec![Role::Appraiser, Role::SeniorAppraiser, Role::Verifier],
        CITY,
    ));
    people.push(actor("p-elsewhere", Role::iter().collect(), "Псков"));
    people
}

pub(crate) fn policy() -> BuyoutPolicy {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    BuyoutPolicy {
        version: 1,
        calendar: WorkingCalendar::dealer(Europe::Moscow),
        template: InspectionTemplate {
            code: "remote".to_owned(),
            version: 1,
            title: "Осмотр".to_owned(),
            required_angles: vec![PhotoAngle::FrontLeft],
            painted_elements: Vec::new(),
            paint_min_um: 10,
            paint_max_um: 3_000,
            min_identifiers: 1,
        },
        limits: Limits {
            price_without_approval: Money::from_rubles(400_000),
            market_deviation_bp: 1_500,
            sbp_max: Money::from_rubles(500_000),
            check_freshness_secs: DAY,
            bargain_rounds: 3,
            photo_km: 5,
            paper_rounds: 3,
        },
        deadlines: Deadlines {
            dispatch_secs: 30 * MINUTE,
            inspect_secs: 4 * HOUR,
            no_show_secs: 30 * MINUTE,
            appraise_secs: 30 * MINUTE,
            approve_price_secs: 20 * MINUTE,
            offer_call_secs: 15 * MINUTE,
            offer_valid_secs: 3 * DAY,
            offer_last_reminder_secs: 4 * HOUR,
            signing_grace_secs: HOUR,
            papers_secs: 4 * HOUR,
            verify_secs: 20 * MINUTE,
            sign_secs: 4 * HOUR,
            approve_payment_secs: HOUR,
            confirm_payment_secs: 15 * MINUTE,
            ops_secs: HOUR,
            removal_secs: 14 * DAY,
            escalation_step_secs: 15 * MINUTE,
            source_secs: 10 * MINUTE,
            partner_secs: HOUR,
            poll_secs: 2,
            courtesy_secs: 5 * MINUTE,
            question_secs: 30 * DAY,
            heartbeat_secs: 20,
        },
        legal_entity: LegalEntity {
            id: "entity".to_owned(),
            name: "ООО «Кайт»".to_owned(),
            inn: "5190000010".to_owned(),
            kpp: "519001001".to_owned(),
            ogrn: "1265100000001".to_owned(),
            address: "Мурманск".to_owned(),
            signatory: "Чайкин Глеб".to_owned(),
            signatory_basis: "доверенность".to_owned(),
            account: "40702810000000000010".to_owned(),
            bic: "044525225".to_owned(),
        },
        site: Site {
            id: "site".to_owned(),
            city: CITY.to_owned(),
            name: "Площадка".to_owned(),
            address: "Мурманск".to_owned(),
        },
        stages: CrmStages {
            inspection: "INSPECTION".to_owned(),
            appraisal: "APPRAISAL".to_owned(),
            offer: "OFFER".to_owned(),
            signing: "SIGNING".to_owned(),
            payment: "PAYMENT".to_owned(),
            won: "WON".to_owned(),
            lost: "LOSE".to_owned(),
        },
    }
}

pub(crate) fn deal(at: DateTime<Utc>) -> Deal {
    Deal {
        deal_id: 7,
        title: "Сделка".to_owned(),
        stage: "INSPECTION".to_owned(),
        car: CarClaim {
            identifier: CarIdentifier::parse(VIN).expect("a VIN"),
            plate: None,
            make: "LADA".to_owned(),
            model: "2109".to_owned(),
            year: 2000,
        },
        client: Client {
            contact_id: 1,
            last_name: "Иванов".to_owned(),
            first_name: "Иван".to_owned(),
            middle_name: None,
            birthdate: None,
            phone: Phone::parse("+79991234567").ok(),
            email: None,
        },
        visit: Visit {
            city: CITY.to_owned(),
            address: "Мурманск".to_owned(),
            at: Some(at),
            place: None,
        },
        consent: true,
        responsible: None,
    }
}

pub(crate) fn file(id: &str) -> FileRef {
    FileRef {
        id: id.to_owned(),
        kind: FileKind::Scan,
        content_type: "image/jpeg".to_owned(),
        size: 1,
        sha256: String::new(),
        source_sha256: None,
        taken_at: None,
    }
}

pub(crate) fn inspection() -> Inspection {
    Inspection {
        template_code: "remote".to_owned(),
        template_version: 1,
        identifiers: vec![IdentifierReading {
            place: IdentifierPlace::BodyVin,
            value: Some(VIN.to_owned()),
            photo: None,
        }],
        mileage_km: 10_000,
        photos: vec![InspectionPhoto {
            angle: PhotoAngle::FrontLeft,
            file: file("photo"),
        }],
        defects: Vec::new(),
        paint: Vec::new(),
        comment: String::new(),
    }
}

pub(crate) fn appraisal(buyout: i64, stop: i64) -> Appraisal {
    Appraisal {
        channel: SalesChannel::Retail,
        forecast_price: Money::from_rubles(stop + 50_000),
        buyout_price: Money::from_rubles(buyout),
        stop_price: Money::from_rubles(stop),
        repairs: Vec::new(),
        forecasts: Vec::new(),
        comment: String::new(),
    }
}

pub(crate) fn requisites() -> Requisites {
    Requisites {
        recipient_name: SELLER.to_owned(),
        sbp: Some(SbpRequisites {
            phone: Phone::parse("+79991234567").expect("a phone"),
            bank_id: "100000000111".to_owned(),
        }),
        account: Some(AccountRequisites {
            account: "40817810000000000001".to_owned(),
            bic: "044525225".to_owned(),
            correspondent_account: "30101810400000000225".to_owned(),
            bank_name: "Банк".to_owned(),
            inn: "0".to_owned(),
        }),
    }
}

pub(crate) fn papers() -> PaperSet {
    let day = NaiveDate::from_ymd_opt(2001, 2, 3).expect("a date");
    PaperSet {
        papers: PaperKind::iter()
            .map(|kind| Paper {
                kind,
                files: vec![file("scan")],
            })
            .collect(),
        fields: PaperFields {
            seller_full_name: SELLER.to_owned(),
            seller_birthdate: day,
            passport_series: "4700".to_owned(),
            passport_number: "123456".to_owned(),
            passport_issued_by: "УМВД".to_owned(),
            passport_issued_on: day,
            seller_address: "Мурманск".to_owned(),
            owner_full_name: SELLER.to_owned(),
            vehicle_passport_number: "51ОА123456".to_owned(),
            vehicle_passport_issued_on: day,
            vehicle_passport_issued_by: None,
            vehicle_kind: None,
            vehicle_category: None,
            registration_certificate_number: "9900123456".to_owned(),
            engine_number: None,
            chassis_number: None,
            body_number: None,
            color: "белый".to_owned(),
            power_hp: None,
            keys: 2,
        },
        requisites: requisites(),
    }
}

pub(crate) fn verdicts(accepted: bool) -> Vec<PaperVerdict> {
    PaperKind::iter()
        .map(|kind| PaperVerdict {
            kind,
            accepted,
            remark: if accepted { "" } else { "нечитаемо" }.to_owned(),
        })
        .collect()
}
