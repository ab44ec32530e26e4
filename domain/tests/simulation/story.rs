//! The story of a run: what follows a decision and an answer, up to the end and the way back.

use domain::appraisal::{SetAppraisal, category, second_approval_reasons};
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::undo::Undo;
use domain::document::{DocumentKind, MadeDocument};
use domain::money::Money;
use domain::offer::{BargainDecision, ClientAnswer};
use domain::payment::{Payment, PaymentRail, PaymentState, rail};
use domain::staff::PersonRef;
use domain::task::{Duty, TaskKind, TaskState};
use uuid::Uuid;

use crate::bug::Bug;
use crate::fixtures;
use crate::run::{After, Answer, Effect, Run};

impl Run {
    /// The story goes on with a decision.
    pub(super) fn decided(&mut self, decision: Decision, by: PersonRef) {
        let price = self.buyout.agreed_price.unwrap_or(Money::from_kopecks(0));
        match decision {
            Decision::SubmitInspection { .. } => {
                if self.enter(Stage::Appraisal) {
                    let due = self.deadline(|d| d.appraise_secs);
                    self.ask(TaskKind::Appraise, due, None);
                }
            }
            Decision::NoShow { .. } => self.end(BuyoutOutcome::NoShow),
            Decision::ReturnToInspection { .. } => self.inspect(),
            Decision::Appraise { appraisal } => {
                let (category, category_rule) =
                    category(Money::from_kopecks(0), appraisal.forecast_price);
                let reasons = self.buyout.policy.as_ref().map(|p| {
                    second_approval_reasons(&appraisal, self.buyout.market.as_ref(), &p.limits)
                });
                let first = appraisal.buyout_price;
                self.buyout.appraisal = Some(SetAppraisal {
                    appraisal,
                    appraiser: by,
                    at: self.now,
                    category,
                    category_rule,
                });
                if reasons.is_none_or(|reasons| reasons.is_empty()) {
                    self.offer(first);
                } else if self.enter(Stage::PriceApproval) {
                    let due = self.deadline(|d| d.approve_price_secs);
                    self.ask(TaskKind::ApprovePrice, due, None);
                }
            }
            Decision::ApprovePrice { approved: true, .. } => {
                let first = self
                    .buyout
                    .appraisal
                    .as_ref()
                    .map(|s| s.appraisal.buyout_price);
                self.offer(first.unwrap_or(price));
            }
            Decision::ApprovePrice {
                approved: false, ..
            } => {
                if self.enter(Stage::Appraisal) {
                    let due = self.deadline(|d| d.appraise_secs);
                    self.ask(TaskKind::Appraise, due, None);
                }
            }
            Decision::ClientAnswer { answer, .. } => match answer {
                ClientAnswer::Accept => {
                    let price = self.buyout.offer.as_ref().map(|o| o.price);
                    self.agreed(price.unwrap_or(price_of_nothing()));
                }
                ClientAnswer::Counter { .. } => {
                    if self.enter(Stage::Bargaining) {
                        let due = self.deadline(|d| d.offer_call_secs);
                        self.ask(TaskKind::Bargain, due, None);
                    }
                }
                ClientAnswer::Decline { reason } => {
                    self.end(BuyoutOutcome::DeclinedByClient { reason })
                }
                ClientAnswer::Think => {}
            },
            Decision::Bargain { decision } => {
                let standing = self.buyout.offer.as_ref().map(|o| o.price);
                let standing = standing.unwrap_or(price_of_nothing());
                match decision {
                    BargainDecision::AcceptCounter => {
                        let counter =
                            self.buyout
                                .answers
                                .iter()
                                .rev()
                                .find_map(|a| match a.answer {
                                    ClientAnswer::Counter { amount } => Some(amount),
                                    _ => None,
                                });
                        self.agreed(counter.unwrap_or(standing));
                    }
                    BargainDecision::Propose { price } => self.offer(price),
                    BargainDecision::Hold => self.offer(standing),
                    BargainDecision::Decline { reason } => {
                        self.end(BuyoutOutcome::DeclinedByClient { reason })
                    }
                }
            }
            Decision::SubmitPapers { papers } => {
                self.buyout.papers = Some(*papers);
                let due = self.deadline(|d| d.verify_secs);
                self.ask(TaskKind::VerifyPapers, due, None);
            }
            Decision::VerifyPapers { verdicts } => {
                if verdicts.iter().all(|v| v.accepted) {
                    if self.enter(Stage::Signing) {
                        self.begin(Undo::VoidDocuments, Effect::MakeDocuments);
                    }
                    return;
                }
                self.paper_rounds += 1;
                if self.paper_rounds >= 3 {
                    let reason = "документы".to_owned();
                    return self.end(BuyoutOutcome::RefusedFraud { reason });
                }
                self.collect();
            }
            Decision::Signed { .. } => self.request(price),
            Decision::RefusedToSign { reason } => {
                self.end(BuyoutOutcome::DeclinedByClient { reason })
            }
            Decision::Requisites { requisites } => {
                if let Some(papers) = &mut self.buyout.papers {
                    papers.requisites = requisites;
                }
                self.request(price);
            }
            Decision::GiveUp { reason } => self.end(BuyoutOutcome::Cancelled { reason, by: None }),
            Decision::ConfirmPayment { .. } => {
                self.payment(PaymentState::Confirmed);
                if self.enter(Stage::Intake) {
                    self.call(Effect::TakeIn);
                }
            }
            Decision::Retry { .. } => self.again(price),
            Decision::DoneByHand { .. } => self.by_hand(price),
            Decision::AssignInspector { .. }
            | Decision::Mismatch { .. }
            | Decision::Sources { .. }
            | Decision::Removal { .. } => {}
        }
    }

