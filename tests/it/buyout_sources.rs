//! Sources on a bad day: failing, silent, paid twice if one is not careful; and what the inspector is told.

use std::time::Duration;

use proto::kite::buyout::v1::{
    Buyout, CancelBuyoutRequest, CountBuyoutsRequest, ListBuyoutsRequest,
};
use proto::kite::notification::v1::ListNotificationsRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::play::{Play, Prices};
use tests::world::quick;
use tests::{Options, World, wait};
use tonic::Code;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

fn sources(resolution: &str) -> Kind {
    Kind::Sources(pb::ResolveSources {
        resolution: resolution.to_owned(),
        reason: match resolution {
            "ASK_AGAIN" => String::new(),
            _ => "Источники молчат.".to_owned(),
        },
    })
}

fn outcome(run: &Buyout, kind: &str) -> String {
    let found = run.checks.iter().find(|check| check.kind == kind);
    found.map(|check| check.outcome.clone()).unwrap_or_default()
}

/// Which sources do not answer for the car from now on.
async fn silence(play: &Play<'_>, silent: &[&str]) -> anyhow::Result<()> {
    let car = play.catalogue["id"].as_str().expect("a car's id");
    let path = format!("catalogue/{car}/silence");
    let control = &play.stack.control;
    control.post(&path, json!({ "sources": silent })).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_bought_once_through_429_500_and_a_timeout_after_the_debit()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let full = json!({ "status": 429, "retry_after": 1 });
    // It is bought, and the answer trickles in for longer than anybody waits for it.
    let trickles = json!({ "drip_ms": 4_500 });
    for (nth, fault) in [full, json!({ "status": 500 }), trickles]
        .into_iter()
        .enumerate()
    {
        let when = json!({ "nth": nth + 1 });
        control.fault("autoteka", "buy_report", when, fault).await?;
    }
    let mut play = Play::deal(&world.stack, "clean_cheap").await?;
    // The answer that trickles is waited for by the adapter's own half a minute.
    play.patience = Duration::from_secs(150);
    play.robot_calls().await?;
    play.inspect().await?;
    play.appraise(PRICES).await?;
    let faults = control.get("faults").await?;
    for rule in faults.as_array().into_iter().flatten() {
        assert_eq!(rule["fired"], 1, "never played: {rule}");
    }
    assert_eq!(world.effects("autoteka", "buy_report").await?.len(), 1);
    let head = world.stack.sign_in("head").await?;
    let run = head.buyout(&play.id).await?;
    assert_eq!(outcome(&run, "HISTORY"), "CLEAR", "{:?}", run.checks);
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_used_again_until_it_is_too_old() -> anyhow::Result<()> {
    let world = World::start().await?;
    let head = world.stack.sign_in("head").await?;
    let bought = async || anyhow::Ok(world.effects("autoteka", "buy_report").await?.len());
    let checked = async |play: &Play<'_>| -> anyhow::Result<()> {
        play.robot_calls().await?;
        play.inspect().await?;
        head.wait_for(&play.id, "APPRAISE", play.patience).await?;
        let request = CancelBuyoutRequest {
            id: play.id.clone(),
            reason: "Клиент передумал.".to_owned(),
        };
        head.buyouts().cancel_buyout(request).await?;
        assert_eq!(play.end().await?, "CANCELLED");
        Ok(())
    };
    let first = Play::deal(&world.stack, "clean_cheap").await?;
    checked(&first).await?;
    assert_eq!(bought().await?, 1);
    // The same car comes back within the day.
    let again = Play::deal_on(&world.stack, first.catalogue.clone(), json!({})).await?;
    checked(&again).await?;
    assert_eq!(bought().await?, 1, "a young report was bought again");
    // What is young is the policy's word.
    let mut policy = quick();
    policy.version += 1;
    policy.limits.check_freshness_secs = 1;
    world.stack.store.put_policy(None, &policy).await?;
    let old = Play::deal_on(&world.stack, first.catalogue.clone(), json!({})).await?;
    checked(&old).await?;
    assert_eq!(bought().await?, 2, "an old report was served");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_down_is_waited_for_or_gone_without_by_the_head_alone()
-> anyhow::Result<()> {
    let mut policy = quick();
    policy.deadlines.source_secs = 4;
    let world = World::with(Options {
        policy,
        ..Options::default()
    })
    .await?;
    let control = &world.stack.control;
    let away = json!({ "status": 503 });
    control
        .fault("fssp", "search_person", json!("every"), away.clone())
        .await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    let task = head
        .wait_for(&play.id, "DECIDE_SOURCES", play.patience)
        .await?;
    assert!(task.details.contains("ФССП"), "{}", task.details);
    assert!(!task.details.contains("розыск (ГИБДД)"), "{}", task.details);
    for login in ["appraiser", "manager", "security", "ops"] {
        let person = world.stack.sign_in(login).await?;
        let refused = person.decide(&task, sources("PROCEED")).await;
        let refused = refused.expect_err(login);
        assert_eq!(refused.code(), Code::PermissionDenied, "{login}: {refused}");
    }
    let mute = Kind::Sources(pb::ResolveSources {
        resolution: "PROCEED".to_owned(),
        reason: " ".to_owned(),
    });
    let mute = head.decide(&task, mute).await.expect_err("without a word");
    assert_eq!(mute.code(), Code::InvalidArgument, "{mute}");

    // Waited for: asked again while it is still down, and then when it is back.
    head.decide(&task, sources("ASK_AGAIN")).await?;
    let second = wait::until(play.patience, "the second question", async || {
        let found = head
            .wait_for(&play.id, "DECIDE_SOURCES", play.patience)
            .await?;
        Ok((found.id != task.id).then_some(found))
    })
    .await?;
    control.delete("faults").await?;
    head.decide(&second, sources("ASK_AGAIN")).await?;
    play.appraise(PRICES).await?;
    let run = head.buyout(&play.id).await?;
    assert_eq!(outcome(&run, "BAILIFFS"), "CLEAR", "{:?}", run.checks);
    // Asking again costs nothing twice where the others had answered.
    assert_eq!(world.effects("autoteka", "buy_report").await?.len(), 1);
    assert_eq!(world.effects("avtocod", "make_report").await?.len(), 1);

    // Gone without: the appraiser is told whom nobody heard.
    control
        .fault("fssp", "search_person", json!("every"), away)
        .await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    head.answer(
        &play.id,
        "DECIDE_SOURCES",
        sources("PROCEED"),
        play.patience,
    )
    .await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert!(
        task.details.contains("ФССП: Источник не ответил"),
        "{}",
        task.details
    );
    let run = head.buyout(&play.id).await?;
    assert_eq!(outcome(&run, "BAILIFFS"), "UNKNOWN", "{:?}", run.checks);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_on_the_pledge_nobody_may_have_money_paid() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    silence(&play, &["pledge"]).await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let head = world.stack.sign_in("head").await?;
    // A price may be talked about without it.
    head.answer(
        &play.id,
        "DECIDE_SOURCES",
        sources("PROCEED"),
        play.patience,
    )
    .await?;
    play.appraise(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    let task = head
        .wait_for(&play.id, "DECIDE_SOURCES", play.patience)
        .await?;
    let run = head.buyout(&play.id).await?;
    assert_eq!(outcome(&run, "PLEDGE"), "UNKNOWN", "{:?}", run.checks);
    let stage = run.summary.clone().unwrap_or_default().stage;
    assert_eq!((stage.as_str(), run.documents.len()), ("RECHECK", 0));
    let refused = head.decide(&task, sources("PROCEED")).await;
    let refused = refused.expect_err("money without a word on the pledge");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("залог (ФНП)"), "{refused}");

    // It answers, and the deal goes on to the contract.
    silence(&play, &[]).await?;
    head.decide(&task, sources("ASK_AGAIN")).await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    let run = head.buyout(&play.id).await?;
    assert_eq!(outcome(&run, "PLEDGE"), "CLEAR", "{:?}", run.checks);
    assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 0);
    world.stop().await
}

