//! The client's answers: by page and by telephone, bargaining, a changed mind.

use http::StatusCode;
use serde_json::json;
use stack::play::{Play, Prices};
use tests::{World, wait};

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_declines_on_the_page_and_says_why() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let page = play.open(&play.offer_link(1).await?).await?;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("300 000") || page.text().contains("300\u{a0}000"),
        "{}",
        page.text()
    );

    // Without a reason there is no refusal, and what was chosen stays on the page.
    let refused = play
        .submit(&page, &[("answer", "decline"), ("reason", "")])
        .await?;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
        "{}",
        refused.text()
    );
    let answered = play
        .submit(
            &page,
            &[
                ("answer", "decline"),
                ("reason", "Продал соседу <script>alert(1)</script>"),
            ],
        )
        .await?;
    assert_eq!(answered.status, 200, "{}", answered.text());
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");

    // The link acts once: a second answer changes nothing, and a GET by a mail scanner never did.
    let again = play
        .submit(&page, &[("answer", "accept"), ("code", "000000")])
        .await?;
    assert!(!again.html.contains("<script>alert"), "{}", again.html);
    assert_eq!(play.end().await?, "DECLINED_BY_CLIENT");
    world.record("declined", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_offer_is_bargained_down_to_the_stop_price() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let link = play.offer_link(1).await?;
    let page = play.open(&link).await?;
    let broken = play
        .submit(
            &page,
            &[("answer", "counter"), ("amount", "сколько не жалко")],
        )
        .await?;
    assert_eq!(broken.status, 422, "{}", broken.text());
    let answered = play
        .submit(&page, &[("answer", "counter"), ("amount", "350000")])
        .await?;
    assert_eq!(answered.status, 200, "{}", answered.text());

    // Above the stop price nobody of the desk may go.
    let over = play
        .bargain("PROPOSE", 345_000)
        .await
        .expect_err("a price above the stop price");
    assert!(format!("{over:#}").contains("редельн"), "{over:#}");
    let counter = play
        .bargain("ACCEPT_COUNTER", 0)
        .await
        .expect_err("a counter-offer above the stop price");
    assert!(format!("{counter:#}").contains("редельн"), "{counter:#}");
    play.bargain("PROPOSE", 335_000).await?;

    let second = play.open(&play.offer_link(2).await?).await?;
    assert!(second.text().contains("335"), "{}", second.text());
    // The form of the first link was used: whatever is sent with it now, its first answer stands, and the
    // page shows the price that is offered today.
    let old = play
        .submit(
            &page,
            &[("answer", "accept"), ("round", "1"), ("code", "000000")],
        )
        .await?;
    assert_eq!(old.status, 200, "{}", old.text());
    assert!(old.text().contains("335"), "{}", old.text());
    assert_eq!(old.round().as_deref(), Some("2"), "{}", old.text());

    // An acceptance wants the code from the SMS, and no other.
    let early = play
        .submit(&second, &[("answer", "accept"), ("code", "123456")])
        .await?;
    assert_eq!(early.status, 422, "{}", early.text());
    play.submit(&second, &[("answer", "request_code")]).await?;
    let code = play.sms_code(1).await?;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = play
        .submit(&second, &[("answer", "accept"), ("code", wrong)])
        .await?;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let accepted = play
        .submit(&second, &[("answer", "accept"), ("code", &code)])
        .await?;
    assert_eq!(accepted.status, 200, "{}", accepted.text());

    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    let summary = manager.buyout(&play.id).await?.summary.unwrap_or_default();
    assert_eq!(summary.price.map(|price| price.kopecks), Some(33_500_000));
    world.record("bargained", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_forged_or_broken_show_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let link = play.offer_link(1).await?;
    let token = link.path().trim_start_matches("/l/").to_owned();
    let mut changed: Vec<char> = token.chars().collect();
    let last = changed.len() - 1;
    changed[last] = if changed[last] == 'A' { 'B' } else { 'A' };
    let changed: String = changed.into_iter().collect();
    for broken in [
        changed.as_str(),
        "v1.dev.e30.AAAA",
        "x",
        &token[..token.len() / 2],
    ] {
        let url = world.stack.door.url.join(&format!("l/{broken}"))?;
        let page = play.open(&url).await?;
        assert_eq!(page.status, 404, "{broken}");
        // What a person reads, not the whole source: a nonce holds any digits.
        let told = page.text();
        assert!(!told.contains(|c: char| c.is_ascii_digit()), "{told}");
        let acted = play
            .submit(
                &page,
                &[("answer", "accept"), ("round", "1"), ("code", "1")],
            )
            .await?;
        assert_eq!(acted.status, 404, "{broken}");
    }
    let page = play.open(&link).await?;
    assert_eq!(page.status, 200);
    world.stop().await
}

/// The messenger takes messages to this client and then says that it cannot deliver them.
async fn without_messenger(world: &World, play: &Play<'_>) -> anyhow::Result<()> {
    let asked = "the worker asks to be told of messages";
    wait::until(play.patience, asked, async || {
        let webhooks = world.stack.control.get("wazzup/webhooks").await?;
        Ok((!webhooks.is_null()).then_some(()))
    })
    .await?;
    let mut settings = world.stack.control.get("wazzup/settings").await?;
    settings["unreachable"] = json!([play.phone()]);
    world
        .stack
        .control
        .post("wazzup/settings", settings)
        .await?;
    Ok(())
}

/// How the standing offer was sent.
async fn sent_by(world: &World, play: &Play<'_>) -> anyhow::Result<Vec<String>> {
    let manager = world.stack.sign_in("manager").await?;
    let offer = manager.buyout(&play.id).await?.offer.unwrap_or_default();
    Ok(offer.sent_by)
}

/// The manager's task, once it says that the client has no link.
async fn told_to_call(world: &World, play: &Play<'_>) -> anyhow::Result<()> {
    let manager = world.stack.sign_in("manager").await?;
    let learns = "the manager learns that the client has no link";
    let details = wait::until(play.patience, learns, async || {
        let task = manager
            .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
            .await?;
        let told = task.details.contains("до клиента не дошло");
        Ok(told.then_some(task.details))
    })
    .await?;
    assert!(details.contains("по телефону"), "{details}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_quicker_than_the_messenger_is_kept() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    // The message is there at once; that it is, the messenger says for half a minute.
    let slow = json!({ "drip_ms": 500 });
    world
        .stack
        .control
        .fault("wazzup", "send_message", json!("every"), slow)
        .await?;
    play.up_to_offer(PRICES).await?;
    play.accepts_at(&play.offer_link(1).await?).await?;
    let manager = world.stack.sign_in("manager").await?;
    let early = manager.buyout(&play.id).await?;
    let asked = early
        .tasks
        .iter()
        .any(|task| task.kind == "OFFER_TO_CLIENT");
    assert!(!asked, "the manager was asked before the client answered");
    let again = play.open(&play.offer_link(1).await?).await?;
    let again = play.submit(&again, &[("answer", "request_code")]).await?;
    assert_ne!(again.status, 200, "{}", again.text());
    assert!(again.text().contains("уже получен"), "{}", again.text());
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    let buyout = manager.buyout(&play.id).await?;
    let asked = buyout
        .tasks
        .iter()
        .any(|task| task.kind == "OFFER_TO_CLIENT");
    assert!(!asked, "the manager was asked what the client had answered");
    world.record("answered_early", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_the_messenger_refuses_comes_by_mail_and_is_accepted_there()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    let refused = json!({ "status": 400 });
    world
        .stack
        .control
        .fault("wazzup", "send_message", json!("every"), refused)
        .await?;
    play.up_to_offer(PRICES).await?;
    let link = play.mailed_link(1).await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    assert_eq!(sent_by(&world, &play).await?, ["MAIL"]);
    assert_eq!(world.effects("wazzup", "send_message").await?.len(), 0);
    play.accepts_at(&link).await?;
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    assert_eq!(world.effects("mail", "send_mail").await?.len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_the_messenger_took_and_cannot_deliver_comes_by_mail() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    without_messenger(&world, &play).await?;
    play.up_to_offer(PRICES).await?;
    let link = play.mailed_link(1).await?;
    wait::until(play.patience, "the record shows the mail", async || {
        let sent = sent_by(&world, &play).await?;
        Ok((sent == ["MESSENGER", "MAIL"]).then_some(()))
    })
    .await?;
    play.accepts_at(&link).await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    // One word of the messenger is one letter.
    assert_eq!(world.effects("mail", "send_mail").await?.len(), 1);
    assert_eq!(world.effects("wazzup", "send_message").await?.len(), 1);
    world.record("mailed", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whom_nothing_reaches_is_called_by_the_manager() -> anyhow::Result<()> {
    let world = World::start().await?;
    let later = Play::deal(&world.stack, "clean_cheap").await?;
    let at_once = Play::deal(&world.stack, "clean_cheap").await?;
    let mut mail = world.stack.control.get("mail/settings").await?;
    mail["unknown_addresses"] = json!([later.email()?, at_once.email()?]);
    world.stack.control.post("mail/settings", mail).await?;

    // The messenger says so after it took the message.
    without_messenger(&world, &later).await?;
    later.up_to_offer(PRICES).await?;
    told_to_call(&world, &later).await?;
    later.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(later.end().await?, "DECLINED_BY_CLIENT");

    // It refuses the message itself.
    let refused = json!({ "status": 400 });
    world
        .stack
        .control
        .fault("wazzup", "send_message", json!("every"), refused)
        .await?;
    at_once.up_to_offer(PRICES).await?;
    told_to_call(&world, &at_once).await?;
    assert_eq!(sent_by(&world, &at_once).await?, [""; 0]);
    at_once.client_says("DECLINE", 0, "Передумал.").await?;
    assert_eq!(at_once.end().await?, "DECLINED_BY_CLIENT");
    assert_eq!(world.effects("mail", "send_mail").await?.len(), 0);
    world.stop().await
}
