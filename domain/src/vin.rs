//! What identifies a car: a VIN, or the frame number of a car made for the Japanese market.

mod frame;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::frame::{Frame, FrameError};

/// Length of a VIN (ISO 3779).
const VIN_LEN: usize = 17;
/// Index of the check digit (position 9).
const CHECK_DIGIT: usize = 8;
/// Weight of each position (49 CFR part 565); the check digit's own is zero.
const WEIGHTS: [u32; VIN_LEN] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
/// Letters and digits in the frame numbers that are in use: model code and serial number.
const USUAL_FRAME_LEN: std::ops::RangeInclusive<usize> = 9..=14;

/// A vehicle identification number in its canonical form: 17 characters of `[A-HJ-NPR-Z0-9]`.
///
/// `Debug` masks the number, so that it does not get into logs by way of a derived `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vin(String);

/// Why a text is not a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VinError {
    #[error("the VIN is empty")]
    Empty,
    /// `got` characters were left after spaces and dashes were dropped.
    #[error("a VIN has 17 characters, this has {got}")]
    Length { got: usize },
    /// `position` counts from 1 after spaces and dashes were dropped.
    #[error("character {position} cannot stand in a VIN")]
    Character { position: usize, character: char },
}

impl VinError {
    /// The sentence for the person who typed the number.
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty => "Укажите VIN.".to_owned(),
            Self::Length { got } => {
                format!("В VIN 17 знаков, а указано {got}. Сверьте с ПТС или СТС.")
            }
            Self::Character {
                position,
                character,
            } => format!(
                "Знак «{character}» (место {position}) в VIN не встречается. Сверьте с ПТС или СТС."
            ),
        }
    }
}

/// Whether the ninth character of a VIN is what the other sixteen add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    Valid,
    Invalid { has: char, expected: char },
}

impl Vin {
    /// Reads a VIN as people type it and scanners see it: spaces and dashes are dropped, case is
    /// raised, Cyrillic look-alikes become Latin, and then O, I, Q, which no VIN has, become 0, 1, 0.
    ///
    /// The check digit is not a reason to refuse: see [`Vin::check_digit`].
    pub fn parse(text: &str) -> Result<Self, VinError> {
        let characters: Vec<char> = text
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .flat_map(char::to_uppercase)
            .map(latin_look_alike)
            .map(|c| match c {
                'O' | 'Q' => '0',
                'I' => '1',
                other => other,
            })
            .collect();
        if characters.is_empty() {
            return Err(VinError::Empty);
        }
        let stranger = characters.iter().position(|c| !c.is_ascii_alphanumeric());
        if let Some(index) = stranger {
            return Err(VinError::Character {
                position: index + 1,
                character: characters[index],
            });
        }
        if characters.len() != VIN_LEN {
            return Err(VinError::Length {
                got: characters.len(),
            });
        }
        Ok(Self(characters.into_iter().collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// World manufacturer identifier: the first three characters.
    pub fn wmi(&self) -> &str {
        &self.0[..3]
    }

    /// Compares the ninth character with the sum of the others (49 CFR part 565).
    ///
    /// A warning at most. The rule binds makers for North America and China; ISO 3779 and Russian
    /// makers do not follow it, so good VINs fail it: see [`Vin::check_digit_required`].
    pub fn check_digit(&self) -> CheckDigit {
        let sum: u32 = self
            .0
            .bytes()
            .zip(WEIGHTS)
            .map(|(b, weight)| value(b) * weight)
            .sum();
        let expected = match sum % 11 {
            10 => 'X',
            digit => char::from(b'0' + digit as u8),
        };
        match char::from(self.0.as_bytes()[CHECK_DIGIT]) {
            has if has == expected => CheckDigit::Valid,
            has => CheckDigit::Invalid { has, expected },
        }
    }

    /// Whether the maker's country prescribes the check digit: the United States (1, 4, 5), Canada
    /// (2), Mexico (3), China (L). For them a wrong digit is worth showing to a person.
    pub fn check_digit_required(&self) -> bool {
        matches!(self.0.as_bytes()[0], b'1'..=b'5' | b'L')
    }

    /// For logs: the maker and the last four characters.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }
}

/// By what a car is looked up; partners ask for the kind as well as for the number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum CarIdentifier {
    Vin(Vin),
    Frame(Frame),
}

impl CarIdentifier {
    /// Reads a number whose kind the source does not name: 9 to 14 letters and digits are a frame
    /// number, everything else has to be a VIN. So a VIN with a lost character is refused as such
    /// and is not taken for a frame number.
    pub fn parse(text: &str) -> Result<Self, VinError> {
        let usual = |frame: &Frame| USUAL_FRAME_LEN.contains(&frame.without_hyphens().count());
        match Frame::parse(text) {
            Ok(frame) if usual(&frame) => Ok(Self::Frame(frame)),
            Ok(_) | Err(_) => Vin::parse(text).map(Self::Vin),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Vin(vin) => vin.as_str(),
            Self::Frame(frame) => frame.as_str(),
        }
    }

    /// For logs: the beginning and the end of the number.
    pub fn masked(&self) -> String {
        masked(self.as_str())
    }
}

/// Keeps three characters in front and four behind, fewer of a short number.
fn masked(number: &str) -> String {
    let (front, behind) = if number.len() >= 11 { (3, 4) } else { (1, 2) };
    let hidden = number.len() - front - behind;
    format!(
        "{}{}{}",
        &number[..front],
        "*".repeat(hidden),
        &number[front + hidden..]
    )
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn latin_look_alike(c: char) -> char {
    match c {
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' => 'E',
        'Н' => 'H',
        'К' => 'K',
        'М' => 'M',
        'О' => 'O',
        'Р' => 'P',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        other => other,
    }
}

/// Value of a character in the check sum (49 CFR part 565): digits count as themselves, the letters
/// run 1-9 in three rows, from which I, O and Q are left out and of which the third begins with 2.
fn value(character: u8) -> u32 {
    u32::from(match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'I' => character - b'A' + 1,
        b'J'..=b'R' => character - b'J' + 1,
        _ => character - b'S' + 2,
    })
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vin({})", self.masked())
    }
}

impl FromStr for Vin {
    type Err = VinError;

