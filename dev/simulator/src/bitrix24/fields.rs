//! Fields of a deal: their two spellings and their two ways of being written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use serde_json::{Map, Value, json};

use super::answer::{RestError, offset};
use super::params::{flag, list, map, number, text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Double,
    Text,
    /// `Y` or `N`.
    Char,
    /// An own field of type yes/no: `Y`/`N` in crm.item, 1/0 in crm.deal.
    Boolean,
    DateTime,
    Status,
    /// Ids of contacts.
    Contacts,
    /// Files, multiple.
    Files,
}

pub(super) struct Field {
    pub(super) upper: &'static str,
    /// Name in crm.item; own fields have it made from the upper one.
    pub(super) camel: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) read_only: bool,
    pub(super) title: &'static str,
}

const fn own(upper: &'static str, kind: Kind, title: &'static str) -> Field {
    Field {
        upper,
        camel: None,
        kind,
        read_only: false,
        title,
    }
}

const fn standard(
    upper: &'static str,
    camel: &'static str,
    kind: Kind,
    title: &'static str,
) -> Field {
    Field {
        upper,
        camel: Some(camel),
        kind,
        read_only: false,
        title,
    }
}

const fn fixed(upper: &'static str, camel: &'static str, kind: Kind, title: &'static str) -> Field {
    Field {
        upper,
        camel: Some(camel),
        kind,
        read_only: true,
        title,
    }
}

pub(super) static FIELDS: &[Field] = &[
    fixed("ID", "id", Kind::Integer, "ID"),
    standard("TITLE", "title", Kind::Text, "Название"),
    standard("TYPE_ID", "typeId", Kind::Status, "Тип"),
    standard("CATEGORY_ID", "categoryId", Kind::Integer, "Воронка"),
    standard("STAGE_ID", "stageId", Kind::Status, "Стадия сделки"),
    fixed(
        "STAGE_SEMANTIC_ID",
        "stageSemanticId",
        Kind::Text,
        "Группа стадии",
    ),
    standard("CURRENCY_ID", "currencyId", Kind::Text, "Валюта"),
    standard("OPPORTUNITY", "opportunity", Kind::Double, "Сумма"),
    standard(
        "IS_MANUAL_OPPORTUNITY",
        "isManualOpportunity",
        Kind::Char,
        "Сумма задана вручную",
    ),
    standard("COMPANY_ID", "companyId", Kind::Integer, "Компания"),
    standard("CONTACT_ID", "contactId", Kind::Integer, "Контакт"),
    standard("CONTACT_IDS", "contactIds", Kind::Contacts, "Контакты"),
    standard(
        "ASSIGNED_BY_ID",
        "assignedById",
        Kind::Integer,
        "Ответственный",
    ),
    fixed("CREATED_BY_ID", "createdBy", Kind::Integer, "Кем создана"),
    fixed("MODIFY_BY_ID", "updatedBy", Kind::Integer, "Кем изменена"),
    fixed("MOVED_BY_ID", "movedBy", Kind::Integer, "Кем перемещена"),
    fixed(
        "DATE_CREATE",
        "createdTime",
        Kind::DateTime,
        "Дата создания",
    ),
    fixed(
        "DATE_MODIFY",
        "updatedTime",
        Kind::DateTime,
        "Дата изменения",
    ),
    fixed(
        "MOVED_TIME",
        "movedTime",
        Kind::DateTime,
        "Дата перемещения",
    ),
    standard("BEGINDATE", "begindate", Kind::DateTime, "Дата начала"),
    standard("CLOSEDATE", "closedate", Kind::DateTime, "Дата завершения"),
    standard("OPENED", "opened", Kind::Char, "Доступна для всех"),
    fixed("CLOSED", "closed", Kind::Char, "Закрыта"),
    standard("COMMENTS", "comments", Kind::Text, "Комментарий"),
    standard("SOURCE_ID", "sourceId", Kind::Status, "Источник"),
    standard(
        "SOURCE_DESCRIPTION",
        "sourceDescription",
        Kind::Text,
        "Об источнике",
    ),
    standard(
        "ORIGINATOR_ID",
        "originatorId",
        Kind::Text,
        "Внешний источник",
    ),
    standard(
        "ORIGIN_ID",
        "originId",
        Kind::Text,
        "Идентификатор во внешнем источнике",
    ),
    own("UF_CRM_KITE_VIN", Kind::Text, "VIN или номер кузова"),
    own("UF_CRM_KITE_PLATE", Kind::Text, "Госномер"),
    own("UF_CRM_KITE_MAKE", Kind::Text, "Марка"),
    own("UF_CRM_KITE_MODEL", Kind::Text, "Модель"),
    own("UF_CRM_KITE_YEAR", Kind::Integer, "Год выпуска"),
    own("UF_CRM_KITE_MILEAGE", Kind::Integer, "Пробег, км"),
    own("UF_CRM_KITE_CITY", Kind::Text, "Город осмотра"),
    own("UF_CRM_KITE_ADDRESS", Kind::Text, "Адрес осмотра"),
    own("UF_CRM_KITE_VISIT_AT", Kind::DateTime, "Время осмотра"),
    own(
        "UF_CRM_KITE_CONSENT",
        Kind::Boolean,
        "Согласие на обработку данных",
    ),
    own("UF_CRM_KITE_PRICE", Kind::Double, "Цена выкупа"),
    own("UF_CRM_KITE_RESULT", Kind::Text, "Итог выкупа"),
    own("UF_CRM_KITE_FILES", Kind::Files, "Документы выкупа"),
];

/// Which names crm.item speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// crm.deal: all upper case.
    Deal,
    /// crm.item.
    Item,
    /// crm.item with `useOriginalUfNames=Y`: own fields keep their upper-case names.
    ItemOriginal,
}

