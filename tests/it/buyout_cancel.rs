//! A cancel at every stage: generated from the list of stages, so that a new one does not compile here before
//! somebody says how a run comes to it and what a cancel does there.

use anyhow::bail;
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use proto::kite::buyout::v1::{Buyout, CancelBuyoutRequest};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::papers::PlayedCar;
use stack::play::{Play, Prices};
use strum::IntoEnumIterator;
use tests::world::quick;
use tests::{Options, World, wait};
use tonic::{Code, Status};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 380_000,
};
const DEAR: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

/// What a cancel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Everything is taken back, whoever is awaited.
    Undone,
    /// Money is on its way or gone: refused with an explanation.
    TooLate,
    Ended,
}

/// By the process's promise in docs/processes/buyout.md, and not by the code under test.
fn fate(stage: Stage) -> Fate {
    match stage {
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
        | Stage::PaymentApproval => Fate::Undone,
        Stage::Paying | Stage::PaymentUnknown | Stage::PaymentConfirm | Stage::Intake => {
            Fate::TooLate
        }
        Stage::Done
        | Stage::DeclinedByClient
        | Stage::OfferExpired
        | Stage::RefusedLegal
        | Stage::RefusedFraud
        | Stage::NoShow
        | Stage::Cancelled
        | Stage::DoneNeedsManual
        | Stage::CancelledNeedsManual => Fate::Ended,
    }
}

fn reason(text: &str) -> pb::Reason {
    pb::Reason {
        text: text.to_owned(),
    }
}

/// Before there is an agreed price: the robot called, the car was looked at, the price was set.
async fn appraised(play: &Play<'_>, prices: Prices) -> anyhow::Result<()> {
    play.robot_calls().await?;
    play.inspect().await?;
    play.appraise(prices).await?;
    Ok(())
}

async fn agreed(play: &Play<'_>) -> anyhow::Result<()> {
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await
}

async fn signed(play: &Play<'_>) -> anyhow::Result<()> {
    agreed(play).await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await
}

async fn decide(play: &Play<'_>, login: &str, task: &str, word: Kind) -> anyhow::Result<()> {
    let person = play.stack.sign_in(login).await?;
    person.answer(&play.id, task, word, play.patience).await?;
    Ok(())
}

/// Both inspectors are absent, or there again.
async fn absent(world: &World, away: bool) -> anyhow::Result<()> {
    let (one, other) = (PersonId::new("u-inspector"), PersonId::new("u-inspector2"));
    for (person, substitute) in [(&one, &other), (&other, &one)] {
        let substitute = away.then_some(substitute);
        world.stack.store.set_substitute(person, substitute).await?;
    }
    Ok(())
}

fn kind(stage: Stage) -> &'static str {
    match stage {
        Stage::WaitRemoval => "banned",
        Stage::RefusedLegal => "wanted",
        _ => "clean_cheap",
    }
}

