//! A run as the workflow plays it: a function of what arrived, over the rules of `domain`. What it asks of
//! the world it answers as calls; what the world does with them is not its matter.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use domain::buyout::decision::{ActOnTask, AnswerOffer, Cancel, Decide, Decision, Fact, FactKind};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::rules;
use domain::buyout::stage::Stage;
use domain::buyout::start::{BuyoutStart, RobotCall};
use domain::buyout::state::{Buyout, RecordedAnswer};
use domain::buyout::tasks::{NewTask, TakenEvents};
use domain::buyout::undo::{Undo, UndoStack};
use domain::checks::Market;
use domain::money::Money;
use domain::offer::{AnswerSource, ClientAnswer, Offer};
use domain::payment::PaymentState;
use domain::refusal::{Refusal, RefusalCode};
use domain::staff::{PersonRef, Role};
use domain::task::{Duties, Milestone, TaskId, TaskKind, TaskState};
use uuid::Uuid;

use crate::bug::Bug;
use crate::fixtures;

/// The code that the client got by SMS.
pub(crate) const CODE: &str = "123456";

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Decide(Decide),
    Act(ActOnTask),
    Page(AnswerOffer),
    Cancel(Cancel),
    /// `says_paid`: what the callback's body claims of the payout.
    Fact {
        fact: Fact,
        says_paid: bool,
    },
    Answer {
        call: u32,
        answer: Answer,
    },
    Milestone(TaskId),
    /// The offer of this round is over by the clock.
    OfferEnd(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    ReadDeal,
    ClaimCar,
    ReleaseCar,
    MakeDocuments,
    SaveRequest(Uuid),
    AwaitDecision(Uuid),
    Withdraw(Uuid),
    Pay { key: Uuid, amount: Money },
    AwaitPayout(Uuid),
    TakeIn,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// Another deal has the car.
    CarTaken,
    Approved(PersonRef),
    Rejected,
    Paid,
    Refused,
    /// The partner was asked for as long as the policy has patience.
    Silent,
}

/// A call that the run wants made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) effect: Effect,
}

/// What follows the withdrawal of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    FixRequisites,
    ResolveOwnWork,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) buyout: Buyout,
    /// How often each event changed something.
    pub(crate) taken_times: BTreeMap<String, u32>,
    /// What the policy gave each task, seconds.
    pub(crate) due_secs: BTreeMap<TaskId, u64>,
    /// When an acceptance by the client was taken, of the offers so far.
    pub(crate) accepted_at: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// What the end undid, in that order.
    pub(crate) undone: Vec<Undo>,
    pub(super) bug: Option<Bug>,
    taken: TakenEvents,
    pub(super) undo: UndoStack,
    pub(super) cancel: Option<Cancel>,
    calls: u32,
    pub(super) waits_for_call: Option<Call>,
    pub(super) waits_for_task: Option<TaskId>,
    pub(super) after: After,
    /// What a person is asked about, since the partner does not answer.
    pub(super) troubled: Option<Effect>,
    pub(super) attempt: u32,
    /// Grows with each payment that is sent under a key of its own by mistake.
    pub(super) strays: u32,
    pub(super) paper_rounds: u32,
    pub(super) closing: Option<BuyoutOutcome>,
    pub(super) begun: Vec<Call>,
    pub(super) now: DateTime<Utc>,
}

impl Run {
    pub(crate) fn new(bug: Option<Bug>, now: DateTime<Utc>) -> Self {
        let start = BuyoutStart {
            portal: "portal".to_owned(),
            deal_id: 7,
            robot: Some(robot("r-0")),
            started_by: None,
        };
        let mut run = Self {
            buyout: Buyout::new(&start, now),
            taken_times: BTreeMap::new(),
            due_secs: BTreeMap::new(),
            accepted_at: Vec::new(),
            undone: Vec::new(),
            bug,
            taken: TakenEvents::default(),
            undo: UndoStack::default(),
            cancel: None,
            calls: 0,
            waits_for_call: None,
            waits_for_task: None,
            after: After::FixRequisites,
            troubled: None,
            attempt: 0,
            strays: 0,
            paper_rounds: 0,
            closing: None,
            begun: Vec::new(),
            now,
        };
        run.call(Effect::ReadDeal);
        run
    }

