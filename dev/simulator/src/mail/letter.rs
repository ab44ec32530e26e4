//! A letter taken apart.

use mailparse::{DispositionType, MailHeaderMap, ParsedMail};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What a mail program shows of a letter.
#[derive(Debug, Serialize)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) message_id: Option<String>,
    /// As the letter itself names them.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reply_to: Option<String>,
    pub(super) date: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) attachments: Vec<Attachment>,
}

#[derive(Debug, Serialize)]
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) size: usize,
    pub(super) sha256: String,
    #[serde(skip)]
    pub(super) content: Vec<u8>,
}

impl Letter {
    /// A letter that cannot be parsed is shown as plain text.
    pub(super) fn read(source: &[u8]) -> Self {
        match mailparse::parse_mail(source) {
            Ok(mail) => Self::of(&mail),
            Err(_) => Self::unreadable(source),
        }
    }

    fn of(mail: &ParsedMail<'_>) -> Self {
        let header = |name: &str| mail.headers.get_first_value(name);
        let mut letter = Self {
            subject: header("Subject").unwrap_or_default(),
            message_id: header("Message-ID").map(bare),
            from: header("From").unwrap_or_default(),
            to: header("To").unwrap_or_default(),
            reply_to: header("Reply-To"),
            date: header("Date"),
            headers: mail
                .headers
                .iter()
                .map(|header| (header.get_key(), header.get_value()))
                .collect(),
            text: None,
            html: None,
            attachments: Vec::new(),
        };
        letter.add(mail);
        letter
    }

    /// The first text and the first HTML are the body, all else is attached.
    fn add(&mut self, part: &ParsedMail<'_>) {
        if !part.subparts.is_empty() {
            for part in &part.subparts {
                self.add(part);
            }
            return;
        }
        let disposition = part.get_content_disposition();
        let kind = part.ctype.mimetype.as_str();
        let attached = disposition.disposition == DispositionType::Attachment;
        let body = match kind {
            "text/plain" if !attached && self.text.is_none() => &mut self.text,
            "text/html" if !attached && self.html.is_none() => &mut self.html,
            _ => {
                let content = part.get_body_raw().unwrap_or_default();
                let name = disposition
                    .params
                    .get("filename")
                    .or_else(|| part.ctype.params.get("name"));
                self.attachments.push(Attachment {
                    name: name.cloned().unwrap_or_else(|| "вложение".to_owned()),
                    content_type: kind.to_owned(),
                    size: content.len(),
                    sha256: hex::encode(Sha256::digest(&content)),
                    content,
                });
                return;
            }
        };
        *body = Some(part.get_body().unwrap_or_default());
    }

    fn unreadable(source: &[u8]) -> Self {
        Self {
            subject: "(письмо не разобрано)".to_owned(),
            message_id: None,
            from: String::new(),
            to: String::new(),
            reply_to: None,
            date: None,
            headers: Vec::new(),
            text: Some(String::from_utf8_lossy(source).into_owned()),
            html: None,
            attachments: Vec::new(),
        }
    }
}

/// The letter's own Message-ID.
pub(super) fn message_id(source: &[u8]) -> Option<String> {
    let (headers, _) = mailparse::parse_headers(source).ok()?;
    headers.get_first_value("Message-ID").map(bare)
}

fn bare(id: String) -> String {
    id.trim().trim_matches(['<', '>']).to_owned()
}
