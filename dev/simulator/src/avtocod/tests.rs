//! At a real socket: tokens, orders and their keys, sources, contents, webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Partner::Avtocod;
use crate::bench::{Bench, listener, next, until};
use crate::catalogue::{Car, Kind};

const TYPE: &str = "kite_full@dealer";

struct Client {
    bench: Bench,
}

fn token() -> String {
    let now = chrono::Utc::now().timestamp() - 60;
    let hash = STANDARD.encode([0_u8; 16]);
    STANDARD.encode(format!("kite@dealer:{now}:172860:{hash}"))
}

impl Client {
    async fn start() -> Self {
        Self {
            bench: Bench::start().await,
        }
    }

    fn car(&self, kind: Kind) -> Car {
        self.bench.simulator.sim().catalogue().fresh(kind, 1)
    }

    async fn settings(&self, settings: Value) {
        self.bench.person("avtocod/settings", settings).await;
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = self.bench.url(Avtocod, &format!("b2b/api/v1/{path}"));
        let request = self.bench.http.post(url).json(body);
        answered(request, &token()).await
    }

    async fn get(&self, path: &str) -> Value {
        let url = self.bench.url(Avtocod, &format!("b2b/api/v1/{path}"));
        let (status, body) = answered(self.bench.http.get(url), &token()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn make(&self, order: &Value) -> Value {
        let (status, made) = self
            .post(&format!("user/reports/{TYPE}/_make"), order)
            .await;
        assert_eq!((status, &made["state"]), (200, &json!("ok")), "{made}");
        made["data"][0].clone()
    }

    async fn complete(&self, uid: &str) -> Value {
        let path = format!("user/reports/{uid}?_content=true&_detailed=true");
        let ready = |answer: &Value| answer["data"][0]["progress_wait"] == 0;
        until(|| self.get(&path), ready).await["data"][0].clone()
    }

    async fn report_of(&self, kind: Kind) -> Value {
        let made = self.make(&order(&self.car(kind), kind.slug())).await;
        self.complete(made["uid"].as_str().expect("a uid")).await
    }
}

async fn answered(request: reqwest::RequestBuilder, token: &str) -> (u16, Value) {
    let request = request.header("Authorization", format!("AR-REST {token}"));
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn order(car: &Car, key: &str) -> Value {
    let query_type = if car.vin.is_some() { "VIN" } else { "BODY" };
    json!({
        "queryType": query_type,
        "query": car.identifier(),
        "idempotenceKey": key,
        "data": {},
        "options": { "FORCE": true },
    })
}

fn state_of(report: &Value, source: &str) -> Value {
    let sources = report["state"]["sources"].as_array().expect("sources");
    let found = sources.iter().find(|s| s["_id"] == source);
    found.expect("the source")["state"].clone()
}

#[tokio::test]
async fn a_report_grows_source_by_source_until_it_is_complete() {
    let client = Client::start().await;
    client.settings(json!({ "ready_after_ms": 60_000 })).await;
    let car = client.car(Kind::Clean);
    let made = client.make(&order(&car, "k-1")).await;
    let uid = format!("kite_full_{}@dealer", car.identifier());
    assert_eq!(made["uid"], uid);
    assert_eq!(made["isnew"], true);
    let path = format!("user/reports/{uid}?_content=false&_detailed=true");
    let early = client.get(&path).await["data"][0].clone();
    assert!(early["progress_wait"].as_u64() > Some(0));
    assert_eq!(state_of(&early, "gibdd.wanted"), "PROGRESS");
    assert_eq!(early.get("content"), None);
    let whole = client.get(&format!("user/reports/{uid}")).await["data"][0].clone();
    assert_eq!(whole["content"]["stealings"], Value::Null);

    client.settings(json!({ "ready_after_ms": 50 })).await;
    client.make(&order(&car, "k-2")).await;
    let report = client.complete(&uid).await;
    assert_eq!(report["progress_error"], 0);
    assert_eq!(state_of(&report, "elpts.online"), "OK");
    assert_eq!(report["content"]["stealings"]["is_wanted"], false);
}

#[tokio::test]
async fn a_key_makes_one_report_and_another_key_asks_the_sources_again() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean);
    let first = client.make(&order(&car, "k-1")).await;
    let repeat = client.make(&order(&car, "k-1")).await;
    assert_eq!(first["process_request_uid"], repeat["process_request_uid"]);
    assert_eq!(repeat["isnew"], false);
    assert_eq!(client.bench.effects(Avtocod, "make_report", "k-1").await, 1);

    let again = client.make(&order(&car, "k-2")).await;
    assert_eq!(again["uid"], first["uid"]);
    assert_ne!(again["process_request_uid"], first["process_request_uid"]);
    assert_eq!(client.bench.effects(Avtocod, "make_report", "k-2").await, 1);

    let mut unforced = order(&car, "k-3");
    unforced["options"] = json!({});
    client.make(&unforced).await;
    assert_eq!(client.bench.effects(Avtocod, "make_report", "k-3").await, 0);

    let path = format!(
        "user/reports/{}/_refresh",
        first["uid"].as_str().expect("a uid")
    );
    assert_eq!(client.post(&path, &json!({})).await.0, 200);
    let sim = client.bench.simulator.sim();
    assert_eq!(sim.ledger().count(Avtocod, "refresh_report"), 1);
}

#[tokio::test]
async fn the_webhooks_are_told_when_the_report_is_complete() {
    let client = Client::start().await;
    let (url, mut heard) = listener().await;
    let mut wished = order(&client.car(Kind::Clean), "k-1");
    wished["options"]["webhook"] = json!({ "on_update": url, "on_complete": url });
    let made = client.make(&wished).await;
    assert_eq!(next(&mut heard).await["event"], "on_update");
    let told = next(&mut heard).await;
    assert_eq!(told["event"], "on_complete");
    assert_eq!(told["uid"], made["uid"]);
    let path = format!("user/reports/{}", made["uid"].as_str().expect("a uid"));
    assert_eq!(client.get(&path).await["data"][0]["progress_wait"], 0);
    client.make(&wished).await;
    assert!(heard.try_recv().is_err(), "a repeat tells nothing");
}

#[tokio::test]
async fn each_kind_of_car_is_told_in_its_own_block() {
    let client = Client::start().await;
    client.settings(json!({ "ready_after_ms": 20 })).await;
    let banned = client.report_of(Kind::Banned).await["content"].clone();
    let ban = &banned["restrictions"]["registration_actions"];
    assert_eq!(ban["has_restrictions"], true);
    let proceeding = &ban["items"][0]["restrict"]["executive_procedure"];
    assert_eq!(*proceeding, client.car(Kind::Banned).owner.debts[0].number);
    assert_eq!(banned["executive_procedures"]["count"], 1);
    let wanted = client.report_of(Kind::Wanted).await;
    assert_eq!(wanted["content"]["stealings"]["is_wanted"], true);
    let pledged = client.report_of(Kind::Pledged).await;
    assert_eq!(pledged["content"]["pledges"]["items"][0]["in_pledge"], true);
    assert_eq!(pledged["content"]["pledges_online"]["in_pledge"], true);
    let taxi = client.report_of(Kind::Taxi).await;
    assert_eq!(taxi["content"]["taxi"]["used_in_taxi"], true);
    let crashed = client.report_of(Kind::Crashed).await;
    assert_eq!(crashed["content"]["accidents"]["has_accidents"], true);
    let leased = client.report_of(Kind::Leased).await;
    assert_eq!(leased["content"]["leasings"]["used_in_leasing"], true);
    let owners = client.report_of(Kind::ManyOwners).await;
    let history = &owners["content"]["ownership"]["history"];
    assert_eq!(history["count"], 5);
    assert_eq!(history["items"][4]["date"]["end"], Value::Null);

    let passport =
        |report: &Value| report["content"]["additional_info"]["vehicle"]["passport"].clone();
    let clean = passport(&client.report_of(Kind::Clean).await);
    assert_eq!(clean["status"], "действующий");
    let cancelled = passport(&client.report_of(Kind::Cancelled).await);
    assert_eq!(cancelled["status"], "аннулированный");
    let duplicate = passport(&client.report_of(Kind::Duplicate).await);
    assert_eq!(duplicate["has_dublicate"], true);
    let paper = client.report_of(Kind::Frame).await;
    assert_eq!(passport(&paper)["type"], "Паспорт транспортного средства");
    assert_eq!(passport(&paper)["status"], Value::Null);
    assert_eq!(paper["query"]["type"], "BODY");
    assert_eq!(paper["content"]["tech_data"]["wheel"]["position"], "RIGHT");
}

#[tokio::test]
async fn a_silent_source_fails_or_is_waited_for() {
    let client = Client::start().await;
    client.settings(json!({ "ready_after_ms": 20 })).await;
    let report = client.report_of(Kind::Incomplete).await;
    assert_eq!(state_of(&report, "gibdd.wanted"), "ERROR");
    assert_eq!(state_of(&report, "gibdd.restrict"), "OK");
    assert_eq!(report["progress_error"], 4);
    assert_eq!(report["content"]["stealings"], Value::Null);
    assert_eq!(report["content"]["pledges"], Value::Null);

    let waits = json!({ "ready_after_ms": 20, "silent_sources": "progress" });
    client.settings(waits).await;
    let path = format!(
        "user/reports/{}?_detailed=true",
        report["uid"].as_str().expect("a uid")
    );
    let report = client.get(&path).await["data"][0].clone();
    assert_eq!(report["progress_wait"], 4);
    assert_eq!(state_of(&report, "gibdd.wanted"), "PROGRESS");
    let path = format!("catalogue/{}/silence", client.car(Kind::Incomplete).id);
    client.bench.person(&path, json!({ "sources": [] })).await;
    let report = client
        .complete(report["uid"].as_str().expect("a uid"))
        .await;
    assert_eq!(report["content"]["stealings"]["is_wanted"], false);
}

#[tokio::test]
async fn sources_know_nothing_of_an_unknown_car() {
    let client = Client::start().await;
    client.settings(json!({ "ready_after_ms": 20 })).await;
    let report = client.report_of(Kind::Unknown).await;
    assert_eq!(report["progress_error"], 0);
    assert_eq!(
        report["state"]["sources"][0]["data"]["real_status"],
        "NOT_FOUND"
    );
    let vin = client.car(Kind::Unknown).vin;
    assert_eq!(
        report["content"]["identifiers"]["vehicle"]["vin"],
        json!(vin)
    );
    assert_eq!(report["content"].get("stealings"), None);
}

#[tokio::test]
async fn a_stale_answer_is_that_of_the_round_before() {
    let client = Client::start().await;
    client.settings(json!({ "ready_after_ms": 20 })).await;
    let car = client.car(Kind::Banned);
    let uid = client.report_of(Kind::Banned).await["uid"].clone();
    let path = format!("catalogue/{}/lift_ban", car.id);
    client.bench.person(&path, json!({})).await;
    client.make(&order(&car, "second")).await;
    let uid = uid.as_str().expect("a uid");
    let restricted = |report: &Value| {
        let block = &report["content"]["restrictions"]["registration_actions"];
        block["has_restrictions"].clone()
    };
    assert_eq!(restricted(&client.complete(uid).await), false);
    client
        .bench
        .fault(Avtocod, "get_report", json!("stale"))
        .await;
    let path = format!("user/reports/{uid}");
    assert_eq!(restricted(&client.get(&path).await["data"][0]), true);
}

#[tokio::test]
async fn refusals_have_the_partners_own_bodies() {
    let client = Client::start().await;
    let missing = client.get("user/reports/nothing@dealer").await;
    assert_eq!(
        (&missing["size"], &missing["data"]),
        (&json!(0), &json!([]))
    );

    let car = client.car(Kind::Clean);
    client
        .settings(json!({ "report_types": ["other@dealer"] }))
        .await;
    let path = format!("user/reports/{TYPE}/_make");
    let (status, body) = client.post(&path, &order(&car, "k")).await;
    assert_eq!((status, &body["state"]), (500, &json!("fail")));
    assert_eq!(body["event"]["type"], "DataSeekObjectError");
    client.settings(json!({})).await;

    let (status, body) = client.post(&path, &json!({ "query": 1 })).await;
    assert_eq!(status, 400);
    let exception = body["exception"].as_str().expect("an exception");
    assert!(exception.ends_with("HttpMessageNotReadableException"));

    let mut short = order(&car, "k");
    short["query"] = json!("XTA");
    let (status, body) = client.post(&path, &short).await;
    assert_eq!((status, &body["event"]["cls"]), (400, &json!("Validation")));

    let url = client
        .bench
        .url(Avtocod, "b2b/api/v1/user/reports/x@dealer");
    let (status, body) = answered(client.bench.http.get(url.clone()), "WRONG==").await;
    assert_eq!(status, 400);
    assert_eq!(body["cls"], "Security");
    assert_eq!(body["type"], "SecurityAuthMalformedToken");
    let pair = json!({ "user": "kite@dealer", "password": "right" });
    client.settings(json!({ "credentials": pair })).await;
    let (_, body) = answered(client.bench.http.get(url), &token()).await;
    assert_eq!(body["type"], "SecurityAuthTokenRejected");

    let fault = json!({ "status": 503 });
    client.bench.fault(Avtocod, "get_report", fault).await;
    let url = client
        .bench
        .url(Avtocod, "b2b/api/v1/user/reports/x@dealer");
    let (status, body) = answered(client.bench.http.get(url), &token()).await;
    assert_eq!(
        (status, &body["event"]["type"]),
        (503, &json!("GenericSystemError"))
    );
}
