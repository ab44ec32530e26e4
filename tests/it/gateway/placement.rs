//! The tab in the portal's deal: who comes in by it, and with what.

use anyhow::Context;
use chrono::{Duration, Utc};
use domain::staff::PersonId;
use http::{StatusCode, header};
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use proto::kite::session::v1::{
    GetSessionRequest, RedeemTicketRequest, RedeemTicketResponse, StartSessionRequest,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use simulator::Partner;
use stack::play::Play;
use store::portal::ticket::PortalTicket;
use tests::World;
use tonic::{Code, Request, Response, Status};

use super::until;

const MANAGER: u64 = 16;

/// The form as the portal posts it for that employee.
struct Form(Vec<(String, String)>);

impl Form {
    async fn of(world: &World, user: u64, deal: u64) -> anyhow::Result<Self> {
        let given = world
            .stack
            .control
            .post("bitrix24/tokens", json!({ "user": user }))
            .await?;
        let text = |name: &str| {
            given[name]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("no {name}"))
        };
        let fields = [
            ("AUTH_ID", text("access_token")?),
            ("AUTH_EXPIRES", "3600".to_owned()),
            ("REFRESH_ID", text("refresh_token")?),
            ("member_id", text("member_id")?),
            ("status", "L".to_owned()),
            ("PLACEMENT", "CRM_DEAL_DETAIL_TAB".to_owned()),
            (
                "PLACEMENT_OPTIONS",
                json!({ "ID": deal.to_string() }).to_string(),
            ),
        ];
        Ok(Self(
            fields
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
        ))
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut fields = self.0.clone();
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value.to_owned()));
        Self(fields)
    }

    async fn post(&self, world: &World) -> anyhow::Result<reqwest::Response> {
        let url = world
            .stack
            .door
            .url
            .join("bitrix24/placement?DOMAIN=portal.example&PROTOCOL=1&LANG=ru&APP_SID=x")?;
        Ok(world.stack.door.http.post(url).form(&self.0).send().await?)
    }

    /// Goes in; the deal of the address and the ticket.
    async fn enter(&self, world: &World) -> anyhow::Result<(String, String)> {
        let answer = self.post(world).await?;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[header::REFERRER_POLICY], "no-referrer");
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
        let address = answer.headers()[header::LOCATION].to_str()?;
        let (path, ticket) = address.split_once("#ticket=").context("no ticket")?;
        let deal = path.strip_prefix("/embed/deal/").context("another page")?;
        Ok((deal.to_owned(), ticket.to_owned()))
    }
}

async fn redeem(world: &World, ticket: &str) -> Result<Response<RedeemTicketResponse>, Status> {
    let request = RedeemTicketRequest {
        ticket: ticket.to_owned(),
    };
    SessionServiceClient::new(world.stack.door.channel.clone())
        .redeem_ticket(request)
        .await
}

