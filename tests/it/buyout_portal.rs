//! A mirrored task that somebody completes on the portal: both sides show one state afterwards.

use std::time::Duration;

use anyhow::Context;
use domain::buyout::decision::FactKind;
use domain::staff::{PersonId, StaffMember};
use http::StatusCode;
use proto::kite::buyout::v1::ListBuyoutEventsRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stack::play::{Play, Prices};
use store::inbox::InboxState;
use store::staff::StaffRecord;
use tests::{World, wait};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};
const APPRAISER: u64 = 14;
const MANAGER: u64 = 16;
const SECURITY: u64 = 19;
const ACCOUNTANT: u64 = 22;

/// Asks until there is an answer.
async fn until<T>(
    what: &str,
    ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    wait::until(Duration::from_secs(60), what, ask).await
}

/// The portal's tasks with that title, oldest first.
async fn mirrors(world: &World, title: &str) -> anyhow::Result<Vec<Value>> {
    let tasks = world.stack.control.get("bitrix24/tasks").await?;
    let tasks = tasks.as_array().into_iter().flatten();
    Ok(tasks
        .filter(|task| task["title"] == title)
        .cloned()
        .collect())
}

/// The number of the mirror of an open task, once the portal has it.
async fn mirror(world: &World, title: &str) -> anyhow::Result<u64> {
    until(title, async || {
        let open = mirrors(world, title).await?.into_iter().next_back();
        let number = open.filter(|task| task["status"] == "2");
        Ok(number.and_then(|task| task["id"].as_str()?.parse().ok()))
    })
    .await
}

async fn tick(world: &World, number: u64, user: u64) -> anyhow::Result<()> {
    let path = format!("bitrix24/tasks/{number}/complete");
    world
        .stack
        .control
        .post(&path, json!({ "user": user }))
        .await?;
    Ok(())
}

/// Waits until the mirror was opened again so often, and is open.
async fn reopened(world: &World, title: &str, times: usize) -> anyhow::Result<()> {
    until(&format!("{title} is open again"), async || {
        let renewed = world.effects("bitrix24", "tasks.task.renew").await?;
        let open = mirrors(world, title).await?;
        let open = open.last().is_some_and(|task| task["status"] == "2");
        Ok((renewed.len() >= times && open).then_some(()))
    })
    .await
}

/// What the employee reads about ticks, once there is something.
async fn notice(world: &World, user: u64) -> anyhow::Result<String> {
    until("a notice", async || {
        let notices = world
            .stack
            .control
            .get(&format!("bitrix24/notices?user={user}"))
            .await?;
        let notices = notices.as_array().into_iter().flatten();
        let texts = notices.filter_map(|notice| notice["message"].as_str());
        Ok(texts
            .filter(|text| text.contains("снова открыта"))
            .map(str::to_owned)
            .next_back())
    })
    .await
}

/// Waits for a line of the run's events.
async fn line(world: &World, play: &Play<'_>, part: &str) -> anyhow::Result<String> {
    let head = world.stack.sign_in("head").await?;
    until(part, async || {
        let request = ListBuyoutEventsRequest {
            id: play.id.clone(),
            after_seq: 0,
        };
        let events = head
            .buyouts()
            .list_buyout_events(request)
            .await?
            .into_inner();
        let mut lines = events.events.into_iter().map(|event| event.text);
        Ok(lines.find(|line| line.contains(part)))
    })
    .await
}

async fn ticks(world: &World, play: &Play<'_>) -> anyhow::Result<usize> {
    let facts = world.facts(play).await?;
    Ok(facts
        .iter()
        .filter(|fact| matches!(fact, FactKind::Bitrix24TaskChanged { .. }))
        .count())
}

