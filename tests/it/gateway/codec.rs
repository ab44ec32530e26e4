//! Payloads: what Temporal keeps is not readable, and who may read it does so through the codec.

use std::collections::BTreeMap;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use prost::Message;
use serde_json::{Value, json};
use stack::play::{Play, Prices};
use temporalio_client::{Connection, ConnectionOptions};
use temporalio_common::protos::temporal::api::common::v1::{Payload, WorkflowExecution};
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_common::protos::temporal::api::workflowservice::v1::GetWorkflowExecutionHistoryRequest;
use tests::World;

const UI: &str = "http://127.0.0.1:8233";

/// The history as the server keeps it, read without any codec.
async fn raw_history(world: &World, id: &str) -> anyhow::Result<Vec<HistoryEvent>> {
    let settings = &world.stack.settings;
    let target: url::Url = format!("http://{}", settings.temporal_address).parse()?;
    let connection = Connection::connect(ConnectionOptions::new(target).build()).await?;
    let mut events = Vec::new();
    let mut token = Vec::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: settings.namespace.clone(),
            execution: Some(WorkflowExecution {
                workflow_id: id.to_owned(),
                run_id: String::new(),
            }),
            next_page_token: token,
            ..Default::default()
        };
        let mut service = connection.workflow_service();
        let page = service
            .get_workflow_execution_history(tonic::Request::new(request))
            .await?
            .into_inner();
        events.extend(page.history.context("a page without a history")?.events);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(events);
        }
    }
}

