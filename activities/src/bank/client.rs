//! The partner's calls, one method each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use chrono_tz::Europe::Moscow;
use contracts::bank::CreateOrder;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::{dto, interpret};
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};
use crate::intent;

const PARTNER: &str = "bank";

/// `[partners.bank]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://fintech.sberbank.ru:9443/`
    pub base_url: Url,
    pub access_token: SecretString,
    /// Correspondent account of the payer's bank by its БИК; left out of the order when not here.
    #[serde(default)]
    pub correspondent_accounts: BTreeMap<String, String>,
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
    60
}

pub struct BankClient {
    http: Http,
    access_token: SecretString,
    correspondent_accounts: BTreeMap<String, String>,
}

impl BankClient {
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
        for (bic, account) in &config.correspondent_accounts {
            let digits =
                |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
            if !digits(bic, 9) || !digits(account, 20) {
                return Err(SetupError::value(
                    PARTNER,
                    "correspondent_accounts",
                    "must map БИК (9 digits) to an account (20 digits)",
                ));
            }
        }
        Ok(Self {
            http,
            access_token: config.access_token.clone(),
            correspondent_accounts: config.correspondent_accounts.clone(),
        })
    }

    /// Makes the draft. `Rejected` says that there is none; `Conflict` that the bank may have one under
    /// this id: look.
    pub(super) async fn create_order(&self, order: &CreateOrder) -> Result<(), PartnerError> {
        let url = self.http.url(["fintech", "api", "v1", "payments"]);
        let request = self
            .http
            .request(Method::POST, url)
            .json(&self.draft(order));
        let answer = self.http.send("create_order", self.sign(request)).await?;
        if !answer.is_success() {
            return Err(refusal(&answer));
        }
        let created: dto::Created = answer.json()?;
        if created.external_id != order.external_id {
            return Err(answer.broken("another order than the one sent"));
        }
        Ok(())
    }

    /// Where the order stands; `None` when the bank has none under this id.
    pub(super) async fn state(
        &self,
        external_id: Uuid,
    ) -> Result<Option<dto::State>, PartnerError> {
        let id = external_id.to_string();
        let url = self
            .http
            .url(["fintech", "api", "v1", "payments", &id, "state"]);
        let request = self.http.request(Method::GET, url);
        let answer = self.http.send("order_state", self.sign(request)).await?;
        if answer.is_success() {
            return answer.json().map(Some);
        }
        // Only the bank's own 404 says that there is no order; a wrong address has a page of its own.
        if answer.status().as_u16() == 404 && answer.try_json::<dto::Failure>().is_some() {
            return Ok(None);
        }
        Err(intent::only_asked(answer.failure()))
    }

    fn draft<'a>(&'a self, order: &'a CreateOrder) -> dto::NewOrder<'a> {
        let CreateOrder {
            buyout: _,
            external_id,
            payer,
            recipient_name,
            recipient,
            amount,
            purpose,
        } = order;
        dto::NewOrder {
            external_id: *external_id,
            date: Utc::now().with_timezone(&Moscow).date_naive(),
            // Exact up to 90 trillion roubles.
            amount: amount.kopecks() as f64 / 100.0,
            operation_code: "01",
            priority: "5",
            purpose,
            payer_name: &payer.name,
            payer_inn: &payer.inn,
            payer_kpp: &payer.kpp,
            payer_account: &payer.account,
            payer_bank_bic: &payer.bic,
            payer_bank_corr_account: self
                .correspondent_accounts
                .get(&payer.bic)
                .map(String::as_str),
            payee_name: recipient_name,
            payee_inn: &recipient.inn,
            payee_account: &recipient.account,
            payee_bank_bic: &recipient.bic,
            payee_bank_corr_account: &recipient.correspondent_account,
            vat: dto::Vat { kind: "NO_VAT" },
        }
    }

    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.access_token.expose_secret())
    }
}

/// Only a fault of our data is a refusal; anything else leaves the outcome open.
pub(super) fn refusal(answer: &Answer) -> PartnerError {
    let status = answer.status().as_u16();
    let Some(failure) = answer.try_json::<dto::Failure>() else {
        return intent::only_asked(answer.failure());
    };
    match (status, failure.cause.as_str()) {
        (400, "VALIDATION_FAULT") => {
            PartnerError::rejected("VALIDATION_FAULT", interpret::validation(failure))
        }
        // The document is there already, or in a state that does not take this.
        (400 | 409, "WORKFLOW_FAULT") => PartnerError::Conflict {
            existing: "WORKFLOW_FAULT".to_owned(),
        },
        (401 | 403, _) => answer.broken("credentials or rights: check partners.bank"),
        _ => intent::only_asked(answer.failure()),
    }
}
