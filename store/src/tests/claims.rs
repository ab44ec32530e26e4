//! Races that have one winner: a car, an upload ticket.

use chrono::{DateTime, Duration, Utc};
use domain::file::{FileKind, FileRef};
use domain::staff::PersonId;
use futures::future::join_all;

use super::support::{Base, at, on_both, run};
use crate::file::FileRow;
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

fn ticket(id: &str, expires_at: DateTime<Utc>) -> Ticket {
    Ticket {
        id: id.to_owned(),
        run: run(1),
        person: PersonId::new("u-1"),
        kind: FileKind::Photo,
        max_bytes: 1_000,
        expires_at,
    }
}

fn brought(id: &str, sha256: &str) -> FileRow {
    FileRow {
        file: FileRef {
            id: id.to_owned(),
            kind: FileKind::Photo,
            content_type: "image/jpeg".to_owned(),
            size: 10,
            sha256: sha256.to_owned(),
            source_sha256: None,
            taken_at: None,
        },
        object_key: format!("runs/{sha256}"),
        run: Some(run(1)),
        uploaded_by: Some(PersonId::new("u-1")),
        created_at: at(0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_used_up_by_one_upload() {
    on_both(async |base| {
        let ticket = ticket("t-1", Utc::now() + Duration::hours(1));
        base.store.issue_ticket(&ticket).await.unwrap();
        let again = base.store.issue_ticket(&ticket).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let there = base.store.ticket("t-1").await.unwrap();
        assert_eq!(there.map(|ticket| ticket.id).as_deref(), Some("t-1"));

        let uploads = racers(base).await.into_iter().map(|(number, store)| {
            let file = brought(&format!("f-{number}"), "a");
            tokio::spawn(async move { (store.finish_upload("t-1", &file).await.unwrap(), file) })
        });
        let mut files = 0;
        for upload in join_all(uploads).await {
            let (won, file) = upload.unwrap();
            let stored = base.store.file(&file.file.id).await.unwrap().is_some();
            assert_eq!(stored, won, "the winner's file and no other");
            files += usize::from(won);
        }
        assert_eq!(files, 1);
        assert_eq!(base.store.ticket("t-1").await.unwrap(), None);
        assert!(
            !base
                .store
                .finish_upload("t-2", &brought("f", "a"))
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_fails_or_comes_late_uses_nothing_up() {
    on_both(async |base| {
        let store = &base.store;
        let in_an_hour = Utc::now() + Duration::hours(1);
        store
            .issue_ticket(&ticket("t-1", in_an_hour))
            .await
            .unwrap();
        store.add_file(&brought("taken", "a")).await.unwrap();
        let refused = store.finish_upload("t-1", &brought("taken", "b")).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict(_))),
            "{refused:?}"
        );
        assert!(
            store.ticket("t-1").await.unwrap().is_some(),
            "the ticket was used up"
        );
        assert!(
            store
                .finish_upload("t-1", &brought("free", "b"))
                .await
                .unwrap()
        );

        store
            .issue_ticket(&ticket("late", Utc::now() - Duration::seconds(1)))
            .await
            .unwrap();
        assert!(
            !store
                .finish_upload("late", &brought("late", "c"))
                .await
                .unwrap()
        );
        assert_eq!(store.file("late").await.unwrap(), None);
    })
    .await;
}