    /// "Try again" of whatever was in trouble.
    fn again(&mut self, price: Money) {
        match self.troubled.take() {
            Some(Effect::Pay { .. } | Effect::AwaitPayout(_)) => {
                if !self.enter(Stage::Paying) {
                    return;
                }
                if self.bug == Some(Bug::NewKeyWhileUnknown) {
                    self.strays += 1;
                }
                let key = self.payout_key();
                self.call(Effect::Pay { key, amount: price });
            }
            Some(effect) => self.call(effect),
            // An approval that did not count: another request.
            None => self.request(price),
        }
    }

    fn by_hand(&mut self, price: Money) {
        let Some(effect) = self.troubled.take() else {
            return;
        };
        match effect {
            Effect::Pay { .. } | Effect::AwaitPayout(_) => self.paid(),
            Effect::SaveRequest(_) => self.requested(),
            Effect::Withdraw(key) => {
                self.buyout.manual.push("Вручную".to_owned());
                self.withdrawn(key);
            }
            Effect::TakeIn => {
                self.buyout.manual.push("Вручную".to_owned());
                self.end(BuyoutOutcome::Done { price });
            }
            effect => panic!("nobody is asked about {effect:?}"),
        }
    }

    /// The story goes on with the world's answer.
    pub(super) fn answer(&mut self, effect: Effect, answer: Answer) {
        if self.bug == Some(Bug::UndoRegisteredLate) && answer == Answer::Done {
            match effect {
                Effect::ClaimCar => self.undo.register(Undo::ReleaseCar),
                Effect::MakeDocuments => self.undo.register(Undo::VoidDocuments),
                Effect::SaveRequest(key) => self.undo.register(Undo::WithdrawRequest(key)),
                _ => {}
            }
        }
        let price = self.buyout.agreed_price.unwrap_or(price_of_nothing());
        match (effect, answer) {
            (Effect::ReadDeal, _) => {
                self.read_deal();
                self.begin(Undo::ReleaseCar, Effect::ClaimCar);
            }
            (Effect::ClaimCar, Answer::CarTaken) => {
                let reason = "этот автомобиль уже выкупается".to_owned();
                self.end(BuyoutOutcome::Cancelled { reason, by: None });
            }
            (Effect::ClaimCar, _) => self.inspect(),
            (Effect::MakeDocuments, _) => self.documents(),
            (Effect::SaveRequest(_), Answer::Done) => self.requested(),
            (Effect::SaveRequest(_) | Effect::TakeIn, Answer::Silent) => {
                self.trouble(TaskKind::AccountingTrouble, effect);
            }
            (Effect::AwaitDecision(_), Answer::Approved(by)) => self.approved(by, price),
            (Effect::AwaitDecision(_), Answer::Rejected) => {
                self.close_waiting();
                self.withdraw(After::FixRequisites);
            }
            (Effect::Pay { key, .. }, Answer::Done) => {
                self.payment(PaymentState::Sent);
                self.call(Effect::AwaitPayout(key));
            }
            (Effect::Pay { .. } | Effect::AwaitPayout(_), Answer::Silent) => {
                self.payment(PaymentState::Unknown);
                if self.enter(Stage::PaymentUnknown) {
                    self.trouble(TaskKind::PartnerTrouble, effect);
                }
            }
            (Effect::AwaitPayout(_), Answer::Paid) => self.paid(),
            (Effect::Pay { .. } | Effect::AwaitPayout(_), Answer::Refused) => {
                self.payment(PaymentState::Refused);
                self.buyout.stage = Stage::PaymentApproval;
                self.withdraw(After::FixRequisites);
            }
            (Effect::Withdraw(key), Answer::Done) => self.withdrawn(key),
            (Effect::Withdraw(_), _) => self.trouble(TaskKind::UndoTrouble, effect),
            (Effect::TakeIn, _) => self.end(BuyoutOutcome::Done { price }),
            (Effect::ReleaseCar, _) => {
                self.undone.push(Undo::ReleaseCar);
                self.undo_next();
            }
            (effect, answer) => panic!("{effect:?} cannot answer {answer:?}"),
        }
    }

