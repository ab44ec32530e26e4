//! The client's signed link: what it lets in, and what it does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, Utc};
use domain::buyout::start::BuyoutId;
use domain::signed_link::{KeyRing, LinkClaims, LinkPurpose};
use http::StatusCode;
use stack::play::{Play, Prices};
use tests::World;

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

/// The keys that the stack signs with.
fn keys(world: &World) -> anyhow::Result<KeyRing> {
    let key = STANDARD.decode(&world.stack.settings.keys.links)?;
    Ok(KeyRing::new("dev", [("dev".to_owned(), key)])?)
}

fn claims(run: &str) -> LinkClaims {
    LinkClaims {
        purpose: LinkPurpose::Offer,
        subject: run.to_owned(),
        party: "client".to_owned(),
        expires_at: Utc::now() + Duration::hours(1),
        id: uuid::Uuid::new_v4().simple().to_string(),
    }
}

async fn status(world: &World, token: &str) -> anyhow::Result<(StatusCode, StatusCode)> {
    let url = world.stack.door.url.join(&format!("l/{token}"))?;
    let http = &world.stack.door.http;
    let shown = http.get(url.clone()).send().await?.status();
    let form = [
        ("answer", "decline"),
        ("round", "1"),
        ("reason", "Передумал."),
    ];
    Ok((shown, http.post(url).form(&form).send().await?.status()))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_link_of_ours_in_time_for_this_purpose_opens_the_offer() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    let link = play.offer_link(1).await?;
    let token = link.path().trim_start_matches("/l/").to_owned();
    let keys = keys(&world)?;
    let whole = keys.verify(&token, LinkPurpose::Offer, Utc::now())?;
    assert_eq!(whole.subject, play.id);
    let stranger = KeyRing::new("dev", [("dev".to_owned(), vec![1; 32])])?;
    let retired = KeyRing::new("old", [("old".to_owned(), vec![8; 32])])?;
    let expired = LinkClaims {
        expires_at: Utc::now() - Duration::seconds(2),
        ..claims(&play.id)
    };
    let upload = LinkClaims {
        purpose: LinkPurpose::Upload,
        ..claims(&play.id)
    };
    let (head, signature) = token.rsplit_once('.').unwrap_or_default();
    let other = keys.sign(&claims(&play.id));
    let other_signature = other
        .rsplit_once('.')
        .map(|(_, signature)| signature)
        .unwrap_or_default();
    let revoked = claims(&play.id);
    world
        .stack
        .store
        .revoke_link(&revoked.id, &BuyoutId(play.id.clone()))
        .await?;
    for (name, token) in [
        ("expired", keys.sign(&expired)),
        ("for uploads", keys.sign(&upload)),
        ("of another house", stranger.sign(&claims(&play.id))),
        ("of a retired key", retired.sign(&claims(&play.id))),
        (
            "with another's signature",
            format!("{head}.{other_signature}"),
        ),
        (
            "without its end",
            format!("{head}.{}", &signature[..signature.len() - 4]),
        ),
        ("without a signature", head.to_owned()),
        ("revoked", keys.sign(&revoked)),
        ("of no run", keys.sign(&claims("buyout:portal:404"))),
        ("nonsense", "v1.x.y.z".to_owned()),
    ] {
        assert_eq!(
            status(&world, &token).await?,
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{name}"
        );
    }

    // The right one shows the page, carefully, and being looked at by everybody changes no decision.
    let url = world.stack.door.url.join(link.path())?;
    let http = &world.stack.door.http;
    for _ in 0..3 {
        assert_eq!(
            http.head(url.clone()).send().await?.status(),
            StatusCode::OK
        );
        let answer = http
            .get(format!("{url}?answer=accept&round=1&code=000000"))
            .send()
            .await?;
        assert_eq!(answer.status(), StatusCode::OK);
        for (name, expected) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(
                answer.headers().get(name).map(|value| value.as_bytes()),
                Some(expected.as_bytes()),
                "{name}"
            );
        }
        let policy = answer
            .headers()
            .get("content-security-policy")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
    }
    let manager = world.stack.sign_in("manager").await?;
    let summary = manager.buyout(&play.id).await?.summary.unwrap_or_default();
    assert_eq!(summary.stage, "OFFER");

    // Taken back while the client has the page open: the form is refused, the offer stands for the manager.
    let page = play.open(&link).await?;
    world
        .stack
        .store
        .revoke_link(&whole.id, &BuyoutId(play.id.clone()))
        .await?;
    let refused = play
        .submit(&page, &[("answer", "decline"), ("reason", "Передумал.")])
        .await?;
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert_eq!(
        manager
            .buyout(&play.id)
            .await?
            .summary
            .unwrap_or_default()
            .stage,
        "OFFER"
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_cannot_be_guessed_through_the_page() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    let page = play.open(&play.offer_link(1).await?).await?;
    let sent = play.submit(&page, &[("answer", "request_code")]).await?;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let code = play.sms_code(1).await?;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(
            play.submit(&page, &[("answer", "accept"), ("code", wrong)])
                .await?
                .status,
        );
    }
    let limited = statuses.iter().position(|status| *status == 429);
    assert!(limited.is_some_and(|at| at <= 8), "{statuses:?}");
    assert!(
        statuses
            .iter()
            .skip(limited.unwrap_or_default())
            .all(|status| *status == 429),
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| *status != 200),
        "a wrong code was accepted: {statuses:?}"
    );
    // The right code waits too, by then; the page is still to be seen, and nothing was decided.
    assert_eq!(
        play.submit(&page, &[("answer", "accept"), ("code", &code)])
            .await?
            .status,
        429
    );
    assert_eq!(play.open(&page.url).await?.status, 200);
    let manager = world.stack.sign_in("manager").await?;
    assert_eq!(
        manager
            .buyout(&play.id)
            .await?
            .summary
            .unwrap_or_default()
            .stage,
        "OFFER"
    );
    world.stop().await
}
