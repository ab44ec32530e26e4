//! Telephone numbers (ITU-T E.164), with the ways in which Russians write theirs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A telephone number as digits with the country code and without the plus: "79000000012".
///
/// `Debug` masks the number, so that it does not get into logs by way of a derived `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("the phone number is empty")]
    Empty,
    #[error("the phone number has characters that are not digits")]
    Character,
    #[error("the phone number has {digits} digits, which fits no country")]
    Length { digits: usize },
    #[error("the phone number has an unknown country or area code")]
    Code,
}

impl PhoneError {
    /// The sentence for the person who typed the number.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Empty => "Укажите номер телефона.",
            Self::Character => {
                "В номере телефона лишние знаки. Укажите один номер, без добавочного."
            }
            Self::Length { .. } => {
                "В номере телефона не хватает цифр или есть лишние. Пример: +7 900 000-00-12."
            }
            Self::Code => "Нет такого кода страны или города. Пример: +7 900 000-00-12.",
        }
    }
}

impl Phone {
    /// Reads a number as people type it and partners send it. A number with a plus is international.
    /// Without one, eleven digits from 8 and ten digits are Russian, fewer are refused, and the
    /// rest is international, as messengers send it.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let (international, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = String::with_capacity(rest.len());
        for c in rest.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '(' | ')' | '.' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(PhoneError::Character),
            }
        }
        if !international {
            match digits.len() {
                11 if digits.starts_with('8') => digits.replace_range(..1, "7"),
                // No area code is 89 or 79: it is a number with its 8 or 7 and a digit lost.
                10 if digits.starts_with("89") || digits.starts_with("79") => {
                    return Err(PhoneError::Length { digits: 10 });
                }
                10 => digits.insert(0, '7'),
                // Most likely a Russian number with a digit lost: money and papers go to numbers, so
                // it is not taken for one of another country.
                short @ 1..10 => return Err(PhoneError::Length { digits: short }),
                _ => {}
            }
        }
        Self::from_digits(digits)
    }

    /// Takes digits with the country code as they are.
    fn from_digits(digits: String) -> Result<Self, PhoneError> {
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Character);
        }
        let known_code = match digits.as_bytes() {
            [] => return Err(PhoneError::Empty),
            // Russia and Kazakhstan: area codes begin with 3 to 9.
            [b'7', area, ..] if digits.len() == 11 => (b'3'..=b'9').contains(area),
            [b'7', ..] => {
                return Err(PhoneError::Length {
                    digits: digits.len(),
                });
            }
            // No country has these: it is a Russian number written from 8 where the country code is
            // required.
            [b'8', b'3' | b'9', ..] => false,
            [b'0', ..] => false,
            [_, ..] => true,
        };
        if !(8..=15).contains(&digits.len()) {
            return Err(PhoneError::Length {
                digits: digits.len(),
            });
        }
        if known_code {
            Ok(Self(digits))
        } else {
            Err(PhoneError::Code)
        }
    }

    /// Digits with the country code, without the plus: the form of messengers and of SMS gateways.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// E.164: "+79000000012".
    pub fn e164(&self) -> String {
        format!("+{}", self.0)
    }

    /// For logs: code and the last two digits, "+7 900 ***-**-12".
    pub fn masked(&self) -> String {
        match self.national() {
            Some([area, _, _, last]) => format!("+7 {area} ***-**-{last}"),
            None => {
                let (front, behind) = (3, 2);
                let hidden = "*".repeat(self.0.len() - front - behind);
                format!(
                    "+{}{hidden}{}",
                    &self.0[..front],
                    &self.0[self.0.len() - behind..]
                )
            }
        }
    }

    /// Groups of a number of the country code 7.
    fn national(&self) -> Option<[&str; 4]> {
        let national = self.0.strip_prefix('7')?;
        Some([
            &national[..3],
            &national[3..6],
            &national[6..8],
            &national[8..],
        ])
    }
}

impl fmt::Display for Phone {
    /// For people: "+7 900 000-00-12"; numbers of other countries without groups.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.national() {
            Some([area, a, b, c]) => f.pad(&format!("+7 {area} {a}-{b}-{c}")),
            None => f.pad(&self.e164()),
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    /// The stored form only: bare digits are taken with their country code, or a Hong Kong number
    /// (852…) would come back from history as a Russian one.
    fn try_from(digits: String) -> Result<Self, PhoneError> {
        Self::from_digits(digits)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn russian_numbers_have_one_form() {
        for text in [
            "+7 900 000-00-12",
            "8 (900) 000-00-12",
            "89000000012",
            "9000000012",
            "7.900.000.00.12",
            " +7\u{a0}(900)\u{a0}000–00–12 ",
        ] {
            assert_eq!(
                Phone::parse(text).unwrap().digits(),
                "79000000012",
                "{text}"
            );
        }
    }

    #[test]
    fn is_written_for_people() {
        let phone = Phone::parse("89000000012").unwrap();
        assert_eq!(phone.to_string(), "+7 900 000-00-12");
        assert_eq!(phone.e164(), "+79000000012");
        assert_eq!(
            Phone::parse("+375 29 000-00-12").unwrap().to_string(),
            "+375290000012"
        );
    }

    #[test]
    fn a_plus_means_another_country() {
        assert_eq!(
            Phone::parse("+852 0000 0012").unwrap().digits(),
            "85200000012"
        );
        assert_eq!(
            Phone::parse("+45 00 00 00 12").unwrap().digits(),
            "4500000012"
        );
        assert_eq!(
            Phone::parse("375290000012").unwrap().digits(),
            "375290000012"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, error) in [
            (" ", PhoneError::Empty),
            ("+", PhoneError::Empty),
            ("8 900 000-00-12 доб. 5", PhoneError::Character),
            ("89000000012, 89000000013", PhoneError::Character),
            ("+7+9000000012", PhoneError::Character),
            ("900000001", PhoneError::Length { digits: 9 }),
            ("8900000001", PhoneError::Length { digits: 10 }),
            ("7900000001", PhoneError::Length { digits: 10 }),
            ("+7 900 000-00-1", PhoneError::Length { digits: 10 }),
            ("+1234567890123456", PhoneError::Length { digits: 16 }),
            ("+7 100 000-00-12", PhoneError::Code),
            ("+8 900 000-00-12", PhoneError::Code),
            ("02", PhoneError::Length { digits: 2 }),
        ] {
            assert_eq!(Phone::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_wire_is_digits_and_is_not_reinterpreted() {
        let hong_kong = Phone::parse("+852 0000 0012").unwrap();
        let json = serde_json::to_string(&hong_kong).unwrap();
        assert_eq!(json, r#""85200000012""#);
        assert_eq!(serde_json::from_str::<Phone>(&json).unwrap(), hong_kong);
        assert!(serde_json::from_str::<Phone>(r#""89000000012""#).is_err());
    }

    #[test]
    fn logs_see_the_code_and_two_digits() {
        let phone = Phone::parse("89001234512").unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(+7 900 ***-**-12)");
        assert_eq!(
            Phone::parse("+375291234512").unwrap().masked(),
            "+375*******12"
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(text in "\\+?[0-9() -]{7,20}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(&phone.to_string()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse(&phone.e164()), Ok(phone.clone()));
                let json = serde_json::to_string(&phone).unwrap();
                prop_assert_eq!(serde_json::from_str::<Phone>(&json).unwrap(), phone);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert!(phone.masked().contains('*'));
            }
        }
    }
}
