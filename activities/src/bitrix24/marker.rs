//! Our key inside a text of the portal, for what has no key of its own there.

use sha2::{Digest, Sha256};

use super::client::CallError;
use crate::error::PartnerError;

/// `[#…]`: short, since people see it; nothing of the key can be read from it.
pub(super) fn of(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let digits: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("[#{digits}]")
}

/// What an attempt to add came to. The first attempt has nobody beside it, so an answer to its add is the whole story: a
/// portal takes two requests a second. A lost answer needs another search, and so does a later attempt, whose forerunner
/// may still be on its way: the add itself may have failed with its effect, or two attempts may have added.
pub(super) async fn settle(
    what: &'static str,
    attempt: u32,
    added: Result<u64, CallError>,
    search: impl Future<Output = Result<Vec<u64>, PartnerError>>,
) -> Result<u64, PartnerError> {
    if let (1, Ok(id)) = (attempt, &added) {
        return Ok(*id);
    }
    match (added, search.await) {
        (_, Ok(found)) if !found.is_empty() => {
            if found.len() > 1 {
                metrics::counter!("kite_bitrix24_duplicates_total", "what" => what).increment(1);
                tracing::error!(
                    what,
                    count = found.len(),
                    "the portal has more than one of ours"
                );
            }
            Ok(found[0])
        }
        // Lists may lag behind; the portal's own word stands.
        (Ok(id), Ok(_) | Err(_)) => Ok(id),
        // After a lost answer the next attempt looks first.
        (Err(error), Ok(_) | Err(_)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_the_same_for_a_key_and_shows_nothing_of_it() {
        assert_eq!(of("buyout:portal:1/end"), of("buyout:portal:1/end"));
        assert_ne!(of("buyout:portal:1/end"), of("buyout:portal:2/end"));
        assert_eq!(of("buyout:portal:1/end").len(), 19);
    }

    #[tokio::test]
    async fn what_the_portal_has_decides() {
        let lost = || CallError::Failed(PartnerError::unavailable("no answer"));
        let settle = async |attempt, added, there| {
            super::settle("comment", attempt, added, async { there }).await
        };
        assert_eq!(settle(1, Err(lost()), Ok(vec![7])).await, Ok(7));
        assert_eq!(settle(2, Ok(9), Ok(vec![7, 9])).await, Ok(7));
        assert_eq!(settle(2, Ok(9), Ok(vec![])).await, Ok(9));
        assert_eq!(settle(2, Ok(9), Err(PartnerError::Pending)).await, Ok(9));
        assert!(settle(2, Err(lost()), Ok(vec![])).await.is_err());
    }

    #[tokio::test]
    async fn a_first_attempt_that_was_answered_does_not_search() {
        let search = async { panic!("a search") };
        assert_eq!(settle("comment", 1, Ok(9), search).await, Ok(9));
    }
}