/// Brings a fresh deal to that stage, where it stays until somebody does something.
async fn reach<'a>(world: &'a World, stage: Stage) -> anyhow::Result<Play<'a>> {
    let control = &world.stack.control;
    let mut play = Play::deal(&world.stack, kind(stage)).await?;
    // Many runs one after the other, some of them held up on purpose.
    play.patience = std::time::Duration::from_secs(120);
    let slow = json!({ "delay_ms": 6_000 });
    let away = json!({ "status": 503 });
    match stage {
        Stage::New => {
            let when = json!({ "nth": 1 });
            control.fault("bitrix24", "batch", when, slow).await?;
            play.robot_calls().await?;
        }
        Stage::Dispatching => {
            absent(world, true).await?;
            play.robot_calls().await?;
        }
        Stage::Inspection => play.robot_calls().await?,
        Stage::Checking => {
            let when = json!({ "nth": 1 });
            control.fault("fssp", "search_person", when, slow).await?;
            play.robot_calls().await?;
            play.inspect().await?;
        }
        Stage::WaitRemoval | Stage::Appraisal | Stage::RefusedLegal => {
            play.robot_calls().await?;
            play.inspect().await?;
        }
        Stage::PriceApproval => appraised(&play, DEAR).await?,
        Stage::Offer => play.up_to_offer(PRICES).await?,
        Stage::Bargaining => {
            play.up_to_offer(PRICES).await?;
            play.client_says("COUNTER", 330_000, "").await?;
        }
        Stage::Documents => agreed(&play).await?,
        Stage::Recheck => {
            agreed(&play).await?;
            let car = play.catalogue["id"].as_str().unwrap_or_default();
            let path = format!("catalogue/{car}/silence");
            control
                .post(&path, json!({ "sources": ["pledge"] }))
                .await?;
            repeat(&play, "PLEDGE").await?;
            play.bring_papers().await?;
            play.verify_papers().await?;
        }
        Stage::Signing => {
            agreed(&play).await?;
            play.bring_papers().await?;
            play.verify_papers().await?;
        }
        Stage::PaymentApproval => signed(&play).await?,
        Stage::Paying => {
            let pending = json!({ "next": 1, "outcome": "pending" });
            control.post("yookassa/outcome", pending).await?;
            signed(&play).await?;
            play.treasury_decides("approve", "approver").await?;
        }
        Stage::PaymentUnknown => {
            let lost = json!("drop_after");
            control
                .fault("yookassa", "create_payout", json!("every"), lost)
                .await?;
            signed(&play).await?;
            play.treasury_decides("approve", "approver").await?;
        }
        Stage::PaymentConfirm => {
            signed(&play).await?;
            play.treasury_decides("approve", "approver").await?;
        }
        Stage::Intake | Stage::DoneNeedsManual => {
            let refused = json!({ "text": "Не заполнено «Подразделение»." });
            control.post("onec_alfa/refuse_posting", refused).await?;
            signed(&play).await?;
            play.treasury_decides("approve", "approver").await?;
            play.confirm_payment().await?;
            if stage == Stage::DoneNeedsManual {
                let word = Kind::DoneByHand(reason("Проведено вручную."));
                decide(&play, "accountant", "ACCOUNTING_TROUBLE", word).await?;
            }
        }
        Stage::Done => {
            signed(&play).await?;
            play.treasury_decides("approve", "approver").await?;
            play.confirm_payment().await?;
        }
        Stage::DeclinedByClient => {
            play.up_to_offer(PRICES).await?;
            play.client_says("DECLINE", 0, "Передумал.").await?;
        }
        Stage::OfferExpired => {
            let mut policy = impatient();
            policy.version = 2;
            policy.deadlines.offer_valid_secs = 3;
            policy.deadlines.offer_last_reminder_secs = 1;
            world.stack.store.put_policy(None, &policy).await?;
            play.up_to_offer(PRICES).await?;
            policy = impatient();
            policy.version = 3;
            world.stack.store.put_policy(None, &policy).await?;
        }
        Stage::RefusedFraud => {
            play.robot_calls().await?;
            let last = play.car.identifier.chars().last();
            let end = if last == Some('7') { '8' } else { '7' };
            let mut forged = play.car.identifier.clone();
            forged.pop();
            forged.push(end);
            play.inspect_seeing(PlayedCar {
                identifier: forged,
                ..play.car.clone()
            })
            .await?;
            let word = Kind::Mismatch(pb::ResolveMismatch {
                resolution: "REFUSE".to_owned(),
                reason: "Номер перебит.".to_owned(),
            });
            decide(&play, "security", "RESOLVE_MISMATCH", word).await?;
        }
        Stage::NoShow => return Box::pin(no_show(world)).await,
        Stage::Cancelled => {
            play.robot_calls().await?;
            play.inspector().await?;
            cancel(&play, "manager").await??;
        }
        Stage::CancelledNeedsManual => {
            signed(&play).await?;
            let head = world.stack.sign_in("head").await?;
            head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
                .await?;
            control
                .fault("onec_treasury", "unpost_request", json!("every"), away)
                .await?;
            cancel(&play, "head").await??;
            let word = Kind::DoneByHand(reason("Отозвано в 1С вручную."));
            decide(&play, "ops", "UNDO_TROUBLE", word).await?;
        }
    }
    let head = world.stack.sign_in("head").await?;
    let wanted = stage.to_string();
    wait::until(play.patience, &format!("{wanted} is reached"), async || {
        let Ok(run) = head.buyout(&play.id).await else {
            return Ok(None);
        };
        let now = run.summary.unwrap_or_default();
        let waits = fate(stage) == Fate::Ended || run.tasks.iter().any(is_open);
        // Where a partner is waited for, there is nobody to ask.
        let alone = matches!(stage, Stage::New | Stage::Checking | Stage::Paying);
        if now.ended_at.is_some() && now.stage != wanted {
            bail!("{} ended as {} on the way to {wanted}", play.id, now.stage);
        }
        Ok((now.stage == wanted && (waits || alone)).then_some(()))
    })
    .await?;
    Ok(play)
}

