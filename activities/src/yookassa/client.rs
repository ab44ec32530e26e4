//! The partner's calls, one method each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use contracts::yookassa::CreatePayout;
use domain::money::Money;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::dto;
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};
use crate::intent;

const PARTNER: &str = "yookassa";
const CURRENCY: &str = "RUB";
const KEY_HEADER: &str = "Idempotence-Key";

/// `[partners.yookassa]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://api.yookassa.ru/`
    pub base_url: Url,
    /// The id of the payout gateway (gatewayId), which is not the shop's.
    pub gateway_id: String,
    pub secret: SecretString,
    /// Has the receiving bank compare the recipient's name; must be connected by the partner.
    #[serde(default)]
    pub check_recipient: bool,
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
    60
}

fn concurrency() -> usize {
    2
}

fn rate_per_minute() -> u32 {
    120
}

pub struct YookassaClient {
    http: Http,
    gateway_id: String,
    secret: SecretString,
    check_recipient: bool,
}

impl YookassaClient {
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
        if config.gateway_id.is_empty() {
            return Err(SetupError::value(PARTNER, "gateway_id", "is empty"));
        }
        Ok(Self {
            http,
            gateway_id: config.gateway_id.clone(),
            secret: config.secret.clone(),
            check_recipient: config.check_recipient,
        })
    }

    /// Pays, or answers the payout that this key made before. `Rejected` says that no money moved.
    pub(super) async fn create_payout(
        &self,
        payout: &CreatePayout,
    ) -> Result<String, PartnerError> {
        let personal_data = match self.check_recipient {
            true => vec![self.create_personal_data(payout).await?],
            false => Vec::new(),
        };
        let body = dto::NewPayout {
            amount: dto::Amount {
                value: payout.amount.to_partner(),
                currency: CURRENCY.to_owned(),
            },
            payout_destination_data: dto::Destination::Sbp {
                phone: payout.destination.phone.digits(),
                bank_id: &payout.destination.bank_id,
            },
            description: &payout.description,
            metadata: BTreeMap::from([("run", payout.buyout.as_str())]),
            personal_data,
        };
        let request = self.post("payouts", &payout.key).json(&body);
        let answer = self.http.send("create_payout", request).await?;
        let created: dto::Payout = accepted(&answer)?.json()?;
        if created.amount.currency != CURRENCY
            || Money::parse_partner(&created.amount.value) != Ok(payout.amount)
        {
            return Err(answer.broken("the payout under our key has another amount"));
        }
        Ok(created.id)
    }

    pub(super) async fn payout(&self, id: &str) -> Result<dto::Payout, PartnerError> {
        // We hold its id, so it exists: a replica that lags behind.
        self.look(id)
            .await?
            .ok_or_else(|| PartnerError::unavailable("yookassa get_payout: the payout is not seen"))
    }

    /// `None`: the partner does not know it.
    pub(super) async fn look(&self, id: &str) -> Result<Option<dto::Payout>, PartnerError> {
        let request = self.sign(
            self.http
                .request(Method::GET, self.http.url(["v3", "payouts", id])),
        );
        let answer = self.http.send("get_payout", request).await?;
        if answer.status().as_u16() == 404 && !answer.is_html() {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(intent::only_asked(answer.failure()));
        }
        let payout: dto::Payout = answer.json()?;
        if payout.id != id {
            return Err(answer.broken("another payout than asked for"));
        }
        Ok(Some(payout))
    }

    /// The banks that take payouts by SBP. Answered whole: the partner has no pages here.
    pub(super) async fn banks(&self) -> Result<Vec<dto::Bank>, PartnerError> {
        let request = self.sign(
            self.http
                .request(Method::GET, self.http.url(["v3", "sbp_banks"])),
        );
        let answer = self.http.send("list_sbp_banks", request).await?;
        if !answer.is_success() {
            return Err(answer.failure());
        }
        let list: dto::BankList = answer.json()?;
        Ok(list.items)
    }

    /// Under a key of its own that follows from the payout's, so that a repeat has the same body.
    async fn create_personal_data(
        &self,
        payout: &CreatePayout,
    ) -> Result<dto::PersonalDataId, PartnerError> {
        let mut names = payout.recipient_name.split_whitespace();
        let (Some(last_name), Some(first_name)) = (names.next(), names.next()) else {
            return Err(PartnerError::rejected(
                "recipient_name",
                "У получателя должны быть указаны фамилия и имя.",
            ));
        };
        let body = dto::NewPersonalData {
            kind: "sbp_payout_recipient",
            last_name,
            first_name,
            middle_name: names.next(),
        };
        let key = payout
            .buyout
            .object_key(&format!("recipient/{}", payout.key));
        let request = self.post("personal_data", &key.to_string()).json(&body);
        let answer = self.http.send("create_personal_data", request).await?;
        accepted(&answer)?.json()
    }

    fn post(&self, what: &str, key: &str) -> RequestBuilder {
        let request = self
            .http
            .request(Method::POST, self.http.url(["v3", what]))
            .header(KEY_HEADER, key);
        self.sign(request)
    }

    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.gateway_id, Some(self.secret.expose_secret()))
    }
}

/// A POST that took effect. Only the partner's own word about our data is a refusal: a wrong key, a
/// missing right or a stranger's page says nothing about what an earlier attempt did.
pub(super) fn accepted(answer: &Answer) -> Result<&Answer, PartnerError> {
    let status = answer.status().as_u16();
    if status == 200 || status == 201 {
        return Ok(answer);
    }
    let Some(failure) = answer.try_json::<dto::Failure>() else {
        return Err(intent::only_asked(answer.failure()));
    };
    match (status, failure.kind.as_str(), failure.code.as_deref()) {
        (202, _, _) | (_, "processing", _) => Err(PartnerError::Unavailable {
            retry_after: failure
                .retry_after
                .map(Duration::from_millis)
                .or_else(|| answer.retry_after()),
            detail: "yookassa: the request is still being processed".to_owned(),
        }),
        (400, "error", Some(code @ ("invalid_request" | "not_supported"))) => {
            let parameter = failure.parameter.unwrap_or_default();
            if parameter.to_lowercase().contains("idempotence") {
                return Err(answer.broken("our key was used with another body"));
            }
            Err(PartnerError::rejected(
                code,
                super::interpret::wrong_field(&parameter),
            ))
        }
        (401 | 403, _, _) => Err(answer.broken(
            "credentials or rights: check partners.yookassa and that payouts are connected",
        )),
        _ => Err(intent::only_asked(answer.failure())),
    }
}
