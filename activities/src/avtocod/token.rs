//! The partner's token, computed by the caller.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use md5::{Digest, Md5};

/// The partner's clock may be behind ours: a token begins this many seconds ago and lives so much longer.
const BACK_DATE_SECS: i64 = 60;

/// `user` is "user@domain"; `age_secs` is how long the token lives.
///
/// MD5 is the partner's choice.
pub(super) fn token(user: &str, password: &str, now: DateTime<Utc>, age_secs: u32) -> String {
    let begins = now.timestamp() - BACK_DATE_SECS;
    let age = i64::from(age_secs) + BACK_DATE_SECS;
    let password_hash = STANDARD.encode(Md5::digest(password.as_bytes()));
    let salted = format!("{begins}:{age}:{password_hash}");
    let salted_hash = STANDARD.encode(Md5::digest(salted.as_bytes()));
    STANDARD.encode(format!("{user}:{begins}:{age}:{salted_hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_golden_vector() {
        let now = DateTime::from_timestamp(1_700_000_060, 0).expect("a moment");
        assert_eq!(
            token("user@domain", "pass", now, 172_800),
            "dXNlckBkb21haW46MTcwMDAwMDAwMDoxNzI4NjA6ai9NRk15RHpkVjd0TUNxeHhwd1pyQT09"
        );
    }
}
