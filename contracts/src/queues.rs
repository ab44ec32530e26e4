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

/// The partner's code of its queue; `None` for the queue of no partner.
pub fn partner(queue: &str) -> Option<&str> {
    queue.strip_prefix("partner.")
}

/// Who serves the queue, for people.
pub fn title_ru(queue: &str) -> &'static str {
    match queue {
        KITE => "Kite: процессы и база",
        BITRIX24 => "Битрикс24",
        ONEC_ALFA => "1С «Альфа-Авто»",
        ONEC_TREASURY => "1С «Казначейство»",
        AUTOTEKA => "Автотека",
        AVTOCOD => "Авткод: ГИБДД, залоги, ЭПТС",
        FSSP => "ФССП",
        YOOKASSA => "ЮKassa: выплаты по СБП",
        BANK => "Банк: платёжные поручения",
        MESSAGES => "Сообщения клиентам: Wazzup, СМС, почта",
        _ => "",
    }
}

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
