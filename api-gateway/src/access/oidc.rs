//! An OIDC issuer: its keys are read from its JWKS, kept over an outage, and read again when they are
//! old or a token names a key that is not known.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::staff::PersonId;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use platform::config::ConfigError;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::access::tokens::{TokenError, classified};

/// Keys older than this are read again, so that a key which the issuer withdrew ends.
const STALE: Duration = Duration::from_secs(600);
/// Longest answer of an issuer that is read.
const MAX_ANSWER: usize = 256 * 1024;

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
    /// As which client our pages sign people in; empty: its tokens are taken, but no button leads to it.
    #[serde(default)]
    pub client_id: String,
    /// What the button says; empty: the issuer's host.
    #[serde(default)]
    pub title: String,
    /// What the pages ask for.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Keys are read at most this often, seconds, so that forged key ids cannot flood the issuer.
    #[serde(default = "reread")]
    pub reread_secs: u64,
}

fn reread() -> u64 {
    30
}

fn scopes() -> Vec<String> {
    vec!["openid".to_owned()]
}

fn sub() -> String {
    "sub".to_owned()
}

pub(super) struct Issuer {
    config: OidcConfig,
    algorithms: Vec<Algorithm>,
    http: reqwest::Client,
    /// Read by every call; never held over a wait.
    keys: RwLock<Keys>,
    /// One reader at a time asks the issuer; it holds when that was last tried.
    tried: Mutex<Option<Instant>>,
}

#[derive(Clone, Default)]
struct Keys {
    set: Option<Arc<JwkSet>>,
    read_at: Option<Instant>,
}

/// Why the keys could not be read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("the answer is not what OIDC says: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the keys' address is not https")]
    Plain,
}

impl Issuer {
    pub(super) fn new(config: OidcConfig) -> Result<Self, ConfigError> {
        for url in [Some(&config.issuer), config.jwks_url.as_ref()]
            .into_iter()
            .flatten()
        {
            if !is_safe(url) {
                return Err(ConfigError::value(
                    "access.oidc",
                    format!("{url} is not an https address"),
                ));
            }
        }
        let mut algorithms = Vec::new();
        for name in &config.algorithms {
            let algorithm: Algorithm = name.parse().map_err(|_| {
                ConfigError::value("access.oidc.algorithms", format!("unknown: {name}"))
            })?;
            if matches!(
                algorithm,
                Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
            ) {
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
        Ok(Self {
            config,
            algorithms,
            http,
            keys: RwLock::default(),
            tried: Mutex::default(),
        })
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
        let data = jsonwebtoken::decode::<serde_json::Map<String, serde_json::Value>>(
            token,
            &key,
            &validation,
        )
        .map_err(classified)?;
        match data.claims.get(&self.config.person_claim) {
            Some(serde_json::Value::String(person)) if !person.is_empty() => {
                Ok(PersonId::new(person.clone()))
            }
            Some(_) | None => Err(TokenError::Invalid),
        }
    }

    async fn key(&self, kid: Option<&str>) -> Result<DecodingKey, TokenError> {
        let known = self.known();
        let fresh = known.read_at.is_some_and(|at| at.elapsed() < STALE);
        let found = known.set.as_ref().and_then(|set| find(set, kid));
        match found {
            Some(key) if fresh => return Ok(key),
            Some(_) | None => self.reread(known.read_at).await,
        }
        let now = self.known();
        match &now.set {
            Some(set) => find(set, kid).ok_or(TokenError::Invalid),
            // Nobody can be judged before the first answer.
            None => Err(TokenError::Unavailable),
        }
    }

    fn known(&self) -> Keys {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the keys, unless somebody did since `seen` or tried just now. The former keys stay when
    /// that fails: an outage of the issuer signs nobody out.
    async fn reread(&self, seen: Option<Instant>) {
        let mut tried = self.tried.lock().await;
        let pause = Duration::from_secs(self.config.reread_secs);
        if self.known().read_at != seen || tried.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        match self.read().await {
            Ok(set) => {
                let keys = Keys {
                    set: Some(Arc::new(set)),
                    read_at: Some(Instant::now()),
                };
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
            }
            Err(error) => {
                tracing::warn!(issuer = %self.config.issuer, %error, "keys of the issuer could not be read");
            }
        }
        *tried = Some(Instant::now());
    }

    async fn read(&self) -> Result<JwkSet, ReadError> {
        #[derive(Deserialize)]
        struct Discovery {
            jwks_uri: String,
        }
        let url = match &self.config.jwks_url {
            Some(url) => url.clone(),
            None => {
                let base = self.config.issuer.trim_end_matches('/');
                let found = self
                    .fetch(&format!("{base}/.well-known/openid-configuration"))
                    .await?;
                serde_json::from_slice::<Discovery>(&found)?.jwks_uri
            }
        };
        if !is_safe(&url) {
            return Err(ReadError::Plain);
        }
        Ok(serde_json::from_slice(&self.fetch(&url).await?)?)
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, ReadError> {
        let mut answer = self.http.get(url).send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(ReadError::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Keys that come in clear could be anybody's; on this very machine nobody stands in between.
fn is_safe(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| {
        let local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        url.scheme() == "https" || (url.scheme() == "http" && local)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str, algorithm: &str) -> OidcConfig {
        OidcConfig {
            issuer: issuer.to_owned(),
            audience: "kite".to_owned(),
            jwks_url: None,
            algorithms: vec![algorithm.to_owned()],
            person_claim: sub(),
            client_id: String::new(),
            title: String::new(),
            scopes: scopes(),
            reread_secs: reread(),
        }
    }

    #[test]
    fn a_dangerous_issuer_stops_the_start_with_a_sentence() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let why = |issuer, algorithm| {
            Issuer::new(config(issuer, algorithm))
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(why("https://login.example.com", "RS256"), None);
        assert_eq!(why("http://127.0.0.1:9/realm", "ES256"), None);
        for (issuer, algorithm, names) in [
            (
                "http://login.example.com",
                "RS256",
                "login.example.com is not an https address",
            ),
            (
                "http://127.0.0.1.example.com",
                "RS256",
                "is not an https address",
            ),
            ("login.example.com", "RS256", "is not an https address"),
            ("https://login.example.com", "HS256", "HS256 is symmetric"),
            ("https://login.example.com", "none", "unknown: none"),
        ] {
            let sentence = why(issuer, algorithm).unwrap_or_default();
            assert!(sentence.contains(names), "{issuer} {algorithm}: {sentence}");
        }
    }
}
