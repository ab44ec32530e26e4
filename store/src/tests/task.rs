//! Task lists as their readers see them.

use std::collections::BTreeMap;

use domain::buyout::stage::Stage;
use domain::buyout::state::Buyout;
use domain::staff::{PersonId, Role};
use domain::task::{HumanTask, TaskKind, TaskState};

use super::support::{add, buyout, member, on_both, person, run, save, task};
use crate::staff::StaffRecord;
use crate::{Page, Store, TaskCounts, TaskFilter, TaskOrder};

fn with(mut task: HumanTask, change: impl FnOnce(&mut HumanTask)) -> HumanTask {
    change(&mut task);
    task
}

/// Numbers are minutes until the deadline.
fn filled() -> Buyout {
    let mut one = buyout(7);
    one.stage = Stage::Inspection;
    let new = |number, kind| task(&run(7), number, kind);
    for task in [
        with(new(5, TaskKind::Inspect), |t| {
            t.assignee = Some(person("u-ins"))
        }),
        with(new(4, TaskKind::Appraise), |t| {
            t.state = TaskState::Claimed;
            t.owner = Some(person("u-app"));
        }),
        with(new(3, TaskKind::ApprovePrice), |t| {
            t.excluded = vec![PersonId::new("u-sen")]
        }),
        with(new(2, TaskKind::VerifyPapers), |t| {
            t.city = Some("Псков".to_owned())
        }),
        with(new(1, TaskKind::Bargain), |t| {
            t.state = TaskState::Done;
            t.city = None;
        }),
        // Escalated to the dispatcher, though given to an inspector.
        with(new(6, TaskKind::Inspect), |t| {
            t.assignee = Some(person("u-else"));
            t.escalated = 1;
        }),
        with(new(7, TaskKind::PartnerTrouble), |t| {
            t.city = None;
        }),
    ] {
        add(&mut one, task);
    }
    one
}

async fn numbers(store: &Store, filter: &TaskFilter) -> Vec<u32> {
    let page = store
        .list_tasks(filter, TaskOrder::default(), &Page::default())
        .await
        .unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows.iter().map(|row| row.task.number).collect()
}

