//! 1С:ERP Управление холдингом, казначейство: payment requests that people approve, over the standard
//! OData interface. Which parts are assumed: onec_treasury/README.md.

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
pub(crate) const PERSON: &str = "Catalog_Пользователи";
pub(crate) const CURRENCY: &str = "Catalog_Валюты";
pub(crate) const REQUEST: &str = "Document_ЗаявкаНаРасходованиеДенежныхСредств";

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::parse(include_str!("onec_treasury/schema.json"))
        .unwrap_or_else(|error| unreachable!("the compiled-in schema of the treasury: {error}"))
});

/// What a person may do in the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Right {
    #[serde(rename = "Согласующий")]
    Approver,
    #[serde(rename = "Пользователь")]
    Member,
}

struct Account {
    login: &'static str,
    name: &'static str,
    right: Right,
}

/// The demo's people as the treasury knows them. Whoever approves there need not be somebody that Kite
/// lets approve: `outsider` is unknown to Kite, others may take part in the very deal.
const ACCOUNTS: [Account; 14] = [
    Account {
        login: "approver",
        name: "Павел Орлов",
        right: Right::Approver,
    },
    Account {
        login: "head",
        name: "Глеб Чайкин",
        right: Right::Approver,
    },
    Account {
        login: "senior",
        name: "Семён Дроздов",
        right: Right::Approver,
    },
    Account {
        login: "manager",
        name: "Мария Лебедева",
        right: Right::Approver,
    },
    Account {
        login: "verifier",
        name: "Вера Соколова",
        right: Right::Approver,
    },
    Account {
        login: "appraiser",
        name: "Ольга Крылова",
        right: Right::Approver,
    },
    Account {
        login: "inspector",
        name: "Игорь Ветров",
        right: Right::Approver,
    },
    Account {
        login: "inspector2",
        name: "Лев Морозов",
        right: Right::Approver,
    },
    Account {
        login: "dispatcher",
        name: "Дарья Зимина",
        right: Right::Approver,
    },
    Account {
        login: "security",
        name: "Борис Ястребов",
        right: Right::Approver,
    },
    Account {
        login: "accountant",
        name: "Анна Синицына",
        right: Right::Approver,
    },
    Account {
        login: "outsider",
        name: "Римма Казначеева",
        right: Right::Approver,
    },
    Account {
        login: "ops",
        name: "Сергей Стрижов",
        right: Right::Member,
    },
    Account {
        login: "admin",
        name: "Антон Коршунов",
        right: Right::Member,
    },
];

/// Ref_Key of the treasury user with that login, the same in every installation.
pub fn user_key(login: &str) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("onec_treasury/users/{login}").as_bytes(),
    )
}

/// What the base holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    base: Base,
}

impl Default for State {
    /// A base with the demo's organisation and people in it.
    fn default() -> Self {
        let mut base = Base::default();
        let seeded = |name: &str| {
            Uuid::new_v5(
                &Uuid::NAMESPACE_URL,
                format!("onec_treasury/{name}").as_bytes(),
            )
        };
        base.seed(
            &SCHEMA,
            ORGANIZATION,
            seeded("организация/5190000010"),
            &[
                ("Description", json!("Кайт Мурманск ООО")),
                (
                    "НаименованиеПолное",
                    json!("Общество с ограниченной ответственностью «Кайт Мурманск»"),
                ),
                ("ИНН", json!("5190000010")),
                ("КПП", json!("519001001")),
                ("Префикс", json!("КМ")),
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
        for Account {
            login,
            name,
            right: _,
        } in &ACCOUNTS
        {
            base.seed(
                &SCHEMA,
                PERSON,
                user_key(login),
                &[("Description", json!(name)), ("Комментарий", json!(login))],
            );
        }
        Self { base }
    }
}

impl Configuration for State {
    const PARTNER: Partner = Partner::OnecTreasury;
    const NAMES: &'static [Names] = &[
        names!("Document_ЗаявкаНаРасходованиеДенежныхСредств", "request"),
        names!("Catalog_Пользователи", "user"),
        names!("Catalog_Контрагенты", "counterparty"),
        names!("Catalog_Организации", "organization"),
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

    fn prefix(&self, entity: &str, row: &Row) -> String {
        if entity != REQUEST {
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
        if entity == REQUEST {
            vec![("Статус", json!("НеСогласована"))]
        } else {
            Vec::new()
        }
    }

    fn check_posting(&mut self, _entity: &str, _key: Uuid, row: &Row) -> Result<(), Fail> {
        let mut wrong = Vec::new();
        if self
            .base
            .get(ORGANIZATION, reference(row, "Организация_Key"))
            .is_none()
        {
            wrong.push("Не заполнено поле «Организация».");
        }
        if text(row, "ХозяйственнаяОперация").is_empty() {
            wrong.push("Не заполнено поле «Хозяйственная операция».");
        }
        if number(row, "СуммаДокумента") <= 0.0 {
            wrong.push("Не заполнено поле «Сумма документа».");
        }
        if text(row, "НазначениеПлатежа").is_empty() {
            wrong.push("Не заполнено поле «Назначение платежа».");
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Fail::business(
                "ОбработкаПроверкиЗаполнения",
                &wrong.join("\n"),
            ))
        }
    }

    fn detail(entity: &str, row: &Row) -> Value {
        match entity {
            REQUEST => json!({
                "number": text(row, "Number"),
                "posted": flag(row, "Posted"),
                "deleted": flag(row, "DeletionMark"),
                "status": text(row, "Статус"),
                "sum": number(row, "СуммаДокумента"),
            }),
            _ => json!({ "code": text(row, "Code") }),
        }
    }
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
