//! Faults of requests, on a method of the portal that has an effect.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Partner;
use crate::bench::Bench;
use crate::bitrix24::WEBHOOK_SECRET;

const NOTICE: &str = "im.notify.system.add";

async fn rule(bench: &Bench, when: Value, fault: Value) {
    let rule = json!({ "partner": "bitrix24", "operation": NOTICE, "when": when, "fault": fault });
    bench.person("faults", rule).await;
}

async fn notice(bench: &Bench) -> reqwest::Result<reqwest::Response> {
    let path = format!("rest/1/{WEBHOOK_SECRET}/{NOTICE}");
    let url = bench
        .simulator
        .bitrix24_plain()
        .join(&path)
        .expect("a path");
    bench
        .http
        .post(url)
        .json(&json!({ "USER_ID": 11, "MESSAGE": "Проверка" }))
        .send()
        .await
}

fn effects(bench: &Bench) -> usize {
    bench
        .simulator
        .sim()
        .ledger()
        .count(Partner::Bitrix24, NOTICE)
}

#[tokio::test]
async fn a_connection_dropped_before_leaves_no_effect_and_after_leaves_one() {
    let bench = Bench::start().await;
    rule(&bench, json!({ "nth": 1 }), json!("drop_before")).await;
    rule(&bench, json!({ "nth": 2 }), json!("drop_after")).await;

    assert!(notice(&bench).await.is_err());
    assert_eq!(effects(&bench), 0);
    assert!(notice(&bench).await.is_err());
    assert_eq!(effects(&bench), 1);
    assert!(
        notice(&bench)
            .await
            .expect("an answer")
            .status()
            .is_success()
    );
    assert_eq!(effects(&bench), 2);

    let calls = bench.looks("calls?partner=bitrix24").await;
    assert_eq!(calls["bitrix24"][NOTICE], 3);
}

#[tokio::test]
async fn a_status_comes_with_the_partners_own_words_or_with_the_given_ones() {
    let bench = Bench::start().await;
    rule(
        &bench,
        json!({ "nth": 1 }),
        json!({ "status": 503, "retry_after": 7 }),
    )
    .await;
    rule(
        &bench,
        json!({ "nth": 2 }),
        json!({ "status": 418, "body": { "short": "and stout" } }),
    )
    .await;

    let own = notice(&bench).await.expect("an answer");
    assert_eq!(own.status(), 503);
    assert_eq!(own.headers()["retry-after"], "7");
    assert_eq!(
        own.json::<Value>().await.expect("JSON")["error"],
        "QUERY_LIMIT_EXCEEDED"
    );
    let given = notice(&bench).await.expect("an answer");
    assert_eq!(given.status(), 418);
    assert_eq!(
        given.json::<Value>().await.expect("JSON"),
        json!({ "short": "and stout" })
    );
    assert_eq!(effects(&bench), 0);
}

#[tokio::test]
async fn a_page_has_no_effect_and_garbage_has_one() {
    let bench = Bench::start().await;
    rule(&bench, json!({ "nth": 1 }), json!("html")).await;
    rule(&bench, json!({ "nth": 2 }), json!("garbage")).await;

    let page = notice(&bench).await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(
        page.text()
            .await
            .expect("a page")
            .starts_with("<!DOCTYPE html>")
    );
    assert_eq!(effects(&bench), 0);

    let broken = notice(&bench)
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    assert!(broken.starts_with('{'), "{broken}");
    assert!(serde_json::from_str::<Value>(&broken).is_err(), "{broken}");
    assert_eq!(effects(&bench), 1);
}

#[tokio::test]
async fn delay_holds_the_answer_and_drip_its_body() {
    let bench = Bench::start().await;
    rule(&bench, json!({ "nth": 1 }), json!({ "delay_ms": 300 })).await;
    rule(&bench, json!({ "nth": 2 }), json!({ "drip_ms": 30 })).await;

    let begun = Instant::now();
    notice(&bench).await.expect("an answer");
    assert!(begun.elapsed() >= Duration::from_millis(300));

    let mut answer = notice(&bench).await.expect("an answer");
    let begun = Instant::now();
    let mut pieces = 0;
    while answer.chunk().await.expect("a piece").is_some() {
        pieces += 1;
    }
    assert!(pieces > 1, "the body came whole");
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn rules_count_what_they_saw_and_are_cleared() {
    let bench = Bench::start().await;
    rule(&bench, json!({ "first": 2 }), json!({ "status": 500 })).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(notice(&bench).await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [500, 500, 200]);
    let rules = bench.looks("faults").await;
    assert_eq!(
        (&rules[0]["seen"], &rules[0]["fired"]),
        (&json!(3), &json!(2))
    );

    let reset = bench.simulator.control().join("reset").expect("a path");
    assert_eq!(
        bench
            .http
            .post(reset)
            .send()
            .await
            .expect("an answer")
            .status(),
        204
    );
    assert_eq!(bench.looks("faults").await, json!([]));
    assert_eq!(effects(&bench), 0);
}

#[tokio::test]
async fn what_is_not_a_fault_is_refused() {
    let bench = Bench::start().await;
    for wrong in [json!("drop"), json!({ "status": 500, "bodi": 1 })] {
        let rule =
            json!({ "partner": "bitrix24", "operation": "*", "when": "every", "fault": wrong });
        let (status, answer) = bench.person_tries("faults", rule).await;
        assert_eq!(status, 400, "{answer}");
    }
}

#[test]
fn percentages_repeat_with_the_seed() {
    use crate::core::{Fault, Faults, Rule, When};

    let hits = |seed: u64| {
        let faults = Faults::new(seed);
        faults.add(Rule {
            partner: Partner::Sms,
            operation: "send".to_owned(),
            when: When::Percent(30),
            fault: Fault::Stale,
        });
        (0..1000)
            .map(|_| faults.is_stale(Partner::Sms, "send"))
            .collect::<Vec<bool>>()
    };
    assert_eq!(hits(5), hits(5));
    assert_ne!(hits(5), hits(6));
    let part = hits(5).iter().filter(|hit| **hit).count();
    assert!((250..350).contains(&part), "{part} of a thousand");
}

#[test]
fn stale_concerns_its_partner_and_operation_only() {
    use crate::core::{Fault, Faults, Rule, When};

    let faults = Faults::new(1);
    let operation = "get_request".to_owned();
    faults.add(Rule {
        partner: Partner::OnecTreasury,
        operation,
        when: When::First(1),
        fault: Fault::Stale,
    });
    assert!(!faults.is_stale(Partner::OnecAlfa, "get_request"));
    assert!(!faults.is_stale(Partner::OnecTreasury, "list"));
    assert!(faults.is_stale(Partner::OnecTreasury, "get_request"));
    assert!(!faults.is_stale(Partner::OnecTreasury, "get_request"));
}
