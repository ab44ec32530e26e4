//! Passwords of development accounts: argon2id, off the async threads.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Verified against when the login is unknown, so that both answers take the same time.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody signs in with this", Cost::Secret).unwrap_or_default());

/// Each verification takes 19 MiB and a core: more at once would only take both from everybody else.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// How dear each try of a password is; a hash says it of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// As OWASP asks for: 19 MiB, two passes.
    Secret,
    /// For a password that the documentation prints: there is nothing to guess.
    Public,
}

fn hash_now(password: &str, cost: Cost) -> Option<String> {
    let params = match cost {
        Cost::Secret => Params::DEFAULT,
        Cost::Public => Params::new(Params::MIN_M_COST, 1, 1, None).ok()?,
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .ok()
        .map(|hash| hash.to_string())
}

/// The PHC string of a password; `None` only when the machine has no randomness.
pub async fn hash(password: String, cost: Cost) -> Option<String> {
    tokio::task::spawn_blocking(move || hash_now(&password, cost))
        .await
        .ok()
        .flatten()
}

/// Whether the password fits; `stored` is `None` for an unknown login.
pub(crate) async fn verify(password: String, stored: Option<String>) -> bool {
    let Ok(_turn) = AT_ONCE.acquire().await else {
        return false;
    };
    tokio::task::spawn_blocking(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let fits = PasswordHash::new(&stored).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        });
        known && fits
    })
    .await
    .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_login_fits() {
        for (cost, says) in [
            (Cost::Secret, "$argon2id$v=19$m=19456,t=2,p=1$"),
            (Cost::Public, "$argon2id$v=19$m=8,t=1,p=1$"),
        ] {
            let stored = hash("осмотр-2026".to_owned(), cost).await;
            assert!(
                stored.as_deref().is_some_and(|s| s.starts_with(says)),
                "{stored:?}"
            );
            assert!(verify("осмотр-2026".to_owned(), stored.clone()).await);
            assert!(!verify("осмотр-2025".to_owned(), stored).await);
        }
        assert!(!verify("nobody signs in with this".to_owned(), None).await);
    }
}
