//! Paying the client: route by amount, requisites, states.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::car::same_name;
use crate::money::Money;
use crate::phone::Phone;
use crate::policy::Limits;
use crate::refusal::FieldViolation;
use crate::staff::PersonRef;

/// Where the client wants the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requisites {
    /// Must be the seller.
    pub recipient_name: String,
    #[serde(default)]
    pub sbp: Option<SbpRequisites>,
    #[serde(default)]
    pub account: Option<AccountRequisites>,
}

/// Система быстрых платежей: phone and the bank's id in the list of `GET /v3/sbp_banks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbpRequisites {
    pub phone: Phone,
    pub bank_id: String,
}

/// A bank that takes payouts by SBP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbpBank {
    /// What [`SbpRequisites::bank_id`] holds.
    pub id: String,
    /// As people know it.
    pub name: String,
}

/// Bank account of a natural person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRequisites {
    /// 20 digits.
    pub account: String,
    /// БИК, 9 digits.
    pub bic: String,
    /// Корреспондентский счёт, 20 digits.
    pub correspondent_account: String,
    pub bank_name: String,
    /// ИНН of the recipient, 12 digits; the bank accepts "0" for a person without one.
    pub inn: String,
}

/// The rail that an amount takes. A sum is never split to fit a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentRail {
    /// YooKassa payout by SBP, at most 500 000 ₽ (partner's limit).
    Sbp,
    /// Bank payment order with a human signature.
    BankOrder,
}

impl PaymentRail {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Sbp => "СБП",
            Self::BankOrder => "платёжное поручение",
        }
    }
}

pub fn rail(amount: Money, limits: &Limits) -> PaymentRail {
    if amount <= limits.sbp_max {
        PaymentRail::Sbp
    } else {
        PaymentRail::BankOrder
    }
}

/// Wrong or missing requisites; at least one rail must be filled, and the recipient is the seller.
pub fn check_requisites(requisites: &Requisites, seller: &str) -> Vec<FieldViolation> {
    let mut wrong = Vec::new();
    if !same_name(&requisites.recipient_name, seller) {
        wrong.push(FieldViolation::new(
            "requisites.recipient_name",
            "Получатель и продавец — разные люди. Платим только продавцу.",
        ));
    }
    if requisites.sbp.is_none() && requisites.account.is_none() {
        wrong.push(FieldViolation::new(
            "requisites",
            "Укажите телефон и банк для СБП или расчётный счёт.",
        ));
    }
    if let Some(account) = &requisites.account {
        for (field, value, count) in [
            ("requisites.account.account", &account.account, 20),
            ("requisites.account.bic", &account.bic, 9),
            (
                "requisites.account.correspondent_account",
                &account.correspondent_account,
                20,
            ),
        ] {
            if value.len() != count || !value.bytes().all(|b| b.is_ascii_digit()) {
                wrong.push(FieldViolation::new(field, format!("Нужно {count} цифр.")));
            }
        }
        if !(account.inn == "0"
            || account.inn.len() == 12 && account.inn.bytes().all(|b| b.is_ascii_digit()))
        {
            wrong.push(FieldViolation::new(
                "requisites.account.inn",
                "ИНН физического лица — 12 цифр; если его нет, укажите 0.",
            ));
        }
    }
    wrong
}

/// Requisites that the rail of this amount needs but that were not given.
pub fn missing_for_rail(requisites: &Requisites, rail: PaymentRail) -> Option<FieldViolation> {
    match rail {
        PaymentRail::Sbp if requisites.sbp.is_none() => Some(FieldViolation::new(
            "requisites.sbp",
            "Для выплаты по СБП нужны телефон и банк.",
        )),
        PaymentRail::BankOrder if requisites.account.is_none() => Some(FieldViolation::new(
            "requisites.account",
            "Сумма больше предела СБП: нужен расчётный счёт для платёжного поручения.",
        )),
        PaymentRail::Sbp | PaymentRail::BankOrder => None,
    }
}

/// Where a payment stands. `Unknown` is a state of its own: the partner did not say, so nothing is
/// repeated until it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentState {
    Requested,
    Approved,
    Sent,
    AwaitingSignature,
    Unknown,
    Paid,
    Refused,
    Confirmed,
}

/// One attempt to pay; a new attempt has a new key and exists only after the former one was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub attempt: u32,
    pub rail: PaymentRail,
    pub amount: Money,
    pub state: PaymentState,
    /// Number and Ref_Key of the request in 1C treasury.
    #[serde(default)]
    pub treasury_request: Option<TreasuryRequest>,
    #[serde(default)]
    pub approved_by: Option<PersonRef>,
    /// The partner's id of the payout or payment order.
    #[serde(default)]
    pub partner_id: Option<String>,
    #[serde(default)]
    pub refusal: Option<String>,
    #[serde(default)]
    pub paid_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreasuryRequest {
    pub ref_key: uuid::Uuid,
    pub number: String,
}

/// The treasury's word on a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TreasuryDecision {
    /// `by` is the treasury user's Ref_Key (КтоРешил_Key).
    Approved {
        by: uuid::Uuid,
    },
    Rejected {
        by: uuid::Uuid,
    },
}

/// The final word of the partner that pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayoutResult {
    Paid {
        at: DateTime<Utc>,
    },
    /// Refused for a reason that another set of requisites or a top-up may cure.
    Refused {
        code: String,
        text: String,
    },
}
