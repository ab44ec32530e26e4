mod market;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::buyout::start::BuyoutId;
use domain::checks::{CheckKind, CheckOutcome, CheckResult};
use domain::money::Money;
use domain::vin::CarIdentifier;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::testing::{Reply, Script, evidence};

const VIN: &str = "XTA210990Y2766111";
const OTHER_VIN: &str = "XUUNF487JA0007223";
const DAY: u64 = 86_400;
const BUY: &str = "POST /autoteka/v1/reports-by-vehicle-id";
const LIST: &str = "GET /autoteka/v1/reports/list/";

struct Fixture {
    script: Script,
    activities: AutotekaActivities,
    _dir: TempDir,
}

/// The partner grants a token first, then gives the replies.
async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(std::iter::once(token()).chain(replies)).await;
    let (evidence, dir) = evidence().await;
    let client = AutotekaClient::new(&Config {
        base_url: script.url(),
        client_id: "kite".to_owned(),
        client_secret: "secret".to_owned().into(),
        timeout_secs: 1,
        concurrency: 2,
        rate_per_minute: 0,
        extra_ca: None,
        places: BTreeMap::from([(
            "Самара".to_owned(),
            Place {
                lat: 53.2,
                long: 50.1,
            },
        )]),
    })
    .expect("a client");
    let store = evidence.store.clone();
    Fixture {
        script,
        activities: AutotekaActivities {
            client,
            store,
            evidence,
        },
        _dir: dir,
    }
}

fn token() -> Reply {
    let token = json!({"access_token": "t-1", "expires_in": 3600, "token_type": "Bearer"});
    Reply::json(200, &token)
}

fn identifier() -> CarIdentifier {
    CarIdentifier::parse(VIN).expect("a VIN")
}

fn order() -> OrderReport {
    OrderReport {
        buyout: BuyoutId::new("portal", 1),
        identifier: identifier(),
        max_age_secs: DAY,
    }
}

fn query(report_id: u64) -> FetchReport {
    FetchReport {
        buyout: BuyoutId::new("portal", 1),
        report_id,
        mileage_km: 100_000,
    }
}

fn bought(id: u64) -> Reply {
    let report = json!({"reportId": id, "status": "processing"});
    Reply::json(200, &json!({"result": {"report": report}}))
}

fn list(reports: &[(u64, &str, &str)]) -> Reply {
    let reports: Vec<Value> = reports
        .iter()
        .map(|(id, vin, at)| json!({"reportId": id, "vin": vin, "createdAt": at}))
        .collect();
    Reply::json(200, &json!({"result": reports}))
}

fn moscow(at: DateTime<Utc>) -> String {
    at.with_timezone(&Moscow)
        .format("%Y-%m-%d %H:%M:%S%.6f")
        .to_string()
}

fn error(code: u16) -> Reply {
    let error = json!({"error": {"code": code, "message": "Validation error"}});
    Reply::json(code, &error)
}

fn data() -> Value {
    json!({
        "head": {"vin": VIN},
        "registrationActions": {"ownersHistory": [{"owner": "Владелец 1", "type": 1}]},
        "restrictions": {
            "registration": {"status": "ok"},
            "stealing": {"status": "ok"},
            "pledge": {"status": "ok"},
        },
        "accidents": {"crashesHistory": []},
        "eventsOthersHistory": [{"date": 1_600_000_000, "type": "service", "mileage": 70_000, "source": "Дилер"}],
        "taxiData": null,
        "carsharingData": null,
        "leasing": null,
        "epts": {"status": "действующий"},
        "serviceInfo": {"reportCompleteStatus": {"status": "ok", "unavailableSources": null}},
    })
}

fn report(status: &str, data: &Value) -> Reply {
    let report = json!({"reportId": 7, "status": status, "data": data});
    Reply::json(200, &json!({"result": {"report": report}}))
}

async fn history(data: Value) -> CheckResult {
    let fixture = fixture([report("success", &data)]).await;
    let mut found = fixture.activities.fetch(&query(7)).await.expect("a report");
    found.results.pop().expect("a result")
}

fn codes(result: &CheckResult) -> Vec<&str> {
    result.findings.iter().map(|f| f.code.as_str()).collect()
}

#[tokio::test]
async fn a_report_is_bought_once_and_kept_before_it_is_polled() {
    let fixture = fixture([list(&[]), bought(7)]).await;
    assert_eq!(fixture.activities.order(&order()).await, Ok(7));
    assert_eq!(fixture.activities.order(&order()).await, Ok(7));
    assert_eq!(fixture.script.calls(), ["POST /token", LIST, BUY]);
    let requests = fixture.script.requests();
    assert_eq!(requests[0].form()["grant_type"], "client_credentials");
    assert_eq!(requests[1].query()["vin"], VIN);
    assert_eq!(requests[2].header("authorization"), Some("Bearer t-1"));
    assert_eq!(requests[2].json(), json!({"vehicleId": VIN}));
    let kept = fixture.activities.store.report_by_uid(PROVIDER, "7").await;
    let kept = kept.expect("a row").expect("a row");
    assert_eq!((kept.identifier.as_str(), kept.run), (VIN, order().buyout));
}

