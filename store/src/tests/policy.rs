//! Policies by city.

use domain::refusal::RefusalCode;

use super::support::{on_both, person, policy};
use crate::policy::NewPolicy;
use crate::{ChangeError, StoreError};

#[tokio::test]
async fn a_city_has_its_newest_own_policy_or_the_default() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.policy_for("Псков").await.unwrap(), None);
        store.put_policy(None, &policy(7, "default")).await.unwrap();
        for version in [1, 3, 2] {
            let own = policy(version, &format!("orel-{version}"));
            store.put_policy(Some("Орёл"), &own).await.unwrap();
        }
        let site = async |city| {
            store
                .policy_for(city)
                .await
                .unwrap()
                .map(|policy| policy.site.id)
        };
        assert_eq!(site("Орёл").await.as_deref(), Some("orel-3"));
        assert_eq!(site(" ОРЕЛ").await.as_deref(), Some("orel-3"));
        assert_eq!(site("Псков").await.as_deref(), Some("default"));
        assert_eq!(site("").await.as_deref(), Some("default"));
        assert_eq!(
            store.policy_for("Орёл").await.unwrap(),
            Some(policy(3, "orel-3"))
        );

        store
            .put_policy(Some("Орёл"), &policy(3, "orel-3"))
            .await
            .unwrap();
        let changed = store.put_policy(Some("Орёл"), &policy(3, "another")).await;
        assert!(
            matches!(changed, Err(StoreError::Conflict(_))),
            "{changed:?}"
        );
        assert_eq!(
            store.last_change().await.unwrap(),
            4,
            "a repeat is no change"
        );
    })
    .await;
}

#[tokio::test]
async fn a_version_is_added_on_top_of_the_one_that_was_seen() {
    on_both(async |base| {
        let store = &base.store;
        store.put_policy(None, &policy(7, "default")).await.unwrap();
        let new = |city: Option<&str>, seen, site| NewPolicy {
            city: city.map(str::to_owned),
            policy: policy(99, site),
            seen,
            by: person("u-admin"),
            comment: "лимит СБП".to_owned(),
        };
        let before = store.last_change().await.unwrap();
        let added = store.add_policy(&new(None, 7, "second")).await.unwrap();
        assert_eq!((added.policy.version, added.city.as_deref()), (8, None));
        // A city of its own, spelled as it was first, found however it is spelled.
        let city = store
            .add_policy(&new(Some(" Орёл "), 8, "orel"))
            .await
            .unwrap();
        assert_eq!(
            (city.policy.version, city.city.as_deref()),
            (1, Some("Орёл"))
        );
        let again = store
            .add_policy(&new(Some("орел"), 1, "orel-2"))
            .await
            .unwrap();
        assert_eq!(
            (again.policy.version, again.city.as_deref()),
            (2, Some("Орёл"))
        );
        let changes = store
            .changes_after(before, &["POLICY".to_owned()], 5)
            .await
            .unwrap();
        let heard: Vec<&str> = changes
            .iter()
            .map(|change| change.entity.as_str())
            .collect();
        assert_eq!(heard, ["", "Орёл", "Орёл"]);

        match store.add_policy(&new(Some("Орёл"), 1, "lost")).await {
            Err(ChangeError::Refused(refusal)) => {
                assert_eq!(refusal.code, RefusalCode::StaleVersion);
                assert!(refusal.sentence.contains("Имя u-admin"), "{refusal}");
                assert!(refusal.sentence.contains("версия 2"), "{refusal}");
            }
            other => panic!("{other:?}"),
        }
        let newest = store.policies().await.unwrap();
        let shown: Vec<(Option<&str>, u32, &str)> = newest
            .iter()
            .map(|p| {
                (
                    p.city.as_deref(),
                    p.policy.version,
                    p.policy.site.id.as_str(),
                )
            })
            .collect();
        assert_eq!(shown, [(None, 8, "second"), (Some("Орёл"), 2, "orel-2")]);
        assert_eq!(newest[1].created_by, Some(person("u-admin")));
        assert_eq!(newest[1].comment, "лимит СБП");
        let versions = store.policy_versions(None).await.unwrap();
        let shown: Vec<(u32, bool)> = versions
            .iter()
            .map(|p| (p.policy.version, p.created_by.is_some()))
            .collect();
        assert_eq!(
            shown,
            [(8, true), (7, false)],
            "the first came with the installation"
        );
        let audit = store.audit_of("Орёл").await.unwrap();
        let acts: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(acts, ["policy.put", "policy.put"]);
        assert_eq!(audit[1].detail["version"], 2);
        assert_eq!(store.policy_for("Орёл").await.unwrap(), Some(again.policy));
    })
    .await;
}
