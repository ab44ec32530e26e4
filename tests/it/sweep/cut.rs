//! Each call is cut after its effect, each undo runs twice: one effect.

use std::collections::BTreeSet;

use anyhow::Context;
use domain::buyout::start::BuyoutId;
use domain::buyout::undo::Undo;
use serde_json::json;
use stack::play::Play;
use tests::World;
use tests::effects::{Call, effect};

use super::{CHEAP, DEAR, agreed, all_fired, balanced, cancel, signed};

/// Every call of these effects is answered into the void once.
async fn cut_once(world: &World, activities: &[&str]) -> anyhow::Result<Vec<Call>> {
    let mut cut: Vec<Call> = Vec::new();
    for activity in activities {
        let effect = effect(activity).with_context(|| format!("no effect {activity}"))?;
        for call in effect.calls.iter().filter(|call| !is_mail(call)) {
            if !cut
                .iter()
                .any(|c| (c.partner, c.operation) == (call.partner, call.operation))
            {
                cut.push(*call);
            }
        }
    }
    for call in &cut {
        world
            .stack
            .control
            .fault(
                call.partner,
                call.operation,
                json!({ "nth": 1 }),
                json!("drop_after"),
            )
            .await?;
    }
    Ok(cut)
}

/// SMTP has no way to cut an answer after the letter is taken but by its own words.
fn is_mail(call: &Call) -> bool {
    call.partner == "mail"
}

/// Of each of these effects there is one, however often it was asked for.
async fn once(world: &World, operations: &[(&str, &str)]) -> anyhow::Result<()> {
    for (partner, operation) in operations {
        let count = world.effects(partner, operation).await?.len();
        assert_eq!(count, 1, "{partner} {operation}");
    }
    world.assert_each_effect_once().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_cut_after_its_effect_has_one_effect() -> anyhow::Result<()> {
    let world = World::start().await?;
    // Paid by SBP, cut wherever something happens. ФССП is left out: it keeps no key of ours and no list of what
    // was asked, so a question whose answer is lost is asked, and paid, again.
    cut_once(
        &world,
        &[
            "autoteka.order_report",
            "autoteka.valuate",
            "avtocod.make_report",
            "bitrix24.answer_robot",
            "bitrix24.close_task",
            "bitrix24.comment",
            "bitrix24.mirror_task",
            "bitrix24.update_deal",
            "messages.send_code",
            "messages.send_offer_messenger",
            "onec.post_receipt",
            "onec.save_car",
            "onec.save_counterparty",
            "onec.save_receipt",
            "treasury.post_request",
            "treasury.save_request",
            "yookassa.create_payout",
        ],
    )
    .await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(CHEAP).await?;
    play.client_accepts().await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    balanced(&world, &play, "DONE").await?;
    all_fired(&world).await?;
    once(
        &world,
        &[
            ("autoteka", "buy_report"),
            ("avtocod", "make_report"),
            ("bitrix24", "bizproc.event.send"),
            ("onec_alfa", "create_counterparty"),
            ("onec_alfa", "create_car"),
            ("onec_alfa", "create_receipt"),
            ("onec_alfa", "post_receipt"),
            ("onec_treasury", "create_request"),
            ("onec_treasury", "post_request"),
            ("sms", "send_message"),
            ("yookassa", "create_payout"),
        ],
    )
    .await?;

    // By the bank, and taken back: the undo is cut too, so each part of it is asked for twice.
    cut_once(&world, &["bank.create_order"]).await?;
    let play = agreed(&world, "expensive", DEAR).await?;
    play.up_to_payment().await?;
    play.bank_signs().await?;
    play.confirm_payment().await?;
    balanced(&world, &play, "DONE").await?;
    all_fired(&world).await?;
    once(&world, &[("bank", "create_order")]).await?;

    cut_once(&world, &["treasury.withdraw_request"]).await?;
    let letters = world.effects("mail", "send_mail").await?.len();
    let catalogue = world
        .stack
        .control
        .post("catalogue/fresh", json!({ "kind": "clean_cheap" }))
        .await?;
    let no_phone = json!({ "contact": { "phone": "" } });
    let play = Play::deal_on(&world.stack, catalogue, no_phone).await?;
    play.up_to_offer(CHEAP).await?;
    play.client_says("ACCEPT", 0, "").await?;
    signed(&play).await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    cancel(&world, &play).await?;
    balanced(&world, &play, "CANCELLED").await?;
    all_fired(&world).await?;
    // The offer and the link to the papers.
    let more = world.effects("mail", "send_mail").await?.len() - letters;
    assert_eq!(more, 2);
    world.stop().await
}

/// How each undo is run twice; a new one does not compile before it is said.
fn run_twice_by(undo: &Undo) -> &'static str {
    match undo {
        Undo::ReleaseCar => "an_undo_of_our_own_runs_twice_and_harms_nobody",
        Undo::VoidDocuments => "an_undo_of_our_own_runs_twice_and_harms_nobody",
        Undo::WithdrawRequest(_) => "a_call_that_is_cut_after_its_effect_has_one_effect",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_of_our_own_runs_twice_and_harms_nobody() -> anyhow::Result<()> {
    let world = World::start().await?;
    for undo in [
        Undo::ReleaseCar,
        Undo::VoidDocuments,
        Undo::WithdrawRequest(uuid::Uuid::nil()),
    ] {
        assert!(!run_twice_by(&undo).is_empty());
    }
    // The car: given free twice, and not taken from whoever has it since.
    let store = &world.stack.store;
    let (first, second) = (BuyoutId::new("p", 1), BuyoutId::new("p", 2));
    let car = "XTA210990Y2766111";
    assert_eq!(store.claim_car(car, &first).await?, None);
    store.release_car(&first).await?;
    assert_eq!(store.claim_car(car, &second).await?, None);
    store.release_car(&first).await?;
    assert_eq!(store.claim_car(car, &first).await?, Some(second.clone()));
    store.release_car(&second).await?;
    store.release_car(&second).await?;
    assert_eq!(store.claim_car(car, &first).await?, None);

    // The papers: void, and numbers are not given out again.
    let play = agreed(&world, "clean_cheap", CHEAP).await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;
    cancel(&world, &play).await?;
    let run = balanced(&world, &play, "CANCELLED").await?;
    let numbers: BTreeSet<String> = run.documents.iter().map(|d| d.number.clone()).collect();
    assert_eq!(numbers.len(), 2);
    let next = agreed(&world, "clean_cheap", CHEAP).await?;
    next.bring_papers().await?;
    next.verify_papers().await?;
    head.wait_for(&next.id, "SIGN_CONTRACT", next.patience)
        .await?;
    let again = head.buyout(&next.id).await?.documents;
    assert!(again.iter().all(|d| !numbers.contains(&d.number)));
    world.stop().await
}
