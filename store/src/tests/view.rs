//! Saved filters.

use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{PersonId, Role};
use domain::view::{View, ViewDraft, ViewList};

use super::support::{on_both, person};
use crate::{ChangeError, Store};

fn draft(name: &str, shared_with: Option<Role>) -> ViewDraft {
    ViewDraft {
        id: None,
        list: ViewList::Tasks,
        name: name.to_owned(),
        query: "overdue=true".to_owned(),
        shared_with,
    }
}

async fn names(store: &Store, id: &str, roles: &[Role]) -> Vec<String> {
    let views = store
        .views(&PersonId::new(id), roles, ViewList::Tasks)
        .await
        .unwrap();
    views.into_iter().map(|view| view.name).collect()
}

async fn refused(result: impl Future<Output = Result<View, ChangeError>>) -> Refusal {
    match result.await {
        Err(ChangeError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_view_is_its_owners_and_seen_by_the_role_it_is_shared_with() {
    on_both(async |base| {
        let store = &base.store;
        let [ann, bob] = ["u-ann", "u-bob"].map(person);
        let own = store.save_view(&ann, &draft("Мои", None)).await.unwrap();
        let shared = store
            .save_view(&ann, &draft("Горящие", Some(Role::Appraiser)))
            .await
            .unwrap();
        store.save_view(&bob, &draft("Мои", None)).await.unwrap();
        assert_eq!(names(store, "u-ann", &[]).await, ["Горящие", "Мои"]);
        assert_eq!(
            names(store, "u-bob", &[Role::Appraiser]).await,
            ["Горящие", "Мои"]
        );
        assert_eq!(names(store, "u-bob", &[Role::Ops]).await, ["Мои"]);
        let buyouts = store
            .views(&ann.person, &[], ViewList::Buyouts)
            .await
            .unwrap();
        assert_eq!(buyouts, []);

        // Names are unique for the owner and the list, whatever their case.
        let twin = refused(store.save_view(&ann, &draft("горящиЕ", None))).await;
        assert_eq!(twin.fields[0].field, "view.name");
        let elsewhere = ViewDraft {
            list: ViewList::Buyouts,
            ..draft("Горящие", None)
        };
        store.save_view(&ann, &elsewhere).await.unwrap();
        let renamed = ViewDraft {
            id: Some(own.id.clone()),
            ..draft("Мои новые", None)
        };
        let before = store.last_change().await.unwrap();
        assert_eq!(store.save_view(&ann, &renamed).await.unwrap().id, own.id);
        let changes = store.changes_after(before, &[], 5).await.unwrap();
        assert_eq!(
            (changes.len(), changes[0].topic.to_string()),
            (1, "VIEW".to_owned())
        );
        assert_eq!(changes[0].entity, own.id);
        assert_eq!(names(store, "u-ann", &[]).await, ["Горящие", "Мои новые"]);

        // Others change nothing: a shared one is theirs to see, the rest is not there.
        let theirs = |view: &View| ViewDraft {
            id: Some(view.id.clone()),
            ..draft("Чужой", None)
        };
        assert_eq!(
            refused(store.save_view(&bob, &theirs(&shared))).await.code,
            RefusalCode::WrongPerson
        );
        assert_eq!(
            refused(store.save_view(&bob, &theirs(&own))).await.code,
            RefusalCode::NotFound
        );
        let kept = store.delete_view(&bob.person, &shared.id).await;
        assert!(matches!(kept, Err(ChangeError::Refused(r)) if r.code == RefusalCode::WrongPerson));
        store.delete_view(&ann.person, &shared.id).await.unwrap();
        assert_eq!(names(store, "u-ann", &[]).await, ["Мои новые"]);
        let gone = store.delete_view(&ann.person, &shared.id).await;
        assert!(matches!(gone, Err(ChangeError::Refused(r)) if r.code == RefusalCode::NotFound));
    })
    .await;
}

#[tokio::test]
async fn fifty_views_are_enough() {
    on_both(async |base| {
        let store = &base.store;
        let ann = person("u-ann");
        let mut last = None;
        for number in 1..=50 {
            last = Some(
                store
                    .save_view(&ann, &draft(&format!("Вид {number}"), None))
                    .await
                    .unwrap(),
            );
        }
        let beyond = refused(store.save_view(&ann, &draft("Ещё", None))).await;
        assert_eq!(beyond.code, RefusalCode::WrongState);
        let id = last.map(|view| view.id);
        let renamed = ViewDraft {
            id,
            ..draft("Последний", None)
        };
        store.save_view(&ann, &renamed).await.unwrap();
        store
            .save_view(&person("u-bob"), &draft("Ещё", None))
            .await
            .unwrap();
    })
    .await;
}
