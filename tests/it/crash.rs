//! The worker dies, as a process, at every point of every effect: before the call, after the request is sent,
//! after the effect and before our commit, after our commit and before the engine knows. The next worker goes on;
//! nothing is lost, nothing happens twice. Drawn from `tests::effects`.

mod mortal;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::bail;
use contracts::queues;
use contracts::sweep::{Reconcile, SweepPortals};
use contracts::yookassa::RefreshBanks;
use domain::buyout::decision::{Fact, FactKind};
use domain::task::TaskKind;
use futures::future::try_join_all;
use proto::kite::buyout::v1::CancelBuyoutRequest;
use serde_json::{Value, json};
use stack::client::OfferPage;
use stack::play::{Play, Prices};
use strum::IntoEnumIterator;
use temporalio_client::WorkflowStartOptions;
use tests::crash::Point;
use tests::effects::EFFECTS;
use tests::wait::until;
use tonic::Code;
use workflows::buyout::BuyoutWorkflow;
use workflows::payout_banks::PayoutBanksWorkflow;
use workflows::reconcile::ReconcileWorkflow;
use workflows::sweep::SweepPortalsWorkflow;

use self::mortal::Mortal;

/// Paid by SBP, with a tick on the portal and a fact that fits nowhere.
const BY_SBP: &[&str] = &[
    "autoteka.order_report",
    "autoteka.valuate",
    "avtocod.make_report",
    "bitrix24.answer_robot",
    "bitrix24.close_task",
    "bitrix24.comment",
    "bitrix24.mirror_task",
    "bitrix24.notify",
    "bitrix24.reopen_task",
    "bitrix24.tell_user",
    "bitrix24.update_deal",
    "documents.render",
    "fssp.search_person",
    "messages.send_code",
    "messages.send_documents",
    "messages.send_notice_messenger",
    "messages.send_offer_messenger",
    "onec.post_receipt",
    "onec.save_car",
    "onec.save_counterparty",
    "onec.save_receipt",
    "records.claim_car",
    "records.keep_unmatched",
    "records.next_number",
    "records.release_car",
    "records.save_buyout",
    "treasury.post_request",
    "treasury.save_request",
    "yookassa.create_payout",
];
/// Paid by a bank order to a client who has mail only.
const BY_BANK: &[&str] = &[
    "bank.create_order",
    "messages.send_notice_mail",
    "messages.send_offer_mail",
];
/// Cancelled while the request waits in the treasury.
const TAKEN_BACK: &[&str] = &["treasury.withdraw_request"];
/// What no buyout does.
const OF_THE_BANKS: &[&str] = &["records.save_banks"];
const OF_PORTALS: &[&str] = &["bitrix24.sweep_portal"];
const OF_RECONCILE: &[&str] = &["sweep.compare", "sweep.keep_idle"];

const CHEAP: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};
const DEAR: Prices = Prices {
    buyout: 1_450_000,
    stop: 1_550_000,
    forecast: 1_800_000,
};

/// Deals of one story at one point, at most.
const MOST_DEALS: usize = 4;
/// Many deaths, each a few seconds.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn every_effect_has_a_story_in_which_its_worker_dies() {
    let stories = [
        BY_SBP,
        BY_BANK,
        TAKEN_BACK,
        OF_THE_BANKS,
        OF_PORTALS,
        OF_RECONCILE,
    ]
    .concat();
    let told: BTreeSet<&str> = stories.iter().copied().collect();
    let effects: BTreeSet<&str> = EFFECTS.iter().map(|effect| effect.activity).collect();
    assert_eq!(
        told, effects,
        "an effect of tests/support/effects.rs has no story here"
    );
    assert_eq!(told.len(), stories.len(), "one story each");
}

/// The task's mirror is ticked off on the portal, which decides nothing; it is open again before anybody goes on.
async fn tick(play: &Play<'_>, kind: TaskKind, user: u64) -> anyhow::Result<()> {
    let number = mirror(play, kind).await?;
    let path = format!("bitrix24/tasks/{number}/complete");
    let control = &play.stack.control;
    control.post(&path, json!({ "user": user })).await?;
    mirror(play, kind).await?;
    Ok(())
}

