//! Provider of ФССП's data in the manner of Damia: enforcement proceedings of a person. The provider
//! publishes no contract; `fssp/README.md` tells what was observed and what is assumed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::NaiveDate;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::catalogue::Debt;
use crate::core::{Partner, Sim};

/// What the partner remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    /// Paid searches so far.
    searches: u64,
}

/// What a test may change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The accepted key; any is when absent.
    key: Option<String>,
    /// Searches that the contract allows; `None` is without end.
    quota: Option<u64>,
}

/// Its protocol, paths from the root.
pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/api", get(search))
        .route("/api/", get(search))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                Json(json!({ "error": "Метод не найден" })),
            )
        })
        .with_state(sim)
}

/// Name of the call for the ledger, faults and the log.
pub fn operation(method: &Method, path: &str, _body: &[u8]) -> &'static str {
    match (method.as_str(), path.trim_end_matches('/')) {
        ("GET", "/api") => "search_person",
        _ => "unknown",
    }
}

/// `{"error":"…"}`
pub fn error_body(status: u16) -> (&'static str, String) {
    let error = match status {
        401 | 403 => "Неверный ключ",
        429 => "Превышен лимит запросов",
        400..500 => "Некорректный запрос",
        _ => "Сервис ФССП временно недоступен, повторите запрос позже",
    };
    let body = json!({ "error": error });
    ("application/json; charset=utf-8", body.to_string())
}

/// What a person does there; mounted on the control port under `/fssp`.
pub fn control(sim: Sim) -> Router {
    Router::new()
        .route("/settings", get(show).post(set))
        .with_state(sim)
}

/// Answers by the question's own words; faults come with 200 and a text.
async fn search(
    Shared(sim): Shared<Sim>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let text = |name: &str| {
        let value = asked.get(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let mut state = sim.state::<State>();
    let accepted = match (&state.settings.key, text("key")) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(key), Some(shown)) => *key == shown,
    };
    if !accepted {
        return fault("Неверный ключ");
    }
    if state
        .settings
        .quota
        .is_some_and(|quota| state.searches >= quota)
    {
        return fault("Превышен лимит запросов по тарифу");
    }
    let Some(question) = Question::read(&text) else {
        return fault("Некорректный запрос: укажите fio и dataR (дд.мм.гггг), inn, ogrn или nomer");
    };
    state.searches += 1;
    sim.ledger()
        .record(Partner::Fssp, "search_person", &question.digest(), b"");
    Json(question.answer(&sim)).into_response()
}

fn fault(text: &str) -> Response {
    Json(json!({ "error": text })).into_response()
}

enum Question {
    Person {
        name: String,
        born: NaiveDate,
    },
    /// By ИНН or ОГРН; the catalogue has no companies.
    Company(String),
    Proceeding(String),
}

impl Question {
    fn read(text: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        if let Some(name) = text("fio") {
            let born = NaiveDate::parse_from_str(&text("dataR")?, "%d.%m.%Y").ok()?;
            // Surname and name at the least.
            let full = name.split_whitespace().count() >= 2;
            return full.then_some(Self::Person { name, born });
        }
        if let Some(number) = text("nomer") {
            return Some(Self::Proceeding(number));
        }
        text("inn").or_else(|| text("ogrn")).map(Self::Company)
    }

    /// Names the search in the ledger without naming the person.
    fn digest(&self) -> String {
        let text = match self {
            Self::Person { name, born } => format!("{name}|{born}"),
            Self::Company(number) | Self::Proceeding(number) => number.clone(),
        };
        hex::encode(Sha256::digest(text))
    }

    fn answer(&self, sim: &Sim) -> Value {
        let nothing = json!({ "status": "Ничего не найдено" });
        let found = |key: &str, debts: &[Debt]| {
            let list: Vec<Value> = debts.iter().map(proceeding).collect();
            json!({ key: { "ip": list } })
        };
        match self {
            Self::Person { name, born } => match sim.catalogue().person(name, *born) {
                Some(person) => found(name, &person.debts),
                None => nothing,
            },
            Self::Proceeding(number) => match sim.catalogue().proceeding(number) {
                Some((_, debt)) => found(number, &[debt]),
                None => nothing,
            },
            Self::Company(_) => nothing,
        }
    }
}

fn proceeding(debt: &Debt) -> Value {
    json!({
        "nomer": debt.number,
        "ddd": debt.opened_on.format("%d.%m.%Y").to_string(),
        "predmet": debt.subject,
        "summa": plain(debt.amount_kopecks),
        "ostatok": grouped(debt.rest_kopecks),
        "isporg": debt.department,
        "ispdoc": debt.document,
        "prist": { "fio": debt.bailiff, "tel": debt.bailiff_phone },
    })
}

/// "150000.00"
fn plain(kopecks: u64) -> String {
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

/// "1 234,56": the provider writes sums in both ways.
fn grouped(kopecks: u64) -> String {
    let digits = (kopecks / 100).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    format!("{text},{:02}", kopecks % 100)
}

async fn show(Shared(sim): Shared<Sim>) -> Json<Value> {
    let state = sim.state::<State>();
    Json(json!({ "settings": state.settings, "searches": state.searches }))
}

async fn set(Shared(sim): Shared<Sim>, Json(settings): Json<Settings>) -> Json<Value> {
    sim.state::<State>().settings = settings.clone();
    Json(json!(settings))
}
