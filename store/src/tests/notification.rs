//! Who is told of what, once.

use chrono::{Duration, Utc};
use domain::buyout::state::{EventKind, ProcessEvent};
use domain::notification::NotificationKind;
use domain::staff::{PersonId, Role, StaffMember};
use domain::task::{TaskAction, TaskKind};

use super::support::{Base, add, at, buyout, event, member, on_both, person, run, save, task};
use crate::notification::NotificationRow;
use crate::staff::StaffRecord;
use crate::{Page, Store};

async fn hire(store: &Store, member: StaffMember) {
    let record = StaffRecord {
        login: Some(format!("{}-login", member.person)),
        member,
        password_hash: None,
        blocked: false,
    };
    store.upsert_staff(&record).await.unwrap();
}

async fn told(store: &Store, id: &str) -> Vec<NotificationRow> {
    let page = store
        .list_notifications(&PersonId::new(id), false, &Page::default())
        .await
        .unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows
}

async fn titles(store: &Store, id: &str) -> Vec<String> {
    told(store, id)
        .await
        .into_iter()
        .map(|row| row.title)
        .collect()
}

/// Appraisers here and elsewhere, one of them absent, and people who look after trouble.
async fn staffed(base: &Base) {
    let store = &base.store;
    let absent = StaffMember {
        substitute: Some(PersonId::new("u-sub")),
        ..member("u-app", &[Role::Appraiser], &["Мурманск"])
    };
    hire(store, absent).await;
    hire(store, member("u-sub", &[Role::BuyoutManager], &[])).await;
    hire(store, member("u-far", &[Role::Appraiser], &["Псков"])).await;
    hire(store, member("u-own", &[Role::Appraiser], &[])).await;
    hire(store, member("u-ops", &[Role::Ops], &[])).await;
    let gone = StaffRecord {
        member: member("u-gone", &[Role::Appraiser], &[]),
        login: None,
        password_hash: None,
        blocked: true,
    };
    store.upsert_staff(&gone).await.unwrap();
}

