//! Access tokens: short JWTs of our own for development accounts, and of OIDC issuers by configuration.
//! Algorithms are fixed per issuer; a token says who, the staff directory says what.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use domain::staff::{Actor, PersonId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use platform::config::ConfigError;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::access::oidc::{Issuer, OidcConfig};

const ISSUER: &str = "kite";
const AUDIENCE: &str = "kite-gateway";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensConfig {
    /// Base64 of at least 32 bytes; signs tokens of development accounts.
    pub secret: SecretString,
    /// Life of a token, minutes.
    pub minutes: i64,
    /// Whether development accounts may sign in with a password.
    pub development_accounts: bool,
    /// Issuers whose tokens are accepted.
    #[serde(default)]
    pub oidc: Vec<OidcConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is not valid")]
    Invalid,
    #[error("the token has expired")]
    Expired,
    #[error("the person is unknown or blocked")]
    Unknown,
    #[error("the directory does not answer")]
    Unavailable,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
}

#[derive(Clone)]
pub(crate) struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    life: Duration,
    own_accepted: bool,
    issuers: Vec<Issuer>,
    store: Store,
}

impl Tokens {
    pub(crate) fn new(config: &TokensConfig, store: Store) -> Result<Self, ConfigError> {
        use base64::Engine;
        let secret = base64::engine::general_purpose::STANDARD
            .decode(config.secret.expose_secret())
            .map_err(|_| ConfigError::value("access.secret", "is not base64"))?;
        if secret.len() < 32 {
            return Err(ConfigError::value(
                "access.secret",
                "must be at least 32 bytes in base64",
            ));
        }
        if !(1..=24 * 60).contains(&config.minutes) {
            return Err(ConfigError::value(
                "access.minutes",
                "must be from 1 to 1440",
            ));
        }
        let issuers = config
            .oidc
            .iter()
            .cloned()
            .map(Issuer::new)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            inner: Arc::new(Inner {
                encoding: EncodingKey::from_secret(&secret),
                decoding: DecodingKey::from_secret(&secret),
                life: Duration::minutes(config.minutes),
                own_accepted: config.development_accounts,
                issuers,
                store,
            }),
        })
    }

    pub(crate) fn issue(
        &self,
        person: &PersonId,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), TokenError> {
        let expires = now + self.inner.life;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: person.0.clone(),
            exp: expires.timestamp(),
            nbf: now.timestamp() - 5,
            iat: now.timestamp(),
            jti: uuid::Uuid::new_v4().to_string(),
        };
        let token = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &self.inner.encoding,
        )
        .map_err(|_| TokenError::Invalid)?;
        Ok((token, expires))
    }

    /// The person behind a token, with the roles that the directory gives them now.
    pub(crate) async fn actor(&self, token: &str) -> Result<Actor, TokenError> {
        let person = self.person(token).await?;
        self.actor_of(&person).await
    }

    pub(crate) async fn actor_of(&self, person: &PersonId) -> Result<Actor, TokenError> {
        let store = &self.inner.store;
        let member = store
            .staff(person)
            .await
            .map_err(|_| TokenError::Unavailable)?
            .ok_or(TokenError::Unknown)?;
        let substitutes_for = store
            .substitutes_for(person)
            .await
            .map_err(|_| TokenError::Unavailable)?;
        Ok(Actor {
            person: member.person,
            name: member.name,
            roles: member.roles,
            cities: member.cities,
            substitutes_for,
        })
    }

    async fn person(&self, token: &str) -> Result<PersonId, TokenError> {
        let issuer = unverified_issuer(token).ok_or(TokenError::Invalid)?;
        if issuer == ISSUER {
            // Where nobody may sign in with a password, no token of ours is anybody's.
            return if self.inner.own_accepted {
                self.own(token)
            } else {
                Err(TokenError::Invalid)
            };
        }
        let known = self
            .inner
            .issuers
            .iter()
            .find(|known| known.name() == issuer)
            .ok_or(TokenError::Invalid)?;
        known.person(token).await
    }

    fn own(&self, token: &str) -> Result<PersonId, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 5;
        let data = jsonwebtoken::decode::<Claims>(token, &self.inner.decoding, &validation)
            .map_err(classified)?;
        Ok(PersonId::new(data.claims.sub))
    }
}

pub(super) fn classified(error: jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
        _ => TokenError::Invalid,
    }
}

/// Which issuer a token claims to be of; chooses the key, proves nothing.
fn unverified_issuer(token: &str) -> Option<String> {
    use base64::Engine;
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    let body = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(body)
        .ok()?;
    serde_json::from_slice::<Issued>(&bytes)
        .ok()
        .map(|issued| issued.iss)
}
