//! The partner's calls, one method each.

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{dto, token};
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

const PARTNER: &str = "avtocod";

/// `[partners.avtocod]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://b2bapi.avtocod.ru/`
    pub base_url: Url,
    /// With the domain: `user@domain`.
    pub user: String,
    pub password: SecretString,
    /// With the domain: `report@domain`.
    pub report_type: String,
    /// Where the partner says that a report is complete. Holds our secret; the worker makes it from the
    /// gateway's address. Without one reports are only polled.
    #[serde(default)]
    pub webhook_url: Option<SecretString>,
    #[serde(default = "token_age_secs")]
    pub token_age_secs: u32,
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

fn token_age_secs() -> u32 {
    172_800
}

fn timeout_secs() -> u64 {
    60
}

fn concurrency() -> usize {
    4
}

fn rate_per_minute() -> u32 {
    120
}

pub struct AvtocodClient {
    http: Http,
    user: String,
    password: SecretString,
    report_type: String,
    webhook_url: Option<SecretString>,
    token_age_secs: u32,
}

impl AvtocodClient {
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
        for (key, value) in [("user", &config.user), ("report_type", &config.report_type)] {
            if !value.contains('@') {
                return Err(SetupError::value(
                    PARTNER,
                    key,
                    "must have the form name@domain",
                ));
            }
        }
        if let Some(url) = &config.webhook_url
            && Url::parse(url.expose_secret()).is_err()
        {
            return Err(SetupError::value(
                PARTNER,
                "webhook_url",
                "is not an address",
            ));
        }
        Ok(Self {
            http,
            user: config.user.clone(),
            password: config.password.clone(),
            report_type: config.report_type.clone(),
            webhook_url: config.webhook_url.clone(),
            token_age_secs: config.token_age_secs,
        })
    }

    /// Orders a report, or answers the one that this key ordered before.
    pub(super) async fn make_report(
        &self,
        query_type: dto::QueryType,
        query: &str,
        key: &str,
    ) -> Result<String, PartnerError> {
        let url = self.url(["user", "reports", &self.report_type, "_make"]);
        let webhook = self.webhook_url.as_ref().map(|url| dto::Webhook {
            on_complete: url.expose_secret(),
        });
        let request = self.http.request(Method::POST, url).json(&dto::Make {
            query_type,
            query,
            idempotence_key: key,
            data: dto::Nothing {},
            options: dto::Options {
                force: true,
                webhook,
            },
        });
        let answer = self.send("make_report", request).await?;
        let made: dto::Envelope<dto::Made> = success(&answer)?;
        match made.data.into_iter().next() {
            Some(made) => Ok(made.uid),
            None => Err(answer.broken("no report was made and no fault is named")),
        }
    }

    /// How far the report is, without its content. `None`: the partner does not see it.
    pub(super) async fn progress(&self, uid: &str) -> Result<Option<dto::Report>, PartnerError> {
        Ok(self.get_report(uid, false).await?.0)
    }

    /// The report with its content, and the bytes it came in.
    pub(super) async fn report(
        &self,
        uid: &str,
    ) -> Result<(Option<dto::Report>, Vec<u8>), PartnerError> {
        self.get_report(uid, true).await
    }

    async fn get_report(
        &self,
        uid: &str,
        content: bool,
    ) -> Result<(Option<dto::Report>, Vec<u8>), PartnerError> {
        let operation = match content {
            true => "get_report",
            false => "get_progress",
        };
        let request = self
            .http
            .request(Method::GET, self.url(["user", "reports", uid]))
            .query(&[("_content", content), ("_detailed", true)]);
        let answer = self.send(operation, request).await?;
        let found: dto::Envelope<dto::Report> = success(&answer)?;
        let report = found.data.into_iter().next();
        if report.as_ref().is_some_and(|report| report.uid != uid) {
            return Err(answer.broken("another report than asked for"));
        }
        Ok((report, answer.into_body()))
    }

    fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        self.http
            .url(["b2b", "api", "v1"].into_iter().chain(segments))
    }

    async fn send(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, PartnerError> {
        let token = token::token(
            &self.user,
            self.password.expose_secret(),
            Utc::now(),
            self.token_age_secs,
        );
        self.http
            .send(
                operation,
                request.header(AUTHORIZATION, format!("AR-REST {token}")),
            )
            .await
    }
}

/// The envelope of a success. The fault's own type decides before the status: an unknown report type comes
/// as 500, and repeating would not help.
pub(super) fn success<T: serde::de::DeserializeOwned>(
    answer: &Answer,
) -> Result<dto::Envelope<T>, PartnerError> {
    if answer.status().as_u16() == 429 {
        return Err(answer.failure());
    }
    if let Some(fault) = answer.try_json::<dto::Fault>() {
        let dto::Fault {
            state,
            event,
            cls,
            kind,
        } = fault;
        let named = match event {
            Some(dto::Event { cls, kind }) => Some((cls, kind)),
            None => cls.zip(kind),
        };
        if let Some((class, kind)) = named
            && (!answer.is_success() || state.as_deref() == Some("fail"))
        {
            return Err(refusal(answer, &class, &kind));
        }
    }
    if !answer.is_success() {
        return Err(answer.failure());
    }
    let envelope: dto::Envelope<T> = answer.json()?;
    if envelope.state != "ok" {
        return Err(answer.broken("neither success nor a named fault"));
    }
    Ok(envelope)
}

fn refusal(answer: &Answer, class: &str, kind: &str) -> PartnerError {
    match (class, kind) {
        ("Security", _) => PartnerError::rejected(
            kind,
            "Авткод не принял учётные данные Kite. Проверьте настройки partners.avtocod.",
        ),
        ("Data", "DataSeekObjectError") => PartnerError::rejected(
            kind,
            "Авткод не знает такого типа отчёта. Проверьте partners.avtocod.report_type.",
        ),
        ("Data" | "Validation", _) => {
            PartnerError::rejected(kind, "Авткод не принял запрос. Проверьте номер автомобиля.")
        }
        _ if answer.is_success() => answer.unavailable("a fault of the partner"),
        _ => answer.failure(),
    }
}
