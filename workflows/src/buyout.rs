//! The remote buyout, from a robot of the portal to the car in 1C.
//!
//! | step | do | undo |
//! | --- | --- | --- |
//! | `intake` | read the deal, capture the policy, take the car | give the car free |
//! | `dispatch` | choose the inspector | - |
//! | `inspect` | inspection, identifiers, photos used before | - |
//! | `check` | Автотека, ГИБДД, залог, ЭПТС, ФССП, рынок in one wave | - |
//! | `appraise` | appraisal, second word above limits | - |
//! | `offer` | offer, bargaining, the client's answer | - |
//! | `papers` | papers one by one, checks again when old | - |
//! | `sign` | contract and act, signed scans | void the documents |
//! | `pay` | request in the treasury, payout, confirmation | withdraw the request |
//! | `accounting` | counterparty, car, receipt in 1C | never by itself: money has moved |
//! | `close` | deal, timeline, robot's answer, client's copies | - |
//!
//! From `pay` entering `Stage::Paying` there is no way back by cancelling, see [`rules::cancel_refused`].

mod accounting;
mod actions;
mod appraise;
mod ask;
mod check;
mod close;
mod desk;
mod dispatch;
mod inspect;
mod intake;
mod mirror;
mod offer;
mod papers;
mod pay;
mod reach;
mod sign;
pub(crate) mod step;
mod undo;

use domain::buyout::action::{self, ActOnRun};
use domain::buyout::decision::{
    Accepted, ActOnTask, AnswerOffer, Cancel, Decide, Fact, PostMessage,
};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::rules;
use domain::buyout::signing::{self, AnswerSigning};
use domain::buyout::start::BuyoutStart;
use domain::buyout::state::Buyout;
use domain::refusal::Refusal;
use futures_util::FutureExt;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult, select,
};

use crate::buyout::desk::Desk;

/// Refused updates carry a [`Refusal`] in wire form; the SDK wants exactly this type.
type UpdateError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Ctx = WorkflowContext<BuyoutWorkflow>;

/// Why the story stops before its end.
pub(crate) enum Exit {
    /// The deal ended in a way that the business knows.
    Ended(BuyoutOutcome),
    /// A defect: the workflow task or run fails.
    Broken(temporalio_workflow::WorkflowTermination),
}

impl<E: Into<temporalio_workflow::WorkflowTermination>> From<E> for Exit {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

#[workflow]
pub struct BuyoutWorkflow {
    pub(crate) buyout: Buyout,
    pub(crate) desk: Desk,
}

#[workflow_methods]
impl BuyoutWorkflow {
    #[init]
    pub fn new(view: &WorkflowContextView, start: BuyoutStart) -> Self {
        Self {
            buyout: Buyout::new(&start, desk::start_time(view)),
            desk: Desk::of_run_started_by(start.started_by),
        }
    }

    #[run(name = "buyout")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<BuyoutOutcome> {
        let told = {
            let errands = ctx.clone();
            let mut story = Box::pin(Self::story(ctx)).fuse();
            let mut errands = Box::pin(actions::errands(&errands)).fuse();
            select! {
                told = story => told,
                exit = errands => Err(exit),
            }
        };
        let outcome = match told {
            Ok(outcome) => outcome,
            Err(Exit::Ended(outcome)) => outcome,
            Err(Exit::Broken(termination)) => return Err(termination),
        };
        match close::close(ctx, outcome).await {
            Ok(outcome) => Ok(outcome),
            // Closing has no business ends of its own; whatever it met stands in `manual`.
            Err(Exit::Ended(outcome)) => Ok(outcome),
            Err(Exit::Broken(termination)) => Err(termination),
        }
    }

    async fn story(ctx: &mut WorkflowContext<Self>) -> Result<BuyoutOutcome, Exit> {
        intake::read_deal(ctx).await?;
        intake::take_car(ctx).await?;
        dispatch::assign(ctx).await?;
        loop {
            inspect::inspect(ctx).await?;
            check::check(ctx).await?;
            match appraise::appraise(ctx).await? {
                appraise::Next::Offer => break,
                appraise::Next::InspectAgain => {}
            }
        }
        let price = offer::agree(ctx).await?;
        papers::collect_and_verify(ctx).await?;
        check::recheck(ctx).await?;
        sign::sign(ctx, price).await?;
        pay::pay(ctx, price).await?;
        accounting::take_in(ctx, price).await?;
        Ok(BuyoutOutcome::Done { price })
    }

    #[update_validator(decide)]
    fn validate_decide(
        &self,
        _view: &WorkflowContextView,
        decide: &Decide,
    ) -> Result<(), UpdateError> {
        wire(rules::check_decide(&self.buyout, decide, None))
    }

    /// A person decides a task.
    #[update(name = "decide")]
    pub async fn decide(
        ctx: &mut WorkflowContext<Self>,
        decide: Decide,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        // Between the validator and here another decision of the same batch may have been taken.
        wire(ctx.state(|w| rules::check_decide(&w.buyout, &decide, Some(now))))?;
        let message = ctx.state_mut(|w| w.accept_decision(decide, now));
        desk::answer(ctx, message).await
    }

    #[update_validator(act_on_task)]
    fn validate_act(
        &self,
        _view: &WorkflowContextView,
        act: &ActOnTask,
    ) -> Result<(), UpdateError> {
        wire(rules::check_act(&self.buyout, act))
    }

