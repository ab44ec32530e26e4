//! Stages of a buyout.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    New,
    Dispatching,
    Inspection,
    Checking,
    /// The client has a registration ban removed.
    WaitRemoval,
    Appraisal,
    PriceApproval,
    Offer,
    Bargaining,
    Documents,
    Recheck,
    Signing,
    PaymentApproval,
    Paying,
    PaymentUnknown,
    PaymentConfirm,
    Intake,
    Done,
    DeclinedByClient,
    OfferExpired,
    RefusedLegal,
    RefusedFraud,
    NoShow,
    Cancelled,
    DoneNeedsManual,
    CancelledNeedsManual,
}

impl Stage {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::New => "Новая",
            Self::Dispatching => "Назначение осмотра",
            Self::Inspection => "Осмотр",
            Self::Checking => "Проверки",
            Self::WaitRemoval => "Ожидание снятия запрета",
            Self::Appraisal => "Оценка",
            Self::PriceApproval => "Согласование цены",
            Self::Offer => "Предложение клиенту",
            Self::Bargaining => "Торг",
            Self::Documents => "Документы",
            Self::Recheck => "Повторные проверки",
            Self::Signing => "Подписание",
            Self::PaymentApproval => "Согласование оплаты",
            Self::Paying => "Выплата",
            Self::PaymentUnknown => "Выплата: статус неизвестен",
            Self::PaymentConfirm => "Подтверждение выплаты",
            Self::Intake => "Приёмка в 1С",
            Self::Done => "Выкуплен",
            Self::DeclinedByClient => "Отказ клиента",
            Self::OfferExpired => "Предложение истекло",
            Self::RefusedLegal => "Отказ: юридические препятствия",
            Self::RefusedFraud => "Отказ: признаки мошенничества",
            Self::NoShow => "Клиент не приехал",
            Self::Cancelled => "Отменена",
            Self::DoneNeedsManual => "Выкуплен, нужны ручные действия",
            Self::CancelledNeedsManual => "Отменена, нужны ручные действия",
        }
    }

    pub fn is_final(self) -> bool {
        match self {
            Self::Done
            | Self::DeclinedByClient
            | Self::OfferExpired
            | Self::RefusedLegal
            | Self::RefusedFraud
            | Self::NoShow
            | Self::Cancelled
            | Self::DoneNeedsManual
            | Self::CancelledNeedsManual => true,
            Self::New
            | Self::Dispatching
            | Self::Inspection
            | Self::Checking
            | Self::WaitRemoval
            | Self::Appraisal
            | Self::PriceApproval
            | Self::Offer
            | Self::Bargaining
            | Self::Documents
            | Self::Recheck
            | Self::Signing
            | Self::PaymentApproval
            | Self::Paying
            | Self::PaymentUnknown
            | Self::PaymentConfirm
            | Self::Intake => false,
        }
    }

    /// Whether money is asked for, on its way or being confirmed.
    pub fn is_about_money(self) -> bool {
        match self {
            Self::PaymentApproval | Self::Paying | Self::PaymentUnknown | Self::PaymentConfirm => {
                true
            }
            Self::New
            | Self::Dispatching
            | Self::Inspection
            | Self::Checking
            | Self::WaitRemoval
            | Self::Appraisal
            | Self::PriceApproval
            | Self::Offer
            | Self::Bargaining
            | Self::Documents
            | Self::Recheck
            | Self::Signing
            | Self::Intake
            | Self::Done
            | Self::DeclinedByClient
            | Self::OfferExpired
            | Self::RefusedLegal
            | Self::RefusedFraud
            | Self::NoShow
            | Self::Cancelled
            | Self::DoneNeedsManual
            | Self::CancelledNeedsManual => false,
        }
    }

    /// What whoever stands beside the client reads instead: that the car is wanted, pledged or forged is for
    /// security, the inspector only knows that the inspection is put off.
    pub fn told_beside_the_client(self) -> (Self, &'static str) {
        match self {
            Self::RefusedLegal | Self::RefusedFraud => (Self::Cancelled, "Осмотр перенесён"),
            other => (other, other.title_ru()),
        }
    }

    /// Why a cancel is refused at this stage; `None` where it is legal.
    ///
    /// From the moment a payout may have left, money is in flight and only the outcome decides.
    pub fn cancel_refused(self) -> Option<&'static str> {
        match self {
            Self::Paying | Self::PaymentUnknown => Some(
                "Деньги уже отправляются клиенту: отменить нельзя, пока банк не ответит. Дождитесь статуса выплаты.",
            ),
            Self::PaymentConfirm | Self::Intake => Some(
                "Деньги выплачены: сделку можно только довести до конца. Возврат оформляется отдельно.",
            ),
            Self::Done
            | Self::DeclinedByClient
            | Self::OfferExpired
            | Self::RefusedLegal
            | Self::RefusedFraud
            | Self::NoShow
            | Self::Cancelled
            | Self::DoneNeedsManual
            | Self::CancelledNeedsManual => Some("Сделка уже завершена."),
            Self::New
            | Self::Dispatching
            | Self::Inspection
            | Self::Checking
            | Self::WaitRemoval
            | Self::Appraisal
            | Self::PriceApproval
            | Self::Offer
            | Self::Bargaining
            | Self::Documents
            | Self::Recheck
            | Self::Signing
            | Self::PaymentApproval => None,
        }
    }
}