#[tokio::test]
async fn a_report_older_than_the_policy_allows_is_bought_anew() {
    let old = Utc::now() - TimeDelta::hours(30);
    let fixture = fixture([list(&[(5, VIN, &moscow(old))]), bought(8)]).await;
    let row = VehicleReport {
        provider: PROVIDER.to_owned(),
        uid: "5".to_owned(),
        identifier: VIN.to_owned(),
        run: BuyoutId::new("portal", 1),
        ordered_at: old,
    };
    fixture
        .activities
        .store
        .put_report(&row)
        .await
        .expect("kept");
    assert_eq!(fixture.activities.order(&order()).await, Ok(8));
}

#[tokio::test]
async fn a_purchase_whose_answer_was_lost_is_found_in_the_list() {
    for lost in [
        Reply::drop(),
        Reply::hang(),
        Reply::html(200),
        Reply::json(200, &json!({})),
    ] {
        let now = moscow(Utc::now());
        let found = list(&[(3, OTHER_VIN, &now), (9, VIN, &now)]);
        let fixture = fixture([list(&[]), lost, found]).await;
        assert_eq!(fixture.activities.order(&order()).await, Ok(9));
        assert_eq!(fixture.script.calls(), ["POST /token", LIST, BUY, LIST]);
    }
}

#[tokio::test]
async fn a_repeat_after_a_lost_purchase_and_a_lost_list_does_not_buy_again() {
    let fixture = fixture([list(&[]), Reply::drop(), Reply::status(503)]).await;
    let lost = fixture.activities.order(&order()).await;
    assert!(
        matches!(lost, Err(PartnerError::Unavailable { .. })),
        "{lost:?}"
    );
    fixture.script.then(list(&[(9, VIN, &moscow(Utc::now()))]));
    assert_eq!(fixture.activities.order(&order()).await, Ok(9));
    let purchases = fixture.script.calls().iter().filter(|c| *c == BUY).count();
    assert_eq!(purchases, 1);
}

#[tokio::test]
async fn nothing_is_bought_while_the_list_is_silent() {
    let fixture = fixture([Reply::status(500)]).await;
    let silent = fixture.activities.order(&order()).await;
    assert!(
        matches!(silent, Err(PartnerError::Unavailable { .. })),
        "{silent:?}"
    );
    assert_eq!(fixture.script.calls(), ["POST /token", LIST]);
}

