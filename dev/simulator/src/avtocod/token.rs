//! The token that clients compute themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use md5::{Digest, Md5};

use super::Credentials;

/// Why a token is not accepted; the name is the fault's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Malformed,
    Outdated,
    Wrong,
}

impl Refused {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Malformed => "SecurityAuthMalformedToken",
            Self::Outdated => "SecurityAuthTokenExpired",
            Self::Wrong => "SecurityAuthTokenRejected",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Malformed => "Неверная структура токена авторизации",
            Self::Outdated => "Срок действия токена авторизации истёк",
            Self::Wrong => "Токен авторизации не принят",
        }
    }
}

/// Checks `b64("user@domain:ts:age:sh")`: its structure and time always, the password when one is set.
pub(super) fn check(
    token: &str,
    now: DateTime<Utc>,
    accepted: Option<&Credentials>,
) -> Result<(), Refused> {
    let text = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(Refused::Malformed)?;
    let parts: Vec<&str> = text.split(':').collect();
    let [user, stamp, age, salted] = parts[..] else {
        return Err(Refused::Malformed);
    };
    let (Ok(since), Ok(seconds)) = (stamp.parse::<i64>(), age.parse::<i64>()) else {
        return Err(Refused::Malformed);
    };
    if !user.contains('@') || STANDARD.decode(salted).is_ok_and(|hash| hash.len() != 16) {
        return Err(Refused::Malformed);
    }
    // A clock that is a minute ahead is let pass: clients back-date for slower ones.
    let at = now.timestamp();
    if since > at + 60 || since.saturating_add(seconds) <= at {
        return Err(Refused::Outdated);
    }
    match accepted {
        Some(pair) if pair.user != user || hash(&pair.password, since, seconds) != salted => {
            Err(Refused::Wrong)
        }
        _ => Ok(()),
    }
}

/// `ph = b64(md5(password)); sh = b64(md5("ts:age:ph"))`
fn hash(password: &str, since: i64, seconds: i64) -> String {
    let password = STANDARD.encode(Md5::digest(password));
    STANDARD.encode(Md5::digest(format!("{since}:{seconds}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(password: &str) -> Credentials {
        Credentials {
            user: "user@domain".to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn the_golden_vector_is_accepted_for_its_password_and_time_alone() {
        let token = "dXNlckBkb21haW46MTcwMDAwMDAwMDoxNzI4NjA6ai9NRk15RHpkVjd0TUNxeHhwd1pyQT09";
        let at = |ts| DateTime::from_timestamp(ts, 0).unwrap();
        let now = at(1_700_000_100);
        assert_eq!(check(token, now, Some(&pair("pass"))), Ok(()));
        assert_eq!(check(token, now, None), Ok(()));
        assert_eq!(check(token, now, Some(&pair("other"))), Err(Refused::Wrong));
        let late = at(1_700_000_000 + 172_860);
        assert_eq!(check(token, late, None), Err(Refused::Outdated));
        assert_eq!(check("WRONG==", now, None), Err(Refused::Malformed));
    }
}
