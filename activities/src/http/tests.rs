use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::testing::{Reply, Script, nobody};

#[derive(Debug, PartialEq, Deserialize)]
struct Thing {
    id: u32,
}

fn http(base_url: &Url) -> Http {
    Http::new(
        "sample",
        &Settings {
            base_url,
            timeout: Duration::from_millis(500),
            concurrency: 2,
            rate_per_minute: 0,
            extra_ca: None,
        },
    )
    .expect("a client")
}

async fn call(script: &Script) -> Result<Answer, PartnerError> {
    let http = http(&script.url());
    let request = http.request(Method::GET, http.url(["things", "1"]));
    http.send("thing", request).await
}

fn detail(error: PartnerError) -> String {
    match error {
        PartnerError::Unavailable { detail, .. } => detail,
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn a_json_answer_is_read() {
    let script = Script::start([Reply::json(200, &json!({"id": 7}))]).await;
    let answer = call(&script).await.expect("an answer");
    assert_eq!(answer.json::<Thing>(), Ok(Thing { id: 7 }));
    assert_eq!(script.calls(), ["GET /things/1"]);
}

#[tokio::test]
async fn statuses_say_what_to_do() {
    for (status, expected) in [
        (400, "Rejected"),
        (401, "Rejected"),
        (404, "Rejected"),
        (409, "Conflict"),
        (429, "Unavailable"),
        (500, "Unavailable"),
        (503, "Unavailable"),
        (302, "Protocol"),
    ] {
        let script = Script::start([Reply::json(status, &json!({}))]).await;
        let failure = call(&script).await.expect("an answer").failure();
        let name = format!("{failure:?}");
        assert!(name.starts_with(expected), "{status}: {name}");
    }
}

#[tokio::test]
async fn the_pause_a_partner_asks_for_is_kept_and_bounded() {
    for (header, pause) in [("17", 17), ("999999", 3_600)] {
        let script = Script::start([Reply::status(429).header("Retry-After", header)]).await;
        let answer = call(&script).await.expect("an answer");
        assert_eq!(answer.retry_after(), Some(Duration::from_secs(pause)));
    }
    let past = "Mon, 23 Nov 2020 10:00:00 GMT";
    let script = Script::start([Reply::status(503).header("Retry-After", past)]).await;
    let answer = call(&script).await.expect("an answer");
    assert_eq!(answer.retry_after(), Some(Duration::ZERO));
}

#[tokio::test]
async fn a_web_page_is_no_answer_whatever_its_status() {
    for reply in [
        Reply::html(200),
        Reply::html(403),
        Reply::body(200, "application/json", "<html><body>x</body></html>"),
    ] {
        let script = Script::start([reply]).await;
        let answer = call(&script).await.expect("an answer");
        let error = match answer.is_success() {
            true => answer.json::<Thing>().expect_err("no JSON"),
            false => answer.failure(),
        };
        assert!(detail(error).contains("a web page"));
    }
}

#[tokio::test]
async fn json_of_another_shape_breaks_the_contract_and_is_not_quoted() {
    let script = Script::start([Reply::json(200, &json!({"id": "Иванов"}))]).await;
    let error = call(&script)
        .await
        .expect("an answer")
        .json::<Thing>()
        .expect_err("another shape");
    assert_eq!(
        error,
        PartnerError::protocol("sample thing: HTTP 200: Data error in JSON at line 1 column 20")
    );
}

#[tokio::test]
async fn silence_and_a_cut_connection_are_outages_and_not_repeated() {
    for (reply, says) in [
        (Reply::hang(), "no answer in time"),
        (Reply::drop(), "the connection broke"),
    ] {
        let script = Script::start([reply, Reply::json(200, &json!({"id": 1}))]).await;
        let error = detail(call(&script).await.expect_err("no answer"));
        assert!(error.contains(says), "{error}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[tokio::test]
async fn nobody_there_is_an_outage_that_does_not_name_the_query() {
    crate::testing::crypto();
    let http = http(&nobody());
    let mut url = http.url(["search"]);
    url.set_query(Some("key=secret&fio=Иванов"));
    let error = http
        .send("search", http.request(Method::GET, url))
        .await
        .expect_err("nobody there");
    assert_eq!(detail(error), "sample search: cannot connect");
}

#[test]
fn addresses_are_built_under_the_base() {
    crate::testing::crypto();
    for base in ["https://example.com/api/v1", "https://example.com/api/v1/"] {
        let http = http(&Url::parse(base).expect("a URL"));
        assert_eq!(
            http.url(["reports", "a/b@c"]).as_str(),
            "https://example.com/api/v1/reports/a%2Fb@c"
        );
        assert_eq!(
            http.url(["list", ""]).as_str(),
            "https://example.com/api/v1/list/"
        );
    }
}

#[test]
fn a_wrong_configuration_names_its_key() {
    crate::testing::crypto();
    let base_url = Url::parse("https://example.com/").expect("a URL");
    let settings = |concurrency, extra_ca| Settings {
        base_url: &base_url,
        timeout: Duration::from_secs(1),
        concurrency,
        rate_per_minute: 60,
        extra_ca,
    };
    let error = Http::new("sample", &settings(0, None))
        .err()
        .expect("refused");
    assert_eq!(error.to_string(), "sample.concurrency: must be at least 1");
    let missing = Path::new("/nowhere/ca.pem");
    let error = Http::new("sample", &settings(1, Some(missing)))
        .err()
        .expect("refused");
    assert!(
        error
            .to_string()
            .starts_with("sample.extra_ca: /nowhere/ca.pem:"),
        "{error}"
    );
}