fn with_token<T>(message: T, token: &str) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {token}").parse()?);
    Ok(request)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_comes_in_from_the_deal_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    let form = Form::of(&world, MANAGER, play.deal).await?;
    let (deal, ticket) = form.enter(&world).await?;
    assert_eq!(deal, play.deal.to_string());
    assert_eq!(ticket.len(), 43, "256 bits in base64");

    let before = Utc::now().timestamp();
    let answer = redeem(&world, &ticket).await?;
    assert!(answer.metadata().get("set-cookie").is_none());
    let entered = answer.into_inner();
    let session = entered.session.unwrap_or_default();
    assert_eq!(
        session.person.unwrap_or_default().id,
        "u-manager",
        "whose token it was"
    );
    assert_eq!(session.roles, ["BUYOUT_MANAGER"]);
    assert_eq!(
        (entered.deal_id, entered.buyout_id.as_str()),
        (play.deal, "")
    );
    let lives = entered.expires_at.unwrap_or_default().seconds - before;
    assert!(
        (1_790..=1_810).contains(&lives),
        "the token lives {lives} s"
    );
    let again = redeem(&world, &ticket).await.expect_err("used");
    assert_eq!(again.code(), Code::Unauthenticated);

    // The token works, and makes no session.
    let mut sessions = SessionServiceClient::new(world.stack.door.channel.clone());
    let known = sessions
        .get_session(with_token(GetSessionRequest {}, &entered.access_token)?)
        .await?;
    let known = known.into_inner().session.unwrap_or_default();
    assert_eq!(known.person.unwrap_or_default().id, "u-manager");
    let refused = sessions
        .start_session(with_token(StartSessionRequest {}, &entered.access_token)?)
        .await
        .expect_err("a token of a ticket");
    assert_eq!(refused.code(), Code::PermissionDenied);

    // Once the deal has a run, the page learns which.
    play.robot_calls().await?;
    let run = until("the deal has a run", async || {
        let (_, ticket) = form.enter(&world).await?;
        let run = redeem(&world, &ticket).await?.into_inner().buyout_id;
        Ok(Some(run).filter(|run| !run.is_empty()))
    })
    .await?;
    assert_eq!(run, play.id);
    // The options come in brackets, too.
    let mut bracketed = form.with("PLACEMENT_OPTIONS[ID]", &play.deal.to_string());
    bracketed.0.retain(|(name, _)| name != "PLACEMENT_OPTIONS");
    assert_eq!(bracketed.enter(&world).await?.0, play.deal.to_string());
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_told_what_to_do_and_nothing_is_started() -> anyhow::Result<()> {
    let world = World::start().await?;
    let form = Form::of(&world, MANAGER, 701).await?;
    let app = world.stack.control.get("bitrix24/app").await?;
    let installed = app["application_token"].as_str().context("a token")?;
    let mut forms = Vec::new();
    for (name, field, value, status, says) in [
        (
            "another portal",
            "member_id",
            "0123",
            StatusCode::FORBIDDEN,
            "не подключён",
        ),
        (
            "a token of nobody",
            "AUTH_ID",
            "forged-access-token",
            StatusCode::FORBIDDEN,
            "не подтвердил",
        ),
        (
            "another installation",
            "APPLICATION_TOKEN",
            "forged-application-token",
            StatusCode::FORBIDDEN,
            "не подтвердил",
        ),
        (
            "no token",
            "AUTH_ID",
            "",
            StatusCode::BAD_REQUEST,
            "не сообщил",
        ),
        (
            "no deal",
            "PLACEMENT_OPTIONS",
            "{}",
            StatusCode::BAD_REQUEST,
            "не сообщил",
        ),
        (
            "a deal that is none",
            "PLACEMENT_OPTIONS",
            "{\"ID\":\"1 OR 1=1\"}",
            StatusCode::BAD_REQUEST,
            "не сообщил",
        ),
        (
            "another place",
            "PLACEMENT",
            "DEFAULT",
            StatusCode::BAD_REQUEST,
            "не сообщил",
        ),
    ] {
        forms.push((name, form.with(field, value), status, says));
    }
    forms.push((
        "garbage",
        Form(vec![("\u{0}".to_owned(), "<script>".to_owned())]),
        StatusCode::BAD_REQUEST,
        "не сообщил",
    ));
    // The portal's administrator loses the place in our directory.
    let admin = Form::of(&world, 1, 701).await?;
    super::write_staff(&world, "admin", &[domain::staff::Role::Admin], &[], false).await?;
    forms.push((
        "an employee who is not of our staff",
        admin,
        StatusCode::FORBIDDEN,
        "Вас нет среди сотрудников",
    ));
    for (name, form, status, says) in &forms {
        let answer = form.post(&world).await?;
        assert_eq!(answer.status(), *status, "{name}");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()?
            .to_owned();
        assert!(
            policy.contains("frame-ancestors 'self' https://"),
            "{policy}"
        );
        assert!(!answer.headers().contains_key(header::LOCATION), "{name}");
        let page = answer.text().await?;
        assert!(page.contains(says), "{name}: {page}");
        for secret in ["forged", "script>"] {
            assert!(!page.contains(secret), "{name}: {page}");
        }
    }
    // The right installation is let in, and a portal that is away is a matter of a minute.
    form.with("APPLICATION_TOKEN", installed)
        .enter(&world)
        .await?;
    world
        .stack
        .control
        .fault(
            "bitrix24",
            "profile",
            json!({ "nth": 1 }),
            json!({ "status": 503 }),
        )
        .await?;
    let answer = form.post(&world).await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await?.contains("через минуту"));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ends_and_a_blocked_person_has_none() -> anyhow::Result<()> {
    let world = World::start().await?;
    let issue = async |ticket: &str, person: &str, seconds| {
        let hash: String = Sha256::digest(ticket.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let ticket = PortalTicket {
            person: PersonId::new(person),
            portal: simulator::bitrix24::MEMBER_ID.to_owned(),
            deal_id: 701,
            expires_at: Utc::now() + Duration::seconds(seconds),
        };
        world.stack.store.issue_portal_ticket(&hash, &ticket).await
    };
    issue("late", "u-manager", -1).await?;
    issue("good", "u-manager", 60).await?;
    issue("nobody's", "u-nobody", 60).await?;
    for ticket in ["late", "nobody's", "", "forged", "good\0"] {
        let refused = redeem(&world, ticket).await.expect_err(ticket);
        assert_eq!(refused.code(), Code::Unauthenticated, "{ticket:?}");
    }
    assert_eq!(redeem(&world, "good").await?.into_inner().deal_id, 701);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deals_card_of_the_portal_opens_our_page_in_a_frame() -> anyhow::Result<()> {
    let world = World::start().await?;
    let placements = world.stack.control.get("bitrix24/placements").await?;
    let ours = world.stack.door.url.join("bitrix24/placement")?;
    assert_eq!(
        placements,
        json!([{ "placement": "CRM_DEAL_DETAIL_TAB", "handler": ours, "title": "Kite" }])
    );
    let play = Play::deal(&world.stack, "clean").await?;
    let portal = world.stack.partner(Partner::Bitrix24);
    let ca = std::fs::read(world.stack.settings.folder.join("simulator/ca.pem"))?;
    let http = reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(&ca)?])
        .build()?;
    let card = portal.join(&format!("crm/deal/details/{}/?user={MANAGER}", play.deal))?;
    let page = http.get(card).send().await?.text().await?;
    let value = |before: &str| {
        let rest = page.split_once(before).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    };
    let name = value("<iframe id=\"kite\" title=\"Kite\" name=\"");
    let parts: Vec<&str> = name.split('|').collect();
    let domain = format!("localhost:{}", portal.port().unwrap_or_default());
    assert_eq!(parts[..2], [domain.as_str(), "1"], "{name}");
    assert_eq!(parts.len(), 3, "{name}");
    assert!(value("action=\"").starts_with(ours.as_str()));
    // What the page would post.
    let mut fields = Vec::new();
    for field in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let (field, rest) = field.split_once("\" value=\"").context("a value")?;
        let given = rest.split('"').next().unwrap_or_default();
        fields.push((field.to_owned(), given.replace("&quot;", "\"")));
    }
    let (deal, ticket) = Form(fields).enter(&world).await?;
    assert_eq!(deal, play.deal.to_string());
    let entered = redeem(&world, &ticket).await?.into_inner();
    assert_eq!(entered.deal_id, play.deal);
    let person = entered
        .session
        .unwrap_or_default()
        .person
        .unwrap_or_default();
    assert_eq!(person.id, "u-manager");
    world.stop().await
}
