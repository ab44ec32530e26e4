//! Russian registration plates (ГОСТ Р 50577-2018).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A registration plate in its canonical form: Cyrillic letters of the set that has Latin
/// look-alikes, no spaces, with the region: "А123ВС77".
///
/// `Debug` masks the number, so that it does not get into logs by way of a derived `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plate(String);

/// What vehicle a plate's pattern belongs to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PlateKind {
    /// А123ВС77
    Private,
    /// АВ12377, also route buses
    Taxi,
    /// 1234АВ77, also tractors
    Moto,
    /// АВ123477
    Trailer,
}

/// Why a text is not a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    #[error("the plate is empty")]
    Empty,
    /// `position` counts from 1 after spaces and dashes were dropped.
    #[error("character {position} cannot stand on a plate")]
    Character { position: usize, character: char },
    #[error("no kind of plate has this order of letters and digits")]
    Pattern,
    #[error("a plate's number and region are not all zeros")]
    Zeros,
}

impl PlateError {
    /// The sentence for the person who typed the plate.
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty => "Укажите госномер.".to_owned(),
            Self::Character {
                position,
                character,
            } => format!(
                "Знак «{character}» (место {position}) в госномере не встречается: нужны цифры и \
                 буквы АВЕКМНОРСТУХ."
            ),
            Self::Pattern => {
                "Госномер не читается. Укажите его вместе с регионом, например А123ВС77.".to_owned()
            }
            Self::Zeros => "В госномере не бывает одних нулей. Сверьте с СТС.".to_owned(),
        }
    }
}

impl Plate {
    /// Reads a plate as people type it: spaces and dashes are dropped, case is raised, Latin
    /// look-alikes become Cyrillic. Plates without a region, transit and foreign ones are refused.
    pub fn parse(text: &str) -> Result<Self, PlateError> {
        let characters: Vec<char> = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '|'))
            .flat_map(char::to_uppercase)
            .map(cyrillic_look_alike)
            .collect();
        if characters.is_empty() {
            return Err(PlateError::Empty);
        }
        let stranger = characters
            .iter()
            .position(|c| !c.is_ascii_digit() && !is_plate_letter(*c));
        if let Some(index) = stranger {
            return Err(PlateError::Character {
                position: index + 1,
                character: characters[index],
            });
        }
        let layout = layout(&characters).ok_or(PlateError::Pattern)?;
        let number = &characters[layout.number.clone()];
        let region = &characters[layout.region_from..];
        if [number, region]
            .iter()
            .any(|digits| digits.iter().all(|d| *d == '0'))
        {
            return Err(PlateError::Zeros);
        }
        Ok(Self(characters.into_iter().collect()))
    }

    /// The plate without spaces, as partners take it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What vehicle the pattern belongs to. Two letters and six digits fit a taxi of a three-digit
    /// region and a trailer of a two-digit one; the taxi is taken, as it is cars that are looked up,
    /// unless its region would begin with a zero.
    pub fn kind(&self) -> PlateKind {
        self.layout().kind
    }

    /// Code of the region, two or three digits.
    pub fn region(&self) -> String {
        self.0.chars().skip(self.layout().region_from).collect()
    }

    /// For logs: the letters and the region.
    pub fn masked(&self) -> String {
        let number = self.layout().number;
        let hide = |(index, c)| if number.contains(&index) { '*' } else { c };
        self.0.chars().enumerate().map(hide).collect()
    }

    fn layout(&self) -> Layout {
        let characters: Vec<char> = self.0.chars().collect();
        layout(&characters).expect("a plate is built by `parse` alone, which found its layout")
    }
}

/// Where the parts of a plate are, in characters.
struct Layout {
    kind: PlateKind,
    number: std::ops::Range<usize>,
    region_from: usize,
}

fn layout(characters: &[char]) -> Option<Layout> {
    let pattern: String = characters
        .iter()
        .map(|c| if c.is_ascii_digit() { '0' } else { 'А' })
        .collect();
    let (kind, number, region_from) = match pattern.as_str() {
        "А000АА00" | "А000АА000" => (PlateKind::Private, 1..4, 6),
        "0000АА00" | "0000АА000" => (PlateKind::Moto, 0..4, 6),
        "АА00000" => (PlateKind::Taxi, 2..5, 5),
        "АА000000" if characters[5] != '0' => (PlateKind::Taxi, 2..5, 5),
        "АА000000" | "АА0000000" => (PlateKind::Trailer, 2..6, 6),
        _ => return None,
    };
    Some(Layout {
        kind,
        number,
        region_from,
    })
}

