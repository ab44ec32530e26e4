//! What people do beside deciding tasks: checks again, the offer again, the visit.

use chrono::{DateTime, TimeDelta, Utc};
use proto::kite::buyout::v1::{
    Buyout, Check, ListBuyoutEventsRequest, RepeatChecksRequest, ResendOfferRequest,
};
use proto::kite::inspection::v1::{
    GetInspectionRequest, GetInspectionResponse, ReportVisitRequest, RescheduleVisitRequest,
};
use serde_json::json;
use stack::people::Person;
use stack::play::{Play, Prices};
use tests::{World, wait};
use tonic::{Code, Status};
use tonic_types::StatusExt;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 400_000,
};

async fn repeat(
    person: &Person,
    play: &Play<'_>,
    kinds: &[&str],
    request_id: &str,
) -> Result<String, Status> {
    let request = RepeatChecksRequest {
        id: play.id.clone(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        request_id: request_id.to_owned(),
    };
    let answer = person.buyouts().repeat_checks(request).await?;
    Ok(answer.into_inner().message)
}

/// The fields that a refusal names.
fn violations(status: &Status) -> Vec<String> {
    let named = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    named.into_iter().map(|violation| violation.field).collect()
}

/// Something befell the car, as the registries know it from now on.
async fn turn(play: &Play<'_>, kind: &str) -> anyhow::Result<()> {
    let car = play.catalogue["id"].as_str().expect("a car's id");
    let path = format!("catalogue/{car}/turn");
    let control = &play.stack.control;
    control.post(&path, json!({ "kind": kind })).await?;
    Ok(())
}

fn check<'a>(buyout: &'a Buyout, kind: &str) -> &'a Check {
    let mut checks = buyout.checks.iter();
    checks
        .find(|check| check.kind == kind)
        .unwrap_or_else(|| panic!("no result on {kind}"))
}

/// The run, once it fits.
async fn seen(
    person: &Person,
    play: &Play<'_>,
    what: &str,
    fits: impl Fn(&Buyout) -> bool,
) -> anyhow::Result<Buyout> {
    wait::until(play.patience, what, async || {
        let buyout = person.buyout(&play.id).await?;
        Ok(fits(&buyout).then_some(buyout))
    })
    .await
}

fn stage(buyout: &Buyout) -> String {
    buyout.summary.clone().unwrap_or_default().stage
}

