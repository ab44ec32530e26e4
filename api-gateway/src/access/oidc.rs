//! An OIDC issuer: its keys are read from its JWKS, kept over an outage, and read again when a token
//! names a key that is not known.

use std::time::Duration;

use domain::staff::PersonId;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use platform::config::ConfigError;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::access::tokens::{TokenError, classified};

/// Keys are read again at most this often, so that forged key ids cannot flood the issuer.
const REREAD: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// `iss` of its tokens; keys are found by its discovery document unless `jwks_url` is given.
    pub issuer: String,
    pub audience: String,
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Accepted signature algorithms, e.g. `["RS256"]`. Symmetric ones are refused.
    pub algorithms: Vec<String>,
    /// Claim that holds the person's id of our directory.
    #[serde(default = "sub")]
    pub person_claim: String,
}

fn sub() -> String {
    "sub".to_owned()
}

pub(super) struct Issuer {
    config: OidcConfig,
    algorithms: Vec<Algorithm>,
    http: reqwest::Client,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    set: Option<JwkSet>,
    read_at: Option<Instant>,
}

impl Issuer {
    pub(super) fn new(config: OidcConfig) -> Result<Self, ConfigError> {
        let mut algorithms = Vec::new();
        for name in &config.algorithms {
            let algorithm: Algorithm =
                name.parse().map_err(|_| ConfigError::value("access.oidc.algorithms", format!("unknown: {name}")))?;
            if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
                return Err(ConfigError::value(
                    "access.oidc.algorithms",
                    format!("{name} is symmetric: whoever reads the keys could forge tokens"),
                ));
            }
            algorithms.push(algorithm);
        }
        if algorithms.is_empty() {
            return Err(ConfigError::value("access.oidc.algorithms", "is empty"));
        }
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConfigError::value("access.oidc", error.to_string()))?;
        Ok(Self { config, algorithms, http, keys: Mutex::new(Keys::default()) })
    }

    pub(super) fn name(&self) -> &str {
        &self.config.issuer
    }

    pub(super) async fn person(&self, token: &str) -> Result<PersonId, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(classified)?;
        // The algorithm comes from our list, the token may only agree with it.
        if !self.algorithms.contains(&header.alg) {
            return Err(TokenError::Invalid);
        }
        let key = self.key(header.kid.as_deref()).await?;
        let mut validation = Validation::new(header.alg);
        validation.algorithms = vec![header.alg];
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = 30;
        let data = jsonwebtoken::decode::<serde_json::Map<String, serde_json::Value>>(token, &key, &validation)
            .map_err(classified)?;
        match data.claims.get(&self.config.person_claim) {
            Some(serde_json::Value::String(person)) if !person.is_empty() => Ok(PersonId::new(person.clone())),
            Some(_) | None => Err(TokenError::Invalid),
        }
    }

    async fn key(&self, kid: Option<&str>) -> Result<DecodingKey, TokenError> {
        let mut keys = self.keys.lock().await;
        if let Some(key) = keys.set.as_ref().and_then(|set| find(set, kid)) {
            return Ok(key);
        }
        if keys.read_at.is_some_and(|at| at.elapsed() < REREAD) {
            return Err(TokenError::Invalid);
        }
        keys.read_at = Some(Instant::now());
        match self.read().await {
            Ok(set) => keys.set = Some(set),
            Err(error) => {
                // The former keys stay: an outage of the issuer signs nobody out.
                tracing::warn!(issuer = %self.config.issuer, %error, "keys of the issuer could not be read");
                return Err(if keys.set.is_some() { TokenError::Invalid } else { TokenError::Unavailable });
            }
        }
        keys.set.as_ref().and_then(|set| find(set, kid)).ok_or(TokenError::Invalid)
    }

    async fn read(&self) -> Result<JwkSet, reqwest::Error> {
        #[derive(Deserialize)]
        struct Discovery {
            jwks_uri: String,
        }
        let url = match &self.config.jwks_url {
            Some(url) => url.clone(),
            None => {
                let base = self.config.issuer.trim_end_matches('/');
                let answer = self.http.get(format!("{base}/.well-known/openid-configuration")).send().await?;
                answer.error_for_status()?.json::<Discovery>().await?.jwks_uri
            }
        };
        self.http.get(url).send().await?.error_for_status()?.json().await
    }
}

fn find(set: &JwkSet, kid: Option<&str>) -> Option<DecodingKey> {
    let jwk = match kid {
        Some(kid) => set.find(kid)?,
        // A token without a key id is taken only when there is nothing to choose.
        None if set.keys.len() == 1 => set.keys.first()?,
        None => return None,
    };
    DecodingKey::from_jwk(jwk).ok()
}
