//! Callbacks of partners: written down once, believed never.

use http::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use stack::play::{Play, Prices};
use store::Page;
use store::inbox::InboxState;
use store::unmatched::UnmatchedRow;
use tests::World;

use super::until;

fn digest(body: &str) -> String {
    Sha256::digest(body.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A partner's call with the given key in the address.
async fn call(world: &World, partner: &str, key: &str, body: &str) -> anyhow::Result<StatusCode> {
    let mut url = world.stack.door.url.join(&format!("callbacks/{partner}"))?;
    if !key.is_empty() {
        url.query_pairs_mut().append_pair("key", key);
    }
    Ok(world
        .stack
        .door
        .http
        .post(url)
        .body(body.to_owned())
        .send()
        .await?
        .status())
}

async fn unmatched(world: &World) -> anyhow::Result<Vec<UnmatchedRow>> {
    Ok(world
        .stack
        .store
        .list_unmatched(false, &Page::default())
        .await?
        .rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_the_secret_leaves_nothing_and_what_fits_nowhere_is_kept_once()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let key = world.stack.settings.keys.callbacks.clone();
    let stranger = json!({ "type": "notification", "event": "payout.succeeded", "object": { "id": "po-stranger" } }).to_string();
    for (name, partner, key, status) in [
        ("no key", "yookassa", "", StatusCode::FORBIDDEN),
        (
            "a wrong key",
            "yookassa",
            "wrong-secret-of-16",
            StatusCode::FORBIDDEN,
        ),
        (
            "half of the key",
            "yookassa",
            &key[..10],
            StatusCode::FORBIDDEN,
        ),
        (
            "more than the key",
            "yookassa",
            &format!("{key}x"),
            StatusCode::FORBIDDEN,
        ),
        ("no such partner", "somebody", &key, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(
            call(&world, partner, key, &stranger).await?,
            status,
            "{name}"
        );
    }
    let url = world
        .stack
        .door
        .url
        .join(&format!("callbacks/yookassa?key={key}"))?;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = world
            .stack
            .door
            .http
            .request(method.clone(), url.clone())
            .send()
            .await?;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    assert!(
        world
            .stack
            .store
            .received("yookassa", &digest(&stranger))
            .await?
            .is_none(),
        "a refused call was written down"
    );

    // Three times the same, and one body of each partner that is nothing: each is kept once with its reason.
    for _ in 0..3 {
        assert_eq!(
            call(&world, "yookassa", &key, &stranger).await?,
            StatusCode::OK
        );
    }
    for partner in ["yookassa", "bank", "avtocod", "wazzup"] {
        assert_eq!(
            call(&world, partner, &key, &format!("\u{fffd}<{partner}>")).await?,
            StatusCode::OK
        );
    }
    let others = [
        (
            "bank",
            json!({ "externalId": "stranger", "bankStatus": "EXECUTED" }),
        ),
        ("avtocod", json!({ "uid": "stranger", "event": "ready" })),
        (
            "wazzup",
            json!({ "statuses": [{ "messageId": "stranger", "status": "read" }] }),
        ),
        (
            "wazzup",
            json!({ "messages": [{ "messageId": "m-1", "text": "Здравствуйте" }] }),
        ),
    ];
    for (partner, body) in &others {
        assert_eq!(
            call(&world, partner, &key, &body.to_string()).await?,
            StatusCode::OK
        );
    }
    let kept = until("everything is taken from the inbox", async || {
        let kept = unmatched(&world).await?;
        Ok((kept.len() >= 5 + others.len()).then_some(kept))
    })
    .await?;
    assert_eq!(kept.len(), 5 + others.len(), "{kept:?}");
    let reason = |source: &str, body: &str| {
        let found = kept
            .iter()
            .find(|row| row.source == source && row.event_id == digest(body));
        found.map(|row| row.reason.clone()).unwrap_or_default()
    };
    assert_eq!(
        reason("yookassa", &stranger),
        "no payout of ours has that id"
    );
    assert_eq!(
        reason("bank", &others[0].1.to_string()),
        "no payment order of ours has that id"
    );
    assert_eq!(
        reason("avtocod", &others[1].1.to_string()),
        "no report of ours has that uid"
    );
    assert_eq!(
        reason("wazzup", &others[3].1.to_string()),
        "a client wrote to us in the messenger"
    );
    assert!(
        !format!("{kept:?}").contains("Здравствуйте"),
        "a client's words are in the reason"
    );
    let row = world
        .stack
        .store
        .received("yookassa", &digest(&stranger))
        .await?;
    assert_eq!(
        row.map(|row| (row.repeats, row.state)),
        Some((2, InboxState::Unmatched))
    );

    // Wazzup tries the address with a body of its own, and gives its key as a bearer.
    let test = json!({ "test": true }).to_string();
    assert_eq!(call(&world, "wazzup", &key, &test).await?, StatusCode::OK);
    assert_eq!(
        call(&world, "wazzup", "wrong", &test).await?,
        StatusCode::FORBIDDEN
    );
    assert!(
        world
            .stack
            .store
            .received("wazzup", &digest(&test))
            .await?
            .is_none()
    );
    let url = world.stack.door.url.join("callbacks/wazzup")?;
    for (token, status) in [
        (key.as_str(), StatusCode::OK),
        ("wrong", StatusCode::FORBIDDEN),
    ] {
        let answer = world
            .stack
            .door
            .http
            .post(url.clone())
            .bearer_auth(token)
            .body(test.clone())
            .send()
            .await?;
        assert_eq!(answer.status(), status);
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_success_pays_nobody() -> anyhow::Result<()> {
    let world = World::start().await?;
    world
        .stack
        .control
        .post(
            "yookassa/outcome",
            json!({ "next": 1, "outcome": "pending" }),
        )
        .await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    let payouts = async || world.stack.control.get("yookassa/payouts").await;
    let payout = until("the payout is made", async || {
        Ok(payouts()
            .await?
            .as_array()
            .and_then(|all| all.first())
            .and_then(|payout| payout["id"].as_str())
            .map(str::to_owned))
    })
    .await?;
    until("the run knows of its payout", async || {
        Ok(world.stack.store.intent_by_partner_id(&payout).await?)
    })
    .await?;
    let head = world.stack.sign_in("head").await?;
    let before = until("the payout is shown", async || {
        let run = head.buyout(&play.id).await?;
        let shown = run.payments.iter().any(|p| p.partner_id == payout);
        Ok(shown.then_some(run))
    })
    .await?;

    // Whoever knows the address and the payout says that the money is there. The run asks the partner.
    let key = world.stack.settings.keys.callbacks.clone();
    let forged = json!({
        "type": "notification", "event": "payout.succeeded",
        "object": { "id": payout, "status": "succeeded", "amount": { "value": "440000.00", "currency": "RUB" } },
    })
    .to_string();
    for _ in 0..2 {
        assert_eq!(
            call(&world, "yookassa", &key, &forged).await?,
            StatusCode::OK
        );
    }
    let row = until("the run took the callback", async || {
        let row = world
            .stack
            .store
            .received("yookassa", &digest(&forged))
            .await?;
        Ok(row.filter(|row| row.state == InboxState::Taken))
    })
    .await?;
    assert_eq!(
        (row.run.as_deref(), row.repeats),
        (Some(play.id.as_str()), 1)
    );
    // It has asked since, and nothing has changed: no task to confirm a payment that was not made.
    let verifier = world.stack.sign_in("verifier").await?;
    let calm = verifier
        .wait_for(
            &play.id,
            "CONFIRM_PAYMENT",
            std::time::Duration::from_secs(3),
        )
        .await;
    assert!(
        calm.is_err(),
        "a forged callback opened the confirmation: {calm:?}"
    );
    let after = head.buyout(&play.id).await?;
    assert_eq!(after.payments, before.payments);
    assert_eq!(after.summary, before.summary);
    assert_eq!(payouts().await?[0]["status"], "pending");

    world
        .stack
        .control
        .post(
            &format!("yookassa/payouts/{payout}/end"),
            json!({ "outcome": "succeeded" }),
        )
        .await?;
    play.confirm_payment().await?;
    assert_eq!(play.end().await?, "DONE");
    assert!(unmatched(&world).await?.is_empty());

    // After the end: what the books know already is no news, what contradicts them is for ops.
    for (event, state, reason) in [
        ("payout.succeeded", InboxState::Taken, None),
        (
            "payout.canceled",
            InboxState::Unmatched,
            Some(format!("{} has ended", play.id)),
        ),
    ] {
        let late = json!({ "event": event, "object": { "id": payout, "late": true } }).to_string();
        assert_eq!(call(&world, "yookassa", &key, &late).await?, StatusCode::OK);
        let row = until("the late callback was looked at", async || {
            let row = world
                .stack
                .store
                .received("yookassa", &digest(&late))
                .await?;
            Ok(row.filter(|row| row.state != InboxState::New))
        })
        .await?;
        assert_eq!((row.state, row.run), (state, None), "{event}");
        let kept = unmatched(&world).await?.pop();
        assert_eq!(kept.map(|kept| kept.reason), reason, "{event}");
    }
    world.assert_each_effect_once().await?;
    world.stop().await
}
