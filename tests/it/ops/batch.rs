//! Many calls tried again at once.

use proto::kite::ops::v1 as pb;
use proto::kite::ops::v1::retry_batch_response::Event;
use serde_json::json;
use stack::people::Person;
use stack::play::Play;
use tests::World;
use tonic::{Code, Status};

use super::{explain, until};

async fn retried(
    ops: &Person,
    request: pb::RetryBatchRequest,
) -> Result<(Vec<pb::RetriedItem>, pb::RetryReport), Status> {
    let mut told = ops.ops().retry_batch(request).await?.into_inner();
    let mut items = Vec::new();
    loop {
        match told.message().await?.and_then(|message| message.event) {
            Some(Event::Item(item)) => items.push(item),
            Some(Event::Report(report)) => return Ok((items, report)),
            None => panic!("a batch without a report"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_are_told_by_a_dry_run_and_then_tried_at_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    // Attempts come after 1, 2, 4, 8, 16 seconds: five failures leave a pause in which there is time to look.
    let away = json!({ "status": 500 });
    stack
        .control
        .fault("fssp", "search_person", json!({ "first": 4 }), away)
        .await?;
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    until("the call waits for its fifth attempt", async || {
        let why = explain(&ops, &play.id).await?;
        let waits = why
            .activities
            .iter()
            .any(|activity| activity.attempt == 5 && activity.next_attempt_at.is_some());
        Ok(waits.then_some(()))
    })
    .await?;
    let of = |dry_run: bool| pb::RetryBatchRequest {
        partners: vec!["fssp".to_owned()],
        stages: vec!["CHECKING".to_owned()],
        dry_run,
        per_second: 10,
        ..pb::RetryBatchRequest::default()
    };
    let (items, report) = retried(&ops, of(true)).await?;
    assert_eq!(items.len(), 1, "{items:?}");
    let item = &items[0];
    assert_eq!(
        (
            item.outcome.as_str(),
            item.name.as_str(),
            item.buyout_id.as_str()
        ),
        ("WOULD_RETRY", "fssp.search_person", play.id.as_str())
    );
    assert!(item.last_failure.contains("HTTP 500"), "{item:?}");
    assert_eq!((report.retried, report.dry_run), (1, true));
    assert_eq!(stack.store.audit_of("run").await?, []);
    // Another partner's calls and other stages are none of it.
    for other in [
        pb::RetryBatchRequest {
            partners: vec!["avtocod".to_owned()],
            ..of(true)
        },
        pb::RetryBatchRequest {
            stages: vec!["OFFER".to_owned()],
            ..of(true)
        },
    ] {
        let (items, report) = retried(&ops, other).await?;
        assert_eq!((items.len(), report.looked_at), (0, 0), "{items:?}");
    }

    let began = std::time::Instant::now();
    let (items, report) = retried(&ops, of(false)).await?;
    assert_eq!(items[0].outcome, "RETRIED", "{items:?}");
    assert_eq!((report.retried, report.failed), (1, 0));
    stack
        .sign_in("appraiser")
        .await?
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    assert!(
        began.elapsed().as_secs() < 6,
        "it went on at once, not after its pause: {:?}",
        began.elapsed()
    );
    let audit = stack.store.audit_of("run").await?;
    assert_eq!(audit.len(), 1);
    assert_eq!(
        (audit[0].action.as_str(), audit[0].person.as_str()),
        ("run.retry_batch", ops.id.as_str())
    );
    assert_eq!(audit[0].detail["retried"], 1);
    let (items, _) = retried(&ops, of(false)).await?;
    assert_eq!(items, [], "nothing waits any more");

    let wrong = pb::RetryBatchRequest {
        partners: vec!["nobody".to_owned()],
        stages: vec!["NONSENSE".to_owned()],
        what: vec!["ALL".to_owned()],
        per_second: 1_000,
        ..pb::RetryBatchRequest::default()
    };
    let refused = retried(&ops, wrong)
        .await
        .expect_err("nothing of it is known");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let manager = stack.sign_in("manager").await?;
    let refused = retried(&manager, of(true)).await;
    let refused = refused.expect_err("a manager is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_fit_nowhere_are_tried_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let secret = &stack.settings.keys.callbacks;
    let url = stack
        .door
        .url
        .join(&format!("callbacks/bank?key={secret}"))?;
    for number in 1..=3 {
        let body = json!({ "externalId": format!("stranger-{number}"), "bankStatus": "EXECUTED" });
        stack.door.http.post(url.clone()).json(&body).send().await?;
    }
    let of = |dry_run: bool, limit: u32| pb::RetryBatchRequest {
        what: vec!["INBOX".to_owned()],
        dry_run,
        limit,
        per_second: 20,
        ..pb::RetryBatchRequest::default()
    };
    let (items, _) = until("the messages are understood", async || {
        let (items, report) = retried(&ops, of(true, 0)).await?;
        let kept = items
            .iter()
            .filter(|item| item.last_failure.contains("no payment order"));
        Ok((kept.count() == 3).then_some((items, report)))
    })
    .await?;
    assert!(
        items
            .iter()
            .all(|item| item.kind == "MESSAGE" && item.name == "bank")
    );
    let (items, report) = retried(&ops, of(false, 2)).await?;
    assert_eq!(items.len(), 2);
    assert!(report.cut && report.retried == 2, "{report:?}");
    for item in &items {
        let audit = stack
            .store
            .audit_of(&format!("inbox/{}", item.inbox_id))
            .await?;
        assert_eq!(audit.len(), 1, "{item:?}");
    }
    world.stop().await
}