fn is_plate_letter(c: char) -> bool {
    "АВЕКМНОРСТУХ".contains(c)
}

fn cyrillic_look_alike(c: char) -> char {
    match c {
        'A' => 'А',
        'B' => 'В',
        'E' => 'Е',
        'K' => 'К',
        'M' => 'М',
        'H' => 'Н',
        'O' => 'О',
        'P' => 'Р',
        'C' => 'С',
        'T' => 'Т',
        'Y' => 'У',
        'X' => 'Х',
        other => other,
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plate({})", self.masked())
    }
}

impl FromStr for Plate {
    type Err = PlateError;

    fn from_str(text: &str) -> Result<Self, PlateError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateError;

    fn try_from(text: String) -> Result<Self, PlateError> {
        Self::parse(&text)
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> Self {
        plate.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plate(text: &str) -> Plate {
        Plate::parse(text).unwrap()
    }

    #[test]
    fn latin_and_cyrillic_spellings_are_one_plate() {
        let expected = plate("А123ВС77");
        for text in ["A123BC77", "a123bc 77", " а 123 вс | 77", "А123ВС-77"] {
            assert_eq!(plate(text), expected, "{text}");
        }
        assert_eq!(expected.to_string(), "А123ВС77");
        assert!(
            expected
                .as_str()
                .chars()
                .filter(|c| c.is_alphabetic())
                .all(|c| !c.is_ascii())
        );
    }

    #[test]
    fn the_kind_follows_the_pattern() {
        for (text, kind, region) in [
            ("А123ВС77", PlateKind::Private, "77"),
            ("А123ВС777", PlateKind::Private, "777"),
            ("АВ12377", PlateKind::Taxi, "77"),
            ("АВ123777", PlateKind::Taxi, "777"),
            ("АВ123051", PlateKind::Trailer, "51"),
            ("АВ1234777", PlateKind::Trailer, "777"),
            ("1234АВ51", PlateKind::Moto, "51"),
            ("1234АВ177", PlateKind::Moto, "177"),
        ] {
            assert_eq!(
                (plate(text).kind(), plate(text).region().as_str()),
                (kind, region),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, error) in [
            ("", PlateError::Empty),
            ("А000ВС77", PlateError::Zeros),
            ("А123ВС00", PlateError::Zeros),
            ("АВ00077", PlateError::Zeros),
            ("0000АВ77", PlateError::Zeros),
            ("А123ВС", PlateError::Pattern),
            ("А123ВС7", PlateError::Pattern),
            ("А123ВС7777", PlateError::Pattern),
            ("АВС12377", PlateError::Pattern),
            (
                "Д123ВС77",
                PlateError::Character {
                    position: 1,
                    character: 'Д',
                },
            ),
            (
                "А123 ВZ77",
                PlateError::Character {
                    position: 6,
                    character: 'Z',
                },
            ),
        ] {
            assert_eq!(Plate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_wire_is_the_canonical_text() {
        let read: Plate = serde_json::from_str(r#""a123bc77""#).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""А123ВС77""#);
        assert!(serde_json::from_str::<Plate>(r#""А000ВС77""#).is_err());
    }

    #[test]
    fn logs_do_not_see_the_number() {
        assert_eq!(format!("{:?}", plate("А123ВС77")), "Plate(А***ВС77)");
        assert_eq!(plate("АВ1234777").masked(), "АВ****777");
    }

    proptest! {
        #[test]
        fn what_is_read_is_canonical(text in "[ABEKMHOPCTYXАВЕКМНОРСТУХabх0-9 -]{6,12}") {
            if let Ok(read) = Plate::parse(&text) {
                prop_assert!(read.as_str().chars().all(|c| c.is_ascii_digit() || is_plate_letter(c)));
                prop_assert!(!read.masked().is_empty());
                prop_assert_eq!(Plate::parse(read.as_str()), Ok(read));
            }
        }

        #[test]
        fn every_private_plate_is_read(text in "[АВЕКМНОРСТУХ][1-9][0-9]{2}[АВЕКМНОРСТУХ]{2}[1-9][0-9]{1,2}") {
            prop_assert_eq!(plate(&text).kind(), PlateKind::Private);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}") {
            if let Err(error) = Plate::parse(&text) {
                prop_assert!(error.sentence().ends_with('.'));
            }
        }
    }
}
