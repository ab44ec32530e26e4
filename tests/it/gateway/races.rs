//! Two at once, again and again: one of them wins, whatever the two are.

use chrono::{Duration, Utc};
use domain::buyout::state::Buyout;
use domain::offer::{AnswerSource, ClientAnswer};
use domain::signed_link::{KeyRing, LinkClaims, LinkPurpose};
use domain::staff::PersonId;
use futures::future::join_all;
use proto::kite::session::v1::RedeemTicketRequest;
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use proto::kite::task::v1::decision::Kind;
use proto::kite::task::v1::{self as pb, ClaimTaskRequest, ReleaseTaskRequest};
use sha2::{Digest, Sha256};
use stack::people::Person;
use stack::play::{Play, Prices};
use stack::settings::GatewayOptions;
use store::portal::ticket::PortalTicket;
use tests::staff::with_every_role;
use tests::{Options, World};
use tonic::Code;

/// How many races of each kind: a thousand together.
const TICKETS: usize = 780;
const CLAIMS: usize = 180;
const ANSWERS: usize = 40;

/// A gateway that does not count who asks how often: its limits have tests of their own.
async fn tireless() -> anyhow::Result<World> {
    World::with(Options {
        gateway: GatewayOptions {
            per_second: 100_000,
            burst: 100_000,
            ..GatewayOptions::default()
        },
        ..Options::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lets_one_of_two_in() -> anyhow::Result<()> {
    let world = tireless().await?;
    let mut tickets = Vec::new();
    for number in 0..TICKETS {
        let ticket = format!("ticket-{number}");
        let hash: String = Sha256::digest(ticket.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let issued = PortalTicket {
            person: PersonId::new("u-manager"),
            portal: simulator::bitrix24::MEMBER_ID.to_owned(),
            deal_id: 701,
            expires_at: Utc::now() + Duration::seconds(600),
        };
        world
            .stack
            .store
            .issue_portal_ticket(&hash, &issued)
            .await?;
        tickets.push(ticket);
    }
    let redeem = async |ticket: &str| {
        let request = RedeemTicketRequest {
            ticket: ticket.to_owned(),
        };
        SessionServiceClient::new(world.stack.door.channel.clone())
            .redeem_ticket(request)
            .await
    };
    for some in tickets.chunks(10) {
        let races = some
            .iter()
            .map(async |ticket| (ticket, tokio::join!(redeem(ticket), redeem(ticket))));
        for (ticket, (one, two)) in join_all(races).await {
            let won = [&one, &two].iter().filter(|won| won.is_ok()).count();
            assert_eq!(won, 1, "{ticket}: {one:?} {two:?}");
            let lost = one.err().or(two.err()).map(|status| status.code());
            assert_eq!(lost, Some(Code::Unauthenticated), "{ticket}");
        }
    }
    world.stop().await
}

/// An offer that waits for its client.
async fn offered(world: &World) -> anyhow::Result<Play<'_>> {
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(Prices {
        buyout: 440_000,
        stop: 470_000,
        forecast: 560_000,
    })
    .await?;
    Ok(play)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_claimed_by_one_of_two() -> anyhow::Result<()> {
    let world = tireless().await?;
    let play = offered(&world).await?;
    let people = [
        with_every_role(&world, "one").await?,
        with_every_role(&world, "two").await?,
    ];
    let mut task = people[0]
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let claim = async |person: &Person, task: &pb::Task| {
        let request = ClaimTaskRequest {
            id: task.id.clone(),
            version: task.version,
        };
        person.tasks().claim_task(request).await
    };
    for race in 0..CLAIMS {
        let (one, two) = tokio::join!(claim(&people[0], &task), claim(&people[1], &task));
        let winner = match (&one, &two) {
            (Ok(_), Err(_)) => &people[0],
            (Err(_), Ok(_)) => &people[1],
            _ => panic!("race {race}: {one:?} {two:?}"),
        };
        let lost = one.err().or(two.err()).map(|status| status.code());
        assert!(
            matches!(
                lost,
                Some(Code::PermissionDenied | Code::Aborted | Code::FailedPrecondition)
            ),
            "race {race}: {lost:?}"
        );
        task = winner
            .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
            .await?;
        let owner = task.owner.clone().unwrap_or_default();
        assert_eq!(owner.id, winner.id, "race {race}");
        let request = ReleaseTaskRequest {
            id: task.id.clone(),
            version: task.version,
        };
        let released = winner.tasks().release_task(request).await?.into_inner();
        task = released.task.expect("the released task");
    }
    world.stop().await
}

/// The run as it is saved.
async fn saved(world: &World, play: &Play<'_>) -> anyhow::Result<Buyout> {
    let id = domain::buyout::start::BuyoutId(play.id.clone());
    Ok(world.stack.store.buyout(&id).await?.expect("a run"))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_answers_on_one_link_one_is_taken() -> anyhow::Result<()> {
    use base64::Engine;
    let world = tireless().await?;
    let play = offered(&world).await?;
    let key = base64::engine::general_purpose::STANDARD.decode(&world.stack.settings.keys.links)?;
    let keys = KeyRing::new("dev", [("dev".to_owned(), key)])?;
    let manager = world.stack.sign_in("manager").await?;
    for race in 1..=ANSWERS {
        let task = manager
            .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
            .await?;
        let round = saved(&world, &play).await?.offer.expect("an offer").round;
        // A link of each round has its own id, by which an answer that comes twice is known.
        let token = keys.sign(&LinkClaims {
            purpose: LinkPurpose::Offer,
            subject: play.id.clone(),
            party: "client".to_owned(),
            expires_at: Utc::now() + Duration::hours(1),
            id: format!("race-{race}"),
        });
        let url = world.stack.door.url.join(&format!("l/{token}"))?;
        let submit = async |amount: &str| {
            let round = round.to_string();
            let form = [("answer", "counter"), ("round", &round), ("amount", amount)];
            world
                .stack
                .door
                .http
                .post(url.clone())
                .form(&form)
                .send()
                .await
        };
        // The same form twice and another one beside it, as by an impatient finger and an open tab.
        let answers = join_all([submit("450000"), submit("450000"), submit("460000")]).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.as_ref().is_ok_and(|a| !a.status().is_server_error())),
            "race {race}: {answers:?}"
        );
        let run = saved(&world, &play).await?;
        let taken: Vec<&ClientAnswer> = run
            .answers
            .iter()
            .filter(|a| a.round == round && a.source == AnswerSource::Page)
            .map(|a| &a.answer)
            .collect();
        assert_eq!(taken.len(), 1, "race {race}: {taken:?}");
        let late = manager.decide(
            &task,
            Kind::ClientAnswer(pb::ClientAnswer {
                round,
                answer: "DECLINE".to_owned(),
                amount: None,
                reason: "Передумал.".to_owned(),
            }),
        );
        let late = late.await.expect_err("the client was quicker");
        assert_eq!(late.code(), Code::FailedPrecondition, "race {race}");
        play.bargain("HOLD", 0).await?;
    }
    assert_eq!(saved(&world, &play).await?.answers.len(), ANSWERS);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_forms_of_one_link_sent_at_once_one_is_an_answer() -> anyhow::Result<()> {
    let world = tireless().await?;
    let play = offered(&world).await?;
    let page = play.open(&play.offer_link(1).await?).await?;
    assert_eq!(page.status, 200, "{}", page.text());
    // Every tab of an impatient client says no for a reason of its own.
    let reasons: Vec<String> = (0..50)
        .map(|n| format!("Передумал, вкладка {n}."))
        .collect();
    let forms = reasons.iter().map(async |reason| {
        play.submit(&page, &[("answer", "decline"), ("reason", reason)])
            .await
    });
    for answered in join_all(forms).await {
        let answered = answered?;
        assert!(
            matches!(answered.status, 200 | 409 | 422 | 429),
            "{}: {}",
            answered.status,
            answered.text()
        );
    }
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    let run = saved(&world, &play).await?;
    assert_eq!(run.answers.len(), 1, "{:?}", run.answers);
    world.assert_each_effect_once().await?;
    world.stop().await
}
