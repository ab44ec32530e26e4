mod facts;

use std::time::Duration;

use domain::buyout::start::BuyoutId;
use domain::checks::{CheckKind, CheckOutcome, CheckResult};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::testing::{Reply, Script, evidence};

const VIN: &str = "XTA210990Y2766111";
const UID: &str = "kite_XTA210990Y2766111@domain";
const MAKE: &str = "POST /b2b/api/v1/user/reports/kite@domain/_make";
const WEBHOOK: &str = "https://gateway.example.com/callbacks/avtocod?key=secret";
const SOURCES: [&str; 7] = [
    "gibdd.wanted",
    "gibdd.restrict",
    "gibdd.dtp",
    "gibdd.history",
    "pledge",
    "elpts.online",
    "av.taxi",
];

struct Fixture {
    script: Script,
    activities: AvtocodActivities,
    _dir: TempDir,
}

async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(replies).await;
    let (evidence, dir) = evidence().await;
    let client = AvtocodClient::new(&Config {
        base_url: script.url(),
        user: "user@domain".to_owned(),
        password: "pass".to_owned().into(),
        report_type: "kite@domain".to_owned(),
        webhook_url: Some(WEBHOOK.to_owned().into()),
        token_age_secs: 172_800,
        timeout_secs: 1,
        concurrency: 2,
        rate_per_minute: 0,
        extra_ca: None,
    })
    .expect("a client");
    let store = evidence.store.clone();
    Fixture {
        script,
        activities: AvtocodActivities {
            client,
            store,
            evidence,
        },
        _dir: dir,
    }
}

fn order(identifier: &str) -> MakeReport {
    MakeReport {
        buyout: BuyoutId::new("portal", 1),
        identifier: CarIdentifier::parse(identifier).expect("an identifier"),
        plate: None,
        key: "buyout:portal:1/avtocod/1".to_owned(),
    }
}

fn query(accept_partial: bool) -> FetchAvtocod {
    FetchAvtocod {
        buyout: BuyoutId::new("portal", 1),
        uid: UID.to_owned(),
        accept_partial,
    }
}

fn envelope(data: &[Value]) -> Reply {
    let stamp = "2026-11-23T10:00:00.000Z";
    Reply::json(
        200,
        &json!({"state": "ok", "size": data.len(), "stamp": stamp, "data": data}),
    )
}

fn made() -> Reply {
    envelope(&[json!({"uid": UID, "isnew": true, "process_request_uid": "p-1"})])
}

fn fail(status: u16, class: &str, kind: &str) -> Reply {
    let event = json!({"cls": class, "type": kind, "name": "n", "message": "m"});
    Reply::json(
        status,
        &json!({"state": "fail", "stamp": "s", "event": event}),
    )
}

fn sources(state: impl Fn(&str) -> &'static str) -> Value {
    let sources: Vec<Value> = SOURCES
        .iter()
        .map(|id| json!({"_id": id, "state": state(id), "data": {"from_cache": false}}))
        .collect();
    json!({ "sources": sources })
}

fn clean() -> Value {
    json!({
        "identifiers": {"vehicle": {"vin": VIN, "body": null}},
        "stealings": {"is_wanted": false, "count": 0, "items": []},
        "restrictions": {"registration_actions": {"has_restrictions": false, "items": []}},
        "accidents": {"has_accidents": false, "history": {"items": []}},
        "ownership": {"history": {"items": [
            {"date": {"start": "2015-02-07 00:00:00", "end": null}, "owner": {"type": "PERSON"}},
        ]}},
        "pledges": {"items": [], "count": 0},
        "additional_info": {"vehicle": {
            "passport": {"type": "Электронный паспорт транспортного средства", "status": "действующий", "has_dublicate": false},
            "restriction": {"customs": "Отсутствуют", "other": "СВЕДЕНИЯ ОБ ОГРАНИЧЕНИЯХ ОТСУТСТВУЮТ"},
            "utilization_tax": "РФ уплачен",
        }},
        "taxi": {"used_in_taxi": false, "history": {"items": []}},
    })
}

fn report(wait: u32, state: Value, content: Value) -> Reply {
    envelope(&[json!({
        "uid": UID, "progress_ok": 7 - wait, "progress_wait": wait, "progress_error": 0,
        "state": state, "content": content,
    })])
}

