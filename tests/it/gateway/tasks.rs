//! Who sees which rows: runs, tasks and events by city, role and part in the deal.

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::state::{EventKind, ProcessEvent};
use domain::staff::Role;
use domain::task::{HumanTask, TaskId, TaskKind, TaskState};
use proto::kite::buyout::v1::{ListBuyoutEventsRequest, ListBuyoutsRequest};
use proto::kite::task::v1::{CommentTaskRequest, GetTaskRequest, ListTasksRequest};
use stack::people::Person;
use tests::World;
use tonic::{Code, Status};

use super::lists::{PORTAL, began, fill, list, page, run, save, total};
use super::{newcomer, violations};

#[tokio::test(flavor = "multi_thread")]
async fn people_see_their_cities_their_runs_and_their_tasks() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    // Tasks of appraisers, the earlier numbers due first, two of them at one instant.
    for deal_id in 101..=130_u64 {
        let mut run = run(deal_id);
        run.stage = Stage::Appraisal;
        let id = TaskId::new(run.id.as_str(), 1);
        let due = Utc::now() + Duration::hours((deal_id / 2) as i64 - 60) + Duration::minutes(30);
        run.tasks
            .insert(id.clone(), task(id, TaskKind::Appraise, run.city(), due));
        let events = (1..=3).map(|seq| event(seq, "Оценка 300 000 ₽")).collect();
        save(&world, run, events).await?;
    }
    let pskov = newcomer(&world, "pskov", &[Role::Appraiser], &["Псков"]).await?;
    let inspector = world.stack.sign_in("inspector").await?;
    let head = world.stack.sign_in("head").await?;

    let mine = list(
        &pskov,
        ListBuyoutsRequest {
            page: page(200, ""),
            ..Default::default()
        },
    )
    .await?;
    assert_eq!(total(&mine), 40);
    assert!(mine.buyouts.iter().all(|row| row.city == "Псков"));
    let foreign = ListBuyoutsRequest {
        city: "Мурманск".to_owned(),
        ..Default::default()
    };
    let refused = list(&pskov, foreign).await.expect_err("another city");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let refused = pskov
        .buyout(&format!("buyout:{PORTAL}:7"))
        .await
        .expect_err("another city's run");
    assert_eq!(
        refused.downcast_ref::<Status>().map(Status::code),
        Some(Code::PermissionDenied),
        "{refused}"
    );
    let own = list(&inspector, ListBuyoutsRequest::default()).await?;
    assert_eq!(
        (total(&own), own.buyouts[0].deal_id, own.buyouts[0].price),
        (1, 7, None)
    );

    // Tasks by deadline, page by page.
    let tasks =
        async |person: &Person, request: ListTasksRequest| person.tasks().list_tasks(request).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListTasksRequest {
            page: page(4, &cursor),
            kind: "APPRAISE".to_owned(),
            ..Default::default()
        };
        let answer = tasks(&head, request).await?.into_inner();
        let info = answer.page.context("a page")?;
        assert_eq!(info.total, 30);
        seen.extend(answer.tasks);
        cursor = info.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    let keys: Vec<(i64, String)> = seen
        .iter()
        .map(|task| {
            (
                task.due_at
                    .as_ref()
                    .map(|at| at.seconds)
                    .unwrap_or_default(),
                task.id.clone(),
            )
        })
        .collect();
    assert_eq!(keys.len(), 30);
    assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
    let overdue = ListTasksRequest {
        overdue: true,
        ..Default::default()
    };
    let late = tasks(&head, overdue).await?.into_inner().tasks;
    assert!(
        late.len() == 19 && late.iter().all(|task| task.overdue),
        "{}",
        late.len()
    );
    let of_pskov = tasks(&pskov, ListTasksRequest::default())
        .await?
        .into_inner();
    assert_eq!(of_pskov.page.map(|page| page.total), Some(10));
    assert_eq!(
        tasks(&inspector, ListTasksRequest::default())
            .await?
            .into_inner()
            .tasks
            .len(),
        0
    );
    let nonsense = ListTasksRequest {
        kind: "X".to_owned(),
        states: vec!["Y".to_owned()],
        ..Default::default()
    };
    let refused = tasks(&head, nonsense).await.expect_err("nonsense");
    assert_eq!(violations(&refused), ["states", "kind"]);
    // A task of another city: not to be seen, not to be written on.
    let foreign = TaskId::new(&format!("buyout:{PORTAL}:101"), 1).0;
    let get = GetTaskRequest {
        id: foreign.clone(),
    };
    assert_eq!(
        pskov
            .tasks()
            .get_task(get)
            .await
            .expect_err("another city's task")
            .code(),
        Code::PermissionDenied
    );
    let comment = CommentTaskRequest {
        id: foreign,
        text: "Вижу вас.".to_owned(),
    };
    assert_eq!(
        pskov
            .tasks()
            .comment_task(comment)
            .await
            .expect_err("another city's task")
            .code(),
        Code::PermissionDenied
    );

    // Events of a run: in order, from where one stopped, not for those who see no prices.
    let events = async |person: &Person, id: u64, after_seq: u64| {
        let request = ListBuyoutEventsRequest {
            id: format!("buyout:{PORTAL}:{id}"),
            after_seq,
        };
        person
            .buyouts()
            .list_buyout_events(request)
            .await
            .map(|answer| answer.into_inner().events)
    };
    let told = events(&head, 101, 0).await?;
    assert_eq!(
        told.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(told[0].text, "Оценка 300 000 ₽");
    assert_eq!(events(&head, 101, 2).await?.len(), 1);
    assert_eq!(events(&inspector, 7, 0).await?.len(), 0);
    assert_eq!(
        events(&inspector, 101, 0)
            .await
            .expect_err("another's run")
            .code(),
        Code::PermissionDenied
    );
    assert_eq!(
        events(&head, 9_999, 0).await.expect_err("no run").code(),
        Code::NotFound
    );
    assert_eq!(
        violations(
            &events(&head, 101, u64::MAX)
                .await
                .expect_err("a number too large")
        ),
        ["after_seq"]
    );
    world.stop().await
}

pub(super) fn task(id: TaskId, kind: TaskKind, city: &str, due_at: DateTime<Utc>) -> HumanTask {
    HumanTask {
        id,
        number: 1,
        kind,
        title: kind.title_ru().to_owned(),
        details: String::new(),
        version: 1,
        state: TaskState::Open,
        role: kind.role(),
        city: Some(city.to_owned()),
        assignee: None,
        owner: None,
        excluded: Vec::new(),
        created_at: began(),
        due_at,
        escalation: kind.escalation(),
        escalated: 0,
        reminders: 0,
        comments: Vec::new(),
        closed_by: None,
        closed_at: None,
        result: None,
        bitrix24_task: None,
        waits_for: None,
        due_unheld: None,
    }
}

fn event(seq: u64, text: &str) -> ProcessEvent {
    ProcessEvent {
        seq,
        at: began(),
        kind: EventKind::Stage,
        actor: None,
        text: text.to_owned(),
    }
}