async fn events(person: &Person, play: &Play<'_>) -> anyhow::Result<Vec<String>> {
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let answer = person.buyouts().list_buyout_events(request).await?;
    let events = answer.into_inner().events;
    Ok(events.into_iter().map(|event| event.text).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_found_by_asking_again_holds_the_deal_before_the_contract() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    let before = head.buyout(&play.id).await?;
    assert_eq!(check(&before, "RESTRICTIONS").outcome, "CLEAR");

    // Asked by hand, what is being asked is seen and not asked twice at once.
    let slow = json!({ "delay_ms": 3_000 });
    world
        .stack
        .control
        .fault("fssp", "search_person", json!({ "nth": 1 }), slow)
        .await?;
    let said = repeat(&head, &play, &["BAILIFFS"], "r-1").await?;
    assert!(said.contains("ФССП"), "{said}");
    let running = head.buyout(&play.id).await?;
    assert_eq!(running.checks_running, ["BAILIFFS"]);
    assert_eq!(stage(&running), "OFFER");
    for kinds in [&["BAILIFFS", "MARKET"][..], &[]] {
        let refused = repeat(&head, &play, kinds, "")
            .await
            .expect_err("it is being asked");
        assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
        assert!(refused.message().contains("ФССП"), "{refused}");
    }
    // The same request is the same answer.
    assert_eq!(repeat(&head, &play, &["BAILIFFS"], "r-1").await?, said);
    seen(&head, &play, "the source has answered", |buyout| {
        buyout.checks_running.is_empty()
            && check(buyout, "BAILIFFS").taken_at != check(&before, "BAILIFFS").taken_at
    })
    .await?;
    let calls = world.stack.control.get("calls?partner=fssp").await?;
    assert_eq!(calls["fssp"]["search_person"], 2, "{calls}");

    // A report that is young enough is read again and not bought again.
    repeat(&head, &play, &["HISTORY"], "r-2").await?;
    seen(&head, &play, "the history is read", |buyout| {
        buyout.checks_running.is_empty()
    })
    .await?;
    assert_eq!(world.effects("autoteka", "buy_report").await?.len(), 1);

    turn(&play, "banned").await?;
    repeat(&head, &play, &["RESTRICTIONS"], "r-3").await?;
    let banned = seen(&head, &play, "the ban is found", |buyout| {
        check(buyout, "RESTRICTIONS").outcome == "REMOVABLE"
    })
    .await?;
    assert_eq!(stage(&banned), "OFFER", "the offer stands meanwhile");
    assert_eq!(world.effects("avtocod", "make_report").await?.len(), 2);

    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "AWAIT_REMOVAL", play.patience)
        .await?;
    let held = head.buyout(&play.id).await?;
    assert_eq!(stage(&held), "WAIT_REMOVAL");
    assert!(held.documents.is_empty(), "{:?}", held.documents);

    // Lifted, the deal goes on to the contract.
    let car = play.catalogue["id"].as_str().expect("a car's id");
    let path = format!("catalogue/{car}/lift_ban");
    world.stack.control.post(&path, json!({})).await?;
    let recheck = proto::kite::task::v1::ResolveRemoval {
        resolution: "RECHECK".to_owned(),
        reason: String::new(),
    };
    let word = proto::kite::task::v1::decision::Kind::Removal(recheck);
    manager.decide(&task, word).await?;
    manager
        .wait_for(&play.id, "SIGN_CONTRACT", play.patience)
        .await?;

    let refused = repeat(&head, &play, &["NONSENSE"], "")
        .await
        .expect_err("a kind that there is not");
    assert_eq!(violations(&refused), ["kinds"]);
    let refused = repeat(&manager, &play, &[], "")
        .await
        .expect_err("a manager asks no registry");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let told = events(&head, &play).await?;
    assert!(
        told.iter().any(|line| line == "Спрашиваем ещё раз: ФССП."),
        "{told:?}"
    );
    world.record("banned_meanwhile", &play).await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_found_wanted_after_the_contract_is_not_paid_for() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    let early = play;
    early.robot_calls().await?;
    early.inspector().await?;
    let head = world.stack.sign_in("head").await?;
    let refused = repeat(&head, &early, &[], "")
        .await
        .expect_err("nobody has seen the car");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");

    // While the contract is being signed: no money is even asked for.
    let signing = early;
    signing.inspect().await?;
    signing.appraise(PRICES).await?;
    signing.client_says("ACCEPT", 0, "").await?;
    signing.bring_papers().await?;
    signing.verify_papers().await?;
    head.wait_for(&signing.id, "SIGN_CONTRACT", signing.patience)
        .await?;
    turn(&signing, "wanted").await?;
    let security = world.stack.sign_in("security").await?;
    repeat(&security, &signing, &["WANTED"], "s-1").await?;
    seen(&head, &signing, "the search is found", |buyout| {
        check(buyout, "WANTED").outcome == "FATAL"
    })
    .await?;
    signing.sign().await?;
    assert_eq!(signing.end().await?, "REFUSED_LEGAL");
    let ended = head.buyout(&signing.id).await?;
    assert!(ended.payments.is_empty(), "{:?}", ended.payments);
    assert!(
        ended.documents.iter().all(|document| document.void),
        "{:?}",
        ended.documents
    );
    let requests = world.stack.control.get("onec_treasury/requests").await?;
    assert_eq!(requests.as_array().map(Vec::len), Some(0), "{requests}");
    let refused = repeat(&head, &signing, &[], "")
        .await
        .expect_err("the deal has ended");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");

    // While the treasury decides: its approval comes too late.
    let paying = Play::deal(&world.stack, "clean_cheap").await?;
    paying.up_to_offer(PRICES).await?;
    paying.client_says("ACCEPT", 0, "").await?;
    paying.bring_papers().await?;
    paying.verify_papers().await?;
    paying.sign().await?;
    head.wait_for(&paying.id, "APPROVE_PAYMENT", paying.patience)
        .await?;
    turn(&paying, "pledged").await?;
    repeat(&head, &paying, &["PLEDGE"], "p-1").await?;
    seen(&head, &paying, "the pledge is found", |buyout| {
        check(buyout, "PLEDGE").outcome == "FATAL"
    })
    .await?;
    paying.treasury_decides("approve", "approver").await?;
    assert_eq!(paying.end().await?, "REFUSED_LEGAL");
    let outcome = head.buyout(&paying.id).await?.summary.unwrap_or_default();
    assert!(
        outcome.outcome.to_lowercase().contains("залог"),
        "{outcome:?}"
    );
    assert_eq!(world.effects("yookassa", "create_payout").await?.len(), 0);
    world.record("pledged_before_money", &paying).await?;
    world.stop().await
}