/// The client was awaited for half an hour.
async fn no_show(world: &World) -> anyhow::Result<Play<'_>> {
    let control = &world.stack.control;
    let catalogue = control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let visit = chrono::Utc::now() - chrono::Duration::hours(1);
    let play = Play::deal_on(&world.stack, catalogue, json!({ "visit_at": visit })).await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let word = Kind::NoShow(reason("Не приехал."));
    inspector
        .answer(&play.id, "INSPECT", word, play.patience)
        .await?;
    play.end().await?;
    Ok(play)
}

async fn repeat(play: &Play<'_>, kind: &str) -> anyhow::Result<()> {
    let head = play.stack.sign_in("head").await?;
    let request = proto::kite::buyout::v1::RepeatChecksRequest {
        id: play.id.clone(),
        kinds: vec![kind.to_owned()],
        request_id: String::new(),
    };
    head.buyouts().repeat_checks(request).await?;
    wait::until(play.patience, "the source has answered", async || {
        let run = head.buyout(&play.id).await?;
        let unknown = run
            .checks
            .iter()
            .any(|c| c.kind == kind && c.outcome == "UNKNOWN");
        Ok(unknown.then_some(()))
    })
    .await
}

fn is_open(task: &pb::Task) -> bool {
    matches!(task.state.as_str(), "OPEN" | "CLAIMED")
}

async fn cancel(play: &Play<'_>, login: &str) -> anyhow::Result<Result<(), Status>> {
    let person = play.stack.sign_in(login).await?;
    let request = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "Дальше не идём.".to_owned(),
    };
    Ok(person.buyouts().cancel_buyout(request).await.map(|_| ()))
}

/// Nothing of the deal is left: no task, no paper in force, no request, no payment, and the car is free.
async fn nothing_left(world: &World, play: &Play<'_>, run: &Buyout) -> anyhow::Result<()> {
    let open: Vec<_> = run.tasks.iter().filter(|task| is_open(task)).collect();
    assert!(open.is_empty(), "{open:?}");
    assert!(run.documents.iter().all(|d| d.void), "{:?}", run.documents);
    let purpose = format!("Kite, сделка {}", play.deal);
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    let left: Vec<_> = requests
        .as_array()
        .into_iter()
        .flatten()
        .filter(|request| request["object"].to_string().contains(&purpose))
        .filter(|request| request["deleted"] == false)
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let store = &world.stack.store;
    let other = BuyoutId::new("another", 1);
    let holder = store.claim_car(&play.car.identifier, &other).await?;
    assert_eq!(holder, None, "the car is still taken");
    store.release_car(&other).await?;
    let deal = format!("bitrix24/deals/{}", play.deal);
    let deal = world.stack.control.get(&deal).await?;
    let robots = deal["robots"].as_array().cloned().unwrap_or_default();
    assert!(
        !robots.is_empty() && robots.iter().all(|robot| !robot["answer"].is_null()),
        "{robots:?}"
    );
    Ok(())
}

