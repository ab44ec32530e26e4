//! The partners, and what a partner's module gives to the core.

use axum::Router;
use http::Method;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoStaticStr};

use super::sim::Sim;
use crate::{
    autoteka, avtocod, bank, bitrix24, fssp, mail, onec_alfa, onec_treasury, sms, wazzup, yookassa,
};

/// A system outside of Kite. Spelled `onec_alfa` in routes, the ledger and faults.
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
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Partner {
    Bitrix24,
    OnecAlfa,
    OnecTreasury,
    Autoteka,
    Avtocod,
    Fssp,
    Yookassa,
    Bank,
    Wazzup,
    Sms,
    Mail,
}

/// The four functions of a partner's module.
pub(super) struct Protocol {
    pub(super) router: fn(Sim) -> Router,
    pub(super) operation: fn(&Method, &str, &[u8]) -> &'static str,
    pub(super) error_body: fn(u16) -> (&'static str, String),
    pub(super) control: fn(Sim) -> Router,
}

macro_rules! protocol {
    ($module:ident) => {
        Protocol {
            router: $module::router,
            operation: $module::operation,
            error_body: $module::error_body,
            control: $module::control,
        }
    };
}

impl Partner {
    pub(super) fn protocol(self) -> Protocol {
        match self {
            Partner::Bitrix24 => protocol!(bitrix24),
            Partner::OnecAlfa => protocol!(onec_alfa),
            Partner::OnecTreasury => protocol!(onec_treasury),
            Partner::Autoteka => protocol!(autoteka),
            Partner::Avtocod => protocol!(avtocod),
            Partner::Fssp => protocol!(fssp),
            Partner::Yookassa => protocol!(yookassa),
            Partner::Bank => protocol!(bank),
            Partner::Wazzup => protocol!(wazzup),
            Partner::Sms => protocol!(sms),
            Partner::Mail => protocol!(mail),
        }
    }
}