    /// A person claims, releases, delegates or comments.
    #[update(name = "act_on_task")]
    pub async fn act_on_task(
        ctx: &mut WorkflowContext<Self>,
        act: ActOnTask,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| rules::check_act(&w.buyout, &act)))?;
        let message = ctx.state_mut(|w| w.accept_action(act, now));
        desk::answer(ctx, message).await
    }

    #[update_validator(act_on_run)]
    fn validate_act_on_run(
        &self,
        _view: &WorkflowContextView,
        act: &ActOnRun,
    ) -> Result<(), UpdateError> {
        wire(action::check(&self.buyout, act, None))
    }

    /// A person acts on the run beside its tasks: checks again, the offer again, the visit.
    #[update(name = "act_on_run")]
    pub async fn act_on_run(
        ctx: &mut WorkflowContext<Self>,
        act: ActOnRun,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| action::check(&w.buyout, &act, Some(now))))?;
        let message = wire(actions::take(ctx, act).await)?;
        desk::answer(ctx, message).await
    }

    #[update_validator(answer_offer)]
    fn validate_answer(
        &self,
        _view: &WorkflowContextView,
        answer: &AnswerOffer,
    ) -> Result<(), UpdateError> {
        wire(rules::check_page_answer(
            &self.buyout,
            self.desk.code.as_deref(),
            answer,
            None,
        ))
    }

    /// The client answers on their page.
    #[update(name = "answer_offer")]
    pub async fn answer_offer(
        ctx: &mut WorkflowContext<Self>,
        answer: AnswerOffer,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| {
            rules::check_page_answer(&w.buyout, w.desk.code.as_deref(), &answer, Some(now))
        }))?;
        let message = ctx.state_mut(|w| w.accept_page_answer(answer, now));
        desk::answer(ctx, message).await
    }

    #[update_validator(answer_signing)]
    fn validate_answer_signing(
        &self,
        _view: &WorkflowContextView,
        answer: &AnswerSigning,
    ) -> Result<(), UpdateError> {
        wire(signing::check(&self.buyout, answer))
    }

    /// The client says of contract and act whether all is right.
    #[update(name = "answer_signing")]
    pub async fn answer_signing(
        ctx: &mut WorkflowContext<Self>,
        answer: AnswerSigning,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| signing::check(&w.buyout, &answer)))?;
        let message = ctx.state_mut(|w| w.accept_signing_answer(answer, now));
        desk::answer(ctx, message).await
    }

    #[update_validator(request_code)]
    fn validate_request_code(
        &self,
        _view: &WorkflowContextView,
        round: &u32,
    ) -> Result<(), UpdateError> {
        wire(offer::check_code_request(self, *round, None))
    }

    /// The client asks for the SMS code that confirms an acceptance.
    #[update(name = "request_code")]
    pub async fn request_code(
        ctx: &mut WorkflowContext<Self>,
        round: u32,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| offer::check_code_request(w, round, Some(now))))?;
        let message = wire(offer::send_code(ctx).await)?;
        desk::answer(ctx, message).await
    }

    #[update_validator(cancel)]
    fn validate_cancel(
        &self,
        _view: &WorkflowContextView,
        cancel: &Cancel,
    ) -> Result<(), UpdateError> {
        wire(rules::check_cancel(&self.buyout, cancel))
    }

    /// A person cancels the deal; undone in reverse.
    #[update(name = "cancel")]
    pub async fn cancel(
        ctx: &mut WorkflowContext<Self>,
        cancel: Cancel,
    ) -> Result<Accepted, UpdateError> {
        wire(ctx.state(|w| rules::check_cancel(&w.buyout, &cancel)))?;
        let message = ctx.state_mut(|w| w.accept_cancel(cancel));
        desk::answer(ctx, message).await
    }

    #[update_validator(post_message)]
    fn validate_message(
        &self,
        _view: &WorkflowContextView,
        message: &PostMessage,
    ) -> Result<(), UpdateError> {
        wire(rules::check_message(&self.buyout, message))
    }

    /// A person writes into the run's chat; mirrored to the deal's timeline.
    #[update(name = "post_message")]
    pub async fn post_message(
        ctx: &mut WorkflowContext<Self>,
        message: PostMessage,
    ) -> Result<Accepted, UpdateError> {
        let now = desk::now(ctx);
        wire(ctx.state(|w| rules::check_message(&w.buyout, &message)))?;
        let number = ctx.state_mut(|w| w.accept_message(message, now));
        close::mirror_message(ctx, number).await;
        desk::answer(ctx, "Сообщение отправлено.".to_owned()).await
    }

    /// A fact from outside; the same event twice is one fact.
    #[signal(name = "fact")]
    pub fn fact(&mut self, ctx: &mut SyncWorkflowContext<Self>, fact: Fact) {
        let now = desk::sync_now(ctx);
        self.accept_fact(fact, now);
    }

    /// Everything the run knows.
    #[query(name = "state")]
    pub fn state(&self, _view: &WorkflowContextView) -> Buyout {
        self.buyout.clone()
    }
}

fn wire<T>(checked: Result<T, Refusal>) -> Result<T, UpdateError> {
    checked.map_err(|refusal| refusal.to_wire().into())
}
