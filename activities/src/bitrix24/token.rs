//! Access tokens of portals: read from the database, renewed once for everybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use store::connect::Store;
use store::error::StoreError;
use store::portal::{Portal, VersionedPortal, expires_at};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::dto;
use crate::error::PartnerError;
use crate::http::Http;

/// Longer than a call to the authorisation server may take.
const LEASE: Duration = Duration::from_secs(90);
/// How long a caller waits for another process that renews, or for the database.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(200);
/// What the portal says when it says nothing.
const LIFETIME_SECS: i64 = 3_600;

/// Seals tokens for the database, with keys that only the binaries have. What was never sealed opens
/// as it is. The errors are English and hold nothing of the text.
pub trait Sealer: Send + Sync {
    fn seal(&self, text: &str) -> Result<String, String>;
    fn open(&self, text: &str) -> Result<String, String>;
}

/// What a call needs.
pub(super) struct Access {
    pub(super) endpoint: String,
    pub(super) token: SecretString,
    version: u64,
}

pub(super) struct Tokens {
    oauth: Http,
    client_id: String,
    client_secret: SecretString,
    store: Store,
    sealer: Arc<dyn Sealer>,
    /// Held while a portal's tokens are being renewed: this process asks once.
    renewing: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

impl Tokens {
    pub(super) fn new(
        oauth: Http,
        client_id: &str,
        client_secret: SecretString,
        store: Store,
        sealer: Arc<dyn Sealer>,
    ) -> Self {
        Self {
            oauth,
            client_id: client_id.to_owned(),
            client_secret,
            store,
            sealer,
            renewing: Mutex::default(),
        }
    }

    pub(super) async fn access(&self, portal: &str) -> Result<Access, PartnerError> {
        self.opened(&self.stored(portal).await?)
    }

    /// New tokens in place of `refused`, or those that somebody else fetched meanwhile.
    pub(super) async fn renew(
        &self,
        portal: &str,
        refused: &Access,
    ) -> Result<Access, PartnerError> {
        let turn = {
            let mut renewing = self.renewing.lock().await;
            renewing.entry(portal.to_owned()).or_default().clone()
        };
        let _turn = turn.lock().await;
        let owner = Uuid::new_v4();
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            let held = self.stored(portal).await?;
            if held.version != refused.version {
                return self.opened(&held);
            }
            let locked = self
                .store
                .lock_portal(portal, owner, LEASE)
                .await
                .map_err(PartnerError::from_store)?;
            if locked {
                break;
            }
            if tokio::time::Instant::now() >= give_up {
                return Err(PartnerError::unavailable(
                    "bitrix24: another process is renewing the tokens of the portal",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
        let renewed = self.renew_locked(portal, refused, owner).await;
        if renewed.is_err() {
            self.store
                .unlock_portal(portal, owner)
                .await
                .map_err(PartnerError::from_store)?;
        }
        renewed
    }

    async fn renew_locked(
        &self,
        portal: &str,
        refused: &Access,
        owner: Uuid,
    ) -> Result<Access, PartnerError> {
        // The former holder of the lease may have finished before we took it.
        let held = self.stored(portal).await?;
        if held.version != refused.version {
            self.store
                .unlock_portal(portal, owner)
                .await
                .map_err(PartnerError::from_store)?;
            return self.opened(&held);
        }
        let refresh_token = self.open(&held.portal.refresh_token)?;
        let granted = self.grant(&refresh_token).await?;
        let (Some(access_token), Some(refresh_token)) =
            (granted.access_token, granted.refresh_token)
        else {
            return Err(PartnerError::protocol(
                "bitrix24 oauth: a grant without tokens",
            ));
        };
        let lifetime = granted.expires_in.unwrap_or(LIFETIME_SECS);
        let fresh = Portal {
            access_token: self.seal(access_token.expose_secret())?,
            refresh_token: self.seal(refresh_token.expose_secret())?,
            expires_at: expires_at(Utc::now(), lifetime),
            ..held.portal
        };
        if self.save(&fresh, held.version, owner).await? {
            tracing::info!(portal, "the tokens of the portal are renewed");
        } else {
            tracing::warn!(
                portal,
                "the application was installed anew while its tokens were being renewed"
            );
        }
        self.access(portal).await
    }

    /// Stored before use: the old refresh token is gone whatever happens to this process. A database
    /// that is away for a moment must not cost the portal, so it is waited for within the lease.
    async fn save(&self, fresh: &Portal, version: u64, owner: Uuid) -> Result<bool, PartnerError> {
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            match self.store.refresh_portal(fresh, version, owner).await {
                Ok(saved) => return Ok(saved),
                Err(StoreError::Unavailable(_)) if tokio::time::Instant::now() < give_up => {
                    tokio::time::sleep(LOOK).await;
                }
                Err(error) => {
                    tracing::error!(%error, "renewed tokens of a portal are lost: it needs a new installation");
                    return Err(PartnerError::from_store(error));
                }
            }
        }
    }

    async fn grant(&self, refresh_token: &SecretString) -> Result<dto::Granted, PartnerError> {
        let request = self
            .oauth
            .request(Method::POST, self.oauth.url(["oauth", "token", ""]))
            .form(&[
                ("grant_type", "refresh_token"),
                ("client_id", &self.client_id),
                ("client_secret", self.client_secret.expose_secret()),
                ("refresh_token", refresh_token.expose_secret()),
            ]);
        let answer = self.oauth.send("oauth_token", request).await?;
        let granted: dto::Granted = match answer.try_json() {
            Some(granted) => granted,
            None if answer.is_success() => answer.json()?,
            None => return Err(answer.unavailable("the authorisation server failed")),
        };
        match granted.error.as_deref() {
            None if answer.is_success() => Ok(granted),
            Some("invalid_grant" | "invalid_client" | "PAYMENT_REQUIRED") => {
                Err(PartnerError::rejected(
                    granted.error.unwrap_or_default(),
                    "Битрикс24 больше не признаёт приложение Kite. Переустановите приложение на портале и повторите.",
                ))
            }
            Some("invalid_request" | "invalid_scope" | "insufficient_scope") => Err(
                PartnerError::protocol("bitrix24 oauth: the request for tokens was refused"),
            ),
            Some(_) | None => Err(answer.unavailable("the authorisation server failed")),
        }
    }

    async fn stored(&self, portal: &str) -> Result<VersionedPortal, PartnerError> {
        self.store
            .versioned_portal(portal)
            .await
            .map_err(PartnerError::from_store)?
            .ok_or_else(|| {
                PartnerError::rejected(
                    "not_installed",
                    "Приложение Kite не установлено на портале Битрикс24. Установите его и повторите.",
                )
            })
    }

    fn opened(&self, held: &VersionedPortal) -> Result<Access, PartnerError> {
        Ok(Access {
            endpoint: held.portal.client_endpoint.clone(),
            token: self.open(&held.portal.access_token)?,
            version: held.version,
        })
    }

    fn open(&self, sealed: &str) -> Result<SecretString, PartnerError> {
        let opened = self.sealer.open(sealed);
        opened
            .map(SecretString::from)
            .map_err(|error| PartnerError::protocol(format!("bitrix24: stored token: {error}")))
    }

    fn seal(&self, token: &str) -> Result<String, PartnerError> {
        self.sealer
            .seal(token)
            .map_err(|error| PartnerError::protocol(format!("bitrix24: new token: {error}")))
    }
}
