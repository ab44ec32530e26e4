//! People who do what the fates of their deals say: they look at what is to be done, try it, and try again while
//! somebody kills what they work with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::buyout::state::Buyout;
use domain::task::{HumanTask, TaskId, TaskKind};
use proto::kite::buyout::v1::CancelBuyoutRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::papers::{self, PlayedCar};
use stack::people::Person;
use stack::play::Play;
use stack::seed;
use stack::stack::Stack;

use super::fate::Fate;

/// Nobody waits longer for one answer of a gateway that is perhaps dead.
const TRY: Duration = Duration::from_secs(60);

/// Everybody, signed in.
pub(super) struct Crew {
    people: BTreeMap<&'static str, Person>,
}

/// What was done elsewhere for a task, which stays open until the run learns of it.
pub(super) type Elsewhere = BTreeSet<TaskId>;

impl Crew {
    pub(super) async fn sign_in(stack: &Stack) -> anyhow::Result<Self> {
        let mut people = BTreeMap::new();
        for account in &seed::ACCOUNTS {
            people.insert(account.login, stack.sign_in(account.login).await?);
        }
        Ok(Self { people })
    }

    fn person(&self, login: &str) -> anyhow::Result<&Person> {
        self.people
            .get(login)
            .with_context(|| format!("nobody is called {login}"))
    }

    /// One attempt at what the task wants.
    pub(super) async fn act(
        &self,
        play: &Play<'_>,
        fate: Fate,
        run: &Buyout,
        task: &HumanTask,
        elsewhere: &mut Elsewhere,
    ) -> anyhow::Result<()> {
        let doing = self.try_to_act(play, fate, run, task, elsewhere);
        tokio::time::timeout(TRY, doing)
            .await
            .context("nobody answered")?
    }

    async fn try_to_act(
        &self,
        play: &Play<'_>,
        fate: Fate,
        run: &Buyout,
        task: &HumanTask,
        elsewhere: &mut Elsewhere,
    ) -> anyhow::Result<()> {
        if fate == Fate::CancelledAt(task.kind) {
            return self.cancel(play).await;
        }
        let reason = |text: &str| pb::Reason {
            text: text.to_owned(),
        };
        let (login, word) = match task.kind {
            TaskKind::Inspect => return self.inspect(play, fate, task).await,
            TaskKind::ResolveMismatch => (
                "security",
                Kind::Mismatch(pb::ResolveMismatch {
                    resolution: "REFUSE".to_owned(),
                    reason: "Номер перебит.".to_owned(),
                }),
            ),
            TaskKind::DecideSources => (
                "head",
                Kind::Sources(pb::ResolveSources {
                    resolution: "ASK_AGAIN".to_owned(),
                    reason: String::new(),
                }),
            ),
            TaskKind::Appraise => {
                let prices = fate.prices();
                let appraisal = papers::appraisal(prices.buyout, prices.stop, prices.forecast);
                ("appraiser", Kind::Appraise(appraisal))
            }
            TaskKind::ApprovePrice => (
                "senior",
                Kind::ApprovePrice(pb::ApprovePrice {
                    approved: true,
                    comment: "Цена обоснована.".to_owned(),
                }),
            ),
            TaskKind::OfferToClient => {
                // A client who may be asked by the page is asked there once.
                if fate == Fate::PaidBySbp && elsewhere.insert(task.id.clone()) {
                    return play.client_accepts().await.map(drop);
                }
                match client_answer(fate, run)? {
                    Some(answer) => ("manager", Kind::ClientAnswer(answer)),
                    None => return Ok(()),
                }
            }
            TaskKind::Bargain => (
                "manager",
                Kind::Bargain(pb::Bargain {
                    decision: "ACCEPT_COUNTER".to_owned(),
                    price: None,
                    reason: String::new(),
                }),
            ),
            TaskKind::CollectPapers => {
                let scans = self.scans(play, 4).await?;
                let set = papers::papers(&play.car, &scans);
                ("manager", Kind::SubmitPapers(set))
            }
            TaskKind::VerifyPapers => {
                let mut verdicts = papers::accepted();
                let mut tasks = run.tasks.values();
                let first_time = tasks.all(|t| t.kind != task.kind || t.id == task.id);
                if fate == Fate::PapersReturned && first_time {
                    let first = verdicts.verdicts.first_mut().context("a verdict")?;
                    first.accepted = false;
                    first.remark = "Не видна вторая страница.".to_owned();
                }
                ("verifier", Kind::VerifyPapers(verdicts))
            }
            TaskKind::SignContract => {
                let files = self.scans(play, 2).await?;
                let scans = ["CONTRACT", "ACT"].into_iter().zip(files);
                let scans = scans.map(|(kind, file_id)| pb::SignedScan {
                    kind: kind.to_owned(),
                    file_id,
                });
                (
                    "manager",
                    Kind::Signed(pb::Signed {
                        scans: scans.collect(),
                    }),
                )
            }
            TaskKind::ApprovePayment => {
                if elsewhere.contains(&task.id) {
                    return Ok(());
                }
                play.treasury_decides("approve", "approver").await?;
                elsewhere.insert(task.id.clone());
                return Ok(());
            }
            TaskKind::SignBankOrder => {
                if elsewhere.contains(&task.id) {
                    return Ok(());
                }
                play.bank_signs().await?;
                elsewhere.insert(task.id.clone());
                return Ok(());
            }
            TaskKind::FixRequisites => ("manager", Kind::Requisites(papers::requisites(&play.car))),
            TaskKind::ConfirmPayment => (
                "verifier",
                Kind::ConfirmPayment(reason("Получатель и сумма сверены.")),
            ),
            TaskKind::AccountingTrouble => ("accountant", Kind::Retry(reason("Ещё раз."))),
            TaskKind::PartnerTrouble | TaskKind::UndoTrouble => {
                ("ops", Kind::Retry(reason("Ещё раз.")))
            }
            TaskKind::AssignInspector | TaskKind::AwaitRemoval | TaskKind::ResolveOwnWork => {
                bail!("{}: {} was not to come", play.id, task.kind)
            }
        };
        decide(self.person(login)?, task, word).await
    }

