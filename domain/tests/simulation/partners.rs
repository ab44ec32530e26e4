//! The world outside of a run: our records, the treasury, the bank. Each is asked at least once for what
//! happens at most once.

use std::collections::{BTreeMap, BTreeSet};

use domain::buyout::undo::Undo;
use domain::money::Money;
use uuid::Uuid;

use crate::run::Effect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payout {
    Pending,
    Succeeded,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Open,
    Withdrawn,
}

#[derive(Debug, Default)]
pub(crate) struct Partners {
    pub(crate) car_is_ours: bool,
    pub(crate) made_documents: bool,
    pub(crate) requests: BTreeMap<Uuid, Request>,
    /// What we wrote down before calling the bank.
    pub(crate) intents: BTreeSet<Uuid>,
    pub(crate) payouts: BTreeMap<Uuid, (Payout, Money)>,
    pub(crate) taken_in: bool,
    /// In the order in which it was begun.
    pub(crate) begun: Vec<Undo>,
}

impl Partners {
    /// The effect happens; a repeat of it changes nothing. Answers what is wrong with it, if something is.
    pub(crate) fn happen(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::ReadDeal | Effect::AwaitDecision(_) | Effect::AwaitPayout(_) => {}
            Effect::ClaimCar => {
                self.car_is_ours = true;
                self.note(Undo::ReleaseCar);
            }
            Effect::ReleaseCar => self.car_is_ours = false,
            Effect::MakeDocuments => {
                self.made_documents = true;
                self.note(Undo::VoidDocuments);
            }
            Effect::SaveRequest(key) => {
                // Who asks again for what was withdrawn does not open it.
                self.requests.entry(key).or_insert(Request::Open);
                self.note(Undo::WithdrawRequest(key));
            }
            Effect::Withdraw(key) => {
                if let Some(request) = self.requests.get_mut(&key) {
                    *request = Request::Withdrawn;
                }
            }
            Effect::Pay { key, amount } => {
                if !self.intents.contains(&key) {
                    return Err(format!("{key} is paid, and no intent says so"));
                }
                let open = self
                    .payouts
                    .iter()
                    .find(|(other, (state, _))| **other != key && *state != Payout::Refused);
                if let Some((other, _)) = open {
                    return Err(format!("{key} is paid beside {other}"));
                }
                self.payouts.entry(key).or_insert((Payout::Pending, amount));
            }
            Effect::TakeIn => self.taken_in = true,
        }
        Ok(())
    }

    fn note(&mut self, undo: Undo) {
        if !self.begun.contains(&undo) {
            self.begun.push(undo);
        }
    }

    pub(crate) fn paid(&self) -> Option<Money> {
        self.payouts
            .values()
            .find(|(state, _)| *state == Payout::Succeeded)
            .map(|(_, amount)| *amount)
    }

    pub(crate) fn open_requests(&self) -> usize {
        self.requests
            .values()
            .filter(|request| **request == Request::Open)
            .count()
    }

    /// The bank's word on the first payout that has none.
    pub(crate) fn settle(&mut self, as_: Payout) -> Option<Uuid> {
        let (key, (state, _)) = self
            .payouts
            .iter_mut()
            .find(|(_, (state, _))| *state == Payout::Pending)?;
        *state = as_;
        Some(*key)
    }
}
