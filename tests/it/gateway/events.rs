//! The live stream: nothing lost over a cut, nothing shown that is not theirs.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::Utc;
use domain::staff::Role;
use proto::kite::event::v1::subscribe_response::Event;
use proto::kite::event::v1::{
    Change, ListChangesRequest, ListChangesResponse, SubscribeRequest, SubscribeResponse,
};
use stack::people::Person;
use stack::play::{Play, Prices};
use store::change::Topic;
use tests::World;
use tonic::{Code, Status, Streaming};

use super::{PATIENCE, newcomer, until, violations, write_staff};

pub(super) struct Ear {
    stream: Streaming<SubscribeResponse>,
    /// After the last message.
    token: String,
}

impl Ear {
    /// The stream, with what its first message says.
    pub(super) async fn open(
        person: &Person,
        token: &str,
        topics: &[&str],
    ) -> anyhow::Result<(Self, Event)> {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let request = SubscribeRequest {
            resume_token: token.to_owned(),
            topics,
        };
        let stream = person.events().subscribe(request).await?.into_inner();
        let mut ear = Self {
            stream,
            token: String::new(),
        };
        let first = ear.next().await??;
        Ok((ear, first))
    }

    async fn next(&mut self) -> anyhow::Result<Result<Event, Status>> {
        let message = tokio::time::timeout(PATIENCE, self.stream.message())
            .await
            .context("the stream is silent")?;
        match message {
            Ok(Some(SubscribeResponse {
                resume_token,
                event,
            })) => {
                self.token = resume_token;
                Ok(Ok(event.context("a message without an event")?))
            }
            Ok(None) => bail!("the stream ended"),
            Err(status) => Ok(Err(status)),
        }
    }

    /// Changes up to the first that fits, which is the last of them.
    pub(super) async fn changes(
        &mut self,
        fits: impl Fn(&Change) -> bool,
    ) -> anyhow::Result<Vec<Change>> {
        let mut heard = Vec::new();
        loop {
            match self.next().await?? {
                Event::Change(change) => {
                    let last = fits(&change);
                    heard.push(change);
                    if last {
                        return Ok(heard);
                    }
                }
                Event::Heartbeat(_) => {}
                Event::Reset(_) => bail!("a reset where nothing was lost"),
            }
        }
    }
}

/// Somebody joins: a change without a city, which everybody hears.
pub(super) async fn fence(world: &World, login: &str) -> anyhow::Result<()> {
    write_staff(world, login, &[Role::Accountant], &[], false).await
}

