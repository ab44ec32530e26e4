//! Staying signed in by a cookie: what it is, how it is renewed, how it ends, and who cannot use it.

use anyhow::Context;
use domain::staff::Role;
use http::{Method, StatusCode, Version};
use prost::Message;
use proto::kite::session::v1::{
    GetSessionRequest, GetSessionResponse, RefreshSessionRequest, RefreshSessionResponse,
    SignInRequest, SignInResponse, SignOutRequest,
};
use proto::kite::staff::v1::BlockMemberRequest;
use stack::seed;
use tests::World;
use tonic::Code;

use super::newcomer;
use super::web::{Answer, Browser};

const SIGN_IN: &str = "kite.session.v1.SessionService/SignIn";
const REFRESH: &str = "kite.session.v1.SessionService/RefreshSession";
const SIGN_OUT: &str = "kite.session.v1.SessionService/SignOut";
const SESSION: &str = "kite.session.v1.SessionService/GetSession";

/// `name=value` of the answer's cookie.
fn cookie(answer: &Answer) -> anyhow::Result<String> {
    let set = answer.trailers.get("set-cookie").context("no cookie")?;
    let (pair, attributes) = set.split_once("; ").context("no attributes")?;
    let (age, rest) = attributes
        .strip_prefix("Path=/; Max-Age=")
        .and_then(|rest| rest.split_once("; "))
        .context("another cookie")?;
    assert_eq!(rest, "Secure; HttpOnly; SameSite=Strict");
    let seconds: u64 = age.parse()?;
    assert!(
        seconds == 0 || (43_000..=43_200).contains(&seconds),
        "it lives {seconds} s"
    );
    Ok(pair.to_owned())
}

async fn sign_in(browser: &Browser, login: &str) -> anyhow::Result<String> {
    let request = SignInRequest {
        login: login.to_owned(),
        password: seed::PASSWORD.to_owned(),
    };
    let answer = browser.call(SIGN_IN, None, &[], &request).await?;
    assert_eq!(answer.code(), Code::Ok);
    assert!(
        !SignInResponse::decode(answer.message.as_slice())?
            .access_token
            .is_empty()
    );
    cookie(&answer)
}

