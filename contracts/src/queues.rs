//! Task queues: one for processes and our own database, one per partner, so that a limit or an
//! outage of one partner touches nobody else.

/// Processes, local activities, documents.
pub const KITE: &str = "kite";
pub const BITRIX24: &str = "partner.bitrix24";
pub const ONEC_ALFA: &str = "partner.onec_alfa";
pub const ONEC_TREASURY: &str = "partner.onec_treasury";
pub const AUTOTEKA: &str = "partner.autoteka";
pub const AVTOCOD: &str = "partner.avtocod";
pub const FSSP: &str = "partner.fssp";
pub const YOOKASSA: &str = "partner.yookassa";
pub const BANK: &str = "partner.bank";
/// Wazzup, SMS and mail.
pub const MESSAGES: &str = "partner.messages";

pub const ALL: [&str; 10] = [
    KITE,
    BITRIX24,
    ONEC_ALFA,
    ONEC_TREASURY,
    AUTOTEKA,
    AVTOCOD,
    FSSP,
    YOOKASSA,
    BANK,
    MESSAGES,
];
