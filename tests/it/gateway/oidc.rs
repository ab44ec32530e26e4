//! Sign-in by an issuer of the company's own: its keys, its rotation, its outage, and what is not its.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use proto::kite::session::v1::{
    GetSessionRequest, GetSignInOptionsRequest, Issuer as Offered, StartSessionRequest,
};
use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};
use serde_json::{Value, json};
use stack::settings::{GatewayOptions, Issuer};
use tests::{Options, World};
use tonic::{Code, Request, Status};

use super::write_staff;
use crate::issuer::{AUDIENCE, Issuer as House, Key};

async fn session(world: &World, token: &str) -> Result<String, Status> {
    let mut request = Request::new(GetSessionRequest {});
    let value = format!("Bearer {token}")
        .parse()
        .map_err(|_| Status::internal("not a header"))?;
    request.metadata_mut().insert("authorization", value);
    let answer = SessionServiceClient::new(world.stack.door.channel.clone())
        .get_session(request)
        .await?;
    let session = answer.into_inner().session.unwrap_or_default();
    Ok(session.person.unwrap_or_default().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_issuer_are_taken_and_all_others_refused() -> anyhow::Result<()> {
    let (first, second, foreign) = (Key::new("first")?, Key::new("second")?, Key::new("first")?);
    let house = House::start().await?;
    let url = house.url.clone();
    let gateway = GatewayOptions {
        issuers: vec![Issuer {
            url: url.clone(),
            audience: AUDIENCE.to_owned(),
            client_id: "kite-ui".to_owned(),
        }],
        ..GatewayOptions::default()
    };
    let world = World::with(Options {
        gateway,
        ..Options::default()
    })
    .await?;
    let now = chrono::Utc::now().timestamp();
    let claims = |changes: Value| {
        let mut claims = json!({
            "iss": url, "aud": AUDIENCE, "sub": "8d1f", "login": "u-ops", "iat": now, "nbf": now - 5, "exp": now + 600,
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        claims
    };

    // Before the issuer has answered once nobody can be judged, and nobody is called a forger.
    house.set_away(true);
    let good = first.sign(&claims(json!({})))?;
    assert_eq!(
        session(&world, &good).await.map_err(|status| status.code()),
        Err(Code::Unavailable)
    );
    house.set_away(false);
    house.publish(&first);
    assert_eq!(session(&world, &good).await?, "u-ops");
    assert_eq!(
        session(
            &world,
            &first.sign(&claims(json!({ "aud": ["other", AUDIENCE] })))?
        )
        .await?,
        "u-ops"
    );

    let pem = first.private.to_public_key().to_pkcs1_pem(LineEnding::LF)?;
    let shared = EncodingKey::from_secret(pem.as_bytes());
    let confused = Header {
        kid: Some("first".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let unsigned = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "kid": "first" }).to_string()),
        URL_SAFE_NO_PAD.encode(claims(json!({})).to_string()),
    );
    let mut without_person = claims(json!({}));
    without_person
        .as_object_mut()
        .map(|claims| claims.remove("login"));
    let (header, rest) = good.split_once('.').unwrap_or_default();
    let (_, signature) = rest.split_once('.').unwrap_or_default();
    let body = URL_SAFE_NO_PAD.encode(claims(json!({ "login": "u-admin" })).to_string());
    for (name, token) in [
        (
            "another audience",
            first.sign(&claims(json!({ "aud": "other" })))?,
        ),
        ("no audience", first.sign(&claims(json!({ "aud": null })))?),
        (
            "another issuer",
            first.sign(&claims(json!({ "iss": "https://login.example.com" })))?,
        ),
        (
            "our own name",
            first.sign(&claims(json!({ "iss": "kite", "aud": "kite-gateway" })))?,
        ),
        ("expired", first.sign(&claims(json!({ "exp": now - 60 })))?),
        ("no end", first.sign(&claims(json!({ "exp": null })))?),
        ("not yet", first.sign(&claims(json!({ "nbf": now + 300 })))?),
        (
            "the public key as a secret",
            jsonwebtoken::encode(&confused, &claims(json!({})), &shared)?,
        ),
        ("no signature", unsigned),
        (
            "another person under the same signature",
            format!("{header}.{body}.{signature}"),
        ),
        (
            "a key of another house under the same name",
            foreign.sign(&claims(json!({})))?,
        ),
        (
            "an unknown person",
            first.sign(&claims(json!({ "login": "u-nobody" })))?,
        ),
        ("no person", first.sign(&without_person)?),
        (
            "a person who is no text",
            first.sign(&claims(json!({ "login": 17 })))?,
        ),
        ("an unknown key", second.sign(&claims(json!({})))?),
    ] {
        let refused = session(&world, &token).await;
        assert_eq!(
            refused.map_err(|status| status.code()),
            Err(Code::Unauthenticated),
            "{name}"
        );
    }

    // The issuer rotates: a token names the new key, it is fetched; the old one ends with that.
    house.publish(&second);
    let renewed = second.sign(&claims(json!({})))?;
    assert_eq!(session(&world, &renewed).await?, "u-ops");
    assert_eq!(
        session(&world, &good).await.map_err(|status| status.code()),
        Err(Code::Unauthenticated)
    );
    // An outage signs nobody out.
    house.set_away(true);
    assert_eq!(session(&world, &renewed).await?, "u-ops");
    assert_eq!(
        session(&world, &good).await.map_err(|status| status.code()),
        Err(Code::Unauthenticated)
    );
    // The pages learn where to send people, who come back and stay by a session of ours.
    let mut sessions = SessionServiceClient::new(world.stack.door.channel.clone());
    let options = sessions
        .get_sign_in_options(GetSignInOptionsRequest {})
        .await?
        .into_inner();
    let offered = Offered {
        issuer: url.clone(),
        client_id: "kite-ui".to_owned(),
        title: "127.0.0.1".to_owned(),
        scopes: vec!["openid".to_owned()],
    };
    assert_eq!(options.issuers, [offered]);
    let mut request = Request::new(StartSessionRequest {});
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {renewed}").parse()?);
    let started = sessions.start_session(request).await?;
    let cookie = started
        .metadata()
        .get("set-cookie")
        .and_then(|cookie| cookie.to_str().ok())
        .unwrap_or_default();
    assert!(cookie.starts_with("__Host-kite_session="), "{cookie}");
    let own = started.into_inner().access_token;
    assert_ne!(own, renewed);
    assert_eq!(session(&world, &own).await?, "u-ops");
    // The directory has the last word.
    write_staff(&world, "ops", &[domain::staff::Role::Ops], &[], true).await?;
    assert_eq!(
        session(&world, &renewed)
            .await
            .map_err(|status| status.code()),
        Err(Code::Unauthenticated)
    );
    world.stop().await
}
