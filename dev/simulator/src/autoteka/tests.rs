//! At a real socket: tokens, purchases, reports of each kind of car, specification and valuation.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Partner::Autoteka;
use crate::bench::Bench;
use crate::catalogue::{Car, Kind};

struct Client {
    bench: Bench,
    token: String,
}

impl Client {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let token = granted(&bench, "token").await.1;
        let token = token["access_token"].as_str().expect("a token").to_owned();
        Self { bench, token }
    }

    fn car(&self, kind: Kind, n: u32) -> Car {
        self.bench.simulator.sim().catalogue().fresh(kind, n)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = self.bench.url(Autoteka, &format!("autoteka/v1/{path}"));
        let mut request = self
            .bench
            .http
            .request(method, url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(&body)).await
    }

    async fn buy(&self, car: &Car) -> u64 {
        let body = json!({ "vehicleId": car.identifier() });
        let (status, bought) = self.post("reports-by-vehicle-id", body).await;
        assert_eq!(status, 200, "{bought}");
        bought["result"]["report"]["reportId"]
            .as_u64()
            .expect("an id")
    }

    /// Asks as often as it takes; how often the report was not ready.
    async fn report(&self, id: u64) -> (Value, u32) {
        for waited in 0..10 {
            let (status, body) = self.get(&format!("reports/{id}")).await;
            assert_eq!(status, 200, "{body}");
            let report = &body["result"]["report"];
            if report["status"] == "success" {
                return (report["data"].clone(), waited);
            }
            assert_eq!(report["status"], "processing");
        }
        panic!("the report is never ready");
    }

    async fn report_of(&self, kind: Kind) -> Value {
        let car = self.car(kind, 1);
        let id = self.buy(&car).await;
        self.report(id).await.0
    }

    async fn settings(&self, settings: Value) {
        self.bench.person("autoteka/settings", settings).await;
    }
}

async fn granted(bench: &Bench, path: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "kite"),
        ("client_secret", "secret"),
    ];
    let request = bench.http.post(bench.url(Autoteka, path)).form(&form);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn error(code: u16, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

#[tokio::test]
async fn a_token_is_granted_by_form_and_by_query_for_the_right_pair() {
    let bench = Bench::start().await;
    for path in ["token", "token/"] {
        let (status, token) = granted(&bench, path).await;
        assert_eq!(status, 200);
        assert_eq!(token["expires_in"], 3600);
        assert_eq!(token["token_type"], "Bearer");
    }
    let query = "token?grant_type=client_credentials&client_id=kite&client_secret=secret";
    let answer = bench.http.post(bench.url(Autoteka, query)).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);

    let pair = json!({ "client_id": "kite", "client_secret": "another" });
    let settings = json!({ "credentials": pair });
    bench.person("autoteka/settings", settings).await;
    let refused = granted(&bench, "token").await;
    assert_eq!(refused, (401, error(401, "Unauthorized")));
}

#[tokio::test]
async fn a_revoked_token_is_refused() {
    let client = Client::start().await;
    assert_eq!(client.get("packages/active_package").await.0, 200);
    client
        .bench
        .person("autoteka/tokens/expire", json!({}))
        .await;
    let refused = client.get("packages/active_package").await;
    assert_eq!(refused, (401, error(401, "Unauthorized")));
}

#[tokio::test]
async fn a_bought_report_is_debited_polled_and_listed() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean, 1);
    let id = client.buy(&car).await;
    let (data, waited) = client.report(id).await;
    assert_eq!(waited, 1);
    assert_eq!(data["head"]["vin"], car.identifier());

    let package = client.get("packages/active_package").await.1;
    assert_eq!(package["result"]["package"]["reportsCntRemain"], 4999);
    let effects = client
        .bench
        .effects(Autoteka, "buy_report", car.identifier());
    assert_eq!(effects.await, 1);

    client.buy(&client.car(Kind::Clean, 2)).await;
    let all = client.get("reports/list/").await.1;
    assert_eq!(all["result"].as_array().map(Vec::len), Some(2));
    let filtered = format!("reports/list/?vin={}&limit=500", car.identifier());
    let listed = client.get(&filtered).await.1["result"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["reportId"], id);
    assert_eq!(listed[0]["vin"], car.identifier());
    let at = listed[0]["createdAt"].as_str().expect("a moment");
    chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S%.6f").expect("the partner's form");
    assert_eq!(client.get("reports/list/?limit=501").await.0, 400);
}

