//! Money that is about to move: what both rails do around the call.

use chrono::{DateTime, Utc};
use store::connect::Store;
use store::error::StoreError;
use store::payment_intent::{IntentState, NewIntent};

use crate::error::PartnerError;

/// What is known about a payment before the partner is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No call has begun under this key.
    Fresh,
    /// A call began and nobody knows how it ended: inquire, never send it under another key.
    CalledBefore { since: DateTime<Utc> },
    /// The partner has it under this id.
    Accepted { partner_id: String },
    /// The partner refused it; no money moved.
    Refused,
}

/// Writes the intent down, or finds the one that is there.
pub(crate) async fn intend(store: &Store, intent: &NewIntent) -> Result<Standing, PartnerError> {
    let there = store.put_intent(intent).await.map_err(failed)?;
    Ok(match (there.state, there.partner_id) {
        (IntentState::Refused, _) => Standing::Refused,
        (_, Some(partner_id)) => Standing::Accepted { partner_id },
        (IntentState::Intended, None) => Standing::Fresh,
        (IntentState::Unknown | IntentState::Accepted | IntentState::Paid, None) => {
            Standing::CalledBefore {
                since: there.created_at,
            }
        }
    })
}

/// From here on the call may have reached the partner.
pub(crate) async fn calling(store: &Store, key: &str) -> Result<(), PartnerError> {
    note(store, key, IntentState::Unknown).await
}

/// The partner has the payment.
pub(crate) async fn accepted(
    store: &Store,
    key: &str,
    partner_id: &str,
) -> Result<(), PartnerError> {
    store.accept_intent(key, partner_id).await.map_err(failed)
}

pub(crate) async fn note(store: &Store, key: &str, state: IntentState) -> Result<(), PartnerError> {
    store.set_intent_state(key, state).await.map_err(failed)
}

/// The partner's final word on the payment that it calls `partner_id`.
pub(crate) async fn ended(
    store: &Store,
    partner_id: &str,
    state: IntentState,
) -> Result<(), PartnerError> {
    let intent = store
        .intent_by_partner_id(partner_id)
        .await
        .map_err(failed)?
        .ok_or_else(|| PartnerError::protocol(format!("no payment intent of {partner_id}")))?;
    note(store, &intent.key, state).await
}

/// A payment that contradicts what is written is not repeated: a person must look.
fn failed(error: StoreError) -> PartnerError {
    match error {
        StoreError::Conflict(what) => PartnerError::protocol(format!("payment intent: {what}")),
        other => PartnerError::from_store(other),
    }
}

/// What a partner says of a payment that was asked for, not sent: a refusal of the question is no
/// refusal of the payment, and must never be read as one.
pub(crate) fn only_asked(error: PartnerError) -> PartnerError {
    match error {
        PartnerError::Rejected { code, .. } => {
            PartnerError::protocol(format!("the question about a payment was refused: {code}"))
        }
        PartnerError::Conflict { existing } => PartnerError::protocol(format!(
            "the question about a payment met a conflict: {existing}"
        )),
        other @ (PartnerError::Unavailable { .. }
        | PartnerError::Pending
        | PartnerError::Held { .. }
        | PartnerError::Protocol { .. }) => other,
    }
}

#[cfg(test)]
mod tests {
    use domain::buyout::start::BuyoutId;
    use domain::money::Money;
    use domain::payment::PaymentRail;

    use super::*;
    use crate::testing::store;

    fn new(key: &str, run: u64) -> NewIntent {
        NewIntent {
            key: key.to_owned(),
            run: BuyoutId::new("portal", run),
            rail: PaymentRail::Sbp,
            amount: Money::from_rubles(320_000),
        }
    }

    #[tokio::test]
    async fn a_payment_goes_from_fresh_to_accepted() {
        let (store, _dir) = store().await;
        assert_eq!(intend(&store, &new("k1", 1)).await, Ok(Standing::Fresh));
        assert_eq!(intend(&store, &new("k1", 1)).await, Ok(Standing::Fresh));
        calling(&store, "k1").await.expect("noted");
        assert!(matches!(
            intend(&store, &new("k1", 1)).await,
            Ok(Standing::CalledBefore { .. })
        ));
        accepted(&store, "k1", "po-1").await.expect("noted");
        let there = Standing::Accepted {
            partner_id: "po-1".to_owned(),
        };
        assert_eq!(intend(&store, &new("k1", 1)).await, Ok(there.clone()));
        ended(&store, "po-1", IntentState::Paid)
            .await
            .expect("noted");
        assert_eq!(intend(&store, &new("k1", 1)).await, Ok(there));
    }

    #[tokio::test]
    async fn a_refused_payment_stays_refused_and_opens_the_way_for_another_key() {
        let (store, _dir) = store().await;
        intend(&store, &new("k1", 1)).await.expect("written");
        calling(&store, "k1").await.expect("noted");
        note(&store, "k1", IntentState::Refused)
            .await
            .expect("noted");
        assert_eq!(intend(&store, &new("k1", 1)).await, Ok(Standing::Refused));
        assert_eq!(intend(&store, &new("k2", 1)).await, Ok(Standing::Fresh));
    }

    #[tokio::test]
    async fn a_second_payment_beside_an_open_one_is_for_a_person() {
        let (store, _dir) = store().await;
        intend(&store, &new("k1", 1)).await.expect("written");
        let second = intend(&store, &new("k2", 1)).await;
        assert!(
            matches!(second, Err(PartnerError::Protocol { .. })),
            "{second:?}"
        );
        let other = NewIntent {
            amount: Money::from_rubles(1),
            ..new("k1", 1)
        };
        let other = intend(&store, &other).await;
        assert!(
            matches!(other, Err(PartnerError::Protocol { .. })),
            "{other:?}"
        );
    }
}
