//! The client's papers and requisites.

use domain::document::{Paper, PaperFields, PaperSet};
use domain::payment::{AccountRequisites, Requisites, SbpRequisites};
use domain::phone::Phone;
use proto::kite::task::v1 as pb;

use crate::convert::common::{Files, Reader};

pub(super) fn papers(read: &mut Reader, message: pb::Papers, files: &Files) -> Option<PaperSet> {
    let pb::Papers {
        papers,
        fields,
        requisites: money_to,
    } = message;
    let papers = papers
        .into_iter()
        .filter_map(|pb::Paper { kind, file_ids }| {
            Some(Paper {
                kind: read.one_of("decision.submit_papers.papers.kind", &kind)?,
                files: file_ids
                    .iter()
                    .filter_map(|id| read.file("decision.submit_papers.papers.file_ids", id, files))
                    .collect(),
            })
        })
        .collect();
    let fields = match fields {
        Some(fields) => paper_fields(read, fields),
        None => {
            read.fail(
                "decision.submit_papers.fields",
                "Заполните данные документов.",
            );
            None
        }
    };
    let requisites = match money_to {
        Some(message) => requisites(read, message),
        None => {
            read.fail(
                "decision.submit_papers.requisites",
                "Укажите реквизиты для выплаты.",
            );
            None
        }
    };
    Some(PaperSet {
        papers,
        fields: fields?,
        requisites: requisites?,
    })
}

fn paper_fields(read: &mut Reader, message: pb::PaperFields) -> Option<PaperFields> {
    let pb::PaperFields {
        seller_full_name,
        seller_birthdate,
        passport_series,
        passport_number,
        passport_issued_by,
        passport_issued_on,
        seller_address,
        owner_full_name,
        vehicle_passport_number,
        vehicle_passport_issued_on,
        registration_certificate_number,
        engine_number,
        chassis_number,
        body_number,
        color,
        power_hp,
        keys,
        vehicle_passport_issued_by,
        vehicle_kind,
        vehicle_category,
    } = message;
    let path = |name: &str| format!("decision.submit_papers.fields.{name}");
    let optional = |value: String| (!value.trim().is_empty()).then_some(value);
    let seller_full_name = read.text(&path("seller_full_name"), seller_full_name);
    let seller_birthdate = read.day(&path("seller_birthdate"), &seller_birthdate);
    let passport_issued_by = read.text(&path("passport_issued_by"), passport_issued_by);
    let passport_issued_on = read.day(&path("passport_issued_on"), &passport_issued_on);
    let seller_address = read.text(&path("seller_address"), seller_address);
    let owner_full_name = read.text(&path("owner_full_name"), owner_full_name);
    let vehicle_passport_issued_on = read.day(
        &path("vehicle_passport_issued_on"),
        &vehicle_passport_issued_on,
    );
    let registration = read.text(
        &path("registration_certificate_number"),
        registration_certificate_number,
    );
    let color = read.text(&path("color"), color);
    Some(PaperFields {
        seller_full_name: seller_full_name?,
        seller_birthdate: seller_birthdate?,
        passport_series,
        passport_number,
        passport_issued_by: passport_issued_by?,
        passport_issued_on: passport_issued_on?,
        seller_address: seller_address?,
        owner_full_name: owner_full_name?,
        vehicle_passport_number,
        vehicle_passport_issued_on: vehicle_passport_issued_on?,
        vehicle_passport_issued_by: optional(vehicle_passport_issued_by),
        vehicle_kind: optional(vehicle_kind),
        vehicle_category: optional(vehicle_category),
        registration_certificate_number: registration?,
        engine_number: optional(engine_number),
        chassis_number: optional(chassis_number),
        body_number: optional(body_number),
        color: color?,
        power_hp: (power_hp > 0).then_some(power_hp),
        keys: u8::try_from(keys).unwrap_or(u8::MAX),
    })
}

pub(super) fn requisites(read: &mut Reader, message: pb::Requisites) -> Option<Requisites> {
    let pb::Requisites {
        recipient_name,
        sbp,
        account,
    } = message;
    let recipient_name = read.text("requisites.recipient_name", recipient_name);
    let sbp = match sbp {
        Some(pb::SbpRequisites { phone, bank_id }) => match Phone::parse(&phone) {
            Ok(phone) => Some(SbpRequisites {
                phone,
                bank_id: read.text("requisites.sbp.bank_id", bank_id)?,
            }),
            Err(_) => {
                read.fail(
                    "requisites.sbp.phone",
                    "Телефон не распознан: нужны 11 цифр.",
                );
                None
            }
        },
        None => None,
    };
    let account = account.map(
        |pb::AccountRequisites {
             account,
             bic,
             correspondent_account,
             bank_name,
             inn,
         }| AccountRequisites {
            account,
            bic,
            correspondent_account,
            bank_name,
            inn,
        },
    );
    Some(Requisites {
        recipient_name: recipient_name?,
        sbp,
        account,
    })
}
