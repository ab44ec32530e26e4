//! 1С:Альфа-Авто: sellers, cars, receipts of cars over the standard OData interface. Which parts are
//! assumed: onec_alfa/README.md.

mod control;

use std::sync::LazyLock;

use axum::Router;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::{Partner, Sim};
use crate::odata::base::{flag, number, reference, text};
use crate::odata::configuration::names;
use crate::odata::{self, Base, Configuration, Fail, Names, Row, Schema};

#[cfg(test)]
mod tests;

pub use control::control;
pub use odata::session::{PASSWORD, USER};

pub(crate) const ORGANIZATION: &str = "Catalog_Организации";
pub(crate) const SITE: &str = "Catalog_ПодразделенияКомпании";
pub(crate) const CURRENCY: &str = "Catalog_Валюты";
pub(crate) const COUNTERPARTY: &str = "Catalog_Контрагенты";
pub(crate) const CAR: &str = "Catalog_Автомобили";
pub(crate) const RECEIPT: &str = "Document_ПоступлениеАвтомобилей";

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::parse(include_str!("onec_alfa/schema.json"))
        .unwrap_or_else(|error| unreachable!("the compiled-in schema of Альфа-Авто: {error}"))
});

/// What the base holds and how it was told to refuse.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    base: Base,
    refusals: Vec<Refusal>,
}

/// A rule of the base that a person set: posting is refused with this text.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refusal {
    text: String,
    /// Only receipts of this car; any receipt otherwise.
    vin: Option<String>,
    /// How often it is still refused; `None` until lifted.
    left: Option<u32>,
}

impl Default for State {
    /// A base with the demo's organisation and site in it.
    fn default() -> Self {
        let mut base = Base::default();
        let organization = seeded("организация/5190000010");
        base.seed(
            &SCHEMA,
            ORGANIZATION,
            organization,
            &[
                ("Description", json!("Кайт Мурманск ООО")),
                (
                    "НаименованиеПолное",
                    json!("Общество с ограниченной ответственностью «Кайт Мурманск»"),
                ),
                ("ИНН", json!("5190000010")),
                ("КПП", json!("519001001")),
                ("ОГРН", json!("1265100000001")),
                ("Префикс", json!("КМ")),
            ],
        );
        base.seed(
            &SCHEMA,
            SITE,
            seeded("подразделение/murmansk"),
            &[
                ("Description", json!("Мурманск, пр. Вымышленный")),
                ("Организация_Key", json!(organization)),
                (
                    "Адрес",
                    json!("183000, г. Мурманск, пр. Вымышленный, д. 10"),
                ),
            ],
        );
        base.seed(
            &SCHEMA,
            CURRENCY,
            seeded("валюта/643"),
            &[
                ("Code", json!("643")),
                ("Description", json!("руб.")),
                ("НаименованиеПолное", json!("Российский рубль")),
            ],
        );
        Self {
            base,
            refusals: Vec::new(),
        }
    }
}

/// Key of an object that the base has from the beginning; the same in every installation.
fn seeded(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("onec_alfa/{name}").as_bytes())
}