async fn refresh(browser: &Browser, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
    browser
        .call(REFRESH, None, headers, &RefreshSessionRequest {})
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_renewed_at_each_refresh_until_the_sign_out() -> anyhow::Result<()> {
    let world = World::start().await?;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let browser = Browser::of(&world, version, false)?;
        let first = sign_in(&browser, "ops").await?;
        let (name, value) = first.split_once('=').context("a value")?;
        assert_eq!(name, "__Host-kite_session");
        assert_eq!(value.len(), 43, "256 bits in base64");

        let answer = refresh(&browser, &[("cookie", &first)]).await?;
        assert_eq!(answer.code(), Code::Ok);
        let second = cookie(&answer)?;
        assert_ne!(second, first);
        let refreshed = RefreshSessionResponse::decode(answer.message.as_slice())?;
        let session = refreshed.session.context("a session")?;
        assert_eq!(session.roles, ["OPS"]);
        assert!(session.actions.contains(&"codec.decode".to_owned()));
        let answer = browser
            .call(
                SESSION,
                Some(&refreshed.access_token),
                &[],
                &GetSessionRequest {},
            )
            .await?;
        let known = GetSessionResponse::decode(answer.message.as_slice())?.session;
        assert_eq!(known, Some(session));

        // Another tab had sent the former one at that moment: it gets the same new one.
        let answer = refresh(&browser, &[("cookie", &format!("theme=dark; {first}"))]).await?;
        assert_eq!(
            (answer.code(), cookie(&answer)?),
            (Code::Ok, second.clone())
        );
        let answer = refresh(&browser, &[("cookie", &second)]).await?;
        let third = cookie(&answer)?;
        // Two renewals ago is too long ago.
        let answer = refresh(&browser, &[("cookie", &first)]).await?;
        assert_eq!(answer.code(), Code::Unauthenticated);
        assert!(!answer.trailers.contains_key("set-cookie"));

        let answer = browser
            .call(SIGN_OUT, None, &[("cookie", &third)], &SignOutRequest {})
            .await?;
        assert_eq!(answer.code(), Code::Ok);
        assert_eq!(cookie(&answer)?, "__Host-kite_session=");
        for over in [&second, &third] {
            let answer = refresh(&browser, &[("cookie", over)]).await?;
            assert_eq!(answer.code(), Code::Unauthenticated);
        }
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cookie_opens_nothing_and_a_blocked_person_is_out() -> anyhow::Result<()> {
    let world = World::start().await?;
    let browser = Browser::of(&world, Version::HTTP_2, false)?;
    newcomer(&world, "leaver", &[Role::Ops], &[]).await?;
    let good = sign_in(&browser, "leaver").await?;
    let forged = format!("__Host-kite_session={}", "A".repeat(43));
    let renamed = good.replace("__Host-", "");
    let cut = &good[..good.len() - 1];
    for cookie in [&forged, &renamed, cut, "__Host-kite_session=", "x"] {
        let answer = refresh(&browser, &[("cookie", cookie)]).await?;
        assert_eq!(answer.code(), Code::Unauthenticated, "{cookie}");
    }
    let answer = refresh(&browser, &[]).await?;
    assert_eq!(answer.code(), Code::Unauthenticated, "without a cookie");

    let answer = refresh(&browser, &[("cookie", &good)]).await?;
    let good = cookie(&answer)?;
    let token = RefreshSessionResponse::decode(answer.message.as_slice())?.access_token;
    let admin = world.stack.sign_in("admin").await?;
    let block = async |blocked| {
        let request = BlockMemberRequest {
            person_id: "u-leaver".to_owned(),
            blocked,
            reason: "Увольнение.".to_owned(),
        };
        admin.staff().block_member(request).await.map(|_| ())
    };
    block(true).await?;
    let answer = refresh(&browser, &[("cookie", &good)]).await?;
    assert_eq!(answer.code(), Code::Unauthenticated, "blocked");
    let answer = browser
        .call(SESSION, Some(&token), &[], &GetSessionRequest {})
        .await?;
    assert_eq!(answer.code(), Code::Unauthenticated, "the token too");
    // Let in again, one signs in again.
    block(false).await?;
    let answer = refresh(&browser, &[("cookie", &good)]).await?;
    assert_eq!(answer.code(), Code::Unauthenticated, "blocked once");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_act_by_the_cookie() -> anyhow::Result<()> {
    let world = World::start().await?;
    let browser = Browser::of(&world, Version::HTTP_2, false)?;
    let mut good = sign_in(&browser, "ops").await?;
    let port = world.stack.settings.ports.gateway;
    for origin in [
        "https://evil.example".to_owned(),
        format!("http://localhost:{port}"),
        format!("https://portal.localhost:{port}"),
        "https://localhost".to_owned(),
        "null".to_owned(),
    ] {
        let headers = [("cookie", good.as_str()), ("origin", origin.as_str())];
        for answer in [
            refresh(&browser, &headers).await?,
            browser
                .call(SIGN_OUT, None, &headers, &SignOutRequest {})
                .await?,
        ] {
            assert_eq!(answer.code(), Code::PermissionDenied, "{origin}");
            assert!(!answer.trailers.contains_key("set-cookie"), "{origin}");
            assert!(
                !answer.trailers.contains_key("access-control-allow-origin"),
                "{origin}"
            );
        }
    }
    // What a form or a simple request of another site can send, over either version of HTTP.
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let browser = Browser::of(&world, version, false)?;
        for method in [REFRESH, SIGN_OUT, SIGN_IN] {
            for kind in ["text/plain", "application/x-www-form-urlencoded"] {
                let answer = browser
                    .http
                    .post(browser.url.join(method)?)
                    .header("content-type", kind)
                    .header("cookie", &good)
                    .body(vec![0; 5])
                    .send()
                    .await?;
                let refused = answer.status() == StatusCode::BAD_REQUEST
                    || answer
                        .headers()
                        .get("grpc-status")
                        .is_some_and(|code| code == "7");
                assert!(refused, "{version:?} {method} as {kind}: {answer:?}");
                assert!(!answer.headers().contains_key("set-cookie"));
            }
        }
        // And nobody is granted a preflight.
        let answer = browser
            .http
            .request(Method::OPTIONS, browser.url.join(REFRESH)?)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
            .await?;
        let granted = answer
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("access-control-"));
        assert!(!granted, "{answer:?}");
    }
    // Our own page, under both names of this machine; all of the above has ended nothing.
    for origin in [
        format!("https://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
    ] {
        let answer = refresh(&browser, &[("cookie", &good), ("origin", &origin)]).await?;
        assert_eq!(answer.code(), Code::Ok, "{origin}");
        good = cookie(&answer)?;
    }
    world.stop().await
}
