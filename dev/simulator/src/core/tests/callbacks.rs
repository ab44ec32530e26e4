//! Faults of callbacks: twice, in the wrong order, never; and repeats of partners that repeat.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::Partner;
use crate::bench::Bench;
use crate::core::Callback;

/// A receiver that answers with the given statuses, then with 200.
async fn receiver(statuses: Vec<u16>) -> (String, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let statuses = std::sync::Arc::new(std::sync::Mutex::new(statuses));
    let answer = move |State(tell): State<mpsc::UnboundedSender<String>>, body: String| async move {
        tell.send(body).expect("a listener");
        let mut left = statuses.lock().expect("the statuses");
        let status = if left.is_empty() { 200 } else { left.remove(0) };
        StatusCode::from_u16(status).expect("a status")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}/told", listener.local_addr().expect("an address"));
    let router = Router::new().route("/told", post(answer)).with_state(tell);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, told)
}

async fn fault(bench: &Bench, when: Value, fault: &str) {
    let rule =
        json!({ "partner": "yookassa", "operation": "webhook", "when": when, "fault": fault });
    bench.person("faults", rule).await;
}

fn send(bench: &Bench, url: &str, what: &str) {
    let callback = Callback::new(url, "text/plain", what.to_owned());
    bench
        .simulator
        .sim()
        .callbacks()
        .send(Partner::Yookassa, "webhook", callback);
}

async fn next(told: &mut mpsc::UnboundedReceiver<String>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(10), told.recv()).await;
    next.expect("a callback in time").expect("a callback")
}

#[tokio::test]
async fn a_duplicate_is_told_twice_and_a_lost_one_never() {
    let bench = Bench::start().await;
    let (url, mut told) = receiver(Vec::new()).await;
    fault(&bench, json!({ "nth": 1 }), "duplicate_callback").await;
    fault(&bench, json!({ "nth": 2 }), "lose_callback").await;
    for what in ["one", "two"] {
        send(&bench, &url, what);
    }
    assert_eq!(next(&mut told).await, "one");
    assert_eq!(next(&mut told).await, "one");
    send(&bench, &url, "three");
    assert_eq!(next(&mut told).await, "three");
}

#[tokio::test]
async fn a_reordered_callback_comes_after_the_next_one() {
    let bench = Bench::start().await;
    let (url, mut told) = receiver(Vec::new()).await;
    fault(&bench, json!({ "nth": 2 }), "reorder_callbacks").await;
    for what in ["one", "two", "three"] {
        send(&bench, &url, what);
    }
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(next(&mut told).await);
    }
    let place = |what: &str| order.iter().position(|told| told == what).expect("told");
    assert!(place("two") > place("three"), "{order:?}");
}

#[tokio::test]
async fn a_partner_that_repeats_stops_when_it_is_heard() {
    let bench = Bench::start().await;
    let (url, mut told) = receiver(vec![500, 503]).await;
    let callback = Callback::json(&url, &json!({ "n": 1 })).attempts(5, Duration::from_millis(5));
    bench
        .simulator
        .sim()
        .callbacks()
        .send(Partner::Yookassa, "webhook", callback);
    for _ in 0..3 {
        assert_eq!(next(&mut told).await, "{\"n\":1}");
    }
    let delivered = async {
        loop {
            let deliveries = bench
                .simulator
                .sim()
                .callbacks()
                .deliveries(Some(Partner::Yookassa));
            if deliveries.len() == 3 {
                return deliveries;
            }
            tokio::task::yield_now().await;
        }
    };
    let deliveries = tokio::time::timeout(Duration::from_secs(10), delivered)
        .await
        .expect("three deliveries");
    let statuses: Vec<Option<u16>> = deliveries.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [Some(500), Some(503), Some(200)]);
    assert_eq!(deliveries[2].path, "/told");
}
