//! Sites far from the server's clock: what is due, and when people are reminded, goes by the site's day.

use chrono::{DateTime, Datelike, NaiveTime, TimeZone, Utc, Weekday};
use domain::calendar::WorkingCalendar;
use proto::kite::buyout::v1::ListBuyoutEventsRequest;
use stack::people::Person;
use stack::play::Play;
use tests::test_server::TestServer;
use tests::world::quick;
use tests::{Options, World, wait};

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour")
}

/// Reminders of the run so far.
async fn reminders(person: &Person, play: &Play<'_>) -> anyhow::Result<usize> {
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = person.buyouts().list_buyout_events(request).await?;
    let events = events.into_inner().events;
    Ok(events.iter().filter(|e| e.kind == "REMINDER").count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_vladivostok_is_due_by_the_working_day_of_vladivostok() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let zone = chrono_tz::Asia::Vladivostok;
    let mut policy = quick();
    let weekend = [Weekday::Sat, Weekday::Sun];
    policy.calendar = WorkingCalendar::new(zone, hour(9), hour(18), weekend)?;
    let world = World::with(Options {
        policy,
        temporal: Some(server.address.clone()),
        ..Options::default()
    })
    .await?;
    // Two hours before their evening, which is the morning of Moscow, of a day that another working day follows.
    let today = server.now().await?.with_timezone(&zone).date_naive();
    let day = today
        .iter_days()
        .skip(1)
        .find(|day| day.weekday() == Weekday::Tue)
        .expect("a Tuesday within a week");
    let at = |days: u64, time: u32| -> DateTime<Utc> {
        let local = (day + chrono::Days::new(days)).and_time(hour(time));
        let local = zone.from_local_datetime(&local).single();
        local.expect("a moment").to_utc()
    };
    server.advance_past(at(0, 16)).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    assert_eq!(task.time_zone, "Asia/Vladivostok");
    // Of four hours nearly two are left today; the others are tomorrow's, which begins while Moscow sleeps.
    let due = task.due_at.expect("a deadline").seconds;
    let (earliest, latest) = (at(1, 11).timestamp(), at(1, 11).timestamp() + 600);
    assert!((earliest..=latest).contains(&due), "{due} {earliest}");
    let head = world.stack.sign_in("head").await?;
    // Of the first two hours a few seconds are tomorrow's. Their night is the working day of Moscow: nobody is
    // reminded before their morning.
    server.advance_past(at(1, 8)).await?;
    assert_eq!(reminders(&head, &play).await?, 0, "reminded at night");
    server.advance_past(at(1, 10)).await?;
    wait::until(play.patience, "half of the time is over", async || {
        Ok((reminders(&head, &play).await? == 1).then_some(()))
    })
    .await?;
    server
        .advance_past(at(1, 11) + chrono::Duration::minutes(11))
        .await?;
    wait::until(play.patience, "the deadline is told", async || {
        Ok((reminders(&head, &play).await? == 2).then_some(()))
    })
    .await?;
    world.stop().await
}
