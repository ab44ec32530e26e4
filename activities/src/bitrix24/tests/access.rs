//! Tokens, limits, and what is no answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Form, Json, Router};
use contracts::bitrix24::ReadDeal;

use super::*;
use crate::error::PartnerError;
use crate::testing::nobody;

async fn close(fixture: &Fixture) -> Result<(), PartnerError> {
    fixture.activities.complete(PORTAL, 5).await
}

#[tokio::test]
async fn the_token_goes_in_the_body_and_a_renewed_pair_is_sealed_before_use() {
    let granted = json!({
        "access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 3600,
        "client_endpoint": "https://other.example/rest/", "member_id": PORTAL,
    });
    let fixture = fixture([
        error(401, "expired_token"),
        Reply::json(200, &granted),
        ok(json!(true)),
    ])
    .await;
    close(&fixture).await.expect("closed");
    assert_eq!(
        fixture.script.calls(),
        [
            "POST /rest/tasks.task.complete",
            "POST /oauth/token/",
            "POST /rest/tasks.task.complete"
        ]
    );
    assert_eq!(fixture.body(0)["auth"], "access-1");
    let form = fixture.script.requests()[1].form();
    assert_eq!(form["refresh_token"], "refresh-1");
    assert_eq!(form["client_secret"], "secret");
    assert_eq!(fixture.body(2)["auth"], "access-2");
    let stored = fixture.activities.store.portal(PORTAL).await.expect("read");
    let stored = stored.expect("a portal");
    assert_eq!(stored.access_token, "sealed:2-ssecca");
    assert_eq!(stored.refresh_token, "sealed:2-hserfer");
    assert_eq!(stored.application_token, "application");
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_is_not_renewed_again() {
    let granted = json!({ "access_token": "a", "refresh_token": "r", "expires_in": 3600 });
    let fixture = fixture([
        error(401, "expired_token"),
        Reply::json(200, &granted),
        error(401, "expired_token"),
    ])
    .await;
    assert!(matches!(
        close(&fixture).await,
        Err(PartnerError::Unavailable { .. })
    ));
    assert_eq!(fixture.script.requests().len(), 3);
}

#[tokio::test]
async fn a_refresh_token_that_is_over_needs_a_person() {
    // The authorisation server refuses with status 200 too.
    for status in [200, 400, 401] {
        let fixture = fixture([
            error(401, "expired_token"),
            Reply::json(status, &json!({ "error": "invalid_grant" })),
        ])
        .await;
        match close(&fixture).await {
            Err(PartnerError::Rejected { code, message }) => {
                assert_eq!(code, "invalid_grant");
                assert!(message.contains("Переустановите"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failed_renewal_leaves_the_lease_to_the_next_attempt() {
    let granted = json!({ "access_token": "a", "refresh_token": "r", "expires_in": 3600 });
    let fixture = fixture([
        error(401, "expired_token"),
        Reply::html(502),
        error(401, "expired_token"),
        Reply::json(200, &granted),
        ok(json!(true)),
    ])
    .await;
    assert!(matches!(
        close(&fixture).await,
        Err(PartnerError::Unavailable { .. })
    ));
    close(&fixture).await.expect("closed");
}

#[derive(Clone, Default)]
struct Oauth {
    granted: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

/// A portal that knows the newest token only and gives the next pair for the newest refresh token.
async fn portal(state: Oauth) -> Url {
    async fn method(
        State(oauth): State<Oauth>,
        Path(_method): Path<String>,
        Json(body): Json<Value>,
    ) -> (StatusCode, Json<Value>) {
        let newest = format!("access-{}", oauth.granted.load(Ordering::SeqCst) + 1);
        // "access-1" is over from the beginning.
        if body["auth"] == newest && newest != "access-1" {
            oauth.done.fetch_add(1, Ordering::SeqCst);
            (StatusCode::OK, Json(json!({ "result": true })))
        } else {
            (
                StatusCode::UNAUTHORIZED,
                Json(json!({ "error": "expired_token" })),
            )
        }
    }
    async fn token(
        State(oauth): State<Oauth>,
        Form(form): Form<BTreeMap<String, String>>,
    ) -> (StatusCode, Json<Value>) {
        let number = oauth.granted.load(Ordering::SeqCst) + 1;
        if form["refresh_token"] != format!("refresh-{number}") {
            return (
                StatusCode::BAD_REQUEST,
                Json(json!({ "error": "invalid_grant" })),
            );
        }
        oauth.granted.fetch_add(1, Ordering::SeqCst);
        let next = number + 1;
        let pair = json!({
            "access_token": format!("access-{next}"),
            "refresh_token": format!("refresh-{next}"),
            "expires_in": 3600,
        });
        (StatusCode::OK, Json(pair))
    }
    crate::testing::crypto();
    let router = Router::new()
        .route("/rest/{method}", post(method))
        .route("/oauth/token/", post(token))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/").parse().expect("a URL")
}

#[tokio::test]
async fn eight_calls_and_two_processes_renew_once() {
    let oauth = Oauth::default();
    let url = portal(oauth.clone()).await;
    let (activities, _dir) = activities(&url).await;
    let other = Bitrix24Activities {
        client: Arc::new(client(&activities.store, &url)),
        store: activities.store.clone(),
        evidence: activities.evidence.clone(),
    };
    let calls = (0..8).map(|n| {
        let process = if n % 2 == 0 { &activities } else { &other };
        process.complete(PORTAL, n)
    });
    for result in futures::future::join_all(calls).await {
        result.expect("closed");
    }
    assert_eq!(oauth.granted.load(Ordering::SeqCst), 1);
    assert_eq!(oauth.done.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn a_portal_without_the_application_is_a_sentence() {
    let fixture = fixture([]).await;
    let error = fixture.activities.complete("stranger", 5).await;
    assert!(matches!(error, Err(PartnerError::Rejected { code, .. }) if code == "not_installed"));
    assert!(fixture.script.requests().is_empty());
}

#[tokio::test]
async fn limits_are_waited_for() {
    let fixture = fixture([
        error(503, "QUERY_LIMIT_EXCEEDED"),
        Reply::json(200, &json!({ "result": true, "time": time(470.0, 120) })),
        error(429, "OPERATION_TIME_LIMIT"),
    ])
    .await;
    let pause = |result: Result<(), PartnerError>| match result {
        Err(PartnerError::Unavailable { retry_after, .. }) => retry_after.map(|p| p.as_secs()),
        other => panic!("{other:?}"),
    };
    assert_eq!(pause(close(&fixture).await), Some(3));
    close(&fixture).await.expect("closed");
    // The answer said that the allowance is nearly used up: the portal is not asked.
    let rest = pause(close(&fixture).await).expect("a pause");
    assert!((110..=120).contains(&rest), "{rest}");
    assert_eq!(fixture.script.requests().len(), 2);
    // Another method has its own allowance, and this portal refuses it at once.
    let query = ReadDeal {
        portal: PORTAL.to_owned(),
        deal_id: 1,
    };
    let read = fixture.activities.read(&query).await;
    assert_eq!(pause(read.map(drop)), Some(600));
}

#[tokio::test]
async fn what_is_no_answer_is_tried_again() {
    let silent = Reply::hang();
    for reply in [
        Reply::html(200),
        Reply::html(502),
        Reply::status(504),
        Reply::status(401),
        error(500, "INTERNAL_SERVER_ERROR"),
        Reply::drop(),
        silent,
    ] {
        let fixture = fixture([reply.clone()]).await;
        let result = close(&fixture).await;
        assert!(
            matches!(result, Err(PartnerError::Unavailable { .. })),
            "{reply:?}: {result:?}"
        );
    }
    let (activities, _dir) = activities(&nobody()).await;
    assert!(matches!(
        activities.complete(PORTAL, 5).await,
        Err(PartnerError::Unavailable { .. })
    ));
}

#[tokio::test]
async fn broken_json_and_our_own_mistakes_are_protocol() {
    for reply in [
        Reply::body(200, "application/json", "{\"result\": tr"),
        Reply::body(200, "application/json", "[1, 2"),
        error(404, "ERROR_METHOD_NOT_FOUND"),
        error(503, "OVERLOAD_LIMIT"),
    ] {
        let fixture = fixture([reply.clone()]).await;
        let result = close(&fixture).await;
        assert!(
            matches!(result, Err(PartnerError::Protocol { .. })),
            "{reply:?}: {result:?}"
        );
    }
}

#[tokio::test]
async fn missing_rights_reach_a_person() {
    let fixture = fixture([error(403, "insufficient_scope")]).await;
    match close(&fixture).await {
        Err(PartnerError::Rejected { message, .. }) => {
            assert!(message.contains("прав"), "{message}")
        }
        other => panic!("{other:?}"),
    }
}
