//! Event handlers: bound once, moved with the public address.

use super::*;
use crate::bitrix24::{EVENTS, Subscribed, subscribe};
use crate::error::PartnerError;

const OURS: &str = "https://kite.example/bitrix24/events";

fn handler(event: &str, handler: &str) -> Value {
    json!({ "event": event, "handler": handler, "auth_type": "0", "offline": 0 })
}

#[tokio::test]
async fn a_missing_handler_is_bound_and_a_known_one_left() {
    let fixture = fixture([
        ok(json!([])),
        ok(json!(true)),
        ok(json!([handler("OnTaskUpdate", OURS)])),
    ])
    .await;
    let run = || subscribe(&fixture.activities.client, PORTAL, &EVENTS);
    let bound = Subscribed {
        bound: vec!["ONTASKUPDATE"],
        unbound: 0,
    };
    assert_eq!(run().await, Ok(bound));
    assert_eq!(run().await, Ok(Subscribed::default()));
    assert_eq!(fixture.methods(), ["event.get", "event.bind", "event.get"]);
    let body = fixture.body(1);
    assert_eq!(body["event"], "ONTASKUPDATE");
    assert_eq!(body["handler"], OURS);
}

#[tokio::test]
async fn handlers_at_a_former_address_are_unbound_after_the_new_one_and_others_stay() {
    let former = "https://old.example/kite/bitrix24/events";
    let fixture = fixture([
        ok(json!([
            handler("ONTASKUPDATE", former),
            handler("ONCRMDEALUPDATE", OURS),
            handler("ONTASKUPDATE", "https://another.example/hook"),
            { "event": "ONTASKUPDATE", "handler": "", "auth_type": "0", "offline": 1 },
        ])),
        ok(json!(true)),
        ok(json!({ "count": 1 })),
        ok(json!({ "count": 0 })),
    ])
    .await;
    let done = subscribe(&fixture.activities.client, PORTAL, &EVENTS).await;
    let expected = Subscribed {
        bound: vec!["ONTASKUPDATE"],
        unbound: 2,
    };
    assert_eq!(done, Ok(expected));
    assert_eq!(
        fixture.methods(),
        ["event.get", "event.bind", "event.unbind", "event.unbind"]
    );
    let unbound = |number: usize| {
        let body = fixture.body(number);
        (body["event"].clone(), body["handler"].clone())
    };
    assert_eq!(unbound(2), (json!("ONTASKUPDATE"), json!(former)));
    assert_eq!(unbound(3), (json!("ONCRMDEALUPDATE"), json!(OURS)));
}

#[tokio::test]
async fn a_handler_bound_by_another_process_meanwhile_is_taken_and_a_refusal_is_not() {
    let faster = fixture([
        ok(json!([])),
        error(400, ""),
        ok(json!([handler("ONTASKUPDATE", OURS)])),
    ])
    .await;
    assert_eq!(
        subscribe(&faster.activities.client, PORTAL, &EVENTS).await,
        Ok(Subscribed::default())
    );
    let refused = fixture([
        ok(json!([])),
        error(400, "ERROR_EVENT_NOT_FOUND"),
        ok(json!([])),
    ])
    .await;
    assert!(matches!(
        subscribe(&refused.activities.client, PORTAL, &EVENTS).await,
        Err(PartnerError::Rejected { code, .. }) if code == "ERROR_EVENT_NOT_FOUND"
    ));
    let away = fixture([Reply::html(502)]).await;
    assert!(matches!(
        subscribe(&away.activities.client, PORTAL, &EVENTS).await,
        Err(PartnerError::Unavailable { .. })
    ));
}
