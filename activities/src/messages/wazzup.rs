//! Wazzup v3: one call.

use std::path::PathBuf;
use std::time::Duration;

use domain::phone::Phone;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

const PARTNER: &str = "wazzup";

/// `[partners.wazzup]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: Url,
    pub api_key: SecretString,
    /// Id of the channel (UUID) from the partner's account.
    pub channel_id: String,
    #[serde(default)]
    pub chat_type: ChatType,
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

/// Messengers in which a chat is addressed by phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatType {
    #[default]
    Whatsapp,
    Viber,
    Telegram,
}

fn base_url() -> Url {
    Url::parse("https://api.wazzup24.com/").expect("a constant address")
}

fn timeout_secs() -> u64 {
    30
}

fn concurrency() -> usize {
    4
}

fn rate_per_minute() -> u32 {
    120
}

/// `chat_id` and `phone`: Telegram finds a chat by phone, the others have it as the chat's id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    channel_id: &'a str,
    chat_type: ChatType,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    text: &'a str,
    crm_message_id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taken {
    message_id: String,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
}

pub struct WazzupClient {
    http: Http,
    api_key: SecretString,
    channel_id: String,
    chat_type: ChatType,
}

impl WazzupClient {
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
            channel_id: config.channel_id.clone(),
            chat_type: config.chat_type,
        })
    }

    /// Sends once per `id`; answers the partner's id. [`PartnerError::Conflict`]: it was sent before.
    pub(super) async fn send(
        &self,
        id: Uuid,
        phone: &Phone,
        text: &str,
    ) -> Result<String, PartnerError> {
        let by_phone = self.chat_type == ChatType::Telegram;
        let message = Message {
            channel_id: &self.channel_id,
            chat_type: self.chat_type,
            chat_id: (!by_phone).then(|| phone.digits()),
            phone: by_phone.then(|| phone.digits()),
            text,
            crm_message_id: id,
        };
        let request = self
            .http
            .request(Method::POST, self.http.url(["v3", "message"]))
            .bearer_auth(self.api_key.expose_secret())
            .json(&message);
        let answer = self.http.send("send_message", request).await?;
        if !answer.is_success() {
            return Err(refusal(&answer, id));
        }
        let taken: Taken = answer.json()?;
        Ok(taken.message_id)
    }

    /// Has the partner tell `receiver` what becomes of messages; the same again changes nothing. The partner
    /// tries the address at once, so the gateway must be there. The address holds our secret.
    pub async fn subscribe(&self, receiver: &SecretString) -> Result<(), PartnerError> {
        let webhooks = json!({
            "webhooksUri": receiver.expose_secret(),
            "subscriptions": { "messagesAndStatuses": true },
        });
        let request = self
            .http
            .request(Method::PATCH, self.http.url(["v3", "webhooks"]))
            .bearer_auth(self.api_key.expose_secret())
            .json(&webhooks);
        let answer = self.http.send("set_webhooks", request).await?;
        if answer.is_success() {
            return Ok(());
        }
        match answer.try_json() {
            // The gateway may only be starting.
            Some(Refused { error }) if error == "TEST_POST_NOT_PASSED" => {
                Err(answer.unavailable("the gateway did not answer the partner's test"))
            }
            Some(Refused { error }) if matches!(answer.status().as_u16(), 400..=422) => {
                Err(PartnerError::rejected(
                    error.clone(),
                    format!("Wazzup не принял адрес для статусов сообщений ({error})."),
                ))
            }
            Some(_) | None => Err(answer.failure()),
        }
    }
}

pub(super) fn refusal(answer: &Answer, id: Uuid) -> PartnerError {
    let Some(Refused { error }) = answer.try_json() else {
        return answer.failure();
    };
    // Both spellings are in the partner's documents.
    if error
        .replace('_', "")
        .eq_ignore_ascii_case("repeatedCrmMessageId")
    {
        return PartnerError::Conflict {
            existing: id.to_string(),
        };
    }
    match answer.status().as_u16() {
        401 | 403 => PartnerError::rejected(
            error,
            "Wazzup не принял ключ Kite или канал отключён. Проверьте настройки partners.wazzup.",
        ),
        400 | 404 | 422 => PartnerError::rejected(
            error.clone(),
            format!("Wazzup не может доставить сообщение этому клиенту ({error})."),
        ),
        _ => answer.failure(),
    }
}