#[tokio::test]
async fn a_purchase_whose_answer_is_lost_is_in_the_list() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean, 1);
    let fault = client
        .bench
        .fault(Autoteka, "buy_report", json!("drop_after"));
    fault.await;
    let url = client
        .bench
        .url(Autoteka, "autoteka/v1/reports-by-vehicle-id");
    let body = json!({ "vehicleId": car.identifier() });
    let request = client.bench.http.post(url).bearer_auth(&client.token);
    assert!(request.json(&body).send().await.is_err());
    let listed = client.get("reports/list/").await.1;
    assert_eq!(listed["result"][0]["vin"], car.identifier());
}

#[tokio::test]
async fn a_car_is_asked_for_by_plate_over_a_preview() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean, 1);
    let body = json!({ "regNumber": car.plate });
    let made = client.post("request-preview-by-regnumber", body).await.1;
    let id = made["result"]["preview"]["previewId"].clone();
    let path = format!("previews/{id}");
    let first = client.get(&path).await.1;
    assert_eq!(first["result"]["preview"]["status"], "processing");
    let preview = client.get(&path).await.1["result"]["preview"].clone();
    assert_eq!(preview["status"], "success");
    assert_eq!(preview["vin"], car.identifier());
    let bought = client.post("reports", json!({ "previewId": id })).await.1;
    let id = bought["result"]["report"]["reportId"]
        .as_u64()
        .expect("an id");
    assert_eq!(client.report(id).await.0["head"]["regNumber"], car.plate);

    let unknown = client.car(Kind::Unknown, 1);
    let body = json!({ "vin": unknown.identifier() });
    let made = client.post("previews", body).await.1;
    let path = format!("previews/{}", made["result"]["preview"]["previewId"]);
    client.get(&path).await;
    let preview = client.get(&path).await.1;
    assert_eq!(preview["result"]["preview"]["status"], "notFound");
}

#[tokio::test]
async fn a_synchronous_repeat_within_the_hour_is_not_charged() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean, 1);
    for _ in 0..2 {
        let body = json!({ "vin": car.identifier() });
        let (status, report) = client.post("sync/create-by-vin", body).await;
        assert_eq!(
            (status, &report["result"]["report"]["status"]),
            (200, &json!("success"))
        );
    }
    let package = client.get("packages/active_package").await.1;
    assert_eq!(package["result"]["package"]["reportsCntRemain"], 4999);
}

#[tokio::test]
async fn what_cannot_be_bought_costs_nothing() {
    let client = Client::start().await;
    let unknown = client.car(Kind::Unknown, 1);
    let body = json!({ "vehicleId": unknown.identifier() });
    let refused = client.post("reports-by-vehicle-id", body).await;
    assert_eq!(refused, (404, error(404, "Not found")));
    let refused = client
        .post("reports-by-vehicle-id", json!({ "vehicleId": "" }))
        .await;
    assert_eq!(refused, (400, error(400, "Validation error")));
    let refused = client
        .post("reports-by-vehicle-id", json!({ "vin": "X" }))
        .await;
    assert_eq!(refused, (400, error(400, "Validation error")));
    assert_eq!(
        client.get("reports/17").await,
        (404, error(404, "Not found"))
    );
    let sim = client.bench.simulator.sim();
    assert_eq!(sim.ledger().count(Autoteka, "buy_report"), 0);

    client.settings(json!({ "package": 0 })).await;
    let car = client.car(Kind::Clean, 1);
    let body = json!({ "vehicleId": car.identifier() });
    let refused = client.post("reports-by-vehicle-id", body).await;
    assert_eq!(refused, (403, error(403, "Forbidden")));
    let refused = client.get("packages/active_package").await;
    assert_eq!(refused, (403, error(403, "Forbidden")));
}

#[tokio::test]
async fn the_limit_of_the_minute_is_told_and_kept() {
    let client = Client::start().await;
    client.settings(json!({ "rate_per_minute": 0 })).await;
    let car = client.car(Kind::Clean, 1);
    let body = json!({ "vehicleId": car.identifier() });
    let refused = client.post("reports-by-vehicle-id", body.clone()).await;
    assert_eq!(refused, (429, json!({ "error": { "code": 429 } })));

    client.settings(json!({ "rate_per_minute": 5 })).await;
    let url = client
        .bench
        .url(Autoteka, "autoteka/v1/reports-by-vehicle-id");
    let request = client.bench.http.post(url).bearer_auth(&client.token);
    let answer = request.json(&body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["X-RateLimit-Limit"], "5");
    let left: u32 = answer.headers()["X-RateLimit-Remaining"]
        .to_str()
        .expect("digits")
        .parse()
        .expect("a number");
    assert!(left < 5);
}

