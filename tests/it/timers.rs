//! Waits of days and weeks with the durations that a dealer really has, on a server whose time runs ahead.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeZone, Utc, Weekday};
use domain::calendar::WorkingCalendar;
use proto::kite::buyout::v1::ListBuyoutEventsRequest;
use proto::kite::common::v1::ProcessEvent;
use proto::kite::inspection::v1::RescheduleVisitRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::papers;
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::test_server::TestServer;
use tests::world::quick;
use tests::{Options, World, wait};
use tonic::Code;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};
/// Users of the portal, as the seed has them.
const APPRAISER: u64 = 14;
const SENIOR: u64 = 15;
const HEAD: u64 = 20;
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn world_on(server: &TestServer) -> anyhow::Result<World> {
    World::with(Options {
        temporal: Some(server.address.clone()),
        ..Options::default()
    })
    .await
}

fn moment(timestamp: Option<prost_types::Timestamp>) -> DateTime<Utc> {
    let timestamp = timestamp.expect("a moment");
    DateTime::from_timestamp(timestamp.seconds, timestamp.nanos.unsigned_abs()).expect("a moment")
}

/// Reminders and escalations of the run so far, oldest first.
async fn pressed(person: &Person, play: &Play<'_>) -> anyhow::Result<Vec<ProcessEvent>> {
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = person
        .buyouts()
        .list_buyout_events(request)
        .await?
        .into_inner()
        .events;
    Ok(events
        .into_iter()
        .filter(|event| event.kind == "REMINDER" || event.kind == "ESCALATION")
        .collect())
}

/// Texts of reminders and escalations of one task, once there are `count` of them: the clock is faster
/// than the record.
async fn pressed_of(
    person: &Person,
    play: &Play<'_>,
    task: &pb::Task,
    count: usize,
) -> anyhow::Result<Vec<String>> {
    let what = format!("{count} lines of «{}»", task.title);
    wait::until(play.patience, &what, async || {
        let texts: Vec<String> = pressed(person, play)
            .await?
            .into_iter()
            .map(|event| event.text)
            .filter(|text| text.starts_with(&task.title))
            .collect();
        Ok((texts.len() >= count).then_some(texts))
    })
    .await
}

/// How many notices a user of the portal has.
async fn notices(play: &Play<'_>, user: u64) -> anyhow::Result<usize> {
    let path = format!("bitrix24/notices?user={user}");
    let notices = play.stack.control.get(&path).await?;
    Ok(notices.as_array().map(Vec::len).unwrap_or_default())
}

/// The same, once there is one.
async fn told(play: &Play<'_>, user: u64) -> anyhow::Result<usize> {
    let what = format!("user {user} of the portal is told");
    wait::until(play.patience, &what, async || {
        let count = notices(play, user).await?;
        Ok((count > 0).then_some(count))
    })
    .await
}