fn progress(wait: u32) -> Reply {
    envelope(&[json!({"uid": UID, "progress_wait": wait})])
}

async fn checks(state: Value, content: Value) -> Vec<CheckResult> {
    let fixture = fixture([progress(0), report(0, state, content)]).await;
    let found = fixture.activities.fetch(&query(false)).await;
    found.expect("a report").results
}

#[tokio::test]
async fn a_report_is_ordered_with_our_key_and_webhook_and_written_down() {
    let fixture = fixture([made()]).await;
    let uid = fixture.activities.make(&order(VIN)).await;
    assert_eq!(uid, Ok(UID.to_owned()));
    assert_eq!(fixture.script.calls(), [MAKE]);
    let request = &fixture.script.requests()[0];
    let authorization = request.header("authorization").expect("a token");
    assert!(authorization.starts_with("AR-REST "), "{authorization}");
    assert_eq!(
        request.json(),
        json!({
            "queryType": "VIN", "query": VIN, "idempotenceKey": "buyout:portal:1/avtocod/1",
            "data": {}, "options": {"FORCE": true, "webhook": {"on_complete": WEBHOOK}},
        })
    );
    let kept = fixture.activities.store.report_by_uid(PROVIDER, UID).await;
    let kept = kept.expect("a row").expect("a row");
    assert_eq!(
        (kept.run, kept.identifier.as_str()),
        (BuyoutId::new("portal", 1), VIN)
    );
}

#[tokio::test]
async fn a_frame_number_is_asked_for_as_a_body() {
    let fixture = fixture([made()]).await;
    let frame = order("NZE121-3056789");
    fixture.activities.make(&frame).await.expect("a uid");
    let body = fixture.script.requests()[0].json();
    assert_eq!(
        (&body["queryType"], &body["query"]),
        (&json!("BODY"), &json!("NZE121-3056789"))
    );
}

#[tokio::test]
async fn a_lost_order_is_repeated_under_the_same_key() {
    for lost in [
        Reply::drop(),
        Reply::hang(),
        Reply::html(200),
        Reply::status(502),
    ] {
        let fixture = fixture([lost, made()]).await;
        let first = fixture.activities.make(&order(VIN)).await;
        assert!(
            matches!(first, Err(PartnerError::Unavailable { .. })),
            "{first:?}"
        );
        assert_eq!(
            fixture.activities.make(&order(VIN)).await,
            Ok(UID.to_owned())
        );
        let requests = fixture.script.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].json(), requests[1].json());
    }
}