    fn trouble(&mut self, kind: TaskKind, of: Effect) {
        if self.is_cancelled() {
            return self.cancelled();
        }
        self.troubled = Some(of);
        let due = self.deadline(|d| d.ops_secs);
        self.ask(kind, due, None);
    }

    fn inspect(&mut self) {
        if self.enter(Stage::Inspection) {
            let due = self.deadline(|d| d.inspect_secs);
            let inspector = self.inspector();
            self.ask(TaskKind::Inspect, due, Some(inspector));
        }
    }

    fn agreed(&mut self, price: Money) {
        self.buyout.agreed_price = Some(price);
        if self.enter(Stage::Documents) {
            self.collect();
        }
    }

    fn collect(&mut self) {
        let due = self.deadline(|d| d.papers_secs);
        self.ask(TaskKind::CollectPapers, due, None);
    }

    fn documents(&mut self) {
        for kind in [DocumentKind::Contract, DocumentKind::Act] {
            self.buyout.documents.push(MadeDocument {
                kind,
                number: "1".to_owned(),
                version: 1,
                file: fixtures::file("made"),
                made_at: self.now,
                void: false,
                signed: Vec::new(),
            });
        }
        if self.is_cancelled() {
            return self.cancelled();
        }
        let due = self.deadline(|d| d.sign_secs);
        self.ask(TaskKind::SignContract, due, None);
    }

    /// A new attempt: a request of its own, a key of its own.
    fn request(&mut self, price: Money) {
        if !self.enter(Stage::PaymentApproval) {
            return;
        }
        self.attempt += 1;
        let rail = self
            .buyout
            .policy
            .as_ref()
            .map_or(PaymentRail::BankOrder, |p| rail(price, &p.limits));
        self.buyout.payments.push(Payment {
            attempt: self.attempt,
            rail,
            amount: price,
            state: PaymentState::Requested,
            treasury_request: None,
            approved_by: None,
            partner_id: None,
            refusal: None,
            paid_at: None,
        });
        let key = self.request_key();
        self.begin(Undo::WithdrawRequest(key), Effect::SaveRequest(key));
    }

    fn requested(&mut self) {
        if self.is_cancelled() {
            return self.cancelled();
        }
        let due = self.deadline(|d| d.approve_payment_secs);
        self.ask(TaskKind::ApprovePayment, due, None);
        self.call(Effect::AwaitDecision(self.request_key()));
    }

