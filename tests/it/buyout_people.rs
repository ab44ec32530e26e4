//! Who may do what in a run: wrong people, own work, stale versions, returned papers, cancelling.

use proto::kite::buyout::v1::CancelBuyoutRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::papers;
use stack::play::{Play, Prices};
use tests::World;
use tonic::Code;
use tonic_types::StatusExt;

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

fn reason(status: &tonic::Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_person_a_stale_version_and_own_work_are_refused_with_a_sentence()
-> anyhow::Result<()> {
    let world = World::start().await?;
    // Somebody who holds every role at once: duties are separated by person, not by role.
    let everybody = tests::staff::with_every_role(&world, "everybody").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;

    let appraisal = || {
        Kind::Appraise(papers::appraisal(
            PRICES.buyout,
            PRICES.stop,
            PRICES.forecast,
        ))
    };
    let task = everybody
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let verifier = world.stack.sign_in("verifier").await?;
    let wrong = verifier
        .decide(&task, appraisal())
        .await
        .expect_err("a verifier appraises");
    assert_eq!(
        (wrong.code(), reason(&wrong).as_str()),
        (Code::PermissionDenied, "WRONG_PERSON"),
        "{wrong}"
    );
    let stale = pb::Task {
        version: task.version + 1,
        ..task.clone()
    };
    let refused = everybody
        .decide(&stale, appraisal())
        .await
        .expect_err("a version that nobody saw");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "STALE_VERSION"),
        "{refused}"
    );
    let empty = everybody
        .decide(&task, Kind::Appraise(pb::Appraisal::default()))
        .await
        .expect_err("an empty appraisal");
    assert_eq!(empty.code(), Code::InvalidArgument, "{empty}");
    let fields = empty
        .get_error_details()
        .bad_request()
        .map(|b| b.field_violations.len())
        .unwrap_or_default();
    assert!(fields > 0, "no field is named: {empty}");
    everybody.decide(&task, appraisal()).await?;
    let twice = everybody
        .decide(&task, appraisal())
        .await
        .expect_err("a second decision");
    assert_eq!(twice.code(), Code::FailedPrecondition, "{twice}");
    let closed = everybody
        .tasks()
        .get_task(pb::GetTaskRequest {
            id: task.id.clone(),
        })
        .await?
        .into_inner()
        .task
        .and_then(|task| task.closed_at)
        .expect("a moment");
    let at = chrono::DateTime::from_timestamp(closed.seconds, 0).expect("a moment");
    let when = world.stack.settings.policy.calendar.format_ru(at);
    assert!(
        twice.message().contains(&everybody.name) && twice.message().contains(&when),
        "nobody learns who decided and when ({when}): {twice}"
    );

    // Whoever appraised does not approve the price, whatever roles they hold.
    let senior = world.stack.sign_in("senior").await?;
    let task = senior
        .wait_for(&play.id, "APPROVE_PRICE", play.patience)
        .await?;
    assert_eq!(task.refusal, "", "the senior appraiser may approve");
    let listed = pb::ListTasksRequest {
        buyout_id: play.id.clone(),
        ..Default::default()
    };
    let listed = everybody
        .tasks()
        .list_tasks(listed)
        .await?
        .into_inner()
        .tasks;
    assert!(
        listed.iter().all(|listed| listed.id != task.id),
        "own work is offered: {listed:?}"
    );
    let seen = everybody
        .tasks()
        .get_task(pb::GetTaskRequest {
            id: task.id.clone(),
        })
        .await?
        .into_inner()
        .task;
    assert!(
        !seen.unwrap_or_default().refusal.is_empty(),
        "the task does not say that it is own work"
    );
    let word = || {
        Kind::ApprovePrice(pb::ApprovePrice {
            approved: true,
            comment: String::new(),
        })
    };
    let own = everybody.decide(&task, word()).await.expect_err("own work");
    assert_eq!(
        (own.code(), reason(&own).as_str()),
        (Code::PermissionDenied, "OWN_WORK"),
        "{own}"
    );
    play.approve_price().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_claims_a_task_and_the_others_are_told() -> anyhow::Result<()> {
    let world = World::start().await?;
    let everybody = tests::staff::with_every_role(&world, "everybody").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let claim = |person: &stack::people::Person| {
        let mut tasks = person.tasks();
        let request = pb::ClaimTaskRequest {
            id: task.id.clone(),
            version: task.version,
        };
        async move { tasks.claim_task(request).await }
    };
    let mut race = Vec::new();
    for turn in 0..20 {
        race.push(claim(if turn % 2 == 0 {
            &appraiser
        } else {
            &everybody
        }));
    }
    let ends = futures::future::join_all(race).await;
    let won = ends.iter().filter(|end| end.is_ok()).count();
    assert_eq!(won, 1, "a claim race has one winner");
    let claimed = appraiser
        .tasks()
        .get_task(pb::GetTaskRequest {
            id: task.id.clone(),
        })
        .await?
        .into_inner()
        .task
        .expect("the task");
    let owner = claimed.owner.clone().unwrap_or_default();
    for lost in ends.into_iter().filter_map(Result::err) {
        assert!(
            lost.message().contains(&owner.name) || reason(&lost) == "STALE_VERSION",
            "{} has it, and a loser is told: {lost}",
            owner.name
        );
    }

    // Twenty decisions of its owner at once: one is taken, the others are told whose and when.
    let winner = if owner.id == appraiser.id {
        &appraiser
    } else {
        &everybody
    };
    let decision = || {
        Kind::Appraise(papers::appraisal(
            PRICES.buyout,
            PRICES.stop,
            PRICES.forecast,
        ))
    };
    let race = (0..20).map(|_| winner.decide(&claimed, decision()));
    let ends = futures::future::join_all(race).await;
    let (taken, refused): (Vec<_>, Vec<_>) = ends.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (1, 19));
    for lost in refused.into_iter().filter_map(Result::err) {
        assert_eq!(lost.code(), Code::FailedPrecondition, "{lost}");
        assert!(
            lost.message().contains("Задача уже закрыта") && lost.message().contains(&winner.name),
            "{lost}"
        );
    }
    let approvals = winner.buyout(&play.id).await?.tasks;
    let opened = approvals.iter().filter(|t| t.kind == "APPROVE_PRICE");
    assert!(opened.count() <= 1, "{approvals:?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_come_back_with_remarks_and_are_brought_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    let verifier = world.stack.sign_in("verifier").await?;
    let mut verdicts = papers::accepted();
    verdicts.verdicts[1].accepted = false;
    let mute = verifier
        .answer(
            &play.id,
            "VERIFY_PAPERS",
            Kind::VerifyPapers(verdicts.clone()),
            play.patience,
        )
        .await;
    assert!(mute.is_err(), "a refusal without a remark was taken");
    verdicts.verdicts[1].remark = "ПТС: не видна вторая страница.".to_owned();
    verifier
        .answer(
            &play.id,
            "VERIFY_PAPERS",
            Kind::VerifyPapers(verdicts),
            play.patience,
        )
        .await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    assert!(
        task.details.contains("не видна вторая страница"),
        "{}",
        task.details
    );
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    world.record("papers_returned", &play).await?;
    world.stop().await
}

