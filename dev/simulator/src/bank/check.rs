//! Whether the bank takes an order's body.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Roubles of one order, largest.
const LARGEST: f64 = 1e15;

/// What is wrong with the body.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A field has another type than the bank's: `DESERIALIZATION_FAULT`.
    Shape(String),
    /// Fields with what is wrong in them: `VALIDATION_FAULT`.
    Fields(Vec<(&'static str, String)>),
}

/// A body whose fields are all as the bank wants them.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) external_id: Uuid,
    /// Kopecks.
    pub(super) amount: u64,
    /// Signed by the client's own key: executed at once.
    pub(super) signed: bool,
    pub(super) fields: Map<String, Value>,
}

/// What a text field looks like.
enum Rule {
    /// So many digits, one of the lengths.
    Digits(&'static [usize]),
    /// Digits or "0" for "none".
    DigitsOrZero(&'static [usize]),
    /// At most so many characters.
    Text(usize),
    /// YYYY-MM-DD.
    Date,
    /// One of.
    Word(&'static [&'static str]),
}

const RULES: [(&str, bool, Rule); 18] = [
    ("externalId", true, Rule::Text(36)),
    ("date", true, Rule::Date),
    ("number", false, Rule::Text(8)),
    ("operationCode", true, Rule::Word(&["01"])),
    ("priority", true, Rule::Word(&["1", "2", "3", "4", "5"])),
    ("purpose", true, Rule::Text(210)),
    ("payerName", true, Rule::Text(160)),
    ("payerInn", true, Rule::DigitsOrZero(&[5, 10, 12])),
    ("payerKpp", false, Rule::DigitsOrZero(&[9])),
    ("payerAccount", true, Rule::Digits(&[20])),
    ("payerBankBic", true, Rule::Digits(&[9])),
    ("payerBankCorrAccount", false, Rule::Digits(&[20])),
    ("payeeName", true, Rule::Text(160)),
    ("payeeInn", false, Rule::DigitsOrZero(&[5, 10, 12])),
    ("payeeKpp", false, Rule::DigitsOrZero(&[9])),
    ("payeeAccount", true, Rule::Digits(&[20])),
    ("payeeBankBic", true, Rule::Digits(&[9])),
    ("payeeBankCorrAccount", false, Rule::Digits(&[20])),
];

pub(super) fn read(body: &[u8]) -> Result<Asked, Wrong> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(Wrong::Shape("body".to_owned()));
    };
    let amount = match fields.get("amount") {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => number.as_f64(),
        Some(_) => return Err(Wrong::Shape("amount".to_owned())),
    };
    let mut wrong = Vec::new();
    for (name, required, rule) in &RULES {
        match fields.get(*name) {
            None | Some(Value::Null) if *required => {
                wrong.push((*name, "Поле обязательно для заполнения".to_owned()))
            }
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => wrong.extend(rule.refuse(text).map(|why| (*name, why))),
            Some(_) => return Err(Wrong::Shape((*name).to_owned())),
        }
    }
    let kopecks = amount.map(|amount| (amount * 100.0).round());
    match (amount, kopecks) {
        (Some(amount), Some(kopecks))
            if (0.01..=LARGEST).contains(&amount) && (amount * 100.0 - kopecks).abs() < 1e-3 => {}
        _ => wrong.push((
            "amount",
            "Сумма должна быть больше нуля и содержать не более двух знаков после точки".to_owned(),
        )),
    }
    let external_id = fields
        .get("externalId")
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok());
    if external_id.is_none() && !wrong.iter().any(|(name, _)| *name == "externalId") {
        wrong.push((
            "externalId",
            "Значение должно быть в формате UUID".to_owned(),
        ));
    }
    match (external_id, kopecks, wrong.is_empty()) {
        (Some(external_id), Some(kopecks), true) => Ok(Asked {
            external_id,
            amount: kopecks as u64,
            signed: fields
                .get("digestSignatures")
                .and_then(Value::as_array)
                .is_some_and(|list| !list.is_empty()),
            fields,
        }),
        _ => Err(Wrong::Fields(wrong)),
    }
}

impl Rule {
    /// Why the text does not fit.
    fn refuse(&self, text: &str) -> Option<String> {
        let digits = |lengths: &[usize]| {
            lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let listed = |lengths: &[usize]| {
            lengths
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(" или ")
        };
        match self {
            Rule::Digits(lengths) if !digits(lengths) => {
                Some(format!("Ожидается цифр: {}", listed(lengths)))
            }
            Rule::DigitsOrZero(lengths) if text != "0" && !digits(lengths) => {
                Some(format!("Ожидается цифр: {} либо 0", listed(lengths)))
            }
            Rule::Text(longest) if text.is_empty() || text.chars().count() > *longest => {
                Some(format!("Длина должна быть от 1 до {longest} символов"))
            }
            Rule::Date if chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() => {
                Some("Ожидается дата в формате ГГГГ-ММ-ДД".to_owned())
            }
            Rule::Word(words) if !words.contains(&text) => {
                Some(format!("Допустимые значения: {}", words.join(", ")))
            }
            _ => None,
        }
    }
}
