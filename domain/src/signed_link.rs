//! Signed links for people without an account: a token that names what may be done, in which run,
//! by whom and until when.
//!
//! `v1.<key id>.<payload>.<hmac>`, payload and HMAC-SHA256 in unpadded base64url. A token is a
//! bearer secret and can be used any number of times until it expires: that its action happens once
//! is the receiver's matter, by the id in its claims.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const VERSION: &str = "v1";
/// Keeps a signature from being valid in any other protocol that uses the same key.
const DOMAIN: &str = "kite-link\n";
/// RFC 2104: a key shorter than the hash weakens it.
const MIN_KEY_BYTES: usize = 32;
const MAX_KEY_ID: usize = 32;
/// Longer texts are not looked at; our tokens have about 200 characters.
const MAX_TOKEN: usize = 2_048;

/// What the bearer of a link may do.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LinkPurpose {
    /// See the offer and answer it.
    Offer,
    /// Send photos and scans.
    Upload,
    /// Sign the contract.
    Sign,
    /// Look at a template with sample values; for staff, whose browsers frame it.
    TemplatePreview,
}

/// What a link says. Goes to the bearer in clear text: no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkClaims {
    pub purpose: LinkPurpose,
    /// Id of the run that the link acts on.
    pub subject: String,
    /// In which part the bearer acts, for example "client".
    pub party: String,
    /// The link is refused from this moment on. Whole seconds: a fraction is dropped in signing.
    pub expires_at: DateTime<Utc>,
    /// 128 random bits in base64url, from the caller. Whoever acts on the link uses it as the key
    /// of idempotency.
    pub id: String,
}

/// Claims in a token. The names are short, as the link also goes by SMS.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(rename = "p")]
    purpose: LinkPurpose,
    #[serde(rename = "s")]
    subject: String,
    #[serde(rename = "a")]
    party: String,
    /// Seconds of the Unix epoch.
    #[serde(rename = "e")]
    expires_at: i64,
    #[serde(rename = "i")]
    id: String,
}

/// Why a link is not accepted. Nothing here repeats the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("not a link of ours")]
    Malformed,
    /// The key was removed, which revokes every link that it signed.
    #[error("the link is signed with an unknown key")]
    UnknownKey,
    #[error("the link's signature is wrong")]
    BadSignature,
    #[error("the link expired at {at}")]
    Expired { at: DateTime<Utc> },
    #[error("the link is for another purpose")]
    WrongPurpose,
}

/// Why a set of keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    #[error("a key id has 1 to 32 characters of A-Z, a-z, 0-9, _ and -")]
    KeyId,
    #[error("key {id} is shorter than 32 bytes")]
    ShortKey { id: String },
    #[error("key {id} is given twice")]
    DuplicateKey { id: String },
    #[error("the current key {id} is not among the keys")]
    NoCurrentKey { id: String },
}

/// The keys of links: the current one signs, all of them verify.
///
/// To rotate: add a key and make it current; when the last link of the old one has expired, remove
/// the old one. `Debug` shows key ids, never keys.
#[derive(Clone)]
pub struct KeyRing {
    current: String,
    keys: BTreeMap<String, Vec<u8>>,
}

impl KeyRing {
    /// `keys` are pairs of an id and at least 32 random bytes; `current` is the id that signs.
    pub fn new(
        current: impl Into<String>,
        keys: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, KeyRingError> {
        let current = current.into();
        let mut ring = BTreeMap::new();
        for (id, key) in keys {
            if !is_key_id(&id) {
                return Err(KeyRingError::KeyId);
            }
            if key.len() < MIN_KEY_BYTES {
                return Err(KeyRingError::ShortKey { id });
            }
            if ring.insert(id.clone(), key).is_some() {
                return Err(KeyRingError::DuplicateKey { id });
            }
        }
        if !ring.contains_key(&current) {
            return Err(KeyRingError::NoCurrentKey { id: current });
        }
        Ok(Self {
            current,
            keys: ring,
        })
    }

    /// The token for these claims, safe in a URL's path.
    pub fn sign(&self, claims: &LinkClaims) -> String {
        let LinkClaims {
            purpose,
            subject,
            party,
            expires_at,
            id,
        } = claims;
        let payload = Payload {
            purpose: *purpose,
            subject: subject.clone(),
            party: party.clone(),
            expires_at: expires_at.timestamp(),
            id: id.clone(),
        };
        let json = serde_json::to_vec(&payload).expect("a payload is plain data");
        let signed = format!(
            "{VERSION}.{}.{}",
            self.current,
            URL_SAFE_NO_PAD.encode(json)
        );
        let signature = mac(&self.keys[&self.current], &signed)
            .finalize()
            .into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What the token says, if one of the keys signed it, for this purpose, and it has not expired
    /// at `now`. The signature is compared in constant time, and before anything of the payload is
    /// read.
    pub fn verify(
        &self,
        token: &str,
        purpose: LinkPurpose,
        now: DateTime<Utc>,
    ) -> Result<LinkClaims, LinkError> {
        let Parts {
            key_id,
            payload,
            signed,
            signature,
        } = Parts::of(token)?;
        let key = self.keys.get(key_id).ok_or(LinkError::UnknownKey)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| LinkError::Malformed)?;
        mac(key, signed)
            .verify_slice(&signature)
            .map_err(|_| LinkError::BadSignature)?;

        let json = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| LinkError::Malformed)?;
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| LinkError::Malformed)?;
        let expires_at =
            DateTime::from_timestamp(payload.expires_at, 0).ok_or(LinkError::Malformed)?;
        if payload.purpose != purpose {
            return Err(LinkError::WrongPurpose);
        }
        if now >= expires_at {
            return Err(LinkError::Expired { at: expires_at });
        }
        let Payload {
            purpose,
            subject,
            party,
            expires_at: _,
            id,
        } = payload;
        Ok(LinkClaims {
            purpose,
            subject,
            party,
            expires_at,
            id,
        })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("current", &self.current)
            .field("keys", &self.keys.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A token for logs: key id and a fingerprint by which lines about one link are found. The link
/// cannot be used or restored from it, and a text that is not a link is not repeated.
pub fn masked(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let fingerprint: String = digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match Parts::of(token) {
        Ok(Parts { key_id, .. }) => format!("{VERSION}.{key_id}.#{fingerprint}"),
        Err(_) => format!("malformed.#{fingerprint}"),
    }
}

/// A token taken apart, nothing of it proven.
struct Parts<'a> {
    key_id: &'a str,
    payload: &'a str,
    /// Everything before the signature.
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, LinkError> {
        if token.len() > MAX_TOKEN {
            return Err(LinkError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(LinkError::Malformed)?;
        let mut parts = signed.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(VERSION), Some(key_id), Some(payload), None) if is_key_id(key_id) => Ok(Self {
                key_id,
                payload,
                signed,
                signature,
            }),
            (_, _, _, _) => Err(LinkError::Malformed),
        }
    }
}

fn mac(key: &[u8], signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(DOMAIN.as_bytes());
    mac.update(signed.as_bytes());
    mac
}

fn is_key_id(id: &str) -> bool {
    (1..=MAX_KEY_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests;
