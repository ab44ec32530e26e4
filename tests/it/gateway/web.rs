//! The port itself: gRPC-web beside gRPC over both versions of HTTP, reflection, health, readiness.

use std::collections::BTreeMap;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use prost::Message;
use proto::kite::common::v1::Person as PersonMessage;
use proto::kite::session::v1::{
    GetSessionRequest, GetSessionResponse, ListStaffRequest, SignInRequest, SignInResponse,
};
use stack::seed;
use tests::World;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// What a browser speaks: one version of HTTP, and gRPC-web in one of its two forms.
pub(super) struct Browser {
    pub(super) http: reqwest::Client,
    pub(super) url: url::Url,
    text: bool,
}

/// The message's bytes, and the trailers that come after it or in the headers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) message: Vec<u8>,
    pub(super) trailers: BTreeMap<String, String>,
}

impl Answer {
    pub(super) fn code(&self) -> Code {
        let code = self
            .trailers
            .get("grpc-status")
            .and_then(|code| code.parse().ok())
            .unwrap_or(2);
        Code::from_i32(code)
    }
}

fn frame(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let mut framed = vec![0];
    framed.extend((bytes.len() as u32).to_be_bytes());
    framed.extend(bytes);
    framed
}

impl Browser {
    pub(super) fn of(world: &World, version: http::Version, text: bool) -> anyhow::Result<Self> {
        let pem = std::fs::read(world.stack.settings.folder.join("tls/ca.pem"))?;
        let builder =
            reqwest::Client::builder().tls_certs_merge([reqwest::Certificate::from_pem(&pem)?]);
        let builder = match version {
            http::Version::HTTP_11 => builder.http1_only(),
            _ => builder.http2_prior_knowledge(),
        };
        Ok(Self {
            http: builder.build()?,
            url: world.stack.door.url.clone(),
            text,
        })
    }

    pub(super) async fn call(
        &self,
        method: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        message: &impl Message,
    ) -> anyhow::Result<Answer> {
        let kind = if self.text {
            "application/grpc-web-text+proto"
        } else {
            "application/grpc-web+proto"
        };
        let body = frame(message);
        let body = if self.text {
            STANDARD.encode(body).into_bytes()
        } else {
            body
        };
        let mut request = self
            .http
            .post(self.url.join(method)?)
            .header("content-type", kind)
            .header("accept", kind)
            .body(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let mut trailers: BTreeMap<String, String> = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = answer.bytes().await?;
        let body = if self.text {
            unbased(&body)?
        } else {
            body.to_vec()
        };
        let mut message = Vec::new();
        let mut rest = body.as_slice();
        while let Some((head, tail)) = rest.split_at_checked(5) {
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let (frame, tail) = tail
                .split_at_checked(length)
                .context("a frame that is cut")?;
            if head[0] & 0x80 == 0 {
                message = frame.to_vec();
            } else {
                for line in String::from_utf8_lossy(frame).lines() {
                    let (name, value) = line.split_once(':').context("a trailer")?;
                    trailers.insert(name.to_owned(), value.trim().to_owned());
                }
            }
            rest = tail;
        }
        Ok(Answer {
            status,
            message,
            trailers,
        })
    }
}

/// Each chunk of the text form is base64 of its own, with padding of its own.
fn unbased(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = Vec::new();
    for four in text.chunks(4) {
        piece.extend(four);
        if four.ends_with(b"=") {
            bytes.extend(STANDARD.decode(&piece)?);
            piece.clear();
        }
    }
    bytes.extend(STANDARD.decode(&piece)?);
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_speak_grpc_web_on_the_port_of_grpc() -> anyhow::Result<()> {
    let world = World::start().await?;
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        for text in [false, true] {
            let name = format!("{version:?}, text {text}");
            let browser = Browser::of(&world, version, text)?;
            let sign_in = SignInRequest {
                login: "ops".to_owned(),
                password: seed::PASSWORD.to_owned(),
            };
            let answer = browser
                .call("kite.session.v1.SessionService/SignIn", None, &[], &sign_in)
                .await?;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::OK, Code::Ok),
                "{name}"
            );
            let token = SignInResponse::decode(answer.message.as_slice())?.access_token;
            let method = "kite.session.v1.SessionService/GetSession";
            let answer = browser
                .call(
                    method,
                    Some(&token),
                    &[("x-request-id", "ui-17")],
                    &GetSessionRequest {},
                )
                .await?;
            assert_eq!(answer.code(), Code::Ok, "{name}");
            let session = GetSessionResponse::decode(answer.message.as_slice())?
                .session
                .context("a session")?;
            assert_eq!(
                session.person,
                Some(PersonMessage {
                    id: "u-ops".to_owned(),
                    name: "Сергей Стрижов".to_owned()
                }),
                "{name}"
            );
            assert_eq!(
                answer.trailers.get("x-request-id").map(String::as_str),
                Some("ui-17"),
                "{name}"
            );
            // The same verdicts as over gRPC: no token, a forged one, a method that the role may not, nonsense.
            for (method, token, code) in [
                (method, None, Code::Unauthenticated),
                (method, Some("forged.token.here"), Code::Unauthenticated),
                (
                    "kite.inspection.v1.InspectionService/CreateUploadTicket",
                    Some(token.as_str()),
                    Code::PermissionDenied,
                ),
                (
                    "kite.session.v1.SessionService/NoSuchMethod",
                    Some(&token),
                    Code::Unimplemented,
                ),
            ] {
                let answer = browser
                    .call(method, token, &[], &GetSessionRequest {})
                    .await?;
                assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::OK, code),
                    "{name}: {method}"
                );
                assert_eq!(
                    answer.trailers.get("x-request-id").map(String::len),
                    Some(36),
                    "{name}: {method}"
                );
            }
            let unknown = ListStaffRequest {
                role: "NONSENSE".to_owned(),
                city: String::new(),
            };
            let answer = browser
                .call(
                    "kite.session.v1.SessionService/ListStaff",
                    Some(&token),
                    &[],
                    &unknown,
                )
                .await?;
            assert_eq!(answer.code(), Code::InvalidArgument, "{name}");
            assert!(
                answer.trailers.contains_key("grpc-status-details-bin"),
                "{name}: no details of what is wrong"
            );
        }
        // An address that there is not is not found, whoever asks for it and however.
        let browser = Browser::of(&world, version, false)?;
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "no/such/page"),
            (Method::POST, "kite.money.v1.MoneyService/SendAll"),
            (Method::POST, "callbacks"),
            (Method::GET, "metrics"),
            (Method::GET, "readyz"),
        ] {
            for kind in [
                "text/html",
                "application/grpc",
                "application/grpc-web+proto",
            ] {
                let request = browser
                    .http
                    .request(method.clone(), browser.url.join(path)?)
                    .header("content-type", kind);
                let answer = request.send().await?;
                assert_eq!(
                    answer.status(),
                    StatusCode::NOT_FOUND,
                    "{version:?} {method} /{path} as {kind}"
                );
                assert!(
                    !answer.headers().contains_key("grpc-status"),
                    "{version:?} {method} /{path} as {kind}"
                );
                assert!(
                    answer.headers().contains_key("x-request-id"),
                    "{version:?} {method} /{path} as {kind}"
                );
            }
        }
    }
    world.stop().await
}

