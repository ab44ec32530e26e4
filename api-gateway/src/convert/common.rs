//! Values that several services share.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use domain::buyout::state::ProcessEvent;
use domain::file::FileRef;
use domain::money::Money;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::PersonRef;
use proto::kite::common::v1 as pb;

/// Stored files by id, as loaded for one request.
pub(crate) type Files = BTreeMap<String, FileRef>;

pub(crate) fn time(at: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.timestamp(),
        nanos: at.timestamp_subsec_nanos() as i32,
    }
}

/// An instant that a person sent; `None` where there is none or no such instant.
pub(crate) fn instant(at: Option<prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    let prost_types::Timestamp { seconds, nanos } = at?;
    DateTime::from_timestamp(seconds, u32::try_from(nanos).ok()?)
}

pub(crate) fn money(amount: Money) -> pb::Money {
    pb::Money {
        kopecks: amount.kopecks(),
    }
}

pub(crate) fn person(person: &PersonRef) -> pb::Person {
    let PersonRef { person, name } = person;
    pb::Person {
        id: person.0.clone(),
        name: name.clone(),
    }
}

pub(crate) fn file(file: &FileRef) -> pb::File {
    let FileRef {
        id,
        kind,
        content_type,
        size,
        sha256,
        source_sha256: _,
        taken_at: _,
    } = file;
    pb::File {
        id: id.clone(),
        kind: kind.to_string(),
        content_type: content_type.clone(),
        size: *size,
        sha256: sha256.clone(),
    }
}

pub(crate) fn event(event: &ProcessEvent) -> pb::ProcessEvent {
    let ProcessEvent {
        seq,
        at,
        kind,
        actor,
        text,
    } = event;
    pb::ProcessEvent {
        seq: *seq,
        at: Some(time(*at)),
        kind: kind.to_string(),
        actor: actor.as_ref().map(person),
        text: text.clone(),
    }
}

/// Collects what is wrong with a request, so that a person sees everything at once.
#[derive(Default)]
pub(crate) struct Reader {
    wrong: Vec<FieldViolation>,
}

impl Reader {
    pub(crate) fn fail(&mut self, field: &str, sentence: impl Into<String>) {
        self.wrong.push(FieldViolation::new(field, sentence));
    }

    /// What a rule of the domain says.
    pub(crate) fn take(&mut self, wrong: Vec<FieldViolation>) {
        self.wrong.extend(wrong);
    }

    pub(crate) fn failed(&self, field: &str) -> bool {
        self.wrong.iter().any(|violation| violation.field == field)
    }

    /// A value of a closed list; its wrong spelling is named.
    pub(crate) fn one_of<T: FromStr>(&mut self, field: &str, value: &str) -> Option<T> {
        match T::from_str(value) {
            Ok(parsed) => Some(parsed),
            Err(_) if value.is_empty() => {
                self.fail(field, "Значение не указано.");
                None
            }
            Err(_) => {
                self.fail(field, format!("Неизвестное значение «{value}»."));
                None
            }
        }
    }

    pub(crate) fn money(&mut self, field: &str, value: Option<pb::Money>) -> Option<Money> {
        match value {
            Some(pb::Money { kopecks }) => Some(Money::from_kopecks(kopecks)),
            None => {
                self.fail(field, "Укажите сумму.");
                None
            }
        }
    }

    /// A moment of the calendar.
    pub(crate) fn instant(
        &mut self,
        field: &str,
        value: Option<prost_types::Timestamp>,
    ) -> Option<DateTime<Utc>> {
        let Some(prost_types::Timestamp { seconds, nanos }) = value else {
            self.fail(field, "Укажите дату и время.");
            return None;
        };
        let at = u32::try_from(nanos)
            .ok()
            .and_then(|nanos| DateTime::from_timestamp(seconds, nanos));
        if at.is_none() {
            self.fail(field, "Такого времени нет.");
        }
        at
    }

    /// An ISO 8601 day.
    pub(crate) fn day(&mut self, field: &str, value: &str) -> Option<NaiveDate> {
        match NaiveDate::from_str(value) {
            Ok(day) => Some(day),
            Err(_) => {
                self.fail(field, "Укажите дату в виде ГГГГ-ММ-ДД.");
                None
            }
        }
    }

    pub(crate) fn text(&mut self, field: &str, value: String) -> Option<String> {
        if value.trim().is_empty() {
            self.fail(field, "Заполните поле.");
            return None;
        }
        Some(value)
    }

    /// A file that was uploaded before.
    pub(crate) fn file(&mut self, field: &str, id: &str, files: &Files) -> Option<FileRef> {
        match files.get(id) {
            Some(file) => Some(file.clone()),
            None => {
                self.fail(field, format!("Файл «{id}» не загружен в эту сделку."));
                None
            }
        }
    }

    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if self.wrong.is_empty() => Ok(value),
            Some(_) | None => Err(Refusal::invalid(self.wrong)),
        }
    }
}