/// A deal at the appraisal, and the number of its mirror.
async fn at_appraisal(world: &World) -> anyhow::Result<(Play<'_>, u64)> {
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let number = mirror(world, "Оценить автомобиль").await?;
    Ok((play, number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_holds_no_decision_so_the_task_is_opened_again_and_decided_in_kite()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let (play, number) = at_appraisal(&world).await?;
    // The portal tells of it twice.
    world
        .stack
        .control
        .fault(
            "bitrix24",
            "event",
            json!("every"),
            json!("duplicate_callback"),
        )
        .await?;
    tick(&world, number, APPRAISER).await?;
    reopened(&world, "Оценить автомобиль", 1).await?;

    let told = notice(&world, APPRAISER).await?;
    let link = play.id.clone() + "%2F";
    assert!(
        told.contains("Оценить автомобиль")
            && told.contains("не содержит решения")
            && told.contains("/tasks/")
            && told.contains(&link),
        "{told}"
    );
    let line = line(&world, &play, "закрыл(а) задачу в Битрикс24").await?;
    assert!(line.contains("Ольга Крылова"), "{line}");
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert_eq!(task.state, "OPEN");

    play.appraise(PRICES).await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    let renewed = world.effects("bitrix24", "tasks.task.renew").await?;
    assert_eq!(renewed.len(), 1, "{renewed:?}");
    until("both sides are closed", async || {
        let tasks = world.stack.control.get("bitrix24/tasks").await?;
        let tasks = tasks.as_array().cloned().unwrap_or_default();
        Ok(tasks.iter().all(|task| task["status"] == "5").then_some(()))
    })
    .await?;
    world.record("ticked_on_the_portal", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_closes_what_was_done_by_hand_when_the_person_may_say_so() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    world
        .stack
        .control
        .post(
            "onec_alfa/refuse_posting",
            json!({ "text": "Не заполнено «Подразделение»." }),
        )
        .await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    let accountant = world.stack.sign_in("accountant").await?;
    let task = accountant
        .wait_for(&play.id, "ACCOUNTING_TROUBLE", play.patience)
        .await?;
    let number = mirror(&world, &task.title).await?;

    // The manager has no such role.
    tick(&world, number, MANAGER).await?;
    reopened(&world, &task.title, 1).await?;
    let told = notice(&world, MANAGER).await?;
    assert!(told.contains("Задачу решает бухгалтерия"), "{told}");
    // A colleague whom our directory does not know.
    forget(&world, "security").await?;
    tick(&world, number, SECURITY).await?;
    reopened(&world, &task.title, 2).await?;
    let told = notice(&world, SECURITY).await?;
    assert!(told.contains("нет в справочнике Kite"), "{told}");
    let unknown = line(&world, &play, "сотрудник портала № 19").await?;
    assert!(unknown.contains("открыта снова"), "{unknown}");
    let still = accountant
        .wait_for(&play.id, "ACCOUNTING_TROUBLE", play.patience)
        .await?;
    assert_eq!(still.state, "OPEN");

    tick(&world, number, ACCOUNTANT).await?;
    assert_eq!(play.end().await?, "DONE_NEEDS_MANUAL");
    let request = pb::GetTaskRequest { id: task.id };
    let closed = accountant
        .tasks()
        .get_task(request)
        .await?
        .into_inner()
        .task;
    let closed = closed.context("a task")?;
    assert_eq!(closed.state, "DONE");
    assert_eq!(
        closed.closed_by.map(|person| person.id).as_deref(),
        Some("u-accountant")
    );
    assert!(closed.result.contains("Битрикс24"), "{}", closed.result);
    let renewed = world.effects("bitrix24", "tasks.task.renew").await?;
    assert_eq!(renewed.len(), 2, "{renewed:?}");
    world.record("ticked_by_hand", &play).await?;
    world.stop().await
}

/// The person stays, their portal account is nobody's.
async fn forget(world: &World, login: &str) -> anyhow::Result<()> {
    let person = PersonId::new(format!("u-{login}"));
    let member = world
        .stack
        .store
        .staff(&person)
        .await?
        .context("a person")?;
    let record = StaffRecord {
        member: StaffMember {
            bitrix24_user: None,
            ..member
        },
        login: Some(login.to_owned()),
        password_hash: None,
        blocked: false,
    };
    Ok(world.stack.store.upsert_staff(&record).await?)
}

/// An event of the portal, as its queue posts it.
fn event(token: &str, number: u64, ts: u64) -> Vec<(String, String)> {
    [
        ("event", "ONTASKUPDATE".to_owned()),
        ("event_handler_id", "201".to_owned()),
        ("data[FIELDS_BEFORE][ID]", number.to_string()),
        ("data[FIELDS_AFTER][ID]", number.to_string()),
        ("ts", ts.to_string()),
        ("auth[member_id]", simulator::bitrix24::MEMBER_ID.to_owned()),
        ("auth[application_token]", token.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Waits until the gateway has given what came before to its processes: it takes one after the other.
async fn settled(world: &World) -> anyhow::Result<()> {
    let app = world.stack.control.get("bitrix24/app").await?;
    let token = app["application_token"].as_str().context("a token")?;
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(event(token, 999_999, 4))
        .finish();
    let id: String = Sha256::digest(body.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let url = world.stack.door.url.join("bitrix24/events")?;
    let posted = world.stack.door.http.post(url).body(body).send().await?;
    assert_eq!(posted.status(), StatusCode::OK);
    until("the gateway's inbox is taken", async || {
        let row = world.stack.store.received("bitrix24-event", &id).await?;
        let row = row.context("an event in the inbox")?;
        Ok((row.state == InboxState::Taken && row.run.is_none()).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_event_tells_nothing_and_late_repeats_change_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (play, number) = at_appraisal(&world).await?;
    let url = world.stack.door.url.join("bitrix24/events")?;
    let post = async |token: &str, number: u64, ts: u64| {
        let form = event(token, number, ts);
        let answer = world.stack.door.http.post(url.clone()).form(&form).send();
        anyhow::Ok(answer.await?.status())
    };
    let app = world.stack.control.get("bitrix24/app").await?;
    let token = app["application_token"].as_str().context("a token")?;

    // The portal's own word is lost: only what is posted here is heard.
    world
        .stack
        .control
        .fault("bitrix24", "event", json!("every"), json!("lose_callback"))
        .await?;
    tick(&world, number, APPRAISER).await?;
    for forged in ["not-the-token", ""] {
        let answer = post(forged, number, 1).await?;
        assert_eq!(answer, StatusCode::FORBIDDEN, "{forged}");
    }
    // A task of somebody else is nothing to do; nothing is kept for ops.
    assert_eq!(post(token, 999_999, 2).await?, StatusCode::OK);

    assert_eq!(post(token, number, 3).await?, StatusCode::OK);
    reopened(&world, "Оценить автомобиль", 1).await?;
    line(&world, &play, "закрыл(а) задачу в Битрикс24").await?;
    assert_eq!(ticks(&world, &play).await?, 1, "a forged event was told");
    // The same event once more, and another one that was on its way for long.
    assert_eq!(post(token, number, 3).await?, StatusCode::OK);
    assert_eq!(post(token, number, 2).await?, StatusCode::OK);
    until("the late event is told", async || {
        Ok((ticks(&world, &play).await? == 2).then_some(()))
    })
    .await?;

    let appraiser = world.stack.sign_in("appraiser").await?;
    let appraisal = stack::papers::appraisal(PRICES.buyout, PRICES.stop, PRICES.forecast);
    appraiser
        .answer(
            &play.id,
            "APPRAISE",
            Kind::Appraise(appraisal),
            play.patience,
        )
        .await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    let renewed = world.effects("bitrix24", "tasks.task.renew").await?;
    assert_eq!(renewed.len(), 1, "{renewed:?}");
    settled(&world).await?;
    let kept = world
        .stack
        .store
        .list_unmatched(false, &store::Page::default())
        .await?;
    assert_eq!(kept.total, 0, "{:?}", kept.rows);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kite_closes_itself_tells_the_run_nothing() -> anyhow::Result<()> {
    let mut options = tests::Options::default();
    // The offer ends by itself: its task is closed by nobody's hand.
    options.policy.deadlines.offer_valid_secs = 5;
    options.policy.deadlines.offer_last_reminder_secs = 1;
    let world = World::with(options).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    assert_eq!(play.end().await?, "OFFER_EXPIRED");
    let closed = until("every mirror is closed", async || {
        let tasks = world.stack.control.get("bitrix24/tasks").await?;
        let tasks = tasks.as_array().cloned().unwrap_or_default();
        let all = !tasks.is_empty() && tasks.iter().all(|task| task["status"] == "5");
        Ok(all.then_some(tasks.len()))
    })
    .await?;
    assert_eq!(closed, 3, "inspection, appraisal, offer");
    // The portal told of each of them, and the gateway took it.
    until("the portal's events arrive", async || {
        let told = world
            .stack
            .control
            .get("callbacks?partner=bitrix24")
            .await?;
        let told = told.as_array().cloned().unwrap_or_default();
        let taken = told
            .iter()
            .filter(|told| told["operation"] == "event" && told["status"] == 200);
        Ok((taken.count() == closed).then_some(()))
    })
    .await?;
    settled(&world).await?;
    assert_eq!(ticks(&world, &play).await?, 0);
    let kept = world
        .stack
        .store
        .list_unmatched(false, &store::Page::default())
        .await?;
    assert_eq!(kept.total, 0, "{:?}", kept.rows);
    world.record("closed_by_kite", &play).await?;
    world.stop().await
}
