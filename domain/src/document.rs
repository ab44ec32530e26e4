//! Documents that the client hands in and that Kite makes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoEnumIterator};

use crate::car::same_name;
use crate::file::FileRef;
use crate::refusal::FieldViolation;

/// Papers that the verifier sees, one by one (S75).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PaperKind {
    /// Паспорт продавца.
    Passport,
    /// ПТС или выписка ЭПТС.
    VehiclePassport,
    /// СТС.
    RegistrationCertificate,
    /// Согласие на обработку персональных данных.
    PersonalDataConsent,
}

impl PaperKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Passport => "паспорт продавца",
            Self::VehiclePassport => "ПТС/ЭПТС",
            Self::RegistrationCertificate => "СТС",
            Self::PersonalDataConsent => "согласие на обработку персональных данных",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub kind: PaperKind,
    pub files: Vec<FileRef>,
}

/// What was read off the papers; goes into the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperFields {
    /// Seller's name as in the passport.
    pub seller_full_name: String,
    pub seller_birthdate: NaiveDate,
    pub passport_series: String,
    pub passport_number: String,
    pub passport_issued_by: String,
    pub passport_issued_on: NaiveDate,
    pub seller_address: String,
    /// Owner's name as in the vehicle passport.
    pub owner_full_name: String,
    /// ПТС series and number, or the 15 digits of an ЭПТС.
    pub vehicle_passport_number: String,
    pub vehicle_passport_issued_on: NaiveDate,
    /// Who issued the ПТС, or made out the ЭПТС, as it says itself.
    #[serde(default)]
    pub vehicle_passport_issued_by: Option<String>,
    /// Наименование (тип ТС) of the vehicle passport: "легковой универсал".
    #[serde(default)]
    pub vehicle_kind: Option<String>,
    /// Категория ТС of the vehicle passport: "B (M1)".
    #[serde(default)]
    pub vehicle_category: Option<String>,
    pub registration_certificate_number: String,
    #[serde(default)]
    pub engine_number: Option<String>,
    #[serde(default)]
    pub chassis_number: Option<String>,
    #[serde(default)]
    pub body_number: Option<String>,
    pub color: String,
    #[serde(default)]
    pub power_hp: Option<u32>,
    pub keys: u8,
}

/// The papers as handed in, with where the money goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperSet {
    pub papers: Vec<Paper>,
    pub fields: PaperFields,
    pub requisites: crate::payment::Requisites,
}

/// The verifier's word on one paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperVerdict {
    pub kind: PaperKind,
    pub accepted: bool,
    #[serde(default)]
    pub remark: String,
}

/// What is missing or wrong in a set of papers; empty when it can go to the verifier.
///
/// The seller must be the owner: a sale by proxy is refused by rule.
pub fn missing(set: &PaperSet) -> Vec<FieldViolation> {
    let mut wrong = Vec::new();
    for kind in PaperKind::iter() {
        if !set
            .papers
            .iter()
            .any(|paper| paper.kind == kind && !paper.files.is_empty())
        {
            wrong.push(FieldViolation::new(
                "papers",
                format!("Нет скана: {}.", kind.title_ru()),
            ));
        }
    }
    let fields = &set.fields;
    if !digits(&fields.passport_series, 4) {
        wrong.push(FieldViolation::new(
            "fields.passport_series",
            "Серия паспорта — четыре цифры.",
        ));
    }
    if !digits(&fields.passport_number, 6) {
        wrong.push(FieldViolation::new(
            "fields.passport_number",
            "Номер паспорта — шесть цифр.",
        ));
    }
    if !same_name(&fields.seller_full_name, &fields.owner_full_name) {
        wrong.push(FieldViolation::new(
            "fields.owner_full_name",
            "Собственник по ПТС и продавец по паспорту — разные люди. Покупаем только у собственника.",
        ));
    }
    if fields.vehicle_passport_number.trim().is_empty() {
        wrong.push(FieldViolation::new(
            "fields.vehicle_passport_number",
            "Укажите номер ПТС/ЭПТС.",
        ));
    }
    wrong.extend(crate::payment::check_requisites(
        &set.requisites,
        &fields.seller_full_name,
    ));
    wrong
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// Checks the verifier's answers: every paper has a word, a rejected one has a remark.
pub fn check_verdicts(verdicts: &[PaperVerdict]) -> Vec<FieldViolation> {
    let mut wrong = Vec::new();
    for kind in PaperKind::iter() {
        match verdicts.iter().find(|v| v.kind == kind) {
            None => wrong.push(FieldViolation::new(
                "verdicts",
                format!("Нет решения: {}.", kind.title_ru()),
            )),
            Some(v) if !v.accepted && v.remark.trim().is_empty() => {
                wrong.push(FieldViolation::new(
                    "verdicts",
                    format!("Напишите замечание: {}.", kind.title_ru()),
                ))
            }
            Some(_) => {}
        }
    }
    wrong
}

/// Documents that Kite makes (Typst).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentKind {
    /// Договор купли-продажи ТС.
    Contract,
    /// Акт приёма-передачи.
    Act,
}

impl DocumentKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Contract => "договор купли-продажи",
            Self::Act => "акт приёма-передачи",
        }
    }
}

/// A document with its number; a changed price voids it and a new version is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeDocument {
    pub kind: DocumentKind,
    pub number: String,
    pub version: u32,
    pub file: FileRef,
    pub made_at: DateTime<Utc>,
    #[serde(default)]
    pub void: bool,
    /// Signed scans, once there are.
    #[serde(default)]
    pub signed: Vec<FileRef>,
}