/// Every payload of the events, wherever it hangs, in protobuf's JSON: a metadata and data in base64.
fn payloads(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) if fields.contains_key("metadata") && fields.contains_key("data") => {
            found.push(value.clone());
        }
        Value::Object(fields) => fields.values().for_each(|value| payloads(value, found)),
        Value::Array(values) => values.iter().for_each(|value| payloads(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn wire(payload: &Payload) -> Value {
    let metadata: BTreeMap<&String, String> = payload
        .metadata
        .iter()
        .map(|(name, value)| (name, STANDARD.encode(value)))
        .collect();
    json!({ "metadata": metadata, "data": STANDARD.encode(&payload.data) })
}

struct Codec<'a> {
    world: &'a World,
}

impl Codec<'_> {
    fn request(
        &self,
        what: &str,
        token: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<reqwest::RequestBuilder> {
        let url = self.world.stack.door.url.join(&format!("codec/{what}"))?;
        let request = self.world.stack.door.http.post(url).json(body);
        Ok(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    async fn ask(
        &self,
        what: &str,
        token: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let answer = self.request(what, token, body)?.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok((
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    /// What is in the payloads, as text.
    async fn opened(&self, token: &str, sealed: &[Value]) -> anyhow::Result<String> {
        let mut text = String::new();
        for some in sealed.chunks(100) {
            let (status, answer) = self
                .ask("decode", Some(token), &json!({ "payloads": some }))
                .await?;
            anyhow::ensure!(status == StatusCode::OK, "{status} {answer}");
            for payload in answer["payloads"].as_array().into_iter().flatten() {
                let bytes = STANDARD.decode(payload["data"].as_str().unwrap_or_default())?;
                text.push_str(&String::from_utf8_lossy(&bytes));
                text.push('\n');
            }
        }
        Ok(text)
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// Failures in the history: of an attempt before the one that went well, or of the last one.
fn failures(events: &[HistoryEvent]) -> Vec<Failure> {
    let mut found = Vec::new();
    for event in events {
        match &event.attributes {
            Some(Attributes::ActivityTaskStartedEventAttributes(started)) => {
                found.extend(started.last_failure.clone())
            }
            Some(Attributes::ActivityTaskFailedEventAttributes(failed)) => {
                found.extend(failed.failure.clone())
            }
            _ => {}
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_shows_nothing_personal_and_opens_with_the_codec() -> anyhow::Result<()> {
    let world = World::start().await?;
    // An attempt that fails leaves a failure in the history.
    let fault = json!({ "status": 500 });
    world
        .stack
        .control
        .fault("autoteka", "buy_report", json!({ "nth": 1 }), fault)
        .await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let events = raw_history(&world, &play.id).await?;

    let owner = &play.catalogue["owner"];
    let phone: String = play
        .car
        .phone
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let surname = owner["surname"].as_str().context("a surname")?;
    let personal = [
        surname,
        owner["name"].as_str().context("a name")?,
        &phone,
        &phone[1..],
    ];
    // Search attributes are in clear by their nature; everything else is sealed, the VIN too.
    let mut bytes = Vec::new();
    let mut sealed = Vec::new();
    for event in &events {
        if !matches!(
            event.attributes,
            Some(Attributes::UpsertWorkflowSearchAttributesEventAttributes(_))
        ) {
            bytes.extend(event.encode_to_vec());
            payloads(&serde_json::to_value(event)?, &mut sealed);
        }
    }
    for text in personal.into_iter().chain([play.car.identifier.as_str()]) {
        assert!(
            text.len() > 3 && !contains(&bytes, text),
            "the history shows {text}"
        );
    }
    for event in &events {
        let event = event.encode_to_vec();
        assert!(
            personal.iter().all(|text| !contains(&event, text)),
            "a search attribute shows a person"
        );
    }

    let codec = Codec { world: &world };
    let token = world.stack.settings.keys.codec_token.clone();
    let (sealed, clear): (Vec<Value>, Vec<Value>) = sealed.into_iter().partition(|payload| {
        payload["metadata"]["encoding"] == STANDARD.encode("binary/encrypted")
    });
    assert!(sealed.len() > 20, "{} payloads", sealed.len());
    // What is not sealed is search attributes at the start, the static summary with the deal's number, and
    // the SDK's own record of which local activity ran.
    for payload in &clear {
        let data = STANDARD.decode(payload["data"].as_str().unwrap_or_default())?;
        let text = String::from_utf8_lossy(&data).into_owned();
        let record = text.contains("\"activity_type\":") && text.contains("\"activation_index\":");
        let allowed = record || text.contains("NEW") || text.contains(&play.deal.to_string());
        assert!(allowed, "a payload in clear: {payload} {text}");
    }
    let opened = codec.opened(&token, &sealed).await?;
    for text in [surname, &phone, &play.car.identifier] {
        assert!(
            opened.contains(text),
            "the payloads do not even hold {text}, so that it is absent says nothing"
        );
    }

    let failures = failures(&events);
    assert!(!failures.is_empty(), "the scripted fault left no failure");
    for failure in &failures {
        assert_eq!(
            failure.message, "Encoded failure",
            "a failure's text is in clear"
        );
        assert_eq!(failure.stack_trace, "");
        let attributes = failure
            .encoded_attributes
            .as_ref()
            .context("a failure without its sealed text")?;
        let text = codec.opened(&token, &[wire(attributes)]).await?;
        assert!(text.contains("\"message\":\"") && text.len() > 30, "{text}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_reads_and_every_reading_is_written_down() -> anyhow::Result<()> {
    let world = World::start().await?;
    let codec = Codec { world: &world };
    let development = world.stack.settings.keys.codec_token.clone();
    let namespace = &world.stack.settings.namespace;
    let ops = world.stack.sign_in("ops").await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let plain = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: "\"паспорт 0000 000000\"".as_bytes().to_vec(),
        ..Default::default()
    };
    let asked = json!({ "payloads": [wire(&plain), wire(&plain)] });

    // Sealed by a person and by the development token in either place: opened again, each time as it was.
    let path = format!("{development}/encode");
    for (what, token) in [
        ("encode", Some(ops.token.as_str())),
        ("encode", Some(&development)),
        (path.as_str(), None),
    ] {
        let (status, sealed) = codec.ask(what, token, &asked).await?;
        assert_eq!(status, StatusCode::OK, "{what}: {sealed}");
        let first = &sealed["payloads"][0];
        assert_eq!(
            first["metadata"]["encoding"],
            STANDARD.encode("binary/encrypted")
        );
        assert_ne!(
            first["data"], sealed["payloads"][1]["data"],
            "the same text is sealed differently each time"
        );
        assert!(!contains(
            &STANDARD.decode(first["data"].as_str().unwrap_or_default())?,
            "0000"
        ));
        let decode = what.replace("encode", "decode");
        let (status, opened) = codec.ask(&decode, token, &sealed).await?;
        assert_eq!((status, &opened), (StatusCode::OK, &asked), "{decode}");
    }
    let written = world.stack.store.audit_of(namespace).await?;
    let who: Vec<&str> = written.iter().map(|entry| entry.person.as_str()).collect();
    assert_eq!(who, ["u-ops", "development", "development"]);
    assert!(written.iter().all(|entry| entry.action == "codec.decode" && entry.detail == json!({ "payloads": 2 })));

    // Nobody else reads; nothing that is refused is opened.
    let (_, sealed) = codec.ask("encode", Some(&ops.token), &asked).await?;
    for (name, what, token, status) in [
        ("no token", "decode", None, StatusCode::UNAUTHORIZED),
        (
            "a forged token",
            "decode",
            Some("forged.token.here"),
            StatusCode::UNAUTHORIZED,
        ),
        (
            "a wrong development token",
            "wrong-token/decode",
            None,
            StatusCode::UNAUTHORIZED,
        ),
        (
            "a wrong development token to seal",
            "wrong-token/encode",
            None,
            StatusCode::UNAUTHORIZED,
        ),
        (
            "a role that may not",
            "decode",
            Some(appraiser.token.as_str()),
            StatusCode::FORBIDDEN,
        ),
        (
            "a role that may not seal",
            "encode",
            Some(appraiser.token.as_str()),
            StatusCode::FORBIDDEN,
        ),
    ] {
        let (answered, answer) = codec.ask(what, token, &sealed).await?;
        assert_eq!(answered, status, "{name}: {answer}");
        assert!(!answer.to_string().contains("паспорт"), "{name}: {answer}");
    }
    for (name, given, status) in [
        ("ours", namespace.as_str(), StatusCode::OK),
        ("another", "default", StatusCode::BAD_REQUEST),
    ] {
        let request = codec
            .request("decode", Some(&ops.token), &sealed)?
            .header("x-namespace", given);
        assert_eq!(request.send().await?.status(), status, "namespace: {name}");
    }
    let mut forged = sealed.clone();
    forged["payloads"][0]["data"] = Value::String(STANDARD.encode([7_u8; 64]));
    let mut broken = sealed.clone();
    broken["payloads"][0]["data"] = Value::String("not base64!".to_owned());
    for (name, body) in [("forged", &forged), ("not base64", &broken)] {
        let (status, answer) = codec.ask("decode", Some(&ops.token), body).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}: {answer}");
    }
    // One row for each that got through to the payloads, however it ended.
    assert_eq!(world.stack.store.audit_of(namespace).await?.len(), 3 + 3);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_lets_temporal_ui_ask_and_no_other_page() -> anyhow::Result<()> {
    let world = World::start().await?;
    let http = &world.stack.door.http;
    let url = world.stack.door.url.join("codec/decode")?;
    let ask = async |method: Method, origin: &str| {
        let request = http
            .request(method, url.clone())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,x-namespace",
            );
        anyhow::Ok(request.send().await?)
    };
    let header = |answer: &reqwest::Response, name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let allowed = ask(Method::OPTIONS, UI).await?;
    assert_eq!(allowed.status(), StatusCode::OK);
    assert_eq!(
        header(&allowed, "access-control-allow-origin").as_deref(),
        Some(UI)
    );
    assert_eq!(
        header(&allowed, "access-control-allow-credentials").as_deref(),
        Some("true")
    );
    assert_eq!(
        header(&allowed, "access-control-allow-methods").as_deref(),
        Some("POST")
    );
    let headers = header(&allowed, "access-control-allow-headers").unwrap_or_default();
    for name in ["authorization", "content-type", "x-namespace"] {
        assert!(headers.contains(name), "{headers}");
    }
    for other in [
        "http://127.0.0.1:8234",
        "https://127.0.0.1:8233",
        "http://evil.example",
        "null",
    ] {
        for method in [Method::OPTIONS, Method::POST] {
            let refused = ask(method.clone(), other).await?;
            assert_eq!(
                header(&refused, "access-control-allow-origin"),
                None,
                "{method} from {other}"
            );
        }
    }
    world.stop().await
}
