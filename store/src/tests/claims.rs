//! Races that have one winner: a car, an upload ticket.

use domain::file::FileKind;
use domain::staff::PersonId;
use futures::future::join_all;

use super::support::{Base, at, on_both, run};
use crate::{Store, StoreError, Ticket};

const RACERS: u64 = 8;

/// The racers' stores: half of them in another process.
async fn racers(base: &Base) -> Vec<(u64, Store)> {
    let other = base.another().await;
    (1..=RACERS)
        .map(|racer| {
            let store = if racer % 2 == 0 {
                base.store.clone()
            } else {
                other.clone()
            };
            (racer, store)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_gets_the_car_and_the_others_learn_which() {
    on_both(async |base| {
        let claims = racers(base).await.into_iter().map(|(racer, store)| {
            tokio::spawn(async move {
                store
                    .claim_car("XTA210990Y0000001", &run(racer))
                    .await
                    .unwrap()
            })
        });
        let answers = join_all(claims)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>();
        let winners = answers.iter().filter(|answer| answer.is_none()).count();
        assert_eq!(winners, 1, "{answers:?}");
        let winner = run(answers.iter().position(Option::is_none).unwrap() as u64 + 1);
        assert!(
            answers.iter().flatten().all(|holder| *holder == winner),
            "{answers:?}"
        );

        let claim = async |owner| {
            base.store
                .claim_car("XTA210990Y0000001", &run(owner))
                .await
                .unwrap()
        };
        assert_eq!(
            base.store
                .claim_car("XTA210990Y0000001", &winner)
                .await
                .unwrap(),
            None
        );
        assert_eq!(claim(99).await, Some(winner.clone()));
        base.store.release_car(&run(99)).await.unwrap();
        assert_eq!(
            claim(99).await,
            Some(winner.clone()),
            "what one has not taken one cannot release"
        );
        base.store.release_car(&winner).await.unwrap();
        assert_eq!(claim(99).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_used_up_by_one_upload() {
    on_both(async |base| {
        let ticket = Ticket {
            id: "t-1".to_owned(),
            run: run(1),
            person: PersonId::new("u-1"),
            kind: FileKind::Photo,
            max_bytes: 1_000,
            expires_at: at(60),
        };
        base.store.issue_ticket(&ticket).await.unwrap();
        let again = base.store.issue_ticket(&ticket).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        assert_eq!(base.store.ticket("t-1").await.unwrap(), Some(ticket));

        let uploads = racers(base).await.into_iter().map(|(_, store)| {
            tokio::spawn(async move { store.consume_ticket("t-1").await.unwrap() })
        });
        let won = join_all(uploads)
            .await
            .into_iter()
            .filter(|won| *won.as_ref().unwrap())
            .count();
        assert_eq!(won, 1);
        assert_eq!(base.store.ticket("t-1").await.unwrap(), None);
        assert!(!base.store.consume_ticket("t-2").await.unwrap());
    })
    .await;
}