#[tokio::test]
async fn a_task_is_told_of_once_to_whoever_may_take_it() {
    on_both(async |base| {
        staffed(base).await;
        let store = &base.store;
        let mut one = buyout(7);
        let mut appraise = task(&run(7), 1, TaskKind::Appraise);
        appraise.excluded = vec![PersonId::new("u-own")];
        add(&mut one, appraise);
        one.version = 3;
        let before = store.last_change().await.unwrap();
        save(store, &one, &[]).await;
        let row = told(store, "u-app").await.remove(0);
        assert_eq!(
            (row.kind, row.title.as_str(), row.read, row.buyout.clone()),
            (
                NotificationKind::Task,
                "Новая задача: Оценить автомобиль",
                false,
                run(7)
            )
        );
        assert!(
            row.text.starts_with("Chery Tiggo 7 Pro, 2021 · сделка 7"),
            "{}",
            row.text
        );
        assert_eq!(titles(store, "u-sub").await.len(), 1, "stands in");
        for id in ["u-far", "u-own", "u-gone", "u-ops"] {
            assert_eq!(titles(store, id).await, [""; 0], "{id}");
        }
        let heard: Vec<(String, String)> = store
            .changes_after(before, &["NOTIFICATION".to_owned()], 10)
            .await
            .unwrap()
            .into_iter()
            .map(|change| {
                (
                    change.entity,
                    change.run.map(|run| run.0).unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(
            heard,
            ["u-app", "u-sub"].map(|id| (id.to_owned(), run(7).0)),
            "each hears of it"
        );

        // Repeats, late versions and later ones say nothing new, not even to somebody hired since.
        hire(store, member("u-new", &[Role::Appraiser], &[])).await;
        let before = store.last_change().await.unwrap();
        save(store, &one, &[]).await;
        one.version = 2;
        save(store, &one, &[]).await;
        assert_eq!(store.last_change().await.unwrap(), before);
        one.version = 4;
        save(store, &one, &[]).await;
        assert_eq!(titles(store, "u-app").await.len(), 1);
        assert_eq!(titles(store, "u-new").await, [""; 0]);
        // The run was started anew.
        one.started_at = at(9_000);
        one.version = 1;
        save(store, &one, &[]).await;
        assert_eq!(titles(store, "u-app").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_did_it_is_not_told_and_trouble_goes_to_operations() {
    on_both(async |base| {
        staffed(base).await;
        let store = &base.store;
        let mut one = buyout(7);
        add(&mut one, task(&run(7), 1, TaskKind::Appraise));
        save(store, &one, &[]).await;

        let actor = domain::staff::Actor {
            person: PersonId::new("u-own"),
            name: "Имя u-own".to_owned(),
            roles: vec![Role::Appraiser],
            cities: Vec::new(),
            substitutes_for: Vec::new(),
        };
        let id = one.tasks.keys().next().unwrap().clone();
        let asked = one.tasks.get_mut(&id).unwrap();
        let to = person("u-far");
        asked.act(&actor, TaskAction::Delegate { to, standing: None }, at(1));
        let text = "Глянь, @u-own и @U-OPS-login".to_owned();
        asked.act(&actor, TaskAction::Comment { text }, at(2));
        one.version = 2;
        let delegated = ProcessEvent {
            kind: EventKind::TaskChanged,
            actor: Some(person("u-own")),
            ..event(1, "Оценить автомобиль: передал(а).")
        };
        let trouble = ProcessEvent {
            kind: EventKind::Trouble,
            actor: None,
            ..event(2, "Мессенджер не принял предложение")
        };
        save(store, &one, &[delegated, trouble.clone()]).await;
        let far = told(store, "u-far").await;
        let of_far: Vec<(NotificationKind, Option<&str>)> = far
            .iter()
            .map(|row| {
                (
                    row.kind,
                    row.actor.as_ref().map(|actor| actor.person.0.as_str()),
                )
            })
            .collect();
        assert!(
            of_far.contains(&(NotificationKind::Task, Some("u-own"))),
            "{of_far:?}"
        );
        assert!(
            of_far.contains(&(NotificationKind::Chat, Some("u-own"))),
            "{of_far:?}"
        );
        assert_eq!(far.len(), 2);
        assert_eq!(
            titles(store, "u-own").await,
            ["Новая задача: Оценить автомобиль"]
        );
        let ops: Vec<NotificationKind> = told(store, "u-ops")
            .await
            .into_iter()
            .map(|row| row.kind)
            .collect();
        assert_eq!(ops.len(), 2, "{ops:?}");
        assert!(ops.contains(&NotificationKind::Trouble) && ops.contains(&NotificationKind::Chat));

        // A line that came with a version already overtaken is told all the same, once.
        one.version = 1;
        let late = ProcessEvent { seq: 3, ..trouble };
        save(store, &one, std::slice::from_ref(&late)).await;
        save(store, &one, &[late]).await;
        assert_eq!(told(store, "u-ops").await.len(), 3);
        assert_eq!(told(store, "u-far").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_read_and_pruned() {
    on_both(async |base| {
        staffed(base).await;
        let store = &base.store;
        for deal_id in 1..=12 {
            let mut one = buyout(deal_id);
            // All of one save have one instant.
            add(&mut one, task(&run(deal_id), 1, TaskKind::Appraise));
            add(&mut one, task(&run(deal_id), 2, TaskKind::Appraise));
            save(store, &one, &[]).await;
        }
        let me = PersonId::new("u-own");
        let mut seen = Vec::new();
        let mut page = Page {
            size: 5,
            cursor: None,
        };
        loop {
            let found = store.list_notifications(&me, false, &page).await.unwrap();
            assert_eq!(found.total, 24);
            seen.extend(found.rows.into_iter().map(|row| (row.at, row.id)));
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        sorted.reverse();
        assert_eq!(
            (seen.len(), &seen),
            (24, &sorted),
            "the latest first, each once"
        );

        let before = store.last_change().await.unwrap();
        let ids = [seen[0].1.clone(), seen[1].1.clone()];
        store
            .read_notifications(&PersonId::new("u-ops"), Some(&ids))
            .await
            .unwrap();
        store.read_notifications(&me, Some(&[])).await.unwrap();
        assert_eq!(
            store.unread_notifications(&me).await.unwrap(),
            24,
            "another's"
        );
        assert_eq!(store.last_change().await.unwrap(), before);
        store.read_notifications(&me, Some(&ids)).await.unwrap();
        assert_eq!(store.unread_notifications(&me).await.unwrap(), 22);
        let changes = store.changes_after(before, &[], 10).await.unwrap();
        let heard: Vec<(String, &str)> = changes
            .iter()
            .map(|c| (c.topic.to_string(), c.entity.as_str()))
            .collect();
        assert_eq!(heard, [("NOTIFICATION".to_owned(), "u-own")]);
        let unread = store
            .list_notifications(&me, true, &Page::default())
            .await
            .unwrap();
        assert_eq!(unread.total, 22);
        store.read_notifications(&me, None).await.unwrap();
        assert_eq!(store.unread_notifications(&me).await.unwrap(), 0);
        assert_eq!(
            store
                .unread_notifications(&PersonId::new("u-app"))
                .await
                .unwrap(),
            24
        );

        let hour = Duration::hours(1);
        assert_eq!(
            store.prune_notifications(Utc::now() - hour).await.unwrap(),
            0
        );
        assert!(store.prune_notifications(Utc::now() + hour).await.unwrap() >= 48);
        assert_eq!(told(store, "u-app").await, []);
        let foreign = Page {
            size: 5,
            cursor: Some("due.1.x".to_owned()),
        };
        assert!(
            store
                .list_notifications(&me, false, &foreign)
                .await
                .is_err()
        );
    })
    .await;
}
