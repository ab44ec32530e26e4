//! The partner's one call.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::dto::{self, Proceeding, Reply};
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

const PARTNER: &str = "fssp";

/// `[partners.fssp]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://api-fssp.damia.ru/`
    pub base_url: Url,
    pub key: SecretString,
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

/// The provider asks the service itself, which is slow.
fn timeout_secs() -> u64 {
    120
}

fn concurrency() -> usize {
    2
}

fn rate_per_minute() -> u32 {
    60
}

pub struct FsspClient {
    http: Http,
    key: SecretString,
}

impl FsspClient {
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
            key: config.key.clone(),
        })
    }

    /// Open proceedings of the person in all regions, and the bytes of the answer.
    pub(super) async fn search(
        &self,
        full_name: &str,
        birthdate: NaiveDate,
    ) -> Result<(Vec<Proceeding>, Vec<u8>), PartnerError> {
        let birthdate = birthdate.format("%d.%m.%Y").to_string();
        let request = self
            .http
            .request(Method::GET, self.http.url(["api"]))
            .query(&[
                ("fio", full_name),
                ("dataR", &birthdate),
                ("key", self.key.expose_secret()),
            ]);
        let answer = self.http.send("search_person", request).await?;
        if !answer.is_success() {
            return Err(answer.failure());
        }
        Ok((found(&answer)?, answer.into_body()))
    }
}

pub(super) fn found(answer: &Answer) -> Result<Vec<Proceeding>, PartnerError> {
    match answer.json()? {
        Reply::Error { error } => Err(refusal(answer, &error)),
        Reply::Status { status } if status.to_lowercase().contains("ничего не найдено") => {
            Ok(Vec::new())
        }
        // Some other state of the search: not an answer yet.
        Reply::Status { .. } => Err(PartnerError::Pending),
        Reply::People(people) if people.is_empty() => Err(answer.broken("an answer about nobody")),
        Reply::People(people) => Ok(people
            .into_values()
            .flat_map(|dto::Person { ip }| ip)
            .collect()),
    }
}

/// Faults come as texts with status 200. The text itself may quote the person and is not passed on.
fn refusal(answer: &Answer, text: &str) -> PartnerError {
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    // Before the key: "подключение" and "отключён" have its word inside.
    if says(&[
        "недоступ",
        "позже",
        "занят",
        "тайм",
        "timeout",
        "временно",
        "подключ",
        "отключ",
    ]) {
        return answer.unavailable("the source is away");
    }
    if says(&["лимит", "limit", "баланс"]) {
        return answer.unavailable("the limit of the contract is used up");
    }
    if says(&["ключ", "key", "доступ запрещ"]) {
        return PartnerError::rejected(
            "credentials",
            "Источник ФССП не принял ключ. Проверьте partners.fssp.",
        );
    }
    PartnerError::rejected(
        "error",
        "Источник ФССП отклонил запрос. Проверьте ФИО и дату рождения продавца.",
    )
}