#[tokio::test]
async fn each_person_sees_what_they_may_work_on_by_deadline() {
    on_both(async |base| {
        let store = &base.store;
        save(store, &filled(), &[]).await;
        let absent = StaffRecord {
            member: domain::staff::StaffMember {
                substitute: Some(PersonId::new("u-sub")),
                ..member("u-app", &[Role::Appraiser], &[])
            },
            login: None,
            password_hash: None,
            blocked: false,
        };
        store.upsert_staff(&absent).await.unwrap();

        let all = TaskFilter::default;
        let open = vec![TaskState::Open, TaskState::Claimed];
        let sees = |id: &str, role: Role| TaskFilter {
            person: Some(PersonId::new(id)),
            roles: vec![role],
            states: open.clone(),
            ..all()
        };
        let cases: Vec<(&str, TaskFilter, Vec<u32>)> = vec![
            ("all", all(), vec![1, 2, 3, 4, 5, 6, 7]),
            (
                "open",
                TaskFilter {
                    states: open.clone(),
                    ..all()
                },
                vec![2, 3, 4, 5, 6, 7],
            ),
            (
                "kind",
                TaskFilter {
                    kind: Some(TaskKind::Inspect),
                    ..all()
                },
                vec![5, 6],
            ),
            (
                "city",
                TaskFilter {
                    cities: vec!["Псков".to_owned()],
                    ..all()
                },
                vec![1, 2, 7],
            ),
            (
                "run",
                TaskFilter {
                    buyout: Some(run(8)),
                    ..all()
                },
                vec![],
            ),
            (
                "overdue",
                TaskFilter {
                    overdue: true,
                    ..all()
                },
                vec![2, 3, 4, 5, 6, 7],
            ),
            (
                "role",
                TaskFilter {
                    roles: vec![Role::Dispatcher],
                    ..all()
                },
                vec![6],
            ),
            ("given", sees("u-ins", Role::Inspector), vec![5]),
            ("another inspector", sees("u-x", Role::Inspector), vec![]),
            ("taken", sees("u-app", Role::Appraiser), vec![4]),
            ("substitute", sees("u-sub", Role::Inspector), vec![4]),
            ("excluded", sees("u-sen", Role::SeniorAppraiser), vec![]),
            ("queue", sees("u-sen2", Role::SeniorAppraiser), vec![3]),
            ("escalated", sees("u-dis", Role::Dispatcher), vec![6]),
            (
                "queue of another city",
                TaskFilter {
                    cities: vec!["Мурманск".to_owned()],
                    ..sees("u-ver", Role::Verifier)
                },
                vec![],
            ),
            (
                "escalated ones alone",
                TaskFilter {
                    escalated: true,
                    ..all()
                },
                vec![6],
            ),
            (
                "of one city alone",
                TaskFilter {
                    in_cities: vec!["Псков".to_owned()],
                    ..all()
                },
                vec![2],
            ),
            (
                "by the car",
                TaskFilter {
                    text: Some("tiggo а008вс".to_owned()),
                    kind: Some(TaskKind::Inspect),
                    ..all()
                },
                vec![5, 6],
            ),
            (
                "never by the client",
                TaskFilter {
                    text: Some("семенов".to_owned()),
                    ..all()
                },
                vec![],
            ),
            (
                "whoever hands inspections over sees who has them",
                TaskFilter {
                    oversees: vec![TaskKind::Inspect],
                    kind: Some(TaskKind::Inspect),
                    cities: vec!["Мурманск".to_owned()],
                    ..sees("u-dis", Role::Dispatcher)
                },
                vec![5, 6],
            ),
            (
                "in their city",
                TaskFilter {
                    oversees: vec![TaskKind::Inspect],
                    kind: Some(TaskKind::Inspect),
                    cities: vec!["Псков".to_owned()],
                    ..sees("u-dis", Role::Dispatcher)
                },
                vec![],
            ),
            (
                "mine",
                TaskFilter {
                    mine: true,
                    ..sees("u-ver", Role::Verifier)
                },
                vec![],
            ),
            (
                "mine, given",
                TaskFilter {
                    mine: true,
                    ..sees("u-ins", Role::Inspector)
                },
                vec![5],
            ),
        ];
        for (case, filter, expected) in cases {
            assert_eq!(numbers(store, &filter).await, expected, "{case}");
        }

        let page = store
            .list_tasks(&all(), TaskOrder::default(), &Page::default())
            .await
            .unwrap();
        let row = &page.rows[0];
        assert_eq!(
            (row.deal_id, row.stage, row.buyout.clone()),
            (7, Stage::Inspection, run(7))
        );
        assert_eq!(row.car, "Chery Tiggo 7 Pro, 2021");
        assert_eq!(row.task, filled().tasks[&row.task.id]);

        let counts = store
            .count_tasks(&TaskFilter {
                states: open,
                person: Some(PersonId::new("u-ins")),
                ..all()
            })
            .await
            .unwrap();
        // The fixed instant of the tests is long past.
        let inspections = TaskCounts {
            all: 2,
            mine: 1,
            overdue: 2,
            escalated: 1,
        };
        assert_eq!(counts[&TaskKind::Inspect], inspections);
        assert_eq!(counts.get(&TaskKind::Bargain), None);
        let load = store.open_inspections_by_person().await.unwrap();
        let expected = [("u-ins", 1), ("u-else", 1)].map(|(id, n)| (PersonId::new(id), n));
        assert_eq!(load, BTreeMap::from(expected));
    })
    .await;
}

#[tokio::test]
async fn a_task_moves_between_lists_as_its_versions_come() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = filled();
        save(store, &one, &[]).await;
        let queue = TaskFilter {
            person: Some(PersonId::new("u-sen2")),
            roles: vec![Role::SeniorAppraiser],
            states: vec![TaskState::Open, TaskState::Claimed],
            ..TaskFilter::default()
        };
        assert_eq!(numbers(store, &queue).await, [3]);

        one.version = 2;
        let approve = one
            .tasks
            .values_mut()
            .find(|task| task.number == 3)
            .unwrap();
        approve.version = 2;
        approve.excluded.push(PersonId::new("u-sen2"));
        let changed = approve.id.clone();
        let before = store.last_change().await.unwrap();
        save(store, &one, &[]).await;
        assert_eq!(numbers(store, &queue).await, Vec::<u32>::new());
        let changes = store
            .changes_after(before, &["TASK".to_owned()], 10)
            .await
            .unwrap();
        let told: Vec<&str> = changes
            .iter()
            .map(|change| change.entity.as_str())
            .collect();
        assert_eq!(told, [changed.0.as_str()], "only the task that changed");
    })
    .await;
}

