//! The list of banks, and the cities that somebody may ask for.

use chrono::Duration;
use domain::payment::SbpBank;

use super::support::{at, buyout, deal, on_both, policy, save};
use crate::city::City;

fn bank(id: &str, name: &str) -> SbpBank {
    SbpBank {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn the_newest_list_of_banks_stands_and_an_empty_one_is_none() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.banks().await.unwrap(), None);
        store.save_banks(&[], at(1)).await.unwrap();
        assert_eq!(store.banks().await.unwrap(), None);

        let many: Vec<SbpBank> = (0..450)
            .map(|number| bank(&format!("1{number:011}"), &format!("Банк {number:03}")))
            .collect();
        store.save_banks(&many, at(10)).await.unwrap();
        let found = store.banks().await.unwrap().unwrap();
        assert_eq!((found.banks, found.read_at), (many, at(10)));

        let two = [bank("2", "Б"), bank("1", "А")];
        store.save_banks(&two, at(20)).await.unwrap();
        // What was read before that and comes late changes nothing, nor does a list without banks.
        store.save_banks(&[bank("3", "В")], at(15)).await.unwrap();
        store.save_banks(&[], at(30)).await.unwrap();
        let found = store.banks().await.unwrap().unwrap();
        assert_eq!(found.banks, [bank("1", "А"), bank("2", "Б")]);
        assert_eq!(found.read_at, at(20));
        let day = Duration::days(1);
        assert!(!found.is_older_than(day, at(20) + day));
        assert!(found.is_older_than(day, at(21) + day));
    })
    .await;
}

#[tokio::test]
async fn cities_are_those_with_rules_and_those_of_runs() {
    on_both(async |base| {
        let store = &base.store;
        assert_eq!(store.cities().await.unwrap(), []);
        store
            .put_policy(Some("Орёл"), &policy(1, "Орёл"))
            .await
            .unwrap();
        store
            .put_policy(Some("Псков"), &policy(1, "Псков"))
            .await
            .unwrap();
        for (deal_id, city) in [(1, "Тула"), (2, "Орел"), (3, "Тула")] {
            let mut one = buyout(deal_id);
            one.deal = Some(deal(deal_id, city));
            save(store, &one, &[]).await;
        }
        let city = |name: &str, time_zone: Option<&str>| City {
            name: name.to_owned(),
            time_zone: time_zone.map(str::to_owned),
        };
        let moscow = Some("Europe/Moscow");
        assert_eq!(
            store.cities().await.unwrap(),
            [
                city("Орел", moscow),
                city("Псков", moscow),
                city("Тула", None)
            ],
            "spelled as the runs spell it"
        );
        store.put_policy(None, &policy(1, "Все")).await.unwrap();
        assert_eq!(
            store.cities().await.unwrap().last(),
            Some(&city("Тула", moscow))
        );
    })
    .await;
}
