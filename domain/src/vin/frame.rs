//! Frame numbers of cars without a VIN.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{is_dash, latin_look_alike, masked};

const FRAME_LEN: std::ops::RangeInclusive<usize> = 5..=20;

/// The number on the frame of a car made for the Japanese market, which has no VIN:
/// "NZE121-3056789" (model code, hyphen, serial number).
///
/// Two spellings that differ only in hyphens are equal: papers print the number with and without.
/// `Debug` masks the number.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Frame(String);

/// Why a text is not a frame number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame number has 5 to 20 characters, this has {got}")]
    Length { got: usize },
    #[error("character {position} cannot stand in a frame number")]
    Character { position: usize, character: char },
    #[error("a frame number has at least one digit")]
    NoDigit,
}

impl FrameError {
    /// The sentence for the person who typed the number.
    pub fn sentence(&self) -> String {
        match self {
            Self::Length { got } => format!(
                "В номере кузова от 5 до 20 знаков, а указано {got}. Сверьте с ПТС или СТС."
            ),
            Self::Character {
                position,
                character,
            } => format!(
                "Знак «{character}» (место {position}) в номере кузова не встречается: нужны \
                 латинские буквы, цифры и дефис."
            ),
            Self::NoDigit => {
                "В номере кузова есть хотя бы одна цифра. Сверьте с ПТС или СТС.".to_owned()
            }
        }
    }
}

impl Frame {
    /// Drops spaces, turns any dash into a hyphen, raises case, turns Cyrillic look-alikes into
    /// Latin; O, I and Q stay, as frame numbers use them.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let characters: Vec<char> = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if is_dash(c) { '-' } else { c })
            .flat_map(char::to_uppercase)
            .map(latin_look_alike)
            .collect();
        let stranger = characters
            .iter()
            .position(|c| !c.is_ascii_alphanumeric() && *c != '-');
        if let Some(index) = stranger {
            return Err(FrameError::Character {
                position: index + 1,
                character: characters[index],
            });
        }
        if !FRAME_LEN.contains(&characters.len()) {
            return Err(FrameError::Length {
                got: characters.len(),
            });
        }
        if !characters.iter().any(char::is_ascii_digit) {
            return Err(FrameError::NoDigit);
        }
        Ok(Self(characters.into_iter().collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs: the beginning and the end of the number.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }

    pub(super) fn without_hyphens(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().filter(|b| *b != b'-')
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.without_hyphens().eq(other.without_hyphens())
    }
}

impl Eq for Frame {}

impl Hash for Frame {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.without_hyphens() {
            state.write_u8(byte);
        }
        // Ends the sequence, as the standard library does for strings.
        state.write_u8(0xff);
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({})", self.masked())
    }
}

impl FromStr for Frame {
    type Err = FrameError;

    fn from_str(text: &str) -> Result<Self, FrameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Frame {
    type Error = FrameError;

    fn try_from(text: String) -> Result<Self, FrameError> {
        Self::parse(&text)
    }
}

impl From<Frame> for String {
    fn from(frame: Frame) -> Self {
        frame.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_numbers_are_equal_whatever_their_hyphens() {
        let frame = Frame::parse("nze121 — 3056789").unwrap();
        assert_eq!(frame.as_str(), "NZE121-3056789");
        assert_eq!(frame, Frame::parse("NZE1213056789").unwrap());
        assert_ne!(frame, Frame::parse("NZE121-3056780").unwrap());
        let distinct: std::collections::HashSet<_> =
            [frame.clone(), Frame::parse("NZE1213056789").unwrap()].into();
        assert_eq!(distinct.len(), 1);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Frame::parse("A-1"), Err(FrameError::Length { got: 3 }));
        assert_eq!(Frame::parse("NZEABC"), Err(FrameError::NoDigit));
        assert_eq!(
            Frame::parse("NZE121/305"),
            Err(FrameError::Character {
                position: 7,
                character: '/'
            })
        );
        assert!(
            FrameError::Length { got: 3 }
                .sentence()
                .contains("указано 3")
        );
    }
}
