//! Runs that have to do with one another, and what a release fills in of the runs that are there.

use chrono::NaiveDate;
use domain::appraisal::{Appraisal, Category, SalesChannel, SetAppraisal};
use domain::buyout::stage::Stage;
use domain::buyout::state::Buyout;
use domain::document::{PaperFields, PaperSet};
use domain::money::Money;
use domain::payment::{AccountRequisites, Requisites, SbpRequisites};
use domain::phone::Phone;
use domain::vin::CarIdentifier;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

use super::support::{at, buyout, deal, on_both, open, person, policy, run, save, sqlite_url};
use crate::migration::Migrator;
use crate::testing::postgres;
use crate::{BuyoutFilter, BuyoutSort, DuplicateKind, Page};

fn appraised(deal_id: u64, seconds: i64, rubles: i64) -> Buyout {
    let mut one = buyout(deal_id);
    one.appraisal = Some(SetAppraisal {
        appraisal: Appraisal {
            channel: SalesChannel::Retail,
            forecast_price: Money::from_rubles(rubles + 100_000),
            buyout_price: Money::from_rubles(rubles),
            stop_price: Money::from_rubles(rubles),
            repairs: Vec::new(),
            forecasts: Vec::new(),
            comment: String::new(),
        },
        appraiser: person("u-app"),
        at: at(seconds),
        category: Category::A,
        category_rule: String::new(),
    });
    one
}

fn paid_to(name: &str, phone: &str, account: Option<&str>) -> Option<PaperSet> {
    let day = NaiveDate::from_ymd_opt(2020, 1, 2).expect("a day");
    Some(PaperSet {
        papers: Vec::new(),
        fields: PaperFields {
            seller_full_name: name.to_owned(),
            seller_birthdate: day,
            passport_series: "0000".to_owned(),
            passport_number: "000000".to_owned(),
            passport_issued_by: "ОВД".to_owned(),
            passport_issued_on: day,
            seller_address: "ул. Вымышленная, 1".to_owned(),
            owner_full_name: name.to_owned(),
            vehicle_passport_number: "00".to_owned(),
            vehicle_passport_issued_on: day,
            vehicle_passport_issued_by: None,
            vehicle_kind: None,
            vehicle_category: None,
            registration_certificate_number: "00".to_owned(),
            engine_number: None,
            chassis_number: None,
            body_number: None,
            color: "белый".to_owned(),
            power_hp: None,
            keys: 2,
        },
        requisites: Requisites {
            recipient_name: name.to_owned(),
            sbp: Some(SbpRequisites {
                phone: Phone::parse(phone).expect("a phone"),
                bank_id: "100000000001".to_owned(),
            }),
            account: account.map(|account| AccountRequisites {
                account: account.to_owned(),
                bic: "044525225".to_owned(),
                correspondent_account: "30101810400000000225".to_owned(),
                bank_name: "Банк".to_owned(),
                inn: "0".to_owned(),
            }),
        },
    })
}

#[tokio::test]
async fn money_that_goes_where_it_went_before_is_seen_and_not_stored_in_clear() {
    on_both(async |base| {
        let store = &base.store;
        let name = "Семёнов Пётр Ильич";
        let account = "40817810000000000001";
        let mut one = buyout(1);
        one.papers = paid_to(name, "+79000000012", Some(account));
        let mut same_name = buyout(2);
        same_name.papers = paid_to("СЕМЕНОВ  Петр Ильич", "+79000000099", None);
        let mut same_account = buyout(3);
        same_account.papers = paid_to("Другой Человек", "+79000000098", Some(account));
        let mut same_all = buyout(4);
        same_all.papers = paid_to(name, "+79000000012", None);
        let mut same_car = buyout(5);
        let mut refused = buyout(6);
        refused.stage = Stage::RefusedLegal;
        for run in [&mut same_car, &mut refused] {
            run.deal.as_mut().expect("a deal").car.identifier =
                CarIdentifier::parse("XTA210990Y0000001").expect("a VIN");
        }
        let stranger = buyout(7);
        for run in [
            &one,
            &same_name,
            &same_account,
            &same_all,
            &same_car,
            &refused,
            &stranger,
        ] {
            save(store, run, &[]).await;
        }
        let found: Vec<(u64, DuplicateKind)> = store
            .duplicates(&one)
            .await
            .unwrap()
            .into_iter()
            .map(|duplicate| (duplicate.deal_id, duplicate.kind))
            .collect();
        assert_eq!(
            found,
            [
                (5, DuplicateKind::SameCar),
                (4, DuplicateKind::SameRecipient),
                (4, DuplicateKind::SameRequisites),
                (3, DuplicateKind::SameRequisites),
                (2, DuplicateKind::SameRecipient),
            ]
        );
        assert_eq!(store.duplicates(&stranger).await.unwrap(), []);

        // The list of the same car holds all of them, whatever became of it.
        let same = BuyoutFilter {
            identifier: Some("XTA210990Y0000001".to_owned()),
            except: Some(run(1)),
            ..BuyoutFilter::default()
        };
        let rows = store
            .all_buyouts(&same, BuyoutSort::default(), 20)
            .await
            .unwrap();
        let deals: Vec<u64> = rows.iter().map(|row| row.deal_id).collect();
        assert_eq!(deals, [6, 5]);
    })
    .await;
}

