//! Marked personal data, and the search for it in any bytes: as it is, and in the ways in which texts are
//! wrapped on their way into files and logs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A text that stands nowhere unless it leaked.
#[derive(Debug, Clone)]
pub struct Marker {
    /// Of which field.
    pub field: String,
    pub text: String,
    /// Its bytes in every form that is looked for, with the form's name.
    forms: Vec<(&'static str, Vec<u8>)>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    pub place: String,
    pub field: String,
    pub form: &'static str,
    /// What stands around it, so that the leak can be found.
    pub around: String,
}

impl Marker {
    /// `text` has at least eight characters, or it would be found by accident.
    pub fn new(field: &str, text: &str) -> Self {
        assert!(text.chars().count() >= 8, "{field}: {text} is no marker");
        let mut forms = Vec::new();
        let cases = [text.to_owned(), text.to_lowercase(), text.to_uppercase()];
        for text in &cases {
            forms.extend(wrapped(text));
        }
        forms.sort();
        forms.dedup_by(|a, b| a.1 == b.1);
        Self {
            field: field.to_owned(),
            text: text.to_owned(),
            forms,
        }
    }

    /// The form in which the bytes hold it, with what stands around.
    fn find(&self, bytes: &[u8]) -> Option<(&'static str, String)> {
        self.forms.iter().find_map(|(form, wanted)| {
            let at = position(bytes, wanted)?;
            let from = at.saturating_sub(60);
            let to = (at + wanted.len() + 60).min(bytes.len());
            let around = String::from_utf8_lossy(&bytes[from..to]).into_owned();
            Some((*form, around))
        })
    }
}

/// Every marker that stands in the bytes.
pub fn leaks(place: &str, bytes: &[u8], markers: &[Marker]) -> Vec<Leak> {
    markers
        .iter()
        .filter_map(|marker| {
            let (form, around) = marker.find(bytes)?;
            Some(Leak {
                place: place.to_owned(),
                field: marker.field.clone(),
                form,
                around,
            })
        })
        .collect()
}

fn wrapped(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf8 = text.as_bytes();
    let mut forms = vec![("plain", utf8.to_vec())];
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let bytes = |of: fn(u16) -> [u8; 2]| utf16.iter().flat_map(|unit| of(*unit)).collect();
    forms.push(("UTF-16LE", bytes(u16::to_le_bytes)));
    forms.push(("UTF-16BE", bytes(u16::to_be_bytes)));
    for upper in [false, true] {
        let escaped: String = utf16
            .iter()
            .map(|unit| match (u8::try_from(*unit), upper) {
                (Ok(ascii), _) if ascii.is_ascii() => char::from(ascii).to_string(),
                (_, true) => format!("\\u{unit:04X}"),
                (_, false) => format!("\\u{unit:04x}"),
            })
            .collect();
        forms.push(("JSON-escaped", escaped.into_bytes()));
        let encoded: String = utf8
            .iter()
            .map(|byte| match (byte, upper) {
                (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.', _) => {
                    char::from(*byte).to_string()
                }
                (byte, true) => format!("%{byte:02X}"),
                (byte, false) => format!("%{byte:02x}"),
            })
            .collect();
        forms.push(("URL-encoded", encoded.replace("%20", "+").into_bytes()));
        forms.push(("URL-encoded", encoded.into_bytes()));
        let hex: String = utf8
            .iter()
            .map(|byte| {
                if upper {
                    format!("{byte:02X}")
                } else {
                    format!("{byte:02x}")
                }
            })
            .collect();
        forms.push(("hex", hex.into_bytes()));
        let quoted: String = utf8.iter().map(|byte| format!("={byte:02X}")).collect();
        forms.push(("quoted-printable", quoted.into_bytes()));
    }
    // Base64 of a longer text: the marker begins at any of three places of a group, its edges depend on
    // the neighbours.
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(utf8);
        for (name, engine) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
            let encoded = engine.encode(&padded);
            let from = (before * 8).div_ceil(6);
            let to = padded.len() * 8 / 6;
            forms.push((name, encoded.as_bytes()[from..to].to_vec()));
        }
    }
    forms
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while from + wanted.len() <= bytes.len() {
        let at = from + bytes[from..].iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_in_every_wrapping_and_nothing_is_found_in_noise() {
        let marker = Marker::new("name", "Канарейкин-Пётр");
        let text = format!("до {} после", marker.text);
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let escaped: String = text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for (form, bytes) in [
            ("plain", text.clone().into_bytes()),
            ("plain", text.to_lowercase().into_bytes()),
            ("UTF-16LE", utf16),
            ("JSON-escaped", escaped.replace("\\u002d", "-").into_bytes()),
            ("URL-encoded", encoded.into_bytes()),
            ("base64", STANDARD.encode(&text).into_bytes()),
            ("base64", STANDARD.encode(format!("x{text}")).into_bytes()),
            ("base64", STANDARD.encode(format!("xy{text}")).into_bytes()),
        ] {
            let found = leaks("here", &bytes, std::slice::from_ref(&marker));
            assert_eq!(found.len(), 1, "{form}");
            assert!(found[0].form.starts_with(form), "{found:?}");
        }
        let noise = STANDARD.encode("Канарейка Петя").into_bytes();
        assert_eq!(leaks("here", &noise, &[marker]), []);
    }
}
