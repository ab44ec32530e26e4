//! Staff as administrators keep them.

use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{Member, MemberDraft, PersonId, Role};
use futures::future::join_all;
use serde_json::json;

use super::support::on_both;
use crate::{ChangeError, Store};

fn draft(id: &str, roles: &[Role]) -> MemberDraft {
    MemberDraft {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
        login: Some(format!("{id}-login")),
        roles: roles.to_vec(),
        cities: Vec::new(),
        email: None,
        bitrix24_user: None,
        treasury_user: None,
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, ChangeError>) -> Refusal {
    match result {
        Err(ChangeError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn fields<T: std::fmt::Debug>(result: Result<T, ChangeError>) -> Vec<String> {
    refusal(result)
        .fields
        .into_iter()
        .map(|field| field.field)
        .collect()
}

async fn invite(store: &Store, id: &str, roles: &[Role]) -> Member {
    let installer = PersonId::new("installer");
    store
        .invite_member(&draft(id, roles), Some("phc".to_owned()), &installer)
        .await
        .unwrap()
}

#[tokio::test]
async fn changes_are_made_once_traced_and_heard_of() {
    on_both(async |base| {
        let store = &base.store;
        let admin = PersonId::new("u-admin");
        invite(store, "u-admin", &[Role::Admin]).await;
        let before = store.last_change().await.unwrap();
        let mut wanted = MemberDraft {
            bitrix24_user: Some(11),
            treasury_user: Some(uuid::Uuid::from_u128(5)),
            ..draft("u-1", &[Role::Appraiser])
        };
        let invited = store.invite_member(&wanted, None, &admin).await.unwrap();
        assert_eq!((invited.version, invited.blocked), (1, false));
        assert_eq!(invited.staff.roles, [Role::Appraiser]);

        // Names in use, all of them at once.
        let twin = MemberDraft {
            login: Some("U-1-LOGIN".to_owned()),
            ..wanted.clone()
        };
        assert_eq!(
            fields(store.invite_member(&twin, None, &admin).await),
            ["member.person.id"]
        );
        let other = MemberDraft {
            person: PersonId::new("u-2"),
            ..twin
        };
        assert_eq!(
            fields(store.invite_member(&other, None, &admin).await),
            [
                "member.login",
                "member.bitrix24_user",
                "member.treasury_user"
            ]
        );
        assert_eq!(store.staff(&PersonId::new("u-2")).await.unwrap(), None);

        wanted.name = "Другое имя".to_owned();
        wanted.roles = vec![Role::Appraiser, Role::Verifier];
        wanted.cities = vec!["Псков".to_owned()];
        let updated = store.update_member(&wanted, 1, &admin).await.unwrap();
        assert_eq!(
            (updated.version, updated.staff.name.as_str()),
            (2, "Другое имя")
        );
        assert_eq!(updated.staff.roles, [Role::Appraiser, Role::Verifier]);
        let stale = refusal(store.update_member(&wanted, 1, &admin).await);
        assert_eq!(stale.code, RefusalCode::StaleVersion);
        let nobody = store
            .update_member(&draft("u-9", &[Role::Ops]), 1, &admin)
            .await;
        assert_eq!(refusal(nobody).code, RefusalCode::NotFound);

        let one = PersonId::new("u-1");
        let blocked = store
            .block_member(&one, true, "уволен", &admin)
            .await
            .unwrap();
        assert!(blocked.blocked && blocked.version == 3);
        assert_eq!(store.staff(&one).await.unwrap(), None);
        let again = store
            .block_member(&one, true, "ещё раз", &admin)
            .await
            .unwrap();
        assert_eq!(again.version, 3, "nothing changed");
        let login = store.staff_by_login("u-1-login").await.unwrap().unwrap();
        assert!(login.blocked);
        store.block_member(&one, false, "", &admin).await.unwrap();

        let trail: Vec<(String, serde_json::Value)> = store
            .audit_of("u-1")
            .await
            .unwrap()
            .into_iter()
            .map(|entry| {
                assert_eq!(entry.person, "u-admin");
                (entry.action, entry.detail)
            })
            .collect();
        assert_eq!(
            trail,
            [
                (
                    "staff.invite".to_owned(),
                    json!({"roles": ["APPRAISER"], "cities": []})
                ),
                (
                    "staff.update".to_owned(),
                    json!({
                        "roles": {"before": ["APPRAISER"], "after": ["APPRAISER", "VERIFIER"]},
                        "cities": {"before": [], "after": ["Псков"]},
                        "fields": ["name"],
                    })
                ),
                (
                    "staff.block".to_owned(),
                    json!({"reason": "уволен", "roles": ["APPRAISER", "VERIFIER"]})
                ),
                (
                    "staff.unblock".to_owned(),
                    json!({"reason": "", "roles": ["APPRAISER", "VERIFIER"]})
                ),
            ]
        );
        let heard = store.changes_after(before, &[], 20).await.unwrap();
        let heard: Vec<(String, String)> = heard
            .into_iter()
            .map(|change| (change.topic.to_string(), change.entity))
            .collect();
        assert_eq!(heard, vec![("STAFF".to_owned(), "u-1".to_owned()); 4]);
        let all = store.members_of_staff().await.unwrap();
        let ids: Vec<&str> = all
            .iter()
            .map(|member| member.staff.person.0.as_str())
            .collect();
        assert_eq!(ids, ["u-1", "u-admin"], "by name");
    })
    .await;
}

#[tokio::test]
async fn two_administrators_cannot_remove_each_other() {
    on_both(async |base| {
        let processes = [base.another().await, base.another().await];
        let [a, b] = ["u-a", "u-b"].map(PersonId::new);
        for id in ["u-a", "u-b"] {
            invite(&base.store, id, &[Role::Admin]).await;
        }
        let own = base.store.block_member(&a, true, "сам", &a).await;
        assert_eq!(refusal(own).code, RefusalCode::WrongState);
        let demoted = draft("u-a", &[Role::Ops]);
        let own = base.store.update_member(&demoted, 1, &a).await;
        assert_eq!(refusal(own).code, RefusalCode::WrongState);

        let results = join_all([
            processes[0].block_member(&b, true, "прочь", &a),
            processes[1].block_member(&a, true, "прочь", &b),
        ])
        .await;
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(done, 1, "{results:?}");
        let left: Vec<Member> = base
            .store
            .members_of_staff()
            .await
            .unwrap()
            .into_iter()
            .filter(|member| !member.blocked)
            .collect();
        assert_eq!(left.len(), 1);
        let last = refusal(
            base.store
                .block_member(&left[0].staff.person, true, "x", &PersonId::new("u-z"))
                .await,
        );
        assert_eq!(last.code, RefusalCode::WrongState);
    })
    .await;
}
