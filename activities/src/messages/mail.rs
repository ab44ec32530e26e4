//! Mail by SMTP.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment as MimeAttachment, Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Wire, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::crash_point::{self, Point};
use templates::buyout::MailText;
use uuid::Uuid;

use super::attachment::Attachment;
use crate::error::PartnerError;
use crate::http::SetupError;

const PARTNER: &str = "mail";

/// `[partners.mail]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub host: String,
    /// By `tls`: 587, 465 or 25 when absent.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    /// Authority of a server inside the company, PEM.
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<SecretString>,
    /// `Выкуп <buyout@example.ru>`; the part behind the @ is also that of our Message-ID.
    pub from: String,
    /// Where clients' replies go, when not to `from`.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// A whole letter.
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Clear text first, encrypted before anything is said; a server without it is refused.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Tls,
    /// Clear text: development and a relay on the same machine.
    Off,
}

fn timeout_secs() -> u64 {
    60
}

/// A letter as its receiver will have it.
pub(super) struct Letter {
    /// Of our key: the same in every repeat.
    pub(super) id: Uuid,
    pub(super) to: String,
    pub(super) name: String,
    pub(super) text: MailText,
    pub(super) attachments: Vec<Attachment>,
}

pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    timeout: Duration,
}

impl Mailer {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let timeout = Duration::from_secs(config.timeout_secs);
        let (wire, port) = match config.tls {
            Tls::Starttls => (Wire::Required(parameters(config)?), 587),
            Tls::Tls => (Wire::Wrapper(parameters(config)?), 465),
            Tls::Off => (Wire::None, 25),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(port))
            .tls(wire)
            .timeout(Some(timeout));
        match (&config.username, &config.password) {
            (Some(username), Some(password)) => {
                let credentials =
                    Credentials::new(username.clone(), password.expose_secret().to_owned());
                builder = builder.credentials(credentials);
            }
            (None, None) => {}
            (Some(_), None) => return Err(value("password", "is missing beside username")),
            (None, Some(_)) => return Err(value("username", "is missing beside password")),
        }
        Ok(Self {
            transport: builder.build(),
            from: mailbox("from", &config.from)?,
            reply_to: config
                .reply_to
                .as_deref()
                .map(|address| mailbox("reply_to", address))
                .transpose()?,
            timeout,
        })
    }

    /// Message-ID of the letter with this id.
    pub(super) fn message_id(&self, id: Uuid) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    /// Hands the letter to the server.
    pub(super) async fn send(&self, letter: Letter) -> Result<(), PartnerError> {
        let message = self.message(letter)?;
        crash_point::reached(Point::Before, "send_mail");
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        crash_point::reached(Point::Effect, "send_mail");
        let outcome = match &sent {
            Ok(Ok(_)) => "ok",
            Ok(Err(error)) if error.is_permanent() => "refused",
            Ok(Err(_)) => "failed",
            Err(_) => "timeout",
        };
        metrics::counter!("kite_partner_calls_total", "partner" => PARTNER, "operation" => "send", "outcome" => outcome)
            .increment(1);
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refusal(&error)),
            Err(_) => Err(PartnerError::unavailable("mail send: no answer in time")),
        }
    }

    fn message(&self, letter: Letter) -> Result<Message, PartnerError> {
        let Letter {
            id,
            to,
            name,
            text,
            attachments,
        } = letter;
        let address: Address = to.trim().parse().map_err(|_| {
            PartnerError::rejected(
                "address",
                "Адрес почты клиента записан неверно. Исправьте его в Битрикс24.",
            )
        })?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name), address))
            .subject(text.subject)
            .message_id(Some(self.message_id(id)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let words = MultiPart::alternative_plain_html(text.text, text.html);
        let body = if attachments.is_empty() {
            words
        } else {
            let mut mixed = MultiPart::mixed().multipart(words);
            for Attachment {
                name,
                content_type,
                bytes,
            } in attachments
            {
                let content_type = ContentType::parse(&content_type)
                    .map_err(|_| PartnerError::protocol("mail: a file of an unreadable type"))?;
                let part = MimeAttachment::new(name).body(bytes.to_vec(), content_type);
                mixed = mixed.singlepart(part);
            }
            mixed
        };
        builder
            .multipart(body)
            .map_err(|_| PartnerError::protocol("mail: the letter cannot be put together"))
    }
}

/// The server's text may repeat the address: only its code goes on.
fn refusal(error: &smtp::Error) -> PartnerError {
    let code = error.status().map(u16::from);
    match code {
        Some(code @ (530 | 534 | 535 | 538)) => PartnerError::rejected(
            code.to_string(),
            "Почтовый сервер не принял учётные данные Kite. Проверьте настройки partners.mail.",
        ),
        Some(code) if error.is_permanent() => PartnerError::rejected(
            code.to_string(),
            format!(
                "Почтовый сервер не принял письмо для этого адреса ({code}). Проверьте почту клиента."
            ),
        ),
        Some(code) => PartnerError::unavailable(format!("mail send: {code}")),
        None if error.is_client() => PartnerError::protocol(
            "mail send: the server does not offer what the configuration requires",
        ),
        None if error.is_tls() => PartnerError::unavailable("mail send: TLS failed"),
        None if error.is_response() => PartnerError::unavailable("mail send: an unreadable answer"),
        None => PartnerError::unavailable("mail send: no connection, or it broke"),
    }
}

fn parameters(config: &Config) -> Result<TlsParameters, SetupError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.extra_ca {
        let pem = std::fs::read(path).map_err(|source| SetupError::CertificateFile {
            partner: PARTNER,
            path: path.clone(),
            source,
        })?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|_| SetupError::Certificate { partner: PARTNER })?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|_| value("host", "is not a name that a certificate can have"))
}

fn mailbox(key: &'static str, text: &str) -> Result<Mailbox, SetupError> {
    text.parse()
        .map_err(|_| value(key, "is not a mail address"))
}

fn value(key: &'static str, problem: &str) -> SetupError {
    SetupError::value(PARTNER, key, problem)
}
