//! The gateway under strain: calls that take too long, and parts of it that are gone.

use anyhow::Context;
use http::StatusCode;
use proto::kite::session::v1::GetSessionRequest;
use serde_json::Value;
use stack::play::Play;
use stack::settings::GatewayOptions;
use tests::{Options, World};
use tonic::Code;

use super::until;
use super::web::{Browser, health};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_too_long_is_answered() -> anyhow::Result<()> {
    let gateway = GatewayOptions {
        deadline_secs: 2,
        ..GatewayOptions::default()
    };
    let world = World::with(Options {
        gateway,
        ..Options::default()
    })
    .await?;
    let id = {
        let play = Play::deal(&world.stack, "clean").await?;
        play.robot_calls().await?;
        play.inspector().await?;
        play.id.clone()
    };
    // Nobody is there to take an update.
    world.stack.stop_worker().await?;
    let head = world.stack.sign_in("head").await?;
    let cancel = || proto::kite::buyout::v1::CancelBuyoutRequest {
        id: id.clone(),
        reason: "Проверка сроков.".to_owned(),
    };
    let began = std::time::Instant::now();
    let late = head
        .buyouts()
        .cancel_buyout(cancel())
        .await
        .expect_err("nobody answers");
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
    assert!(late.message().contains("могло быть принято"), "{late}");
    assert!(
        (2..8).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
    // A shorter deadline of the caller's own is kept by the server too.
    let browser = Browser::of(&world, http::Version::HTTP_11, false)?;
    let began = std::time::Instant::now();
    let method = "kite.buyout.v1.BuyoutService/CancelBuyout";
    let late = browser
        .call(
            method,
            Some(&head.token),
            &[("grpc-timeout", "300m")],
            &cancel(),
        )
        .await?;
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert!(began.elapsed().as_millis() < 1_900, "{:?}", began.elapsed());
    // A stream lives longer than a call may take.
    let request = proto::kite::event::v1::SubscribeRequest::default();
    let mut stream = head.events().subscribe(request).await?.into_inner();
    stream.message().await?.context("a heartbeat")?;
    let silent = tokio::time::timeout(std::time::Duration::from_secs(3), stream.message()).await;
    assert!(
        silent.is_err() || silent.is_ok_and(|message| matches!(message, Ok(Some(_)))),
        "the stream was ended"
    );
    world.stack.start_worker().await?;
    world.stop().await
}

async fn readiness(world: &World) -> anyhow::Result<(StatusCode, Value)> {
    let answer = reqwest::get(format!("http://{}/readyz", world.stack.gateway_metrics)).await?;
    Ok((answer.status(), answer.json().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_what_is_gone() -> anyhow::Result<()> {
    let world = World::start().await?;
    let page = async |path: &str| {
        let answer = reqwest::get(format!("http://{}/{path}", world.stack.gateway_metrics)).await?;
        anyhow::Ok((answer.status(), answer.text().await?))
    };
    assert_eq!(page("healthz").await?, (StatusCode::OK, "ok".to_owned()));
    let (status, up) = readiness(&world).await?;
    let all =
        serde_json::json!({ "ready": true, "temporal": "up", "database": "up", "objects": "up" });
    assert_eq!((status, up), (StatusCode::OK, all));
    world
        .stack
        .sign_in("ops")
        .await?
        .sessions()
        .get_session(GetSessionRequest {})
        .await?;
    let (_, metrics) = page("metrics").await?;
    let counted = metrics.lines().find(|line| {
        line.starts_with("kite_calls_total") && line.contains("SessionService/GetSession")
    });
    assert!(
        counted.is_some_and(|line| line.contains("code=\"Ok\"")),
        "{metrics}"
    );
    assert!(metrics.contains("kite_call_seconds"), "{metrics}");

    // The folder of the files goes: neither a probe nor an upload makes an empty one look well.
    std::fs::remove_dir_all(world.stack.settings.folder.join("objects"))?;
    let gone = until("that the objects are gone is told", async || {
        let (status, now) = readiness(&world).await?;
        Ok((status == StatusCode::SERVICE_UNAVAILABLE).then_some(now))
    })
    .await?;
    assert_eq!(
        (&gone["objects"], &gone["database"], &gone["ready"]),
        (&"down".into(), &"up".into(), &false.into())
    );
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    inspector
        .upload(&play.id, "PHOTO", stack::papers::photo(1))
        .await?;
    until("gRPC health tells it too", async || {
        Ok((health(&world.stack.door.channel).await? == 2).then_some(()))
    })
    .await?;
    assert_eq!(readiness(&world).await?.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        page("healthz").await?.0,
        StatusCode::OK,
        "alive all the same"
    );

    std::fs::remove_file(world.stack.settings.folder.join("kite.db"))?;
    until("that the database is gone is told", async || {
        let (_, now) = readiness(&world).await?;
        Ok((now["database"] == "down" && now["objects"] == "down").then_some(()))
    })
    .await?;
    Ok(())
}
