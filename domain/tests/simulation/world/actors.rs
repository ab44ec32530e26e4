//! What people, partners and strangers do while everything goes wrong.

use domain::buyout::decision::{ActOnTask, AnswerOffer, Cancel, Decide, Fact, FactKind};
use domain::staff::{Actor, PersonRef};
use domain::task::{Standing, TaskAction};

use super::{View, World};
use crate::partners::Payout;
use crate::people;
use crate::run::{Answer, CODE, Input, robot};

impl World {
    /// Somebody opens the list of tasks.
    pub(super) fn look(&mut self) {
        while self.views.len() > 6 {
            self.views.remove(0);
        }
        let open: Vec<View> = self
            .run
            .buyout
            .open_tasks()
            .map(|task| View {
                task: task.id.clone(),
                kind: task.kind,
                version: task.version,
            })
            .collect();
        self.views.extend(open);
    }

    /// Somebody does something about what is on their screen.
    pub(super) fn act(&mut self) {
        let whose = self.rng.below(self.people.len() + 6);
        let actor = match self.people.get(whose) {
            Some(actor) => actor.clone(),
            // Those who do several things are the busiest.
            None if whose.is_multiple_of(2) => self.actor(|a| a.person.0 == "p-all"),
            None => self.actor(|a| a.person.0 == "p-both"),
        };
        match self.rng.below(20) {
            0 if self.rng.percent(40) => self.mail.push(Input::Cancel(Cancel {
                actor,
                reason: "передумали".to_owned(),
            })),
            1..=3 if self.run.buyout.offer.is_some() => {
                let round = self.run.buyout.offer.as_ref().map_or(0, |o| o.round);
                let code = if self.rng.percent(80) { CODE } else { "000000" };
                self.mail.push(Input::Page(AnswerOffer {
                    round,
                    answer: people::page(&self.run.buyout, &mut self.rng),
                    code: Some(code.to_owned()),
                }));
            }
            _ => self.act_on_view(actor),
        }
    }

    fn act_on_view(&mut self, mut actor: Actor) {
        if self.views.is_empty() {
            return self.look();
        }
        let View {
            task,
            kind,
            version,
        } = self.rng.pick(&self.views);
        let (task, kind, version) = (task.clone(), *kind, *version);
        // Mostly somebody whose task it is.
        if self.rng.percent(60) {
            actor = self.actor(|a| a.roles == [kind.role()]);
        }
        let action = match self.rng.below(12) {
            0 => Some(TaskAction::Claim),
            1 => Some(TaskAction::Release),
            2 => Some(TaskAction::Comment {
                text: "заметка".to_owned(),
            }),
            3 => {
                let to = self.rng.pick(&self.people).clone();
                Some(TaskAction::Delegate {
                    to: PersonRef::from(&to),
                    standing: Some(Standing {
                        roles: to.roles,
                        cities: to.cities,
                    }),
                })
            }
            _ => None,
        };
        if let Some(action) = action {
            self.mail.push(Input::Act(ActOnTask {
                task,
                version,
                actor,
                action,
            }));
            return;
        }
        let paid = self.partners.paid().is_some();
        if let Some(decision) = people::any(kind, &self.run.buyout, paid, &mut self.rng) {
            self.mail.push(Input::Decide(Decide {
                task,
                version,
                actor,
                decision,
            }));
        }
    }

    /// The treasury, the bank, the portal and strangers.
    pub(super) fn partners_move(&mut self) {
        let turn = self.rng.below(10);
        match turn {
            0..=2 => {
                let by = PersonRef::from(self.rng.pick(&self.people));
                let open = self.partners.requests.keys().next_back().copied();
                if let Some(key) = open {
                    let word = match turn {
                        0 => Answer::Rejected,
                        _ => Answer::Approved(by),
                    };
                    self.treasury.entry(key).or_insert(word);
                }
            }
            3..=5 => {
                let how = if self.rng.percent(60) {
                    Payout::Succeeded
                } else {
                    Payout::Refused
                };
                if self.partners.settle(how).is_some() && self.rng.percent(70) {
                    self.tell("po-1", how == Payout::Succeeded);
                }
            }
            6 | 7 => self.tell("po-1", true),
            8 => {
                let token = format!("r-{}", self.rng.below(3));
                let robot = robot(&token);
                self.event(FactKind::RobotCalled { robot }, false);
            }
            _ => {
                let round = self.run.buyout.offer.as_ref().map_or(1, |o| o.round);
                self.event(FactKind::OfferOpened { round }, false);
            }
        }
    }

    fn tell(&mut self, payout: &str, says_paid: bool) {
        let payout = payout.to_owned();
        self.event(FactKind::PayoutChanged { payout }, says_paid);
    }

    fn event(&mut self, fact: FactKind, says_paid: bool) {
        self.events += 1;
        let event_id = format!("e-{}", self.events);
        self.mail.push(Input::Fact {
            fact: Fact { event_id, fact },
            says_paid,
        });
    }
}
