//! Policies by city.

use super::support::{on_both, policy};
use crate::StoreError;

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