#[tokio::test]
async fn pages_of_tasks_with_equal_deadlines_hold_each_task_once() {
    on_both(async |base| {
        let mut one = buyout(7);
        for number in 1..=23 {
            let due = with(task(&run(7), number, TaskKind::Appraise), |t| {
                t.due_at = super::support::at(i64::from(number / 10));
            });
            add(&mut one, due);
        }
        save(&base.store, &one, &[]).await;
        let mut seen = Vec::new();
        let mut page = Page {
            size: 5,
            cursor: None,
        };
        loop {
            let found = base
                .store
                .list_tasks(&TaskFilter::default(), TaskOrder::default(), &page)
                .await
                .unwrap();
            assert_eq!(found.total, 23);
            seen.extend(
                found
                    .rows
                    .into_iter()
                    .map(|row| (row.task.due_at, row.task.id)),
            );
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(seen.len(), 23);
        assert_eq!(seen, sorted);
    })
    .await;
}

#[tokio::test]
async fn a_mirror_is_found_before_the_record_names_it_and_shows_the_task_as_it_is() {
    on_both(async |base| {
        let store = &base.store;
        let mut one = filled();
        save(store, &one, &[]).await;
        let ours = one
            .tasks
            .values()
            .find(|t| t.number == 4)
            .expect("a task")
            .id
            .clone();
        let state = async |portal: &str, number| {
            let task = store.mirrored_task(portal, number).await.unwrap();
            task.map(|task| (task.number, task.state))
        };
        assert_eq!(state("portal", 77).await, None);
        // A repeated activity writes it again.
        for _ in 0..2 {
            store.keep_mirror("portal", 77, &ours).await.unwrap();
        }
        assert_eq!(state("portal", 77).await, Some((4, TaskState::Claimed)));
        assert_eq!(state("another", 77).await, None);
        assert_eq!(state("portal", 78).await, None);
        assert_eq!(state("portal", u64::MAX).await, None);

        let task = one.tasks.get_mut(&ours).expect("a task");
        task.close(TaskState::Done, None, "готово", task.created_at);
        one.version += 1;
        save(store, &one, &[]).await;
        assert_eq!(state("portal", 77).await, Some((4, TaskState::Done)));
    })
    .await;
}

#[tokio::test]
async fn closed_tasks_come_the_latest_first_page_by_page() {
    on_both(async |base| {
        let mut one = buyout(7);
        for number in 1..=12 {
            let closed = with(task(&run(7), number, TaskKind::Appraise), |t| {
                // The deadlines run the other way, and some were closed at one instant.
                t.due_at = super::support::at(-i64::from(number));
                if number > 2 {
                    t.state = TaskState::Done;
                    t.closed_at = Some(super::support::at(i64::from(number / 3)));
                }
            });
            add(&mut one, closed);
        }
        save(&base.store, &one, &[]).await;
        let (mut seen, mut page) = (Vec::new(), Page::new(4, String::new()));
        loop {
            let found = base
                .store
                .list_tasks(&TaskFilter::default(), TaskOrder::Closed, &page)
                .await
                .unwrap();
            assert_eq!(found.total, 10, "open ones are not closed");
            seen.extend(
                found
                    .rows
                    .into_iter()
                    .map(|row| (row.task.closed_at, row.task.id)),
            );
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.reverse();
        sorted.dedup();
        assert_eq!(seen, sorted);
        assert_eq!(seen.len(), 10);
        let all = base
            .store
            .all_tasks(&TaskFilter::default(), TaskOrder::Closed, 3)
            .await
            .unwrap();
        let ids: Vec<_> = all.into_iter().map(|row| row.task.id).collect();
        assert_eq!(
            ids,
            seen.into_iter()
                .take(3)
                .map(|(_, id)| id)
                .collect::<Vec<_>>()
        );
    })
    .await;
}