/// The number of the portal's task that mirrors the run's task of that kind, once it is open there.
async fn mirror(play: &Play<'_>, kind: TaskKind) -> anyhow::Result<u64> {
    let what = format!("{} has an open mirror of {kind}", play.id);
    until(PATIENCE, &what, async || {
        let tasks = play.stack.control.get("bitrix24/tasks").await?;
        let open = tasks.as_array().into_iter().flatten();
        let open = open.filter(|task| task["status"] == "2");
        let numbers = open.filter_map(|task| task["id"].as_str()?.parse().ok());
        for number in numbers {
            let portal = simulator::bitrix24::MEMBER_ID;
            let ours = play.stack.store.mirrored_task(portal, number).await?;
            let ours = ours.filter(|task| task.kind == kind);
            if ours.is_some_and(|task| task.id.run() == Some(&play.id)) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    })
    .await
}

/// A fact that fits nothing of the run.
async fn stray_fact(play: &Play<'_>) -> anyhow::Result<()> {
    let fact = Fact {
        event_id: format!("stray:{}", play.deal),
        fact: FactKind::PayoutChanged {
            payout: "po-of-nobody".to_owned(),
        },
    };
    play.stack
        .temporal
        .get_workflow_handle::<BuyoutWorkflow>(&play.id)
        .signal(BuyoutWorkflow::fact, fact, Default::default())
        .await?;
    Ok(())
}

/// The client sends a page's form again when nobody took it.
async fn client_says(
    play: &Play<'_>,
    page: &OfferPage,
    form: &[(&str, &str)],
) -> anyhow::Result<()> {
    until(PATIENCE, "the page takes the client's word", async || {
        let answer = play.submit(page, form).await?;
        match answer.status {
            200 => Ok(Some(())),
            500.. => Ok(None),
            status => bail!("the page answered {status}: {}", answer.text()),
        }
    })
    .await
}

async fn client_accepts(play: &Play<'_>) -> anyhow::Result<()> {
    let page = play.open(&play.offer_link(1).await?).await?;
    client_says(play, &page, &[("answer", "request_code")]).await?;
    let code = play.sms_code(1).await?;
    client_says(play, &page, &[("answer", "accept"), ("code", &code)]).await
}

/// The client has read the papers; the manager is told.
async fn client_is_ready(play: &Play<'_>) -> anyhow::Result<()> {
    let manager = play.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    let page = play.open(&play.offer_link(2).await?).await?;
    client_says(play, &page, &[("answer", "ready")]).await
}

/// A kind of deal, and which effects die in it.
struct Story {
    car: &'static str,
    fields: Value,
    activities: &'static [&'static str],
    /// Letters to the client among them.
    letters: usize,
}

