//! Money: one payment of a run at a time.

use domain::money::Money;
use domain::payment::PaymentRail;
use futures::future::join_all;

use super::support::{on_both, run};
use crate::StoreError;
use crate::payment_intent::{IntentState, NewIntent};

fn intent(key: &str, deal_id: u64) -> NewIntent {
    NewIntent {
        key: key.to_owned(),
        run: run(deal_id),
        rail: PaymentRail::Sbp,
        amount: Money::from_rubles(450_000),
    }
}

fn conflict<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
}

#[tokio::test]
async fn an_intent_lives_from_its_writing_to_its_end() {
    on_both(async |base| {
        let store = &base.store;
        let first = store.put_intent(&intent("k-1", 1)).await.unwrap();
        assert_eq!(
            (first.state, first.partner_id.as_deref()),
            (IntentState::Intended, None)
        );
        assert_eq!(store.put_intent(&intent("k-1", 1)).await.unwrap(), first);
        conflict(
            store
                .put_intent(&NewIntent {
                    amount: Money::from_rubles(1),
                    ..intent("k-1", 1)
                })
                .await,
        );
        conflict(store.put_intent(&intent("k-1", 2)).await);

        store
            .set_intent_state("k-1", IntentState::Unknown)
            .await
            .unwrap();
        assert_eq!(
            store.put_intent(&intent("k-1", 1)).await.unwrap().state,
            IntentState::Unknown
        );
        store.accept_intent("k-1", "po-1").await.unwrap();
        store.accept_intent("k-1", "po-1").await.unwrap();
        conflict(store.accept_intent("k-1", "po-2").await);
        let accepted = store.intent_by_partner_id("po-1").await.unwrap().unwrap();
        assert_eq!(
            (accepted.key.as_str(), accepted.state),
            ("k-1", IntentState::Accepted)
        );
        store.put_intent(&intent("k-2", 2)).await.unwrap();
        conflict(store.accept_intent("k-2", "po-1").await);

        store
            .set_intent_state("k-1", IntentState::Paid)
            .await
            .unwrap();
        store
            .set_intent_state("k-1", IntentState::Paid)
            .await
            .unwrap();
        conflict(store.set_intent_state("k-1", IntentState::Refused).await);
        // What comes late does not reopen it.
        store.accept_intent("k-1", "po-1").await.unwrap();
        assert_eq!(
            store.intent("k-1").await.unwrap().unwrap().state,
            IntentState::Paid
        );

        assert_eq!(store.intent("k-9").await.unwrap(), None);
        for absent in [
            store.accept_intent("k-9", "po-9").await,
            store.set_intent_state("k-9", IntentState::Paid).await,
        ] {
            assert!(
                matches!(absent, Err(StoreError::NotFound { .. })),
                "{absent:?}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_pays_again_only_after_a_refusal() {
    on_both(async |base| {
        let other = base.another().await;
        let puts = (0..8).map(|n| {
            let store = if n % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { store.put_intent(&intent(&format!("k-{n}"), 1)).await })
        });
        let answers: Vec<_> = join_all(puts)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let mut written = answers.iter().flatten();
        let first = written.next().unwrap();
        assert!(
            written.next().is_none(),
            "two payments of one run: {answers:?}"
        );
        assert!(
            answers
                .iter()
                .filter_map(|answer| answer.as_ref().err())
                .all(|error| error
                    .to_string()
                    .contains("another payment that was not refused")),
            "{answers:?}"
        );

        let store = &base.store;
        store
            .set_intent_state(&first.key, IntentState::Refused)
            .await
            .unwrap();
        store.put_intent(&intent("second", 1)).await.unwrap();
        conflict(store.put_intent(&intent("third", 1)).await);
        store
            .set_intent_state("second", IntentState::Paid)
            .await
            .unwrap();
        conflict(store.put_intent(&intent("third", 1)).await);
        let all = store.intents_of(&run(1)).await.unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|intent| (intent.key.as_str(), intent.state))
            .collect();
        assert_eq!(
            all,
            [
                (first.key.as_str(), IntentState::Refused),
                ("second", IntentState::Paid)
            ]
        );
    })
    .await;
}
