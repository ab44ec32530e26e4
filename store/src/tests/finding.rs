//! Differences between systems.

use domain::finding::{Finding, FindingKind, FindingSource};
use domain::staff::PersonId;

use super::support::{on_both, run};
use crate::finding::{FindingEnd, FindingFilter, Kept};
use crate::{Page, StoreError};

fn finding(kind: FindingKind, theirs: &str) -> Finding {
    Finding {
        kind,
        subject: run(1).0,
        run: Some(run(1)),
        deal_id: Some(1),
        system: "Битрикс24".to_owned(),
        ours: "стадия WON".to_owned(),
        theirs: theirs.to_owned(),
        proposal: "Переведите.".to_owned(),
    }
}

const DEAL: [FindingSource; 1] = [FindingSource::Deal];

#[tokio::test]
async fn a_difference_stands_until_the_systems_agree_and_only_if_they_were_asked() {
    on_both(async |base| {
        let store = &base.store;
        let keep = async |answered: &[FindingSource], found: &[Finding]| {
            store
                .keep_findings(&run(1).0, answered, found)
                .await
                .unwrap()
        };
        let open = FindingFilter::default();
        let list = async |filter: &FindingFilter| {
            store.list_findings(filter, &Page::default()).await.unwrap()
        };
        let stage = finding(FindingKind::DealStage, "стадия NEW");
        let first = keep(&DEAL, std::slice::from_ref(&stage)).await;
        assert_eq!(
            first,
            Kept {
                standing: 1,
                new: 1,
                gone: 0
            }
        );
        let moved = finding(FindingKind::DealStage, "стадия LOSE");
        let again = keep(&DEAL, std::slice::from_ref(&moved)).await;
        assert_eq!(
            again,
            Kept {
                standing: 1,
                new: 0,
                gone: 0
            }
        );
        let rows = list(&open).await.rows;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].finding, moved, "with the values of now");
        assert!(rows[0].seen_at >= rows[0].found_at);

        // Another source answered, and this one did not: nothing is known of the deal.
        assert_eq!(keep(&[FindingSource::Receipt], &[]).await, Kept::default());
        assert_eq!(list(&open).await.total, 1);
        // Of another run.
        store.keep_findings(&run(2).0, &DEAL, &[]).await.unwrap();
        assert_eq!(list(&open).await.total, 1);
        assert_eq!(keep(&DEAL, &[]).await.gone, 1);
        assert_eq!(list(&open).await.total, 0);
        let over = FindingFilter {
            settled: true,
            ..FindingFilter::default()
        };
        let rows = list(&over).await.rows;
        assert!(
            matches!(rows[0].settled, Some(FindingEnd::Gone { .. })),
            "{rows:?}"
        );
        // It comes again: a row of its own.
        assert_eq!(keep(&DEAL, &[stage]).await.new, 1);
        assert_eq!((list(&open).await.total, list(&over).await.total), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_difference_is_taken_by_one_person_and_settled_once() {
    on_both(async |base| {
        let store = &base.store;
        let stage = finding(FindingKind::DealStage, "стадия NEW");
        store
            .keep_findings(&run(1).0, &DEAL, &[stage])
            .await
            .unwrap();
        let rows = store
            .list_findings(&FindingFilter::default(), &Page::default())
            .await
            .unwrap()
            .rows;
        let id = rows[0].id;
        let [ops, other] = ["u-ops", "u-other"].map(PersonId::new);
        let claimed = store.claim_finding(id, &ops).await.unwrap();
        assert_eq!(claimed.claimed.map(|claimed| claimed.by), Some(ops.clone()));
        store.claim_finding(id, &ops).await.expect("it is theirs");
        let taken = store.claim_finding(id, &other).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
        let settled = store
            .settle_finding(id, &ops, "Стадию вернули.")
            .await
            .unwrap();
        assert!(
            matches!(&settled.settled, Some(FindingEnd::ByPerson(word)) if word.by == ops && word.note == "Стадию вернули."),
            "{settled:?}"
        );
        for again in [
            store.settle_finding(id, &ops, "Ещё раз.").await,
            store.claim_finding(id, &ops).await,
        ] {
            assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        }
        let absent = store.settle_finding(9_999, &ops, "x").await;
        assert!(
            matches!(absent, Err(StoreError::NotFound { .. })),
            "{absent:?}"
        );
        let actions: Vec<_> = store
            .audit_of(&format!("finding/{id}"))
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.action)
            .collect();
        assert_eq!(actions, ["finding.claim", "finding.settle"]);
    })
    .await;
}
