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

use crate::access::cookie::SessionKey;
use crate::access::oidc::{Issuer, OidcConfig};

const ISSUER: &str = "kite";
const AUDIENCE: &str = "kite-gateway";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensConfig {
    /// Base64 of at least 32 bytes; signs our tokens and renews the keys of sessions.
    pub secret: SecretString,
    /// Life of a token, minutes.
    pub minutes: i64,
    /// Life of a token for a portal's ticket, minutes: it is not refreshed.
    pub ticket_minutes: i64,
    /// Life of a session, hours, however often it is refreshed.
    pub session_hours: i64,
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

/// What a token of ours was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    /// The person signed in, or came with a session.
    #[default]
    Session,
    /// The person came over from a portal: this token and no more.
    Ticket,
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
    #[serde(default)]
    grant: Grant,
}

#[derive(Clone)]
pub(crate) struct Tokens {
    inner: Arc<Inner>,
}

struct Inner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The bytes of the secret, for keys of sessions.
    secret: Vec<u8>,
    life: Duration,
    ticket_life: Duration,
    session_life: Duration,
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
        if !(1..=24 * 60).contains(&config.ticket_minutes) {
            return Err(ConfigError::value(
                "access.ticket_minutes",
                "must be from 1 to 1440",
            ));
        }
        if !(1..=30 * 24).contains(&config.session_hours) {
            return Err(ConfigError::value(
                "access.session_hours",
                "must be from 1 to 720",
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
                secret,
                life: Duration::minutes(config.minutes),
                ticket_life: Duration::minutes(config.ticket_minutes),
                session_life: Duration::hours(config.session_hours),
                issuers,
                store,
            }),
        })
    }

    pub(crate) fn issue(
        &self,
        person: &PersonId,
        grant: Grant,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), TokenError> {
        let expires = now
            + match grant {
                Grant::Session => self.inner.life,
                Grant::Ticket => self.inner.ticket_life,
            };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: person.0.clone(),
            exp: expires.timestamp(),
            nbf: now.timestamp() - 5,
            iat: now.timestamp(),
            jti: uuid::Uuid::new_v4().to_string(),
            grant,
        };
        let token = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &self.inner.encoding,
        )
        .map_err(|_| TokenError::Invalid)?;
        Ok((token, expires))
    }

    pub(crate) fn session_life(&self) -> Duration {
        self.inner.session_life
    }

    /// The session's key after `key`.
    pub(crate) fn next_key(&self, key: &SessionKey) -> SessionKey {
        key.next(&self.inner.secret)
    }

    /// What a token of ours was given for; `None` for a token of another issuer, or none of ours.
    pub(crate) fn grant(&self, token: &str) -> Option<Grant> {
        self.own(token).ok().map(|claims| claims.grant)
    }

    /// The person behind a token, with the roles that the directory gives them now.
    pub(crate) async fn actor(&self, token: &str) -> Result<Actor, TokenError> {
        let person = self.person(token).await?;
        self.actor_of(&person).await
    }

    pub(crate) async fn actor_of(&self, person: &PersonId) -> Result<Actor, TokenError> {
        let (member, substitutes_for) = self
            .inner
            .store
            .acting(person)
            .await
            .map_err(|_| TokenError::Unavailable)?
            .ok_or(TokenError::Unknown)?;
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
            return Ok(PersonId::new(self.own(token)?.sub));
        }
        let known = self
            .inner
            .issuers
            .iter()
            .find(|known| known.name() == issuer)
            .ok_or(TokenError::Invalid)?;
        known.person(token).await
    }

    fn own(&self, token: &str) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 5;
        let data = jsonwebtoken::decode::<Claims>(token, &self.inner.decoding, &validation)
            .map_err(classified)?;
        Ok(data.claims)
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
