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

/// The first attempt has nobody beside it, so an answer to its add is the whole story and needs no second search: a portal
/// takes two requests a second. A lost answer needs one, and so does a later attempt, whose forerunner may still be on its
/// way.
pub(super) const ALONE: u32 = 1;

/// What an attempt to add came to, by what the portal has afterwards: the add itself may have failed
/// with its effect, or two attempts may have added.
pub(super) fn settle(
    what: &'static str,
    added: Result<u64, CallError>,
    there: Result<Vec<u64>, PartnerError>,
) -> Result<u64, PartnerError> {
    match (added, there) {
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

    #[test]
    fn what_the_portal_has_decides() {
        let lost = || CallError::Failed(PartnerError::unavailable("no answer"));
        assert_eq!(settle("comment", Err(lost()), Ok(vec![7])), Ok(7));
        assert_eq!(settle("comment", Ok(9), Ok(vec![7, 9])), Ok(7));
        assert_eq!(settle("comment", Ok(9), Ok(vec![])), Ok(9));
        assert_eq!(settle("comment", Ok(9), Err(PartnerError::Pending)), Ok(9));
        assert!(settle("comment", Err(lost()), Ok(vec![])).is_err());
    }
}