pub(super) fn is_fence(login: &str) -> impl Fn(&Change) -> bool {
    let person = format!("u-{login}");
    move |change| change.topic == "STAFF" && change.entity_id == person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_cut_goes_on_without_loss() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let (mut ear, first) = Ear::open(&head, "", &[]).await?;
    assert!(matches!(first, Event::Heartbeat(_)), "{first:?}");
    let began = ear.token.clone();
    let from: i64 = began.parse()?;

    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let mut heard = ear.changes(|change| change.topic == "TASK").await?;
    let task = heard.last().context("a change")?;
    assert_eq!(task.buyout_id, play.id);
    assert!(task.entity_id.starts_with(&play.id), "{task:?}");
    assert!(
        heard
            .iter()
            .any(|change| change.topic == "BUYOUT" && change.entity_id == play.id),
        "{heard:?}"
    );

    // The network goes; the run goes on; the client comes back with its token.
    let token = ear.token.clone();
    drop(ear);
    play.inspect().await?;
    play.appraise(Prices {
        buyout: 300_000,
        stop: 320_000,
        forecast: 400_000,
    })
    .await?;
    fence(&world, "fence").await?;
    let (mut ear, first) = Ear::open(&head, &token, &[]).await?;
    assert!(matches!(first, Event::Heartbeat(_)), "{first:?}");
    heard.extend(ear.changes(is_fence("fence")).await?);
    let written = world.stack.store.changes_after(from, &[], 10_000).await?;
    let expected: Vec<(String, String)> = written
        .iter()
        // What others are told is theirs, and what arrived from outside is not for the head.
        .filter(|change| change.topic != Topic::Notification || change.entity == head.id)
        .filter(|change| change.topic != Topic::Inbox)
        .map(|change| (change.topic.to_string(), change.entity.clone()))
        .collect();
    let heard: Vec<(String, String)> = heard
        .into_iter()
        .map(|change| (change.topic, change.entity_id))
        .collect();
    assert!(heard.len() > 10, "{heard:?}");
    assert_eq!(
        heard,
        expected[..heard.len()],
        "lost, doubled or out of order"
    );

    // One topic: the same changes without the others, and a token that does not grow old over them.
    let (mut tasks, _) = Ear::open(&head, &began, &["TASK"]).await?;
    let of_tasks: Vec<_> = expected
        .iter()
        .filter(|(topic, _)| topic == "TASK")
        .cloned()
        .collect();
    let mut heard = Vec::new();
    while heard.len() < of_tasks.len() {
        let change = tasks.changes(|_| true).await?.remove(0);
        heard.push((change.topic, change.entity_id));
    }
    assert_eq!(heard, of_tasks);
    let refused = head
        .events()
        .subscribe(SubscribeRequest {
            resume_token: String::new(),
            topics: vec!["NONSENSE".to_owned()],
        })
        .await
        .expect_err("a topic that there is not");
    assert_eq!(
        (refused.code(), violations(&refused)),
        (Code::InvalidArgument, vec!["topics".to_owned()])
    );

    // Tokens that lead nowhere: the client is told to read its lists again, and may go on from there.
    world
        .stack
        .store
        .prune_changes(Utc::now() + chrono::Duration::hours(1))
        .await?;
    for stale in [began.as_str(), "999999999", "-1", "nonsense"] {
        let (mut ear, first) = Ear::open(&head, stale, &[]).await?;
        assert!(matches!(first, Event::Reset(_)), "token {stale}: {first:?}");
        let name = format!("after-{}", ear.token.len() + stale.len());
        fence(&world, &name).await?;
        ear.changes(is_fence(&name)).await?;
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_hears_of_their_own_cities() -> anyhow::Result<()> {
    let world = World::start().await?;
    let here = newcomer(&world, "murmansk", &[Role::Dispatcher], &["Мурманск"]).await?;
    let elsewhere = newcomer(&world, "pskov", &[Role::Dispatcher], &["Псков"]).await?;
    let ops = world.stack.sign_in("ops").await?;
    let (mut near, _) = Ear::open(&here, "", &[]).await?;
    let (mut far, _) = Ear::open(&elsewhere, "", &[]).await?;
    let (mut wide, _) = Ear::open(&ops, "", &[]).await?;

    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    // A fact that fits nowhere is for those who settle it.
    let secret = &world.stack.settings.keys.callbacks;
    let url = world
        .stack
        .door
        .url
        .join(&format!("callbacks/yookassa?key={secret}"))?;
    world
        .stack
        .door
        .http
        .post(url)
        .body("nothing that we know")
        .send()
        .await?
        .error_for_status()?;
    until("the fact is kept", async || {
        let kept = world
            .stack
            .store
            .list_unmatched(false, &store::Page::default())
            .await?;
        Ok((kept.total > 0).then_some(()))
    })
    .await?;
    fence(&world, "fence").await?;
    let near = near.changes(is_fence("fence")).await?;
    let far = far.changes(is_fence("fence")).await?;
    let wide = wide.changes(is_fence("fence")).await?;
    let of_run = |heard: &[Change]| {
        heard
            .iter()
            .filter(|change| change.buyout_id == play.id)
            .count()
    };
    assert!(of_run(&near) > 0, "{near:?}");
    assert_eq!(of_run(&far), 0, "{far:?}");
    let unmatched = |heard: &[Change]| {
        heard
            .iter()
            .filter(|change| change.topic == "UNMATCHED")
            .count()
    };
    assert_eq!(
        (unmatched(&near), unmatched(&far), unmatched(&wide)),
        (0, 0, 1)
    );
    // Nor does anybody else hear what arrives: the robot's call and the callback, each as it came and as it
    // was taken or kept.
    let inbox = |heard: &[Change]| heard.iter().filter(|c| c.topic == "INBOX").count();
    assert_eq!((inbox(&near), inbox(&far)), (0, 0));
    assert!(inbox(&wide) >= 4, "{wide:?}");

    // Who moves to another city hears of that one; who is blocked hears nothing more.
    let (mut moving, _) = Ear::open(&elsewhere, "", &[]).await?;
    write_staff(&world, "pskov", &[Role::Dispatcher], &["Мурманск"], false).await?;
    play.inspect().await?;
    moving.changes(|change| change.buyout_id == play.id).await?;
    write_staff(&world, "pskov", &[Role::Dispatcher], &["Мурманск"], true).await?;
    let ended = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Err(status) = moving.next().await? {
                return anyhow::Ok(status);
            }
        }
    })
    .await??;
    assert_eq!(ended.code(), Code::Unauthenticated, "{ended}");
    world.stop().await
}