impl Configuration for State {
    const PARTNER: Partner = Partner::OnecAlfa;
    const NAMES: &'static [Names] = &[
        names!("Catalog_Контрагенты", "counterparty"),
        names!("Catalog_Автомобили", "car"),
        names!("Document_ПоступлениеАвтомобилей", "receipt"),
        names!("Catalog_Организации", "organization"),
        names!("Catalog_ПодразделенияКомпании", "site"),
        names!("Catalog_Валюты", "currency"),
    ];

    fn schema() -> &'static Schema {
        &SCHEMA
    }

    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    /// Documents are numbered with the prefix of their organisation: `КМ00-000001`.
    fn prefix(&self, entity: &str, row: &Row) -> String {
        if entity != RECEIPT {
            return String::new();
        }
        let organization = self
            .base
            .get(ORGANIZATION, reference(row, "Организация_Key"));
        format!(
            "{}00-",
            organization.map_or("00", |row| text(row, "Префикс"))
        )
    }

    fn initial(entity: &str) -> Vec<(&'static str, Value)> {
        if entity == RECEIPT {
            vec![("ХозОперация", json!("ПокупкаАвтомобиля"))]
        } else {
            Vec::new()
        }
    }

    fn check_posting(&mut self, _entity: &str, key: Uuid, row: &Row) -> Result<(), Fail> {
        if let Some(text) = self.refusal(row) {
            return Err(Fail::business("ОбработкаПроведения", &text));
        }
        let wrong = self.unfilled(row);
        if !wrong.is_empty() {
            return Err(Fail::business(
                "ОбработкаПроверкиЗаполнения",
                &wrong.join("\n"),
            ));
        }
        for car in cars(row) {
            let vin = self
                .base
                .get(CAR, car)
                .map(|row| text(row, "VIN"))
                .unwrap_or_default();
            let received = self.base.all(RECEIPT).find(|(other, receipt)| {
                **other != key
                    && flag(receipt, "Posted")
                    && cars(receipt).any(|theirs| theirs == car)
            });
            if let Some((_, receipt)) = received {
                let text = format!(
                    "Автомобиль {vin} уже числится на остатках: документ «Поступление автомобилей {}».",
                    text(receipt, "Number")
                );
                return Err(Fail::business("ОбработкаПроведения", &text));
            }
        }
        Ok(())
    }

    fn detail(entity: &str, row: &Row) -> Value {
        match entity {
            RECEIPT => json!({
                "number": text(row, "Number"),
                "posted": flag(row, "Posted"),
                "sum": number(row, "СуммаДокумента"),
                "cars": cars(row).collect::<Vec<_>>(),
            }),
            CAR => json!({ "vin": text(row, "VIN"), "deleted": flag(row, "DeletionMark") }),
            _ => json!({ "code": text(row, "Code"), "deleted": flag(row, "DeletionMark") }),
        }
    }
}

impl State {
    /// What ОбработкаПроверкиЗаполнения finds, a sentence each.
    fn unfilled(&self, row: &Row) -> Vec<String> {
        let mut wrong = Vec::new();
        let refers = [
            ("Организация_Key", ORGANIZATION, "Организация"),
            ("ПодразделениеКомпании_Key", SITE, "Подразделение компании"),
            ("Контрагент_Key", COUNTERPARTY, "Контрагент"),
        ];
        for (field, entity, title) in refers {
            let key = reference(row, field);
            if key.is_nil() {
                wrong.push(format!("Не заполнено поле «{title}»."));
            } else if self.base.get(entity, key).is_none() {
                wrong.push(format!("Поле «{title}»: объект не найден ({key})."));
            }
        }
        if cars(row).next().is_none() {
            wrong.push("Не введено ни одной строки в список «Автомобили».".to_owned());
        }
        for (line, car) in (1..).zip(cars(row)) {
            if self.base.get(CAR, car).is_none() {
                wrong.push(format!(
                    "Не заполнена колонка «Автомобиль» в строке {line} списка «Автомобили»."
                ));
            }
        }
        let sum: f64 = lines(row).map(|line| number(line, "Сумма")).sum();
        if sum <= 0.0 {
            wrong.push("Не заполнена колонка «Сумма» списка «Автомобили».".to_owned());
        } else if (sum - number(row, "СуммаДокумента")).abs() > 0.004 {
            wrong.push("Сумма документа не равна сумме строк.".to_owned());
        }
        wrong
    }

    /// The text of a refusal that concerns this receipt; one that is used up goes away.
    fn refusal(&mut self, row: &Row) -> Option<String> {
        let vins: Vec<&str> = cars(row)
            .filter_map(|car| self.base.get(CAR, car))
            .map(|car| text(car, "VIN"))
            .collect();
        let at = self
            .refusals
            .iter()
            .position(|refusal| refusal.vin.as_deref().is_none_or(|vin| vins.contains(&vin)))?;
        let refusal = self.refusals.get_mut(at)?;
        let text = refusal.text.clone();
        if let Some(left) = &mut refusal.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.refusals.remove(at);
            }
        }
        Some(text)
    }
}

fn lines(row: &Row) -> impl Iterator<Item = &Row> {
    row.get("Автомобили")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

fn cars(row: &Row) -> impl Iterator<Item = Uuid> {
    lines(row).map(|line| reference(line, "Автомобиль_Key"))
}

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    odata::http::router::<State>(sim)
}

/// Name of the call for the ledger, faults and the log. `path` is percent-decoded, without query.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    odata::http::operation::<State>(method, path)
}

/// Its own way to say that something failed: content type and body.
pub fn error_body(status: u16) -> (&'static str, String) {
    odata::error::body(status)
}
