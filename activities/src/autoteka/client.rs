//! The partner's calls, one method each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::dto;
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

const PARTNER: &str = "autoteka";
/// A token is renewed this long before the partner forgets it.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// No token is used longer, whatever the partner says of it.
const LONGEST_TOKEN: Duration = Duration::from_secs(86_400);
/// The most that one page of the list may have.
const LIST_LIMIT: &str = "500";

/// `[partners.autoteka]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://pro.autoteka.ru/`; older contracts have `https://api.avito.ru/`.
    pub base_url: Url,
    pub client_id: String,
    pub client_secret: SecretString,
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// The partner's own limit is in the contract and in `X-RateLimit-Limit`.
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
    /// Where a city is, so that the market is the region's; a city that is not here is valued by the
    /// whole country.
    #[serde(default)]
    pub places: BTreeMap<String, Place>,
}

/// Degrees of latitude and longitude.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub lat: f64,
    pub long: f64,
}

fn timeout_secs() -> u64 {
    40
}

fn concurrency() -> usize {
    4
}

fn rate_per_minute() -> u32 {
    60
}

pub struct AutotekaClient {
    http: Http,
    client_id: String,
    client_secret: SecretString,
    places: BTreeMap<String, Place>,
    /// Held while a token is being fetched: whoever comes meanwhile waits for that one.
    token: Mutex<Option<Token>>,
}

struct Token {
    value: SecretString,
    renew_at: Instant,
}

