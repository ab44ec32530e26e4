//! Numbers without gaps.

use domain::document::DocumentKind;
use futures::future::join_all;

use super::support::on_both;

#[tokio::test(flavor = "multi_thread")]
async fn racing_documents_get_every_number_once() {
    on_both(async |base| {
        let other = base.another().await;
        // Each key is asked for twice, from two processes at once.
        let asked = (0..40).map(|n| {
            let store = if n % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move {
                let key = format!("contract-{}", n / 2);
                let given = store
                    .next_number("kite", DocumentKind::Contract, 2026, &key)
                    .await
                    .unwrap();
                (key, given.number)
            })
        });
        let mut given: Vec<_> = join_all(asked)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        given.sort();
        given.dedup();
        assert_eq!(given.len(), 20, "a key has one number: {given:?}");
        let mut numbers: Vec<u64> = given.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());

        let next = async |entity, kind, year, key| {
            let given = base
                .store
                .next_number(entity, kind, year, key)
                .await
                .unwrap();
            (given.year, given.number)
        };
        assert_eq!(
            next("kite", DocumentKind::Contract, 2026, "new").await,
            (2026, 21)
        );
        assert_eq!(
            next("kite", DocumentKind::Act, 2026, "new").await,
            (2026, 1)
        );
        assert_eq!(
            next("other", DocumentKind::Contract, 2026, "new").await,
            (2026, 1)
        );
        assert_eq!(
            next("kite", DocumentKind::Contract, 2027, "newer").await,
            (2027, 1)
        );
        assert_eq!(
            next("kite", DocumentKind::Contract, 2027, "new").await,
            (2026, 21)
        );
    })
    .await;
}
