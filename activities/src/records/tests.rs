use domain::buyout::start::BuyoutStart;
use domain::buyout::state::Buyout;
use domain::staff::{PersonId, StaffMember};
use domain::task::HumanTask;
use store::staff::StaffRecord;
use tempfile::TempDir;

use super::*;
use crate::testing;

async fn records() -> (RecordActivities, TempDir) {
    let (store, dir) = testing::store().await;
    let records = RecordActivities {
        store,
        inspector_capacity: 2,
        time_zone: chrono_tz::Europe::Moscow,
    };
    (records, dir)
}

async fn hire(records: &RecordActivities, id: &str, roles: &[Role], cities: &[&str]) {
    let member = StaffMember {
        person: PersonId::new(id),
        name: format!("Сотрудник {id}"),
        roles: roles.to_vec(),
        cities: cities.iter().map(|city| (*city).to_owned()).collect(),
        email: None,
        bitrix24_user: None,
        treasury_user: None,
        substitute: None,
    };
    let record = StaffRecord {
        member,
        login: None,
        password_hash: None,
        blocked: false,
    };
    records.store.upsert_staff(&record).await.expect("hired");
}

#[tokio::test]
async fn the_inspector_is_of_the_city_and_not_excluded() {
    let (records, _dir) = records().await;
    hire(&records, "a", &[Role::Inspector], &["Псков"]).await;
    hire(&records, "b", &[Role::Inspector], &["Мурманск"]).await;
    hire(&records, "c", &[Role::Inspector], &["Мурманск"]).await;
    hire(&records, "d", &[Role::Appraiser], &["Мурманск"]).await;
    let mut query = ChooseInspector {
        buyout: None,
        city: "Мурманск".to_owned(),
        excluded: Vec::new(),
    };
    let first = records.inspector(&query).await.expect("an answer");
    assert_eq!(first.map(|person| person.person), Some(PersonId::new("b")));
    query.excluded = vec![PersonId::new("b")];
    let second = records.inspector(&query).await.expect("an answer");
    assert_eq!(second.map(|person| person.person), Some(PersonId::new("c")));
    query.city = "Тверь".to_owned();
    assert_eq!(records.inspector(&query).await, Ok(None));
}

#[tokio::test]
async fn a_choice_that_is_made_again_is_the_same() {
    let (records, _dir) = records().await;
    hire(&records, "a", &[Role::Inspector], &["Мурманск"]).await;
    hire(&records, "b", &[Role::Inspector], &["Мурманск"]).await;
    let start = BuyoutStart {
        portal: "portal".to_owned(),
        deal_id: 7,
        robot: None,
        started_by: None,
    };
    let mut query = ChooseInspector {
        buyout: Some(start.id()),
        city: "Мурманск".to_owned(),
        excluded: Vec::new(),
    };
    let first = records.inspector(&query).await.expect("an answer");
    let first = first.expect("an inspector");
    assert_eq!(first.person, PersonId::new("a"));

    // The task is in the record, which makes its owner the busier one; then the worker died.
    let mut run = Buyout::new(&start, Utc::now());
    let task = serde_json::json!({
        "id": format!("{}/1", run.id.0), "number": 1, "kind": "INSPECT", "title": "", "details": "",
        "version": 1, "state": "OPEN", "role": "INSPECTOR", "assignee": first,
        "created_at": Utc::now(), "due_at": Utc::now(),
    });
    let task: HumanTask = serde_json::from_value(task).expect("a task");
    run.tasks.insert(task.id.clone(), task);
    run.version = 1;
    let projection = Projection {
        buyout: run,
        events: Vec::new(),
    };
    let saved = records.store.save_buyout(&projection).await;
    saved.expect("saved");
    let again = records.inspector(&query).await.expect("an answer");
    assert_eq!(again, Some(first));

    query.excluded = vec![PersonId::new("a")];
    let other = records.inspector(&query).await.expect("an answer");
    assert_eq!(other.map(|person| person.person), Some(PersonId::new("b")));
}

#[tokio::test]
async fn a_key_keeps_its_number_and_numbers_have_no_gaps() {
    let (records, _dir) = records().await;
    let ask = |kind, key: &str| NextNumber {
        legal_entity: "kite".to_owned(),
        kind,
        key: key.to_owned(),
    };
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    let day = at("2026-11-23T11:05:00Z");
    let contract = ask(DocumentKind::Contract, "run 1");
    assert_eq!(
        records.number(&contract, day).await.as_deref(),
        Ok("ДКП-2026-00001")
    );
    assert_eq!(
        records
            .number(&ask(DocumentKind::Act, "run 1"), day)
            .await
            .as_deref(),
        Ok("АПП-2026-00001")
    );
    assert_eq!(
        records
            .number(&ask(DocumentKind::Contract, "run 2"), day)
            .await
            .as_deref(),
        Ok("ДКП-2026-00002")
    );
    // Already the next year by the clock of Moscow.
    let night = at("2026-12-31T22:30:00Z");
    assert_eq!(
        records
            .number(&ask(DocumentKind::Contract, "run 3"), night)
            .await
            .as_deref(),
        Ok("ДКП-2027-00001")
    );
    assert_eq!(
        records.number(&contract, night).await.as_deref(),
        Ok("ДКП-2026-00001")
    );
}

#[tokio::test]
async fn without_a_policy_the_step_waits_for_one() {
    let (records, _dir) = records().await;
    let waits = records.policy("Мурманск").await;
    assert!(matches!(waits, Err(PartnerError::Unavailable { .. })));
}