async fn cancel(
    world: &World,
    login: &str,
    id: &str,
    why: &str,
) -> anyhow::Result<Result<(), tonic::Status>> {
    let person = world.stack.sign_in(login).await?;
    let request = CancelBuyoutRequest {
        id: id.to_owned(),
        reason: why.to_owned(),
    };
    Ok(person.buyouts().cancel_buyout(request).await.map(|_| ()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_cancelled_before_signing_leaves_nothing_behind() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPRAISE", play.patience).await?;
    let without = cancel(&world, "manager", &play.id, " ")
        .await?
        .expect_err("a cancel without a reason");
    assert_eq!(without.code(), Code::InvalidArgument, "{without}");
    let wrong = cancel(&world, "appraiser", &play.id, "не хочу")
        .await?
        .expect_err("an appraiser cancels");
    assert_eq!(wrong.code(), Code::PermissionDenied, "{wrong}");
    cancel(&world, "manager", &play.id, "Клиент передумал.").await??;
    assert_eq!(play.end().await?, "CANCELLED");
    let buyout = head.buyout(&play.id).await?;
    assert!(
        buyout
            .tasks
            .iter()
            .all(|task| task.state != "OPEN" && task.state != "CLAIMED"),
        "{:?}",
        buyout.tasks
    );
    let again = cancel(&world, "manager", &play.id, "ещё раз")
        .await?
        .expect_err("a cancel after the end");
    assert_eq!(again.code(), Code::FailedPrecondition, "{again}");
    // The car is free: another deal on it goes its way.
    let second = Play::deal_on(&world.stack, play.catalogue.clone(), serde_json::json!({})).await?;
    second.robot_calls().await?;
    let inspector = world.stack.sign_in("inspector").await?;
    inspector
        .wait_for(&second.id, "INSPECT", play.patience)
        .await?;
    world.record("cancelled_before_signing", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_cancelled_after_signing_voids_the_papers_and_withdraws_the_request()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    cancel(&world, "head", &play.id, "Найден дефект кузова.").await??;
    assert_eq!(play.end().await?, "CANCELLED");
    let buyout = head.buyout(&play.id).await?;
    assert!(
        buyout.documents.iter().all(|document| document.void),
        "{:?}",
        buyout.documents
    );
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    let request = &requests.as_array().expect("requests")[0];
    assert_eq!(request["deleted"], true, "{request}");
    assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 0);
    world.assert_each_effect_once().await?;
    world.record("cancelled_after_signing", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deal_on_a_car_in_work_is_refused_by_name() -> anyhow::Result<()> {
    let world = World::start().await?;
    let first = Play::deal(&world.stack, "clean").await?;
    first.robot_calls().await?;
    let inspector = world.stack.sign_in("inspector").await?;
    inspector
        .wait_for(&first.id, "INSPECT", first.patience)
        .await?;
    let second =
        Play::deal_on(&world.stack, first.catalogue.clone(), serde_json::json!({})).await?;
    second.robot_calls().await?;
    assert_eq!(second.end().await?, "CANCELLED");
    let head = world.stack.sign_in("head").await?;
    let outcome = head
        .buyout(&second.id)
        .await?
        .summary
        .unwrap_or_default()
        .outcome;
    assert!(outcome.contains(&first.id), "{outcome}");
    world.stop().await
}