fn impatient() -> domain::policy::BuyoutPolicy {
    let mut policy = quick();
    policy.deadlines.partner_secs = 4;
    policy.deadlines.courtesy_secs = 2;
    policy
}

async fn stages_of(wanted: Fate, of: fn(Stage) -> bool) -> anyhow::Result<()> {
    let world = World::with(Options {
        policy: impatient(),
        ..Options::default()
    })
    .await?;
    let stages: Vec<Stage> = Stage::iter()
        .filter(|stage| fate(*stage) == wanted && of(*stage))
        .collect();
    assert!(!stages.is_empty());
    for stage in stages {
        let play = reach(&world, stage).await?;
        let head = world.stack.sign_in("head").await?;
        let before = head.buyout(&play.id).await?;
        assert_eq!(before.may_cancel, wanted == Fate::Undone, "{stage}");
        let said = cancel(&play, "head").await?;
        match wanted {
            Fate::Undone => {
                said?;
                assert_eq!(play.end().await?, "CANCELLED", "cancelled at {stage}");
                let run = head.buyout(&play.id).await?;
                nothing_left(&world, &play, &run).await?;
                let outcome = run.summary.unwrap_or_default().outcome;
                assert!(outcome.contains("Дальше не идём."), "{stage}: {outcome}");
            }
            Fate::TooLate => {
                let refused = said.expect_err("money is on its way or gone");
                assert_eq!(refused.code(), Code::FailedPrecondition, "{stage}");
                assert!(refused.message().contains("еньги"), "{stage}: {refused}");
                assert!(before.cancel_refusal.contains("еньги"), "{before:?}");
                let run = head.buyout(&play.id).await?;
                // The money goes on its way meanwhile; it is the same money.
                let money = |run: &Buyout| -> Vec<_> {
                    let parts = run.payments.iter().map(|payment| {
                        (
                            payment.attempt,
                            payment.rail.clone(),
                            payment.amount,
                            payment.refusal.clone(),
                        )
                    });
                    parts.collect()
                };
                assert_eq!(money(&run), money(&before), "{stage}");
            }
            Fate::Ended => {
                let refused = said.expect_err("the deal has ended");
                assert_eq!(refused.code(), Code::FailedPrecondition, "{stage}");
                assert!(
                    refused.message().contains("уже заверш"),
                    "{stage}: {refused}"
                );
                let run = head.buyout(&play.id).await?;
                let now = run.summary.clone().unwrap_or_default().stage;
                assert_eq!(now, stage.to_string());
            }
        }
        world.stack.control.delete("faults").await?;
        if stage == Stage::Dispatching {
            absent(&world, false).await?;
        }
    }
    if wanted == Fate::Undone {
        assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 0);
    }
    world.assert_each_effect_once().await?;
    world.stop().await
}

/// Up to here there is no agreed price; the runs beyond are the longer ones, and tested apart.
fn without_a_price(stage: Stage) -> bool {
    stage <= Stage::Offer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_each_stage_before_a_price_leaves_nothing_behind() -> anyhow::Result<()> {
    stages_of(Fate::Undone, without_a_price).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_each_stage_between_price_and_money_takes_everything_back() -> anyhow::Result<()>
{
    stages_of(Fate::Undone, |stage| !without_a_price(stage)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_each_stage_of_the_money_is_refused_with_the_reason() -> anyhow::Result<()> {
    stages_of(Fate::TooLate, |_| true).await
}

/// Ends in which the money was asked for are the longer runs.
fn after_the_papers(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Done | Stage::DoneNeedsManual | Stage::CancelledNeedsManual
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_each_end_before_the_papers_changes_nothing() -> anyhow::Result<()> {
    stages_of(Fate::Ended, |stage| !after_the_papers(stage)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_at_each_end_after_the_papers_changes_nothing() -> anyhow::Result<()> {
    stages_of(Fate::Ended, after_the_papers).await
}
