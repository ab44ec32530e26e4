//! What nobody tells: lost calls, robots without an answer, kept events, differences between systems.

use anyhow::Context;
use proto::kite::ops::v1 as pb;
use proto::kite::task::v1::Reason;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::world::quick;
use tests::{Options, World};
use tonic::Code;

use super::{until, worker_knows_of_hold};

/// Sweeps run when they are asked to, and find at once.
const WORKER: &str = "[sweep]\nportals_every_secs = 0\ngrace_secs = 0\nreconcile_at = \"\"\n\
                      reconcile_days = 7\npatience_secs = 5\n";

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

async fn world() -> anyhow::Result<World> {
    let mut policy = quick();
    policy.deadlines.partner_secs = 3;
    World::with(Options {
        policy,
        worker: WORKER.to_owned(),
        ..Options::default()
    })
    .await
}

/// Has it run and waits for its end; answers what it came to.
async fn sweep(ops: &Person, code: &str) -> anyhow::Result<String> {
    let find = async || {
        let sweeps = ops.ops().list_sweeps(pb::ListSweepsRequest {}).await?;
        let sweeps = sweeps.into_inner().sweeps;
        let found = sweeps.into_iter().find(|sweep| sweep.code == code);
        found.with_context(|| format!("no sweep {code}"))
    };
    let before = find().await?.runs;
    let request = pb::RunSweepRequest {
        code: code.to_owned(),
    };
    ops.ops().run_sweep(request).await?;
    until("the sweep ends", async || {
        let now = find().await?;
        let ended = now.runs > before && !now.running && !now.last_result.is_empty();
        Ok(ended.then_some(now.last_result))
    })
    .await
}

async fn robots(play: &Play<'_>) -> anyhow::Result<Vec<Value>> {
    let deal = play
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    Ok(deal["robots"].as_array().cloned().unwrap_or_default())
}

