//! The partner's states and reasons, in the words of the process.

use chrono::Utc;
use domain::finding::{PayoutStanding, SeenPayout};
use domain::money::Money;
use domain::payment::{PayoutResult, SbpBank};

use super::dto::{self, Status};
use crate::error::PartnerError;

/// The list as people choose from it. One without banks would close SBP to everybody: it is no answer.
pub(super) fn banks(items: Vec<dto::Bank>) -> Result<Vec<SbpBank>, PartnerError> {
    let banks: Vec<SbpBank> = items
        .into_iter()
        .map(|dto::Bank { bank_id, name }| SbpBank {
            id: bank_id.trim().to_owned(),
            name: name.trim().to_owned(),
        })
        .filter(|bank| !bank.id.is_empty() && !bank.name.is_empty())
        .collect();
    if banks.is_empty() {
        return Err(PartnerError::protocol(
            "yookassa list_sbp_banks: the list holds no bank",
        ));
    }
    Ok(banks)
}

/// The final word, `Pending` until there is one. An unknown status is not final.
pub(super) fn result(payout: dto::Payout) -> Result<PayoutResult, PartnerError> {
    let dto::Payout {
        id: _,
        amount: _,
        status,
        succeeded_at,
        cancellation_details,
    } = payout;
    match status {
        Status::Pending | Status::Unknown => Err(PartnerError::Pending),
        Status::Succeeded => Ok(PayoutResult::Paid {
            at: succeeded_at.unwrap_or_else(Utc::now),
        }),
        Status::Canceled => {
            let code = cancellation_details.map_or_else(
                || "canceled".to_owned(),
                |dto::Cancellation { reason }| reason,
            );
            Ok(PayoutResult::Refused {
                text: reason(&code),
                code,
            })
        }
    }
}

/// As it is now; an unknown status is on its way.
pub(super) fn seen(payout: dto::Payout) -> SeenPayout {
    let dto::Payout {
        id,
        amount,
        status,
        succeeded_at: _,
        cancellation_details: _,
    } = payout;
    SeenPayout {
        id,
        standing: match status {
            Status::Pending | Status::Unknown => PayoutStanding::OnItsWay,
            Status::Succeeded => PayoutStanding::Paid,
            Status::Canceled => PayoutStanding::Refused,
        },
        amount: Money::parse_partner(&amount.value).ok(),
    }
}

fn reason(code: &str) -> String {
    let text = match code {
        "insufficient_funds" => {
            "На балансе выплат ЮKassa не хватает денег. Пополните баланс и повторите."
        }
        "fraud_suspected" => "ЮKassa заподозрила мошенничество. Свяжитесь с её поддержкой.",
        "one_time_limit_exceeded" => "Превышен предел одной выплаты.",
        "periodic_limit_exceeded" => "Превышен предел выплат получателю за сутки или месяц.",
        "rejected_by_payee" => "Банк получателя отклонил перевод.",
        "general_decline" => "Банк отклонил перевод без объяснения причины.",
        "issuer_unavailable" => "Банк получателя сейчас недоступен.",
        "recipient_not_found" => {
            "В этом банке нет получателя с таким телефоном. Уточните телефон и банк."
        }
        "recipient_check_failed" => "Имя получателя не совпало с тем, что знает его банк.",
        "identification_required" => "Получатель не прошёл идентификацию, нужную для такой суммы.",
        other => return format!("ЮKassa отменила выплату по причине «{other}»."),
    };
    text.to_owned()
}

/// A refusal of our data, by the field that the partner names.
pub(super) fn wrong_field(parameter: &str) -> String {
    let text = match parameter {
        "payout_destination_data.phone" => "ЮKassa не приняла телефон получателя. Проверьте номер.",
        "payout_destination_data.bank_id" => {
            "ЮKassa не знает банка получателя. Выберите банк заново."
        }
        "amount" | "amount.value" => "ЮKassa не приняла сумму выплаты.",
        "last_name" | "first_name" | "middle_name" => {
            "ЮKassa не приняла имя получателя. Проверьте его по паспорту."
        }
        "" => "ЮKassa не приняла выплату. Проверьте реквизиты получателя.",
        other => return format!("ЮKassa не приняла выплату: неверно поле {other}."),
    };
    text.to_owned()
}
