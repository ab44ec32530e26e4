//! Installation, tokens and their rotation.

use serde_json::{Value, json};

use super::installed::Portal;
use crate::bitrix24::{CLIENT_ID, CLIENT_SECRET, MEMBER_ID};

fn renewal(refresh: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", refresh),
    ]
}

#[tokio::test]
async fn the_install_form_has_what_the_documentation_lists() {
    let mut portal = Portal::installed().await;
    portal
        .bench
        .person(
            "bitrix24/install",
            json!({ "handler": format!("{}/install", portal.app) }),
        )
        .await;
    let form = portal.told_pairs("install").await;
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "event",
            "data[VERSION]",
            "data[ACTIVE]",
            "data[INSTALLED]",
            "data[LANGUAGE_ID]",
            "ts",
            "auth[access_token]",
            "auth[expires]",
            "auth[expires_in]",
            "auth[scope]",
            "auth[domain]",
            "auth[server_endpoint]",
            "auth[status]",
            "auth[client_endpoint]",
            "auth[member_id]",
            "auth[user_id]",
            "auth[refresh_token]",
            "auth[application_token]",
        ]
    );
    let of = |name: &str| {
        form.iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(of("event"), Some("ONAPPINSTALL"));
    assert_eq!(of("auth[member_id]"), Some(MEMBER_ID));
    assert_eq!(of("auth[expires_in]"), Some("3600"));
    assert_eq!(of("auth[status]"), Some("L"));
    let domain = of("auth[domain]").expect("a domain");
    assert_eq!(
        of("auth[client_endpoint]"),
        Some(format!("https://{domain}/rest/").as_str())
    );

    let app = portal.bench.looks("bitrix24/app").await;
    assert_eq!(
        of("auth[application_token]"),
        app["application_token"].as_str()
    );
    let info = portal.result("app.info", json!({})).await;
    assert_eq!(info["STATUS"], "L");
    assert_eq!(info["INSTALLED"], true);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_per_refresh_token() {
    let mut portal = Portal::installed().await;
    let expire = portal
        .bench
        .simulator
        .control()
        .join("bitrix24/tokens/expire")
        .expect("a path");
    assert_eq!(
        portal
            .bench
            .http
            .post(expire)
            .send()
            .await
            .expect("an answer")
            .status(),
        204
    );
    assert_eq!(
        portal.refused("profile", json!({})).await,
        (401, "expired_token".to_owned())
    );

    let old = portal.refresh.clone();
    let (status, granted) = portal.token(&renewal(&old)).await;
    assert_eq!(status, 200, "{granted}");
    assert_eq!(granted["expires_in"], 3600);
    assert_eq!(granted["member_id"], MEMBER_ID);
    assert_ne!(granted["refresh_token"], json!(old));
    portal.access = granted["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(portal.result("profile", json!({})).await["ADMIN"], true);

    let (status, again) = portal.token(&renewal(&old)).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    let next = granted["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(portal.token(&renewal(&next)).await.0, 200);
    assert_eq!(portal.effects("oauth.token"), 2);
}

#[tokio::test]
async fn who_is_not_known_is_refused() {
    let mut portal = Portal::installed().await;
    let wrong = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("client_secret", "no"),
    ];
    assert_eq!(portal.token(&wrong).await.1["error"], "invalid_client");
    portal.access = "nobody".to_owned();
    assert_eq!(
        portal.refused("profile", json!({})).await,
        (401, "NO_AUTH_FOUND".to_owned())
    );

    let webhook = portal.bench.looks("bitrix24/app").await["webhook"]
        .as_str()
        .expect("a webhook")
        .to_owned();
    let plain = webhook.replace(
        portal.bench.url(crate::Partner::Bitrix24, "").as_str(),
        portal.bench.simulator.bitrix24_plain().as_str(),
    );
    let ask = |method: &str| portal.bench.http.get(format!("{plain}{method}")).send();
    let profile: Value = ask("profile.json")
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(profile["result"]["ID"], "1");
    let refused = ask("bizproc.robot.list").await.expect("an answer");
    assert_eq!(refused.status(), 400);
    let refused: Value = refused.json().await.expect("JSON");
    assert_eq!(refused["error"], "ACCESS_DENIED");
    assert_eq!(
        refused["error_description"],
        "Access denied! Application context required"
    );
}

#[tokio::test]
async fn a_code_of_the_authorisation_is_good_once() {
    let portal = Portal::installed().await;
    let url = portal.bench.simulator.bitrix24_plain();
    let url = url
        .join(&format!("oauth/authorize/?client_id={CLIENT_ID}&state=s1"))
        .expect("a path");
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let answer = http.get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 302);
    let back = answer.headers()["location"]
        .to_str()
        .expect("text")
        .parse::<url::Url>()
        .expect("a URL");
    let of = |name: &str| {
        back.query_pairs()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(of("state").as_deref(), Some("s1"));
    let code = of("code").expect("a code");
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("code", &code),
    ];
    assert_eq!(portal.token(&exchange).await.0, 200);
    assert_eq!(portal.token(&exchange).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_deleted_application_is_told_without_tokens_and_loses_its_robots() {
    let mut portal = Portal::installed().await;
    let robot = json!({ "CODE": "r", "HANDLER": format!("{}/robot", portal.app), "NAME": "R" });
    portal.result("bizproc.robot.add", robot).await;
    let url = portal
        .bench
        .simulator
        .control()
        .join("bitrix24/uninstall")
        .expect("a path");
    portal.bench.http.post(url).send().await.expect("an answer");
    let form = portal.told("install").await;
    assert_eq!(form["event"], "ONAPPUNINSTALL");
    assert!(!form.contains_key("auth[access_token]"));
    assert!(form.contains_key("auth[application_token]"));
    assert_eq!(portal.refused("app.info", json!({})).await.0, 401);
    assert_eq!(portal.bench.looks("bitrix24/robots").await, json!({}));
}