    fn from_str(text: &str) -> Result<Self, VinError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Vin {
    type Error = VinError;

    fn try_from(text: String) -> Result<Self, VinError> {
        Self::parse(&text)
    }
}

impl From<Vin> for String {
    fn from(vin: Vin) -> Self {
        vin.0
    }
}

impl fmt::Display for CarIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vin(text: &str) -> Vin {
        Vin::parse(text).unwrap()
    }

    #[test]
    fn check_digits_agree_with_published_examples() {
        assert_eq!(vin("1G4AH59H45G118341").check_digit(), CheckDigit::Valid);
        assert_eq!(vin("11111111111111111").check_digit(), CheckDigit::Valid);
        assert_eq!(
            vin("XTA210990Y2766111").check_digit(),
            CheckDigit::Invalid {
                has: '0',
                expected: 'X'
            }
        );
        assert_eq!(
            vin("XUUNF487JA0007223").check_digit(),
            CheckDigit::Invalid {
                has: 'J',
                expected: '0'
            }
        );
    }

    #[test]
    fn every_character_has_its_published_value() {
        let table = "A1B2C3D4E5F6G7H8J1K2L3M4N5P7R9S2T3U4V5W6X7Y8Z9";
        for pair in table.as_bytes().chunks(2) {
            assert_eq!(
                value(pair[0]),
                u32::from(pair[1] - b'0'),
                "{}",
                char::from(pair[0])
            );
        }
    }

    #[test]
    fn the_check_digit_binds_north_america_and_china_only() {
        for text in [
            "1G4AH59H45G118341",
            "2G4AH59H45G118341",
            "LVVDB21B8MD000000",
        ] {
            assert!(vin(text).check_digit_required(), "{text}");
        }
        for text in [
            "XTA210990Y2766111",
            "WVWZZZ1JZ3W386752",
            "6G4AH59H45G118341",
        ] {
            assert!(!vin(text).check_digit_required(), "{text}");
        }
    }