/// Plays deals until each effect of the story has died at that point; answers how many it took. A death that another
/// point asked for may take a call along: what it did is found by the next attempt, which makes no such call.
async fn dies(
    mortal: &Mortal,
    point: Point,
    story: Story,
    play_it: impl AsyncFn(&Play<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let Story {
        car,
        fields,
        activities,
        letters,
    } = story;
    let mut left = activities.to_vec();
    for deals in 1..=MOST_DEALS {
        let play = mortal.deal(car, point, &left, fields.clone()).await?;
        if point == Point::Sent && letters > 0 && deals == 1 {
            // A letter that is sent and not acknowledged: the worker is killed from outside.
            let (played, died) =
                tokio::join!(play_it(&play), mortal.die_of_letters(&play, letters));
            played?;
            died?;
            mortal.assert_letters_died(&play, activities).await?;
        } else {
            play_it(&play).await?;
        }
        left.retain(|activity| mortal.points.take_unfired(&play.id, activity));
        if left.is_empty() {
            return Ok(deals);
        }
    }
    bail!("{left:?} were not reached at {point:?} in {MOST_DEALS} deals")
}

async fn by_sbp(mortal: &Mortal, point: Point) -> anyhow::Result<usize> {
    let story = Story {
        car: "clean_cheap",
        fields: json!({}),
        activities: BY_SBP,
        letters: 1,
    };
    dies(mortal, point, story, async |play| {
        play.robot_calls().await?;
        play.inspect().await?;
        tick(play, TaskKind::Appraise, 14).await?;
        play.appraise(CHEAP).await?;
        client_accepts(play).await?;
        play.bring_papers().await?;
        stray_fact(play).await?;
        play.verify_papers().await?;
        client_is_ready(play).await?;
        play.sign().await?;
        play.treasury_decides("approve", "approver").await?;
        play.confirm_payment().await?;
        assert_eq!(play.end().await?, "DONE", "{point:?}");
        Ok(())
    })
    .await
}

async fn by_bank(mortal: &Mortal, point: Point) -> anyhow::Result<usize> {
    let story = Story {
        car: "expensive",
        fields: json!({ "contact": { "phone": "" } }),
        activities: BY_BANK,
        letters: 2,
    };
    dies(mortal, point, story, async |play| {
        play.up_to_offer(DEAR).await?;
        play.client_says("ACCEPT", 0, "").await?;
        play.up_to_payment().await?;
        play.bank_signs().await?;
        play.confirm_payment().await?;
        assert_eq!(play.end().await?, "DONE", "{point:?}");
        Ok(())
    })
    .await
}

async fn taken_back(mortal: &Mortal, point: Point) -> anyhow::Result<usize> {
    let story = Story {
        car: "clean_cheap",
        fields: json!({}),
        activities: TAKEN_BACK,
        letters: 0,
    };
    dies(mortal, point, story, async |play| {
        play.up_to_offer(CHEAP).await?;
        play.client_says("ACCEPT", 0, "").await?;
        play.bring_papers().await?;
        play.verify_papers().await?;
        play.sign().await?;
        head_cancels(play).await?;
        assert_eq!(play.end().await?, "CANCELLED", "{point:?}");
        Ok(())
    })
    .await
}

async fn head_cancels(play: &Play<'_>) -> anyhow::Result<()> {
    let head = play.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    let request = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "дальше не идём".to_owned(),
    };
    until(PATIENCE, "the head cancels", async || {
        match head.buyouts().cancel_buyout(request.clone()).await {
            Ok(_) => Ok(Some(())),
            // It was taken, and the answer was lost.
            Err(status) if status.code() == Code::FailedPrecondition => Ok(Some(())),
            Err(status) if status.code() == Code::Unavailable => Ok(None),
            Err(status) => Err(status.into()),
        }
    })
    .await
}

/// How many deals were played for all points together.
async fn deals(
    mortal: &Mortal,
    story: impl AsyncFn(&Mortal, Point) -> anyhow::Result<usize>,
) -> anyhow::Result<usize> {
    let played = try_join_all(Point::iter().map(|point| story(mortal, point))).await?;
    Ok(played.into_iter().sum())
}