#[tokio::test]
async fn the_error_table_says_what_to_do() {
    for (status, code) in [(400, "400"), (403, "403"), (404, "404")] {
        let fixture = fixture([list(&[]), error(status)]).await;
        match fixture.activities.order(&order()).await {
            Err(PartnerError::Rejected { code: got, .. }) => assert_eq!(got, code),
            other => panic!("{status}: {other:?}"),
        }
    }
    let limited = Reply::json(429, &json!({"error": {"code": 429}})).header("Retry-After", "9");
    let fixture = fixture([list(&[]), limited, list(&[])]).await;
    match fixture.activities.order(&order()).await {
        Err(PartnerError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(9)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_revoked_token_is_fetched_anew_by_the_next_attempt() {
    let fixture = fixture([error(401), token(), report("success", &data())]).await;
    let revoked = fixture.activities.fetch(&query(7)).await;
    assert!(
        matches!(revoked, Err(PartnerError::Unavailable { .. })),
        "{revoked:?}"
    );
    fixture.activities.fetch(&query(7)).await.expect("a report");
    let calls = fixture.script.calls();
    assert_eq!(calls.iter().filter(|c| *c == "POST /token").count(), 2);
}

#[tokio::test]
async fn wrong_credentials_are_a_refusal() {
    let script = Script::start([Reply::json(401, &json!({"error": {"code": 401}}))]).await;
    let mut fixture = fixture([]).await;
    fixture.activities.client = AutotekaClient::new(&Config {
        base_url: script.url(),
        client_id: "kite".to_owned(),
        client_secret: "wrong".to_owned().into(),
        timeout_secs: 1,
        concurrency: 1,
        rate_per_minute: 0,
        extra_ca: None,
        places: BTreeMap::new(),
    })
    .expect("a client");
    match fixture.activities.order(&order()).await {
        Err(PartnerError::Rejected { code, .. }) => assert_eq!(code, "credentials"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_clean_report_is_clear_and_dated_by_its_purchase() {
    let fixture = fixture([report("success", &data())]).await;
    let ordered_at = Utc::now() - TimeDelta::hours(5);
    fixture
        .activities
        .remember(&order(), 7, ordered_at)
        .await
        .expect("kept");
    let found = fixture.activities.fetch(&query(7)).await.expect("a report");
    let [result] = found.results.as_slice() else {
        panic!("one result: {found:?}");
    };
    assert_eq!(result.kind, CheckKind::History);
    assert_eq!(
        (result.outcome, codes(result)),
        (CheckOutcome::Clear, vec![])
    );
    assert!((result.taken_at - ordered_at).abs() < TimeDelta::milliseconds(1));
    let raw = result.raw.as_ref().expect("evidence");
    let raw = fixture.activities.evidence.load(raw).await.expect("bytes");
    let raw: Value = serde_json::from_slice(&raw).expect("JSON");
    assert_eq!(raw["result"]["report"]["data"]["head"]["vin"], VIN);
}

#[tokio::test]
async fn what_the_history_tells_is_for_the_appraiser() {
    let mut data = data();
    data["registrationActions"]["ownersHistory"] =
        json!([{"type": 1}, {"type": 1}, {"type": 2}, {"type": 1}]);
    data["restrictions"]["pledge"]["status"] = json!("warning");
    data["accidents"]["crashesHistory"] = json!([{
        "date": 1_421_039_400, "type": "Столкновение", "region": "Нижегородская область",
        "damageTypes": [{"description": "Капот"}],
    }]);
    data["eventsOthersHistory"] = json!([
        {"date": 1_500_000_000, "type": "repairCalculation", "mileage": 150_000, "source": "Audatex"},
    ]);
    data["taxiData"] = json!({"events": [
        {"regionName": "Краснодарский край", "dateFrom": 1_566_507_600, "dateTo": null, "isActual": true},
    ]});
    data["insurancePayments"] = json!([{"paymentAmount": 20_600.5, "year": 2017}]);
    let result = history(data).await;
    assert_eq!(result.outcome, CheckOutcome::Attention);
    assert_eq!(
        codes(&result),
        [
            "restrictions.pledge",
            "mileage.below_history",
            "owners.many",
            "owners.organisation",
            "accidents.crash",
            "accidents.repairs",
            "accidents.insurance_payments",
            "use.taxi",
        ]
    );
    let crash = &result.findings[4].text;
    assert_eq!(
        crash,
        "ДТП 12.01.2015, Столкновение, Нижегородская область: Капот."
    );
    let paid = &result.findings[6].text;
    assert!(paid.contains("20\u{a0}600,50"), "{paid}");
}

#[tokio::test]
async fn incomplete_is_not_clean() {
    let changes: [fn(&mut Value); 5] = [
        |data| data["restrictions"]["stealing"]["status"] = json!("incomplete"),
        |data| data["restrictions"]["stealing"]["status"] = json!("hitherto unknown"),
        |data| data["accidents"] = Value::Null,
        |data| data["serviceInfo"] = Value::Null,
        |data| {
            data["serviceInfo"]["reportCompleteStatus"] = json!({
                "status": "incomplete",
                "unavailableSources": ["taxi", {"dataType": "ownersHistory", "source": "x"}],
            });
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut data = data();
        change(&mut data);
        let result = history(data).await;
        assert_eq!(result.outcome, CheckOutcome::Unknown, "{index}");
        assert_eq!(codes(&result), ["source.incomplete"], "{index}");
        if index == 4 {
            assert_eq!(
                result.findings[0].text,
                "Отчёт неполный, нет данных: такси, владельцы."
            );
        }
    }
}

#[tokio::test]
async fn a_report_that_is_not_there_is_pending_unknown_or_broken() {
    for status in ["processing", "hitherto unknown"] {
        let fixture = fixture([report(status, &Value::Null)]).await;
        let pending = fixture.activities.fetch(&query(7)).await;
        assert_eq!(pending, Err(PartnerError::Pending), "{status}");
    }
    let missing = fixture([report("notFound", &Value::Null)]).await;
    let missing = missing.activities.fetch(&query(7)).await.expect("a result");
    assert_eq!(missing.results[0].outcome, CheckOutcome::Unknown);
    for broken in [
        report("success", &Value::Null),
        Reply::json(200, &json!({"result": 1})),
    ] {
        let fixture = fixture([broken]).await;
        let broken = fixture.activities.fetch(&query(7)).await;
        assert!(
            matches!(broken, Err(PartnerError::Protocol { .. })),
            "{broken:?}"
        );
    }
    let page = fixture([Reply::html(200)]).await;
    let page = page.activities.fetch(&query(7)).await;
    assert!(
        matches!(page, Err(PartnerError::Unavailable { .. })),
        "{page:?}"
    );
}

#[tokio::test]
async fn a_report_about_another_car_is_not_taken() {
    let mut data = data();
    data["head"]["vin"] = json!(OTHER_VIN);
    let fixture = fixture([report("success", &data)]).await;
    let now = Utc::now();
    fixture
        .activities
        .remember(&order(), 7, now)
        .await
        .expect("kept");
    let other = fixture.activities.fetch(&query(7)).await;
    assert!(
        matches!(other, Err(PartnerError::Protocol { .. })),
        "{other:?}"
    );
}

#[test]
fn a_moment_without_a_zone_is_utc_unless_it_lies_ahead() {
    let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a moment");
    let utc = now.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
    assert_eq!(bought_at(&utc, now), Some(now));
    assert_eq!(bought_at(&moscow(now), now), Some(now));
    assert_eq!(bought_at("вчера", now), None);
}
