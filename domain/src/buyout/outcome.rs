//! How a buyout ends. A business refusal is a result, not an error.

use serde::{Deserialize, Serialize};

use crate::buyout::stage::Stage;
use crate::money::Money;
use crate::staff::PersonRef;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BuyoutOutcome {
    /// The car is in 1C, the client is paid.
    Done {
        price: Money,
    },
    DeclinedByClient {
        reason: String,
    },
    OfferExpired,
    RefusedLegal {
        reasons: Vec<String>,
    },
    RefusedFraud {
        reason: String,
    },
    NoShow,
    Cancelled {
        reason: String,
        by: Option<PersonRef>,
    },
}

impl BuyoutOutcome {
    /// The final stage; `manual` when an undo or a closing step was left to people.
    pub fn stage(&self, manual: bool) -> Stage {
        match (self, manual) {
            (Self::Done { .. }, false) => Stage::Done,
            (Self::Done { .. }, true) => Stage::DoneNeedsManual,
            (_, true) => Stage::CancelledNeedsManual,
            (Self::DeclinedByClient { .. }, false) => Stage::DeclinedByClient,
            (Self::OfferExpired, false) => Stage::OfferExpired,
            (Self::RefusedLegal { .. }, false) => Stage::RefusedLegal,
            (Self::RefusedFraud { .. }, false) => Stage::RefusedFraud,
            (Self::NoShow, false) => Stage::NoShow,
            (Self::Cancelled { .. }, false) => Stage::Cancelled,
        }
    }

    /// One Russian sentence for the deal's timeline and the robot's answer.
    pub fn sentence(&self) -> String {
        match self {
            Self::Done { price } => format!("Автомобиль выкуплен за {price} и принят в 1С."),
            Self::DeclinedByClient { reason } => format!("Клиент отказался: {reason}"),
            Self::OfferExpired => "Срок предложения истёк, клиент не ответил.".to_owned(),
            Self::RefusedLegal { reasons } => format!("Отказ: {}.", reasons.join("; ")),
            Self::RefusedFraud { reason } => format!("Отказ, признаки мошенничества: {reason}"),
            Self::NoShow => "Клиент не приехал на осмотр.".to_owned(),
            Self::Cancelled { reason, by } => match by {
                Some(by) => format!("Отменено ({}): {reason}", by.name),
                None => format!("Отменено: {reason}"),
            },
        }
    }
}