    async fn cancel(&self, play: &Play<'_>) -> anyhow::Result<()> {
        let request = CancelBuyoutRequest {
            id: play.id.clone(),
            reason: "дальше не идём".to_owned(),
        };
        let head = self.person("head")?;
        head.buyouts().cancel_buyout(request).await?;
        Ok(())
    }

    async fn inspect(&self, play: &Play<'_>, fate: Fate, task: &HumanTask) -> anyhow::Result<()> {
        let assignee = task.assignee.as_ref().context("nobody is assigned")?;
        let login = assignee.person.0.trim_start_matches("u-");
        let inspector = self.person(login)?;
        let template = inspector.template(&play.id).await?;
        let mut photos = Vec::new();
        for number in 0..template.required_angles.len() as u32 {
            let seed = (play.deal as u32).wrapping_mul(31).wrapping_add(number);
            let photo = papers::photo(seed);
            photos.push(inspector.upload(&play.id, "PHOTO", photo).await?.id);
        }
        let seen = match fate {
            Fate::Forged => PlayedCar {
                identifier: other_vin(&play.car.identifier),
                ..play.car.clone()
            },
            _ => play.car.clone(),
        };
        let inspection = papers::inspection(&template, &seen, &photos);
        decide(inspector, task, Kind::SubmitInspection(inspection)).await
    }

    async fn scans(&self, play: &Play<'_>, count: u32) -> anyhow::Result<Vec<String>> {
        let manager = self.person("manager")?;
        let mut scans = Vec::new();
        for number in 0..count {
            let seed = (play.deal as u32)
                .wrapping_mul(37)
                .wrapping_add(1_000 * count + number);
            let scan = papers::photo(seed);
            scans.push(manager.upload(&play.id, "SCAN", scan).await?.id);
        }
        Ok(scans)
    }
}

async fn decide(person: &Person, task: &HumanTask, word: Kind) -> anyhow::Result<()> {
    let seen = pb::Task {
        id: task.id.0.clone(),
        version: task.version,
        ..Default::default()
    };
    person.decide(&seen, word).await?;
    Ok(())
}

/// What the client says to the offer; `None`: nothing, until it expires.
fn client_answer(fate: Fate, run: &Buyout) -> anyhow::Result<Option<pb::ClientAnswer>> {
    let round = run.offer.as_ref().context("no offer stands")?.round;
    let said = |answer: &str, amount: Option<i64>, reason: &str| pb::ClientAnswer {
        round,
        answer: answer.to_owned(),
        amount: amount.map(papers::rubles),
        reason: reason.to_owned(),
    };
    Ok(match fate {
        Fate::Expired => None,
        Fate::Declined => Some(said("DECLINE", None, "Передумал.")),
        Fate::Bargained if run.answers.is_empty() => Some(said("COUNTER", Some(320_000), "")),
        _ => Some(said("ACCEPT", None, "")),
    })
}

/// Another VIN of the same make: one character differs.
fn other_vin(vin: &str) -> String {
    let last = if vin.ends_with('7') { '8' } else { '7' };
    let mut other: String = vin.chars().take(vin.chars().count() - 1).collect();
    other.push(last);
    other
}
