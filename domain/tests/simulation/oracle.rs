//! The promises, kept by books of its own: it believes neither the run nor the rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::payment::PaymentState;
use domain::staff::PersonId;
use domain::task::{Duty, TaskId, TaskState};

use crate::partners::Partners;
use crate::run::{Input, Run};

#[derive(Debug, Default)]
pub(crate) struct Oracle {
    duties: BTreeMap<PersonId, Duty>,
    decided: BTreeSet<TaskId>,
    seen: BTreeSet<TaskId>,
}

/// What was true before something arrived.
pub(crate) struct Before {
    closing: bool,
    stage: Stage,
    /// State, version and duty of the task that is decided.
    task: Option<(TaskState, u32, Option<Duty>)>,
}

impl Oracle {
    pub(crate) fn before(&self, run: &Run, input: &Input) -> Before {
        let task = match input {
            Input::Decide(decide) => run
                .buyout
                .tasks
                .get(&decide.task)
                .map(|task| (task.state, task.version, task.kind.duty())),
            _ => None,
        };
        Before {
            closing: run.buyout.closing,
            stage: run.buyout.stage,
            task,
        }
    }

    /// Something was taken: was that right?
    pub(crate) fn after(
        &mut self,
        before: Before,
        run: &Run,
        partners: &Partners,
        now: DateTime<Utc>,
        input: &Input,
    ) -> Result<(), String> {
        match input {
            Input::Decide(decide) => {
                let (state, version, duty) = before.task.ok_or("a decision of no task")?;
                if !matches!(state, TaskState::Open | TaskState::Claimed) {
                    return Err(format!("{} was decided after its end", decide.task));
                }
                if version != decide.version {
                    return Err(format!("{} was decided by an old version", decide.task));
                }
                if !run.buyout.tasks[&decide.task].state.is_open()
                    && !self.decided.insert(decide.task.clone())
                {
                    return Err(format!("{} was decided twice", decide.task));
                }
                if let Some(duty) = duty {
                    self.duty(&decide.actor.person, duty)?;
                }
            }
            Input::Cancel(_) => {
                if before.closing {
                    return Err("cancelled while it was closing".to_owned());
                }
                if !matches!(
                    before.stage,
                    Stage::New
                        | Stage::Dispatching
                        | Stage::Inspection
                        | Stage::Checking
                        | Stage::WaitRemoval
                        | Stage::Appraisal
                        | Stage::PriceApproval
                        | Stage::Offer
                        | Stage::Bargaining
                        | Stage::Documents
                        | Stage::Recheck
                        | Stage::Signing
                        | Stage::PaymentApproval
                ) {
                    return Err(format!("cancelled at {}", before.stage));
                }
            }
            Input::Page(_) if before.closing => {
                return Err("the client answered a deal that was closing".to_owned());
            }
            _ => {}
        }
        for (duty, person) in run.buyout.duties.holders() {
            self.duty(&person.person, duty)?;
        }
        self.tasks(run)?;
        self.money(run, partners)?;
        if let Some((event, times)) = run.taken_times.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{event} was taken {times} times"));
        }
        if let Some((at, until)) = run.accepted_at.iter().find(|(at, until)| at > until) {
            return Err(format!("an offer valid until {until} was accepted at {at}"));
        }
        if run.buyout.open_tasks().count() > 1 {
            return Err(format!("{now}: two tasks are open in a run that asks one"));
        }
        Ok(())
    }

    /// Nobody holds two duties of one run.
    fn duty(&mut self, person: &PersonId, duty: Duty) -> Result<(), String> {
        let held = *self.duties.entry(person.clone()).or_insert(duty);
        if held != duty {
            return Err(format!("{person} is {held} and {duty} in one run"));
        }
        Ok(())
    }

    fn tasks(&mut self, run: &Run) -> Result<(), String> {
        for (id, task) in &run.buyout.tasks {
            if !self.seen.insert(id.clone()) {
                continue;
            }
            let given = Duration::seconds(run.due_secs[id] as i64);
            let worked = worked(task.created_at, task.due_at);
            if worked != given {
                return Err(format!(
                    "{} from {} to {} has {worked} of working time, the policy gives {given}",
                    task.kind, task.created_at, task.due_at
                ));
            }
        }
        Ok(())
    }

    /// A person is reminded only while the site works, or in the moment in which it closes.
    pub(crate) fn milestone(&self, has_calendar: bool, at: DateTime<Utc>) -> Result<(), String> {
        let works = hours(local(at).date()).is_some_and(|(opens, closes)| {
            let at = local(at);
            opens <= at && at <= closes
        });
        if has_calendar && !works {
            return Err(format!("somebody is reminded at {at}"));
        }
        Ok(())
    }

    fn money(&self, run: &Run, partners: &Partners) -> Result<(), String> {
        let paid = run
            .buyout
            .payments
            .iter()
            .filter(|p| matches!(p.state, PaymentState::Paid | PaymentState::Confirmed))
            .count();
        if paid > 1 {
            return Err("two payments are paid".to_owned());
        }
        if paid == 1 && partners.paid().is_none() {
            return Err("the run says paid, and the bank does not".to_owned());
        }
        if partners.paid().is_some() && partners.paid() != run.buyout.agreed_price {
            return Err("what was paid is not what was agreed".to_owned());
        }
        Ok(())
    }

    /// The run has ended: the books balance.
    pub(crate) fn end(&self, run: &Run, partners: &Partners) -> Result<(), String> {
        self.money(run, partners)?;
        if run.buyout.open_tasks().count() > 0 {
            return Err("a task outlived its run".to_owned());
        }
        if partners.car_is_ours {
            return Err("the car is still taken".to_owned());
        }
        let in_force = run.buyout.documents.iter().filter(|d| !d.void).count();
        let by_hand = !run.buyout.manual.is_empty();
        if let Some(BuyoutOutcome::Done { price }) = run.buyout.outcome {
            if partners.paid() != Some(price) {
                return Err("done, and not paid".to_owned());
            }
            if in_force != 2 || !partners.taken_in && !by_hand {
                return Err("done without papers or without the car in 1C".to_owned());
            }
            return Ok(());
        }
        if partners.paid().is_some() {
            return Err(format!("paid, and ended as {}", run.buyout.stage));
        }
        if in_force > 0 {
            return Err("papers of a deal that was not made are in force".to_owned());
        }
        if partners.open_requests() > 0 && !by_hand {
            return Err("a request in the treasury is left open".to_owned());
        }
        self.last_in_first_out(run, partners)
    }

    fn last_in_first_out(&self, run: &Run, partners: &Partners) -> Result<(), String> {
        let begun: Vec<usize> = run
            .undone
            .iter()
            .filter_map(|undone| partners.begun.iter().position(|begun| begun == undone))
            .collect();
        if begun.windows(2).all(|pair| pair[0] > pair[1]) {
            Ok(())
        } else {
            Err(format!("undone out of order: {:?}", run.undone))
        }
    }
}

/// Murmansk is three hours ahead of UTC all the year.
fn local(at: DateTime<Utc>) -> chrono::NaiveDateTime {
    at.naive_utc() + Duration::hours(3)
}

/// From nine to nine, every day but the first two of January.
fn hours(date: NaiveDate) -> Option<(chrono::NaiveDateTime, chrono::NaiveDateTime)> {
    if date.month() == 1 && date.day() <= 2 {
        return None;
    }
    let at = |hour| date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour"));
    Some((at(9), at(21)))
}

/// Working time between two moments, counted day by day.
fn worked(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    let (from, to) = (local(from), local(to));
    let mut total = Duration::zero();
    let mut date = from.date();
    while date <= to.date() {
        if let Some((opens, closes)) = hours(date) {
            total += (closes.min(to) - opens.max(from)).max(Duration::zero());
        }
        date = date.succ_opt().expect("a day");
    }
    total
}