pub(super) async fn health(channel: &Channel) -> anyhow::Result<i32> {
    let request = HealthCheckRequest {
        service: String::new(),
    };
    Ok(HealthClient::new(channel.clone())
        .check(request)
        .await?
        .into_inner()
        .status)
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_tells_the_api_and_large_messages_end_at_the_door() -> anyhow::Result<()> {
    let world = World::start().await?;
    let channel = &world.stack.door.channel;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut told = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(tokio_stream::once(ask))
        .await?
        .into_inner();
    let answer = told.message().await?.context("an answer")?.message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("{answer:?}")
    };
    let services: Vec<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for name in [
        "grpc.health.v1.Health",
        "kite.buyout.v1.BuyoutService",
        "kite.event.v1.EventService",
        "kite.inspection.v1.InspectionService",
        "kite.session.v1.SessionService",
        "kite.task.v1.TaskService",
    ] {
        assert!(
            services.iter().any(|service| service == name),
            "{name} is not among {services:?}"
        );
    }
    assert_eq!(health(channel).await?, 1, "serving");

    let ops = world.stack.sign_in("ops").await?;
    let huge = ListStaffRequest {
        role: "x".repeat(5 * 1024 * 1024),
        city: String::new(),
    };
    let refused = ops
        .sessions()
        .list_staff(huge)
        .await
        .expect_err("five megabytes");
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    let http = &world.stack.door.http;
    let secret = &world.stack.settings.keys.callbacks;
    let url = world
        .stack
        .door
        .url
        .join(&format!("callbacks/bank?key={secret}"))?;
    let answer = http
        .post(url)
        .body(vec![b'x'; 2 * 1024 * 1024])
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let long = http
        .get(world.stack.door.url.clone())
        .header("x-long", "x".repeat(200 * 1024))
        .send()
        .await;
    assert!(long.is_err() || long.is_ok_and(|answer| answer.status().is_client_error()));
    assert_eq!(health(channel).await?, 1, "serving still");
    world.stop().await
}