    /// What it wants made since it was last asked.
    pub(crate) fn take_begun(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.begun)
    }

    /// Takes what arrived, or refuses it and stays as it was.
    pub(crate) fn apply(&mut self, now: DateTime<Utc>, input: &Input) -> Result<(), Refusal> {
        self.now = now;
        match input {
            Input::Decide(decide) => {
                self.check_decide(decide)?;
                self.buyout.decide(decide, now);
                self.answered(&decide.decision, now);
                let open = self.buyout.tasks[&decide.task].state.is_open();
                if !open && self.waits_for_task.as_ref() == Some(&decide.task) {
                    self.waits_for_task = None;
                    self.decided(decide.decision.clone(), (&decide.actor).into());
                }
            }
            Input::Act(act) => {
                rules::check_act(&self.buyout, act)?;
                if let Some(task) = self.buyout.tasks.get_mut(&act.task) {
                    task.act(&act.actor, act.action.clone(), now);
                }
            }
            Input::Page(answer) => {
                let clock = (self.bug != Some(Bug::ExpiredOfferTaken)).then_some(now);
                rules::check_page_answer(&self.buyout, Some(CODE), answer, clock)?;
                self.page(answer.clone(), now);
            }
            Input::Cancel(cancel) => {
                self.check_cancel(cancel)?;
                self.cancel = Some(cancel.clone());
                if self.waits_for_task.is_some() && self.closing.is_none() {
                    self.cancelled();
                }
            }
            Input::Fact { fact, says_paid } => self.fact(fact, *says_paid),
            Input::Answer { call, answer } => {
                if let Some(waiting) = self.waits_for_call.filter(|c| c.number == *call) {
                    self.waits_for_call = None;
                    self.answer(waiting.effect, answer.clone());
                }
            }
            Input::Milestone(task) => {
                if let Some(task) = self.buyout.tasks.get_mut(task)
                    && task.state.is_open()
                    && let Some(Milestone::CalledIn(role)) = task.reach_milestone()
                {
                    assert!(task.roles().any(|r| r == role), "{role} was called in");
                }
            }
            Input::OfferEnd(round) => {
                let over = self
                    .buyout
                    .offer
                    .as_ref()
                    .is_some_and(|o| o.round == *round && now >= o.valid_until);
                if over && self.buyout.stage == Stage::Offer && self.closing.is_none() {
                    self.end(BuyoutOutcome::OfferExpired);
                }
            }
        }
        Ok(())
    }

    fn check_decide(&self, decide: &Decide) -> Result<(), Refusal> {
        let now = Some(self.now);
        match self.bug {
            Some(Bug::StaleVersionTaken) => {
                let mut decide = decide.clone();
                if let Some(task) = self.buyout.tasks.get(&decide.task) {
                    decide.version = task.version;
                }
                rules::check_decide(&self.buyout, &decide, now)
            }
            Some(Bug::OwnWorkTaken) => {
                let mut buyout = self.buyout.clone();
                buyout.duties = Duties::default();
                for task in buyout.tasks.values_mut() {
                    task.excluded.clear();
                }
                rules::check_decide(&buyout, decide, now)
            }
            Some(Bug::LateDecisionTaken) => {
                let closed = self.buyout.tasks.get(&decide.task);
                match rules::check_decide(&self.buyout, decide, now) {
                    Err(refusal)
                        if refusal.code == RefusalCode::WrongState
                            && closed.is_some_and(|t| !t.state.is_open()) =>
                    {
                        Ok(())
                    }
                    checked => checked,
                }
            }
            _ => rules::check_decide(&self.buyout, decide, now),
        }
    }

    fn check_cancel(&self, cancel: &Cancel) -> Result<(), Refusal> {
        match rules::check_cancel(&self.buyout, cancel) {
            Err(refusal)
                if self.bug == Some(Bug::CancelledInFlight)
                    && refusal.code == RefusalCode::MoneyInFlight =>
            {
                Ok(())
            }
            Err(_) if self.bug == Some(Bug::CancelledWhileClosing) && self.buyout.closing => Ok(()),
            checked => checked,
        }
    }

    /// Remembers until when an accepted offer stood.
    fn answered(&mut self, decision: &Decision, now: DateTime<Utc>) {
        if let Decision::ClientAnswer { answer, .. } = decision
            && *answer == ClientAnswer::Accept
            && let Some(offer) = &self.buyout.offer
        {
            self.accepted_at.push((now, offer.valid_until));
        }
    }

    fn page(&mut self, answer: AnswerOffer, now: DateTime<Utc>) {
        let AnswerOffer { round, answer, .. } = answer;
        self.buyout.answers.push(RecordedAnswer {
            round,
            answer: answer.clone(),
            source: AnswerSource::Page,
            by: None,
            at: now,
        });
        if answer == ClientAnswer::Think {
            return;
        }
        let decision = Decision::ClientAnswer { round, answer };
        self.answered(&decision, now);
        let Some(task) = self
            .buyout
            .open_task(TaskKind::OfferToClient)
            .map(|task| task.id.clone())
        else {
            return;
        };
        let sentence = decision.sentence();
        self.buyout
            .close_task(&task, TaskState::Done, None, &sentence, now);
        if self.waits_for_task.as_ref() == Some(&task) {
            self.waits_for_task = None;
            let nobody = PersonRef {
                person: domain::staff::PersonId::new("client"),
                name: String::new(),
            };
            self.decided(decision, nobody);
        }
    }

    fn fact(&mut self, fact: &Fact, says_paid: bool) {
        if !self.taken.take(&fact.event_id) && self.bug != Some(Bug::DedupeDropped) {
            return;
        }
        if self.buyout.stage.is_final() {
            return;
        }
        *self.taken_times.entry(fact.event_id.clone()).or_default() += 1;
        match &fact.fact {
            FactKind::PayoutChanged { .. } => {
                let Some(call) = self.waits_for_call else {
                    return;
                };
                let Effect::AwaitPayout(key) = call.effect else {
                    return;
                };
                if says_paid && self.bug == Some(Bug::CallbackBelieved) {
                    self.waits_for_call = None;
                    self.answer(call.effect, Answer::Paid);
                } else {
                    // Asked now instead of at the next poll.
                    self.call(Effect::AwaitPayout(key));
                }
            }
            FactKind::RobotCalled { robot } => {
                let known = |call: &RobotCall| call.event_token == robot.event_token;
                if !self.buyout.robots.iter().any(known) {
                    self.buyout.robots.push(robot.clone());
                }
            }
            FactKind::OfferOpened { round } => {
                if let Some(offer) = self.buyout.offer.as_mut().filter(|o| o.round == *round) {
                    offer.opened_at.get_or_insert(self.now);
                }
            }
            FactKind::ReportReady { .. }
            | FactKind::BankOrderChanged { .. }
            | FactKind::MessageStatus { .. }
            | FactKind::Bitrix24TaskChanged { .. } => {}
        }
    }

    pub(super) fn call(&mut self, effect: Effect) {
        self.calls += 1;
        let call = Call {
            number: self.calls,
            effect,
        };
        self.waits_for_call = Some(call);
        self.begun.push(call);
    }

    /// Registers undo before the step begins.
    pub(super) fn begin(&mut self, undo: Undo, effect: Effect) {
        if self.bug != Some(Bug::UndoRegisteredLate) {
            self.undo.register(undo);
        }
        self.call(effect);
    }

    pub(super) fn ask(&mut self, kind: TaskKind, due_secs: u64, assignee: Option<PersonRef>) {
        let new = NewTask {
            kind,
            details: String::new(),
            due_secs,
            wall_clock: self.bug == Some(Bug::WallClockDeadline),
            assignee,
            waits_for: None,
        };
        let id = self.buyout.put_task(new, self.now).id.clone();
        self.due_secs.insert(id.clone(), due_secs);
        self.waits_for_task = Some(id);
    }

    /// Enters a stage, unless somebody cancelled and it is still legal.
    pub(super) fn enter(&mut self, stage: Stage) -> bool {
        if self.is_cancelled() {
            self.cancelled();
            return false;
        }
        self.buyout.stage = stage;
        self.buyout.stage_since = self.now;
        true
    }

    pub(super) fn is_cancelled(&self) -> bool {
        let legal = self.bug == Some(Bug::CancelledInFlight) || rules::may_cancel(&self.buyout);
        self.cancel.is_some() && legal
    }

    pub(super) fn cancelled(&mut self) {
        let by = self.cancel.as_ref().map(|cancel| (&cancel.actor).into());
        self.end(BuyoutOutcome::Cancelled {
            reason: "отменено".to_owned(),
            by,
        });
    }

    pub(super) fn deadline(&self, of: impl Fn(&domain::policy::Deadlines) -> u64) -> u64 {
        self.buyout
            .policy
            .as_ref()
            .map_or(3_600, |p| of(&p.deadlines))
    }

    pub(super) fn read_deal(&mut self) {
        self.buyout.deal = Some(fixtures::deal(self.buyout.started_at));
        self.buyout.policy = Some(fixtures::policy());
        let average = Money::from_rubles(430_000);
        self.buyout.market = Some(Market {
            average,
            min: average,
            max: average,
            items: 10,
            days_on_market: None,
        });
    }

    pub(super) fn offer(&mut self, price: Money) {
        if !self.enter(Stage::Offer) {
            return;
        }
        let round = self.buyout.offer.as_ref().map_or(0, |o| o.round) + 1;
        let valid = self.deadline(|d| d.offer_valid_secs);
        self.buyout.offer = Some(Offer {
            round,
            price,
            made_at: self.now,
            valid_until: self.now + Duration::seconds(valid as i64),
            opened_at: None,
            sent: Vec::new(),
        });
        let due = self.deadline(|d| d.offer_call_secs);
        self.ask(TaskKind::OfferToClient, due, None);
    }

    pub(super) fn payment(&mut self, state: PaymentState) {
        if let Some(payment) = self.buyout.payments.last_mut() {
            payment.state = state;
        }
    }

    /// Whom the inspection is given to.
    pub(super) fn inspector(&self) -> PersonRef {
        fixtures::people()
            .iter()
            .find(|p| p.roles == [Role::Inspector])
            .map(PersonRef::from)
            .expect("an inspector")
    }
}

pub(crate) fn robot(token: &str) -> RobotCall {
    RobotCall {
        event_token: token.to_owned(),
        workflow_id: token.to_owned(),
        waits: true,
    }
}