#[tokio::test]
async fn a_report_has_the_blocks_that_the_document_requires() {
    let client = Client::start().await;
    let data = client.report_of(Kind::Clean).await;
    for block in [
        "head",
        "carImage",
        "events",
        "equipment",
        "ownersHistory",
        "restrictions",
        "other",
        "avitoItems",
        "eventsOthersHistory",
        "crashesHistory",
        "techInspectionHistory",
        "customs",
        "serviceInfo",
        "diagnostics",
        "ptsData",
        "recalls",
        "insurancePayments",
        "salvageCarAuctionRecords",
        "arbitrationCases",
        "leasing",
        "avitoAuctions",
        "registrationActions",
        "accidents",
    ] {
        assert!(data.get(block).is_some(), "{block}");
    }
    for block in ["registration", "stealing", "pledge"] {
        assert_eq!(data["restrictions"][block]["status"], "ok", "{block}");
    }
    assert_eq!(data["serviceInfo"]["reportCompleteStatus"]["status"], "ok");
    assert_eq!(data["epts"]["status"], "действующий");
    let owners = &data["registrationActions"]["ownersHistory"];
    assert_eq!(owners.as_array().map(Vec::len), Some(1));
    assert_eq!(owners[0]["type"], 1);
    assert!(data["accidents"]["requestTime"].is_i64());
}

#[tokio::test]
async fn each_kind_of_car_is_told_in_its_own_block() {
    let client = Client::start().await;
    let banned = client.report_of(Kind::Banned).await;
    assert_eq!(banned["restrictions"]["registration"]["status"], "warning");
    let wanted = client.report_of(Kind::Wanted).await;
    assert_eq!(wanted["restrictions"]["stealing"]["status"], "warning");
    let pledged = client.report_of(Kind::Pledged).await;
    assert_eq!(pledged["restrictions"]["pledge"]["status"], "warning");
    let taxi = client.report_of(Kind::Taxi).await;
    assert_eq!(taxi["taxiData"]["events"][0]["isActual"], true);
    let leased = client.report_of(Kind::Leased).await;
    assert!(leased["leasing"]["contracts"][0]["endDate"].is_i64());
    let crashed = client.report_of(Kind::Crashed).await;
    assert!(crashed["accidents"]["crashesHistory"][0]["date"].is_i64());
    assert!(crashed["salvageCarAuctionRecords"][0].is_object());
    assert!(crashed["insurancePayments"][0]["paymentAmount"].is_f64());
    let duplicate = client.report_of(Kind::Duplicate).await;
    assert_eq!(duplicate["other"][0]["status"], "warning");
    let cancelled = client.report_of(Kind::Cancelled).await;
    assert_eq!(cancelled["epts"]["status"], "аннулированный");
    let owners = client.report_of(Kind::ManyOwners).await;
    let owners = &owners["registrationActions"]["ownersHistory"];
    assert_eq!(owners.as_array().map(Vec::len), Some(5));
    assert_eq!(owners[0]["type"], 2);
    let frame = client.report_of(Kind::Frame).await;
    assert_eq!(frame["head"]["vehicleIdentifierType"], "frame");
    assert_eq!(frame["epts"], Value::Null);

    let rolled_back = client.report_of(Kind::RolledBack).await;
    let odometer = u64::from(client.car(Kind::RolledBack, 1).mileage_km);
    let services = rolled_back["eventsOthersHistory"]
        .as_array()
        .expect("a list");
    let more = |event: &Value| event["mileage"].as_u64().is_some_and(|km| km > odometer);
    assert!(services.iter().any(more));
}

#[tokio::test]
async fn a_silent_source_is_incomplete_and_not_clean() {
    let client = Client::start().await;
    let data = client.report_of(Kind::Incomplete).await;
    assert_eq!(data["restrictions"]["stealing"]["status"], "incomplete");
    assert_eq!(data["restrictions"]["pledge"]["status"], "incomplete");
    let complete = &data["serviceInfo"]["reportCompleteStatus"];
    assert_eq!(complete["status"], "incomplete");
    assert_eq!(complete["unavailableSources"][0]["dataType"], "stealing");

    let car = client.car(Kind::Incomplete, 1);
    let path = format!("catalogue/{}/silence", car.id);
    let id = client.buy(&car).await;
    client.bench.person(&path, json!({ "sources": [] })).await;
    let data = client.report(id).await.0;
    assert_eq!(data["restrictions"]["stealing"]["status"], "ok");
}