impl AutotekaClient {
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
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            places: config.places.clone(),
            token: Mutex::new(None),
        })
    }

    pub(super) fn place(&self, city: &str) -> Option<Place> {
        self.places.get(city).copied()
    }

    /// Buys a report: every success takes one from the package.
    pub(super) async fn buy_report(&self, vehicle_id: &str) -> Result<u64, PartnerError> {
        let request = self
            .http
            .request(
                Method::POST,
                self.http.url(["autoteka", "v1", "reports-by-vehicle-id"]),
            )
            .json(&dto::VehicleId { vehicle_id });
        let answer = self.send("buy_report", request).await?;
        let ordered: dto::Wrapped<dto::Ordered> = answer.json()?;
        Ok(ordered.result.report.report_id)
    }

    /// Reports of one car bought so far; without the filter the partner gives the last 20 of all cars.
    pub(super) async fn bought_reports(
        &self,
        vehicle_id: &str,
    ) -> Result<Vec<dto::Bought>, PartnerError> {
        let url = self.http.url(["autoteka", "v1", "reports", "list", ""]);
        let request = self
            .http
            .request(Method::GET, url)
            .query(&[("vin", vehicle_id), ("limit", LIST_LIMIT)]);
        let answer = self.send("list_reports", request).await?;
        let listed: dto::Wrapped<Vec<dto::Bought>> = answer.json()?;
        Ok(listed.result)
    }

    /// A report and the bytes it came in.
    pub(super) async fn report(
        &self,
        report_id: u64,
    ) -> Result<(dto::Report, Vec<u8>), PartnerError> {
        let id = report_id.to_string();
        let url = self.http.url(["autoteka", "v1", "reports", &id]);
        let request = self.http.request(Method::GET, url);
        let answer = self.send("get_report", request).await?;
        let report: dto::Wrapped<dto::Fetched> = answer.json()?;
        Ok((report.result.report, answer.into_body()))
    }

    /// Orders the car's specification in the terms of the partner's catalogue.
    pub(super) async fn order_specification(&self, vehicle_id: &str) -> Result<u64, PartnerError> {
        let url = self
            .http
            .url(["autoteka", "v1", "specifications", "by-vehicle-id"]);
        let request = self
            .http
            .request(Method::POST, url)
            .json(&dto::VehicleId { vehicle_id });
        let answer = self.send("order_specification", request).await?;
        let ordered: dto::Wrapped<dto::SpecificationOrdered> = answer.json()?;
        Ok(ordered.result.specification.specification_id)
    }

    pub(super) async fn specification(&self, id: u64) -> Result<dto::Specification, PartnerError> {
        let id = id.to_string();
        let url = self
            .http
            .url(["autoteka", "v1", "specifications", "specification", &id]);
        let request = self.http.request(Method::GET, url);
        let answer = self.send("get_specification", request).await?;
        let fetched: dto::Wrapped<dto::SpecificationFetched> = answer.json()?;
        Ok(fetched.result.specification)
    }

    /// Fields of the catalogue that are open once `chosen` are.
    pub(super) async fn catalogue(
        &self,
        chosen: &[dto::Choice],
    ) -> Result<Vec<dto::CatalogueField>, PartnerError> {
        let url = self.http.url(["autoteka", "v1", "catalogs", "resolve"]);
        let request = self.http.request(Method::POST, url).json(&dto::Choices {
            fields_value_ids: chosen,
        });
        let answer = self.send("resolve_catalogue", request).await?;
        let catalogue: dto::Wrapped<dto::Catalogue> = answer.json()?;
        Ok(catalogue.result.fields)
    }

    pub(super) async fn valuation(
        &self,
        query: &dto::ValuationQuery<'_>,
    ) -> Result<(dto::Valuated, Vec<u8>), PartnerError> {
        let url = self
            .http
            .url(["autoteka", "v1", "valuation", "by-specification"]);
        let request = self.http.request(Method::POST, url).json(query);
        let answer = self.send("valuate", request).await?;
        let valued: dto::Wrapped<dto::Valuated> = answer.json()?;
        Ok((valued.result, answer.into_body()))
    }

    /// Sends with the token; only a success comes back.
    async fn send(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, PartnerError> {
        let token = self.token().await?;
        let answer = self
            .http
            .send(operation, request.bearer_auth(token.expose_secret()))
            .await?;
        if answer.is_success() {
            return Ok(answer);
        }
        if answer.status().as_u16() == 401 {
            // Revoked before its time: the next attempt fetches a new one.
            self.forget(&token).await;
            return Err(answer.unavailable("the token was not accepted"));
        }
        Err(refusal(&answer))
    }

    async fn token(&self) -> Result<SecretString, PartnerError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|t| Instant::now() < t.renew_at) {
            return Ok(token.value.clone());
        }
        let request = self
            .http
            .request(Method::POST, self.http.url(["token"]))
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &self.client_id),
                ("client_secret", self.client_secret.expose_secret()),
            ]);
        let answer = self.http.send("token", request).await?;
        if matches!(answer.status().as_u16(), 400 | 401 | 403) && !answer.is_html() {
            return Err(PartnerError::rejected(
                "credentials",
                "Автотека не приняла учётные данные Kite. Проверьте настройки partners.autoteka.",
            ));
        }
        if !answer.is_success() {
            return Err(answer.failure());
        }
        let granted: dto::Token = answer.json()?;
        let token = Token {
            value: granted.access_token,
            renew_at: Instant::now() + held_for(granted.expires_in),
        };
        Ok(held.insert(token).value.clone())
    }

    async fn forget(&self, refused: &SecretString) {
        let mut held = self.token.lock().await;
        if held
            .as_ref()
            .is_some_and(|t| t.value.expose_secret() == refused.expose_secret())
        {
            *held = None;
        }
    }
}

/// How long a token is used of which the partner says that it lives so many seconds.
pub(super) fn held_for(expires_in: u64) -> Duration {
    let lifetime = Duration::from_secs(expires_in).min(LONGEST_TOKEN);
    lifetime.saturating_sub(TOKEN_MARGIN.min(lifetime / 2))
}

/// The partner's error table; everything else is judged by its status alone.
pub(super) fn refusal(answer: &Answer) -> PartnerError {
    if answer.is_html() {
        return answer.failure();
    }
    match answer.status().as_u16() {
        400 => PartnerError::rejected(
            "400",
            "Автотека не приняла запрос: проверьте номер автомобиля.",
        ),
        403 => PartnerError::rejected(
            "403",
            "Автотека отказала: нет действующего пакета отчётов или услуга не подключена.",
        ),
        404 => PartnerError::rejected("404", "Автотека не знает этого автомобиля."),
        _ => answer.failure(),
    }
}
