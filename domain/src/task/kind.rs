//! What a process may ask of people: who is asked, who is asked next, and the duty that an answer is.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};

use super::Duty;
use crate::staff::Role;

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
pub enum TaskKind {
    /// Назначить осмотрщика.
    AssignInspector,
    /// Осмотреть автомобиль.
    Inspect,
    /// Разобрать расхождение идентификаторов.
    ResolveMismatch,
    /// Источник не ответил: ждать, продолжить, прекратить.
    DecideSources,
    /// Клиент снимает запрет.
    AwaitRemoval,
    /// Оценить.
    Appraise,
    /// Согласовать цену.
    ApprovePrice,
    /// Предложить клиенту.
    OfferToClient,
    /// Торг.
    Bargain,
    /// Собрать документы.
    CollectPapers,
    /// Проверить документы.
    VerifyPapers,
    /// Подписать договор и акт.
    SignContract,
    /// Согласовать заявку на оплату в 1С.
    ApprovePayment,
    /// Заявку согласовал участник этой же сделки.
    ResolveOwnWork,
    /// Исправить реквизиты.
    FixRequisites,
    /// Подписать платёжное поручение в банке.
    SignBankOrder,
    /// Подтвердить выплату.
    ConfirmPayment,
    /// 1С не приняла документ.
    AccountingTrouble,
    /// Партнёр не принял запрос или долго не отвечает.
    PartnerTrouble,
    /// Отмена шага не удалась.
    UndoTrouble,
}

impl TaskKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::AssignInspector => "Назначить осмотрщика",
            Self::Inspect => "Осмотреть автомобиль",
            Self::ResolveMismatch => "Разобрать расхождение номеров",
            Self::DecideSources => "Источники не ответили",
            Self::AwaitRemoval => "Клиент снимает запрет",
            Self::Appraise => "Оценить автомобиль",
            Self::ApprovePrice => "Согласовать цену",
            Self::OfferToClient => "Предложить цену клиенту",
            Self::Bargain => "Ответить на встречную цену",
            Self::CollectPapers => "Собрать документы",
            Self::VerifyPapers => "Проверить документы",
            Self::SignContract => "Подписать договор и акт",
            Self::ApprovePayment => "Согласовать заявку на оплату в 1С",
            Self::ResolveOwnWork => "Заявку согласовал участник сделки",
            Self::FixRequisites => "Исправить реквизиты",
            Self::SignBankOrder => "Подписать платёжное поручение в банке",
            Self::ConfirmPayment => "Подтвердить выплату",
            Self::AccountingTrouble => "1С не приняла документ",
            Self::PartnerTrouble => "Партнёр не принял запрос",
            Self::UndoTrouble => "Отмена шага не удалась",
        }
    }

    /// The role that is asked first.
    pub fn role(self) -> Role {
        match self {
            Self::AssignInspector => Role::Dispatcher,
            Self::Inspect => Role::Inspector,
            Self::ResolveMismatch => Role::Security,
            Self::DecideSources | Self::ResolveOwnWork => Role::BuyoutHead,
            Self::Appraise => Role::Appraiser,
            Self::ApprovePrice => Role::SeniorAppraiser,
            Self::AwaitRemoval
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::SignContract
            | Self::FixRequisites => Role::BuyoutManager,
            Self::VerifyPapers | Self::ConfirmPayment => Role::Verifier,
            Self::ApprovePayment | Self::SignBankOrder => Role::PaymentApprover,
            Self::AccountingTrouble => Role::Accountant,
            Self::PartnerTrouble | Self::UndoTrouble => Role::Ops,
        }
    }

    /// Who is asked when the deadline passes, step by step.
    pub fn escalation(self) -> Vec<Role> {
        match self {
            Self::Appraise => vec![Role::SeniorAppraiser, Role::BuyoutHead],
            Self::AssignInspector | Self::Inspect => vec![Role::Dispatcher, Role::BuyoutHead],
            Self::PartnerTrouble | Self::UndoTrouble => vec![Role::Admin],
            Self::ResolveMismatch
            | Self::DecideSources
            | Self::AwaitRemoval
            | Self::ApprovePrice
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::VerifyPapers
            | Self::SignContract
            | Self::ApprovePayment
            | Self::ResolveOwnWork
            | Self::FixRequisites
            | Self::SignBankOrder
            | Self::ConfirmPayment
            | Self::AccountingTrouble => vec![Role::BuyoutHead],
        }
    }

    /// The duty that deciding this task gives a person in the run.
    pub fn duty(self) -> Option<Duty> {
        match self {
            Self::Inspect => Some(Duty::Inspector),
            Self::Appraise => Some(Duty::Appraiser),
            Self::ApprovePrice => Some(Duty::PriceApprover),
            Self::VerifyPapers | Self::ConfirmPayment => Some(Duty::Verifier),
            Self::ApprovePayment | Self::SignBankOrder => Some(Duty::PaymentApprover),
            Self::AssignInspector
            | Self::ResolveMismatch
            | Self::DecideSources
            | Self::AwaitRemoval
            | Self::OfferToClient
            | Self::Bargain
            | Self::CollectPapers
            | Self::SignContract
            | Self::ResolveOwnWork
            | Self::FixRequisites
            | Self::AccountingTrouble
            | Self::PartnerTrouble
            | Self::UndoTrouble => None,
        }
    }

    /// Decided elsewhere (1C, the bank): Kite shows the task and closes it when the fact arrives.
    pub fn decided_outside(self) -> bool {
        matches!(self, Self::ApprovePayment | Self::SignBankOrder)
    }
}