#[tokio::test]
async fn a_lifted_ban_is_gone_from_the_next_report_and_a_stale_one_waits() {
    let client = Client::start().await;
    let car = client.car(Kind::Banned, 4);
    let old = client.buy(&car).await;
    let path = format!("catalogue/{}/lift_ban", car.id);
    client.bench.person(&path, json!({})).await;
    let id = client.buy(&car).await;
    let data = client.report(id).await.0;
    assert_eq!(data["restrictions"]["registration"]["status"], "ok");
    // What was bought stays as it was.
    let data = client.report(old).await.0;
    assert_eq!(data["restrictions"]["registration"]["status"], "warning");
    client
        .bench
        .fault(Autoteka, "get_report", json!("stale"))
        .await;
    let (_, waited) = client.report(id).await;
    assert_eq!(waited, 1);
}

#[tokio::test]
async fn a_car_is_valued_by_its_specification_over_the_catalogue() {
    let client = Client::start().await;
    let car = client.car(Kind::Clean, 3);
    let body = json!({ "vehicleId": car.identifier() });
    let ordered = client.post("specifications/by-vehicle-id", body).await.1;
    let id = ordered["result"]["specification"]["specificationId"].clone();
    let path = format!("specifications/specification/{id}");
    let first = client.get(&path).await.1;
    assert_eq!(first["result"]["specification"]["status"], "processing");
    let ready = client.get(&path).await.1["result"]["specification"].clone();
    let own = ready["normalizedSpecification"].clone();
    assert_eq!(own["brand"]["value"], car.make);
    assert_eq!(own["year"]["value"], car.year);

    // The makes are open from the start, the models once a make is chosen.
    let none = client
        .post("catalogs/resolve", json!({ "fieldsValueIds": [] }))
        .await
        .1;
    let open = none["result"]["fields"].as_array().expect("fields").clone();
    let labels: Vec<&str> = open.iter().filter_map(|f| f["label"].as_str()).collect();
    assert_eq!(labels, ["Марка", "Количество владельцев", "Цвет"]);
    let brand = json!({ "id": open[0]["id"], "valueId": own["brand"]["valueId"] });
    let chosen = json!({ "fieldsValueIds": [brand] });
    let next = client.post("catalogs/resolve", chosen).await.1;
    assert_eq!(next["result"]["fields"][1]["label"], "Модель");
    let wrong = json!({ "fieldsValueIds": [{ "id": open[0]["id"], "valueId": 1 }] });
    assert_eq!(client.post("catalogs/resolve", wrong).await.0, 400);

    let named = |value: &Value| json!({ "label": value["value"], "valueId": value["valueId"] });
    let specification = json!({
        "brand": named(&own["brand"]), "model": named(&own["model"]), "year": named(&own["year"]),
        "generation": named(&own["generation"]), "modification": named(&own["modification"]),
        "ownersCount": open[1]["values"][0],
    });
    let query = |km: u32, specification: &Value| {
        json!({
            "vehicleId": car.identifier(), "mileage": km, "specification": specification,
            "location": { "lat": 55.75, "long": 37.61 },
        })
    };
    let valued = client
        .post(
            "valuation/by-specification",
            query(car.mileage_km, &specification),
        )
        .await
        .1["result"]
        .clone();
    assert_eq!(valued["status"], "success");
    assert_eq!(
        valued["valuation"]["avgPriceWithCondition"],
        car.market.average_rub
    );
    let more = query(car.mileage_km + 50_000, &specification);
    let cheaper = client.post("valuation/by-specification", more).await.1;
    let price = cheaper["result"]["valuation"]["avgPriceWithCondition"].as_u64();
    assert!(price < Some(car.market.average_rub));

    let mut other = specification.clone();
    other["model"] = json!({ "label": "Х", "valueId": 999_999 });
    let nothing = client
        .post("valuation/by-specification", query(1, &other))
        .await
        .1;
    assert_eq!(nothing["result"]["status"], "notFound");
    assert_eq!(nothing["result"]["valuation"], Value::Null);
    let partial = json!({ "specification": { "brand": named(&own["brand"]) } });
    assert_eq!(
        client.post("valuation/by-specification", partial).await.0,
        400
    );
}