async fn task_of(person: &Person, id: &str) -> anyhow::Result<pb::Task> {
    let answer = person
        .tasks()
        .get_task(pb::GetTaskRequest { id: id.to_owned() })
        .await?;
    Ok(answer.into_inner().task.expect("a task"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_nobody_answers_expires_after_two_reminders() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let world = world_on(&server).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let link = play.offer_link(1).await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let offer = head.buyout(&play.id).await?.offer.expect("an offer");
    let (made, until) = (moment(offer.made_at), moment(offer.valid_until));
    assert_eq!(until - made, chrono::Duration::days(3));

    let messages = async || -> anyhow::Result<usize> {
        Ok(world.effects("wazzup", "send_message").await?.len())
    };
    server.advance_past(made + (until - made) / 2).await?;
    assert_eq!(play.texts("wazzup", 2).await?.len(), 2);
    // Between the reminders nothing is sent, and the offer stands.
    server
        .advance_past(until - chrono::Duration::hours(5))
        .await?;
    assert_eq!(messages().await?, 2);
    assert_eq!(
        head.buyout(&play.id)
            .await?
            .summary
            .unwrap_or_default()
            .stage,
        "OFFER"
    );
    server
        .advance_past(until - chrono::Duration::hours(4))
        .await?;
    assert_eq!(play.texts("wazzup", 3).await?.len(), 3);
    server.advance_past(until).await?;

    assert_eq!(play.end().await?, "OFFER_EXPIRED");
    assert_eq!(messages().await?, 3, "an offer and two reminders");
    let texts = play.texts("wazzup", 3).await?;
    assert!(texts.iter().all(|text| text.contains("/l/")), "{texts:?}");
    assert!(
        texts[0] != texts[1],
        "a reminder reads like the offer: {texts:?}"
    );
    let deal = world
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    assert_eq!(deal["stage"], "C9:LOSE", "{deal}");
    let robots = deal["robots"].as_array().cloned().unwrap_or_default();
    assert!(
        !robots.is_empty() && robots.iter().all(|robot| !robot["answer"].is_null()),
        "{robots:?}"
    );
    // The client who comes late reads what happened and cannot accept.
    let page = play.open(&link).await?;
    let late = play
        .submit(
            &page,
            &[("answer", "accept"), ("round", "1"), ("code", "000000")],
        )
        .await?;
    assert!(
        late.text().contains("Срок предложения истёк"),
        "{}",
        late.text()
    );
    assert_eq!(play.end().await?, "OFFER_EXPIRED");
    world.assert_each_effect_once().await?;
    world.record("offer_expired", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_that_is_not_lifted_in_a_fortnight_ends_the_deal() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let world = world_on(&server).await?;
    let play = Play::deal(&world.stack, "banned").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "AWAIT_REMOVAL", play.patience)
        .await?;
    let (created, due) = (moment(task.created_at), moment(task.due_at));
    // The registry's days and the client's, not the site's.
    assert_eq!(due - created, chrono::Duration::days(14));
    server.advance(13 * DAY).await?;
    let open = task_of(&manager, &task.id).await?;
    assert_eq!((open.state.as_str(), open.escalated), ("OPEN", 0));
    assert_eq!(
        pressed_of(&manager, &play, &task, 1).await?,
        [format!("{}: половина срока прошла.", task.title)]
    );
    server
        .advance_past(due + chrono::Duration::minutes(1))
        .await?;

    assert_eq!(play.end().await?, "REFUSED_LEGAL");
    let outcome = manager
        .buyout(&play.id)
        .await?
        .summary
        .unwrap_or_default()
        .outcome;
    assert!(outcome.contains("не снято в срок"), "{outcome}");
    assert_eq!(task_of(&manager, &task.id).await?.state, "EXPIRED");
    // Silence of the client costs no second report, and nobody was asked for a price.
    assert_eq!(world.effects("autoteka", "buy_report").await?.len(), 1);
    let tasks = manager.buyout(&play.id).await?.tasks;
    assert!(
        tasks.iter().all(|task| task.kind != "APPRAISE"),
        "{tasks:?}"
    );
    world.assert_each_effect_once().await?;
    world.record("ban_not_lifted", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_nobody_takes_reminds_and_calls_in_one_role_after_another() -> anyhow::Result<()>
{
    let server = TestServer::start().await?;
    let world = world_on(&server).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    let senior = world.stack.sign_in("senior").await?;
    let task = head.wait_for(&play.id, "APPRAISE", play.patience).await?;
    let calendar = &world.stack.settings.policy.calendar;
    let (created, due) = (moment(task.created_at), moment(task.due_at));
    let working = |from: DateTime<Utc>, minutes: i64| {
        calendar.add_working(from, chrono::Duration::minutes(minutes))
    };
    assert_eq!(due, working(created, 30));
    let mine = || {
        Kind::Appraise(papers::appraisal(
            PRICES.buyout,
            PRICES.stop,
            PRICES.forecast,
        ))
    };
    let texts = async |count| pressed_of(&head, &play, &task, count).await;

    server.advance_past(working(created, 15)).await?;
    assert_eq!(
        texts(1).await?,
        [format!("{}: половина срока прошла.", task.title)]
    );
    assert_eq!(
        told(&play, APPRAISER).await?,
        1,
        "the appraiser is reminded"
    );
    server.advance_past(due).await?;
    assert_eq!(texts(2).await?.len(), 2);
    assert_eq!(
        notices(&play, SENIOR).await?,
        0,
        "the senior is not called in yet"
    );
    let now = task_of(&head, &task.id).await?;
    let early = senior
        .decide(&now, mine())
        .await
        .expect_err("a senior decides before the escalation");
    assert_eq!(early.code(), Code::PermissionDenied, "{early}");

    server.advance_past(working(due, 15)).await?;
    assert_eq!(texts(3).await?.len(), 3);
    assert_eq!(told(&play, SENIOR).await?, 1, "the senior is called in");
    let now = task_of(&senior, &task.id).await?;
    assert_eq!((now.escalated, now.refusal.as_str()), (1, ""));
    assert!(
        !task_of(&head, &task.id).await?.refusal.is_empty(),
        "the head may not decide yet"
    );
    server.advance_past(working(due, 30)).await?;
    assert_eq!(
        texts(4).await?,
        [
            format!("{}: половина срока прошла.", task.title),
            format!("{}: срок наступил.", task.title),
            format!("{}: срок прошёл, подключён старший оценщик.", task.title),
            format!(
                "{}: срок прошёл, подключён руководитель выкупа.",
                task.title
            ),
        ]
    );
    assert_eq!(told(&play, HEAD).await?, 1, "the head is called in");
    let now = task_of(&head, &task.id).await?;
    assert_eq!((now.escalated, now.refusal.as_str()), (2, ""));
    // Nobody is left to call in: a whole day more changes nothing.
    server.advance(DAY).await?;
    assert_eq!(texts(4).await?.len(), 4);
    let now = task_of(&head, &task.id).await?;
    head.decide(&now, mine()).await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let appraisal = manager
        .buyout(&play.id)
        .await?
        .appraisal
        .expect("an appraisal");
    assert_eq!(
        appraisal.appraiser.map(|person| person.name),
        Some(head.name.clone())
    );
    play.client_says("DECLINE", 0, "Передумал продавать.")
        .await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    world.record("escalated", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_show_is_taken_half_an_hour_after_the_visit_and_not_before() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let world = world_on(&server).await?;
    let visit = server.now().await? + chrono::Duration::hours(2);
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let play = Play::deal_on(&world.stack, catalogue, json!({ "visit_at": visit })).await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let no_show = |text: &str| {
        Kind::NoShow(pb::Reason {
            text: text.to_owned(),
        })
    };
    server
        .advance_past(visit + chrono::Duration::minutes(28))
        .await?;
    let task = task_of(&inspector, &task.id).await?;
    let early = inspector
        .decide(&task, no_show("Не приехал."))
        .await
        .expect_err("a no-show before its time");
    assert_eq!(early.code(), Code::FailedPrecondition, "{early}");
    server.advance(3 * MINUTE).await?;
    let task = task_of(&inspector, &task.id).await?;
    let mute = inspector
        .decide(&task, no_show(" "))
        .await
        .expect_err("a no-show without a word");
    assert_eq!(mute.code(), Code::InvalidArgument, "{mute}");
    inspector
        .decide(&task, no_show("Не приехал, телефон не отвечает."))
        .await?;
    assert_eq!(play.end().await?, "NO_SHOW");
    let deal = world
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    assert_eq!(deal["stage"], "C9:LOSE", "{deal}");
    // The car is free for another deal.
    let second = Play::deal_on(&world.stack, play.catalogue.clone(), json!({})).await?;
    second.robot_calls().await?;
    second.inspector().await?;
    world.record("no_show", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_friday_night_is_due_on_monday() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let mut policy = quick();
    let hour = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
    let moscow = chrono_tz::Europe::Moscow;
    policy.calendar =
        WorkingCalendar::new(moscow, hour(9), hour(18), [Weekday::Sat, Weekday::Sun])?;
    let options = Options {
        policy,
        temporal: Some(server.address.clone()),
        ..Options::default()
    };
    let world = World::with(options).await?;
    let today = server.now().await?.with_timezone(&moscow).date_naive();
    let friday = today
        .iter_days()
        .skip(1)
        .find(|day| day.weekday() == Weekday::Fri)
        .expect("a Friday within a week");
    let at = |days: u64, time| {
        let local = (friday + chrono::Days::new(days)).and_time(hour(time));
        moscow
            .from_local_datetime(&local)
            .single()
            .expect("a moment")
            .to_utc()
    };
    server.advance_past(at(0, 22)).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    assert_eq!(
        moment(task.due_at),
        at(3, 13),
        "four working hours of Monday"
    );
    server.advance_past(at(3, 10)).await?;
    let head = world.stack.sign_in("head").await?;
    let early = pressed(&head, &play).await?;
    assert!(
        early.is_empty(),
        "somebody was reminded at the weekend: {early:?}"
    );
    server.advance_past(at(3, 11)).await?;
    assert_eq!(pressed_of(&head, &play, &task, 1).await?.len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_visit_is_reminded_of_in_its_own_time() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let world = world_on(&server).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let head = world.stack.sign_in("head").await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    let moved_to = async |at: DateTime<Utc>| {
        let request = RescheduleVisitRequest {
            buyout_id: play.id.clone(),
            visit_at: Some(prost_types::Timestamp {
                seconds: at.timestamp(),
                nanos: 0,
            }),
            reason: "Клиент просит.".to_owned(),
            request_id: String::new(),
        };
        dispatcher.inspections().reschedule_visit(request).await?;
        anyhow::Ok(moment(task_of(&inspector, &task.id).await?.due_at))
    };
    let old = moment(task.due_at);
    let due = moved_to(server.now().await? + chrono::Duration::days(2)).await?;
    assert!(due > old + chrono::Duration::days(1), "{due}");
    // What was due today presses nobody any more.
    server
        .advance_past(old + chrono::Duration::minutes(1))
        .await?;
    let early = pressed(&head, &play).await?;
    assert!(early.is_empty(), "{early:?}");

    // Moved to an earlier time, it is not waited for until the later one.
    let sooner = moved_to(server.now().await? + chrono::Duration::hours(20)).await?;
    assert!(sooner < due, "{sooner}");
    server.advance_past(sooner).await?;
    assert_eq!(
        pressed_of(&head, &play, &task, 2).await?,
        [
            format!("{}: половина срока прошла.", task.title),
            format!("{}: срок наступил.", task.title),
        ]
    );
    world.stop().await
}
