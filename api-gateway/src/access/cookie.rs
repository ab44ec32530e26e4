//! The session's cookie: a key that scripts cannot read and other sites do not send. We keep its hash.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// `__Host-`: of this very host, of all of it, over TLS only. A browser keeps no other one by this name.
const NAME: &str = "__Host-kite_session";
/// Says what the signature is for: the same secret signs access tokens.
const PURPOSE: &[u8] = b"kite session key\0";

/// 256 bits that nobody guesses.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKey([u8; 32]);

impl SessionKey {
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// The key in the request's cookie, when there is one of the right shape.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(';'));
        let value = cookies
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == NAME).then_some(value))?;
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The key that follows. Two tabs that refresh at once get the same one; without the secret it
    /// is as random as the first.
    pub(crate) fn next(&self, secret: &[u8]) -> Self {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(PURPOSE);
        mac.update(&self.0);
        Self(mac.finalize().into_bytes().into())
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }

    /// `Set-Cookie`. It says Secure without TLS too: then a proxy in front has it.
    pub(crate) fn cookie(&self, lives: chrono::Duration) -> String {
        let value = URL_SAFE_NO_PAD.encode(self.0);
        let seconds = lives.num_seconds().max(0);
        format!("{NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict")
    }

    /// `Set-Cookie` that takes the cookie away.
    pub(crate) fn cleared() -> String {
        format!("{NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    }
}

/// SHA-256 in hex: what is kept of a secret that only its owner has.
pub(crate) fn hash(secret: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(secret) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, cookie.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn the_key_comes_back_in_its_cookie() {
        let key = SessionKey::random();
        let set = key.cookie(chrono::Duration::hours(12));
        let (pair, attributes) = set.split_once("; ").expect("attributes");
        assert_eq!(
            attributes,
            "Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict"
        );
        let other = format!("theme=dark; {pair}; x=1");
        for cookies in [vec![pair], vec![other.as_str()], vec!["a=b", pair]] {
            assert!(SessionKey::of(&headers(&cookies)) == Some(key.clone()));
        }
        let short = &pair[..pair.len() - 4];
        let twin = pair.replace("__Host-", "");
        for cookies in [
            vec![],
            vec![short],
            vec![twin.as_str()],
            vec!["__Host-kite_session="],
            vec!["__Host-kite_session=%%%"],
            vec!["__Host-kite_session"],
        ] {
            assert!(SessionKey::of(&headers(&cookies)).is_none(), "{cookies:?}");
        }
    }

    #[test]
    fn the_next_key_is_known_to_whoever_has_the_secret_only() {
        let key = SessionKey::random();
        assert!(key.next(b"secret") == key.next(b"secret"));
        assert!(key.next(b"secret") != key.next(b"another"));
        assert!(key.next(b"secret") != key);
        assert_ne!(key.hash(), key.next(b"secret").hash());
        assert_eq!(key.hash().len(), 64);
    }
}
