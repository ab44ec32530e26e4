//! A price that wants a second word, and an offer that ends while the client is saying yes.

use chrono::{TimeDelta, Utc};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::play::{Play, Prices};
use tests::world::quick;
use tests::{Options, World, wait};
use tonic::Code;
use tonic_types::StatusExt;

/// Within the limit of one person's word, and far above the market of 372 000 ₽.
const ABOVE_MARKET: Prices = Prices {
    buyout: 330_000,
    stop: 390_000,
    forecast: 460_000,
};
const FAIR: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 380_000,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_above_the_market_wants_a_second_word_and_comes_back_with_remarks()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    play.appraise(ABOVE_MARKET).await?;
    let senior = world.stack.sign_in("senior").await?;
    let task = senior
        .wait_for(&play.id, "APPROVE_PRICE", play.patience)
        .await?;
    assert!(task.details.contains("от рыночной"), "{}", task.details);
    // The sum alone would have needed nobody else.
    let limit = world.stack.settings.policy.limits.price_without_approval;
    assert!(domain::money::Money::from_rubles(ABOVE_MARKET.stop) < limit);
    let word = |approved: bool, comment: &str| {
        Kind::ApprovePrice(pb::ApprovePrice {
            approved,
            comment: comment.to_owned(),
        })
    };
    let mute = senior.decide(&task, word(false, "  ")).await;
    let mute = mute.expect_err("refused without a word");
    let fields: Vec<String> = mute
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default()
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(
        (mute.code(), fields),
        (Code::InvalidArgument, vec!["comment".to_owned()])
    );
    let why = "Прогноз выше рынка на четверть, объявлений мало.";
    senior.decide(&task, word(false, why)).await?;

    // Sent back: the appraiser reads why, nobody was offered anything.
    let appraiser = world.stack.sign_in("appraiser").await?;
    let back = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert!(back.details.contains(why), "{}", back.details);
    let run = appraiser.buyout(&play.id).await?;
    let approval = run.price_approval.clone();
    assert!(run.offer.is_none(), "{:?}", run.offer);
    assert!(
        approval.is_none_or(|approval| !approval.approved),
        "a refused price stands as approved"
    );
    assert_eq!(world.effects("wazzup", "send_message").await?.len(), 0);

    // Set again as high, it wants a word again, and this time has one.
    play.appraise(ABOVE_MARKET).await?;
    let again = senior
        .wait_for(&play.id, "APPROVE_PRICE", play.patience)
        .await?;
    assert_ne!(again.id, task.id);
    senior.decide(&again, word(true, "")).await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let run = appraiser.buyout(&play.id).await?;
    assert!(run.price_approval.unwrap_or_default().approved);
    world.record("price_returned", &play).await?;

    // A price that fits the market wants none.
    let fair = Play::deal(&world.stack, "clean_cheap").await?;
    fair.robot_calls().await?;
    fair.inspect().await?;
    fair.appraise(FAIR).await?;
    manager
        .wait_for(&fair.id, "OFFER_TO_CLIENT", fair.patience)
        .await?;
    let tasks = manager.buyout(&fair.id).await?.tasks;
    assert!(tasks.iter().all(|task| task.kind != "APPROVE_PRICE"));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_who_began_to_accept_in_time_is_not_turned_away_by_the_clock() -> anyhow::Result<()>
{
    let mut policy = quick();
    policy.deadlines.offer_valid_secs = 8;
    policy.deadlines.offer_last_reminder_secs = 1;
    policy.deadlines.signing_grace_secs = 300;
    let world = World::with(Options {
        policy,
        ..Options::default()
    })
    .await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(FAIR).await?;
    let page = play.open(&play.offer_link(1).await?).await?;
    let sent = play.submit(&page, &[("answer", "request_code")]).await?;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let code = play.sms_code(1).await?;
    let manager = world.stack.sign_in("manager").await?;
    let offer = manager.buyout(&play.id).await?.offer.unwrap_or_default();
    let made = offer.made_at.expect("a moment").seconds;
    // The hours that were promised are over; the code is still being typed.
    wait::until(play.patience, "the promised time is over", async || {
        let over = Utc::now() - TimeDelta::seconds(10);
        Ok((over.timestamp() > made).then_some(()))
    })
    .await?;
    let stage = manager.buyout(&play.id).await?.summary.unwrap_or_default();
    assert_eq!(stage.stage, "OFFER", "{stage:?}");
    let accepted = play
        .submit(&page, &[("answer", "accept"), ("code", &code)])
        .await?;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;

    // Who did not begin is late.
    let late = Play::deal(&world.stack, "clean_cheap").await?;
    late.up_to_offer(FAIR).await?;
    let page = late.open(&late.offer_link(1).await?).await?;
    assert_eq!(late.end().await?, "OFFER_EXPIRED");
    let refused = late.submit(&page, &[("answer", "request_code")]).await?;
    assert!(refused.text().contains("истёк"), "{}", refused.text());
    assert_eq!(world.effects("sms", "send_message").await?.len(), 1);
    world.stop().await
}
