//! Finding the next thing to do: the inbox with what it shows of the run, counters, taking the next task.

use anyhow::Context;
use chrono::{Duration, Utc};
use domain::dispatch::Assignment;
use domain::staff::{PersonId, PersonRef, Role};
use domain::task::{TaskId, TaskKind, TaskState};
use proto::kite::inspection::v1::{GetInspectionRequest, ListInspectorsRequest};
use proto::kite::task::v1::{
    CountTasksRequest, GetTaskRequest, ListTasksRequest, TakeNextTaskRequest, Task, TaskCount,
};
use stack::people::Person;
use stack::play::Play;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::lists::{PORTAL, began, page, run, save};
use super::tasks::task;
use super::{newcomer, violations};

fn person(id: &str) -> Option<PersonRef> {
    Some(PersonRef {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
    })
}

async fn tasks(person: &Person, request: ListTasksRequest) -> Result<Vec<Task>, Status> {
    let request = ListTasksRequest {
        page: page(200, ""),
        ..request
    };
    Ok(person.tasks().list_tasks(request).await?.into_inner().tasks)
}

async fn counts(person: &Person) -> Result<Vec<TaskCount>, Status> {
    let answer = person.tasks().count_tasks(CountTasksRequest {}).await?;
    Ok(answer.into_inner().counts)
}

async fn next(person: &Person, kind: &str) -> Result<Task, Status> {
    next_in(person, kind, &[]).await
}

async fn next_in(person: &Person, kind: &str, cities: &[&str]) -> Result<Task, Status> {
    let request = TakeNextTaskRequest {
        kind: kind.to_owned(),
        cities: cities.iter().map(|city| (*city).to_owned()).collect(),
    };
    let answer = person.tasks().take_next_task(request).await?;
    Ok(answer.into_inner().task.unwrap_or_default())
}