#[tokio::test]
async fn faults_are_judged_by_their_type_and_not_by_their_status() {
    let bare = json!({"cls": "Security", "type": "SecurityAuthMalformedToken", "name": "n"});
    for (reply, code) in [
        (Reply::json(400, &bare), "SecurityAuthMalformedToken"),
        (
            fail(500, "Data", "DataSeekObjectError"),
            "DataSeekObjectError",
        ),
        (
            fail(200, "Validation", "ValidationQueryError"),
            "ValidationQueryError",
        ),
        (
            Reply::json(400, &json!({"status": 400, "error": "Bad Request"})),
            "http_400",
        ),
    ] {
        let fixture = fixture([reply]).await;
        match fixture.activities.make(&order(VIN)).await {
            Err(PartnerError::Rejected { code: got, .. }) => assert_eq!(got, code),
            other => panic!("{code}: {other:?}"),
        }
    }
    for status in [200, 500] {
        let fixture = fixture([fail(status, "Global", "GenericSystemError")]).await;
        let away = fixture.activities.make(&order(VIN)).await;
        assert!(
            matches!(away, Err(PartnerError::Unavailable { .. })),
            "{away:?}"
        );
    }
    let fixture = fixture([Reply::status(429).header("Retry-After", "5")]).await;
    match fixture.activities.make(&order(VIN)).await {
        Err(PartnerError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(5)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broken_contract_is_told() {
    let other = json!({"uid": "another@domain", "progress_wait": 0});
    for reply in [
        Reply::json(200, &json!({"state": "ok", "data": 1})),
        Reply::json(200, &json!({"state": "hitherto unknown", "data": []})),
        envelope(&[other]),
    ] {
        let fixture = fixture([reply]).await;
        let broken = fixture.activities.fetch(&query(false)).await;
        assert!(
            matches!(broken, Err(PartnerError::Protocol { .. })),
            "{broken:?}"
        );
    }
    let nothing = fixture([envelope(&[])]).await;
    let nothing = nothing.activities.make(&order(VIN)).await;
    assert!(
        matches!(nothing, Err(PartnerError::Protocol { .. })),
        "{nothing:?}"
    );
}

#[tokio::test]
async fn a_report_is_pending_until_no_source_is_waited_for() {
    let untold = envelope(&[json!({"uid": UID})]);
    for reply in [progress(3), untold, envelope(&[])] {
        let fixture = fixture([reply]).await;
        let pending = fixture.activities.fetch(&query(false)).await;
        assert_eq!(pending, Err(PartnerError::Pending));
        let asked = fixture.script.requests()[0].query();
        assert_eq!(
            (asked["_content"].as_str(), asked["_detailed"].as_str()),
            ("false", "true")
        );
    }
}

#[tokio::test]
async fn a_clean_car_is_clear_with_evidence() {
    let fixture = fixture([made(), progress(0), report(0, sources(|_| "OK"), clean())]).await;
    fixture.activities.make(&order(VIN)).await.expect("a uid");
    let found = fixture
        .activities
        .fetch(&query(false))
        .await
        .expect("a report");
    assert_eq!(found.results.len(), 7);
    for result in &found.results {
        assert_eq!(result.outcome, CheckOutcome::Clear, "{result:?}");
        assert!(result.findings.is_empty(), "{result:?}");
    }
    let raw = found.results[0].raw.as_ref().expect("evidence");
    assert_eq!(raw.kind, FileKind::PartnerAnswer);
    let raw = fixture.activities.evidence.load(raw).await.expect("bytes");
    let raw: Value = serde_json::from_slice(&raw).expect("JSON");
    assert_eq!(raw["data"][0]["content"]["stealings"]["is_wanted"], false);
}

#[tokio::test]
async fn when_the_patience_ends_silent_sources_are_unknown() {
    let state = sources(|id| match id {
        "gibdd.wanted" => "PROGRESS",
        "pledge" => "ERROR",
        "av.taxi" => "HITHERTO_UNKNOWN",
        _ => "OK",
    });
    let mut content = clean();
    content["stealings"] = Value::Null;
    let fixture = fixture([report(1, state, content)]).await;
    let found = fixture
        .activities
        .fetch(&query(true))
        .await
        .expect("a report");
    let silent: Vec<CheckKind> = found
        .results
        .iter()
        .filter(|result| result.outcome == CheckOutcome::Unknown)
        .map(|result| result.kind)
        .collect();
    assert_eq!(
        silent,
        [CheckKind::Wanted, CheckKind::Pledge, CheckKind::Taxi]
    );
    assert_eq!(found.results[0].findings[0].code, "source.unavailable");

    let absent = self::fixture([envelope(&[])]).await;
    let absent = absent
        .activities
        .fetch(&query(true))
        .await
        .expect("a result");
    assert!(
        absent
            .results
            .iter()
            .all(|r| r.outcome == CheckOutcome::Unknown)
    );
    assert_eq!(absent.results.len(), 7);
}

#[tokio::test]
async fn a_report_about_another_car_is_not_taken() {
    let mut content = clean();
    content["identifiers"]["vehicle"]["vin"] = json!("XUUNF487JA0007223");
    let fixture = fixture([made(), progress(0), report(0, sources(|_| "OK"), content)]).await;
    fixture.activities.make(&order(VIN)).await.expect("a uid");
    let other = fixture.activities.fetch(&query(false)).await;
    let results = other.expect("an answer that is kept").results;
    assert!(!results.is_empty());
    for result in results {
        assert_eq!(result.outcome, CheckOutcome::Unknown, "{result:?}");
        let text = &result.findings[0].text;
        assert!(
            text.contains("XUUNF487JA0007223") && text.contains(VIN),
            "{text}"
        );
    }
}
