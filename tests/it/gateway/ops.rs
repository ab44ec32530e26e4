//! What those who keep the engine running see and do.

use anyhow::Context;
use domain::staff::Role;
use http::StatusCode;
use proto::kite::common::v1::PageRequest;
use proto::kite::ops::v1 as pb;
use serde_json::{Value, json};
use stack::people::Person;
use stack::play::Play;
use tests::World;
use tonic::{Code, Status};

use super::{newcomer, until, violations};

async fn partner(person: &Person, code: &str) -> anyhow::Result<pb::Partner> {
    let request = pb::ListPartnersRequest {};
    let answer = person.ops().list_partners(request).await?.into_inner();
    answer
        .partners
        .into_iter()
        .find(|partner| partner.code == code)
        .with_context(|| format!("no partner {code}"))
}

async fn run(person: &Person, id: &str) -> Result<pb::GetRunResponse, Status> {
    let request = pb::GetRunRequest {
        buyout_id: id.to_owned(),
    };
    Ok(person.ops().get_run(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_fails_is_seen_with_its_reason_and_seen_well_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let ops = world.stack.sign_in("ops").await?;
    let listed = ops.ops().list_partners(pb::ListPartnersRequest {}).await?;
    let listed = listed.into_inner().partners;
    let codes: Vec<&str> = listed.iter().map(|partner| partner.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "bitrix24",
            "onec_alfa",
            "onec_treasury",
            "autoteka",
            "avtocod",
            "fssp",
            "yookassa",
            "bank",
            "messages"
        ]
    );
    let fssp = partner(&ops, "fssp").await?;
    assert_eq!(
        (fssp.title.as_str(), fssp.health.as_str()),
        ("ФССП", "UNUSED")
    );
    assert_eq!((fssp.last_success_at, fssp.last_failure_at), (None, None));
    assert_eq!(fssp.backlog, Some(0), "the server tells of its queues");

    // Three times it fails; then it answers, slowly enough for somebody to look meanwhile.
    for (when, fault) in [
        (json!({ "first": 3 }), json!({ "status": 500 })),
        (json!({ "nth": 4 }), json!({ "delay_ms": 5_000 })),
    ] {
        world
            .stack
            .control
            .fault("fssp", "search_person", when, fault)
            .await?;
    }
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let failing = until("the partner is seen failing", async || {
        let fssp = partner(&ops, "fssp").await?;
        Ok((fssp.health == "FAILING").then_some(fssp))
    })
    .await?;
    let figures = (
        failing.failures_in_a_row,
        failing.calls_last_hour,
        failing.failures_last_hour,
    );
    assert_eq!(figures, (3, 3, 3));
    assert_eq!(failing.last_failure_class, "UNAVAILABLE");
    assert!(
        failing.last_failure.contains("недоступен") && failing.last_failure.contains("HTTP 500"),
        "{failing:?}"
    );
    assert!(
        !failing.last_failure.contains(&play.car.owner),
        "{failing:?}"
    );
    assert!(failing.last_failure_at.is_some() && failing.last_success_at.is_none());

    // The run itself: what it does right now, which attempt, and why the last one failed.
    let now = until("the engine tells of the failing activity", async || {
        let now = run(&ops, &play.id).await?;
        let activity = now
            .activities
            .iter()
            .find(|activity| activity.name == "fssp.search_person");
        let failed = activity.is_some_and(|a| a.attempt >= 2 && !a.last_failure.is_empty());
        Ok(failed.then_some(now))
    })
    .await?;
    assert_eq!(now.status, "RUNNING");
    assert!(
        now.started_at.is_some() && now.history_events > 20,
        "{now:?}"
    );
    let activity = now
        .activities
        .iter()
        .find(|activity| activity.name == "fssp.search_person")
        .context("the activity")?;
    assert_eq!(activity.queue, "partner.fssp");
    assert!(
        ["SCHEDULED", "STARTED"].contains(&activity.state.as_str()),
        "{activity:?}"
    );
    assert!(activity.last_failure.contains("HTTP 500"), "{activity:?}");
    assert!(
        now.details.contains("Проверки") && now.details.contains("ФССП"),
        "{}",
        now.details
    );
    let namespace = &world.stack.settings.namespace;
    assert_eq!(
        now.temporal_url,
        format!(
            "{}/namespaces/{namespace}/workflows/{}",
            world.stack.settings.ui_origin, play.id
        )
    );

    let well = until("the partner is seen well", async || {
        let fssp = partner(&ops, "fssp").await?;
        Ok((fssp.health == "WELL").then_some(fssp))
    })
    .await?;
    let figures = (
        well.failures_in_a_row,
        well.calls_last_hour,
        well.failures_last_hour,
    );
    assert_eq!(figures, (0, 4, 3));
    assert!(well.last_success_at.is_some(), "{well:?}");
    // What was wrong stays to be read.
    assert_eq!(well.last_failure, failing.last_failure);
    let others = partner(&ops, "avtocod").await?;
    assert_eq!(others.health, "WELL", "{others:?}");
    assert!(others.calls_last_hour > 0 && others.failures_in_a_row == 0);

    // A run that there is not, and people whom it does not concern.
    let absent = run(&ops, "buyout:nobody:1").await.expect_err("no run");
    assert_eq!(absent.code(), Code::NotFound, "{absent}");
    let head = world.stack.sign_in("head").await?;
    let refused = run(&head, &play.id).await.expect_err("a head is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let pskov = newcomer(&world, "ops-pskov", &[Role::Ops], &["Псков"]).await?;
    let refused = run(&pskov, &play.id).await.expect_err("another city's run");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    world.stop().await
}

async fn call(world: &World, partner: &str, body: &Value) -> anyhow::Result<()> {
    let secret = &world.stack.settings.keys.callbacks;
    let path = format!("callbacks/{partner}?key={secret}");
    let url = world.stack.door.url.join(&path)?;
    let answer = world.stack.door.http.post(url).json(body).send().await?;
    assert_eq!(answer.status(), StatusCode::OK);
    Ok(())
}

async fn inbox(
    person: &Person,
    states: &[&str],
    source: &str,
    page: Option<PageRequest>,
) -> Result<pb::ListInboxResponse, Status> {
    let request = pb::ListInboxRequest {
        page,
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        source: source.to_owned(),
    };
    Ok(person.ops().list_inbox(request).await?.into_inner())
}

async fn unmatched(person: &Person, settled: bool) -> anyhow::Result<Vec<pb::Unmatched>> {
    let request = pb::ListUnmatchedRequest {
        page: None,
        settled,
    };
    Ok(person
        .ops()
        .list_unmatched(request)
        .await?
        .into_inner()
        .unmatched)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_is_read_tried_again_and_settled() -> anyhow::Result<()> {
    let world = World::start().await?;
    let ops = world.stack.sign_in("ops").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    for number in 1..=3 {
        let body = json!({ "externalId": format!("stranger-{number}"), "bankStatus": "EXECUTED" });
        call(&world, "bank", &body).await?;
    }
    until("the calls are understood", async || {
        let kept = inbox(&ops, &["UNMATCHED"], "bank", None).await?;
        Ok((kept.messages.len() == 3).then_some(()))
    })
    .await?;

    let robot = inbox(&ops, &["TAKEN"], "bitrix24-robot", None).await?;
    assert_eq!(robot.messages.len(), 1, "{robot:?}");
    let robot = &robot.messages[0];
    assert_eq!(
        (robot.buyout_id.as_str(), robot.state.as_str()),
        (play.id.as_str(), "TAKEN")
    );
    assert!(robot.received_at.is_some() && robot.next_attempt_at.is_none());
    let page = |cursor: &str| {
        Some(PageRequest {
            size: 2,
            cursor: cursor.to_owned(),
        })
    };
    let first = inbox(&ops, &[], "bank", page("")).await?;
    let info = first.page.clone().context("a page")?;
    assert_eq!((first.messages.len(), info.total), (2, 3));
    let second = inbox(&ops, &[], "bank", page(&info.next_cursor)).await?;
    let ids: Vec<u64> = first
        .messages
        .iter()
        .chain(&second.messages)
        .map(|message| message.id)
        .collect();
    assert!(
        ids.len() == 3 && ids.is_sorted_by(|one, next| one > next),
        "{ids:?}"
    );
    assert!(
        first.messages[0].error.contains("no payment order"),
        "{first:?}"
    );
    let refused = inbox(&ops, &["NONSENSE"], "", None)
        .await
        .expect_err("a state that there is not");
    assert_eq!(violations(&refused), ["states"]);
    let refused = inbox(&ops, &[], "", page("nonsense"))
        .await
        .expect_err("a cursor of nothing");
    assert_eq!(violations(&refused), ["cursor"]);

    // Tried again, it comes to the same; what was taken is not taken twice.
    let before = world.stack.store.last_change().await?;
    let request = pb::RetryInboxRequest { id: ids[2] };
    let retried = ops.ops().retry_inbox(request).await?.into_inner();
    let retried = retried.message.context("a message")?;
    assert_eq!((retried.id, retried.state.as_str()), (ids[2], "NEW"));
    assert!(retried.next_attempt_at.is_some());
    until("the message is looked at again", async || {
        let topics = ["INBOX".to_owned()];
        let told = world.stack.store.changes_after(before, &topics, 10).await?;
        let of_it = told.iter().filter(|c| c.entity == ids[2].to_string());
        Ok((of_it.count() == 2).then_some(()))
    })
    .await?;
    let again = inbox(&ops, &["UNMATCHED"], "bank", None).await?;
    assert_eq!(again.messages.len(), 3);
    let audit = world
        .stack
        .store
        .audit_of(&format!("inbox/{}", ids[2]))
        .await?;
    assert_eq!(
        audit
            .iter()
            .map(|row| row.person.as_str())
            .collect::<Vec<_>>(),
        [ops.id.as_str()]
    );
    let request = pb::RetryInboxRequest { id: robot.id };
    let refused = ops
        .ops()
        .retry_inbox(request)
        .await
        .expect_err("it was taken");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("уже принял"), "{refused}");
    let request = pb::RetryInboxRequest { id: u64::MAX };
    let refused = ops
        .ops()
        .retry_inbox(request)
        .await
        .expect_err("no message");
    assert_eq!(refused.code(), Code::NotFound, "{refused}");

    // The facts themselves: three, though one came twice; one is settled by somebody, with what they did.
    let waiting = unmatched(&ops, false).await?;
    assert_eq!(waiting.len(), 3, "{waiting:?}");
    let fact = &waiting[0];
    let settle = |id: u64, settlement: &str| pb::SettleUnmatchedRequest {
        id,
        settlement: settlement.to_owned(),
    };
    for wrong in ["  ", &"х".repeat(4_001)] {
        let refused = ops
            .ops()
            .settle_unmatched(settle(fact.id, wrong))
            .await
            .expect_err("no word of what was done");
        assert_eq!(violations(&refused), ["settlement"]);
    }
    let word = "Чужой платёж, банк уведомлён.";
    let settled = ops.ops().settle_unmatched(settle(fact.id, word)).await?;
    let settled = settled.into_inner().unmatched.context("a fact")?;
    assert_eq!(settled.settlement, word);
    assert!(settled.settled_at.is_some());
    let again = ops
        .ops()
        .settle_unmatched(settle(fact.id, "Ещё раз."))
        .await
        .expect_err("it is settled");
    assert_eq!(again.code(), Code::FailedPrecondition, "{again}");
    assert_eq!(unmatched(&ops, false).await?.len(), 2);
    let done = unmatched(&ops, true).await?;
    assert_eq!(done.len(), 1);
    assert_eq!(
        (
            done[0].id,
            done[0].settled_by.clone().map(|person| person.id)
        ),
        (fact.id, Some(ops.id.clone()))
    );

    // Nobody else reads what arrives.
    let manager = world.stack.sign_in("manager").await?;
    let refused = inbox(&manager, &[], "", None)
        .await
        .expect_err("a manager is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let refused = manager
        .ops()
        .settle_unmatched(settle(fact.id, word))
        .await
        .expect_err("a manager is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    world.stop().await
}