/// Tasks in the tables alone, of processes that are not there.
async fn written(world: &World) -> anyhow::Result<()> {
    for deal_id in 1..=12_u64 {
        let mut one = run(deal_id);
        one.policy = Some(seed::policy());
        let id = TaskId::new(one.id.as_str(), 1);
        let due = Utc::now() + Duration::hours(deal_id as i64 - 6) + Duration::minutes(30);
        let kind = if deal_id > 8 {
            TaskKind::Inspect
        } else {
            TaskKind::Appraise
        };
        let mut new = task(id.clone(), kind, one.city(), due);
        match deal_id {
            2 => {
                new.state = TaskState::Claimed;
                new.owner = person("u-appraiser");
            }
            4 => new.escalated = 1,
            5 => {
                new.state = TaskState::Done;
                new.closed_at = Some(began() + Duration::hours(1));
            }
            7 => {
                new.state = TaskState::Cancelled;
                new.closed_at = Some(began() + Duration::hours(2));
            }
            9..=12 => {
                new.assignee = person("u-inspector");
                one.assignment = Some(Assignment {
                    inspector: person("u-inspector").context("a person")?,
                    by: None,
                });
            }
            _ => {}
        }
        one.tasks.insert(id, new);
        save(world, one, Vec::new()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_filtered_counted_and_shows_the_car() -> anyhow::Result<()> {
    let world = World::start().await?;
    written(&world).await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let numbers = async |person: &Person, request: ListTasksRequest| {
        let found = tasks(person, request).await?;
        Ok::<_, Status>(found.iter().map(|task| task.deal_id).collect::<Vec<_>>())
    };
    let all = ListTasksRequest::default;
    assert_eq!(numbers(&appraiser, all()).await?, [1, 2, 3, 4, 6, 8]);
    let text = |text: &str| ListTasksRequest {
        text: text.to_owned(),
        ..all()
    };
    assert_eq!(numbers(&appraiser, text("y0000004")).await?, [4]);
    assert_eq!(numbers(&appraiser, text("a008bc51")).await?, [8]);
    assert_eq!(numbers(&appraiser, text("семёнов")).await?, [0; 0]);
    let head = world.stack.sign_in("head").await?;
    assert_eq!(
        numbers(&head, text("семёнов")).await?,
        [0; 0],
        "tasks are not looked up by client"
    );
    let pskov = ListTasksRequest {
        city: "Псков".to_owned(),
        ..all()
    };
    assert_eq!(numbers(&appraiser, pskov.clone()).await?, [3, 6]);
    let escalated = ListTasksRequest {
        escalated: true,
        ..all()
    };
    assert_eq!(numbers(&appraiser, escalated).await?, [4]);
    let closed = ListTasksRequest {
        states: vec!["DONE".to_owned(), "CANCELLED".to_owned()],
        latest_first: true,
        ..all()
    };
    assert_eq!(numbers(&appraiser, closed.clone()).await?, [7, 5]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListTasksRequest {
            page: page(1, &cursor),
            ..closed.clone()
        };
        let answer = appraiser.tasks().list_tasks(request).await?.into_inner();
        seen.extend(answer.tasks.iter().map(|task| task.deal_id));
        cursor = answer.page.context("a page")?.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [7, 5]);
    let murmansk = newcomer(&world, "local", &[Role::Appraiser], &["Мурманск"]).await?;
    let refused = tasks(&murmansk, pskov).await.expect_err("another city");
    assert_eq!(refused.code(), Code::PermissionDenied);

    // What a list and a page show of the run.
    let listed = tasks(&appraiser, text("0000004")).await?.remove(0);
    let get = GetTaskRequest {
        id: listed.id.clone(),
    };
    let got = appraiser.tasks().get_task(get).await?.into_inner().task;
    for task in [listed, got.context("a task")?] {
        assert_eq!(
            (
                task.identifier.as_str(),
                task.plate.as_str(),
                task.deal_id,
                task.car.as_str()
            ),
            (
                "XTA210990Y0000004",
                "А004ВС51",
                4,
                "Chery Tiggo 7 Pro, 2021"
            )
        );
        assert_eq!(task.time_zone, "Europe/Moscow");
    }

    // Counters are the list's.
    for person in [&appraiser, &murmansk, &head] {
        let found = tasks(person, all()).await?;
        let mine = tasks(
            person,
            ListTasksRequest {
                mine: true,
                ..all()
            },
        )
        .await?;
        let counted = counts(person).await?;
        let of =
            |tasks: &[Task], kind: &str| tasks.iter().filter(|t| t.kind == kind).count() as u64;
        for count in &counted {
            let kind = count.kind.as_str();
            let late = found.iter().filter(|t| t.kind == kind && t.overdue);
            let raised = found.iter().filter(|t| t.kind == kind && t.escalated > 0);
            assert_eq!(
                (count.open, count.mine, count.overdue, count.escalated),
                (
                    of(&found, kind),
                    of(&mine, kind),
                    late.count() as u64,
                    raised.count() as u64
                ),
                "{}: {kind}",
                person.name
            );
        }
        let open: u64 = counted.iter().map(|count| count.open).sum();
        assert_eq!(open, found.len() as u64, "{}", person.name);
    }
    let mine = counts(&appraiser).await?.remove(0);
    assert_eq!(
        (
            mine.kind.as_str(),
            mine.title.as_str(),
            mine.open,
            mine.mine
        ),
        ("APPRAISE", "Оценить автомобиль", 6, 1)
    );

    // A dispatcher sees inspections of their city when they ask for them, and they are no work of theirs.
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    let inspections = ListTasksRequest {
        kind: "INSPECT".to_owned(),
        ..all()
    };
    assert_eq!(numbers(&dispatcher, inspections).await?, [10, 11]);
    assert_eq!(numbers(&dispatcher, all()).await?, [0; 0]);
    assert_eq!(counts(&dispatcher).await?, []);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_task_is_the_most_urgent_that_can_be_had() -> anyhow::Result<()> {
    let world = World::start().await?;
    // They are due earlier, and their processes say nothing: each is passed over.
    written(&world).await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert_eq!((task.state.as_str(), task.deal_id), ("OPEN", play.deal));

    let verifier = world.stack.sign_in("verifier").await?;
    let nothing = next(&verifier, "").await.expect_err("nothing to verify");
    assert_eq!(
        (nothing.code(), nothing.message()),
        (Code::NotFound, "Свободных задач нет.")
    );
    // Heads see every task, which is not to say that they take appraisals.
    let head = world.stack.sign_in("head").await?;
    let nothing = next(&head, "APPRAISE").await.expect_err("not theirs");
    assert_eq!(nothing.code(), Code::NotFound);
    let refused = next(&head, "NONSENSE")
        .await
        .expect_err("a kind of nothing");
    assert_eq!(violations(&refused), ["kind"]);

    // A city can be chosen among one's own.
    let nothing = next_in(&appraiser, "", &["Псков"])
        .await
        .expect_err("no work there");
    assert_eq!(nothing.code(), Code::NotFound);
    let local = newcomer(&world, "local", &[Role::Appraiser], &["Псков"]).await?;
    let refused = next_in(&local, "", &["Псков", &task.city])
        .await
        .expect_err("a city of others");
    assert_eq!(refused.code(), Code::PermissionDenied);

    let second = newcomer(&world, "second", &[Role::Appraiser], &[]).await?;
    let cities = ["Псков", task.city.as_str()];
    let (one, other) = tokio::join!(next_in(&appraiser, "", &cities), next(&second, "APPRAISE"));
    let (won, lost) = match (one, other) {
        (Ok(task), Err(lost)) | (Err(lost), Ok(task)) => (task, lost),
        (one, other) => panic!("one of two takes it: {one:?}, {other:?}"),
    };
    assert_eq!((won.id, won.state.as_str()), (task.id, "CLAIMED"));
    assert_eq!(lost.code(), Code::NotFound, "{lost}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn inspectors_are_shown_with_their_load_and_the_form_hides_the_client_from_appraisers()
-> anyhow::Result<()> {
    let world = World::start().await?;
    written(&world).await?;
    newcomer(&world, "pskov", &[Role::Inspector], &["Псков"]).await?;
    let absent = PersonId::new("u-inspector2");
    world
        .stack
        .store
        .set_substitute(&absent, Some(&PersonId::new("u-inspector")))
        .await?;
    let load = async |person: &Person, city: &str| {
        let request = ListInspectorsRequest {
            city: city.to_owned(),
        };
        let answer = person.inspections().list_inspectors(request).await?;
        Ok::<_, Status>(answer.into_inner().inspectors)
    };
    let head = world.stack.sign_in("head").await?;
    let all = load(&head, "").await?;
    let names: Vec<String> = all
        .iter()
        .filter_map(|one| one.person.as_ref())
        .map(|person| person.id.clone())
        .collect();
    assert_eq!(names, ["u-inspector", "u-inspector2", "u-pskov"]);
    assert_eq!(
        (all[0].open_inspections, all[0].absent, all[0].cities.len()),
        (4, false, 1)
    );
    assert_eq!((all[1].open_inspections, all[1].absent), (0, true));
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    assert_eq!(load(&dispatcher, "").await?.len(), 2, "of their own city");
    assert_eq!(load(&head, "Псков").await?.len(), 1);
    let refused = load(&dispatcher, "Псков").await.expect_err("another city");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let appraiser = world.stack.sign_in("appraiser").await?;
    let refused = load(&appraiser, "").await.expect_err("not their work");
    assert_eq!(refused.code(), Code::PermissionDenied);

    let form = async |person: &Person| {
        let request = GetInspectionRequest {
            buyout_id: format!("buyout:{PORTAL}:10"),
        };
        let answer = person.inspections().get_inspection(request).await?;
        Ok::<_, Status>(answer.into_inner())
    };
    let inspector = world.stack.sign_in("inspector").await?;
    let seen = form(&inspector).await?;
    assert_eq!(
        (
            seen.identifier.as_str(),
            seen.time_zone.as_str(),
            seen.client_name.as_str()
        ),
        ("XTA210990Y0000010", "Europe/Moscow", "Пётр")
    );
    assert_eq!(form(&appraiser).await?.client_name, "");
    world.stop().await
}
