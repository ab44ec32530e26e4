//! SMS provider: one call. The contract is ASSUMED, see the module's documentation.

use std::path::PathBuf;
use std::time::Duration;

use domain::phone::Phone;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

const PARTNER: &str = "sms";

/// `[partners.sms]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub base_url: Url,
    pub api_key: SecretString,
    /// Whom the client sees, up to 11 Latin letters, agreed with the operators.
    pub sender: String,
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

fn timeout_secs() -> u64 {
    15
}

fn concurrency() -> usize {
    4
}

fn rate_per_minute() -> u32 {
    120
}

#[derive(Serialize)]
struct Message<'a> {
    id: Uuid,
    from: &'a str,
    /// Digits with the country code.
    to: &'a str,
    text: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Taken {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: RefusedBecause,
}

#[derive(Deserialize)]
struct RefusedBecause {
    #[serde(default)]
    code: String,
}

pub struct SmsClient {
    http: Http,
    api_key: SecretString,
    sender: String,
}

impl SmsClient {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let http = Http::new(
            PARTNER,
            &Settings {
                base_url: &config.base_url,
                timeout: Duration::from_secs(config.timeout_secs),
                concurrency: config.concurrency,
                rate_per_minute: config.rate_per_minute,
                extra_ca: config.extra_ca.as_deref(),
            },
        )?;
        Ok(Self {
            http,
            api_key: config.api_key.clone(),
            sender: config.sender.clone(),
        })
    }

    /// Sends once per `id`; answers the partner's id.
    pub(super) async fn send(
        &self,
        id: Uuid,
        phone: &Phone,
        text: &str,
    ) -> Result<String, PartnerError> {
        let request = self
            .http
            .request(Method::POST, self.http.url(["v1", "messages"]))
            .bearer_auth(self.api_key.expose_secret())
            .json(&Message {
                id,
                from: &self.sender,
                to: phone.digits(),
                text,
            });
        let answer = self.http.send("send_message", request).await?;
        if !answer.is_success() {
            return Err(refusal(&answer));
        }
        let taken: Taken = answer.json()?;
        Ok(taken.id)
    }
}

pub(super) fn refusal(answer: &Answer) -> PartnerError {
    let Some(Refused { error }) = answer.try_json() else {
        return answer.failure();
    };
    match answer.status().as_u16() {
        400 | 422 => PartnerError::rejected(
            error.code,
            "Этот номер не принимает СМС. Проверьте телефон клиента.",
        ),
        401 | 403 => PartnerError::rejected(
            error.code,
            "СМС-провайдер не принял ключ Kite. Проверьте настройки partners.sms.",
        ),
        402 => PartnerError::rejected(
            error.code,
            "На счёте СМС-провайдера нет денег. Пополните счёт и повторите.",
        ),
        _ => answer.failure(),
    }
}
