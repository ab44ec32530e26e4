//! A portal that has a bad day: what is refused is logged, tokens run out under load, answers are no answers.

use http::StatusCode;
use proto::kite::buyout::v1::{ListBuyoutEventsRequest, ListBuyoutsRequest};
use proto::kite::task::v1::Reason;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};
use stack::play::{Play, Prices};
use tests::{World, wait};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

async fn declined(play: &Play<'_>) -> anyhow::Result<()> {
    play.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    Ok(())
}

/// How many calls of robots the gateway has refused since it began.
async fn refused(world: &World) -> anyhow::Result<u64> {
    let url = format!("http://{}/metrics", world.stack.gateway_metrics);
    let metrics = reqwest::get(url).await?.text().await?;
    let counted = metrics
        .lines()
        .find_map(|line| line.strip_prefix("kite_robot_calls_refused_total "));
    Ok(counted
        .map(|count| count.trim().parse())
        .transpose()?
        .unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_counted_and_nothing_of_it_is_kept() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    let app = world.stack.control.get("bitrix24/app").await?;
    let (member, token) = (&app["member_id"], &app["application_token"]);
    let (member, token) = (
        member.as_str().expect("a portal"),
        token.as_str().expect("a token"),
    );
    let robot = world.stack.door.url.join("bitrix24/robots/kite_buyout")?;
    let http = &world.stack.door.http;
    let deal = format!("DEAL_{}", play.deal);
    // The right token of a portal that is not ours, the wrong one of ours, none at all.
    for (number, (member, token)) in [("another-portal", token), (member, "wrong"), (member, "")]
        .into_iter()
        .enumerate()
    {
        let event_token = format!("refused-{number}");
        let form = [
            ("event_token", event_token.as_str()),
            ("document_id[2]", &deal),
            ("auth[member_id]", member),
            ("auth[application_token]", token),
        ];
        let answer = http.post(robot.clone()).form(&form).send().await?;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{number}");
        let page = answer.text().await?;
        assert_eq!(page, "refused", "a refusal tells what was wrong: {page}");
    }
    assert_eq!(refused(&world).await?, 3);
    // No form, broken text, nesting without end: no answer of the server's own failure, nothing begun.
    let nested = format!("document_id{}=1", "[x]".repeat(20_000));
    for (name, body) in [
        ("JSON", r#"{"event_token":"x"}"#.to_owned()),
        ("percents", "event_token=%FF%FE%ZZ&auth=%".to_owned()),
        ("brackets", nested),
        ("nothing", String::new()),
    ] {
        let answer = http.post(robot.clone()).body(body).send().await?;
        assert!(
            answer.status().is_client_error(),
            "{name}: {}",
            answer.status()
        );
    }
    // A right call on a deal that no number can be: taken, and ops see that it fits nowhere.
    let form = [
        ("event_token", "no-number"),
        ("document_id[2]", "DEAL_99999999999999999999999999"),
        ("auth[member_id]", member),
        ("auth[application_token]", token),
    ];
    let answer = http.post(robot).form(&form).send().await?;
    assert_eq!(answer.status(), StatusCode::OK);
    let kept = wait::until(play.patience, "the call is kept for ops", async || {
        let page = store::Page::default();
        let kept = world.stack.store.list_unmatched(false, &page).await?;
        Ok(kept.rows.into_iter().next())
    })
    .await?;
    assert_eq!(kept.reason, "the robot was not called on a deal");
    let head = world.stack.sign_in("head").await?;
    let listed = head
        .buyouts()
        .list_buyouts(ListBuyoutsRequest::default())
        .await?;
    assert_eq!(listed.into_inner().buyouts, [], "something was begun");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_stopped_waiting_finds_the_answer_in_the_timeline() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let place = json!({ "timeout_secs": 1 });
    control.post("bitrix24/robots/kite_buyout", place).await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let deal = format!("bitrix24/deals/{}", play.deal);
    wait::until(play.patience, "the portal gives the robot up", async || {
        let robots = control.get(&deal).await?["robots"].clone();
        Ok((robots[0]["waits"] == false).then_some(()))
    })
    .await?;
    declined(&play).await?;
    // The run has ended well, the token is not used again, and the deal says how it ended.
    let shown = control.get(&deal).await?;
    assert!(shown["robots"][0]["answer"].is_null(), "{shown}");
    let comments = shown["comments"].as_array().cloned().unwrap_or_default();
    let told = comments.iter().filter(|comment| {
        let text = comment["text"].as_str().unwrap_or_default();
        text.contains("Клиент отказался") && text.contains("Передумал")
    });
    assert_eq!(told.count(), 1, "{comments:?}");
    let head = world.stack.sign_in("head").await?;
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = head.buyouts().list_buyout_events(request).await?;
    let said = "Робот ответа уже не ждёт: итог записан в ленту сделки.";
    let events = events.into_inner().events;
    assert!(events.iter().any(|event| event.text == said), "{events:?}");
    world.assert_each_effect_once().await?;
    world.stop().await
}

/// Tokens that the portal has given for a refresh token.
async fn renewals(world: &World) -> anyhow::Result<usize> {
    let granted = world.effects("bitrix24", "oauth.token").await?;
    let key = |entry: &Value| entry["key"].as_str().unwrap_or_default().to_owned();
    Ok(granted
        .iter()
        .filter(|entry| key(entry).starts_with("refresh_token"))
        .count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_runs_out_under_eight_calls_is_renewed_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let mut plays = Vec::new();
    for _ in 0..8 {
        plays.push(Play::deal(&world.stack, "clean_cheap").await?);
    }
    assert_eq!(renewals(&world).await?, 0);
    // Each of the eight is on its way with the old token when the portal no longer takes it.
    let slow = json!({ "delay_ms": 3_000 });
    control
        .fault("bitrix24", "batch", json!({ "first": 8 }), slow)
        .await?;
    control.post("bitrix24/tokens/expire", json!({})).await?;
    futures::future::try_join_all(plays.iter().map(Play::robot_calls)).await?;
    let head = world.stack.sign_in("head").await?;
    for play in &plays {
        head.wait_for(&play.id, "INSPECT", play.patience).await?;
    }
    assert_eq!(renewals(&world).await?, 1, "one refresh for eight calls");
    let calls = control.get("calls?partner=bitrix24").await?;
    assert_eq!(calls["bitrix24"]["batch"], 16, "eight refused, eight again");
    // Nobody was asked to help.
    let ops = world.stack.sign_in("ops").await?;
    for play in &plays {
        let run = ops.buyout(&play.id).await?;
        let troubles = run.tasks.iter().filter(|task| task.kind != "INSPECT");
        assert_eq!(troubles.count(), 0, "{:?}", run.tasks);
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_answers_with_503_429_and_pages_loses_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let many = json!({
        "status": 429, "retry_after": 1,
        "body": { "error": "TOO_MANY_REQUESTS", "error_description": "Too many requests" },
    });
    // Each call that the story needs meets each of them once, one after the other.
    let operations = [
        "batch",
        "tasks.task.add",
        "tasks.task.complete",
        "crm.item.update",
        "crm.timeline.comment.add",
        "bizproc.event.send",
    ];
    for operation in operations {
        for (nth, fault) in [json!({ "status": 503 }), many.clone(), json!("html")]
            .into_iter()
            .enumerate()
        {
            let when = json!({ "nth": nth + 1 });
            control.fault("bitrix24", operation, when, fault).await?;
        }
    }
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    declined(&play).await?;
    let faults = control.get("faults").await?;
    for rule in faults.as_array().into_iter().flatten() {
        assert_eq!(rule["fired"], 1, "never played: {rule}");
    }
    let deal = control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    assert_eq!(deal["stage"], "C9:LOSE", "{deal}");
    assert_eq!(deal["robots"][0]["answer"]["result"], "DECLINED_BY_CLIENT");
    wait::until(play.patience, "every mirror is closed", async || {
        let tasks = control.get("bitrix24/tasks").await?;
        let tasks = tasks.as_array().cloned().unwrap_or_default();
        Ok(tasks.iter().all(|task| task["status"] == "5").then_some(()))
    })
    .await?;
    assert_eq!(
        world.effects("bitrix24", "bizproc.event.send").await?.len(),
        1
    );
    world.assert_each_effect_once().await?;
    world.stop().await
}

/// PHP writes an empty map as an empty list: the portal does so by itself wherever a map is empty, here in
/// what it says of errors, and once where a map was expected to hold something.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_map_that_comes_as_a_list_is_an_empty_map() -> anyhow::Result<()> {
    let world = World::start().await?;
    let control = &world.stack.control;
    let empty = json!({
        "status": 200,
        "body": { "result": { "result": [], "result_error": [], "result_total": [],
            "result_next": [], "result_time": [] }, "time": [] },
    });
    control
        .fault("bitrix24", "batch", json!({ "nth": 1 }), empty)
        .await?;
    // A client without any number: their maps of phones and addresses are empty on the portal.
    let catalogue = control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let bare = json!({ "contact": { "phone": "", "email": "", "middle_name": "" } });
    let play = Play::deal_on(&world.stack, catalogue, bare).await?;
    play.robot_calls().await?;
    // Nothing was read of a deal that is there: somebody looks, and has it read again.
    let ops = world.stack.sign_in("ops").await?;
    let task = ops
        .wait_for(&play.id, "PARTNER_TROUBLE", play.patience)
        .await?;
    assert!(task.details.contains("сделк"), "{}", task.details);
    let again = Kind::Retry(Reason {
        text: "Портал отвечает.".to_owned(),
    });
    ops.decide(&task, again).await?;
    play.inspect().await?;
    play.appraise(PRICES).await?;
    declined(&play).await?;
    let client = ops.buyout(&play.id).await?.client.unwrap_or_default();
    assert_eq!((client.phone.as_str(), client.email.as_str()), ("", ""));
    world.stop().await
}
