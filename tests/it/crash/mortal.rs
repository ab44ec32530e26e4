//! A stack whose worker is a process that dies where it is told to, and is followed by the next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use stack::play::Play;
use temporalio_client::UntypedWorkflow;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use tests::crash::{Point, Points, is_sent_unseen};
use tests::effects::effect;
use tests::programs::programs;
use tests::wait::until;
use tests::world::quick;
use tests::{Options, World};

use super::PATIENCE;

/// Neither ФССП nor SMTP keeps a key of ours: a question whose answer is lost is asked again, a letter goes out
/// again under its own Message-ID.
const WITHOUT_A_KEY: [(&str, &str); 2] = [("fssp", "search_person"), ("mail", "send_mail")];

/// A dead worker is noticed after seconds.
const WORKER: &str = "[limits]\nsticky_secs = 1\n\n[sweep]\nportals_every_secs = 0\ngrace_secs = 0\n\
                      reconcile_at = \"\"\nreconcile_days = 7\npatience_secs = 120\n";

/// A stack whose worker dies.
pub(super) struct Mortal {
    pub(super) world: World,
    pub(super) points: Points,
}

impl Mortal {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let points = Points::new()?;
        let mut policy = quick();
        policy.deadlines.heartbeat_secs = 3;
        let mut options = Options {
            policy,
            worker: WORKER.to_owned(),
            programs: Some(programs(points.environment())?),
            // Deals that are played at once do not wait for our own limits.
            partners_per_minute: Some(60_000),
            ..Options::default()
        };
        // People wait for the next worker.
        options.gateway.deadline_secs = 120;
        // And so do callbacks of what the dead one had not written down.
        options.gateway.early_secs = 120;
        let mut world = World::with(options).await?;
        world.stack.door.patience = PATIENCE;
        // Letters are acknowledged slowly, so that a worker can be killed before it knows.
        let drip = json!({ "drip_ms": 150 });
        let control = &world.stack.control;
        control
            .fault("mail", "send_mail", json!("every"), drip)
            .await?;
        Ok(Self { world, points })
    }

    /// Plays the stories; whenever the worker dies there is a new one. Each death was asked for.
    pub(super) async fn play(
        self,
        stories: impl AsyncFnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut deaths = 0;
        {
            let stories = stories(&self);
            tokio::pin!(stories);
            loop {
                tokio::select! {
                    ended = &mut stories => {
                        ended?;
                        break;
                    }
                    () = tokio::time::sleep(Duration::from_millis(20)) => {}
                }
                if self.world.stack.worker_has_ended() {
                    deaths += 1;
                    self.world.stack.begin_worker()?;
                }
            }
        }
        let Self { world, points } = self;
        points.assert_all_fired();
        let fired = points.fired().len();
        eprintln!("{fired} crash points fired, {deaths} workers died");
        assert_eq!(deaths, fired, "a worker ended by itself");
        let unexpected: Vec<_> = world
            .repeated()
            .await?
            .into_iter()
            .filter(|[partner, operation, _]| {
                !WITHOUT_A_KEY.contains(&(partner.as_str(), operation.as_str()))
            })
            .collect();
        assert!(unexpected.is_empty(), "happened twice: {unexpected:?}");
        world.stop().await
    }

    /// A deal of which these effects die at that point.
    pub(super) async fn deal(
        &self,
        kind: &str,
        point: Point,
        activities: &[&str],
        fields: serde_json::Value,
    ) -> anyhow::Result<Play<'_>> {
        let control = &self.world.stack.control;
        let car = control
            .post("catalogue/fresh", json!({ "kind": kind }))
            .await?;
        let mut play = Play::deal_on(&self.world.stack, car, fields).await?;
        play.patience = PATIENCE;
        self.points.arm(&play.id, point, activities)?;
        Ok(play)
    }

    /// Kills the worker whenever the mail server has a new letter to the client and has not said so; ends after
    /// that many letters.
    pub(super) async fn die_of_letters(
        &self,
        play: &Play<'_>,
        letters: usize,
    ) -> anyhow::Result<()> {
        let path = format!("mail/messages?to={}", play.email()?);
        let mut seen = BTreeSet::new();
        let what = format!("{letters} letters to {}", play.id);
        // The letters come in the course of a story of many deaths.
        until(PATIENCE * 2, &what, async || {
            let taken = self.world.stack.control.get(&path).await?;
            let ids = taken.as_array().into_iter().flatten();
            let ids = ids.filter_map(|letter| letter["letter"]["message_id"].as_str());
            let new: Vec<String> = ids
                .filter(|id| !seen.contains(*id))
                .map(str::to_owned)
                .collect();
            if !new.is_empty() {
                seen.extend(new);
                self.world.stack.stop_worker().await?;
                self.world.stack.begin_worker()?;
            }
            Ok((seen.len() >= letters).then_some(()))
        })
        .await
    }

    /// Letters among these effects were sent by a worker that did not live to hear of it.
    pub(super) async fn assert_letters_died(
        &self,
        play: &Play<'_>,
        activities: &[&str],
    ) -> anyhow::Result<()> {
        let attempts = self.attempts(play).await?;
        for activity in activities {
            let effect = effect(activity).context("an effect")?;
            if is_sent_unseen(effect) {
                let made = attempts.get(*activity).copied().unwrap_or_default();
                assert!(made > 1, "{activity} was made in one attempt: {attempts:?}");
            }
        }
        Ok(())
    }

    /// How many attempts each activity of the run took, at most.
    async fn attempts(&self, play: &Play<'_>) -> anyhow::Result<BTreeMap<String, i32>> {
        let handle = self
            .world
            .stack
            .temporal
            .get_workflow_handle::<UntypedWorkflow>(&play.id);
        let events = handle
            .fetch_history(Default::default())
            .into_events()
            .await?;
        let mut scheduled = BTreeMap::new();
        let mut attempts = BTreeMap::new();
        for event in events {
            match event.attributes {
                Some(Attributes::ActivityTaskScheduledEventAttributes(it)) => {
                    scheduled.insert(event.event_id, it.activity_type.unwrap_or_default().name);
                }
                Some(Attributes::ActivityTaskStartedEventAttributes(it)) => {
                    if let Some(name) = scheduled.get(&it.scheduled_event_id) {
                        let most = attempts.entry(name.clone()).or_insert(it.attempt);
                        *most = it.attempt.max(*most);
                    }
                }
                _ => {}
            }
        }
        Ok(attempts)
    }

    /// Exactly so many effects of these operations.
    pub(super) async fn assert_count(
        &self,
        count: usize,
        operations: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        for (partner, operation) in operations {
            let done = self.world.effects(partner, operation).await?.len();
            assert_eq!(done, count, "{partner} {operation}");
        }
        Ok(())
    }
}