    #[test]
    fn reads_what_people_type() {
        let expected = vin("XTA210990Y2766111");
        for text in [
            " xta210990y2766111 ",
            "XTA 210990 Y 2766111",
            "XTA-210990–Y2766111",
            "ХТА21О99ОУ2766111",
            "xta2io99qy2766iii".replace("2io", "210").as_str(),
        ] {
            assert_eq!(Vin::parse(text), Ok(expected.clone()), "{text}");
        }
        assert_eq!(expected.wmi(), "XTA");
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Vin::parse(" - "), Err(VinError::Empty));
        assert_eq!(
            Vin::parse("XTA210990Y276611"),
            Err(VinError::Length { got: 16 })
        );
        assert_eq!(
            Vin::parse("XTA 21Ж990Y2766111"),
            Err(VinError::Character {
                position: 6,
                character: 'Ж'
            })
        );
        assert!(VinError::Length { got: 16 }.sentence().contains("16"));
    }

    #[test]
    fn a_number_of_unknown_kind_is_told_apart_by_its_length() {
        let frame = CarIdentifier::parse("NZE121-3056789").unwrap();
        assert!(matches!(frame, CarIdentifier::Frame(_)));
        let car = CarIdentifier::parse("XTA210990Y2766111").unwrap();
        assert_eq!(car, CarIdentifier::Vin(vin("XTA210990Y2766111")));
        assert_eq!(
            CarIdentifier::parse("XTA210990Y276611"),
            Err(VinError::Length { got: 16 }),
            "a VIN with a lost character is not a frame number"
        );
    }

    #[test]
    fn the_wire_names_the_kind_and_refuses_nonsense() {
        let car = CarIdentifier::Vin(vin("XTA210990Y2766111"));
        let json = serde_json::to_string(&car).unwrap();
        assert_eq!(json, r#"{"type":"vin","value":"XTA210990Y2766111"}"#);
        assert_eq!(serde_json::from_str::<CarIdentifier>(&json).unwrap(), car);
        let frame = r#"{"type":"frame","value":"NZE121-3056789"}"#;
        let read = serde_json::from_str::<CarIdentifier>(frame).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), frame);
        assert!(serde_json::from_str::<CarIdentifier>(r#"{"type":"vin","value":"X"}"#).is_err());
    }

    #[test]
    fn logs_see_the_ends_only() {
        let car = CarIdentifier::Vin(vin("XTA210990Y2761234"));
        assert_eq!(car.masked(), "XTA**********1234");
        assert_eq!(format!("{car:?}"), "Vin(Vin(XTA**********1234))");
        assert_eq!(Frame::parse("AB123").unwrap().masked(), "A**23");
        assert_eq!(car.to_string(), "XTA210990Y2761234");
    }

    proptest! {
        #[test]
        fn what_is_read_is_canonical(text in "[0-9A-Za-zАВСЕНКМОРТУХавсенкмортух -]{15,24}") {
            if let Ok(read) = Vin::parse(&text) {
                prop_assert_eq!(read.as_str().len(), VIN_LEN);
                prop_assert!(!read.as_str().contains(['I', 'O', 'Q']));
                prop_assert_eq!(Vin::parse(read.as_str()), Ok(read));
            }
        }

        #[test]
        fn a_wrong_check_digit_names_the_right_one(text in "[A-HJ-NPR-Z0-9]{17}") {
            if let CheckDigit::Invalid { expected, .. } = vin(&text).check_digit() {
                let mended = format!("{}{expected}{}", &text[..CHECK_DIGIT], &text[CHECK_DIGIT + 1..]);
                prop_assert_eq!(vin(&mended).check_digit(), CheckDigit::Valid);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(frame) = Frame::parse(&text) {
                prop_assert_eq!(Frame::parse(frame.as_str()), Ok(frame.clone()));
                prop_assert_ne!(frame.masked(), frame.as_str());
            }
            if let Ok(car) = CarIdentifier::parse(&text) {
                prop_assert_eq!(CarIdentifier::parse(car.as_str()), Ok(car));
            }
        }
    }
}
