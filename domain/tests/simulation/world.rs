//! The scheduler of one seed: messages are reordered, repeated and lost, workers die at any moment, clocks
//! run, people look at old screens. After the chaos everybody does what is wanted, and the run must end.

mod actors;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use domain::buyout::decision::Decide;
use domain::staff::{Actor, Role};
use domain::task::{TaskId, TaskKind};

use crate::bug::Bug;
use crate::oracle::Oracle;
use crate::partners::{Partners, Payout};
use crate::rng::Rng;
use crate::run::{Answer, Call, Effect, Input, Run};
use crate::{fixtures, people};

/// Steps of the chaos, and how many may follow until the end.
const CHAOS: usize = 600;
const CALM: usize = 400;

/// Where a call of an activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    /// Money only: the intent is written, the bank is not called.
    Intended,
    /// It happened, and the answer is on its way.
    Happened,
}

/// A task as somebody has it on the screen.
struct View {
    task: TaskId,
    kind: TaskKind,
    version: u32,
}

pub(crate) struct World {
    rng: Rng,
    bug: Option<Bug>,
    run: Run,
    oracle: Oracle,
    partners: Partners,
    people: Vec<Actor>,
    started: DateTime<Utc>,
    now: DateTime<Utc>,
    /// What the engine keeps of the run: enough to make it again.
    history: Vec<(DateTime<Utc>, Input)>,
    calls: Vec<(Call, Phase)>,
    mail: Vec<Input>,
    views: Vec<View>,
    events: u32,
    /// What the treasury said of a request.
    treasury: BTreeMap<uuid::Uuid, Answer>,
}

impl World {
    /// Plays one seed; `Err` says which promise was broken.
    pub(crate) fn play(seed: u64, bug: Option<Bug>) -> Result<Run, String> {
        let mut rng = Rng::new(seed);
        // Weekdays, weekends, new year: minutes of six weeks.
        let minute = rng.below(42 * 24 * 60) as i64;
        let first: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().expect("a moment");
        let started = first + Duration::minutes(minute);
        let mut world = Self {
            rng,
            bug,
            run: Run::new(bug, started),
            oracle: Oracle::default(),
            partners: Partners::default(),
            people: fixtures::people(),
            started,
            now: started,
            history: Vec::new(),
            calls: Vec::new(),
            mail: Vec::new(),
            views: Vec::new(),
            events: 0,
            treasury: BTreeMap::new(),
        };
        world.schedule();
        for _ in 0..CHAOS {
            if world.run.buyout.stage.is_final() {
                break;
            }
            world.step()?;
        }
        let mut left = CALM;
        while !world.run.buyout.stage.is_final() {
            world.calm()?;
            left -= 1;
            if left == 0 {
                return Err(format!("the run hangs at {}", world.run.buyout.stage));
            }
        }
        // What is still on its way comes to a run that has ended.
        while let Some(late) = world.mail.pop() {
            world.deliver(late)?;
        }
        world.oracle.end(&world.run, &world.partners)?;
        Ok(world.run)
    }

    fn step(&mut self) -> Result<(), String> {
        match self.rng.below(100) {
            0..30 => self.call_goes_on(true),
            30..54 => self.mail_comes(),
            54..70 => {
                self.look();
                Ok(())
            }
            70..88 => {
                self.act();
                Ok(())
            }
            88..90 => self.crash(),
            90..94 => {
                let until = self.run.buyout.offer.as_ref().map(|o| o.valid_until);
                self.now = match until {
                    // The moment at which answers cross the end of the offer.
                    Some(until) if until > self.now && self.rng.percent(5) => {
                        until + Duration::seconds(1)
                    }
                    _ => self.now + Duration::minutes([1, 7, 45, 180, 900][self.rng.below(5)]),
                };
                self.timers(60)
            }
            _ => {
                self.partners_move();
                Ok(())
            }
        }
    }

    /// One step towards the end.
    fn calm(&mut self) -> Result<(), String> {
        if let Some(input) = self.mail.pop() {
            return self.deliver(input);
        }
        if !self.calls.is_empty() {
            if let Some(Effect::AwaitDecision(key)) = self.waits() {
                let approver = self.actor(|a| a.roles == [Role::PaymentApprover]);
                let word = Answer::Approved((&approver).into());
                self.treasury.insert(key, word);
            }
            self.partners.settle(Payout::Succeeded);
            return self.call_goes_on(false);
        }
        let open: Vec<(TaskId, TaskKind, u32)> = self
            .run
            .buyout
            .open_tasks()
            .map(|task| (task.id.clone(), task.kind, task.version))
            .collect();
        for (task, kind, version) in open {
            let paid = self.partners.paid().is_some();
            let Some(decision) = people::forward(kind, &self.run.buyout, paid) else {
                continue;
            };
            for actor in self.people.clone() {
                let decide = Decide {
                    task: task.clone(),
                    version,
                    actor,
                    decision: decision.clone(),
                };
                if self.try_deliver(Input::Decide(decide))? {
                    return Ok(());
                }
            }
        }
        // Nobody may: it escalates.
        self.now += Duration::hours(5);
        self.timers(100)
    }

    fn waits(&self) -> Option<Effect> {
        self.calls.first().map(|(call, _)| call.effect)
    }

    fn actor(&self, which: impl Fn(&Actor) -> bool) -> Actor {
        let found = self.people.iter().find(|actor| which(actor));
        found.expect("such a person").clone()
    }

    fn schedule(&mut self) {
        for call in self.run.take_begun() {
            self.calls.push((call, Phase::Waiting));
        }
        // What nobody waits for any more is cancelled.
        let waits = self.run.waits_for_call;
        self.calls.retain(|(call, _)| waits == Some(*call));
    }