async fn resend(person: &Person, play: &Play<'_>, request_id: &str) -> Result<String, Status> {
    let request = ResendOfferRequest {
        id: play.id.clone(),
        request_id: request_id.to_owned(),
    };
    let answer = person.buyouts().resend_offer(request).await?;
    Ok(answer.into_inner().message)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offer_that_stands_goes_out_again_and_not_without_end() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let manager = world.stack.sign_in("manager").await?;
    let refused = resend(&manager, &play, "")
        .await
        .expect_err("there is no offer");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    play.appraise(PRICES).await?;
    let link = play.offer_link(1).await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;

    let said = resend(&manager, &play, "again-1").await?;
    assert!(said.contains("мессенджер"), "{said}");
    assert_eq!(
        play.offer_link(2).await?,
        link,
        "the link of the same offer"
    );
    assert_eq!(resend(&manager, &play, "again-1").await?, said);
    for number in 2..=5 {
        resend(&manager, &play, &format!("again-{number}")).await?;
    }
    assert_eq!(play.texts("wazzup", 6).await?.len(), 6);
    let refused = resend(&manager, &play, "again-6")
        .await
        .expect_err("a sixth time within a day");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("5 раз"), "{refused}");
    let buyout = manager.buyout(&play.id).await?;
    let sent = buyout.offer.unwrap_or_default().sent_by;
    assert_eq!(sent, vec!["MESSENGER"; 6]);
    assert_eq!(play.texts("wazzup", 6).await?.len(), 6);
    world.assert_each_effect_once().await?;

    let appraiser = world.stack.sign_in("appraiser").await?;
    let refused = resend(&appraiser, &play, "")
        .await
        .expect_err("an appraiser writes to no client");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    play.client_says("COUNTER", 330_000, "").await?;
    manager.wait_for(&play.id, "BARGAIN", play.patience).await?;
    let refused = resend(&manager, &play, "")
        .await
        .expect_err("the client has answered");
    assert!(refused.message().contains("свою цену"), "{refused}");
    world.record("offer_sent_again", &play).await?;
    world.stop().await
}

async fn report(person: &Person, play: &Play<'_>, status: &str) -> Result<String, Status> {
    let request = ReportVisitRequest {
        buyout_id: play.id.clone(),
        status: status.to_owned(),
        request_id: String::new(),
    };
    let answer = person.inspections().report_visit(request).await?;
    Ok(answer.into_inner().message)
}

async fn reschedule(
    person: &Person,
    play: &Play<'_>,
    at: Option<DateTime<Utc>>,
    reason: &str,
) -> Result<String, Status> {
    let request = RescheduleVisitRequest {
        buyout_id: play.id.clone(),
        visit_at: at.map(|at| prost_types::Timestamp {
            seconds: at.timestamp(),
            nanos: 0,
        }),
        reason: reason.to_owned(),
        request_id: String::new(),
    };
    let answer = person.inspections().reschedule_visit(request).await?;
    Ok(answer.into_inner().message)
}