async fn asked(
    person: &Person,
    token: &str,
    topics: &[&str],
) -> Result<ListChangesResponse, Status> {
    let request = ListChangesRequest {
        resume_token: token.to_owned(),
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
    };
    Ok(person.events().list_changes(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_stream_does_not_reach_asks_for_the_same_changes() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let ops = world.stack.sign_in("ops").await?;
    let began = asked(&head, "", &[]).await?;
    assert!(began.changes.is_empty() && !began.reset, "{began:?}");
    let from: i64 = began.resume_token.parse()?;

    // More changes than one answer holds, among them some that are not theirs.
    for number in 0..210 {
        fence(&world, &format!("joins-{number}")).await?;
    }
    let secret = &world.stack.settings.keys.callbacks;
    let url = world
        .stack
        .door
        .url
        .join(&format!("callbacks/bank?key={secret}"))?;
    let http = &world.stack.door.http;
    http.post(url)
        .body("nothing")
        .send()
        .await?
        .error_for_status()?;
    until("the message is kept", async || {
        let page = store::Page::default();
        let kept = world.stack.store.list_unmatched(false, &page).await?;
        Ok((kept.total > 0).then_some(()))
    })
    .await?;
    let first = asked(&head, &began.resume_token, &[]).await?;
    assert_eq!(first.changes.len(), 200);
    assert_eq!(first.resume_token, (from + 200).to_string());
    let rest = asked(&head, &first.resume_token, &[]).await?;
    let topics: Vec<&str> = rest.changes.iter().map(|c| c.topic.as_str()).collect();
    assert_eq!(topics.iter().filter(|topic| **topic == "STAFF").count(), 10);
    assert!(!topics.contains(&"INBOX"), "{topics:?}");
    let last = world.stack.store.last_change().await?;
    assert_eq!(rest.resume_token, last.to_string());
    let none = asked(&head, &rest.resume_token, &[]).await?;
    assert!(none.changes.is_empty() && !none.reset, "{none:?}");

    // One topic: the token does not grow old over the others.
    let inbox = asked(&ops, &began.resume_token, &["INBOX"]).await?;
    assert!(inbox.changes.len() >= 2, "{inbox:?}");
    assert!(inbox.changes.iter().all(|change| change.topic == "INBOX"));
    assert_eq!(inbox.resume_token, last.to_string());
    let nothing = asked(&head, &began.resume_token, &["INBOX"]).await?;
    assert!(nothing.changes.is_empty(), "{nothing:?}");

    let refused = asked(&head, "", &["NONSENSE"])
        .await
        .expect_err("a topic that there is not");
    assert_eq!(violations(&refused), ["topics"]);
    world
        .stack
        .store
        .prune_changes(Utc::now() + chrono::Duration::hours(1))
        .await?;
    for stale in [began.resume_token.as_str(), "999999999", "nonsense"] {
        let answer = asked(&head, stale, &[]).await?;
        assert!(
            answer.reset && answer.changes.is_empty(),
            "{stale}: {answer:?}"
        );
        assert_eq!(answer.resume_token, last.to_string(), "{stale}");
    }
    world.stop().await
}
