//! The client reads contract and act before they come to sign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, Utc};
use domain::buyout::signing::ContractRef;
use domain::buyout::start::BuyoutId;
use domain::signed_link::{KeyRing, LinkClaims, LinkPurpose};
use http::StatusCode;
use proto::kite::buyout::v1::{CancelBuyoutRequest, SigningAnswer};
use serde_json::json;
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::World;
use url::Url;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

async fn signing<'a>(world: &'a World) -> anyhow::Result<Play<'a>> {
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    Ok(play)
}

/// The addresses of the papers on a page.
fn papers(page: &stack::client::OfferPage) -> anyhow::Result<Vec<Url>> {
    page.html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.contains("/documents/"))
        .map(|href| Ok(page.url.join(href)?))
        .collect()
}

async fn read(world: &World, url: &Url) -> anyhow::Result<reqwest::Response> {
    let url = world.stack.door.url.join(url.path())?;
    Ok(world.stack.door.http.get(url).send().await?)
}

async fn answers(person: &Person, play: &Play<'_>) -> anyhow::Result<Vec<SigningAnswer>> {
    Ok(person.buyout(&play.id).await?.signing_answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_reads_remarks_and_says_that_all_is_right() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = signing(&world).await?;
    let manager = world.stack.sign_in("manager").await?;
    // The offer was one message, the papers are the other.
    let texts = play.texts("wazzup", 2).await?;
    assert!(
        texts[1].contains("договор") && texts[1].contains("300"),
        "{texts:?}"
    );
    let link = play.offer_link(2).await?;
    let page = play.open(&link).await?;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let site = &world.stack.settings.policy.site;
    let buyout = manager.buyout(&play.id).await?;
    let summary = buyout.summary.clone().unwrap_or_default();
    for said in [
        summary.car.as_str(),
        "300 000",
        site.address.as_str(),
        "Договор купли-продажи №",
        "Что взять с собой",
        "не электронная подпись",
        buyout.documents[0].number.as_str(),
        buyout.documents[1].number.as_str(),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }

    // Both papers are read through the link; looking answers nothing.
    let urls = papers(&page)?;
    assert_eq!(urls.len(), 2, "{urls:?}");
    for (url, document) in urls.iter().zip(&buyout.documents) {
        let answer = read(&world, url).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        for (name, value) in [
            ("content-type", "application/pdf"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            let header = answer.headers().get(name).map(|v| v.as_bytes());
            assert_eq!(header, Some(value.as_bytes()), "{name}");
        }
        let bytes = answer.bytes().await?;
        assert!(bytes.starts_with(b"%PDF"));
        let size = document.file.clone().unwrap_or_default().size;
        assert_eq!(bytes.len() as u64, size);
    }
    for place in ["0", "3", "x"] {
        let beyond = link.join(&format!("{}/documents/{place}", link.path()))?;
        let status = read(&world, &beyond).await?.status();
        assert!(status.is_client_error(), "{place}: {status}");
    }
    let looked = format!("{link}?answer=ready&round=1").parse()?;
    play.open(&looked).await?;
    assert!(answers(&manager, &play).await?.is_empty());

    // A remark wants words; the same form twice is one remark.
    let mute = play
        .submit(&page, &[("answer", "remark"), ("text", "  ")])
        .await?;
    assert_eq!(mute.status, 422, "{}", mute.text());
    let long = "х".repeat(1_001);
    let refused = play
        .submit(&page, &[("answer", "remark"), ("text", &long)])
        .await?;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.html.contains(&long), "what was typed is lost");
    let remark = "Ошибка в цвете: <script>alert(1)</script> серебристый.";
    let form = [("answer", "remark"), ("text", remark)];
    for _ in 0..2 {
        let taken = play.submit(&page, &form).await?;
        assert_eq!(taken.status, 200, "{}", taken.text());
        assert!(taken.text().contains("Ошибка в цвете"), "{}", taken.text());
        assert!(!taken.html.contains("<script>alert"));
    }
    let said = answers(&manager, &play).await?;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(
        (said[0].answer.as_str(), said[0].text.as_str()),
        ("REMARK", remark)
    );
    let task = manager
        .wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    let comment = task.comments.last().expect("a comment of the client");
    assert!(comment.text.contains(remark), "{comment:?}");
    assert_eq!(
        comment.author.clone().unwrap_or_default().name,
        "Клиент",
        "{comment:?}"
    );

    // The next form is another answer.
    let page = play.open(&link).await?;
    let ready = play.submit(&page, &[("answer", "ready")]).await?;
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert!(ready.text().contains("всё верно"), "{}", ready.text());
    let said = answers(&manager, &play).await?;
    let words: Vec<&str> = said.iter().map(|answer| answer.answer.as_str()).collect();
    assert_eq!(words, ["REMARK", "READY"]);
    // It is no signature: the deal waits for the hand.
    assert_eq!(
        manager
            .buyout(&play.id)
            .await?
            .summary
            .unwrap_or_default()
            .stage,
        "SIGNING"
    );

    // Signed, the page says so, shows the papers and takes nothing.
    play.sign().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    let signed = play.open(&link).await?;
    assert!(signed.text().contains("подписан"), "{}", signed.text());
    assert_eq!(read(&world, &papers(&signed)?[0]).await?.status(), 200);
    let late = play
        .submit(
            &page,
            &[("answer", "remark"), ("text", "Поздно."), ("round", "9")],
        )
        .await?;
    assert_eq!(late.status, 409, "{}", late.text());
    assert_eq!(answers(&manager, &play).await?.len(), 2);
    world.record("papers_answered", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_other_papers_says_what_became_of_them() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = signing(&world).await?;
    let link = play.offer_link(2).await?;
    let token = link.path().trim_start_matches("/l/").to_owned();
    let key = STANDARD.decode(&world.stack.settings.keys.links)?;
    let keys = KeyRing::new("dev", [("dev".to_owned(), key)])?;
    let whole = keys.verify(&token, LinkPurpose::Sign, Utc::now())?;
    let run = BuyoutId(play.id.clone());
    let head = world.stack.sign_in("head").await?;
    let contract = head.buyout(&play.id).await?.documents[0].clone();
    let standing = ContractRef {
        number: contract.number.clone(),
        version: contract.version,
    };
    assert_eq!(whole.id, standing.link_id(&run));

    // A contract that was changed since has another version; its former link leads nowhere.
    let former = ContractRef {
        version: 0,
        ..standing
    };
    let sign = |claims: LinkClaims| -> anyhow::Result<Url> {
        let path = format!("l/{}", keys.sign(&claims));
        Ok(world.stack.door.url.join(&path)?)
    };
    let superseded = sign(LinkClaims {
        id: former.link_id(&run),
        ..whole.clone()
    })?;
    let page = play.open(&superseded).await?;
    assert!(page.text().contains("заменён новым"), "{}", page.text());
    assert!(!page.html.contains("<form"), "{}", page.html);
    let paper = superseded.join(&format!("{}/documents/1", superseded.path()))?;
    let answer = read(&world, &paper).await?;
    assert_eq!(answer.status(), StatusCode::GONE);
    assert!(answer.text().await?.contains("заменён новым"));
    let acted = play
        .submit(&page, &[("answer", "ready"), ("round", "1")])
        .await?;
    assert_eq!(acted.status, 409, "{}", acted.text());

    for (name, claims) in [
        (
            "expired",
            LinkClaims {
                expires_at: Utc::now() - Duration::seconds(2),
                ..whole.clone()
            },
        ),
        (
            "for uploads",
            LinkClaims {
                purpose: LinkPurpose::Upload,
                ..whole.clone()
            },
        ),
        (
            "of no run",
            LinkClaims {
                subject: "buyout:portal:404".to_owned(),
                ..whole.clone()
            },
        ),
    ] {
        let page = play.open(&sign(claims)?).await?;
        assert_eq!(page.status, 404, "{name}");
    }
    // The offer's link shows no papers.
    let texts = play.texts("wazzup", 1).await?;
    let offer: Url = texts[0]
        .split_whitespace()
        .find(|word| word.contains("/l/"))
        .expect("a link")
        .parse()?;
    let paper = offer.join(&format!("{}/documents/1", offer.path()))?;
    assert_eq!(read(&world, &paper).await?.status(), StatusCode::NOT_FOUND);

    // The deal is off: the papers are void, and so is what the client could say of them.
    let manager = world.stack.sign_in("manager").await?;
    let cancel = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "Передумали.".to_owned(),
    };
    manager.buyouts().cancel_buyout(cancel).await?;
    assert_eq!(play.end().await?, "CANCELLED");
    let page = play.open(&link).await?;
    assert!(page.text().contains("аннулирован"), "{}", page.text());
    let paper = link.join(&format!("{}/documents/1", link.path()))?;
    assert_eq!(read(&world, &paper).await?.status(), StatusCode::GONE);
    let acted = play
        .submit(&page, &[("answer", "ready"), ("round", "1")])
        .await?;
    assert_eq!(acted.status, 409, "{}", acted.text());

    world.stack.store.revoke_link(&whole.id, &run).await?;
    assert_eq!(play.open(&link).await?.status, 404);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn papers_that_the_messenger_cannot_deliver_come_by_mail() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.offer_link(1).await?;
    let mut settings = world.stack.control.get("wazzup/settings").await?;
    settings["unreachable"] = json!([play.phone()]);
    let control = &world.stack.control;
    control.post("wazzup/settings", settings).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    let link = play.mailed_link(1).await?;
    let page = play.open(&link).await?;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("договор"), "{}", page.text());
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    world.record("papers_mailed", &play).await?;
    world.stop().await
}
