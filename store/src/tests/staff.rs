//! The directory.

use domain::staff::{PersonId, Role, StaffMember};
use uuid::Uuid;

use super::support::{member, on_both};
use crate::StoreError;
use crate::staff::StaffRecord;

fn record(member: StaffMember) -> StaffRecord {
    let login = Some(format!("{}@Kite", member.person));
    StaffRecord {
        member,
        login,
        password_hash: Some("phc".to_owned()),
        blocked: false,
    }
}

fn names(staff: &[StaffMember]) -> Vec<&str> {
    staff
        .iter()
        .map(|member| member.person.0.as_str())
        .collect()
}

#[tokio::test]
async fn people_are_found_by_role_city_and_their_names_elsewhere() {
    on_both(async |base| {
        let store = &base.store;
        let murmansk = StaffMember {
            bitrix24_user: Some(11),
            treasury_user: Some(Uuid::from_u128(5)),
            ..member("u-1", &[Role::Appraiser, Role::Inspector], &["Мурманск"])
        };
        let everywhere = member("u-2", &[Role::Inspector], &[]);
        let mut blocked = record(member("u-3", &[Role::Inspector], &["Мурманск"]));
        blocked.blocked = true;
        store.upsert_staff(&record(murmansk.clone())).await.unwrap();
        store
            .upsert_staff(&record(everywhere.clone()))
            .await
            .unwrap();
        store.upsert_staff(&blocked).await.unwrap();

        let holders = async |role, city| store.staff_in(role, city).await.unwrap();
        assert_eq!(
            names(&holders(Role::Inspector, "Мурманск").await),
            ["u-1", "u-2"]
        );
        assert_eq!(names(&holders(Role::Inspector, "Псков").await), ["u-2"]);
        assert_eq!(names(&holders(Role::Inspector, "").await), ["u-1", "u-2"]);
        assert_eq!(names(&holders(Role::Ops, "").await), Vec::<&str>::new());
        assert_eq!(names(&store.all_staff().await.unwrap()), ["u-1", "u-2"]);
        assert_eq!(store.staff(&PersonId::new("u-3")).await.unwrap(), None);
        assert_eq!(
            store.staff_by_bitrix24_user(11).await.unwrap().as_ref(),
            Some(&murmansk)
        );
        let treasury = store
            .staff_by_treasury_user(Uuid::from_u128(5))
            .await
            .unwrap();
        assert_eq!(treasury.as_ref(), Some(&murmansk));

        let login = store.staff_by_login(" U-3@KITE ").await.unwrap().unwrap();
        assert!(login.blocked && login.password_hash.as_deref() == Some("phc"));
        assert_eq!(store.staff_by_login("nobody").await.unwrap(), None);

        let mut twin = record(everywhere.clone());
        twin.login = Some("U-1@kite".to_owned());
        let refused = store.upsert_staff(&twin).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict(_))),
            "{refused:?}"
        );
        assert_eq!(
            store.staff(&everywhere.person).await.unwrap(),
            Some(everywhere),
            "unchanged"
        );
    })
    .await;
}

#[tokio::test]
async fn an_absent_person_has_somebody_who_stands_in() {
    on_both(async |base| {
        let store = &base.store;
        for id in ["u-1", "u-2"] {
            store
                .upsert_staff(&record(member(id, &[Role::Inspector], &[])))
                .await
                .unwrap();
        }
        let [absent, present, nobody] = ["u-1", "u-2", "u-9"].map(PersonId::new);
        store.set_substitute(&absent, Some(&present)).await.unwrap();
        assert_eq!(
            store.substitutes_for(&present).await.unwrap(),
            std::slice::from_ref(&absent)
        );
        let member = store.staff(&absent).await.unwrap().unwrap();
        assert_eq!(member.substitute, Some(present.clone()));
        let acting = async |id: &PersonId| {
            let found = store.acting(id).await.unwrap();
            found.map(|(member, absent)| (member.person, member.roles, absent))
        };
        let inspector = || vec![Role::Inspector];
        assert_eq!(
            acting(&present).await,
            Some((present.clone(), inspector(), vec![absent.clone()]))
        );
        assert_eq!(
            acting(&absent).await,
            Some((absent.clone(), inspector(), Vec::new()))
        );
        assert_eq!(acting(&nobody).await, None);
        store.set_substitute(&absent, None).await.unwrap();
        assert_eq!(store.substitutes_for(&present).await.unwrap(), []);
        assert_eq!(
            acting(&present).await,
            Some((present.clone(), inspector(), Vec::new()))
        );

        let own = store.set_substitute(&absent, Some(&absent)).await;
        assert!(matches!(own, Err(StoreError::Conflict(_))), "{own:?}");
        for unknown in [
            store.set_substitute(&absent, Some(&nobody)).await,
            store.set_substitute(&nobody, Some(&absent)).await,
        ] {
            assert!(
                matches!(unknown, Err(StoreError::NotFound { .. })),
                "{unknown:?}"
            );
        }
    })
    .await;
}
