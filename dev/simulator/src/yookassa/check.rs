//! Whether a payout's body is one that the partner takes.

use serde_json::{Map, Value};

use super::money::Kopecks;

/// Participants of SBP: id, name, БИК.
pub(super) const BANKS: [(&str, &str, &str); 6] = [
    ("100000000111", "Сбербанк", "044525225"),
    ("100000000004", "Т-Банк", "044525974"),
    ("110000000005", "Банк ВТБ", "044525411"),
    ("100000000008", "Альфа-Банк", "044525593"),
    ("100000000007", "Райффайзенбанк", "044525700"),
    ("100000000001", "Газпромбанк", "044525823"),
];

const LONGEST_DESCRIPTION: usize = 128;
const MOST_METADATA: usize = 16;

/// What a good body says.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) amount: Kopecks,
    pub(super) phone: String,
    pub(super) bank_id: String,
    pub(super) description: Option<String>,
    pub(super) metadata: Map<String, Value>,
    /// Ids of personal data objects.
    pub(super) personal_data: Vec<String>,
}

/// The field that is wrong and what is wrong with it.
#[derive(Debug)]
pub(super) struct Wrong(pub(super) &'static str, pub(super) &'static str);

pub(super) fn read(body: &Value) -> Result<Asked, Wrong> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let amount = text("/amount/value")
        .and_then(Kopecks::parse)
        .filter(|amount| amount.0 >= 100)
        .ok_or(Wrong(
            "amount.value",
            "A string with two decimals, not less than 1.00, is expected",
        ))?;
    if text("/amount/currency") != Some("RUB") {
        return Err(Wrong("amount.currency", "RUB is expected"));
    }
    if text("/payout_destination_data/type") != Some("sbp") {
        return Err(Wrong(
            "payout_destination_data.type",
            "This gateway pays out by sbp only",
        ));
    }
    let phone = text("/payout_destination_data/phone")
        .filter(|phone| {
            phone.len() == 11
                && phone.starts_with('7')
                && phone.bytes().all(|byte| byte.is_ascii_digit())
        })
        .ok_or(Wrong(
            "payout_destination_data.phone",
            "Eleven digits in the form 79000000000 are expected",
        ))?;
    let bank_id = text("/payout_destination_data/bank_id")
        .filter(|id| BANKS.iter().any(|(known, ..)| known == id))
        .ok_or(Wrong(
            "payout_destination_data.bank_id",
            "The bank is not a participant of SBP",
        ))?;
    let description = text("/description");
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        return Err(Wrong(
            "description",
            "The description is longer than 128 characters",
        ));
    }
    let metadata = match body.get("metadata") {
        None => Map::new(),
        Some(Value::Object(metadata))
            if metadata.len() <= MOST_METADATA && metadata.values().all(Value::is_string) =>
        {
            metadata.clone()
        }
        Some(_) => return Err(Wrong("metadata", "At most 16 strings are expected")),
    };
    let personal_data = match body.get("personal_data") {
        None => Vec::new(),
        Some(list) => list
            .as_array()
            .and_then(|list| {
                list.iter()
                    .map(|one| one.get("id")?.as_str().map(str::to_owned))
                    .collect()
            })
            .ok_or(Wrong(
                "personal_data",
                "An array of objects with an id is expected",
            ))?,
    };
    Ok(Asked {
        amount,
        phone: phone.to_owned(),
        bank_id: bank_id.to_owned(),
        description: description.map(str::to_owned),
        metadata,
        personal_data,
    })
}
