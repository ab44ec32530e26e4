//! Whether a request is still the one that Kite made.
//!
//! The base lets people edit a request. What they approved must be what is paid, so amount, payer and
//! recipient are sealed by a mark in the comment, and an approval counts only while the mark fits.
//! The mark guards against an edit, not against a forger: what is paid comes from the process.

use domain::money::Money;
use domain::payment::{AccountRequisites, Requisites, SbpRequisites};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const RECIPIENT: &str = "Получатель: ";
const MARK: &str = "Контроль Kite: ";
/// Digits of the mark.
const LENGTH: usize = 16;

/// What is sealed.
pub(super) struct Sealed<'a> {
    pub(super) ref_key: Uuid,
    pub(super) amount: Money,
    pub(super) organization: Uuid,
    pub(super) recipient: &'a str,
}

impl Sealed<'_> {
    fn mark(&self) -> String {
        let Self {
            ref_key,
            amount,
            organization,
            recipient,
        } = self;
        let text = format!("{ref_key}|{}|{organization}|{recipient}", amount.kopecks());
        let hash = Sha256::digest(text.as_bytes());
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        digits[..LENGTH].to_owned()
    }

    /// Our comment with the mark, and with the recipient where the base has no field for them.
    pub(super) fn comment(&self, comment: &str, with_recipient: bool) -> String {
        let recipient = match with_recipient {
            true => format!("{RECIPIENT}{}\n", self.recipient),
            false => String::new(),
        };
        format!("{comment}\n{recipient}{MARK}{}", self.mark())
    }

    /// Whether the mark of a comment fits.
    pub(super) fn fits(&self, comment: &str) -> bool {
        line(comment, MARK).is_some_and(|mark| mark == self.mark())
    }
}

/// The recipient as a comment names them.
pub(super) fn recipient_of(comment: &str) -> Option<&str> {
    line(comment, RECIPIENT)
}

fn line<'a>(comment: &'a str, begins: &str) -> Option<&'a str> {
    comment
        .lines()
        .find_map(|line| line.trim().strip_prefix(begins))
}

/// Who is paid and where, in one line.
pub(super) fn recipient(requisites: &Requisites) -> String {
    let Requisites {
        recipient_name,
        sbp,
        account,
    } = requisites;
    let mut text = recipient_name
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if let Some(SbpRequisites { phone, bank_id }) = sbp {
        text.push_str(&format!("; СБП {}, банк {bank_id}", phone.e164()));
    }
    if let Some(AccountRequisites {
        account,
        bic,
        correspondent_account: _,
        bank_name: _,
        inn,
    }) = account
    {
        text.push_str(&format!("; счёт {account}, БИК {bic}, ИНН {inn}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(recipient: &str) -> Sealed<'_> {
        Sealed {
            ref_key: Uuid::from_u128(1),
            amount: Money::from_rubles(450_000),
            organization: Uuid::from_u128(2),
            recipient,
        }
    }

    #[test]
    fn a_mark_fits_what_it_seals_and_nothing_else() {
        let own = sealed("Тестов Тест; счёт 1");
        let comment = own.comment("Kite, сделка 7", true);
        assert_eq!(recipient_of(&comment), Some("Тестов Тест; счёт 1"));
        assert!(own.fits(&comment));
        assert!(own.fits(&format!("{comment}\r\nСогласовано на планёрке")));
        assert!(!sealed("Тестов Тест; счёт 2").fits(&comment));
        let dearer = Sealed {
            amount: Money::from_rubles(950_000),
            ..sealed("Тестов Тест; счёт 1")
        };
        assert!(!dearer.fits(&comment));
        assert!(!own.fits("Kite, сделка 7"));
    }

    #[test]
    fn the_recipient_is_one_line_with_every_way_to_pay() {
        let requisites = Requisites {
            recipient_name: "Тестов  Тест\nТестович".to_owned(),
            sbp: Some(SbpRequisites {
                phone: domain::phone::Phone::parse("+79000000012").expect("a phone"),
                bank_id: "100000000111".to_owned(),
            }),
            account: Some(AccountRequisites {
                account: "40817810000000000001".to_owned(),
                bic: "044525225".to_owned(),
                correspondent_account: "30101810400000000225".to_owned(),
                bank_name: "Банк".to_owned(),
                inn: "0".to_owned(),
            }),
        };
        assert_eq!(
            recipient(&requisites),
            "Тестов Тест Тестович; СБП +79000000012, банк 100000000111; счёт 40817810000000000001, БИК 044525225, ИНН 0"
        );
    }
}
