//! Rate limits: per address and per person, told with how long to wait.

use http::StatusCode;
use proto::kite::session::v1::GetSessionRequest;
use stack::people::Person;
use stack::settings::GatewayOptions;
use tests::{Options, World};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// Calls at once from one address or of one person.
const BURST: u32 = 60;

async fn limited() -> anyhow::Result<World> {
    let gateway = GatewayOptions {
        per_second: 1,
        burst: BURST,
        trusted_proxies: vec!["127.0.0.1".to_owned()],
        ..GatewayOptions::default()
    };
    World::with(Options {
        gateway,
        ..Options::default()
    })
    .await
}

/// A call that came through the proxy from that address.
async fn session(person: &Person, from: &str) -> Result<(), Status> {
    let mut request = Request::new(GetSessionRequest {});
    request
        .metadata_mut()
        .insert("x-forwarded-for", from.parse().expect("an address"));
    person.sessions().get_session(request).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_too_often_is_told_to_wait_and_others_are_not() -> anyhow::Result<()> {
    let world = limited().await?;
    let http = &world.stack.door.http;
    let page = world.stack.door.url.join("l/no-such-link")?;
    let look = async |from: &str| {
        http.get(page.clone())
            .header("x-forwarded-for", from)
            .send()
            .await
    };
    let mut looks = 0;
    let refused = loop {
        let answer = look("203.0.113.1").await?;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        looks += 1;
        assert!(looks < 3 * BURST, "no limit after {looks} calls");
    };
    assert!(looks >= BURST, "refused after {looks} calls");
    assert_eq!(
        refused
            .headers()
            .get("retry-after")
            .map(|wait| wait.as_bytes()),
        Some(b"1".as_slice())
    );
    // Another address behind the same proxy is served, and a client cannot choose what it is counted as.
    assert_eq!(look("203.0.113.2").await?.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        look("198.51.100.1, 203.0.113.1").await?.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_one_limit_over_all_addresses() -> anyhow::Result<()> {
    let world = limited().await?;
    let ops = world.stack.sign_in("ops").await?;
    let head = world.stack.sign_in("head").await?;
    let mut calls = 0_u32;
    let refused = loop {
        match session(&ops, &format!("203.0.113.{}", calls % 200 + 1)).await {
            Ok(()) => calls += 1,
            Err(status) => break status,
        }
        assert!(calls < 3 * BURST, "no limit after {calls} calls");
    };
    assert!(calls >= BURST, "refused after {calls} calls");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let wait = refused
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    assert!(
        wait.is_some_and(|wait| !wait.is_zero() && wait.as_secs() <= 1),
        "{wait:?}"
    );
    session(&head, "203.0.113.1").await?;
    // The same limit at the plain routes.
    let codec = world.stack.door.url.join("codec/decode")?;
    let body = serde_json::json!({ "payloads": [] });
    let mut tries = 0_u32;
    loop {
        let request = world
            .stack
            .door
            .http
            .post(codec.clone())
            .bearer_auth(&ops.token);
        let answer = request
            .header("x-forwarded-for", "203.0.113.201")
            .json(&body)
            .send()
            .await?;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(answer.status(), StatusCode::OK);
        tries += 1;
        assert!(
            tries < BURST,
            "a person has another limit at the plain routes"
        );
    }
    world.stop().await
}