async fn findings(ops: &Person, settled: bool) -> anyhow::Result<Vec<pb::Finding>> {
    let request = pb::ListFindingsRequest {
        settled,
        ..pb::ListFindingsRequest::default()
    };
    Ok(ops
        .ops()
        .list_findings(request)
        .await?
        .into_inner()
        .findings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_came_is_found_and_starts_its_buyout() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let lost = json!("lose_callback");
    stack
        .control
        .fault("bitrix24", "robot", json!({ "nth": 1 }), lost)
        .await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    // A deal at another stage, on which nothing of ours waits.
    let other = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    until("the portal's automation waits", async || {
        Ok(robots(&play)
            .await?
            .iter()
            .any(|robot| robot["waits"] == true)
            .then_some(()))
    })
    .await?;
    let absent = ops.buyout(&play.id).await.expect_err("nobody was told");
    assert!(absent.to_string().contains("не найдено"), "{absent}");

    assert!(sweep(&ops, "PORTALS").await?.contains("\"lost\":1"));
    play.inspector().await?;
    let absent = ops
        .buyout(&other.id)
        .await
        .expect_err("its robot was not called");
    assert!(absent.to_string().contains("не найдено"), "{absent}");
    // What was found once is not begun again.
    assert!(sweep(&ops, "PORTALS").await?.contains("\"lost\":0"));

    // The call's token never came: at the end the deal says so, and whoever looks after it is told.
    play.inspect().await?;
    play.appraise(PRICES).await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    let result = sweep(&ops, "RECONCILE").await?;
    assert!(result.contains("\"silent\":[]"), "{result}");
    let found = findings(&ops, false).await?;
    let kinds: Vec<&str> = found.iter().map(|finding| finding.kind.as_str()).collect();
    assert_eq!(kinds, ["ROBOT_WAITS"], "{found:?}");
    assert_eq!(found[0].buyout_id, play.id);
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_was_never_answered_gets_its_answer() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let away = json!({ "status": 503 });
    stack
        .control
        .fault("bitrix24", "bizproc.event.send", json!("every"), away)
        .await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    // The portal does not take the answer; somebody says that it was given by hand, and it was not.
    let word = Reason {
        text: "Отвечу сам.".to_owned(),
    };
    ops.answer(
        &play.id,
        "PARTNER_TROUBLE",
        Kind::DoneByHand(word),
        play.patience,
    )
    .await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    assert_eq!(robots(&play).await?[0]["waits"], true);
    stack.control.delete("faults").await?;

    assert!(sweep(&ops, "PORTALS").await?.contains("\"unanswered\":1"));
    let answered = until("the robot is answered", async || {
        let robot = robots(&play).await?[0].clone();
        Ok((robot["waits"] == false).then_some(robot))
    })
    .await?;
    assert_eq!(answered["answer"]["result"], "DECLINED_BY_CLIENT");
    assert!(sweep(&ops, "PORTALS").await?.contains("\"unanswered\":0"));
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_no_longer_waits_leaves_its_answer_in_the_timeline() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    // The robot is called once more, and the portal waits a second only, while nobody may call the portal.
    let place = json!({ "timeout_secs": 1 });
    stack
        .control
        .post("bitrix24/robots/kite_buyout", place)
        .await?;
    let request = pb::HoldPartnerRequest {
        partner: "bitrix24".to_owned(),
        reason: "Работы на портале.".to_owned(),
    };
    ops.ops().hold_partner(request).await?;
    worker_knows_of_hold(stack, "bitrix24").await?;
    let path = format!("bitrix24/deals/{}/robot", play.deal);
    stack
        .control
        .post(&path, json!({ "start": "kite_buyout" }))
        .await?;
    until("the portal gives up", async || {
        let robots = robots(&play).await?;
        let timed_out = robots.last().is_some_and(|robot| robot["waits"] == false);
        Ok((robots.len() == 2 && timed_out).then_some(()))
    })
    .await?;
    let request = pb::ResumePartnerRequest {
        partner: "bitrix24".to_owned(),
    };
    ops.ops().resume_partner(request).await?;
    let comment = until("the timeline has the answer", async || {
        let deal = stack
            .control
            .get(&format!("bitrix24/deals/{}", play.deal))
            .await?;
        let comments = deal["comments"].as_array().cloned().unwrap_or_default();
        Ok(comments.into_iter().find(|comment| {
            comment["text"]
                .as_str()
                .is_some_and(|text| text.contains("больше не ждёт"))
        }))
    })
    .await?;
    assert!(
        comment["text"]
            .as_str()
            .is_some_and(|text| text.contains("Передумал")),
        "{comment}"
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_whose_event_is_lost_is_found_in_what_the_portal_kept() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    let task = until("the task is mirrored", async || {
        let tasks = stack.control.get("bitrix24/tasks").await?;
        let mirrored = tasks.as_array().into_iter().flatten().next().cloned();
        Ok(mirrored)
    })
    .await?;
    sweep(&ops, "PORTALS").await?;
    let every = json!("every");
    let lost = json!("lose_callback");
    stack
        .control
        .fault("bitrix24", "event", every, lost)
        .await?;
    let number = task["id"]
        .as_u64()
        .or(task["id"].as_str().and_then(|id| id.parse().ok()));
    let number = number.context("a task without a number")?;
    stack
        .control
        .post(&format!("bitrix24/tasks/{number}/complete"), json!({}))
        .await?;
    let result = sweep(&ops, "PORTALS").await?;
    assert!(!result.contains("\"events\":0"), "{result}");
    // The run looks, and opens the portal's task again: an inspection is not done by a tick.
    until("the run has looked", async || {
        let lines = super::lines(&ops, &play, "TASK_CHANGED").await?;
        Ok(lines
            .into_iter()
            .find(|line| line.text.contains("закрыл(а) задачу в Битрикс24")))
    })
    .await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_difference_is_a_finding_until_the_systems_agree() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    let running = Play::deal(stack, "clean").await?;
    running.robot_calls().await?;
    running.inspector().await?;
    sweep(&ops, "RECONCILE").await?;
    assert_eq!(findings(&ops, false).await?, [], "the systems agree");

    // Somebody moves the deals, unposts the receipt and changes its sum; the payer takes its word back. One
    // deal reaches the stage of a buyout by the hand of an importer, whose change calls no robot.
    let control = &stack.control;
    let stages = &stack.settings.policy.stages;
    let move_to = async |deal: u64, stage: &str| {
        control
            .post(
                &format!("bitrix24/deals/{deal}/stage"),
                json!({ "stage": stage }),
            )
            .await
    };
    move_to(play.deal, &stages.offer).await?;
    move_to(running.deal, &stages.lost).await?;
    let idle = Play::deal(stack, "clean").await?;
    let nowhere = json!({ "stages": [] });
    control.post("bitrix24/robots/kite_buyout", nowhere).await?;
    move_to(idle.deal, &stages.inspection).await?;
    let objects = control.get("onec_alfa/objects").await?;
    let receipt = objects["receipts"][0]["Ref_Key"]
        .as_str()
        .context("a receipt")?;
    let fields = format!("onec_alfa/receipts/{receipt}/fields");
    control.post(&fields, json!({ "Posted": false })).await?;
    let payouts = control.get("yookassa/payouts").await?;
    let payout = payouts[0]["id"].as_str().context("a payout")?;
    let rewrite = format!("yookassa/payouts/{payout}/rewrite");
    control
        .post(&rewrite, json!({ "status": "canceled" }))
        .await?;

    sweep(&ops, "RECONCILE").await?;
    let found = findings(&ops, false).await?;
    let mut kinds: Vec<&str> = found.iter().map(|finding| finding.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "DEAL_CLOSED",
            "DEAL_STAGE",
            "DEAL_WITHOUT_RUN",
            "PAYOUT_STATE",
            "RECEIPT_NOT_POSTED"
        ],
        "{found:?}"
    );
    let of = |kind: &str| {
        let found = found.iter().find(|finding| finding.kind == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    let stage = of("DEAL_STAGE");
    assert_eq!(
        (stage.buyout_id.as_str(), stage.deal_id),
        (play.id.as_str(), play.deal)
    );
    assert!(
        stage.ours.contains(&stages.won) && stage.theirs.contains(&stages.offer),
        "{stage:?}"
    );
    assert!(stage.proposal.contains(&stages.won), "{stage:?}");
    let payout_state = of("PAYOUT_STATE");
    assert_eq!(
        (payout_state.ours.as_str(), payout_state.theirs.as_str()),
        ("выплачено", "отклонено")
    );
    assert_eq!(of("DEAL_WITHOUT_RUN").deal_id, idle.deal);
    // Ops are told of each.
    let request = proto::kite::notification::v1::ListNotificationsRequest::default();
    let told = ops.notifications().list_notifications(request).await?;
    let told = told.into_inner().notifications;
    assert!(
        told.iter()
            .any(|notice| notice.title.starts_with("Состояние выплаты другое")),
        "{told:?}"
    );

    // More of it, on top: the sum, and what is gone altogether.
    let sum = json!({ "Posted": true, "СуммаДокумента": 1 });
    control.post(&fields, sum).await?;
    let amount = json!({ "status": "succeeded", "amount": "1.00" });
    control.post(&rewrite, amount).await?;
    sweep(&ops, "RECONCILE").await?;
    let now = findings(&ops, false).await?;
    let mut kinds: Vec<&str> = now.iter().map(|finding| finding.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "DEAL_CLOSED",
            "DEAL_STAGE",
            "DEAL_WITHOUT_RUN",
            "PAYOUT_AMOUNT",
            "RECEIPT_AMOUNT"
        ],
        "{now:?}"
    );
    control
        .delete(&format!("onec_alfa/receipts/{receipt}"))
        .await?;
    control
        .delete(&format!("yookassa/payouts/{payout}"))
        .await?;
    // Somebody works on one, and settles it with what was done.
    let claim = pb::ClaimFindingRequest { id: stage.id };
    let claimed = ops.ops().claim_finding(claim).await?.into_inner();
    let claimed = claimed.finding.context("a finding")?;
    assert_eq!(claimed.claimed_by.map(|by| by.id), Some(ops.id.clone()));
    let admin = stack.sign_in("admin").await?;
    let taken = admin
        .ops()
        .claim_finding(claim)
        .await
        .expect_err("it is taken");
    assert_eq!(taken.code(), Code::FailedPrecondition, "{taken}");
    let settle = |text: &str| pb::SettleFindingRequest {
        id: stage.id,
        settlement: text.to_owned(),
    };
    let refused = ops.ops().settle_finding(settle(" ")).await;
    let refused = refused.expect_err("no word of what was done");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    move_to(play.deal, &stages.won).await?;
    let settled = ops.ops().settle_finding(settle("Стадию вернули.")).await?;
    let settled = settled.into_inner().finding.context("a finding")?;
    assert_eq!(settled.settlement, "Стадию вернули.");
    sweep(&ops, "RECONCILE").await?;
    let now = findings(&ops, false).await?;
    let mut kinds: Vec<&str> = now.iter().map(|finding| finding.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "DEAL_CLOSED",
            "DEAL_WITHOUT_RUN",
            "PAYOUT_MISSING",
            "RECEIPT_MISSING"
        ],
        "{now:?}"
    );
    // What nobody settled and is no difference any more is over by itself.
    let over = findings(&ops, true).await?;
    let gone = over
        .iter()
        .find(|finding| finding.kind == "RECEIPT_NOT_POSTED");
    let gone = gone.context("the receipt's finding")?;
    assert!(
        gone.settled_at.is_some() && gone.settled_by.is_none(),
        "{gone:?}"
    );
    let head = stack.sign_in("head").await?;
    let refused = head
        .ops()
        .list_findings(pb::ListFindingsRequest::default())
        .await;
    let refused = refused.expect_err("a head is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    world.stop().await
}
