//! What 1C means by an answer without success.

use serde_json::Value;

use crate::error::PartnerError;
use crate::http::Answer;

/// Longest text of 1C that a person is shown, characters.
const LONGEST: usize = 500;

/// A refused call.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is no object with that key. Said by 1C itself: a 404 of a proxy is something else.
    NotFound,
    /// There is an object with our key already.
    Exists,
    Failed(PartnerError),
}

impl Problem {
    /// For calls to which neither answer is a normal one.
    pub(super) fn into_error(self, base: &str) -> PartnerError {
        match self {
            Self::NotFound => PartnerError::rejected(
                "not_found",
                format!("В базе «{base}» нет объекта, с которым работает этот шаг."),
            ),
            Self::Exists => PartnerError::Conflict {
                existing: format!("объект в базе «{base}»"),
            },
            Self::Failed(error) => error,
        }
    }
}

/// `{"odata.error":{"code":"9","message":{"lang":"ru","value":"…"}}}`, or the same in XML.
#[derive(Debug, PartialEq)]
pub(super) struct Complaint {
    code: i64,
    text: String,
}

impl Complaint {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(body)
            .ok()?
            .trim_start_matches('\u{feff}')
            .trim();
        if body.starts_with('<') {
            let xml = roxmltree::Document::parse(body).ok()?;
            let root = xml.root_element();
            if root.tag_name().name() != "error" {
                return None;
            }
            let child = |name| root.children().find(|node| node.tag_name().name() == name);
            return Some(Self {
                code: child("code")?.text()?.trim().parse().ok()?,
                text: clean(
                    child("message")
                        .and_then(|node| node.text())
                        .unwrap_or_default(),
                ),
            });
        }
        let body: Value = serde_json::from_str(body).ok()?;
        let error = body.get("odata.error")?;
        let code = match error.get("code")? {
            Value::String(code) => code.trim().parse().ok()?,
            code => code.as_i64()?,
        };
        let text = match error.get("message") {
            Some(Value::String(text)) => text,
            Some(message) => message
                .get("value")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            None => "",
        };
        Some(Self {
            code,
            text: clean(text),
        })
    }
}

/// One paragraph, bounded.
fn clean(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Judges an answer without success. `base` is the base's name for people.
pub(super) fn judge(answer: &Answer, base: &str) -> Problem {
    let status = answer.status().as_u16();
    let Some(complaint) = Complaint::read(answer.body()) else {
        return Problem::Failed(without_complaint(answer, base));
    };
    let Complaint { code, text } = complaint;
    Problem::Failed(match code {
        9 => return Problem::NotFound,
        15 => return Problem::Exists,
        -1 if is_lock(&text) => answer.unavailable("the object is locked by somebody else"),
        // The base's own rules spoke: repeating gives the same, a person reads why.
        -1 => PartnerError::rejected("-1", format!("1С («{base}») отказала: {text}")),
        20 => PartnerError::rejected(
            "20",
            format!("У пользователя обмена нет прав в базе «{base}». 1С: {text}"),
        ),
        3..=5 | 12 | 13 | 16 => PartnerError::rejected(
            code.to_string(),
            format!("1С («{base}») не приняла данные: {text}"),
        ),
        // 18: a session could not be begun, mostly for want of a licence.
        18 => answer.unavailable("1C could not begin a session"),
        6 | 8 | 10 => answer.broken(&format!(
            "1C knows no such object or field (code {code}); compare the mapping with $metadata"
        )),
        _ if status >= 500 => answer.unavailable(&format!("1C failed with code {code}")),
        _ => answer.broken(&format!("1C refused the call with code {code}")),
    })
}

fn without_complaint(answer: &Answer, base: &str) -> PartnerError {
    match answer.status().as_u16() {
        // The web server or 1C wants another login; 1C itself also asks so while it has no licence.
        401 | 403 if !answer.is_html() => PartnerError::rejected(
            "credentials",
            format!("База «{base}» не приняла учётные данные Kite. Проверьте настройки обмена."),
        ),
        404 if !answer.is_html() => {
            answer.broken("nothing is published at this address; compare base_url and the mapping")
        }
        406 => answer.unavailable("1C could not begin a session"),
        _ => answer.failure(),
    }
}

/// Somebody else holds the object or the table: it passes.
fn is_lock(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("блокиров") || text.contains("deadlock") || text.contains("lock timeout")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_read_from_json_and_xml() {
        let json = r#"{"odata.error":{"code":"-1","message":{"lang":"ru","value":"Не  заполнено\nполе"}}}"#;
        let expected = Complaint {
            code: -1,
            text: "Не заполнено поле".to_owned(),
        };
        assert_eq!(Complaint::read(json.as_bytes()).as_ref(), Some(&expected));
        let marked = format!("\u{feff}{json}");
        assert_eq!(Complaint::read(marked.as_bytes()).as_ref(), Some(&expected));
        let xml = r#"<?xml version="1.0"?><m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><m:code>-1</m:code><m:message xml:lang="ru">Не заполнено поле</m:message></m:error>"#;
        assert_eq!(Complaint::read(xml.as_bytes()), Some(expected));
    }

    #[test]
    fn other_bodies_are_no_complaint() {
        for body in [
            "",
            "{}",
            "<html><body>x</body></html>",
            r#"{"odata.error":{"code":"x"}}"#,
        ] {
            assert_eq!(Complaint::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_long_text_is_cut_for_people() {
        assert_eq!(clean(&"я".repeat(600)).chars().count(), LONGEST + 1);
        assert!(is_lock("Конфликт блокировок при выполнении транзакции"));
        assert!(!is_lock("Не заполнено поле «Склад»"));
    }
}
