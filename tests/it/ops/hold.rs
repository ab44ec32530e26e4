//! A partner that is held, by its circuit or by people: its calls wait, nothing fails, clocks stand still.

use domain::calendar::WorkingCalendar;
use proto::kite::ops::v1 as pb;
use serde_json::json;
use stack::play::{Play, Prices};
use tests::world::quick;
use tests::{Options, World};
use tonic::Code;

use super::{WORKER, explain, lines, open, partner, until, worker_knows_of_hold};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

/// A source is waited for so long, held or not, before a person is asked.
const SOURCE_SECS: u64 = 20;

async fn world() -> anyhow::Result<World> {
    let mut policy = quick();
    policy.deadlines.source_secs = SOURCE_SECS;
    World::with(Options {
        policy,
        worker: WORKER.to_owned(),
        ..Options::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_opens_the_circuit_and_nothing_fails_until_the_partner_is_back()
-> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let other = Play::deal(stack, "clean_cheap").await?;
    other.up_to_offer(PRICES).await?;

    let away = json!({ "status": 503 });
    stack
        .control
        .fault("fssp", "search_person", json!("every"), away)
        .await?;
    let (one, two) = (
        Play::deal(stack, "clean_cheap").await?,
        Play::deal(stack, "clean_cheap").await?,
    );
    for play in [&one, &two] {
        play.robot_calls().await?;
    }
    let (first, second) = tokio::join!(one.inspect(), two.inspect());
    first?;
    second?;
    let held = until("the circuit opens", async || {
        Ok(partner(&ops, "fssp").await?.holds.pop())
    })
    .await?;
    assert_eq!(
        (held.cause.as_str(), held.partner_title.as_str()),
        ("CIRCUIT", "ФССП")
    );
    assert!(held.held_by.is_none() && held.released_at.is_none());
    assert!(held.reason.contains("недоступен"), "{held:?}");

    // Both runs wait, and say for whom; longer than the patience of a call, and nobody is asked anything.
    for play in [&one, &two] {
        until("the run waits for the partner", async || {
            let summary = ops.buyout(&play.id).await?.summary;
            let waiting = summary.map(|run| run.waiting_for).unwrap_or_default();
            Ok(waiting.contains("партнёр остановлен: ФССП").then_some(()))
        })
        .await?;
    }
    // The partner is tried all the while, by one call at a time.
    let since = held.since.expect("a beginning").seconds;
    until("the hold outlasts every patience", async || {
        let now = chrono::Utc::now().timestamp();
        Ok((now - since > SOURCE_SECS as i64 + 2).then_some(()))
    })
    .await?;
    for play in [&one, &two] {
        let why = explain(&ops, &play.id).await?;
        let wait = &why.waits[0];
        assert_eq!(
            (wait.kind.as_str(), wait.partner.as_str()),
            ("HOLD", "fssp")
        );
        assert!(
            why.summary.contains("ФССП остановлен из-за сбоев"),
            "{why:?}"
        );
        assert_eq!(open(&ops, play).await?, Vec::<String>::new());
        assert_eq!(lines(&ops, play, "TROUBLE").await?, []);
    }
    // Other buyouts go on: this one does not need the partner any more.
    other.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(other.end().await?, "DECLINED_BY_CLIENT");

    // It is back: the next try closes the circuit, and everything goes on by itself.
    stack.control.delete("faults").await?;
    for play in [&one, &two] {
        let sources = until("the sources have answered", async || {
            Ok(open(&ops, play).await?.pop())
        })
        .await?;
        let checks = lines(&ops, play, "CHECK").await?;
        assert_eq!(sources, "APPRAISE", "{checks:?}");
        play.appraise(PRICES).await?;
        play.client_says("DECLINE", 0, "Передумал.").await?;
        assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
        let told = lines(&ops, play, "HOLD").await?;
        let told: Vec<&str> = told.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            told,
            [
                "ФССП: партнёр остановлен, шаг ждёт и продолжится сам.",
                "ФССП: партнёр снова работает, продолжаем."
            ]
        );
        assert_eq!(lines(&ops, play, "TROUBLE").await?, []);
    }
    assert_eq!(partner(&ops, "fssp").await?.holds, []);
    let request = pb::ListHoldsRequest {
        page: None,
        partner: "fssp".to_owned(),
    };
    let holds = ops.ops().list_holds(request).await?.into_inner().holds;
    assert_eq!(holds.len(), 1, "{holds:?}");
    assert!(
        holds[0].released_at.is_some() && holds[0].released_by.is_none(),
        "it answered by itself: {holds:?}"
    );
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_hold_a_partner_with_a_reason_and_release_it() -> anyhow::Result<()> {
    let world = world().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let hold = |partner: &str, reason: &str| pb::HoldPartnerRequest {
        partner: partner.to_owned(),
        reason: reason.to_owned(),
    };
    for (partner, reason, field) in [("fssp", "  ", "reason"), ("nobody", "Работы.", "partner")]
    {
        let refused = ops.ops().hold_partner(hold(partner, reason)).await;
        let refused = refused.expect_err("a hold without a reason or a partner");
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
    }
    let held = ops
        .ops()
        .hold_partner(hold("fssp", "Плановые работы."))
        .await?;
    let held = held.into_inner().hold.expect("a hold");
    assert_eq!(held.held_by.map(|by| by.id), Some(ops.id.clone()));
    let again = ops.ops().hold_partner(hold("fssp", "Ещё раз.")).await;
    let again = again.expect_err("it is held");
    assert_eq!(again.code(), Code::FailedPrecondition, "{again}");
    let head = stack.sign_in("head").await?;
    let refused = head.ops().hold_partner(hold("avtocod", "Работы.")).await;
    let refused = refused.expect_err("a head is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    // Whoever keeps the engine running learns of it; whoever did it knows.
    let admin = stack.sign_in("admin").await?;
    let told = until("the administrator is told", async || {
        let request = proto::kite::notification::v1::ListNotificationsRequest::default();
        let told = admin.notifications().list_notifications(request).await?;
        Ok(told.into_inner().notifications.into_iter().next())
    })
    .await?;
    assert_eq!(told.title, "ФССП: партнёр остановлен сопровождением");
    assert_eq!(
        (told.text.as_str(), told.buyout_id.as_str()),
        ("Плановые работы.", "")
    );

    worker_knows_of_hold(stack, "fssp").await?;
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let why = until("the run waits for the partner", async || {
        let why = explain(&ops, &play.id).await?;
        Ok((why.waits[0].kind == "HOLD").then_some(why))
    })
    .await?;
    assert!(why.summary.contains("Плановые работы"), "{why:?}");
    assert!(why.summary.contains("kite ops resume fssp"), "{why:?}");
    let resume = why.actions.iter().find(|action| action.code == "RESUME");
    let resume = resume.expect("a way out");
    assert!(
        resume.mine && resume.roles == ["OPS", "ADMIN"],
        "{resume:?}"
    );
    // The partner is not called at all, not even to find out whether it is there.
    assert_eq!(world.effects("fssp", "search_person").await?.len(), 0);
    assert_eq!(partner(&ops, "fssp").await?.calls_last_hour, 0);

    let request = pb::ResumePartnerRequest {
        partner: "fssp".to_owned(),
    };
    let released = ops.ops().resume_partner(request.clone()).await?;
    let released = released.into_inner().partner.expect("a partner");
    assert_eq!(released.holds, []);
    let nothing = ops.ops().resume_partner(request).await;
    let nothing = nothing.expect_err("it is not held");
    assert_eq!(nothing.code(), Code::FailedPrecondition, "{nothing}");
    play.appraise(PRICES).await?;
    assert_eq!(lines(&ops, &play, "TROUBLE").await?, []);
    let audit = stack.store.audit_of("partner/fssp").await?;
    let audit: Vec<(&str, &str)> = audit
        .iter()
        .map(|row| (row.action.as_str(), row.person.as_str()))
        .collect();
    assert_eq!(
        audit,
        [
            ("partner.hold", ops.id.as_str()),
            ("partner.resume", ops.id.as_str())
        ]
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_a_task_that_needs_a_held_partner_stands_still() -> anyhow::Result<()> {
    let mut policy = quick();
    policy.calendar = WorkingCalendar::always_open(chrono_tz::Europe::Moscow);
    policy.deadlines.approve_payment_secs = 6;
    let world = World::with(Options {
        policy,
        worker: WORKER.to_owned(),
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    let head = stack.sign_in("head").await?;
    let task = head
        .wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    let request = pb::HoldPartnerRequest {
        partner: "onec_treasury".to_owned(),
        reason: "Обновление базы.".to_owned(),
    };
    ops.ops().hold_partner(request).await?;
    let due = |task: &proto::kite::task::v1::Task| task.due_at.expect("a deadline").seconds;
    // The clock strikes at half of the time: it stands, and the deadline moves ahead of the hold.
    let held = until("the deadline moves", async || {
        let now = head
            .wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
            .await?;
        Ok((due(&now) > due(&task) + 60).then_some(now))
    })
    .await?;
    assert!(!held.overdue);
    let told = lines(&ops, &play, "HOLD").await?;
    assert!(
        told.iter()
            .any(|line| line.text.contains("партнёр остановлен, срок стоит")),
        "{told:?}"
    );
    until("the first deadline is over", async || {
        let now = chrono::Utc::now().timestamp();
        Ok((now > due(&task) + 1).then_some(()))
    })
    .await?;
    assert_eq!(lines(&ops, &play, "REMINDER").await?, []);
    assert_eq!(lines(&ops, &play, "ESCALATION").await?, []);

    let request = pb::ResumePartnerRequest {
        partner: "onec_treasury".to_owned(),
    };
    ops.ops().resume_partner(request).await?;
    play.treasury_decides("approve", "approver").await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    assert_eq!(lines(&ops, &play, "TROUBLE").await?, []);
    world.stop().await
}
