//! `[partners.bitrix24]`

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The local application that was registered on the portal. Addresses and tokens of a portal are not
/// configured: they come with its installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub client_id: String,
    pub client_secret: SecretString,
    /// The authorisation server. The secret goes to this address only, whatever an installation
    /// named: older portals have `https://oauth.bitrix.info/`.
    #[serde(default = "oauth_url")]
    pub oauth_url: Url,
    /// The gateway as the portal and the employees reach it: robots are called below it, tasks link
    /// to it.
    pub public_url: Url,
    /// The portal itself gives a call 60 s.
    #[serde(default = "timeout_secs")]
    pub timeout_secs: u64,
    /// Calls at once to one portal.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Calls to one portal; its bucket leaks 2 a second, 5 on Enterprise.
    #[serde(default = "rate_per_minute")]
    pub rate_per_minute: u32,
    /// Seconds of work that the portal allows one method within ten minutes; 0 on a box without the
    /// limit.
    #[serde(default = "operating_limit_secs")]
    pub operating_limit_secs: u32,
    /// Authority of portals inside the company, PEM.
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
    #[serde(default)]
    pub fields: DealFields,
}

/// Names of the deal's own fields on the portals, as the portal's settings show them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DealFields {
    pub vin: String,
    pub plate: String,
    pub make: String,
    pub model: String,
    pub year: String,
    pub city: String,
    pub address: String,
    pub visit_at: String,
    pub consent: String,
    pub price: String,
    pub result: String,
    /// Of type "file", multiple.
    pub files: String,
}

impl Default for DealFields {
    fn default() -> Self {
        let named = |name: &str| format!("UF_CRM_KITE_{name}");
        Self {
            vin: named("VIN"),
            plate: named("PLATE"),
            make: named("MAKE"),
            model: named("MODEL"),
            year: named("YEAR"),
            city: named("CITY"),
            address: named("ADDRESS"),
            visit_at: named("VISIT_AT"),
            consent: named("CONSENT"),
            price: named("PRICE"),
            result: named("RESULT"),
            files: named("FILES"),
        }
    }
}

fn oauth_url() -> Url {
    Url::parse("https://oauth.bitrix24.tech/").expect("a constant address")
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

fn operating_limit_secs() -> u32 {
    480
}