/// Whoever stands beside the client and the car learns that the inspection is put off, nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_of_a_wanted_car_sees_only_that_the_inspection_is_put_off()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "wanted").await?;
    play.robot_calls().await?;
    let inspector = play.inspect().await?;
    assert_eq!(play.end().await?, "REFUSED_LEGAL");
    let seen = inspector.buyout(&play.id).await?;
    let listed = inspector
        .buyouts()
        .list_buyouts(ListBuyoutsRequest::default())
        .await?;
    let listed = listed.into_inner().buyouts;
    assert_eq!(listed.len(), 1);
    for summary in [seen.summary.clone().unwrap_or_default(), listed[0].clone()] {
        assert_eq!(
            (
                summary.stage.as_str(),
                summary.stage_title.as_str(),
                summary.outcome.as_str()
            ),
            ("CANCELLED", "Осмотр перенесён", "")
        );
    }
    assert_eq!((seen.checks.len(), seen.manual.len()), (0, 0), "{seen:?}");
    // Neither by asking for refusals nor by counting them.
    for (stage, found) in [("REFUSED_LEGAL", 0), ("CANCELLED", 1)] {
        let request = ListBuyoutsRequest {
            stages: vec![stage.to_owned()],
            ..Default::default()
        };
        let listed = inspector.buyouts().list_buyouts(request).await?;
        assert_eq!(listed.into_inner().buyouts.len(), found, "{stage}");
    }
    let counts = inspector
        .buyouts()
        .count_buyouts(CountBuyoutsRequest::default())
        .await?;
    let counts = counts.into_inner().counts;
    assert_eq!(counts.len(), 1, "{counts:?}");
    assert_eq!(counts[0].stage, "CANCELLED");
    let told = async |login: &str| -> anyhow::Result<String> {
        let person = world.stack.sign_in(login).await?;
        let request = ListNotificationsRequest::default();
        let told = person.notifications().list_notifications(request).await?;
        Ok(format!("{:?}", told.into_inner().notifications))
    };
    let login = inspector.id.trim_start_matches("u-").to_owned();
    let notices = told(&login).await?;
    assert!(notices.contains("Осмотр перенесён"), "{notices}");
    let everything = format!("{seen:?} {listed:?} {counts:?} {notices}").to_lowercase();
    for word in ["розыск", "отказ", "refused", "wanted", "юридич"] {
        assert!(!everything.contains(word), "{word}: {everything}");
    }

    // Security knows, on the portal and here.
    let notices = world.stack.control.get("bitrix24/notices?user=19").await?;
    assert!(notices.to_string().contains("розыск"), "{notices}");
    let security = world.stack.sign_in("security").await?;
    let run = security.buyout(&play.id).await?;
    let summary = run.summary.clone().unwrap_or_default();
    assert_eq!(summary.stage, "REFUSED_LEGAL");
    assert_eq!(outcome(&run, "WANTED"), "FATAL");
    world.stop().await
}
