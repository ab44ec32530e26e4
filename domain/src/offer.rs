//! The offer to the client and the bargaining around it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::money::Money;
use crate::refusal::{FieldViolation, Refusal, RefusalCode};

/// The price that stands and until when. A new price is a new `round`; an old round cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub round: u32,
    pub price: Money,
    pub made_at: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    /// The client opened the page.
    #[serde(default)]
    pub opened_at: Option<DateTime<Utc>>,
    /// How the link was sent, in order.
    #[serde(default)]
    pub sent: Vec<OfferDelivery>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferDelivery {
    pub channel: MessageChannel,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageChannel {
    Messenger,
    Mail,
    Sms,
}

impl MessageChannel {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Messenger => "мессенджер",
            Self::Mail => "почта",
            Self::Sms => "СМС",
        }
    }
}

/// What the client says, by the page or through the manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientAnswer {
    Accept,
    Counter { amount: Money },
    Decline { reason: String },
    Think,
}

/// How an answer reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum AnswerSource {
    /// The client's own page.
    Page,
    /// Recorded by the manager after a call.
    Call,
}

/// The manager's reaction to a counter-offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BargainDecision {
    /// Take the client's amount.
    AcceptCounter,
    /// Offer another price, up to the stop price.
    Propose { price: Money },
    /// The offer stands as it is.
    Hold,
    /// End the deal.
    Decline { reason: String },
}

/// Checks a client's answer against the offer that stands; without a clock the validity is not checked.
pub fn check_answer(
    offer: &Offer,
    round: u32,
    answer: &ClientAnswer,
    now: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    if round != offer.round {
        return Err(Refusal::new(
            RefusalCode::StaleVersion,
            format!(
                "Предложение изменилось: действует цена {}. Откройте новую ссылку.",
                offer.price
            ),
        ));
    }
    if now.is_some_and(|now| now > offer.valid_until) {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Срок предложения истёк. Свяжитесь с менеджером для новой оценки.",
        ));
    }
    match answer {
        ClientAnswer::Counter { amount } if amount.kopecks() <= 0 => {
            Err(Refusal::invalid(vec![FieldViolation::new(
                "answer.amount",
                "Укажите желаемую цену больше нуля.",
            )]))
        }
        ClientAnswer::Counter { amount } if *amount <= offer.price => {
            Err(Refusal::invalid(vec![FieldViolation::new(
                "answer.amount",
                format!(
                    "Предложение уже не меньше: {}. Его можно принять.",
                    offer.price
                ),
            )]))
        }
        ClientAnswer::Decline { reason } if reason.trim().is_empty() => {
            Err(Refusal::invalid(vec![FieldViolation::new(
                "answer.reason",
                "Напишите, пожалуйста, причину отказа.",
            )]))
        }
        ClientAnswer::Accept
        | ClientAnswer::Counter { .. }
        | ClientAnswer::Decline { .. }
        | ClientAnswer::Think => Ok(()),
    }
}

/// Checks the manager's reaction to a counter-offer: nothing above the stop price goes out.
pub fn check_bargain(
    decision: &BargainDecision,
    counter: Money,
    current: Money,
    stop: Money,
) -> Result<(), Refusal> {
    let too_high = |field: &str, price: Money| {
        Refusal::invalid(vec![FieldViolation::new(
            field,
            format!("Цена {price} выше предельной {stop}. Нужна новая оценка или меньшая цена."),
        )])
    };
    match decision {
        BargainDecision::AcceptCounter if counter > stop => Err(too_high("bargain", counter)),
        BargainDecision::Propose { price } if *price > stop => {
            Err(too_high("bargain.price", *price))
        }
        BargainDecision::Propose { price } if *price <= current => {
            Err(Refusal::invalid(vec![FieldViolation::new(
                "bargain.price",
                format!("Новая цена {price} не выше действующей {current}."),
            )]))
        }
        BargainDecision::Decline { reason } if reason.trim().is_empty() => Err(Refusal::invalid(
            vec![FieldViolation::new("bargain.reason", "Укажите причину.")],
        )),
        BargainDecision::AcceptCounter
        | BargainDecision::Propose { .. }
        | BargainDecision::Hold
        | BargainDecision::Decline { .. } => Ok(()),
    }
}
