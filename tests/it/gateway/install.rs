//! What a portal's calls leave behind, and who may call themselves a portal.

use anyhow::Context;
use http::StatusCode;
use sha2::{Digest, Sha256};
use tests::World;

use super::until;

/// What the portal itself knows of its installation.
struct Installed {
    member: String,
    domain: String,
    endpoint: String,
    token: String,
}

async fn installed(world: &World) -> anyhow::Result<Installed> {
    let app = world.stack.control.get("bitrix24/app").await?;
    let text = |name: &str| {
        app[name]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("no {name}"))
    };
    Ok(Installed {
        member: text("member_id")?,
        domain: text("domain")?,
        endpoint: text("client_endpoint")?,
        token: text("application_token")?,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_cannot_become_a_known_portal() -> anyhow::Result<()> {
    let world = World::start().await?;
    let Installed {
        member,
        domain,
        endpoint,
        token,
    } = installed(&world).await?;
    let before = world
        .stack
        .store
        .portal(&member)
        .await?
        .context("the portal of the stack")?;
    let url = world.stack.door.url.join("bitrix24/install")?;
    // The forger's own address would confirm whatever the forger says; it is not even asked.
    let forged = |domain: &str, endpoint: &str, token: &str| {
        [
            ("event", "ONAPPINSTALL"),
            ("auth[member_id]", &member),
            ("auth[domain]", domain),
            ("auth[client_endpoint]", endpoint),
            ("auth[server_endpoint]", endpoint),
            ("auth[access_token]", "access-of-the-forger"),
            ("auth[refresh_token]", "refresh-of-the-forger"),
            ("auth[expires_in]", "3600"),
            ("auth[application_token]", token),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    for (name, form, status) in [
        (
            "another address",
            forged("portal.example", "https://portal.example/rest/", "forged"),
            StatusCode::FORBIDDEN,
        ),
        (
            "its name with another's address",
            forged(&domain, "https://portal.example/rest/", "forged"),
            StatusCode::FORBIDDEN,
        ),
        (
            "in clear",
            forged(&domain, &endpoint.replace("https:", "http:"), "forged"),
            StatusCode::FORBIDDEN,
        ),
        (
            "a token that the portal did not give",
            forged(&domain, &endpoint, &token),
            StatusCode::FORBIDDEN,
        ),
        (
            "without tokens",
            vec![("auth[member_id]".to_owned(), member.clone())],
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let answer = world
            .stack
            .door
            .http
            .post(url.clone())
            .form(&form)
            .send()
            .await?;
        assert_eq!(answer.status(), status, "{name}");
        let page = answer.text().await?;
        assert!(
            page.contains("<html") && !page.contains("forger"),
            "{name}: {page}"
        );
        let now = world
            .stack
            .store
            .portal(&member)
            .await?
            .context("the portal of the stack")?;
        assert_eq!(now.application_token, before.application_token, "{name}");
        assert_eq!(now.client_endpoint, before.client_endpoint, "{name}");
    }
    assert!(
        !before.access_token.is_empty() && before.access_token.starts_with("kite-sealed:"),
        "a token lies open"
    );
    world.stop().await
}

/// Whoever posts a form says whom we are to ask; inside a company's network that could be anything.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_may_not_be_a_portal() -> anyhow::Result<()> {
    let world = World::start().await?;
    let inner = tokio::net::TcpListener::bind("127.0.0.2:0").await?;
    let port = inner.local_addr()?.port();
    let url = world.stack.door.url.join("bitrix24/install")?;
    for host in ["127.0.0.2", "2130706434", "0x7f.2"] {
        let domain = format!("{host}:{port}");
        let endpoint = format!("https://{domain}/rest/");
        let form = [
            ("event", "ONAPPINSTALL"),
            ("auth[member_id]", "a-stranger"),
            ("auth[domain]", &domain),
            ("auth[client_endpoint]", &endpoint),
            ("auth[access_token]", "access-of-the-forger"),
            ("auth[refresh_token]", "refresh-of-the-forger"),
            ("auth[application_token]", "forged"),
        ];
        let answer = world.stack.door.http.post(url.clone()).form(&form);
        let answer = answer.send().await?;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{host}");
    }
    assert!(world.stack.store.portal("a-stranger").await?.is_none());
    let knocked = futures::FutureExt::now_or_never(inner.accept());
    assert!(knocked.is_none(), "the stranger's address was asked");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_a_robots_call_does_not_open_the_portal() -> anyhow::Result<()> {
    let world = World::start().await?;
    let Installed { member, token, .. } = installed(&world).await?;
    let event_token = "65f0c1a2|A1_1_1|kept";
    let form = [
        ("workflow_id", "65f0c1a2b3c4d5.12345678"),
        ("code", "kite_buyout"),
        ("document_id[2]", "LEAD_5"),
        ("event_token", event_token),
        ("auth[member_id]", &member),
        ("auth[application_token]", &token),
        ("auth[access_token]", "access-of-the-portal"),
        ("auth[refresh_token]", "refresh-of-the-portal"),
    ];
    let robot = world.stack.door.url.join("bitrix24/robots/kite_buyout")?;
    for _ in 0..2 {
        let answer = world
            .stack
            .door
            .http
            .post(robot.clone())
            .form(&form)
            .send()
            .await?;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let event: String = Sha256::digest(event_token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let row = until("the call is in the inbox", async || {
        world
            .stack
            .store
            .received("bitrix24-robot", &event)
            .await
            .map_err(Into::into)
    })
    .await?;
    let body = String::from_utf8(row.body)?;
    assert_eq!(row.repeats, 1);
    assert!(body.contains("LEAD_5") && body.contains(&member), "{body}");
    for secret in ["access-of-the-portal", "refresh-of-the-portal", &token] {
        assert!(!body.contains(secret), "the inbox keeps {secret}");
    }
    // It names no deal of ours: kept for ops with the reason.
    let kept = until("it is kept", async || {
        let kept = world
            .stack
            .store
            .list_unmatched(false, &store::Page::default())
            .await?
            .rows;
        Ok(kept.into_iter().find(|row| row.event_id == event))
    })
    .await?;
    assert_eq!(kept.reason, "the robot was not called on a deal");
    world.stop().await
}
