//! The client's papers and requisites.

use domain::document::{Paper, PaperFields, PaperSet, PaperVerdict};
use domain::file::FileRef;
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

/// The papers as they were handed in.
pub(crate) fn papers_out(set: &PaperSet) -> pb::Papers {
    let PaperSet {
        papers,
        fields,
        requisites,
    } = set;
    pb::Papers {
        papers: papers
            .iter()
            .map(|Paper { kind, files }| pb::Paper {
                kind: kind.to_string(),
                file_ids: files.iter().map(|file| file.id.clone()).collect(),
            })
            .collect(),
        fields: Some(fields_out(fields)),
        requisites: Some(requisites_out(requisites)),
    }
}

/// Files that the papers name.
pub(crate) fn files_of(set: &PaperSet) -> impl Iterator<Item = &FileRef> {
    set.papers.iter().flat_map(|paper| &paper.files)
}

pub(crate) fn verdict_out(verdict: &PaperVerdict) -> pb::PaperVerdict {
    let PaperVerdict {
        kind,
        accepted,
        remark,
    } = verdict;
    pb::PaperVerdict {
        kind: kind.to_string(),
        accepted: *accepted,
        remark: remark.clone(),
    }
}

fn fields_out(fields: &PaperFields) -> pb::PaperFields {
    let PaperFields {
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
        vehicle_passport_issued_by,
        vehicle_kind,
        vehicle_category,
        registration_certificate_number,
        engine_number,
        chassis_number,
        body_number,
        color,
        power_hp,
        keys,
    } = fields;
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    pb::PaperFields {
        seller_full_name: seller_full_name.clone(),
        seller_birthdate: seller_birthdate.to_string(),
        passport_series: passport_series.clone(),
        passport_number: passport_number.clone(),
        passport_issued_by: passport_issued_by.clone(),
        passport_issued_on: passport_issued_on.to_string(),
        seller_address: seller_address.clone(),
        owner_full_name: owner_full_name.clone(),
        vehicle_passport_number: vehicle_passport_number.clone(),
        vehicle_passport_issued_on: vehicle_passport_issued_on.to_string(),
        registration_certificate_number: registration_certificate_number.clone(),
        engine_number: optional(engine_number),
        chassis_number: optional(chassis_number),
        body_number: optional(body_number),
        color: color.clone(),
        power_hp: power_hp.unwrap_or_default(),
        keys: u32::from(*keys),
        vehicle_passport_issued_by: optional(vehicle_passport_issued_by),
        vehicle_kind: optional(vehicle_kind),
        vehicle_category: optional(vehicle_category),
    }
}

fn requisites_out(requisites: &Requisites) -> pb::Requisites {
    let Requisites {
        recipient_name,
        sbp,
        account,
    } = requisites;
    pb::Requisites {
        recipient_name: recipient_name.clone(),
        sbp: sbp
            .as_ref()
            .map(|SbpRequisites { phone, bank_id }| pb::SbpRequisites {
                phone: phone.digits().to_owned(),
                bank_id: bank_id.clone(),
            }),
        account: account.as_ref().map(
            |AccountRequisites {
                 account,
                 bic,
                 correspondent_account,
                 bank_name,
                 inn,
             }| pb::AccountRequisites {
                account: account.clone(),
                bic: bic.clone(),
                correspondent_account: correspondent_account.clone(),
                bank_name: bank_name.clone(),
                inn: inn.clone(),
            },
        ),
    }
}