#[tokio::test]
async fn analogues_are_earlier_appraisals_of_the_same_model() {
    on_both(async |base| {
        let store = &base.store;
        for deal_id in 1..=12 {
            let n = i64::try_from(deal_id).unwrap();
            save(store, &appraised(deal_id, n, 300_000 + n), &[]).await;
        }
        let mut elsewhere = appraised(20, 5, 500_000);
        elsewhere.deal = Some(deal(20, "Псков"));
        // The case of the model does not matter, another model does.
        elsewhere.deal.as_mut().unwrap().car.model = "TIGGO 7 pro".to_owned();
        let mut other = appraised(21, 5, 500_000);
        other.deal.as_mut().unwrap().car.model = "Tiggo 8".to_owned();
        let unappraised = buyout(22);
        for run in [&elsewhere, &other, &unappraised] {
            save(store, run, &[]).await;
        }
        let one = appraised(30, 6, 1);
        let found = async |cities: &[String], before, most| {
            store
                .analogues(&one, cities, before, most)
                .await
                .unwrap()
                .into_iter()
                .map(|analogue| analogue.buyout)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found(&[], at(6), 10).await,
            [run(5), run(20), run(4), run(3), run(2), run(1)]
        );
        assert_eq!(found(&[], at(6), 2).await, [run(5), run(20)]);
        assert_eq!(found(&["Псков".to_owned()], at(6), 10).await, [run(20)]);
        let first = store
            .analogues(&one, &[], at(6), 1)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(
            (first.buyout_price, first.forecast_price, first.mileage_km),
            (
                Money::from_rubles(300_005),
                Money::from_rubles(400_005),
                None
            )
        );
        assert_eq!(first.at, at(5));
    })
    .await;
}

#[tokio::test]
async fn runs_that_were_there_before_are_found_after_the_migration() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let store = open(&url).await;
        let before = Migrator::migrations()
            .iter()
            .position(|step| step.name() == "m0007_lists")
            .expect("the step");
        let steps = u32::try_from(before).expect("a small number");
        Migrator::up(&store.db, Some(steps)).await.unwrap();
        let mut old = appraised(1, 5, 300_000);
        old.papers = paid_to("Семёнов Пётр Ильич", "+79000000012", None);
        old.policy = Some(policy(1, "Мурманск"));
        let document = serde_json::to_string(&old).unwrap().replace('\'', "''");
        let moment = "2026-11-23 07:00:00.123456+00:00";
        store
            .db
            .execute_unprepared(&format!(
                "INSERT INTO buyout (id, version, portal, deal_id, stage, active, city, car, \
                 identifier, due_at, started_at, stage_since, search, data) VALUES \
                 ('{}', 1, 'portal', 1, 'OFFER', TRUE, 'Мурманск', 'Chery Tiggo 7 Pro, 2021', \
                 'XTA210990Y0000001', '{moment}', '{moment}', '{moment}', 'семенов 79000000012', \
                 '{document}')",
                old.id
            ))
            .await
            .unwrap();
        store.migrate().await.unwrap();

        let find = async |text: &str, clients| {
            let filter = BuyoutFilter {
                text: Some(text.to_owned()),
                clients,
                ..BuyoutFilter::default()
            };
            let page = store
                .list_buyouts(&filter, BuyoutSort::default(), &Page::default())
                .await
                .unwrap();
            page.rows
        };
        assert_eq!(find("семенов", true).await.len(), 1, "{url}");
        assert_eq!(find("семенов", false).await.len(), 0, "{url}");
        let row = find("chery 0000001", false).await.remove(0);
        assert_eq!(row.time_zone.as_deref(), Some("Europe/Moscow"));
        let mut like = buyout(2);
        like.papers = old.papers.clone();
        assert_eq!(store.duplicates(&like).await.unwrap().len(), 2, "{url}");
        assert_eq!(
            store.analogues(&like, &[], at(6), 5).await.unwrap().len(),
            1,
            "{url}"
        );
        store.close().await.unwrap();
    }
}