/// A buyout by SBP in which each effect dies at that point; a stack for each, so that they may die side by side.
async fn deaths_of_a_buyout_by_sbp(point: Point) -> anyhow::Result<()> {
    let mortal = Mortal::start().await?;
    mortal
        .play(async |mortal| {
            let deals = by_sbp(mortal, point).await?;
            let once = [
                ("autoteka", "buy_report"),
                ("avtocod", "make_report"),
                ("bitrix24", "bizproc.event.send"),
                ("onec_alfa", "create_counterparty"),
                ("onec_alfa", "create_car"),
                ("onec_alfa", "create_receipt"),
                ("onec_alfa", "post_receipt"),
                ("onec_treasury", "create_request"),
                ("onec_treasury", "post_request"),
                ("yookassa", "create_payout"),
            ];
            mortal.assert_count(deals, &once).await?;
            let page = store::Page::default();
            let store = &mortal.world.stack.store;
            let kept = store.list_unmatched(false, &page).await?;
            // A message that went out under our key and whose id no answer told is known by nobody's status.
            let of_runs = kept.rows.iter().filter(|row| row.source != "wazzup");
            assert_eq!(of_runs.count(), deals, "{:?}", kept.rows);
            Ok(())
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_each_call_of_a_buyout_loses_and_repeats_nothing()
-> anyhow::Result<()> {
    deaths_of_a_buyout_by_sbp(Point::Before).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_while_each_call_is_answered_loses_and_repeats_nothing()
-> anyhow::Result<()> {
    deaths_of_a_buyout_by_sbp(Point::Sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_each_effect_of_a_buyout_loses_and_repeats_nothing()
-> anyhow::Result<()> {
    deaths_of_a_buyout_by_sbp(Point::Effect).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_the_engine_knows_loses_and_repeats_nothing() -> anyhow::Result<()>
{
    deaths_of_a_buyout_by_sbp(Point::Done).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_over_orders_letters_and_undo_loses_and_repeats_nothing()
-> anyhow::Result<()> {
    let mortal = Mortal::start().await?;
    mortal
        .play(async |mortal| {
            let (ordered, undone) =
                tokio::try_join!(deals(mortal, by_bank), deals(mortal, taken_back))?;
            mortal
                .assert_count(ordered, &[("bank", "create_order")])
                .await?;
            mortal
                .assert_count(undone, &[("onec_treasury", "unpost_request")])
                .await
        })
        .await
}

/// The points at which an effect of our own can die.
fn of_our_own() -> impl Iterator<Item = Point> {
    Point::iter().filter(|point| *point != Point::Sent)
}

fn start(id: &str) -> WorkflowStartOptions {
    WorkflowStartOptions::new(queues::KITE, id).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_beside_the_buyouts_loses_and_repeats_nothing() -> anyhow::Result<()> {
    let mortal = Mortal::start().await?;
    mortal
        .play(async |mortal| {
            // One after another: no death takes along what another one waits for.
            portals(mortal).await?;
            banks(mortal).await?;
            reconciled(mortal).await
        })
        .await
}

async fn banks(mortal: &Mortal) -> anyhow::Result<()> {
    let temporal = &mortal.world.stack.temporal;
    for point in of_our_own() {
        let id = format!("banks-{point:?}");
        mortal.points.arm(&id, point, OF_THE_BANKS)?;
        let refresh = RefreshBanks { patience_secs: 120 };
        let run = temporal
            .start_workflow(PayoutBanksWorkflow::run, refresh, start(&id))
            .await?;
        run.get_result(Default::default()).await?;
    }
    Ok(())
}

async fn reconciled(mortal: &Mortal) -> anyhow::Result<()> {
    let stack = &mortal.world.stack;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    for point in of_our_own() {
        let id = format!("reconcile-{point:?}");
        mortal.points.arm(&id, point, OF_RECONCILE)?;
        let input = Reconcile {
            days: 7,
            chunk: 50,
            patience_secs: 120,
            grace_secs: 0,
        };
        let run = stack
            .temporal
            .start_workflow(ReconcileWorkflow::run, input, start(&id))
            .await?;
        let sum = run.get_result(Default::default()).await?;
        assert!(sum.silent.is_empty() && sum.runs > 0, "{point:?} {sum:?}");
    }
    Ok(())
}

async fn portals(mortal: &Mortal) -> anyhow::Result<()> {
    let stack = &mortal.world.stack;
    let mut play = Play::deal(stack, "clean_cheap").await?;
    play.patience = PATIENCE;
    play.robot_calls().await?;
    play.inspector().await?;
    let sweep = async |id: &str| {
        let input = SweepPortals { grace_secs: 0 };
        let run = stack
            .temporal
            .start_workflow(SweepPortalsWorkflow::run, input, start(id))
            .await?;
        anyhow::Ok(run.get_result(Default::default()).await?)
    };
    for point in Point::iter() {
        // The portal keeps an event of it.
        let id = format!("sweep-{point:?}");
        mortal.points.arm(&id, point, OF_PORTALS)?;
        tick(&play, TaskKind::Inspect, 11).await?;
        let swept = sweep(&id).await?;
        assert_eq!(swept.silent, 0, "{point:?} {swept:?}");
    }
    // One for each tick.
    let opened = [("bitrix24", "tasks.task.renew")];
    mortal.assert_count(Point::iter().count(), &opened).await
}
