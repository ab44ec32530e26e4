//! A buyout started by hand, and starts that come while as many runs as the engine carries are begun or go on: refused
//! with a time to wait, while a robot's call waits in the inbox and is not lost.

use std::time::{Duration, Instant};

use anyhow::Context;
use proto::kite::buyout::v1::{ListBuyoutEventsRequest, StartBuyoutRequest, StartBuyoutResponse};
use proto::kite::ops::v1::NoteRunRequest;
use stack::people::Person;
use stack::play::Play;
use stack::settings::GatewayOptions;
use store::AuditFilter;
use store::inbox::{InboxFilter, InboxState};
use tests::{Options, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{PATIENCE, until, violations};

async fn start(person: &Person, deal_id: u64) -> Result<StartBuyoutResponse, Status> {
    let request = StartBuyoutRequest {
        portal: String::new(),
        deal_id,
    };
    let answer = person.buyouts().start_buyout(request).await?;
    Ok(answer.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyout_is_started_by_hand_once_and_who_did_it_is_on_record() -> anyhow::Result<()> {
    let world = World::start().await?;
    let manager = world.stack.sign_in("manager").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    let first = start(&manager, play.deal).await?;
    assert_eq!((first.id.as_str(), first.joined), (play.id.as_str(), false));
    let again = start(&manager, play.deal).await?;
    assert_eq!((again.id.as_str(), again.joined), (play.id.as_str(), true));
    // It goes on as one that a robot called.
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "INSPECT", PATIENCE).await?;

    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = manager.buyouts().list_buyout_events(request).await?;
    let events = events.into_inner().events;
    let begun = events.first().context("no events")?;
    assert_eq!(
        begun.text,
        format!("Выкуп начат вручную: {}.", manager.name)
    );
    let filter = AuditFilter {
        person: manager.id.clone(),
        action: "buyout.start".to_owned(),
        ..AuditFilter::default()
    };
    let rows = world
        .stack
        .store
        .search_audit(&filter, &Default::default())
        .await?;
    assert_eq!(rows.rows.len(), 1, "{:?}", rows.rows);

    let none = start(&manager, 0).await.expect_err("no deal");
    assert_eq!(none.code(), Code::InvalidArgument);
    assert_eq!(violations(&none), ["deal_id"]);
    let request = StartBuyoutRequest {
        portal: "another".to_owned(),
        deal_id: play.deal,
    };
    let foreign = manager.buyouts().start_buyout(request).await;
    assert_eq!(
        violations(&foreign.expect_err("no such portal")),
        ["portal"]
    );
    let appraiser = world.stack.sign_in("appraiser").await?;
    let refused = start(&appraiser, play.deal).await.expect_err("not theirs");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_starts_a_buyout_that_goes_on_is_told_so_while_others_have_to_wait()
-> anyhow::Result<()> {
    let world = World::with(Options {
        gateway: GatewayOptions {
            starts_at_once: 1,
            ..GatewayOptions::default()
        },
        ..Options::default()
    })
    .await?;
    let manager = world.stack.sign_in("manager").await?;
    let head = world.stack.sign_in("head").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    let another = Play::deal(&world.stack, "clean").await?;
    start(&manager, play.deal).await?;
    head.wait_for(&play.id, "INSPECT", PATIENCE).await?;
    // It has just moved: the one place is taken.
    let refused = start(&manager, another.deal).await.expect_err("full");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let again = start(&manager, play.deal).await?;
    assert_eq!((again.id.as_str(), again.joined), (play.id.as_str(), true));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_beyond_the_bound_are_refused_with_a_time_and_robots_wait_their_turn()
-> anyhow::Result<()> {
    let world = World::with(Options {
        gateway: GatewayOptions {
            starts_at_once: 2,
            ..GatewayOptions::default()
        },
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let manager = stack.sign_in("manager").await?;
    let head = stack.sign_in("head").await?;
    let mut plays = Vec::new();
    for _ in 0..4 {
        plays.push(Play::deal(stack, "clean").await?);
    }
    stack.stop_worker().await?;
    for play in &plays[..2] {
        assert!(!start(&manager, play.deal).await?.joined);
    }
    let began = Instant::now();
    let refused = start(&manager, plays[2].deal).await.expect_err("full");
    let took = began.elapsed();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let wait = refused
        .get_details_retry_info()
        .and_then(|info| info.retry_delay)
        .context("no time to wait")?;
    assert!(
        wait >= Duration::from_secs(1) && wait <= Duration::from_secs(30),
        "{wait:?}"
    );
    // On an idle machine it takes a millisecond or two; this one runs other tests.
    assert!(took < Duration::from_secs(1), "{took:?}");

    // The robot is answered, its call is kept, and its waiting counts as no failure.
    plays[3].robot_calls().await?;
    let waiting = InboxFilter {
        states: vec![InboxState::New],
        ..InboxFilter::default()
    };
    let kept = async || -> anyhow::Result<_> {
        let page = stack
            .store
            .list_inbox(&waiting, &Default::default())
            .await?;
        Ok(page.rows)
    };
    let metrics = format!("http://{}/metrics", stack.gateway_metrics);
    until("the inbox puts one off", async || {
        let text = reqwest::get(&metrics).await?.text().await?;
        let put_off = text.contains("kite_starts_refused_total{by=\"inbox\"}");
        let refused = text.contains("kite_starts_refused_total{by=\"call\"}");
        Ok((put_off && refused).then_some(()))
    })
    .await?;
    let rows = kept().await?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].attempts, rows[0].error.as_deref()), (0, None));

    stack.start_worker().await?;
    for play in [&plays[0], &plays[1], &plays[3]] {
        let head = world.stack.sign_in("head").await?;
        head.wait_for(&play.id, "INSPECT", PATIENCE).await?;
    }
    assert!(kept().await?.is_empty());
    // There is room again for the one that was refused.
    until("there is room", async || {
        let Err(status) = start(&manager, plays[2].deal).await else {
            return Ok(Some(()));
        };
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        Ok(None)
    })
    .await?;
    head.wait_for(&plays[2].id, "INSPECT", PATIENCE).await?;

    // Runs that go on have places, too, for as long as something is written about them.
    let ops = stack.sign_in("ops").await?;
    let fifth = Play::deal(stack, "clean").await?;
    until("two that move leave no place", async || {
        for play in &plays[..2] {
            let note = NoteRunRequest {
                buyout_id: play.id.clone(),
                text: "Смотрим, что с ним.".to_owned(),
            };
            ops.ops().note_run(note).await?;
        }
        let text = reqwest::get(&metrics).await?.text().await?;
        if !text.lines().any(|line| line == "kite_runs_moving 2") {
            return Ok(None);
        }
        let refused = start(&manager, fifth.deal)
            .await
            .expect_err("let in although two move");
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
        Ok(Some(()))
    })
    .await?;
    until("they stand still", async || {
        Ok(start(&manager, fifth.deal).await.ok())
    })
    .await?;
    world.stop().await
}