    /// One phase of one call.
    fn call_goes_on(&mut self, chaos: bool) -> Result<(), String> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let index = self.rng.below(self.calls.len());
        let (call, phase) = self.calls[index];
        let effect = call.effect;
        let money = matches!(effect, Effect::Pay { .. });
        let late_intent = self.bug == Some(Bug::PaidBeforeIntent);
        match phase {
            Phase::Waiting if money && !late_intent => {
                if let Effect::Pay { key, .. } = effect {
                    self.partners.intents.insert(key);
                }
                self.calls[index].1 = Phase::Intended;
            }
            Phase::Waiting | Phase::Intended => {
                // The request is lost on its way: the engine asks again, or, when this went on for long, a
                // person is asked.
                if chaos && self.rng.percent(15) {
                    self.calls[index].1 = Phase::Waiting;
                    if may_be_silent(effect) && self.rng.percent(30) {
                        return self.answered(index, Answer::Silent);
                    }
                    return Ok(());
                }
                self.partners.happen(effect)?;
                self.calls[index].1 = Phase::Happened;
            }
            Phase::Happened => {
                // The answer is lost.
                if chaos && self.rng.percent(20) {
                    self.calls[index].1 = Phase::Waiting;
                    return Ok(());
                }
                if chaos && may_be_silent(effect) && self.rng.percent(15) {
                    return self.answered(index, Answer::Silent);
                }
                match self.word(effect) {
                    Some(answer) => return self.answered(index, answer),
                    None => self.calls[index].1 = Phase::Waiting,
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, index: usize, answer: Answer) -> Result<(), String> {
        let (call, _) = self.calls.remove(index);
        let call = call.number;
        self.deliver(Input::Answer { call, answer })
    }

    /// What the partner answers; `None`: it has no word yet, and is asked again.
    fn word(&mut self, effect: Effect) -> Option<Answer> {
        match effect {
            Effect::AwaitDecision(key) => self.treasury.get(&key).cloned(),
            Effect::AwaitPayout(key) => match self.partners.payouts.get(&key)?.0 {
                Payout::Pending => None,
                Payout::Succeeded => Some(Answer::Paid),
                Payout::Refused => Some(Answer::Refused),
            },
            Effect::ClaimCar if self.rng.percent(2) => {
                self.partners.car_is_ours = false;
                Some(Answer::CarTaken)
            }
            _ => Some(Answer::Done),
        }
    }

    fn mail_comes(&mut self) -> Result<(), String> {
        if self.mail.is_empty() {
            return Ok(());
        }
        let index = self.rng.below(self.mail.len());
        let input = if self.rng.percent(25) {
            self.mail[index].clone()
        } else {
            self.mail.swap_remove(index)
        };
        self.deliver(input)
    }

    /// Timers that are due ring, each with that likelihood.
    fn timers(&mut self, percent: u64) -> Result<(), String> {
        let policy = self.run.buyout.policy.clone();
        let step = Duration::minutes(15);
        let due: Vec<(TaskId, DateTime<Utc>)> = self
            .run
            .buyout
            .open_tasks()
            .filter_map(|task| {
                let at = task.next_milestone(policy.as_ref().map(|p| &p.calendar), step)?;
                (at <= self.now).then(|| (task.id.clone(), at))
            })
            .collect();
        for (task, at) in due {
            if self.rng.percent(percent) {
                self.oracle.milestone(policy.is_some(), at)?;
                self.deliver(Input::Milestone(task))?;
            }
        }
        let over = self
            .run
            .buyout
            .offer
            .as_ref()
            .filter(|o| o.valid_until <= self.now)
            .map(|o| o.round);
        if let Some(round) = over
            && self.rng.percent(percent / 2)
        {
            self.deliver(Input::OfferEnd(round))?;
        }
        Ok(())
    }

    /// The worker dies: what it was doing is begun again, and the run is made again from its history.
    fn crash(&mut self) -> Result<(), String> {
        for (_, phase) in &mut self.calls {
            *phase = Phase::Waiting;
        }
        let mut again = Run::new(self.bug, self.started);
        again.take_begun();
        for (at, input) in &self.history {
            if again.apply(*at, input).is_err() {
                return Err("a decision that was taken is refused in the replay".to_owned());
            }
            again.take_begun();
        }
        // A refused update leaves no trace but the clock.
        again.now = self.run.now;
        if again != self.run {
            return Err("what was answered as taken is lost with the worker".to_owned());
        }
        self.run = again;
        Ok(())
    }

    fn deliver(&mut self, input: Input) -> Result<(), String> {
        self.try_deliver(input).map(|_| ())
    }

    /// `true` when it was taken.
    fn try_deliver(&mut self, input: Input) -> Result<bool, String> {
        let before = self.oracle.before(&self.run, &input);
        if self.run.apply(self.now, &input).is_err() {
            return Ok(false);
        }
        self.schedule();
        self.oracle
            .after(before, &self.run, &self.partners, self.now, &input)?;
        let person = matches!(input, Input::Decide(_) | Input::Act(_) | Input::Cancel(_));
        let lost = self.bug == Some(Bug::AnsweredBeforeWritten) && person && self.rng.percent(20);
        if !lost {
            self.history.push((self.now, input));
        }
        Ok(true)
    }
}

/// Calls of partners about whose silence a person is asked.
fn may_be_silent(effect: Effect) -> bool {
    match effect {
        Effect::SaveRequest(_)
        | Effect::Withdraw(_)
        | Effect::Pay { .. }
        | Effect::AwaitPayout(_)
        | Effect::TakeIn => true,
        Effect::ReadDeal
        | Effect::ClaimCar
        | Effect::ReleaseCar
        | Effect::MakeDocuments
        | Effect::AwaitDecision(_) => false,
    }
}