    fn approved(&mut self, by: PersonRef, price: Money) {
        self.close_waiting();
        let mut held = self
            .buyout
            .duties
            .conflict(Duty::PaymentApprover, &by.person);
        if self.bug == Some(Bug::OwnWorkTaken) {
            held = None;
        }
        if held.is_some() {
            self.payment(PaymentState::Refused);
            return self.withdraw(After::ResolveOwnWork);
        }
        self.buyout.duties.take(Duty::PaymentApprover, by);
        self.payment(PaymentState::Approved);
        if self.enter(Stage::Paying) {
            let key = self.payout_key();
            self.call(Effect::Pay { key, amount: price });
        }
    }

    fn paid(&mut self) {
        self.payment(PaymentState::Paid);
        if self.enter(Stage::PaymentConfirm) {
            let due = self.deadline(|d| d.confirm_payment_secs);
            self.ask(TaskKind::ConfirmPayment, due, None);
        }
    }

    fn request_key(&self) -> Uuid {
        self.buyout
            .id
            .object_key(&format!("request/{}", self.attempt))
    }

    fn payout_key(&self) -> Uuid {
        let Self {
            attempt, strays, ..
        } = self;
        let what = match strays {
            0 => format!("payout/{attempt}"),
            stray => format!("payout/{attempt}/{stray}"),
        };
        self.buyout.id.object_key(&what)
    }

    fn close_waiting(&mut self) {
        if let Some(id) = self.waits_for_task.take() {
            self.buyout
                .close_task(&id, TaskState::Expired, None, "закрыта процессом", self.now);
        }
    }

    /// Takes the request back now instead of at the end. It stays registered until it is taken back.
    fn withdraw(&mut self, after: After) {
        self.after = after;
        let key = self.request_key();
        if self.bug == Some(Bug::ForgottenBeforeWithdrawn) {
            self.undo.forget(&Undo::WithdrawRequest(key));
        }
        self.call(Effect::Withdraw(key));
    }

    fn withdrawn(&mut self, key: Uuid) {
        let undo = Undo::WithdrawRequest(key);
        self.undo.forget(&undo);
        if self.closing.is_some() {
            self.undone.push(undo);
            return self.undo_next();
        }
        if self.is_cancelled() {
            return self.cancelled();
        }
        let (kind, due) = match self.after {
            After::FixRequisites => (TaskKind::FixRequisites, self.deadline(|d| d.papers_secs)),
            After::ResolveOwnWork => (TaskKind::ResolveOwnWork, self.deadline(|d| d.ops_secs)),
        };
        self.ask(kind, due, None);
    }

    /// The end: open tasks are closed, what was done is undone.
    pub(super) fn end(&mut self, outcome: BuyoutOutcome) {
        self.cancel = None;
        self.troubled = None;
        self.waits_for_call = None;
        self.waits_for_task = None;
        let open: Vec<_> = self.buyout.open_tasks().map(|t| t.id.clone()).collect();
        for id in open {
            self.buyout.close_task(
                &id,
                TaskState::Cancelled,
                None,
                "сделка завершена",
                self.now,
            );
        }
        if matches!(outcome, BuyoutOutcome::Done { .. }) {
            self.undo.keep_done();
        }
        match self.bug {
            Some(Bug::UndoSkipped) => while self.undo.pop().is_some() {},
            Some(Bug::UndoFirstInFirstOut) => {
                let steps: Vec<_> = std::iter::from_fn(|| self.undo.pop()).collect();
                steps.into_iter().for_each(|step| self.undo.register(step));
            }
            _ => {}
        }
        self.closing = Some(outcome);
        self.buyout.closing = true;
        self.undo_next();
    }

    fn undo_next(&mut self) {
        match self.undo.pop() {
            Some(Undo::ReleaseCar) => self.call(Effect::ReleaseCar),
            Some(Undo::VoidDocuments) => {
                for document in &mut self.buyout.documents {
                    document.void = true;
                }
                self.undone.push(Undo::VoidDocuments);
                self.undo_next();
            }
            Some(Undo::WithdrawRequest(key)) => self.call(Effect::Withdraw(key)),
            None => {
                let outcome = self.closing.clone().expect("an outcome");
                self.buyout.stage = outcome.stage(!self.buyout.manual.is_empty());
                self.buyout.ended_at = Some(self.now);
                self.buyout.outcome = Some(outcome);
            }
        }
    }
}

fn price_of_nothing() -> Money {
    Money::from_kopecks(0)
}