impl Field {
    pub(super) fn name(&self, naming: Naming) -> String {
        match (naming, self.camel) {
            (Naming::Deal, _) | (Naming::ItemOriginal, None) => self.upper.to_owned(),
            (Naming::Item | Naming::ItemOriginal, Some(camel)) => camel.to_owned(),
            (Naming::Item, None) => camel_case(self.upper),
        }
    }

    /// How a stored value is shown.
    pub(super) fn show(&self, value: &Value, naming: Naming, link: impl Fn(u64) -> Value) -> Value {
        if self.kind == Kind::Files {
            return Value::Array(list(value).iter().filter_map(number).map(link).collect());
        }
        if value.is_null() {
            return match (naming, self.kind) {
                (Naming::Item | Naming::ItemOriginal, Kind::Contacts) => json!([]),
                _ => Value::Null,
            };
        }
        match (naming, self.kind) {
            (Naming::Deal, Kind::Boolean) => json!(if flag(value) { "1" } else { "0" }),
            (Naming::Deal, Kind::Double) => {
                json!(format!("{:.2}", value.as_f64().unwrap_or_default()))
            }
            (Naming::Deal, Kind::Integer) => json!(text(value)),
            (Naming::Item | Naming::ItemOriginal, Kind::Boolean) => {
                json!(if flag(value) { "Y" } else { "N" })
            }
            _ => value.clone(),
        }
    }

    /// What a filter compares with: own yes/no fields are filtered by 1 and 0.
    pub(super) fn filtered(&self, value: &Value) -> Value {
        match self.kind {
            Kind::Boolean => json!(if flag(value) { "1" } else { "0" }),
            _ => value.clone(),
        }
    }

    /// Reads a value as a client writes it. Files are read by the caller.
    pub(super) fn read(&self, given: &Value) -> Result<Value, RestError> {
        let invalid = || {
            RestError::refused(
                "CRM_FIELD_ERROR_VALUE_NOT_VALID",
                format!("Неверное значение поля \"{}\"", self.title),
            )
        };
        let written = text(given).unwrap_or_default();
        let empty = given.is_null() || written.is_empty();
        Ok(match self.kind {
            Kind::Contacts => Value::Array(
                list(given)
                    .iter()
                    .filter_map(number)
                    .map(|id| json!(id))
                    .collect(),
            ),
            Kind::Files => return Err(invalid()),
            Kind::Boolean => json!(flag(given)),
            _ if given.is_array() || given.is_object() => return Err(invalid()),
            _ if empty => Value::Null,
            Kind::Integer => json!(number(given).ok_or_else(invalid)?),
            Kind::Double => json!(money(&written).ok_or_else(invalid)?),
            Kind::DateTime => json!(date_time(&written).ok_or_else(invalid)?),
            Kind::Char => json!(if flag(given) { "Y" } else { "N" }),
            Kind::Text | Kind::Status => json!(written),
        })
    }
}

/// The fields that a client names; unknown and read-only ones are silently left out, as the portal does.
pub(super) fn named(given: &Map<String, Value>, naming: Naming) -> Vec<(&'static Field, Value)> {
    FIELDS
        .iter()
        .filter(|field| !field.read_only)
        .filter_map(|field| Some((field, given.get(&field.name(naming))?.clone())))
        .collect()
}

/// A file as a client sends it: kept, by its id, or new.
pub(super) enum GivenFile {
    Kept(u64),
    New { name: String, content: Vec<u8> },
}

/// `["name", "base64"]`, `{"fileData": […]}`, `{"id": 7}` or 7.
pub(super) fn given_file(given: &Value) -> Option<GivenFile> {
    if let Some(id) = number(given) {
        return Some(GivenFile::Kept(id));
    }
    let fields = map(given)?;
    if let Some(data) = fields.get("fileData") {
        return given_file(data);
    }
    if let Some(id) = fields.get("id").and_then(number) {
        return Some(GivenFile::Kept(id));
    }
    let name = text(fields.get("0")?)?;
    let content = STANDARD.decode(text(fields.get("1")?)?).ok()?;
    Some(GivenFile::New { name, content })
}

/// "450000", "450000.00" or "450000|RUB".
fn money(written: &str) -> Option<f64> {
    let number: f64 = written.split('|').next()?.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// Any of the portal's spellings, in the portal's time zone.
pub(super) fn date_time(written: &str) -> Option<String> {
    let zoned = DateTime::parse_from_rfc3339(written).ok();
    let local = || {
        let times = [
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M:%S",
            "%d.%m.%Y %H:%M:%S",
            "%d.%m.%Y %H:%M",
        ];
        let time = times
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(written, format).ok());
        let days = ["%Y-%m-%d", "%d.%m.%Y"];
        let day = || {
            days.iter()
                .find_map(|format| NaiveDate::parse_from_str(written, format).ok())
        };
        let naive = time.or_else(|| day()?.and_hms_opt(0, 0, 0))?;
        offset().from_local_datetime(&naive).single()
    };
    let at = zoned.or_else(local)?.with_timezone(&offset());
    Some(at.format("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// `UF_CRM_KITE_VISIT_AT` -> `ufCrmKiteVisitAt`; an underscore before a digit stays.
fn camel_case(upper: &str) -> String {
    let mut name = String::new();
    for (index, word) in upper.split('_').enumerate() {
        let lower = word.to_ascii_lowercase();
        if index == 0 {
            name.push_str(&lower);
            continue;
        }
        let mut letters = lower.chars();
        match letters.next() {
            Some(first) if first.is_ascii_digit() => {
                name.push('_');
                name.push_str(&lower);
            }
            Some(first) => {
                name.push(first.to_ascii_uppercase());
                name.push_str(letters.as_str());
            }
            None => {}
        }
    }
    name
}
