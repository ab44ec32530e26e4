//! What comes in from the portal: robots that call twice, forged calls, broken forms.

use http::StatusCode;
use serde_json::json;
use stack::play::{Play, Prices};
use tests::{World, wait};

/// The body of a robot's call as the portal sends it, with the given token.
fn robot_form(member: &str, token: &str, deal: u64) -> Vec<(String, String)> {
    [
        ("workflow_id", "65f0c1a2b3c4d5.12345678"),
        ("code", "kite_buyout"),
        ("document_id[0]", "crm"),
        ("document_id[1]", "CCrmDocumentDeal"),
        ("document_id[2]", &format!("DEAL_{deal}")),
        ("event_token", "65f0c1a2|A1_1_1|forged"),
        ("use_subscription", "Y"),
        ("auth[member_id]", member),
        ("auth[application_token]", token),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

async fn runs(world: &World) -> anyhow::Result<u64> {
    let head = world.stack.sign_in("head").await?;
    let page = head
        .buyouts()
        .list_buyouts(proto::kite::buyout::v1::ListBuyoutsRequest::default())
        .await?;
    Ok(page.into_inner().page.map(|p| p.total).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_broken_calls_start_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    let member = play.id.split(':').nth(1).unwrap_or_default().to_owned();
    let robot = world.stack.door.url.join("bitrix24/robots/kite_buyout")?;
    let http = &world.stack.door.http;
    let post = |form: Vec<(String, String)>| http.post(robot.clone()).form(&form).send();

    let cases = [
        (
            "a wrong token",
            robot_form(&member, "not-the-token", play.deal),
            StatusCode::FORBIDDEN,
        ),
        (
            "an empty token",
            robot_form(&member, "", play.deal),
            StatusCode::FORBIDDEN,
        ),
        (
            "an unknown portal",
            robot_form("another-portal", "not-the-token", play.deal),
            StatusCode::FORBIDDEN,
        ),
        ("no fields", Vec::new(), StatusCode::BAD_REQUEST),
    ];
    for (name, form, expected) in cases {
        assert_eq!(post(form).await?.status(), expected, "{name}");
    }
    let huge = vec![("event_token".to_owned(), "x".repeat(2 * 1024 * 1024))];
    assert_eq!(post(huge).await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = world.stack.door.url.join("bitrix24/robots/another")?;
    let answer = http
        .post(unknown)
        .form(&robot_form(&member, "x", play.deal))
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);

    // A right call afterwards is served, so the refusals above were no outage.
    play.robot_calls().await?;
    let inspector = world.stack.sign_in("inspector").await?;
    inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    assert_eq!(runs(&world).await?, 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_moved_back_and_forth_is_one_process_and_every_robot_is_answered()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let inspector = world.stack.sign_in("inspector").await?;
    inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    // The portal delivers the same call again, then the deal goes back and comes to the stage once more.
    let deal = format!("bitrix24/deals/{}", play.deal);
    world
        .stack
        .control
        .post(&format!("{deal}/robot"), json!({}))
        .await?;
    world
        .stack
        .control
        .post(&format!("{deal}/stage"), json!({ "stage": "C9:NEW" }))
        .await?;
    play.robot_calls().await?;

    play.inspect().await?;
    play.appraise(Prices {
        buyout: 300_000,
        stop: 320_000,
        forecast: 400_000,
    })
    .await?;
    play.client_says("DECLINE", 0, "Передумал продавать.")
        .await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    assert_eq!(runs(&world).await?, 1);

    // Every execution of the robot that waits got the same answer, once.
    let robots = world.stack.control.get(&deal).await?["robots"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(robots.len() >= 2, "{robots:?}");
    assert!(
        robots.iter().all(|robot| !robot["answer"].is_null()),
        "{robots:?}"
    );
    let answers = world.effects("bitrix24", "bizproc.event.send").await?;
    assert_eq!(answers.len(), robots.len(), "{answers:?}");

    // A robot that calls after the end gets the answer that the run gave.
    world
        .stack
        .control
        .post(&format!("{deal}/stage"), json!({ "stage": "C9:NEW" }))
        .await?;
    play.robot_calls().await?;
    wait::until(play.patience, "the late robot is answered", async || {
        let robots = world.stack.control.get(&deal).await?["robots"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let answered = robots.iter().all(|robot| !robot["answer"].is_null());
        Ok((robots.len() >= 3 && answered).then_some(()))
    })
    .await?;
    assert_eq!(runs(&world).await?, 1);
    world.record("robot_called_twice", &play).await?;
    world.stop().await
}