async fn inspection(person: &Person, play: &Play<'_>) -> anyhow::Result<GetInspectionResponse> {
    let request = GetInspectionRequest {
        buyout_id: play.id.clone(),
    };
    let answer = person.inspections().get_inspection(request).await?;
    Ok(answer.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_says_where_they_are_and_the_visit_moves() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;
    let task = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    assert_eq!(inspection(&inspector, &play).await?.visit_status, "");

    let said = report(&inspector, &play, "ON_THE_WAY").await?;
    assert!(said.contains("выехали"), "{said}");
    let now = inspection(&inspector, &play).await?;
    assert_eq!(now.visit_status, "ON_THE_WAY");
    assert!(now.visit_status_at.is_some());
    let visit = dispatcher.buyout(&play.id).await?.visit.unwrap_or_default();
    assert_eq!(
        (visit.status.as_str(), visit.status_at),
        ("ON_THE_WAY", now.visit_status_at)
    );
    let again = report(&inspector, &play, "ON_THE_WAY")
        .await
        .expect_err("they said so");
    assert_eq!(again.code(), Code::FailedPrecondition, "{again}");
    let wrong = report(&inspector, &play, "AT_HOME")
        .await
        .expect_err("a status that there is not");
    assert_eq!(violations(&wrong), ["status"]);
    let other = if inspector.id == "u-inspector" {
        "inspector2"
    } else {
        "inspector"
    };
    let other = world.stack.sign_in(other).await?;
    for person in [&other, &dispatcher] {
        let refused = report(person, &play, "ON_SITE")
            .await
            .expect_err("it is not their inspection");
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    }

    // Another time: the task is due after it, the client knows, and nobody is on the way any more.
    let calendar = &world.stack.settings.policy.calendar;
    let at = Utc::now() + TimeDelta::days(2);
    let at = DateTime::from_timestamp(at.timestamp(), 0).expect("a moment");
    let why = "Клиент просит перенести.";
    for (field, at, reason) in [
        ("visit_at", None, why),
        ("visit_at", Some(Utc::now() - TimeDelta::hours(1)), why),
        ("visit_at", Some(Utc::now() + TimeDelta::days(31)), why),
        ("reason", Some(at), " "),
    ] {
        let refused = reschedule(&dispatcher, &play, at, reason)
            .await
            .expect_err("a visit that cannot be");
        assert_eq!(violations(&refused), [field], "{refused}");
    }
    let accountant = world.stack.sign_in("accountant").await?;
    let refused = reschedule(&accountant, &play, Some(at), why)
        .await
        .expect_err("an accountant moves no visit");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let said = reschedule(&dispatcher, &play, Some(at), why).await?;
    let local = calendar.format_ru(at);
    assert!(said.contains(&local), "{said}");
    let moved = inspection(&inspector, &play).await?;
    assert_eq!(
        moved.visit_at.as_ref().map(|at| at.seconds),
        Some(at.timestamp())
    );
    assert_eq!(
        (moved.visit_status.as_str(), moved.visit_status_at),
        ("", None)
    );
    let now = inspector
        .wait_for(&play.id, "INSPECT", play.patience)
        .await?;
    let time = world.stack.settings.policy.deadlines.inspect_secs;
    let due = calendar.add_working(at, TimeDelta::seconds(time as i64));
    assert_eq!(
        now.due_at.as_ref().map(|at| at.seconds),
        Some(due.timestamp())
    );
    assert!(now.details.contains(&local), "{}", now.details);
    assert!(now.version > task.version);
    let texts = play.texts("wazzup", 1).await?;
    assert!(
        texts[0].contains("перенесён") && texts[0].contains(&local),
        "{texts:?}"
    );
    // So does the inspector, on the portal.
    wait::until(play.patience, "the inspector is told", async || {
        let notices = world.effects("bitrix24", "im.notify.system.add").await?;
        Ok((!notices.is_empty()).then_some(()))
    })
    .await?;
    let told = events(&world.stack.sign_in("head").await?, &play).await?;
    for line in [
        format!("{}: выехал(а) на осмотр.", inspector.name),
        format!("Осмотр перенесён на {local}: {why}"),
    ] {
        assert!(told.contains(&line), "{line}: {told:?}");
    }
    // The deal's own field is the portal's: nobody changed it.
    let deal = world
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    assert!(!deal.to_string().contains(&at.to_rfc3339()[..16]), "{deal}");

    let said = report(&inspector, &play, "ON_SITE").await?;
    assert!(said.contains("на месте"), "{said}");
    play.inspect().await?;
    let late = reschedule(&dispatcher, &play, Some(at + TimeDelta::hours(1)), why)
        .await
        .expect_err("the inspection is handed in");
    assert_eq!(late.code(), Code::FailedPrecondition, "{late}");
    world.assert_each_effect_once().await?;
    world.record("visit_moved", &play).await?;
    world.stop().await
}
